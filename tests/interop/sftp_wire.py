"""sftp_wire.py - SFTP by hand: packets, and our server at the end of two pipes.

SPDX-License-Identifier: MIT
"""
import os
import select
import struct
import subprocess

import pytest

from lib import CUBSSH, EMU, LIMIT

OK, EOF, NO_SUCH_FILE, DENIED, FAILURE, BAD_MESSAGE, UNSUPPORTED = 0, 1, 2, 3, 4, 5, 8
INIT, VERSION, OPEN, CLOSE, READ, WRITE, LSTAT, FSTAT, SETSTAT, FSETSTAT, OPENDIR, READDIR, REMOVE, MKDIR, \
    RMDIR, REALPATH, STAT, RENAME, READLINK, SYMLINK = range(1, 21)
EXTENDED, STATUS, HANDLE, DATA, NAME, ATTRS, EXTENDED_REPLY = 200, 101, 102, 103, 104, 105, 201
R, W, APPEND, CREAT, TRUNC, EXCL = 1, 2, 4, 8, 16, 32
HANDLES = 128
READ_MOST = 65536


def u32(v):
    return struct.pack(">I", v)


def u64(v):
    return struct.pack(">Q", v)


def string(b):
    return u32(len(b)) + b


def path(p):
    return string(p if isinstance(p, bytes) else os.fsencode(str(p)))


def attrs(size=None, ids=None, mode=None, times=None):
    flags = (size is not None) | (ids is not None) << 1 | (mode is not None) << 2 | (times is not None) << 3
    return u32(flags) + (u64(size) if size is not None else b"") + \
        (u32(ids[0]) + u32(ids[1]) if ids else b"") + (u32(mode) if mode is not None else b"") + \
        (u32(times[0]) + u32(times[1]) if times else b"")


class Reader:
    def __init__(self, b):
        self.b = b

    def take(self, n):
        assert len(self.b) >= n
        r, self.b = self.b[:n], self.b[n:]
        return r

    def u32(self):
        return struct.unpack(">I", self.take(4))[0]

    def u64(self):
        return struct.unpack(">Q", self.take(8))[0]

    def string(self):
        return self.take(self.u32())

    def attrs(self):
        assert self.u32() == 15
        a = {"size": self.u64()}
        a["uid"], a["gid"], a["mode"], a["atime"], a["mtime"] = (self.u32() for _ in range(5))
        return a


class Sftp:
    """the server, and a client that knows packets"""

    def __init__(self, *flags, init=True, env=(), cwd=None):
        self.p = subprocess.Popen([*EMU, CUBSSH, "sftp-server", *flags], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0, cwd=cwd,
                                  env={"PATH": "/bin:/usr/bin", **dict(env)})
        self.id = 0
        if init:
            self.send(b"\x01" + u32(3))
            self.version = self.packet()

    def raw(self, b):
        view = memoryview(b)
        while view:
            view = view[self.p.stdin.write(view):]

    def send(self, payload):
        self.raw(string(payload))

    def bytes(self, n):
        got = b""
        while len(got) < n:
            ready, _, _ = select.select([self.p.stdout], [], [], LIMIT)
            assert ready, "no reply"
            part = self.p.stdout.read(n - len(got))
            assert part, "the server is gone"
            got += part
        return got

    def packet(self):
        return self.bytes(struct.unpack(">I", self.bytes(4))[0])

    def ask(self, kind, body):
        self.id += 1
        self.send(bytes([kind]) + u32(self.id) + body)

    def answer(self, ident=None):
        p = self.packet()
        assert p[1:5] == u32(self.id if ident is None else ident)
        return p[0], Reader(p[5:])

    def call(self, kind, body):
        self.ask(kind, body)
        return self.answer()

    def ext(self, name, body):
        return self.call(EXTENDED, string(name) + body)

    @staticmethod
    def code(reply):
        assert reply[0] == STATUS
        return reply[1].u32()

    def status(self, kind, body):
        return self.code(self.call(kind, body))

    def open(self, name, flags=R, a=b"\0\0\0\0"):
        kind, r = self.call(OPEN, path(name) + u32(flags) + a)
        return r.string() if kind == HANDLE else r.u32()

    def opendir(self, name):
        kind, r = self.call(OPENDIR, path(name))
        return r.string() if kind == HANDLE else r.u32()

    def read(self, handle, off, n):
        kind, r = self.call(READ, string(handle) + u64(off) + u32(n))
        return r.string() if kind == DATA else r.u32()

    def write(self, handle, off, data):
        return self.status(WRITE, string(handle) + u64(off) + string(data))

    def close(self, handle):
        return self.status(CLOSE, string(handle))

    def names(self, handle):
        found = {}
        while True:
            kind, r = self.call(READDIR, string(handle))
            if kind == STATUS:
                assert r.u32() == EOF
                return found
            for _ in range(r.u32()):
                name, line = r.string(), r.string()
                assert name not in found
                found[name] = (line, r.attrs())

    def name(self, kind, body):
        reply, r = self.call(kind, body)
        if reply == STATUS:
            return r.u32()
        assert reply == NAME and r.u32() == 1
        name = r.string()
        assert r.string() == name and r.u32() == 0
        return name

    def end(self):
        """what is left to be read, after which the server is gone"""
        self.p.stdin.close()
        rest = self.p.stdout.read()
        return rest, self.p.wait(LIMIT), self.p.stderr.read().decode()

    def stop(self):
        self.p.kill()
        self.p.wait()


# each request, whole
FULL = {
    OPEN: path("x") + u32(R) + attrs(),
    CLOSE: string(b"abcd"),
    READ: string(b"abcd") + u64(0) + u32(1),
    WRITE: string(b"abcd") + u64(0) + string(b"data"),
    LSTAT: path("x"), FSTAT: string(b"abcd"), SETSTAT: path("x") + attrs(1, (2, 3), 4, (5, 6)),
    FSETSTAT: string(b"abcd") + attrs(1, (2, 3), 4, (5, 6)), OPENDIR: path("x"),
    READDIR: string(b"abcd"), REMOVE: path("x"), MKDIR: path("x") + attrs(mode=0o755),
    RMDIR: path("x"), REALPATH: path("x"), STAT: path("x"), RENAME: path("x") + path("y"),
    READLINK: path("x"), SYMLINK: path("x") + path("y")}
EXTS = {
    b"posix-rename@openssh.com": path("x") + path("y"), b"statvfs@openssh.com": path("x"),
    b"fstatvfs@openssh.com": string(b"abcd"), b"hardlink@openssh.com": path("x") + path("y"),
    b"fsync@openssh.com": string(b"abcd"), b"lsetstat@openssh.com": path("x") + attrs(mode=1),
    b"expand-path@openssh.com": path("x"),
    b"copy-data": string(b"abcd") + u64(0) + u64(0) + string(b"abcd") + u64(0),
    b"home-directory": path("x"), b"users-groups-by-id@openssh.com": string(b"") + string(b""),
    b"check-file": string(b"abcd") + string(b"sha256") + u64(0) + u64(0) + u32(0),
    b"check-file-name": path("x") + string(b"sha256") + u64(0) + u64(0) + u32(0)}


@pytest.fixture
def start(tmp_path):
    started = []

    def go(*flags, **kw):
        started.append(Sftp(*flags, **{"cwd": tmp_path, **kw}))
        return started[-1]
    yield go
    for s in started:
        s.stop()


@pytest.fixture
def s(start):
    return start()
