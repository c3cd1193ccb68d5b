"""paramiko_client.py - paramiko with a command line like that of ssh.

SPDX-License-Identifier: MIT
"""
import getopt
import os
import signal
import sys
import threading

import paramiko

opts, (where, *command) = getopt.getopt(sys.argv[1:], "tn:p:i:c:m:k:e:r:")
opt = dict(opts)
user, host = where.split("@")


def die(status, text):
    print(text, file=sys.stderr, flush=True)
    os._exit(status)


def pump(read, out):
    while data := read(65536):
        out.write(data)
        out.flush()


def feed(chan):
    try:
        while data := os.read(0, 65536):
            chan.sendall(data)
        chan.shutdown_write()
    except OSError:  # it ended before we did
        pass


def session():
    chan = t.open_session()
    for pair in filter(None, [opt.get("-e")]):
        chan.set_environment_variable(*pair.split("=", 1))
    if "-t" in opt:
        size = os.get_terminal_size(0) if os.isatty(0) else os.terminal_size((80, 24))
        chan.get_pty(os.environ["TERM"], size.columns, size.lines)
        signal.signal(signal.SIGWINCH, lambda *_: resize(chan))
    chan.exec_command(command[0]) if command else chan.invoke_shell()
    return chan


def resize(chan):
    size = os.get_terminal_size(0)
    threading.Thread(target=chan.resize_pty, args=(size.columns, size.lines)).start()


t = paramiko.Transport((host, int(opt["-p"])))
for name, attr in (("-c", "ciphers"), ("-m", "digests"), ("-k", "kex")):
    if opt.get(name):
        setattr(t.get_security_options(), attr, [opt[name]])
if "-r" in opt:
    t.packetizer.REKEY_BYTES = int(opt["-r"])
try:
    t.start_client(timeout=60)
    if "-i" in opt:
        t.auth_publickey(user, paramiko.Ed25519Key.from_private_key_file(opt["-i"]))
    else:
        t.auth_password(user, os.environ["SSH_PASSWORD"], fallback=False)
except paramiko.AuthenticationException:
    die(5, "refused")
except (paramiko.SSHException, EOFError, OSError) as e:
    die(6, repr(e))

chans = [session() for _ in range(int(opt.get("-n", 1)))]
if len(chans) == 1:
    threading.Thread(target=feed, args=chans, daemon=True).start()
errors = [threading.Thread(target=pump, args=(c.recv_stderr, sys.stderr.buffer)) for c in chans]
for thread in errors:
    thread.start()
for c in chans:
    pump(c.recv, sys.stdout.buffer)
for thread in errors:
    thread.join()
status = chans[-1].recv_exit_status()  # -1: none came, or a signal, which it does not tell
sys.stdout.flush()
os._exit(status & 255)
