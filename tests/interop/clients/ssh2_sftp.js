// ssh2_sftp.js - SFTP of npm's ssh2, told on standard input what to do.
// SPDX-License-Identifier: MIT
'use strict';
const fs = require('fs');
const net = require('net');
const { Client } = require('ssh2');

const opt = {}, rest = [];
for (let argv = process.argv.slice(2); argv.length;) {
	const a = argv.shift();
	if (a[0] === '-') opt[a[1]] = argv.shift();
	else rest.push(a);
}
const [username, host] = rest[0].split('@');
const words = [];
for (let all = fs.readFileSync(0), i; (i = all.indexOf(0)) >= 0; all = all.subarray(i + 1))
	words.push(all.subarray(0, i));

function die(code, text) {
	fs.writeSync(2, text + '\n');
	process.exit(code);
}

function show(a) {
	console.log(`${a.mode.toString(8)} ${a.uid} ${a.gid} ${a.size} ${a.mtime}`);
}

const OPS = {
	put: (s, a, b, done) => s.fastPut(a, b, done),
	get: (s, a, b, done) => s.fastGet(a, b, done),
	ls: (s, a, b, done) => s.readdir(a, (e, l) => {
		for (const f of l || []) console.log(f.filename);
		done(e);
	}),
	stat: (s, a, b, done) => s.stat(a, (e, r) => { if (!e) show(r); done(e); }),
	lstat: (s, a, b, done) => s.lstat(a, (e, r) => { if (!e) show(r); done(e); }),
	statvfs: (s, a, b, done) => s.ext_openssh_statvfs(a, (e, r) => {
		if (!e) console.log(`${r.f_frsize} ${r.f_blocks}`);
		done(e);
	}),
	mkdir: (s, a, b, done) => s.mkdir(a, done),
	rmdir: (s, a, b, done) => s.rmdir(a, done),
	rm: (s, a, b, done) => s.unlink(a, done),
	rename: (s, a, b, done) => s.rename(a, b, done),
	symlink: (s, a, b, done) => s.symlink(a, b, done), // target, link
	chmod: (s, a, b, done) => s.chmod(a, parseInt(b, 8), done),
	truncate: (s, a, b, done) => s.setstat(a, { size: Number(b) }, done),
	readlink: (s, a, b, done) => s.readlink(a, (e, r) => { if (!e) console.log(r); done(e); }),
	realpath: (s, a, b, done) => s.realpath(a, (e, r) => { if (!e) console.log(r); done(e); }),
};

const conn = new Client();

function next(sftp) {
	if (!words.length) {
		conn.end();
		return;
	}
	const [op, a, b] = words.splice(0, 3).map(String);
	OPS[op](sftp, a, b, (e) => {
		console.log(!e ? 'ok' : `status ${e.code === undefined ? e : e.code}`);
		next(sftp);
	});
}

conn.on('ready', () => conn.sftp((e, sftp) => (e ? die(7, String(e)) : next(sftp))));
conn.on('error', (e) => die(6, String(e)));
const sock = net.connect(Number(opt.p), host);
sock.setNoDelay(true); // else each small request waits for an acknowledgement
conn.connect({ sock, username, privateKey: fs.readFileSync(opt.i) });
