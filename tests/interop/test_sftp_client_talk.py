"""test_sftp_client_talk.py - our sftp: going on, terminals, errors, other servers' programs.

SPDX-License-Identifier: MIT
"""
import os
import re
import stat

import pytest
import transfer
from lib import HOMES, sha256
from stock import Terminal, run
from transfer import CONFIG, MIB, PROMPT, SSH, as_ann, at, batch, failed, failed_batch, fine, get, \
    holes, host, noise, ok, plant, same, sftp, theirs_skip, tool, tree


# ---------------------------------------------------------------- resuming
def test_resume(host, at):
    whole = noise(3 * MIB + 1)
    at.far("f", whole)
    for n in (0, 1, 32768, 2 * MIB + 5, len(whole)):
        at.near("f", whole[:n])
        if n == len(whole):  # there is nothing to do, which may be said
            assert batch(host, at, "reget f").rc == 0
            assert batch(host, at, "reput f").rc == 0 or transfer.THEIRS
            break
        ok(host, at, "reget f")
        assert get(at.here + "/f") == whole
        at.near("f", whole[:n])
        ok(host, at, "get -a f")
        assert get(at.here + "/f") == whole
        at.far("g", whole[:n])
        ok(host, at, "reput f g")
        assert get(at.there + "/g") == whole
        at.far("g", whole[:n])
        ok(host, at, "put -a f g")
        assert get(at.there + "/g") == whole
    os.remove(at.here + "/f")
    ok(host, at, "reget f")
    assert get(at.here + "/f") == whole
    r = sftp(host, f"get {at.there}/f {at.here}/new", args=("-a",))
    assert r.rc == 0 and get(at.here + "/new") == whole


def test_resume_tree(host, at):
    plant(at.far)
    at.near("top", None, mode=0o750)
    at.near("top/sub", None)
    at.near("top/sub/a b", noise(100000)[:70000], mode=0o640)
    ok(host, at, "reget -r top")
    assert tree(at.here) == tree(at.there)
    theirs_skip("fails where nothing is left to send")
    os.truncate(at.there + "/top/sub/a b", 12345)
    os.remove(at.there + "/top/run")
    ok(host, at, "reput -r top")
    assert tree(at.here) == tree(at.there)


def test_five_gib_resumed(host, at):
    """the last MiB of 5 GiB, past all 32-bit offsets; the rest are holes"""
    if host == "ours" and not transfer.BIG:
        pytest.skip("CUBSSH_BIG=1: both sides hash all of it")
    size, tail = (5 << 30) + 12345, noise(MIB)
    holes(at.near("big"), size, tail)
    part = at.far("big")
    holes(part, size - MIB)
    ok(host, at, "reput big", limit=300)
    assert os.stat(part).st_size == size and read_at(part, size - MIB) == tail
    os.truncate(at.here + "/big", size - MIB)
    ok(host, at, "reget big", limit=300)
    assert os.stat(at.here + "/big").st_size == size
    assert read_at(at.here + "/big", size - MIB) == tail
    assert "5368721465" in ok(host, at, "ls -l big")


def read_at(path, offset):
    with open(path, "rb") as f:
        f.seek(offset)
        return f.read()


@pytest.mark.skipif(not transfer.BIG, reason="CUBSSH_BIG=1 for 5 GiB through the wire")
def test_five_gib(host, at):
    src = holes(at.here + "/big", (5 << 30) + 1, noise(MIB))
    want = sha256(src)
    ok(host, at, "put big", limit=600)
    assert sha256(at.there + "/big") == want
    os.remove(src)
    ok(host, at, "get big", limit=600)
    assert sha256(src) == want


# ---------------------------------------------------------------- on a terminal
@pytest.fixture
def line(at):
    transfer.peer("openssh")
    with Terminal(tool("sftp") + ["-S", SSH, "-F", CONFIG, f"openssh:{at.there}"], cols=80) as t:
        t.expect(PROMPT)
        yield t


def test_meter(at, line):
    at.far("name-of-file", noise(MIB))
    line.send(f"get name-of-file {at.here}/x\r")
    line.expect(r"(?s)Fetching .*name-of-file.*100%.*" + PROMPT)
    line.send("get name-of-file /dev/null/no\r")
    line.expect(r"(?s)(Not a directory|not a directory).*" + PROMPT)
    line.send("bye\r")
    assert line.wait() == 0


