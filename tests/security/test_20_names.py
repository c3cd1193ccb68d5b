"""SECURITY 20: names, kinds, modes of a hostile server; links in the target: all stays inside."""
# SPDX-License-Identifier: MIT
import os
import stat
import struct

import pytest
import transfer
from hostile import *
from transfer import theirs_skip

# ---------------------------------------------------------------- links that are there already
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
    r, _ = old_sink(at.top, [t + b"D0755 0 d\n" + t + b"D0755 0 sub\n", t,
                             file_lines(b"evil"), b"E\n", t + file_lines(b"f"), b"E\n"],
                    "-r", *flags, path="h:d")
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
