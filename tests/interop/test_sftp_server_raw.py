"""test_sftp_server_raw.py - sftp-server byte by byte: packets, handles, data.

SPDX-License-Identifier: MIT
"""
import contextlib
import fcntl
import hashlib
import os
import resource
import socket
import struct
import subprocess
import threading
import time

import pytest

from lib import CUBSSH, EMU, LIMIT
from sftp_wire import *  # noqa: F401,F403


# ---------------------------------------------------------------- the frame
def test_version(s):
    r = Reader(s.version)
    assert r.take(1) == b"\x02" and r.u32() == 3
    pairs = {}
    while r.b:
        name = r.string()
        pairs[name.decode()] = r.string().decode()
    assert pairs == {"posix-rename@openssh.com": "1", "statvfs@openssh.com": "2",
                     "fstatvfs@openssh.com": "2", "hardlink@openssh.com": "1",
                     "fsync@openssh.com": "1", "lsetstat@openssh.com": "1",
                     "limits@openssh.com": "1", "expand-path@openssh.com": "1", "copy-data": "1",
                     "home-directory": "1", "users-groups-by-id@openssh.com": "1",
                     "check-file": "sha256,sha512"}


@pytest.mark.parametrize("packet", [
    u32(0), u32(1) + b"\x11", u32(4) + b"\x11abc", u32(256 * 1024 + 1) + b"\x06", b"\xff" * 8])
def test_broken_frame_ends(start, packet):
    s = start()
    s.raw(packet + bytes(16))
    assert s.p.wait(LIMIT) == 11


def test_init_first(start, tmp_path):
    s = start(init=False)
    s.ask(MKDIR, path("d") + attrs())
    assert s.p.wait(LIMIT) == 11 and not (tmp_path / "d").exists()


def test_eof_in_a_packet(start):
    s = start()
    s.raw(u32(100) + b"\x11" + u32(7))
    assert s.end()[:2] == (b"", 0)


def test_answers_before_eof(start):
    """what was asked is answered though the client has closed its side"""
    s = start()
    for i in range(20):
        s.ask(STAT, path("/"))
    rest, code, _ = s.end()
    assert code == 0 and len(rest) == 20 * (4 + 1 + 4 + 32)


def test_truncated(s, tmp_path):
    """a request that is cut anywhere is a bad message, and the next one is served"""
    whole = [(kind, body) for kind, body in FULL.items()]
    whole += [(EXTENDED, string(name) + body) for name, body in EXTS.items()]
    for kind, body in whole:
        for cut in range(len(body)):
            assert s.status(kind, body[:cut]) == BAD_MESSAGE, (kind, body[:cut])
    assert os.listdir(tmp_path) == []
    assert s.call(STAT, path("/"))[0] == ATTRS


def test_lengths_beyond_the_packet(s):
    for n in (5, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffc):
        assert s.status(STAT, u32(n) + b"/tmp") == BAD_MESSAGE
        assert s.status(EXTENDED, u32(n) + b"abcd") == BAD_MESSAGE
        assert s.status(WRITE, string(b"abcd") + u64(0) + u32(n) + b"abcd") == BAD_MESSAGE
        assert s.status(MKDIR, path("d") + u32(0x80000000) + u32(n)) == BAD_MESSAGE
    assert s.status(STAT, string(b"/\0tmp")) == BAD_MESSAGE


def test_trailing_bytes(s, tmp_path):
    """more than a request needs does no harm"""
    h = s.open("f", W | CREAT)
    assert s.status(WRITE, string(h) + u64(0) + string(b"abc") + b"x" * 70000) == OK
    assert s.call(STAT, path("/") + b"x" * 50)[0] == ATTRS
    assert s.close(h) == OK and (tmp_path / "f").read_bytes() == b"abc"


def test_unknown(s):
    assert s.status(99, b"") == UNSUPPORTED
    assert s.status(0, b"") == UNSUPPORTED
    assert s.status(VERSION, b"x") == UNSUPPORTED
    assert s.code(s.ext(b"nobody@knows", b"")) == UNSUPPORTED
    assert s.code(s.ext(b"statvfs", path("/"))) == UNSUPPORTED


def test_long_packets(s, tmp_path):
    """up to 256 KiB they are answered: only a WRITE makes use of it"""
    for n in (4095, 4096, 10000, 24 * 1024, 100000, 256 * 1024 - 9):
        assert s.status(STAT, path(b"x" * n)) == BAD_MESSAGE  # ENAMETOOLONG is that, too
    h = s.open("f", W | CREAT)
    data = os.urandom(256 * 1024 - 25)
    assert s.write(h, 0, data) == OK
    assert s.close(h) == OK and (tmp_path / "f").read_bytes() == data


