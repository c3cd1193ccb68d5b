"""SECURITY 20, old scp: a server that sends what nobody asked for: it stays theirs."""
# SPDX-License-Identifier: MIT
import os

import pytest
import transfer
from hostile import *
from transfer import theirs_skip

# ---------------------------------------------------------------- names, old protocol
@pytest.mark.parametrize("name", BAD + [b"evil\0x", b"..\0"], ids=ids)
def test_old_names(at, name):
    r, _ = old_sink(at.top, file_lines(name))
    assert r.rc != 0 and r.err and not at.got(), r


@pytest.mark.parametrize("name", BAD, ids=ids)
def test_old_directory_names(at, name):
    r, _ = old_sink(at.top, [b"D0755 0 " + name + b"\n", file_lines(b"evil"), b"E\n"], "-r")
    assert r.rc != 0 and r.err and not at.got(), r


@pytest.mark.parametrize("name", BAD, ids=ids)
def test_old_names_in_a_tree(at, name):
    r, _ = old_sink(at.top, [b"D0755 0 x\n", file_lines(name), b"E\n"], "-r")
    assert r.rc != 0 and r.err and set(at.got()) <= {b"x"}, r
    r, _ = old_sink(at.top, [b"D0755 0 x\n", b"D0755 0 " + name + b"\n", file_lines(b"evil"),
                             b"E\nE\n"], "-r")
    assert r.rc != 0 and r.err and set(at.got()) <= {b"x"}, r


@pytest.mark.parametrize("path, sent", [
    ("h:x", b".bashrc"), ("h:dir/x", b"y"), ("h:*.txt", b"evil.sh"), ("h:a?", b"abc"),
    ("h:[ab]", b"c"), ("h:dir/*", b".profile"), ("h:x", b"X"), ("h:x", b"x ")])
def test_old_other_name(at, path, sent):
    """what was asked for is what may come"""
    r, _ = old_sink(at.top, file_lines(sent), path=path)
    assert r.rc != 0 and not at.got(), r


@pytest.mark.parametrize("sent", [b".ssh", b"y"])
def test_old_other_directory(at, sent):
    r, _ = old_sink(at.top, [b"D0755 0 " + sent + b"\n", file_lines(b"authorized_keys"), b"E\n"],
                    "-r")
    assert r.rc != 0 and not at.got(), r


def test_old_more_files(at):
    r, _ = old_sink(at.top, [file_lines(b"x", b"good"), file_lines(b"y")])
    assert r.rc != 0 and set(at.got()) == {b"x"}, r


def test_old_good(at):
    """the player can be good, too"""
    r, said = old_sink(at.top, file_lines(b"x", b"good"))
    assert r == (0, "", "") and said == b"\0\0" and set(at.got()) == {b"x"}
    r, said = old_sink(at.top, [file_lines(b"a.txt"), file_lines(b"b.txt")], path="h:*.txt")
    assert r == (0, "", "") and set(at.got()) == {b"x", b"a.txt", b"b.txt"}
    r, said = old_sink(at.top, [b"T1000000000 0 1000000000 0\n", b"D0750 0 t\n", file_lines(b"f"),
                                b"E\n"], "-rp", path="h:t")
    assert r == (0, "", "") and at.got()[b"t"] == ["drwxr-x---"]
    assert os.stat(at.top + "/target/t").st_mtime == 10 ** 9


# ---------------------------------------------------------------- kinds, old protocol
def test_old_directory_for_a_file(at):
    r, _ = old_sink(at.top, [b"D0755 0 x\n", file_lines(b"evil"), b"E\n"])
    assert r.rc != 0 and not at.got(), r


def test_old_file_over_a_directory(at):
    os.mkdir(at.top + "/target/x")
    r, _ = old_sink(at.top, file_lines(b"x"))
    assert r.rc != 0 and at.got() == {b"x": ["drwxr-xr-x"]}, r


def test_old_directory_over_a_file(at):
    transfer.put(at.top + "/target/x", "old")
    was = at.got()
    r, _ = old_sink(at.top, [b"D0755 0 x\n", file_lines(b"evil"), b"E\n"], "-r")
    assert r.rc != 0 and at.got() == was, r


def test_old_no_end(at):
    """D without E"""
    r, _ = old_sink(at.top, [b"D0755 0 x\n", file_lines(b"f")], "-r")
    assert set(at.got()) <= {b"x", b"x/f"}
    assert r.rc != 0 or transfer.THEIRS, r


@pytest.mark.parametrize("lines", [[b"E\n"], [b"D0755 0 x\n", b"E\nE\nE\n", file_lines(b"x")],
                                   [b"D0755 0 x\nE\nE\n", b"D0755 0 ..\n", file_lines(b"evil")]])
@pytest.mark.parametrize("flags", [[], ["-r"]])
def test_old_too_many_ends(at, lines, flags):
    """E ends no more directories than were begun"""
    r, _ = old_sink(at.top, lines, *flags)
    assert r.rc != 0 and not set(at.got()) - {b"x"}, r


DEPTH = 3000


def test_old_depth(at):
    """directories in directories without end: no crash, no end of the stack"""
    r, _ = old_sink(at.top, [b"D0755 0 x\n" * DEPTH, file_lines(b"f"), b"E\n" * DEPTH], "-r")
    assert r.rc != 0 and r.err
    assert max(k.count(b"/") for k in at.got()) <= 65 or transfer.THEIRS


