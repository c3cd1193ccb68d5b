"""Shared connections: who ends first, who starts them, and what a master does not fall for.

SPDX-License-Identifier: MIT
"""
import contextlib
import os
import re
import signal
import socket
import struct
import subprocess
import time

import caller
import pytest
from caller import THEIRS, WEB, fds, settled
from lib import DATA, LIMIT, descendants, gone, kill, put, slurp, until
from sharing import PATH, fetch, line, mine_fixture, shared_fixture, sharing
from stock import Background, Terminal, run

pytestmark = pytest.mark.skipif(THEIRS, reason="openssh is in it anyway")
FIXTURES = mine_fixture, shared_fixture


# ---------------------------------------------------------------- who ends first
def test_client_killed(shared):
    if shared.master == "openssh":
        pytest.skip("OpenSSH's master tells the server when something else happens, and not before")
    before = fds(shared.p.pid)
    with shared.start(cmd="echo $$; exec cat", stdin=subprocess.PIPE) as p:
        remote = int(p.stdout.readline())
        p.kill()
        gone(remote)
    assert shared(cmd="echo on").out == "on\n"
    settled(lambda: fds(shared.p.pid), before, "descriptors of the master")


def test_client_killed_early(mine):
    """at any moment"""
    before = fds(mine.p.pid)
    for n in range(20):
        with mine.start(cmd="cat") as p:
            time.sleep(n / 2000)
            p.kill()
    assert mine(cmd="echo on").out == "on\n"
    settled(lambda: fds(mine.p.pid), before, "descriptors of the master")


def test_client_interrupted(mine):
    with mine.start(cmd="sleep 60") as p:
        until(lambda: len(descendants(mine.server.pid)) > 2, "the session")
        p.send_signal(signal.SIGINT)
        assert p.wait(LIMIT) in (-signal.SIGINT, 128 + signal.SIGINT)


def test_master_killed(shared):
    """its clients end; the next one finds a dead socket, takes it away and is the master"""
    with shared.start(cmd="echo go; sleep 60") as p:
        assert p.stdout.readline() == b"go\n"
        shared.p.kill()
        assert p.wait(LIMIT) == 255
    assert os.path.lexists(PATH)
    assert shared(cmd="echo in").rc == 255
    r = run(line(shared.client, shared.server, "-o", "ControlMaster=auto", cmd="echo in"))
    assert (r.rc, r.out, r.err) == (0, "in\n", "") and not os.path.lexists(PATH)


def test_server_gone(mine):
    with mine.start(cmd="echo go; sleep 60") as p:
        assert p.stdout.readline() == b"go\n"
        kill(descendants(mine.server.pid))
        assert p.wait(LIMIT) == 255
    assert mine.p.wait(LIMIT) == 255 and not os.path.lexists(PATH)


def test_master_waits_for_the_others(serve):
    """its own session has ended"""
    with sharing(serve(), "ours", "openssh", cmd="sleep 0.5; echo over; exit 6") as s:
        with s.start(cmd="echo on; read x; exit 3", stdin=subprocess.PIPE) as p:
            assert p.stdout.readline() == b"on\n"
            assert s.p.stdout.readline() == b"over\n"
            time.sleep(0.3)
            assert s.p.poll() is None
            p.communicate(b"\n")
            assert p.returncode == 3
        assert s.p.wait(LIMIT) == 6


# ---------------------------------------------------------------- ControlMaster, ControlPersist
def persisting(server, *flags, whose="ours", cmd="echo in; exit 3", **kw):
    return run(line(whose, server, "-o", "ControlMaster=auto", "-o", "ControlPersist=1", *flags,
                    cmd=cmd), **kw)


def test_persist(serve):
    """nobody waits for it, status and streams are right, and it goes when it is idle"""
    server = serve()
    for whose in ("ours", "ours", "openssh"):
        start = time.monotonic()
        r = persisting(server, whose=whose, stdin=b"x" * 100000, cmd="wc -c; echo e >&2; exit 3")
        assert (r.rc, r.out.strip(), r.err) == (3, "100000", "e\n")
        assert time.monotonic() - start < 0.9
    assert len(re.findall("Pubkey auth succeeded", server.log())) == 1
    until(lambda: not os.path.lexists(PATH), "the master to end", 5)


def test_persist_with_a_terminal(server):
    with Terminal(line("ours", server, "-t", "-o", "ControlMaster=auto", "-o", "ControlPersist=1",
                       cmd="tty; exit 3")) as t:
        t.expect("/dev/pts")
        assert t.wait() == 3
    until(lambda: not os.path.lexists(PATH), "the master to end", 5)


@pytest.mark.usefixtures("web")
def test_persist_and_forwards(serve):
    server, start = serve(), time.monotonic()
    r = persisting(server, "-L", f"2155:127.0.0.1:{WEB}", "-o", "ExitOnForwardFailure=yes")
    assert (r.rc, r.out) == (3, "in\n") and time.monotonic() - start < 0.9
    assert fetch("http://127.0.0.1:2155/some")
    assert run(line("ours", server, "-O", "exit")).rc == 0


