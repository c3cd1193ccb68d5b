"""SECURITY 20, 21: packets that no SFTP server should send: an error, never a crash."""
# SPDX-License-Identifier: MIT
import os
import struct
import subprocess

import pytest
import transfer
from hostile import *
from transfer import theirs_skip

# ---------------------------------------------------------------- packets
def hook(kind, make):
    return {kind: lambda server, id, body: make(id)}


CUT = {
    "length 0": lambda id: u32(0),
    "length 1": lambda id: u32(1) + b"\x65",
    "length 4": lambda id: u32(4) + b"\x65\0\0\0",
    "length 2^32-1": lambda id: u32(0xffffffff) + b"\x65" + u32(id),
    "length 2^31": lambda id: u32(0x80000000) + b"\x65" + u32(id),
    "length 1 MiB": lambda id: u32(1 << 20) + b"\x65" + u32(id) + b"x" * ((1 << 20) - 5),
    "empty": lambda id: packet(STATUS, b""),
    "id alone": lambda id: packet(STATUS, u32(id)),
    "status cut": lambda id: packet(STATUS, u32(id) + b"\0\0"),
    "text cut": lambda id: packet(STATUS, u32(id) + u32(4) + u32(100) + b"abc"),
    "text 2^32-1": lambda id: packet(STATUS, u32(id) + u32(4) + u32(0xffffffff) + b"abc"),
    "other id": lambda id: status(id + 1),
    "id 2^32-1": lambda id: status(0xffffffff),
    "id 0": lambda id: status(0),
    "type 0": lambda id: packet(0, u32(id)),
    "type 255": lambda id: packet(255, u32(id)),
    "a request": lambda id: packet(OPEN, u32(id) + string(b"x") + u32(1) + u32(0)),
    "version": lambda id: packet(VERSION, u32(3)),
    "handle": lambda id: packet(HANDLE, u32(id)),
    "handle of 0": lambda id: packet(HANDLE, u32(id) + string(b"")),
    "handle of 257": lambda id: packet(HANDLE, u32(id) + string(b"h" * 257)),
    "handle of 30000": lambda id: packet(HANDLE, u32(id) + string(b"h" * 30000)),
    "handle 2^32-1": lambda id: packet(HANDLE, u32(id) + u32(0xffffffff)),
    "data": lambda id: packet(DATA, u32(id) + string(b"x" * 40000)),
    "data cut": lambda id: packet(DATA, u32(id) + u32(100) + b"x"),
    "data 2^32-1": lambda id: packet(DATA, u32(id) + u32(0xffffffff) + b"x"),
    "no data": lambda id: packet(DATA, u32(id) + string(b"")),
    "names 2^32-1": lambda id: names(id, (b"a", FILE), count=0xffffffff),
    "names 1 of 2": lambda id: names(id, (b"a", FILE), count=2),
    "names cut": lambda id: packet(NAME, u32(id) + u32(1) + u32(50) + b"a"),
    "names none": lambda id: names(id),
    "attrs cut": lambda id: packet(ATTRS, u32(id) + u32(0xf) + b"\0\0"),
    "attrs none": lambda id: packet(ATTRS, u32(id) + u32(0)),
    "attrs all flags": lambda id: packet(ATTRS, u32(id) + u32(0xffffffff) + b"\0" * 28 +
                                         u32(1 << 31)),
    "status OK": lambda id: status(id),
    "status 2^32-1": lambda id: status(id, 0xffffffff),
    "status 9": lambda id: status(id, 9),
    "status text": lambda id: status(id, FAILURE, NASTY),
    "status without text": lambda id: packet(STATUS, u32(id) + u32(FAILURE)),
    "end of file": lambda id: status(id, EOF),
    "the end": None,
}
REQUESTS = {"REALPATH": REALPATH, "STAT": STAT, "LSTAT": LSTAT, "OPEN": OPEN, "READ": READ,
            "OPENDIR": OPENDIR, "READDIR": READDIR, "FSTAT": FSTAT}
# what may well be an answer to that request
FAIR = {("no data", "READ"), ("end of file", "READ"), ("names none", "READDIR"),
        ("end of file", "READDIR"), ("attrs none", "FSTAT"), ("attrs all flags", "FSTAT")}


