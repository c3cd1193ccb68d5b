"""SECURITY 12: silent and slow connections keep nobody out; names do not forge the log."""
# SPDX-License-Identifier: MIT
import re
import socket
import time

import lab
import pytest
from peer import *

GRACE = "LoginGraceTime=3"


def silent(port, count, source):
    out = []
    for i in range(count):
        s = socket.socket()
        s.bind((source(i), 0))
        s.connect(("127.0.0.1", port))
        out.append(s)
    return out


def gets_in(server, src=None, tries=5):
    """an honest login, with a few tries"""
    for _ in range(tries):
        try:
            with server.login(src=src, timeout=10) as p:
                return p.run("echo fine").out == b"fine\n"
        except (Closed, ConnectionError, TimeoutError):
            time.sleep(0.2)
    return False


CROWDS = {"40 from one": (40, lambda i: "127.0.0.2"),
          "100 from many": (100, lambda i: "127.0.1.%d" % (i + 1)),
          "300 from a few": (300, lambda i: "127.0.2.%d" % (i % 5 + 1))}


@pytest.mark.parametrize("crowd", CROWDS)
@pytest.mark.ours
def test_silent_connections(serve, crowd):
    """with the default limits, which OpenSSH's random drop does not survive"""
    server, (count, source) = serve(), CROWDS[crowd]
    held = silent(server.port, count, source)
    assert gets_in(server)
    assert gets_in(server, src=source(0)), "from the very source"
    procs = len(server.procs())
    assert procs <= 2 * 64 + 1, "%d processes for %d silent connections" % (procs, count)
    for s in held:
        s.close()
    assert server.settled() and server.serves()


@pytest.mark.ours
def test_half_way_connections(serve):
    """as many that stop after the kex, or after the service: the same"""
    server = serve()
    held = []
    for i in range(60):
        try:
            p = server.start(src="127.0.3.%d" % (i % 3 + 1))
            held.append(p.service() if i % 2 else p)
        except (Closed, ConnectionError):
            pass
    assert gets_in(server) and gets_in(server, src="127.0.3.1")


@pytest.mark.ours
def test_sessions_are_not_dropped_for_silent_ones(serve):
    server = serve()
    with server.login(src="127.0.4.1") as p:
        held = silent(server.port, 100, lambda i: "127.0.4.1")
        assert p.run("echo ok").out == b"ok\n" and len(held) == 100


def closed_after(p, send=b"", gap=0.1, most=20):
    """seconds until the server closes while bytes trickle in"""
    began = time.monotonic()
    p.sock.settimeout(gap)
    for b in itertools.cycle(send or b"\0"):
        if time.monotonic() > began + most:
            break
        try:
            if send:
                p.sock.send(bytes([b]))
            if not p.sock.recv(1 << 16):
                break
        except TimeoutError:
            pass
        except OSError:
            break
    return time.monotonic() - began


SLOW = {"silent": b"", "slow banner": b"SSH-2.0-slow", "slow lines": b"hello\r\n"}


@pytest.mark.parametrize("how", SLOW)
def test_grace_before_the_version(serve, how):
    server = serve(GRACE)
    with server.peer() as p:
        assert closed_after(p, SLOW[how]) < 15
    assert server.serves()


@pytest.mark.parametrize("state", ["version", "kexinit", "kex", "keys", "service", "tries"])
def test_grace_later(serve, state):
    """no slow byte extends it: it runs from accept"""
    server = serve(GRACE)
    with server.peer() as p:
        p.hello()
        if state != "version":
            p.send_kexinit()
            p.read_kexinit()
        if state in ("kex", "keys", "service", "tries"):
            p.send_kex()
            p.read_reply()
        if state in ("keys", "service", "tries"):
            p.send_newkeys()
            p.read_newkeys()
        if state in ("service", "tries"):
            p.service()
        if state == "tries":
            p.auth("alice", b"none")
        slow = p.seal(bytes([IGNORE]) + string(bytes(20000)))
        if state in ("version", "kexinit", "kex"):
            slow = u32(30000) + b"\4" + bytes(30000)
        assert closed_after(p, slow) < 15
    assert server.serves()


@pytest.mark.ours
def test_grace_ends_with_the_login(serve):
    with serve(GRACE).login() as p:
        time.sleep(4)
        assert p.run("echo ok").out == b"ok\n"


NAMES = {"format": b"%n%n%s%s%x", "crlf": b"eve\r\nAccepted publickey for root from 1.2.3.4",
         "escape": b"\x1b]0;owned\x07\x1b[2J", "long": b"n" * 30000, "high": bytes(range(128, 256)),
         "nul": b"alice\0root", "colon": b"alice:x:0:0", "slash": b"../../etc/passwd",
         "dash": b"-froot", "del": b"a\x7fb", "empty": b"", "quote": b"a' from 9.9.9.9 '"}


def printable(log):
    """OpenSSH lets CR, LF, TAB, BEL and BS of others through"""
    return all(32 <= b < 127 or b in (b"\a\b\r\n\t" if lab.STANDIN else b"\n") for b in log)


@pytest.mark.parametrize("name", NAMES)
def test_user_names(serve, name):
    server, user = serve("LogLevel=DEBUG"), NAMES[name]
    with server.start() as p:
        p.service()
        for ask in (lambda: p.auth(user, b"none"), lambda: p.password(user, b"x"),
                    lambda: p.pubkey(user, Key())):
            try:
                assert ask()[0] == AUTH_FAILURE
            except Closed:
                break
    assert server.serves()
    log = server.rawlog()
    assert printable(log)
    assert lab.STANDIN or not re.search(rb"^[^\n]{0,40}Accepted publickey for root", log, re.M)
    assert max(map(len, log.split(b"\n"))) < (40000 if lab.STANDIN else 2000)


def test_name_of_64_kilobytes(server):
    """more than a packet may hold: ended at its length"""
    with server.start(timeout=10) as p:
        p.service()
        try:
            p.send(AUTH_REQUEST, strings(b"n" * 65536, b"ssh-connection", b"none"))
        except Closed:
            pass
        assert p.ended() or lab.STANDIN
    assert server.serves()


@pytest.mark.parametrize("version", [b"SSH-2.0-\x1b[2J%n%s\x07", b"SSH-2.0-" + b"v" * 240])
def test_versions_in_the_log(serve, version):
    server = serve("LogLevel=DEBUG")
    with server.peer(version=version, timeout=5) as p:
        try:
            p.start()
        except (Closed, ConnectionError):
            pass
    assert server.serves()
    assert printable(server.rawlog())


def test_disconnect_texts_in_the_log(serve):
    server = serve("LogLevel=DEBUG")
    for p in (server.peer().hello(), server.start(), server.login()):
        with p:
            p.send(DISCONNECT, u32(11), strings(b"bye\r\n\x1b[2J%n%n root logged in", b""))
            assert p.ended()
    assert server.serves()
    assert printable(server.rawlog())