def test_persist_in_the_background(serve):
    server = serve()
    assert persisting(server, "-N", cmd=()).rc == 0
    assert persisting(server, "-f", cmd="sleep 0.5; echo done >" + put(DATA + "/done", "", 0o666),
                      whose="ours").rc == 0
    until(lambda: slurp(DATA + "/done") == "done\n", "the command")
    until(lambda: not os.path.lexists(PATH), "the master to end", 5)


def test_through_a_command(serve):
    """the process that carries the connection stays, too"""
    server = serve()
    proxy = "ProxyCommand=" + " ".join(caller.argv(server, "-o", "ControlPath=none", "-W", "%h:%p"))
    for _ in range(2):
        r = persisting(server, "-o", proxy)
        time.sleep(0.3)
        assert (r.rc, r.out) == (3, "in\n"), r
    assert len(re.findall("Pubkey auth succeeded", server.log())) == 2
    assert run(line("ours", server, "-O", "exit")).rc == 0


def test_race(serve):
    """four at once: one is the master, all are right"""
    server = serve()
    some = [Background(line("ours", server, "-o", "ControlMaster=auto", "-o", "ControlPersist=1",
                            cmd=f"echo {n}"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE) for n in range(4)]
    for n, p in enumerate(some):
        assert p.communicate()[0] == b"%d\n" % n and p.returncode == 0
    until(lambda: not os.path.lexists(PATH), "the master to end", 5)
    assert [f for f in os.listdir(DATA) if f.startswith("control")] == []


def test_ask(serve):
    """by the program of SSH_ASKPASS"""
    answer = put(DATA + "/answer", "#!/bin/sh\necho \"$1\" >>" + DATA + "/asked\nexec cat " + DATA +
                 "/say\n", 0o755)
    for say, rc in (("yes\n", 0), ("no\n", 255)):
        put(DATA + "/say", say)
        os.environ["SSH_ASKPASS"] = answer
        with sharing(serve(), "ours", "openssh", "-M") as s:
            del os.environ["SSH_ASKPASS"]
            assert s(cmd="true").rc == rc
            assert s("-O", "check").rc == 0
    assert "127.0.0.1" in slurp(DATA + "/asked")


def test_other_users(mine):
    """even where the socket's mode would let them"""
    os.chmod(PATH, 0o666)
    with socket.socket(socket.AF_UNIX) as s:
        os.seteuid(30000)
        s.connect(PATH)
        os.seteuid(0)
        with contextlib.suppress(ConnectionError):
            s.sendall(struct.pack(">III", 8, 1, 4))
            assert s.recv(100) == b""
    assert mine(cmd="echo in").out == "in\n"


def test_master_cannot_listen(server):
    """no such folder, or a path too long: it goes on alone, and says so"""
    for path in (DATA + "/none/x", DATA + "/" + "x" * 120):
        r = run(caller.argv(server, "-M", "-S", path, cmd="echo in"))
        assert (r.rc, r.out) == (0, "in\n") and "not shared" in r.err


# ---------------------------------------------------------------- nonsense
def test_malformed(mine):
    """such a client is left; others are not"""
    def u32(*v):
        return struct.pack(f">{len(v)}I", *v)

    def msg(*v, rest=b""):
        return u32(4 * len(v) + len(rest), *v) + rest

    hello = msg(1, 4)
    session = msg(0x10000002, 0, 0, 1, 0, 0, 0, 0, 1, rest=b"x" + u32(4) + b"true")
    for bad in (b"", b"x", msg(1, 3), hello + hello, session, u32(0xffffffff), hello + u32(0, 0),
                hello + msg(0x10000002, 0), hello + msg(0x10000002, *[0] * 8, 40000, rest=b"x" * 40000),
                hello + msg(0x10000008, 0, 0, 300, rest=b"x" * 300 + u32(80)), hello + msg(0x10000006, 0, 1, 1000),
                hello + msg(0x10000006, 0, 1, 0, 70000, 0, 0)):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(5)
            s.connect(PATH)
            s.sendall(bad)
            s.shutdown(socket.SHUT_WR)
            while s.recv(1000):
                pass
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(PATH)
        s.sendall(hello + msg(0x1000000f, 77) + msg(0x10000004, 78))
        until(lambda: len(s.recv(1000, socket.MSG_PEEK)) > 60, "the answers")
        got = s.recv(1000)
        assert got.startswith(hello) and u32(0x80000003, 77) in got and u32(0x80000005, 78) in got
    before = fds(mine.p.pid)
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(PATH)
        s.sendall(hello + session)
        for _ in range(5):  # descriptors that nobody asked for
            with contextlib.suppress(OSError):
                socket.send_fds(s, [b"x"], [0, 1, 2])
        time.sleep(0.1)
    assert mine(cmd="echo in").out == "in\n"
    settled(lambda: fds(mine.p.pid), before, "descriptors of the master")