def harmless(at, what):
    """only files that a good server could have sent, with its bytes or a part of them"""
    for path, _ in at.got().items():
        assert path in (b"x", b"d", b"d/x", b"d/a"), (what, path)


@pytest.mark.parametrize("what", list(CUT))
def test_packets(at, what):
    """each wrong packet in answer to each request of a download"""
    if what == "no data":
        theirs_skip("asks for ever")
    for name, kind in REQUESTS.items():
        asked = []

        def wrong(server, id, body):
            asked.append(id)
            if CUT[what]:
                return CUT[what](id)
            raise Closed

        tries = [(scp, (), {})] if name not in ("OPENDIR", "READDIR") else []
        tries += [(scp, ("-r",), {"path": "h:d"})] if name != "FSTAT" else []
        for run, args, kw in tries:
            del asked[:]
            server = Server({b"x": b"good", b"d": [(b"x", FILE)]}, {kind: wrong})
            r = run(at.top, server, *args, **kw)
            harmless(at, (what, name))
            if asked and (what, name) not in FAIR and not transfer.THEIRS:
                assert r.err or r.rc == 0, (what, name, r)
                if name in ("OPEN", "READ", "OPENDIR", "READDIR") and not (
                        what == "handle of 0"):
                    assert r.rc != 0, (what, name, args, r)
            subprocess.run(["rm", "-rf", *[at.top + "/target/" + n for n in ("x", "d")]])


@pytest.mark.parametrize("what", list(CUT))
def test_packets_of_an_upload(at, what):
    """each wrong packet in answer to OPEN, WRITE, CLOSE, MKDIR, STAT"""
    src = transfer.put(at.top + "/outside/f", "data")
    os.makedirs(at.top + "/outside/t")
    transfer.put(at.top + "/outside/t/f", "data")
    at.was = at.state()
    for name, kind in {"OPEN": OPEN, "WRITE": WRITE, "CLOSE": CLOSE, "MKDIR": MKDIR}.items():
        asked = []

        def wrong(server, id, body):
            asked.append(id)
            if CUT[what]:
                return CUT[what](id)
            raise Closed
        server = Server({b"x": b""}, {kind: wrong})
        p = Play(at.top, "scp", "-r", src if name != "MKDIR" else at.top + "/outside/t", "h:y")
        server.serve(p)
        r = p.finish()
        fair = what == "status OK" and name != "OPEN" or what == "handle of 0" or \
            name == "MKDIR" and what in ("status text", "status 9", "status 2^32-1", "end of file",
                                         "status without text")
        if asked and not fair and not transfer.THEIRS:
            assert r.rc != 0 and r.err, (what, name, r)
        at.same()


@pytest.mark.parametrize("version", [
    packet(VERSION, u32(2)), packet(VERSION, u32(4)), packet(VERSION, u32(0)),
    packet(VERSION, u32(0xffffffff)), packet(VERSION, b""), packet(VERSION, u32(3) + string(b"a")),
    packet(VERSION, u32(3) + u32(0xffffffff)), packet(VERSION, u32(3) + string(b"a" * 30000) * 2),
    status(0), u32(0), u32(0xffffffff), b"Welcome to this machine!\r\n" * 10, b"\0" * 1000, b"",
    packet(VERSION, u32(3) + string(b"limits@openssh.com") + string(b"\xff" * 9)),
    packet(VERSION, u32(3) + string(b"limits@openssh.com") + string(b"1"))], ids=ids)
def test_versions(at, version):
    """what is not version 3 is refused in words; extensions are taken as they come"""
    for run, args in ((scp, ()), (sftp, (b"get x",))):
        server = Server({b"x": b"good"}, version=version or b"\0")
        if not version:
            server.serve = lambda p: p.read(5)
        r = run(at.top, server, *args)
        good = version[:9] == packet(VERSION, u32(3))[:9] or version[4:9] == packet(
            VERSION, u32(3))[4:9]
        assert good or r.rc != 0 and r.err or transfer.THEIRS, r
        harmless(at, version)


@pytest.mark.parametrize("limits", [(0, 0, 0, 0), (2 ** 64 - 1,) * 4, (1, 1, 1, 1),
                                    (34000, 1, 1, 1)], ids=repr)
