"""test_sftp_server_raw_files.py - sftp-server byte by byte: names, attributes, its flags, where it runs.

SPDX-License-Identifier: MIT
"""
import os
import pwd
import stat
import subprocess

import pytest

from lib import CUBSSH, EMU, LIMIT
from sftp_wire import *  # noqa: F401,F403

HOME = pwd.getpwuid(0).pw_dir  # of the tests' own passwd


# ---------------------------------------------------------------- names
NAMES = [b"plain", b"with space", b"new\nline", "umläut €".encode(), b"\xff\xfe\x80", b"-rf", b"'\"`$(x)",
         b"\x1b[31m", b"x" * 255, b"~", b"..."]


def test_names(s, tmp_path):
    for i, name in enumerate(NAMES):
        h = s.open(name, W | CREAT | EXCL)
        assert s.write(h, 0, bytes(i)) == OK and s.close(h) == OK
        assert s.call(LSTAT, path(name))[1].attrs()["size"] == i
        assert s.name(REALPATH, path(name)) == os.fsencode(str(tmp_path)) + b"/" + name
    assert sorted(os.listdir(os.fsencode(str(tmp_path)))) == sorted(NAMES)
    found = s.names(s.opendir("."))
    assert sorted(found) == sorted(NAMES + [b".", b".."])
    for i, name in enumerate(NAMES):
        line, a = found[name]
        assert a["size"] == i and line.endswith(b" " + name) and line.startswith(b"-rw-r--r--    1 root ")
    for name in NAMES:
        assert s.status(REMOVE, path(name)) == OK


def test_ten_thousand_names(s, tmp_path):
    want = {f"{i}".rjust(1 + i % 200, "n").encode() for i in range(10000)}
    for name in want:
        os.close(os.open(os.fsencode(str(tmp_path)) + b"/" + name, os.O_CREAT | os.O_WRONLY))
    # two at a time do not get in each other's way
    a, b = s.opendir("."), s.opendir(".")
    assert s.call(READDIR, string(a))[0] == NAME
    assert set(s.names(b)) == want | {b".", b".."}
    assert s.close(a) == OK and s.close(b) == OK


def test_longname(s, tmp_path):
    os.mkfifo(tmp_path / "p", 0o600)
    os.symlink("p", tmp_path / "l")
    os.mkdir(tmp_path / "d")
    os.chmod(tmp_path / "d", 0o3755)
    (tmp_path / "f").write_bytes(b"x" * 1234)
    os.chmod(tmp_path / "f", 0o6641)
    os.chown(tmp_path / "f", 4000000, 4000001)
    os.chmod(tmp_path / "f", 0o6641)
    os.utime(tmp_path / "f", (1, 86400 * 59))
    with open(tmp_path / "huge", "w") as f:
        f.truncate(5 << 30)
    lines = {name: line.decode() for name, (line, _) in s.names(s.opendir(".")).items()}
    assert lines[b"f"] == "-rwSr-S--x    1 4000000  4000001      1234 Mar  1  1970 f"
    assert lines[b"p"].startswith("prw-------    1 root     root            0 ")
    assert lines[b"l"].startswith("lrwxrwxrwx    1 root     root            1 ")
    assert lines[b"d"].startswith("drwxr-sr-t    2 root     root     ")
    assert " 5368709120 " in lines[b"huge"]


def test_realpath(s, tmp_path):
    top = os.fsencode(os.path.realpath(tmp_path))
    os.makedirs(tmp_path / "a/b")
    os.symlink("a/b", tmp_path / "rel")
    os.symlink(str(tmp_path) + "/a/", tmp_path / "abs")
    os.symlink("loop", tmp_path / "loop")
    os.symlink("gone", tmp_path / "dangling")
    (tmp_path / "file").touch()
    for name, want in {
            b"": top, b".": top, b"/": b"/", b"//": b"/", b"/..": b"/", b"a/../a/./b//": top + b"/a/b",
            b"rel": top + b"/a/b", b"rel/..": top + b"/a", b"abs/b": top + b"/a/b", b"new": top + b"/new",
            b"new/": top + b"/new", b"rel/new": top + b"/a/b/new", b"dangling": top + b"/gone",
            b"new/x": NO_SUCH_FILE, b"new/..": NO_SUCH_FILE, b"loop": NO_SUCH_FILE,
            b"file/x": NO_SUCH_FILE, b"x" * 256: BAD_MESSAGE, b"a/" * 2500: BAD_MESSAGE,
            b"./" * 2000 + b"a": top + b"/a"}.items():
        assert s.name(REALPATH, path(name)) == want, name
    for i in range(45):
        os.symlink(f"n{i + 1}", tmp_path / f"n{i}")
    assert s.name(REALPATH, path("n0")) == NO_SUCH_FILE
    assert s.name(REALPATH, path("n10")) == top + b"/n45"


