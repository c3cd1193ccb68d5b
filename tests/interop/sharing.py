"""sharing.py - connections that several clients share: a master, and who uses it.

SPDX-License-Identifier: MIT
"""
import contextlib
import os
import re
import signal
import subprocess

import caller
import pytest
from caller import WEB, curl
from lib import DATA, KEY, LIMIT, WRONG, descendants, gone, sha256, until
from stock import Background, Terminal, run
from transfer import THEIRS, tool

PATH = DATA + "/control"
PAIRS = [("ours", "ours"), ("ours", "openssh"), ("openssh", "ours")]


def line(whose, server, *flags, cmd=(), key=KEY):
    """a command line of either client, with this control path"""
    words = caller.argv(server, "-S", PATH, *flags, cmd=cmd, key=key)
    return words if whose == "ours" else ["/usr/bin/ssh"] + words[len(tool("ssh")):]


class Shared:
    """a master, and how to be its client: without it no login would be had"""

    def __init__(self, server, master, client, p=None):
        self.server, self.master, self.client, self.p = server, master, client, p

    def line(self, *flags, cmd=()):
        return line(self.client, self.server, "-o", "BatchMode=yes", *flags, cmd=cmd, key=WRONG)

    def __call__(self, *flags, cmd=(), stdin=b"", stdout=None, limit=LIMIT):
        return run(self.line(*flags, cmd=cmd), stdin=stdin, stdout=stdout, limit=limit)

    def start(self, *flags, cmd=(), **kw):
        kw = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
              **kw}
        return Background(self.line(*flags, cmd=cmd), start_new_session=True, **kw)

    def terminal(self, *flags, cmd=()):
        return Terminal(self.line(*flags, cmd=cmd))

    def alone(self):
        """nothing but the login was done without it"""
        return len(re.findall("Pubkey auth succeeded", self.server.log())) == 1


@contextlib.contextmanager
def sharing(server, master="ours", client="ours", *flags, cmd=None):
    if os.path.lexists(PATH):
        os.remove(PATH)
    words = line(master, server, "-M", *(["-N"] if cmd is None else []), *flags, cmd=cmd or ())
    with Background(words, start_new_session=True, stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE) as p:
        until(lambda: p.poll() is not None or os.path.exists(PATH), "the master's socket")
        assert p.poll() is None, p.stderr.read()
        yield Shared(server, master, client, p)
        family = descendants(p.pid)
        p.send_signal(signal.SIGTERM if master == "ours" else signal.SIGKILL)
        p.wait(LIMIT)
        for pid in family:
            gone(pid)


def fetch(*words):
    if os.path.exists(DATA + "/got"):
        os.remove(DATA + "/got")
    r = curl(*words, f"http://127.0.0.1:{WEB}/some" if len(words) > 1 else words[0])
    return r.rc == 0 and sha256(DATA + "/got") == sha256(DATA + "/some")


@pytest.fixture(params=PAIRS, ids="-".join, name="shared")
def shared_fixture(request, serve):
    if THEIRS:
        pytest.skip("openssh is in it anyway")
    with sharing(serve(), *request.param) as s:
        yield s


@pytest.fixture(name="mine")
def mine_fixture(serve):
    """both are ours"""
    with sharing(serve()) as s:
        yield s
