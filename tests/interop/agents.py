"""agents.py - an agent for the tests, and ssh-add to talk to it.

SPDX-License-Identifier: MIT
"""
import os
import shutil
import signal
import socket
import stat
import struct
import subprocess

import pytest
from lib import DATA, EMU, HOMES, KEY, KEYS, KNOWN, WRONG, alive, gone, kill, put, sh, slurp, \
    until
from stock import Background, Terminal, run
from transfer import tool

THEIRS = "/usr/bin/"
PAIRS = [("ours", "theirs"), ("theirs", "ours"), ("ours", "ours")]
MORE = KEYS + "/more"  # a second key for agents


def program(whose, name):
    return tool(name) if whose == "ours" else [THEIRS + name]


def fingerprint(path):
    return sh(["ssh-keygen", "-l", "-f", path]).split()[1]


@pytest.fixture(scope="module", autouse=True)
def more():
    if not os.path.exists(MORE):
        sh(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "second key", "-f", MORE])


class Agent:
    """an agent in the foreground, and an ssh-add to talk to it"""
    count = 0

    def __init__(self, agent, add="ours", *flags, **env):
        Agent.count += 1
        self.path, self.whose, self.add = f"{DATA}/agent.{Agent.count}", agent, add
        self.p = subprocess.Popen(program(agent, "ssh-agent") + ["-D", "-a", self.path, *flags],
                                  stdout=subprocess.PIPE, env={**os.environ, **env})
        until(lambda: os.path.exists(self.path), "the agent's socket")
        self.env = {**os.environ, "SSH_AUTH_SOCK": self.path}

    def __call__(self, *args, **env):
        """ssh-add; its status, what it says"""
        return run(program(self.add, "ssh-add") + list(args), env={**self.env, **env})

    def listed(self):
        r = self("-l")
        return [line.split()[1] for line in r.out.splitlines()] if r.rc == 0 else []

    def raw(self):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(10)
        s.connect(self.path)
        return s

    def close(self):
        kill([self.p.pid], signal.SIGTERM)
        try:
            self.p.wait(10)
        finally:
            kill([self.p.pid])
            self.p.stdout.close()


@pytest.fixture(params=PAIRS, ids=lambda p: f"{p[0]}-{p[1]}")
def pair(request):
    a = Agent(*request.param)
    yield a
    a.close()


@pytest.fixture
def ours():
    a = Agent("ours", "theirs")
    yield a
    a.close()


def tell(s, body):
    """one request, one answer"""
    s.sendall(struct.pack(">I", len(body)) + body)
    return hear(s)


def hear(s):
    head = b""
    while len(head) < 4:
        got = s.recv(4 - len(head))
        if not got:
            return None
        head += got
    n, = struct.unpack(">I", head)
    body = b""
    while len(body) < n:
        body += s.recv(n - len(body))
    return body