def test_expand_and_home(s, tmp_path):
    top = os.fsencode(os.path.realpath(tmp_path))

    def expand(name):
        return s.name(EXTENDED, string(b"expand-path@openssh.com") + path(name))
    assert expand("~") == top and expand("~/x") == top + b"/x" and expand("") == top
    assert expand("~root") == os.fsencode(os.path.realpath(HOME)) and expand("x") == top + b"/x"
    assert expand("~root/../x") == os.path.dirname(os.fsencode(os.path.realpath(HOME))) + b"/x"
    assert expand("~nobody-of-that-name/x") == NO_SUCH_FILE
    assert expand("~" + "x" * 300) == NO_SUCH_FILE

    def home(name):
        return s.name(EXTENDED, string(b"home-directory") + path(name))
    assert home("root") == home("") == os.fsencode(HOME) and home("nobody-there") == FAILURE


def test_names_of_ids(s):
    def ask(uids, gids):
        kind, r = s.ext(b"users-groups-by-id@openssh.com", string(b"".join(map(u32, uids))) +
                        string(b"".join(map(u32, gids))))
        assert kind == EXTENDED_REPLY
        out = []
        for _ in range(2):
            inner = Reader(r.string())
            names = []
            while inner.b:
                names.append(inner.string())
            out.append(names)
        return out
    assert ask([0, 1, 3999999, 0xffffffff], [0, 3999999]) == [[b"root", b"daemon", b"", b""], [b"root", b""]]
    assert ask([], []) == [[], []]
    assert ask([0] * 2000, []) == [[b"root"] * 2000, []]
    assert s.code(s.ext(b"users-groups-by-id@openssh.com", string(b"abc") + string(b""))) == BAD_MESSAGE


# ---------------------------------------------------------------- files and their attributes
def test_attributes(s, tmp_path):
    (tmp_path / "f").write_bytes(b"abc")
    assert s.status(SETSTAT, path("f") + attrs(2, (1, 2), 0o106751, (11, 4000000000))) == OK
    st = os.stat(tmp_path / "f")
    # the owner is set last, which takes setuid away
    assert (st.st_size, st.st_uid, st.st_gid, int(st.st_mtime), int(st.st_atime)) == (2, 1, 2, 4000000000, 11)
    assert stat.S_IMODE(st.st_mode) & 0o777 == 0o751
    assert s.status(SETSTAT, path("f") + attrs(mode=0o7777)) == OK
    assert stat.S_IMODE(os.stat(tmp_path / "f").st_mode) == 0o7777
    h = s.open("f", R | W)
    assert s.status(FSETSTAT, string(h) + attrs(5, (3, 4), 0o600, (5, 6))) == OK
    a = s.call(FSTAT, string(h))[1].attrs()
    assert a == {"size": 5, "uid": 3, "gid": 4, "mode": 0o100600, "atime": 5, "mtime": 6}
    # one that fails does not stop the others
    assert s.status(SETSTAT, path("f") + attrs(1 << 63, None, 0o640, (7, 8))) == BAD_MESSAGE
    st = os.stat(tmp_path / "f")
    assert stat.S_IMODE(st.st_mode) == 0o640 and int(st.st_mtime) == 8
    assert s.status(SETSTAT, path("none") + attrs(mode=0o600)) == NO_SUCH_FILE
    assert s.status(SETSTAT, path("f") + attrs()) == OK
    # extended pairs are passed over
    assert s.status(SETSTAT, path("f") + u32(0x80000004) + u32(0o604) + u32(1) + string(b"a@b") + string(b"c")) == OK
    assert stat.S_IMODE(os.stat(tmp_path / "f").st_mode) == 0o604


