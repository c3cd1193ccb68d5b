// ssh2_client.js - ssh2 of npm with a command line like that of ssh.
// SPDX-License-Identifier: MIT
'use strict';
const fs = require('fs');
const { Client } = require('ssh2');

const opt = {}, rest = [];
for (let argv = process.argv.slice(2); argv.length;) {
	const a = argv.shift();
	if (rest.length || a[0] !== '-') rest.push(a);
	else opt[a[1]] = a === '-t' ? true : argv.shift();
}
const [user, host] = rest[0].split('@');
const algorithms = {};
for (const [o, name] of [['c', 'cipher'], ['m', 'hmac'], ['k', 'kex']])
	if (opt[o]) algorithms[name] = [opt[o]];

const conn = new Client();
let status = 255, left = 2 * Number(opt.n || 1);
const out = [];

function size() {
	return process.stdout.isTTY ? process.stdout.getWindowSize() : [80, 24];
}

function die(code, text) {
	fs.writeSync(2, text + '\n');
	process.exit(code);
}

// stdout may be a pipe that is full: give it time
function done() {
	for (const chunk of out.flat()) process.stdout.write(chunk);
	process.stdout.end(() => process.exit(status));
}

// twice for each session: it is closed, and its stderr was read
function on_end() {
	if (--left === 0) {
		conn.end();
		done();
	}
}

function on_session(i, err, stream) {
	if (err) die(7, String(err));
	stream.on('exit', (code, signal) => {
		status = code === null ? 255 : code;
		if (signal) fs.writeSync(2, 'exit-signal ' + signal.replace(/^SIG/, '') + '\n');
	});
	stream.on('close', on_end);
	stream.stderr.on('end', on_end).pipe(process.stderr, { end: false });
	if (opt.n) {
		out[i] = [];
		stream.on('data', (d) => out[i].push(d));
		return;
	}
	stream.pipe(process.stdout, { end: false });
	process.stdin.pipe(stream);
	process.on('SIGWINCH', () => {
		const [cols, rows] = size();
		stream.setWindow(rows, cols, 0, 0);
	});
	let moved = 0;
	if (opt.r) stream.on('data', (d) => {
		if ((moved += d.length) > opt.r) { moved = 0; conn._protocol.rekey(); }
	});
}

conn.on('ready', () => {
	const pty = {};
	if (opt.t) {
		const [cols, rows] = size();
		Object.assign(pty, { cols, rows, term: process.env.TERM });
	}
	const how = {};
	if (opt.t) how.pty = pty;
	if (opt.e) how.env = Object.fromEntries([opt.e.split('=')]);
	for (let i = 0; i < Number(opt.n || 1); i++)
		if (rest[1]) conn.exec(rest[1], how, (e, s) => on_session(i, e, s));
		else conn.shell(opt.t ? pty : false, how, (e, s) => on_session(i, e, s));
});
conn.on('error', (e) => {
	if (e.level === 'client-authentication') die(5, 'refused');
	die(6, String(e));
});
conn.connect({ host, port: Number(opt.p), username: user, algorithms, readyTimeout: 60000,
	...(opt.i ? { privateKey: fs.readFileSync(opt.i) } : { password: process.env.SSH_PASSWORD }) });
