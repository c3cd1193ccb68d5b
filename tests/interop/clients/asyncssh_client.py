"""asyncssh_client.py - asyncssh with a command line like that of ssh.

SPDX-License-Identifier: MIT
"""
import asyncio
import getopt
import os
import signal
import sys

import asyncssh

opts, (where, *command) = getopt.getopt(sys.argv[1:], "tn:p:i:c:m:k:e:r:")
opt = dict(opts)
user, host = where.split("@")


def size():
    return os.get_terminal_size(0) if os.isatty(0) else (80, 24)


async def sessions(conn):
    """several at once: the output of each, in order"""
    todo = [conn.run(command[0], encoding=None) for _ in range(int(opt["-n"]))]
    for r in await asyncio.gather(*todo):
        sys.stdout.buffer.write(r.stdout)
        sys.stderr.buffer.write(r.stderr)
        status = r.exit_status
    return status


async def feed(p):
    try:
        while data := await asyncio.get_running_loop().run_in_executor(None, os.read, 0, 65536):
            p.stdin.write(data)
            await p.stdin.drain()
        p.stdin.write_eof()
    except OSError:  # it ended before we did
        pass


async def drain(stream, out):
    while data := await stream.read(65536):
        out.write(data)
        out.flush()


async def session(conn):
    term = {"term_type": os.environ["TERM"], "term_size": tuple(size())} if "-t" in opt else {}
    env = dict([opt["-e"].split("=", 1)]) if "-e" in opt else {}
    p = await conn.create_process(command[0] if command else None, encoding=None, env=env, **term)
    asyncio.get_running_loop().add_signal_handler(
        signal.SIGWINCH, lambda: p.change_terminal_size(*size()))
    task = asyncio.create_task(feed(p))
    await asyncio.gather(drain(p.stdout, sys.stdout.buffer), drain(p.stderr, sys.stderr.buffer))
    await p.wait_closed()
    task.cancel()
    if p.exit_signal:
        print("exit-signal", p.exit_signal[0], file=sys.stderr)
    return 255 if p.exit_status is None else p.exit_status & 255


async def main():
    how = {"client_keys": [opt["-i"]], "preferred_auth": "publickey"} if "-i" in opt else {
        "password": os.environ["SSH_PASSWORD"], "client_keys": None, "preferred_auth": "password"}
    for name, key in (("-c", "encryption_algs"), ("-m", "mac_algs"), ("-k", "kex_algs")):
        if opt.get(name):
            how[key] = [opt[name]]
    if "-r" in opt:
        how["rekey_bytes"] = int(opt["-r"])
    try:
        conn = await asyncssh.connect(host, int(opt["-p"]), username=user, known_hosts=None,
                                      agent_path=None, config=None, **how)
    except asyncssh.PermissionDenied:
        print("refused", file=sys.stderr)
        return 5
    except (asyncssh.Error, OSError) as e:
        print(repr(e), file=sys.stderr)
        return 6
    status = await (sessions if "-n" in opt else session)(conn)
    conn.close()
    await conn.wait_closed()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # a thread may be waiting for stdin


sys.exit(asyncio.run(main()))
