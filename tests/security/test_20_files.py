"""SECURITY 20: servers that send what nobody asked for, in both protocols: it stays theirs."""
# SPDX-License-Identifier: MIT
import os
import stat
import struct

import hostile
import lab
import pytest
import transfer
from hostile import *
from transfer import theirs_skip

COUNT = 0


@pytest.fixture
def at(place):
    """target and what is around it, which is looked at afterwards"""
    global COUNT
    COUNT += 1
    around = Around(f"{place}/files.{COUNT}")
    os.makedirs(transfer.TOOLS, exist_ok=True)
    yield around
    around.same()


BAD = [b"../evil", b"a/evil", b"/tmp/evil", b"..", b".", b"", b"/", b"target/../../evil", b"./evil",
       b"evil/", b"../victim", b"..\\/evil"]
ids = lambda v: repr(v)[:30]  # noqa: E731


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


NASTY = b"a\x1b[31m\x1b]0;title\x07b\x08\x7f\x9b31m\xc2\x9b31m\rc"


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


# ---------------------------------------------------------------- links that are there already
def plant(at, *links):
    for name, to in links:
        path = f"{at.top}/target/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.symlink(to, path)


TREE = {b"d": [(b".", DIR), (b"..", DIR), (b"sub", DIR), (b"f", FILE)],
        b"sub": [(b"evil", FILE)], b"evil": b"evil", b"f": b"evil"}
LINKED = {"directory": ("d/sub", "../../outside"), "file": ("d/f", "../../victim"),
          "new": ("d/f", "../../evil"), "top": ("d", "../outside"),
          "absolute": ("d/sub", "/tmp")}


@pytest.mark.parametrize("link", list(LINKED))
@pytest.mark.parametrize("flags", [[], ["-p"], ["-a"]], ids=repr)
def test_planted_links(at, link, flags):
    """what an earlier transfer or another user left in the target leads nowhere"""
    theirs_skip("follows them")
    plant(at, LINKED[link])
    was = os.listdir("/tmp")
    r = scp(at.top, Server(TREE), "-r", *flags, path="h:d")
    assert r.rc != 0 and r.err, r
    assert not os.path.exists("/tmp/evil") and len(was) >= len(os.listdir("/tmp")) - 5
    at.same()


@pytest.mark.parametrize("link", list(LINKED))
@pytest.mark.parametrize("flags", [[], ["-p"]], ids=repr)
def test_old_planted_links(at, link, flags):
    theirs_skip("follows them")
    plant(at, LINKED[link])
    t = b"T1 0 1 0\n" * len(flags)
    r, _ = old_sink(at.top, [t + b"D0755 0 d\n" + t + b"D0755 0 sub\n", t, file_lines(b"evil"), b"E\n",
                             t + file_lines(b"f"), b"E\n"], "-r", *flags, path="h:d")
    assert r.rc != 0 and r.err and not os.path.exists("/tmp/evil"), r
    at.same()


@pytest.mark.parametrize("link", list(LINKED))
@pytest.mark.parametrize("command", [b"get -r d", b"get -rp d", b"reget -r d"], ids=ids)
def test_sftp_planted_links(at, link, command):
    theirs_skip("follows them")
    plant(at, LINKED[link])
    r = sftp(at.top, Server(TREE), command)
    assert r.rc != 0 and r.err and not os.path.exists("/tmp/evil"), r
    at.same()


@pytest.mark.parametrize("way", ["scp", "old", "sftp"])
def test_planted_link_for_one_file(at, way):
    """in a directory that was named, the file's name is the server's word; a link that was named is
    the user's"""
    theirs_skip("follows them")
    plant(at, ("x", "../victim"))
    r = (scp(at.top, Server({b"x": b"evil"})) if way == "scp" else
         sftp(at.top, Server({b"x": b"evil"}), b"get x") if way == "sftp" else
         old_sink(at.top, file_lines(b"x"))[0])
    assert r.rc != 0 and r.err, r
    plant(at, ("mine", "own"))
    r = (scp(at.top, Server({b"x": b"good"}), target="target/mine") if way == "scp" else
         sftp(at.top, Server({b"x": b"good"}), b"get x mine") if way == "sftp" else
         old_sink(at.top, file_lines(b"x", b"good"), target="target/mine")[0])
    assert r.rc == 0 and transfer.get(at.top + "/target/own") == b"good", r


# ---------------------------------------------------------------- names, SFTP
@pytest.mark.parametrize("name", BAD + [b"evil\0x", b"..\0"], ids=ids)
@pytest.mark.parametrize("kind", [FILE, DIR, LINK], ids=["file", "directory", "link"])
def test_names_in_a_tree(at, name, kind):
    """. and .. are of no account there, the rest ends it or is passed over"""
    rows = [(name, kind), (b"good", FILE)]
    for run, path in ((scp, "h:d"), (sftp, None)):
        server = Server({b"d": rows, b"good": b"good", name: b"evil", b"evil": b"evil"})
        r = (run(at.top, server, "-r", path=path) if path else
             run(at.top, server, b"get -r d"))
        assert set(at.got()) <= {b"d", b"d/good"}, at.got()
        assert r.rc != 0 or name in (b".", b"..", b"") or transfer.THEIRS, r
        at.same()


@pytest.mark.parametrize("name", BAD + [b"evil\0.txt", b"../evil.txt", b"/tmp/evil.txt", b"a/e.txt",
                                        b"evil.sh", b".txt.evil"], ids=ids)