def test_limits(at, limits):
    """limits that make no sense are not divided by, allocated, or waited for"""
    def extended(server, id, body):
        if b"limits@" in body[:40]:
            return packet(EXTENDED_REPLY, u32(id) + struct.pack(">4Q", *limits))
    src = transfer.put(at.top + "/outside/f", "data" * 10)
    at.was = at.state()
    version = packet(VERSION, u32(3) + string(b"limits@openssh.com") + string(b"1"))
    server = Server({b"x": b"good" * 10}, {EXTENDED: extended}, version)
    scp(at.top, server)
    p = Play(at.top, "scp", src, "h:y")
    server.serve(p)
    p.finish()
    harmless(at, limits)


def test_too_much_data(at):
    """DATA beyond what was asked: never written"""
    def read(server, id, body):
        offset, size = struct.unpack(">QI", body[8:20])
        return packet(DATA, u32(id) + string(b"e" * (size + 1)))
    r = scp(at.top, Server({b"x": b"good"}, {READ: read}))
    assert r.rc != 0 and r.err, r
    assert not at.got() or b"e" not in transfer.get(at.top + "/target/x")


def test_short_data(at):
    """a byte at a time is slow, not wrong"""
    def read(server, id, body):
        data = server.open[body[4:8]][0]
        offset, _ = struct.unpack(">QI", body[8:20])
        if offset < len(data):
            return packet(DATA, u32(id) + string(data[offset:offset + 1]))
    r = scp(at.top, Server({b"x": b"good" * 100}, {READ: read}))
    assert r == (0, "", "") and transfer.get(at.top + "/target/x") == b"good" * 100


def test_data_without_end(at):
    """a file that goes on behind the size that it had: an end, or the size at which we stop it"""
    total = []

    def read(server, id, body):
        offset, size = struct.unpack(">QI", body[8:20])
        total.append(size)
        if sum(total) > 8 << 20:
            raise Closed
        return packet(DATA, u32(id) + string(b"x" * size))
    r = scp(at.top, Server({b"x": b"good"}, {READ: read}))
    assert r.rc >= 0 and set(at.got()) <= {b"x"}


@pytest.mark.parametrize("size", [2 ** 63, 2 ** 64 - 1, 2 ** 63 - 1])
def test_sizes(at, size):
    """a size that no file has"""
    lie = lambda s, id, body: packet(ATTRS, u32(id) + attrs(size=size)) if (  # noqa: E731
        body[4:].startswith(b"x") or b"/x" in body) else None
    r = scp(at.top, Server({b"x": b"good"}, {STAT: lie, LSTAT: lie, FSTAT: lambda s, id, b: packet(
        ATTRS, u32(id) + attrs(size=size))}))
    assert r.rc >= 0
    assert not at.got() or transfer.get(at.top + "/target/x") in (b"good", b"")
    r = scp(at.top, Server({b"x": b"good"}, {STAT: lie, LSTAT: lie}), "-a") if not transfer.THEIRS \
        else r
    assert r.rc >= 0


def test_depth(at):
    """directories in directories without end"""
    deep = {}

    def find(path):
        return [(b".", DIR), (b"..", DIR), (b"d", DIR)]
    server = Server(deep)
    server.find = find
    r = scp(at.top, server, "-r", path="h:d")
    assert r.rc != 0 and r.err, r
    assert len(max(at.got(), default=b"")) < 4096
    server = Server(deep)
    server.find = find
    r = sftp(at.top, server, b"get -r d")
    assert r.rc != 0 and r.err, r


