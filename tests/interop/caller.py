"""caller.py - our ssh, the servers that it calls, and what is behind them.

SPDX-License-Identifier: MIT

CUBSSH_TOOLS=openssh puts Debian's ssh in place of ours: that is how the tests
themselves are tested.
"""
import contextlib
import os
import shutil
import subprocess
import sys

import pytest
import transfer
from lib import ASKPASS, DATA, HERE, HOSTKEY, KEY, KEYS, KNOWN, LIMIT, PASSWORD, Server, \
    descendants, gone, sh, until
from stock import Background, Terminal, ready, run

THEIRS = transfer.THEIRS
COMMON = ["-F", "none", "-o", "StrictHostKeyChecking=yes", "-o", "UserKnownHostsFile=" + KNOWN,
          "-o", "GlobalKnownHostsFile=none"]
WEB = 2190
WEBSOCK = DATA + "/web.sock"
TEN = DATA + "/10m"

# the servers, and what each is known to do
CAN = {
    "openssh": "key password pty signal local remote unix agent rekey socks gateway",
    "dropbear": "key password pty signal local remote agent rekey gateway",
    "tinyssh": "key pty signal rekey",
    "asyncssh": "key password kbd signal local remote unix agent rekey",
    "paramiko": "key password kbd local remote rekey",
    "ours": "key password pty signal local remote unix agent rekey socks gateway",
}


def peers(*what):
    """far is each server that can do all of this"""
    return pytest.mark.parametrize("far", [p for p in CAN if set(what) <= set(CAN[p].split())],
                                   indirect=True)


# ---------------------------------------------------------------- servers
_peers = {}


def peer(name):
    if name in ("openssh", "dropbear", "ours"):
        return transfer.peer(name)
    if name not in _peers:
        _peers[name] = Foreign(name)
    return _peers[name]


def tinyssh_keys():
    """the host key in TinySSH's format"""
    folder = KEYS + "/tinyssh"
    if not os.path.isdir(folder):
        from cryptography.hazmat.primitives import serialization as s
        with open(HOSTKEY, "rb") as f:
            key = s.load_ssh_private_key(f.read(), None)
        public = key.public_key().public_bytes(s.Encoding.Raw, s.PublicFormat.Raw)
        secret = key.private_bytes(s.Encoding.Raw, s.PrivateFormat.Raw, s.NoEncryption())
        os.makedirs(folder, 0o700)
        for path, data in (("ed25519.pk", public), (".ed25519.sk", secret + public)):
            with open(folder + "/" + path, "wb") as f:
                f.write(data)
    return folder


class Foreign(Server):
    def __init__(self, name):
        self.name = name
        if name == "tinyssh" and not (shutil.which("tinysshd") and shutil.which("tcpserver")):
            pytest.skip("tinysshd and tcpserver are not installed")
        if name != "tinyssh" and ready(name):
            pytest.skip(ready(name))
        super().__init__(exe=sys.executable, raw=self.line, env={"PASSWORD": PASSWORD})

    def line(self, listen):
        host, port = listen.rsplit(":", 1)
        if self.name == "tinyssh":
            return ["tcpserver", "-HRDl0", host, port, "/usr/sbin/tinysshd", "-v", tinyssh_keys()]
        return [sys.executable, "-W", "ignore", f"{HERE}/servers/{self.name}_server.py", host, port,
                HOSTKEY, KEY + ".pub"]


# ---------------------------------------------------------------- our client
def argv(server, *flags, cmd=(), user="ann", key=KEY, name="ssh"):
    """flags come before the host; cmd is what follows it"""
    words = [] if name == "dbclient" else list(COMMON)
    if name == "dbclient":
        words = ["-y", "-y"]
    elif key:
        words += ["-o", "IdentityAgent=none", "-o", "IdentitiesOnly=yes"]
    if key:
        words += ["-i", key]
    cmd = [cmd] if isinstance(cmd, str) else list(cmd)
    return transfer.tool(name) + words + ["-p", str(server.port), *flags,
                                          f"{user}@{server.host}"] + cmd


def ssh(server, *flags, cmd=(), stdin=b"", stdout=None, env=None, limit=LIMIT, **kw):
    return run(argv(server, *flags, cmd=cmd, **kw), {**os.environ, **(env or {})}, stdin, stdout,
               limit)


def terminal(server, *flags, cmd=(), env=None, **kw):
    return Terminal(argv(server, *flags, cmd=cmd, **kw), {**os.environ, **(env or {})})


def asked(password=PASSWORD):
    """the environment in which SSH_ASKPASS answers"""
    return {"SSH_ASKPASS": ASKPASS, "SSH_ASKPASS_REQUIRE": "force", "PASSWORD": password}


@contextlib.contextmanager
def forwarding(server, *flags, ports=(), paths=(), env=None, **kw):
    """ssh -N with these forwards, once they listen; it does not outlive the block, nor do others"""
    line = argv(server, "-N", "-o", "ExitOnForwardFailure=yes", *flags, **kw)
    with Background(line, env={**os.environ, **(env or {})}, start_new_session=True,
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as p:
        until(lambda: p.poll() is not None or (all(map(server.listening, ports)) and
                                               all(map(os.path.exists, paths))), "the forwards")
        if p.poll() is not None:
            pytest.fail(f"{line} ended with {p.returncode}: {p.stderr.read().decode()}")
        try:
            yield p
        finally:
            if p.poll() is not None:
                pytest.fail(f"{line} ended with {p.returncode}: {p.stderr.read().decode()}")
        family = descendants(p.pid)
        p.terminate()
        p.wait(LIMIT)
        for pid in family:
            gone(pid)
        # the server's take a moment, and the next block would take them for its own
        until(lambda: not any(map(server.listening, ports)), "no listener")


def fds(pid):
    """how many it and its children have open"""
    return sum(len(os.listdir(f"/proc/{p}/fd")) for p in [pid] + descendants(pid))


def settled(count, want, what):
    """count() comes down to what it was"""
    until(lambda: count() <= want, f"{what} to be no more than {want}, it is {count()}", 15)


def agent_with(key=KEY):
    """OpenSSH's agent with that key: its process and its socket"""
    path = DATA + "/agent.sock"
    if os.path.lexists(path):
        os.remove(path)
    p = Background(["ssh-agent", "-D", "-a", path], stdout=subprocess.DEVNULL)
    until(lambda: os.path.exists(path), "the agent's socket")
    sh(["ssh-add", "-q", key], env={**os.environ, "SSH_AUTH_SOCK": path})
    return p, path


def start_web():
    if os.path.lexists(WEBSOCK):
        os.remove(WEBSOCK)
    with open(DATA + "/some", "wb") as f:
        f.write(os.urandom(300000))
    p = Background([sys.executable, HERE + "/servers/web.py", DATA, str(WEB), WEBSOCK])
    until(lambda: os.path.exists(WEBSOCK) and Server.listening(None, WEB), "the HTTP server")
    return p


def curl(*words, out=None):
    """the result of curl; what it got goes to out"""
    return run(["curl", "-s", "-S", "-m", "30", "-o", out or DATA + "/got", *words])
