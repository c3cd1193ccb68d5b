"""hostile - the other end of scp and sftp, played by a test, and what it may not achieve.

The program under test runs a stand-in for ssh (-S) that hands its stdin and stdout over to us and
ends when we say so. CUBSSH_TOOLS=openssh tests Debian's scp and sftp, which proves the player
right.
"""
# SPDX-License-Identifier: MIT
import array
import os
import re
import select
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import time

import lab
import pytest
import transfer

LIMIT = 10  # seconds in which everything here ends
SCRIPT = """#!%s -IS
import array, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(%r)
s.sendmsg(["\\0".join(sys.argv[1:]).encode("utf-8", "surrogateescape")],
          [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1]))])
import os
os.close(0)
os.close(1)
sys.exit((s.recv(1) or b"\\0")[0])
"""


class Closed(Exception):
    pass


class Play:
    """
    Play(place, "scp", args...) runs it; read, line, send are of the other end. In `place` there is
    target, where files may come to be, and around it what must stay as it is.
    """

    def __init__(self, place, name, *args, stdin=b"", cwd=None):
        path = place + "/socket"
        script = place + "/ssh"
        if not os.path.exists(script):
            with open(script, "w") as f:
                f.write(SCRIPT % (sys.executable, path))
            os.chmod(script, 0o755)
        self.end = time.monotonic() + LIMIT
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(path)
            s.listen(1)
            self.argv = transfer.tool(name) + ["-S", script, *args]
            self.said = tempfile.TemporaryFile(), tempfile.TemporaryFile()
            self.p = subprocess.Popen(self.argv, stdin=subprocess.PIPE, stdout=self.said[0],
                                      stderr=self.said[1], cwd=cwd, start_new_session=True)
            self.p.stdin.write(stdin)
            self.p.stdin.close()
            self._wait(s)
            os.remove(path)
            self.c, _ = s.accept()
        words, fds, _, _ = self.c.recvmsg(65536, socket.CMSG_SPACE(8))
        self.ssh_args = words.split(b"\0")
        a = array.array("i")
        a.frombytes(fds[0][2])
        self.from_it, self.to_it = a
        self.heard = b""
        os.set_blocking(self.to_it, False)

    def _wait(self, s):
        end = time.monotonic() + LIMIT
        while not select.select([s], [], [], 0.1)[0]:
            if time.monotonic() > end or self.p.poll() is not None:
                self.fail("no ssh was run")

    def left(self):
        left = self.end - time.monotonic()
        if left <= 0:
            self.fail("no end")
        return left

    def fail(self, why):
        self.p.kill()
        pytest.fail("%s: %r: %r" % (why, self.argv, [t[-2000:] for t in self.collect()]))

    def collect(self):
        """its output, once it ends"""
        self.p.wait()
        out = []
        for f in self.said:
            f.seek(0)
            out.append(f.read(1 << 20))
            f.close()
        return out

    def read(self, n):
        while len(self.heard) < n:
            select.select([self.from_it], [], [], self.left())
            self.left()
            if not self.hear():
                raise Closed
        out, self.heard = self.heard[:n], self.heard[n:]
        return out

    def hear(self):
        """what has come is put by; False at the end"""
        try:
            got = os.read(self.from_it, 65536)
        except ConnectionResetError:
            got = b""
        self.heard += got
        return got

    def line(self):
        out = b""
        while not out.endswith(b"\n"):
            out += self.read(1)
        return out

    def send(self, data):
        view = memoryview(data)
        listen = [self.from_it]
        while view:
            ready = select.select(listen, [self.to_it], [], self.left())
            self.left()
            if ready[0] and not self.hear():
                listen = []
            try:
                view = view[os.write(self.to_it, view[:65536]):]
            except BlockingIOError:
                pass
            except BrokenPipeError:
                raise Closed from None

    def hangup(self):
        """nothing more comes; what it says can still be read"""
        if stat.S_ISSOCK(os.fstat(self.to_it).st_mode):
            with socket.socket(fileno=os.dup(self.to_it)) as s:
                try:
                    s.shutdown(socket.SHUT_WR)
                except OSError:
                    pass
        os.close(self.to_it)
        self.to_it = os.open(os.devnull, os.O_WRONLY)

    def drain(self):
        """all that it says until it closes"""
        while True:
            select.select([self.from_it], [], [], self.left())
            self.left()
            if not self.hear():
                return self.heard

    def say(self, *data):
        """sends that, hangs up, and gives what it answered"""
        try:
            for d in data:
                self.send(d)
        except Closed:
            pass
        self.hangup()
        return self.drain()

    def finish(self, status=0):
        """ssh ends; the result of the program"""
        for fd in (self.from_it, self.to_it):
            os.close(fd)
        try:
            self.c.send(bytes([status]))
        except OSError:
            pass
        self.c.close()
        try:
            self.p.wait(max(1, self.end - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.fail("does not end")
        out, err = self.collect()
        assert self.p.returncode >= 0 or transfer.THEIRS, (self.p.returncode, err)
        clean(out)
        clean(err)
        return transfer.Result(self.p.returncode, out.decode(errors="replace"),
                               err.decode(errors="replace"))


def clean(text):
    """nothing in it steers a terminal: C0 but for line ends and tabs, DEL, C1 as UTF-8 or alone"""
    if transfer.THEIRS:
        return
    assert not re.search(rb"[\0-\x08\x0b\x0c\x0e-\x1f\x7f]", text), text[:2000]
    shown = text.decode("utf-8", "surrogateescape")
    assert not re.search("[\x80-\x9f\udc80-\udc9f]", shown), text[:2000]


# ---------------------------------------------------------------- the old protocol
def old_sink(place, lines, *flags, path="h:x", target="target"):
    """`scp -O h:x target` meets these lines, sent at once; the result and what it answered"""
    p = Play(place, "scp", "-O", *flags, path, f"{place}/{target}")
    try:
        p.read(1)
    except Closed:
        return p.finish(), b""
    said = p.say(*[lines] if isinstance(lines, bytes) else lines)
    return p.finish(), said


def file_lines(name, data=b"evil", mode=b"0644"):
    return b"C" + mode + b" %d " % len(data) + name + b"\n" + data + b"\0"


# ---------------------------------------------------------------- SFTP
INIT, VERSION, OPEN, CLOSE, READ, WRITE, LSTAT, FSTAT, SETSTAT, FSETSTAT, OPENDIR, READDIR, \
    REMOVE, MKDIR, RMDIR, REALPATH, STAT, RENAME, READLINK, SYMLINK = range(1, 21)
STATUS, HANDLE, DATA, NAME, ATTRS, EXTENDED, EXTENDED_REPLY = 101, 102, 103, 104, 105, 200, 201
OK, EOF, NO_SUCH_FILE, DENIED, FAILURE = range(5)


def u32(n):
    return struct.pack(">I", n & 0xffffffff)


def string(b):
    return u32(len(b)) + b


def attrs(mode=stat.S_IFREG | 0o644, size=4, mtime=None):
    """size, mode, times"""
    flags = 1 | 4 | (8 if mtime is not None else 0)
    return u32(flags) + struct.pack(">Q", size & (2 ** 64 - 1)) + u32(mode) + (
        u32(mtime) * 2 if mtime is not None else b"")


FILE, DIR, LINK = (attrs(), attrs(stat.S_IFDIR | 0o755, 4096), attrs(stat.S_IFLNK | 0o777, 1))


def packet(kind, body):
    return u32(1 + len(body)) + bytes([kind]) + body


def status(id, code=OK, text=b"so it is", lang=b""):
    return packet(STATUS, u32(id) + u32(code) + string(text) + string(lang))


def names(id, *rows, count=None):
    """rows: (name, attrs) or (name, attrs, longname)"""
    out = u32(id) + u32(len(rows) if count is None else count)
    for name, a, *more in rows:
        out += string(name) + string(more[0] if more else b"-rw-r--r-- 1 a a 4 Jan 1 00:00 " + name)
        out += a
    return packet(NAME, out)


class Server:
    """
    An SFTP server that behaves, but for what a test puts in its place: hooks {type: f(server, id,
    body) -> bytes to send, or None for what is usual}. files: path -> bytes, or a list of rows for
    READDIR of a directory. Every path that is not known is looked up by its last part.
    """

    def __init__(self, files, hooks=None, version=None, cwd=b"/home"):
        self.files, self.hooks, self.cwd = files, hooks or {}, cwd
        self.version = version or packet(VERSION, u32(3))
        self.open, self.log, self.n = {}, [], 0

    def find(self, path):
        path = path.rstrip(b"/") or b"/"
        return self.files.get(path, self.files.get(path.rsplit(b"/", 1)[-1]))

    def attrs(self, path):
        if path.rstrip(b"/") in (b"", b".", self.cwd):
            return DIR
        what = self.find(path)
        if what is None:
            return None
        return DIR if isinstance(what, list) else attrs(size=len(what))

    def answer(self, kind, id, body):
        if kind in self.hooks:
            got = self.hooks[kind](self, id, body)
            if got is not None:
                return got
        n = struct.unpack(">I", body[:4])[0] if len(body) >= 4 else 0
        path, rest = body[4:4 + n], body[4 + n:]
        if kind == REALPATH:
            path = path if path[:1] == b"/" else os.path.normpath(os.path.join(self.cwd, path))
            return names(id, (path, u32(0), path))
        if kind in (STAT, LSTAT):
            a = self.attrs(path)
            return packet(ATTRS, u32(id) + a) if a else status(id, NO_SUCH_FILE, b"No such file")
        if kind in (OPEN, OPENDIR):
            what = self.find(path)
            if kind == OPEN and rest[:4] and struct.unpack(">I", rest[:4])[0] & 2:
                what = b""
            if what is None:
                return status(id, NO_SUCH_FILE, b"No such file")
            if isinstance(what, list) != (kind == OPENDIR):
                return status(id, FAILURE, b"Not that kind")
            self.n += 1
            handle = b"%04d" % self.n
            self.open[handle] = [what, path]
            return packet(HANDLE, u32(id) + string(handle))
        if kind == READ:
            data = self.open.get(path, [b"good"])[0]
            offset, size = struct.unpack(">QI", rest[:12])
            data = data[offset:offset + size]
            return packet(DATA, u32(id) + string(data)) if data else status(id, EOF, b"end")
        if kind == READDIR:
            entry = self.open.get(path, [[]])
            rows, entry[0] = entry[0], []
            return names(id, *rows) if rows else status(id, EOF, b"end")
        if kind == FSTAT:
            return packet(ATTRS, u32(id) + attrs(
                size=len(self.open.get(path, [b"good"])[0])))
        if kind in (CLOSE, WRITE, SETSTAT, FSETSTAT, MKDIR, REMOVE, RMDIR, RENAME, SYMLINK):
            return status(id)
        return status(id, 8, b"unsupported")

    def serve(self, p):
        """until the client is gone"""
        try:
            self.log.append((INIT, p.read(struct.unpack(">I", p.read(4))[0])))
            p.send(self.version)
            while True:
                m = p.read(struct.unpack(">I", p.read(4))[0])
                id = struct.unpack(">I", m[1:5])[0]
                self.log.append((m[0], m[5:]))
                p.send(self.answer(m[0], id, m[5:]))
        except Closed:
            pass


def scp(place, server, *args, path="h:x", target="target", **kw):
    p = Play(place, "scp", *args, path, place + "/" + target, **kw)
    server.serve(p)
    return p.finish()


def sftp(place, server, *commands):
    batch = b"lcd " + place.encode() + b"/target\n" + b"".join(c + b"\n" for c in commands)
    p = Play(place, "sftp", "-b", "-", "h", stdin=batch)
    server.serve(p)
    return p.finish()


# ---------------------------------------------------------------- what tests send
BAD = [b"../evil", b"a/evil", b"/tmp/evil", b"..", b".", b"", b"/", b"target/../../evil", b"./evil",
       b"evil/", b"../victim", b"..\\/evil"]
ids = lambda v: repr(v)[:30]  # noqa: E731
NASTY = b"a\x1b[31m\x1b]0;title\x07b\x08\x7f\x9b31m\xc2\x9b31m\rc"
TREE = {b"d": [(b".", DIR), (b"..", DIR), (b"sub", DIR), (b"f", FILE)],
        b"sub": [(b"evil", FILE)], b"evil": b"evil", b"f": b"evil"}
LINKED = {"directory": ("d/sub", "../../outside"), "file": ("d/f", "../../victim"),
          "new": ("d/f", "../../evil"), "top": ("d", "../outside"),
          "absolute": ("d/sub", "/tmp")}


# ---------------------------------------------------------------- what may not change
class Around:
    """a directory with the target in it, and all that a bad name could reach"""
    n = 0

    def __init__(self, top):
        self.top = top
        os.mkdir(top)
        for d in ("target", "outside"):
            os.mkdir(top + "/" + d)
        for f in ("victim", "outside/victim"):
            with open(top + "/" + f, "w") as out:
                out.write("as it was")
        self.was = self.state()

    def state(self):
        """everything but what is in the target, the tools of the play, and times of access"""
        rest = {k: v for k, v in transfer.tree(self.top, times=True).items()
                if not k.startswith((b"target/", b"socket", b"ssh")) and k != b"target"}
        for path in ("/", "/tmp", "/etc", lab.ROOT, os.getcwd()):
            rest[path] = sorted(n for n in os.listdir(path) if "evil" in n)
        return rest

    def same(self):
        assert self.state() == self.was

    def got(self):
        return transfer.tree(self.top + "/target")


def plant(at, *links):
    """(name, where to): links that were in the target before"""
    for name, to in links:
        path = f"{at.top}/target/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.symlink(to, path)


@pytest.fixture
def at(place):
    """target and what is around it, which is looked at afterwards"""
    Around.n += 1
    around = Around(f"{place}/files.{Around.n}")
    os.makedirs(transfer.TOOLS, exist_ok=True)
    yield around
    around.same()