def test_line_editing(at, line):
    theirs_skip("it is about our editor")
    line.send("mkdir ac\x1b[Db\r")  # left, b
    line.expect(PROMPT)
    assert os.listdir(at.there) == ["abc"]
    line.send("\x1b[A\x7f\x7f\x7fxyz\r")  # up: mkdir abc; three off the end
    line.expect(PROMPT)
    assert sorted(os.listdir(at.there)) == ["abc", "xyz"]
    line.send("garbage\x15mkdir q\x01\x05w\r")  # ^U, ^A, ^E
    line.expect(PROMPT)
    assert sorted(os.listdir(at.there)) == ["abc", "qw", "xyz"]
    line.send("\x04")  # ^D
    assert line.wait() == 0


def test_interrupt(at, line):
    """^C ends a transfer or a line, not the session"""
    holes(at.far("big"), 2 << 30)
    line.send("mkdir never\x03")
    line.expect(PROMPT)
    line.send(f"get big {at.here}/big\r")
    line.expect("big .*%")
    line.send("\x03")
    line.expect(PROMPT, again="\r")
    line.send("mkdir after\r")
    line.expect(PROMPT)
    line.send("bye\r")
    assert line.wait() == 0
    assert sorted(os.listdir(at.there)) == ["after", "big"]
    assert os.stat(at.here + "/big").st_size < 2 << 30


def test_names_on_a_terminal(at, line):
    """control characters of a server's names are escaped"""
    at.far(b"a\x1b[31m\x07b", b"x")
    line.send(f"lcd {at.here}\r")
    line.expect(PROMPT)
    for command in ("ls", "ls -l", "ls -1", "get *"):
        line.send(command + "\r")
        line.text = ""
        shown = line.expect(r"(?s).*" + PROMPT).group(0)
        assert "\x1b[31m" not in shown and "\x07" not in shown, shown
    line.send("bye\r")
    line.wait()


# ---------------------------------------------------------------- errors
def test_unreadable(host, at):
    at.far("x", b"x", mode=0)
    r = failed_batch(host, at, "get x")
    assert "permission denied" in r.err.lower() and not tree(at.here)
    y = at.near("y", b"y", mode=0)
    os.chmod(at.here, 0o777)
    argv = as_ann() + tool("sftp") + ["-S", SSH, "-F", HOMES + "/ann/.ssh/config", "-b", "-", host]
    r = run(argv, stdin=f"put {y} {at.there}\n".encode())
    assert r.rc == 1 and "permission denied" in r.err.lower(), r
    os.chmod(at.there, 0o555)
    r = failed_batch(host, at, "put /etc/passwd", )
    assert "permission denied" in r.err.lower(), r


def test_directory_without_r(host, at):
    at.far("d", None)
    at.near("e", None)
    r = batch(host, at, "get d")
    assert r.err and not tree(at.here).get(b"d"), r
    r = batch(host, at, "put e")
    assert r.err and not tree(at.there).get(b"e"), r


def test_refused(at):
    transfer.peer("openssh")
    r = sftp("refusing", "pwd")
    assert r.rc == 255 and "refused" in r.err, r


def test_no_ssh():
    r = run(tool("sftp") + ["-S", "/nonexistent/ssh", "h"])
    assert r.rc != 0 and "/nonexistent/ssh" in r.err, r


@pytest.mark.parametrize("args", [[], ["-Z", "a"], ["-P"], ["a", "b", "c"]], ids=repr)
def test_usage(args):
    failed(run(tool("sftp") + args), "usage: sftp")


def test_server_program(at):
    """-s names another program there, by its path; -D runs one here without ssh"""
    transfer.peer("openssh")
    fine(sftp("openssh", f"mkdir {at.there}/a", args=("-s", "/usr/lib/openssh/sftp-server")),
         out=None)
    r = run(tool("sftp") + ["-b", "-", "-D", "/usr/lib/openssh/sftp-server"],
            stdin=f"mkdir {at.there}/b\n".encode())
    assert r.rc == 0 and sorted(os.listdir(at.there)) == ["a", "b"], r


def test_modes_in_ls(host, at):
    """kinds of files"""
    os.mkfifo(at.there + "/fifo")
    at.far("sticky", None)
    os.chmod(at.there + "/sticky", 0o1777)
    at.far("link", "fifo")
    out = same(host, at, "ls -l").out
    for kind in (stat.S_IFIFO, stat.S_IFDIR, stat.S_IFLNK):
        assert re.search("^" + stat.filemode(kind)[0], out, re.M), out