def test_names_for_a_wildcard(at, name):
    """a name that the pattern did not ask for, or that is none"""
    for run in (scp, sftp):
        rows = [(name, FILE), (b"good.txt", FILE)]
        server = Server({name: b"evil", b"evil": b"evil", b"home": rows, b".": rows,
                         b"good.txt": b"good"})
        if run is scp:
            run(at.top, server, path="h:*.txt")
        else:
            run(at.top, server, b"get *.txt")
        assert set(at.got()) <= {b"good.txt"}, at.got()
        at.same()


def test_good(at):
    """the player can be good, too"""
    server = Server({b"x": b"good", b"d": [(b".", DIR), (b"..", DIR), (b"f", FILE)], b"f": b"fine"})
    assert scp(at.top, server) == (0, "", "")
    assert scp(at.top, server, "-r", path="h:d") == (0, "", "")
    assert sftp(at.top, server, b"get x y").rc == 0
    assert set(at.got()) == {b"x", b"y", b"d", b"d/f"}
    assert transfer.get(at.top + "/target/d/f") == b"fine"


@pytest.mark.parametrize("real", [b"../evil", b"", b"/", b"a\0b", b"/tmp/evil", b"a" * 5000,
                                  b"/a/../../evil"], ids=ids)
def test_realpath(at, real):
    """where the server says that we are names no file of ours"""
    def realpath(server, id, body):
        return names(id, (real, u32(0), real))
    for run, args, kw in ((scp, (), {}), (scp, ("-r",), {"path": "h:d"}), (sftp, (b"get x",), {}),
                          (sftp, (b"cd d", b"get -r ."), {})):
        server = Server({b"x": b"good", b"d": [(b"f", FILE)], b"f": b"fine", b"evil": b"evil",
                         b"": b"evil"}, {REALPATH: realpath})
        run(at.top, server, *args, **kw)
        assert not [k for k in at.got() if b"evil" in k and b"/" in k]
        at.same()


@pytest.mark.parametrize("count", [0, 2])
def test_realpath_of_several(at, count):
    hooks = {REALPATH: lambda server, id, body: names(id, *[(b"/x", u32(0), b"")] * count)}
    r = sftp(at.top, Server({b"x": b"good"}, hooks), b"cd d", b"get x")
    assert r.rc != 0 and r.err, r


# ---------------------------------------------------------------- kinds, SFTP
def test_directory_for_a_file(at):
    """without -r nothing of it comes"""
    server = Server({b"x": [(b"evil", FILE)], b"evil": b"evil"})
    for r in (scp(at.top, server), sftp(at.top, server, b"get x")):
        assert r.rc != 0 or transfer.THEIRS, r
        assert r.err and not at.got(), r


def test_file_over_a_directory(at):
    os.mkdir(at.top + "/target/x")
    was = at.got()
    for run in (scp(at.top, Server({b"x": b"evil"}), target="target"),
                sftp(at.top, Server({b"x": b"evil"}), b"get x")):
        assert run.rc != 0 and at.got() == was, run


def test_directory_over_a_file(at):
    transfer.put(at.top + "/target/d", "old")
    was = at.got()
    for r in (scp(at.top, Server(TREE), "-r", path="h:d"), sftp(at.top, Server(TREE), b"get -r d")):
        assert r.rc != 0 and at.got() == was, r


@pytest.mark.parametrize("mode", [stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK, 0,
                                  stat.S_IFLNK, 0xf000, 0xffffffff], ids=oct)
def test_kinds_in_a_tree(at, mode):
    """no device, no link, no socket comes to be here"""
    odd = attrs((mode | 0o777) & 0xffffffff)
    server = Server({b"d": [(b"odd", odd)], b"odd": b"x"})
    scp(at.top, server, "-r", path="h:d")
    for path, what in at.got().items():
        assert what[0][0] in "-d", (path, what)


@pytest.mark.parametrize("flags", [[], ["-p"]], ids=repr)
def test_setuid(at, flags):
    def lie(server, id, body):
        if body[4:4 + struct.unpack(">I", body[:4])[0]].endswith(b"x"):
            return packet(ATTRS, u32(id) + attrs(stat.S_IFREG | 0o7755, 4, mtime=1))
    hooks = {k: lie for k in (STAT, LSTAT)}
    hooks[FSTAT] = lambda s, id, body: packet(ATTRS, u32(id) + attrs(stat.S_IFREG | 0o7755, 4, 1))
    r = scp(at.top, Server({b"x": b"evil"}, hooks), *flags)
    assert r.rc == 0 and transfer.mode(at.top + "/target/x") == 0o755, r
    row = [(b"x", attrs(stat.S_IFREG | 0o6777, 4)), (b"e", attrs(stat.S_IFDIR | 0o7777))]
    scp(at.top, Server({b"d": row, b"x": b"evil", b"e": []}, hooks), "-r", *flags, path="h:d")
    for name in ("x", "e"):
        assert transfer.mode(f"{at.top}/target/d/{name}") & 0o6000 == 0 or transfer.THEIRS


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
    "attrs all flags": lambda id: packet(ATTRS, u32(id) + u32(0xffffffff) + b"\0" * 28 + u32(1 << 31)),
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


@pytest.mark.parametrize("limits", [(0, 0, 0, 0), (2 ** 64 - 1,) * 4, (1, 1, 1, 1), (34000, 1, 1, 1)],
                         ids=repr)
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
        return packet(DATA, u32(id) + string(data[offset:offset + 1])) if offset < len(data) else None
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