def test_lsetstat(s, tmp_path):
    (tmp_path / "f").write_bytes(b"abc")
    os.symlink("f", tmp_path / "l")
    os.chmod(tmp_path / "f", 0o644)

    def lset(name, a):
        return s.code(s.ext(b"lsetstat@openssh.com", path(name) + a))
    assert lset("l", attrs(times=(1, 2))) == OK and lset("l", attrs(ids=(5, 6))) == OK
    st, target = os.lstat(tmp_path / "l"), os.stat(tmp_path / "f")
    assert (int(st.st_mtime), st.st_uid, st.st_gid) == (2, 5, 6) and target.st_uid == 0 and target.st_mtime > 2
    assert lset("l", attrs(mode=0o600)) == FAILURE and stat.S_IMODE(target.st_mode) == 0o644
    assert lset("f", attrs(mode=0o600)) == OK and stat.S_IMODE(os.stat(tmp_path / "f").st_mode) == 0o600
    assert lset("l", attrs(size=0)) == BAD_MESSAGE and (tmp_path / "f").stat().st_size == 3


def test_creation_modes(start, tmp_path):
    s = start("-u", "027")
    assert isinstance(s.open("a", W | CREAT), bytes)
    assert isinstance(s.open("b", W | CREAT, attrs(mode=0o4777)), bytes)
    assert s.status(MKDIR, path("d") + attrs()) == OK and s.status(MKDIR, path("e") + attrs(mode=0o1777)) == OK
    modes = {n: stat.S_IMODE(os.stat(tmp_path / n).st_mode) for n in "abde"}
    assert modes == {"a": 0o640, "b": 0o4750, "d": 0o750, "e": 0o1750}


def test_renames(s, tmp_path):
    for n in "ab":
        (tmp_path / n).write_text(n)
    os.mkdir(tmp_path / "d")
    os.symlink("nowhere", tmp_path / "l")
    assert s.status(RENAME, path("a") + path("b")) == FAILURE and (tmp_path / "b").read_text() == "b"
    assert s.status(RENAME, path("a") + path("l")) == FAILURE
    assert s.status(RENAME, path("d") + path("a")) == FAILURE
    assert s.status(RENAME, path("l") + path("a")) == FAILURE
    assert s.status(RENAME, path("a") + path("c")) == OK and (tmp_path / "c").read_text() == "a"
    assert s.status(RENAME, path("d") + path("e")) == OK and (tmp_path / "e").is_dir()
    assert s.status(RENAME, path("l") + path("m")) == OK and os.readlink(tmp_path / "m") == "nowhere"
    assert s.status(RENAME, path("none") + path("x")) == NO_SUCH_FILE
    assert s.code(s.ext(b"posix-rename@openssh.com", path("c") + path("b"))) == OK
    assert (tmp_path / "b").read_text() == "a" and not (tmp_path / "c").exists()
    assert s.code(s.ext(b"hardlink@openssh.com", path("b") + path("h"))) == OK
    assert os.stat(tmp_path / "h").st_nlink == 2
    assert s.status(REMOVE, path("e")) == FAILURE and s.status(RMDIR, path("e")) == OK
    assert s.status(RMDIR, path("b")) == NO_SUCH_FILE and s.status(REMOVE, path("b")) == OK


@pytest.mark.parametrize("version, draft", [
    (None, 0), ("SSH-2.0-OpenSSH_9.2p1", 0), ("SSH-2.0-paramiko_2.12.0", 0), ("SSH-2.0-Go", 0), ("AsyncSSH", 0),
    ("SSH-2.0-AsyncSSH_2.10.1", 1), ("SSH-2.0-ssh2js1.16.0", 1), ("SSH-2.0-phpseclib_3.0 (openssl)", 1),
    ("SSH-2.0-libssh_0.10.6", 1), ("SSH-2.0-libssh2_1.10.0", 0), ("SSH-2.0-WinSCP_release_6.3", 1)])
def test_symlink_order(start, tmp_path, version, draft):
    s = start(env={"CUBSSH_CLIENT_VERSION": version} if version else {})
    two = [path("target"), path("link")]
    assert s.status(SYMLINK, b"".join(two[::-1] if draft else two)) == OK
    assert os.readlink(tmp_path / "link") == "target" and s.name(READLINK, path("link")) == b"target"
    assert s.name(READLINK, path("none")) == NO_SUCH_FILE and s.name(READLINK, path(".")) == BAD_MESSAGE