def test_byte_by_byte(s, tmp_path):
    (tmp_path / "f").write_bytes(b"hello")
    both = string(bytes([OPEN]) + u32(1) + path("g") + u32(W | CREAT) + attrs())
    both += string(bytes([STAT]) + u32(2) + path("f"))
    for b in both:
        s.raw(bytes([b]))
    kind, r = s.answer(1)
    assert kind == HANDLE
    h = r.string()
    assert s.answer(2)[1].attrs()["size"] == 5
    for b in string(bytes([WRITE]) + u32(3) + string(h) + u64(1) + string(b"xyz") + b"more"):
        s.raw(bytes([b]))
    assert s.code(s.answer(3)) == OK
    assert (tmp_path / "g").read_bytes() == b"\0xyz"


# ---------------------------------------------------------------- handles
def test_stale_handles(s, tmp_path):
    (tmp_path / "f").write_bytes(b"1")
    a = s.open("f")
    assert s.close(a) == OK
    assert s.close(a) == NO_SUCH_FILE
    b = s.open("f")
    assert a != b, "a place that is taken again is another handle"
    for stale in (a, b"", b"abcd", b"abc", b + b"\0", b"\xff" * 4, b"x" * 256, b"x" * 70000):
        assert s.read(stale, 0, 1) in (FAILURE, BAD_MESSAGE)
        assert s.write(stale, 0, b"x") in (FAILURE, BAD_MESSAGE)
        assert s.close(stale) in (NO_SUCH_FILE, BAD_MESSAGE)
        assert s.status(READDIR, string(stale)) in (FAILURE, BAD_MESSAGE)
    assert s.read(b, 0, 9) == b"1"
    d = s.opendir(".")
    assert s.read(d, 0, 1) == FAILURE and s.write(d, 0, b"x") == FAILURE
    assert s.status(READDIR, string(b)) == FAILURE


def test_handles_run_out(s, tmp_path):
    handles = [s.open(f"f{i}", W | CREAT) for i in range(HANDLES - 1)] + [s.opendir(".")]
    assert all(isinstance(h, bytes) for h in handles) and len(set(handles)) == HANDLES
    kind, r = s.call(OPEN, path("more") + u32(W | CREAT | TRUNC) + attrs())
    assert kind == STATUS and r.u32() == FAILURE and r.string() == b"Too many open files"
    assert s.opendir(".") == FAILURE
    assert not (tmp_path / "more").exists()
    assert s.close(handles[77]) == OK
    more = s.open("more", W | CREAT)
    assert more not in handles
    for h in handles[:77] + handles[78:] + [more]:
        assert s.close(h) == OK
    assert not any(os.readlink(f"/proc/{s.p.pid}/fd/{fd}").startswith(str(tmp_path))
                   for fd in os.listdir(f"/proc/{s.p.pid}/fd"))