# ---------------------------------------------------------------- lines, old protocol
LINES = [b"C0644 -1 x\n", b"C0644 -9223372036854775808 x\n", b"C0644 9223372036854775808 x\n",
         b"C0644 18446744073709551615 x\n", b"C0644 18446744073709551617 x\n",
         b"C0644 99999999999999999999999999 x\n", b"C0644  4 x\n", b"C0644 4x x\n", b"C0644 x\n",
         b"C0644 4\n", b"C0644\n", b"C\n", b"C0644 4 \n", b"C0888 4 x\n", b"C-644 4 x\n",
         b"C+644 4 x\n", b"C644 4 x\n", b"C00000000000644 4 x\n", b"C0644 0x4 x\n", b"C0644 +4 x\n",
         b"C0644,4 x\n", b"Z0644 4 x\n", b"\n", b"\0\n", b"garbage\n", b"x", b"C0644 4 x",
         b"T\n", b"T1 0 1\n", b"T1 0 1 0", b"T1 0 1 0 \n", b"T-1 0 -1 0\n", b"T1 1000000 1 0\n",
         b"T1 0 1 -1\n", b"T99999999999999999999 0 1 0\n", b"T1 0 x 0\n", b"T1 0 1 0x\nC0644 4 x\n",
         b"E", b"D0755 x x\n"]


@pytest.mark.parametrize("line", LINES, ids=ids)
@pytest.mark.parametrize("flags", [[], ["-rp"]], ids=["file", "tree"])
def test_old_lines(at, line, flags):
    """what does not read as it should ends it"""
    data = b"evil\0" if line[:1] == b"C" else b""
    r, _ = old_sink(at.top, [line, data], *flags)
    lax = (b"C644 ", b"C00000000000644 ")  # as much octal as one likes: no harm
    if line.startswith(lax) and r.rc == 0:
        return
    size = len(transfer.get(at.top + "/target/x")) if at.got() else 0
    assert size == 0 and r.err and (r.rc != 0 or transfer.THEIRS), r


def test_old_cut_in_the_data(at):
    """the connection ends before the file does"""
    r, _ = old_sink(at.top, b"C0644 1000 x\nabc")
    assert r.rc != 0 and r.err, r


def test_old_huge_size(at):
    """a size that no disk has is no reason to claim one"""
    r, _ = old_sink(at.top, b"C0644 9223372036854775807 x\nabc")
    assert r.rc != 0 and r.err, r
    assert not at.got() or os.stat(at.top + "/target/x").st_size < 1 << 20


@pytest.mark.parametrize("flags", [["-p"], []], ids=["p", "no p"])
def test_old_setuid(at, flags):
    r, _ = old_sink(at.top, [b"T1 0 1 0\n"] * len(flags) + [file_lines(b"x", mode=b"6755")], *flags)
    if not transfer.THEIRS:
        assert transfer.mode(at.top + "/target/x") == 0o755
    r, _ = old_sink(at.top, [b"T1 0 1 0\n"] * len(flags) + [b"D6777 0 d\nE\n"], "-r", *flags,
                    path="h:d")
    if not transfer.THEIRS:
        assert transfer.mode(at.top + "/target/d") & 0o7000 == 0, r


def test_old_setuid_over_what_is_there(at):
    """a file of ours gets no setuid bit by it, nor keeps one with other contents"""
    theirs_skip("gives it")
    path = transfer.put(at.top + "/target/x", "old")
    os.chmod(path, 0o700)
    old_sink(at.top, [b"T1 0 1 0\n", file_lines(b"x", mode=b"4777")], "-p")
    assert transfer.mode(path) & 0o7000 == 0


@pytest.mark.parametrize("kind", [b"\1", b"\2", b"C0644 4 ", b"", b"T", b"D0755 0 "], ids=ids)
def test_old_long_lines(at, kind):
    """100 kB without an end, then more"""
    r, _ = old_sink(at.top, [kind + b"a" * 100000, b"\n" + file_lines(b"x")], "-r")
    assert r.rc != 0 and len(r.err) < 120000 and not set(at.got()) - {b"x"}, r.rc




@pytest.mark.parametrize("lines", [b"\1" + NASTY + b"\n", b"\2" + NASTY + b"\n", NASTY + b"\n",
                                   file_lines(NASTY), b"D0755 0 " + NASTY + b"\n",
                                   b"C0644 x " + NASTY + b"\n", b"\1\x1b" * 100 + b"\n"], ids=ids)
@pytest.mark.parametrize("flags", [[], ["-v"], ["-r"]], ids=repr)
def test_old_escapes(at, lines, flags):
    """what a server says is shown without what steers a terminal; hostile.clean looks"""
    r, _ = old_sink(at.top, lines, *flags)
    assert r.rc != 0 and "\x1b" not in r.err and not at.got(), r


def test_old_escapes_in_a_tree(at):
    """such a name may come; it is shown harmless"""
    r, _ = old_sink(at.top, [b"D0755 0 x\n", b"D0755 0 " + NASTY + b"\n", b"C0644 -1 y\n"], "-rv")
    assert r.rc != 0


def test_old_upload_answers(at):
    """the sink's side of the talk: errors, lines without end, nothing"""
    path = transfer.put(at.top + "/outside/f", "data")
    at.was = at.state()
    for answer in (b"\1" + NASTY + b"\n", b"\2" + NASTY + b"\n", b"\1" + b"a" * 100000, b"x", b"",
                   b"\0\0\0\1" + NASTY + b"\n", b"\0\1no\n"):
        p = Play(at.top, "scp", "-O", path, "h:x")
        p.say(answer)
        r = p.finish(1)
        assert r.rc != 0 and (r.err or answer[:3] in (b"", b"\0\0\0")), (answer, r)