def test_statvfs(s, tmp_path):
    want = os.statvfs(tmp_path)
    h = s.open("f", W | CREAT)
    for kind, r in (s.ext(b"statvfs@openssh.com", path(".")), s.ext(b"fstatvfs@openssh.com", string(h))):
        assert kind == EXTENDED_REPLY
        v = [r.u64() for _ in range(11)]
        assert not r.b
        assert (v[0], v[1], v[2], v[5], v[10]) == \
            (want.f_bsize, want.f_frsize, want.f_blocks, want.f_files, want.f_namemax)
    assert s.code(s.ext(b"statvfs@openssh.com", path("none"))) == NO_SUCH_FILE
    kind, r = s.ext(b"limits@openssh.com", b"")
    assert [r.u64() for _ in range(4)] == [262144, READ_MOST, 261120, HANDLES]


# ---------------------------------------------------------------- the command line
WRITING = {SETSTAT, FSETSTAT, REMOVE, MKDIR, RMDIR, RENAME, SYMLINK, WRITE}
WRITING_EXT = {b"posix-rename@openssh.com", b"hardlink@openssh.com", b"fsync@openssh.com",
               b"lsetstat@openssh.com", b"copy-data"}


def test_read_only(start, tmp_path):
    (tmp_path / "x").write_text("hello")
    s = start("-R")
    for flags in (W, R | W, CREAT | R, TRUNC | R, W | APPEND):
        assert s.open("x", flags) == DENIED
    for kind in WRITING:
        assert s.status(kind, FULL[kind]) == DENIED
    for name in WRITING_EXT:
        assert s.code(s.ext(name, EXTS[name])) == DENIED
    h = s.open("x")
    assert s.read(h, 0, 9) == b"hello"
    assert s.status(WRITE, string(h) + u64(0) + string(b"y" * 100000)) == DENIED
    assert s.call(STAT, path("x"))[0] == ATTRS
    assert os.listdir(tmp_path) == ["x"] and (tmp_path / "x").read_text() == "hello"


def test_lists(start):
    s = start("-P", "stat,limits")
    assert s.status(STAT, path("/")) == DENIED and s.call(LSTAT, path("/"))[0] == ATTRS
    assert s.code(s.ext(b"limits@openssh.com", b"")) == DENIED
    s = start("-pstat,realpath,write", "-P", "realpath")
    assert s.call(STAT, path("/"))[0] == ATTRS
    assert s.name(REALPATH, path("/")) == DENIED and s.status(LSTAT, path("/")) == DENIED
    assert s.open("/dev/null") == DENIED


def test_start_directory(start, tmp_path):
    (tmp_path / "root").mkdir()
    where, home = os.fsencode(os.path.realpath(tmp_path)), os.fsencode(os.path.realpath(HOME))
    assert start("-d", f"{tmp_path}/%u").name(REALPATH, path(".")) == where + b"/root"
    assert start("-d", "%d").name(REALPATH, path(".")) == home
    assert start("-d", "%h/%%").name(REALPATH, path(".")) == where  # not there
    assert start("-d", "~/..").name(REALPATH, path(".")) == os.path.dirname(home)


def test_log(start, tmp_path):
    s = start("-e", "-l", "INFO")
    h = s.open("f\n", R | W | CREAT | TRUNC, attrs(mode=0o600))
    s.write(h, 0, b"12345")
    s.read(h, 0, 3)
    s.close(h)
    s.open("f\n")
    s.opendir(".")
    s.status(MKDIR, path("d") + attrs())
    s.status(RENAME, path("d") + path("e"))
    s.status(REMOVE, path("none"))
    s.status(SETSTAT, path("e") + attrs(mode=0o40700))
    s.call(STAT, path("e"))
    log = s.end()[2]
    for line in ('session opened for local user root from [UNKNOWN]',
                 'open "f\\x0a" flags READ,WRITE,CREATE,TRUNCATE mode 0600',
                 'close "f\\x0a" bytes read 3 written 5', 'opendir "."', 'mkdir name "d" mode 0777',
                 'rename old "d" new "e"', 'remove name "none"', 'sent status No such file',
                 'set "e" mode 40700', 'forced close "f\\x0a" bytes read 0 written 0',
                 'forced closedir "."', 'session closed for local user root'):
        assert line in log, line
    assert "stat name" not in log and all(ord(c) >= 32 for c in log.replace("\n", ""))
    assert start("-e").end()[2] == ""
    assert "stat name" in (lambda v: (v.call(STAT, path("/")), v.end()[2])[1])(start("-el", "VERBOSE"))