def test_descriptors_run_out(start, tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    s = start()
    resource.prlimit(s.p.pid, resource.RLIMIT_NOFILE, (20, hard))
    (tmp_path / "f").touch()
    got = [s.open("f") for _ in range(40)]
    assert got.count(FAILURE) > 10 and isinstance(got[0], bytes)
    assert s.call(STAT, path("f"))[0] == ATTRS


# ---------------------------------------------------------------- reading and writing
def test_offsets_beyond_4_gib(s, tmp_path):
    far = (5 << 30) + 12345
    h = s.open("f", R | W | CREAT)
    assert s.write(h, far, b"end") == OK
    assert os.stat(tmp_path / "f").st_size == far + 3
    assert s.read(h, far, 100) == b"end" and s.read(h, far - 4, 6) == b"\0\0\0\0en"
    assert s.read(h, far + 3, 1) == EOF and s.read(h, 1 << 62, 1) == EOF
    assert s.read(h, 1 << 63, 1) == BAD_MESSAGE and s.read(h, (1 << 64) - 1, 1) == BAD_MESSAGE
    assert s.write(h, (1 << 64) - 1, b"x") == BAD_MESSAGE
    assert s.call(FSTAT, string(h))[1].attrs()["size"] == far + 3
    assert s.status(FSETSTAT, string(h) + attrs(size=(6 << 30) + 1)) == OK
    assert os.stat(tmp_path / "f").st_size == (6 << 30) + 1
    assert s.status(SETSTAT, path("f") + attrs(size=(4 << 30) + 1)) == OK
    assert os.stat(tmp_path / "f").st_size == (4 << 30) + 1


def test_reads(s, tmp_path):
    data = os.urandom(200000)
    (tmp_path / "f").write_bytes(data)
    h = s.open("f")
    assert s.read(h, 0, 0xffffffff) == data[:READ_MOST]
    assert s.read(h, 1, READ_MOST) == data[1:1 + READ_MOST]
    assert s.read(h, 199999, 32768) == data[199999:]
    assert s.read(h, 200000, 32768) == EOF
    assert s.read(s.open("f", W), 0, 1) == NO_SUCH_FILE  # EBADF, as OpenSSH's server has it


def test_append(s, tmp_path):
    (tmp_path / "f").write_bytes(b"abc")
    h = s.open("f", W | APPEND)
    assert s.write(h, 0, b"d") == OK and s.write(h, 1 << 63, b"e") == OK
    assert (tmp_path / "f").read_bytes() == b"abcde"


def test_many_at_once(s, tmp_path):
    """requests are sent on while nobody takes the answers"""
    data = os.urandom(40 * 32768)
    (tmp_path / "f").write_bytes(data)
    h = s.open("f")
    first = s.id + 1
    for i in range(40):
        s.ask(READ, string(h) + u64(i * 32768) + u32(32768))
    for i in range(500):
        s.ask(STAT, path("f"))
    got = b"".join(s.answer(first + i)[1].string() for i in range(40))
    assert got == data
    for i in range(500):
        assert s.answer(first + 40 + i)[0] == ATTRS


def test_upload_with_nobody_reading(s, tmp_path):
    """two thousand writes are taken before the first answer is"""
    h = s.open("f", W | CREAT)
    data = os.urandom(2000 * 3000)
    first = s.id + 1
    for i in range(2000):
        s.ask(WRITE, string(h) + u64(i * 3000) + string(data[i * 3000:i * 3000 + 3000]))
    for i in range(2000):
        assert s.code(s.answer(first + i)) == OK
    assert (tmp_path / "f").read_bytes() == data


def test_slow_reader(tmp_path):
    """a client that has closed its side and reads slowly gets all, and no cpu is burnt meanwhile"""
    (tmp_path / "f").write_bytes(os.urandom(200000))
    r, w = os.pipe()
    os.set_blocking(w, False)
    with subprocess.Popen([*EMU, CUBSSH, "sftp-server"], stdin=subprocess.PIPE, stdout=w, cwd=tmp_path) as p:
        os.close(w)
        ask = string(b"\x01" + u32(3)) + string(bytes([OPEN]) + u32(0) + path("f") + u32(R) + attrs())
        for off in range(0, 200000, 20000):
            ask += string(bytes([READ]) + u32(off) + string(u32(128)) + u64(off) + u32(20000))
        p.stdin.write(ask)
        p.stdin.close()
        time.sleep(1)
        with open(f"/proc/{p.pid}/stat") as f:
            ticks = sum(map(int, f.read().rsplit(")", 1)[1].split()[11:13]))
        got = 0
        while part := os.read(r, 65536):
            got += len(part)
        os.close(r)
        assert p.wait(LIMIT) == 0 and got > 10 * 20013 and ticks < 50


@pytest.mark.parametrize("kind", ["socket", "pipe"])
def test_nonblocking(tmp_path, kind):
    """stdin and stdout may be nonblocking, and small"""
    data = os.urandom(3000000)
    (tmp_path / "f").write_bytes(data)
    if kind == "socket":
        ours, theirs = socket.socketpair()
        theirs.setblocking(False)
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        send, recv, close = ours.sendall, ours.recv, theirs.close
        ends = (theirs, theirs)
    else:
        r1, w1 = os.pipe()
        r2, w2 = os.pipe()
        fcntl.fcntl(w2, fcntl.F_SETPIPE_SZ, 4096)
        os.set_blocking(r1, False)
        os.set_blocking(w2, False)
        ends = (r1, w2)

        def send(b):
            while b:
                b = b[os.write(w1, b):]

        def recv(n):
            return os.read(r2, n)

        def close():
            os.close(r1)
            os.close(w2)
    p = subprocess.Popen([*EMU, CUBSSH, "sftp-server"], stdin=ends[0], stdout=ends[1], cwd=tmp_path)
    close()

    def ask():
        send(string(b"\x01" + u32(3)))
        send(string(bytes([OPEN]) + u32(0) + path("f") + u32(R) + attrs()))
        for off in range(0, 3000000, 50000):
            send(string(bytes([READ]) + u32(off) + string(u32(128)) + u64(off) + u32(50000)))
    with contextlib.ExitStack() as stack:
        stack.callback(p.wait)
        stack.callback(p.kill)
        asker = threading.Thread(target=ask)
        asker.start()
        got, whole = b"", {}
        while len(whole) < 62:
            part = recv(1 << 16)
            assert part
            got += part
            while len(got) >= 4 and len(got) >= 4 + struct.unpack(">I", got[:4])[0]:
                n = struct.unpack(">I", got[:4])[0]
                whole[len(whole)] = got[4:4 + n]
                got = got[4 + n:]
        asker.join()
    assert b"".join(whole[i][9:] for i in range(2, 62)) == data


def test_no_space(start, tmp_path):
    """the words of the system come with the status, and the rest of the packet is passed over"""
    s = start()
    h = s.open("/dev/full", W)
    kind, r = s.call(WRITE, string(h) + u64(0) + string(b"x" * 200000))
    assert kind == STATUS and r.u32() == FAILURE and r.string() == b"No space left on device"
    assert s.call(STAT, path("/"))[0] == ATTRS


def test_fifo_does_not_stop_us(s, tmp_path):
    os.mkfifo(tmp_path / "p")
    h = s.open("p")
    assert s.read(h, 0, 1) == FAILURE and s.close(h) == OK
    assert s.open("p", W) == FAILURE


def test_copy_data(s, tmp_path):
    data = os.urandom(300000)
    (tmp_path / "a").write_bytes(data)

    def copy(a, off, n, b, to):
        return s.code(s.ext(b"copy-data", string(a) + u64(off) + u64(n) + string(b) + u64(to)))
    a, b = s.open("a"), s.open("b", R | W | CREAT)
    assert copy(a, 0, 0, b, 0) == OK and (tmp_path / "b").read_bytes() == data
    assert copy(a, 10, 20, b, 5) == OK
    assert (tmp_path / "b").read_bytes() == data[:5] + data[10:30] + data[25:]
    assert copy(a, 0, 300001, b, 0) == EOF
    assert copy(a, 0, 0, a, 0) == FAILURE and copy(b, 0, 0, s.open("b"), 0) == FAILURE
    assert copy(a, 0, 0, b"abcd", 0) == FAILURE
    far = s.open("far", W | CREAT)
    assert copy(a, 299990, 10, far, 5 << 30) == OK
    assert os.stat(tmp_path / "far").st_size == (5 << 30) + 10


def test_check_file(s, tmp_path):
    data = os.urandom(100000)
    (tmp_path / "f").write_bytes(data)
    h = s.open("f")

    def check(algs, off=0, n=0, block=0, name=b"check-file", what=string(h)):
        kind, r = s.ext(name, what + string(algs) + u64(off) + u64(n) + u32(block))
        if kind == STATUS:
            return r.u32()
        assert kind == EXTENDED_REPLY and r.string() == b"check-file"
        return r.string(), r.b
    one = {a: getattr(hashlib, a.decode()) for a in (b"sha256", b"sha512")}
    for a, fn in one.items():
        assert check(a) == (a, fn(data).digest())
        assert check(b"md5," + a + b",sha1", 5, 1000) == (a, fn(data[5:1005]).digest())
        assert check(a, name=b"check-file-name", what=path("f")) == (a, fn(data).digest())
        assert check(a, name=b"check-file-handle") == (a, fn(data).digest())
        blocks = b"".join(fn(data[i:i + 30000]).digest() for i in range(0, 100000, 30000))
        assert check(a, 0, 0, 30000) == (a, blocks)
        assert check(a, 0, 100000, 50000) == (a, fn(data[:50000]).digest() + fn(data[50000:]).digest())
        assert check(a, 90000, 1 << 40) == (a, fn(data[90000:]).digest())
        assert check(a, 100000) == (a, fn(b"").digest())
    assert check(b"md5") == FAILURE and check(b"") == FAILURE and check(b"sha256", block=255) == FAILURE
    assert check(b"sha256", 1 << 63) == BAD_MESSAGE
    assert check(b"sha256", name=b"check-file-name", what=path("none")) == NO_SUCH_FILE
    big = s.open("big", R | W | CREAT)
    assert s.write(big, (1 << 32) + 5, b"tail") == OK
    assert check(b"sha256", (1 << 32) + 5, what=string(big)) == (b"sha256", hashlib.sha256(b"tail").digest())
    # more hashes than a reply holds
    assert check(b"sha512", 0, 1 << 20, 256, what=string(big)) == FAILURE
