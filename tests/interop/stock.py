"""stock.py - clients of other makers as rows of one table, and how to run them.

SPDX-License-Identifier: MIT
"""
import collections
import fcntl
import functools
import os
import pty
import re
import select
import shlex
import shutil
import struct
import subprocess
import sys
import termios
import time
import tty

import pytest
from lib import ASKPASS, BUILD, HERE, HOSTKEY, KEY, KNOWN, LIMIT, kill, outer, sh

CTR = [(c, m) for c in ("aes128-ctr", "aes256-ctr")
       for m in ("hmac-sha2-256", "hmac-sha2-512", "hmac-sha2-256-etm@openssh.com",
                 "hmac-sha2-512-etm@openssh.com")]
CHACHA = [("chacha20-poly1305@openssh.com", "")]
KEX = ["curve25519-sha256", "curve25519-sha256@libssh.org"]


class Client:
    """a program with a command line; an option it does not have is None, and that test skips"""

    def __init__(self, argv, key="-i {key}", password="", env=(), tty="-t", cipher="-c {}",
                 mac="-m {}", kex="-k {}", setenv="-e {}", rekey="-r {}", sessions="-n {}",
                 refused=((5,), "refused"), by_signal=(255, "exit-signal TERM"), raw=True,
                 algs=CHACHA + CTR, kexes=KEX, program=None):
        self.__dict__.update({k: v for k, v in locals().items() if k != "self"})

    def word(self, option, value):
        template = getattr(self, option)
        if template is None:
            pytest.skip(f"{self.name} has no option for {option}")
        return template.replace("{}", shlex.quote(str(value)))

    def command(self, server, cmd=(), user="ann", password=None, key=KEY, **options):
        fill = {"key": key, "port": server.port, "user": shlex.quote(user), "host": server.host,
                "known": KNOWN, "py": sys.executable, "dir": HERE + "/clients", "build": BUILD,
                "fp": fingerprint(), "password": shlex.quote(password or "")}
        words = [self.password if password is not None else self.key]
        words += [self.word(k, v) for k, v in options.items() if v]
        line = self.argv.replace("{opts}", " ".join(words))
        for k, v in fill.items():
            line = line.replace("{" + k + "}", str(v))
        env = dict(os.environ)
        if password is not None:
            env.update({k: v.format(password=password, askpass=ASKPASS) for k, v in self.env})
        return shlex.split(line) + ([cmd] if cmd else []), env

    def __call__(self, server, cmd=(), stdin=b"", stdout=None, **options):
        argv, env = self.command(server, cmd, **options)
        return run(argv, env, stdin, stdout)

    def spawn(self, server, cmd=(), **kw):
        """on a terminal of ours"""
        argv, env = self.command(server, cmd, tty=True, **kw)
        return Terminal(argv, env, self.raw)

    def start(self, server, cmd=(), **kw):
        """in the background, without a terminal; its process leads its group"""
        argv, env = self.command(server, cmd, **kw)
        return Background(argv, env=env, start_new_session=True, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def fingerprint():
    return sh(["ssh-keygen", "-l", "-f", HOSTKEY + ".pub"]).split()[1]


SSH = ("ssh -F none -o StrictHostKeyChecking=yes -o UserKnownHostsFile={known}"
       " -o GlobalKnownHostsFile=none -o IdentitiesOnly=yes -o IdentityAgent=none"
       " -o NumberOfPasswordPrompts=1 -o LogLevel=INFO -p {port} {opts} {user}@{host}")
ENV_PASSWORD = [("SSH_PASSWORD", "{password}")]
DRIVER = " {opts} -p {port} {user}@{host}"
CLIENTS = {
    "openssh": Client(SSH, key="-o PreferredAuthentications=publickey -i {key}",
                      password="-o PreferredAuthentications=password", raw=False,
                      env=[("SSH_ASKPASS", "{askpass}"), ("SSH_ASKPASS_REQUIRE", "force"),
                           ("PASSWORD", "{password}")],
                      tty="-tt", kex="-o KexAlgorithms={}", setenv="-o SetEnv={}",
                      rekey="-o RekeyLimit={}", sessions=None,
                      refused=((255,), "Permission denied"), by_signal=(255, ""), program="ssh"),
    "dbclient": Client("dbclient -y -y -p {port} {opts} {user}@{host}", key="-i {key}.db",
                       env=[("DROPBEAR_PASSWORD", "{password}")], kex=None, setenv=None,
                       rekey=None, sessions=None, raw=False, algs=CHACHA + CTR[0:1] + CTR[4:5],
                       refused=((0, 1), "exited: (Disconnect|Remote closed)"), by_signal=(0, ""),
                       program="dbclient"),
    "plink": Client("plink -batch -ssh -noagent -hostkey {fp} -P {port} {opts} {user}@{host}",
                    key="-i {key}.ppk", password="-pw {password}", cipher=None, mac=None, kex=None,
                    setenv=None, rekey=None, sessions=None, raw=False,
                    refused=((1,), "denied|No supported authentication|refused"),
                    by_signal=(128, ""), program="plink"),
    "paramiko": Client("{py} -W ignore {dir}/paramiko_client.py" + DRIVER, env=ENV_PASSWORD,
                       algs=CTR, kexes=KEX[1:], by_signal=(255, "")),
    "asyncssh": Client("{py} -W ignore {dir}/asyncssh_client.py" + DRIVER, env=ENV_PASSWORD),
    "libssh": Client("{build}/libssh_client" + DRIVER, env=ENV_PASSWORD),
    "libssh2": Client("{build}/libssh2_client" + DRIVER, env=ENV_PASSWORD, rekey=None,
                      algs=CTR[0:2] + CTR[4:6]),
    "ssh2": Client("node {dir}/ssh2_client.js" + DRIVER, env=ENV_PASSWORD, program="node"),
}
for _name, _client in CLIENTS.items():
    _client.name = _name


@functools.cache
def ready(name):
    """builds or fetches what the client needs; "" or why it cannot be had"""
    os.makedirs(BUILD, exist_ok=True)
    client = CLIENTS[name]
    if client.program and not shutil.which(client.program):
        return client.program + " is not installed"
    try:
        if name in ("libssh", "libssh2"):
            lib = "ssh" if name == "libssh" else "ssh2"
            for what in ("client", "sftp"):
                sh(["cc", "-O1", "-Wall", "-o", f"{BUILD}/{name}_{what}",
                    f"{HERE}/clients/{name}_{what}.c", "-l" + lib])
        elif name in ("paramiko", "asyncssh"):
            sh([sys.executable, "-W", "ignore", "-c", "import " + name])
        elif name == "ssh2":
            os.environ["NODE_PATH"] = BUILD + "/npm/node_modules"
            if not os.path.isdir(BUILD + "/npm/node_modules/ssh2"):
                fds = [f"--{k}=/proc/{os.getpid()}/fd/{v}" for k, v in outer.items()]
                sh(["nsenter", *fds, "npm", "install", "--prefix", BUILD + "/npm", "--no-audit",
                    "--no-fund", "--ignore-scripts", "--fetch-timeout=30000", "ssh2@1.16.0"],
                   timeout=120, env={**os.environ, "HOME": BUILD})  # ours is not out there
    except (OSError, subprocess.SubprocessError) as e:
        text = (getattr(e, "stderr", None) or str(e)).strip().splitlines()
        return f"{name} cannot be had: {text[-1] if text else e}"
    return ""


# ---------------------------------------------------------------- running
Result = collections.namedtuple("Result", "rc out err")


def run(argv, env=None, stdin=b"", stdout=None, limit=LIMIT, cwd=None):
    """
    Away from our terminal. stdin is bytes, or an open file; stdout an open
    file, or None to collect it.
    """
    feed = {"input": stdin} if isinstance(stdin, bytes) else {}
    with subprocess.Popen(argv, env=env, start_new_session=True, cwd=cwd,
                          stdin=subprocess.PIPE if feed else stdin,
                          stdout=stdout or subprocess.PIPE, stderr=subprocess.PIPE) as p:
        try:
            out, err = p.communicate(timeout=limit, **feed)
        except subprocess.TimeoutExpired:
            p.kill()
            out, err = p.communicate()
            pytest.fail(f"hung: {shlex.join(argv)[:500]}\nstdout: {out and out[-500:]}\n"
                        f"stderr: {err[-500:]}")
    return Result(p.returncode, (out or b"").decode(errors="replace"),
                  err.decode(errors="replace"))


def refused(r):
    """by ssh"""
    return r.rc == 255 and "Permission denied" in r.err


class Background(subprocess.Popen):
    """a process that does not outlive its block"""

    def __exit__(self, *a):
        kill([self.pid])
        super().__exit__(*a)


class Terminal:
    """a program on a pty, and what it has shown so far"""

    def __init__(self, argv, env=None, raw=False, rows=24, cols=80):
        self.argv, self.text = argv, ""
        self.master, slave = pty.openpty()
        self.resize(rows, cols)
        if raw:
            tty.setraw(slave)
        self.p = subprocess.Popen(argv, env=env, stdin=slave, stdout=slave, stderr=slave,
                                  start_new_session=True,
                                  preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)

    def resize(self, rows, cols):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("4H", rows, cols, 0, 0))

    def send(self, text):
        os.write(self.master, text.encode())

    def pump(self, wait):
        """what came; None: nothing yet; "": nothing will"""
        if not select.select([self.master], [], [], wait)[0]:
            return None
        try:
            got = os.read(self.master, 65536).decode(errors="replace")
        except OSError:  # EIO: nobody holds the other side
            got = ""
        self.text += got
        return got

    def expect(self, pattern, again=None, limit=LIMIT):
        """the match; again is sent once more in each second without one"""
        end = time.monotonic() + limit
        while not (m := re.search(pattern, self.text)):
            got = self.pump(1)
            if got == "" or time.monotonic() > end:
                pytest.fail(f"{self.argv[0]} did not show {pattern!r} but {self.text!r}")
            if got is None and again:
                self.send(again)
        self.text = self.text[m.end():]
        return m

    def wait(self):
        """its exit status"""
        end = time.monotonic() + LIMIT
        while self.pump(0.05) != "" and self.p.poll() is None:
            if time.monotonic() > end:
                pytest.fail(f"{self.argv[0]} did not end; it showed {self.text!r}")
        return self.p.wait(LIMIT)

    def close(self):
        kill([self.p.pid])
        self.p.wait()
        os.close(self.master)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