@pytest.mark.parametrize("flags", [["-x"], ["-h"], ["-l"], ["-l", "LOUD"], ["-u", "8"], ["-u", "1000"],
                                   ["-f", "NONE"], ["-Q", "ciphers"]])
def test_wrong_flags(flags):
    r = subprocess.run([*EMU, CUBSSH, "sftp-server", *flags], capture_output=True, timeout=LIMIT)
    assert r.returncode == 1 and r.stderr and not r.stdout


def test_requests_listed():
    r = subprocess.run([*EMU, CUBSSH, "sftp-server", "-Q", "requests"], capture_output=True, timeout=LIMIT, text=True)
    assert r.returncode == 0
    assert r.stdout.split()[:29] == """open close read write lstat fstat setstat fsetstat opendir readdir remove
        mkdir rmdir realpath stat rename readlink symlink posix-rename statvfs fstatvfs hardlink fsync lsetstat
        limits expand-path copy-data home-directory users-groups-by-id""".split()


# ---------------------------------------------------------------- where it runs
def test_bare_chroot(tmp_path):
    """no /proc, no /dev, no /etc, as nobody in particular"""
    os.makedirs(tmp_path / "jail/pub")
    os.chown(tmp_path / "jail/pub", 31337, 31338)
    with open(CUBSSH, "rb") as f, open(tmp_path / "jail/srv", "wb") as g:
        g.write(f.read())
    os.chmod(tmp_path / "jail/srv", 0o755)

    class Jailed(Sftp):
        def __init__(self):  # pylint: disable=super-init-not-called
            def enter():
                os.chroot(tmp_path / "jail")
                os.chdir("/pub")
                os.setgroups([])
                os.setgid(31338)
                os.setuid(31337)
            self.p = subprocess.Popen(["sftp-server"], executable="/srv", preexec_fn=enter, bufsize=0,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.id = 0
            self.send(b"\x01" + u32(3))
            self.packet()
    if EMU:
        pytest.skip("the emulator is not in there")
    s = Jailed()
    try:
        assert s.name(REALPATH, path(".")) == b"/pub" and s.name(REALPATH, path("../../..")) == b"/"
        h = s.open("f", W | CREAT)
        assert s.write(h, 0, b"abc") == OK and s.close(h) == OK
        line, a = s.names(s.opendir("."))[b"f"]
        assert b" 31337    31338           3 " in line and a["uid"] == 31337
        assert s.code(s.ext(b"lsetstat@openssh.com", path("f") + attrs(mode=0o4600))) == OK
        assert stat.S_IMODE(os.stat(tmp_path / "jail/pub/f").st_mode) == 0o4600
        assert s.open("/srv", W) == DENIED and s.status(REMOVE, path("/srv")) == DENIED
        assert s.name(EXTENDED, string(b"expand-path@openssh.com") + path("~")) == b"/pub"
        assert s.name(EXTENDED, string(b"home-directory") + path("root")) == FAILURE
    finally:
        s.stop()


@pytest.mark.skipif(bool(EMU), reason="the emulator's memory is not ours")
def test_memory(s, tmp_path):
    """160 KiB of its own, whatever it did"""
    def own():
        with open(f"/proc/{s.p.pid}/smaps") as f:
            anon = [int(l.split()[1]) for l in f if l.startswith("Anonymous:")]
        return sum(anon)
    (tmp_path / "f").write_bytes(os.urandom(4 << 20))
    h, to = s.open("f"), s.open("g", W | CREAT)
    for off in range(0, 4 << 20, 65536):
        assert s.write(to, off, s.read(h, off, 65536)) == OK
    s.names(s.opendir("/usr/lib"))
    s.name(REALPATH, path("/usr/../usr/bin/./"))
    s.ext(b"check-file", string(h) + string(b"sha256") + u64(0) + u64(0) + u32(0))
    first = own()
    handles = [s.open("f") for _ in range(HANDLES - 3)]
    for _ in range(3):
        for off in range(0, 4 << 20, 65536):
            assert s.write(to, off, s.read(h, off, 65536)) == OK
    assert first <= 160 and own() <= 160 and isinstance(handles[-1], bytes)