def test_directory_without_end(at):
    """READDIR that always has more: room of fixed size ends it, in words"""
    theirs_skip("takes all of it")
    n = [0]

    def readdir(server, id, body):
        n[0] += 1
        return names(id, *[(b"name-%d-%d" % (n[0], i), FILE) for i in range(100)])
    for run, args, kw in ((scp, ("-r",), {"path": "h:d"}), (scp, (), {"path": "h:*.txt"}),
                          (scp, (), {"path": "h:*"}), (sftp, (b"get -r d",), {}),
                          (sftp, (b"ls d",), {}), (sftp, (b"ls -l *",), {}),
                          (sftp, (b"rm *",), {})):
        server = Server({b"d": [], b".": [], b"home": []}, {READDIR: readdir})
        n[0] = 0
        p_end = 100000  # names enough for any room; a pattern that takes none may be stopped by us
        server.hooks[READDIR] = lambda s, id, body: (
            readdir(s, id, body) if n[0] < p_end // 100 else status(id, EOF))
        r = run(at.top, server, *args, **kw)
        assert r.rc != 0 and r.err, (args, kw, r)


def test_escapes(at):
    """names and messages of a server, in all that we say about them"""
    rows = [(b".", DIR), (NASTY, FILE), (NASTY + b"d", DIR)]
    deny = {OPEN: lambda s, id, body: status(id, DENIED, NASTY)}
    files = {b"d": rows, b".": rows, b"home": rows, NASTY: b"evil", NASTY + b"d": rows[:1]}
    for hooks in ({}, deny, {STAT: lambda s, id, body: status(id, FAILURE, NASTY)}):
        scp(at.top, Server(files, hooks), "-rv", path="h:d")
        scp(at.top, Server(files, hooks), path="h:*")
        sftp(at.top, Server(files, hooks), b"-ls", b"-ls -l", b"-ls -1 d", b"-ls *", b"-get *",
             b"-get -r d", b"-rm *", b"-cd d", b"-pwd")
    real = {REALPATH: lambda s, id, body: names(id, (b"/" + NASTY, u32(0), NASTY))}
    sftp(at.top, Server(files, real), b"-pwd", b"-cd d", b"-pwd", b"-ls", b"-get none", b"-get x")


def test_longnames(at):
    """ls -l of a server that lies there"""
    for longname in (b"", NASTY, b"a" * 20000, b"\0", b"one\ntwo", b"%s%n"):
        rows = [(b"x", FILE, longname)]
        r = sftp(at.top, Server({b"d": rows}), b"ls -l d", b"ls -la d", b"ls d")
        assert r.rc >= 0


def test_long_names(at):
    """names longer than any file's"""
    for n in (255, 256, 4095, 4096, 5000, 20000, 33000):
        rows = [(b"n" * n, FILE, b"l"), (b"good", FILE)]
        r = scp(at.top, Server({b"d": rows, b"good": b"good", b"n" * n: b"x"}), "-r", path="h:d")
        assert n == 255 or r.rc != 0, (n, r)


def test_statvfs(at):
    """figures that df could divide by"""
    ext = packet(VERSION, u32(3) + string(b"statvfs@openssh.com") + string(b"2"))
    for figures in ((0,) * 11, (2 ** 64 - 1,) * 11, (1, 0, 5, 9, 9, 5, 9, 9, 0, 0, 0)):
        hooks = {EXTENDED: lambda s, id, body: packet(EXTENDED_REPLY, u32(id) + struct.pack(
            ">11Q", *figures))}
        r = sftp(at.top, Server({}, hooks, ext), b"df", b"df -h", b"df -i")
        assert r.rc == 0 or transfer.THEIRS, r
    hooks = {EXTENDED: lambda s, id, body: packet(EXTENDED_REPLY, u32(id) + b"\0" * 87)}
    assert sftp(at.top, Server({}, hooks, ext), b"df").rc != 0


def test_noise_from_the_shell(at):
    """what a login script prints before the protocol, in both"""
    for flags in ((), ("-O",)):
        p = Play(at.top, "scp", *flags, "h:x", at.top + "/target")
        p.say(b"Welcome to \x1b[31mthis\x1b[0m machine!\r\n" * 3)
        r = p.finish()
        assert r.rc != 0 and r.err and not at.got(), r


def test_a_server_that_hangs(at):
    """the user's ^C ends it where nothing comes"""
    for flags in ((), ("-O",)):
        p = Play(at.top, "scp", *flags, "h:x", at.top + "/target")
        p.read(1)
        os.kill(p.p.pid, 2)
        p.p.wait(10)
        assert p.p.returncode != 0
        for fd in (p.from_it, p.to_it):
            os.close(fd)
        p.c.close()
        p.collect()
