"""test_scp_server.py - scp of others, the old protocol and the new, to our server.

SPDX-License-Identifier: MIT
"""
import os
import stat
import subprocess

import pytest
from lib import DATA, HOMES, Server, standin_skip
from movers import (BLANKS, LINE, SLASH, make_tree, noise, openssh, owned, putty, read_tree, same,
                    write)
from stock import CLIENTS


@pytest.fixture(scope="session")
def bare():
    """a server whose sessions have a PATH without scp, and no more programs than a router's"""
    standin_skip("has no scp of its own inside")
    folder = DATA + "/few"
    os.makedirs(folder)
    for name in ("cat", "echo", "ls", "sh"):
        os.symlink("/bin/" + name, folder + "/" + name)
    with Server(SetEnv="PATH=" + folder) as s:
        yield s


@pytest.fixture(params=["-s", "-O", "-O, none in PATH"])
def scp(request, server):
    """scp of OpenSSH with either protocol"""
    where = request.getfixturevalue("bare") if "PATH" in request.param else server
    flag = request.param.split(",")[0]
    call = lambda *a, **kw: openssh("scp", where, flag, "-q", *a, **kw)  # noqa: E731
    call.old = flag == "-O"
    return call


@pytest.fixture(params=["-scp", "-scp, none in PATH"])
def pscp(request, server):
    where = request.getfixturevalue("bare") if "PATH" in request.param else server
    return lambda *a: putty("pscp", where, "-scp", "-q", *a)


def ok(r):
    assert r.rc == 0 and not r.err, r
    return r.out


def kept(path):
    st = os.stat(path)
    return oct(stat.S_IMODE(st.st_mode)), int(st.st_mtime), int(st.st_atime)


# ---------------------------------------------------------------- one file
@pytest.mark.parametrize("size", [0, 1, 32767, 32768, 1 << 20, 5 << 20])
def test_one_file(scp, place, size):
    here, there = place
    write(here + "/f", noise(size), 0o640)
    ok(scp(here + "/f", "{}:place/up"))
    ok(scp("{}:place/up", here + "/down"))
    assert read_tree(there)[b"up"] == read_tree(here)[b"down"] == noise(size)
    assert stat.S_IMODE(os.stat(there + "/up").st_mode) == 0o640


@pytest.mark.parametrize("mode", [0o600, 0o755, 0o4755, 0o2711, 0o777, 0o444])
def test_mode_and_times(scp, place, mode):
    """-p keeps both; without it the umask counts; setuid is for -p alone"""
    here, there = place
    old = os.umask(0o022)
    write(here + "/f", b"x", mode)
    os.utime(here + "/f", (1e9, 1.2e9))
    ok(scp("-p", here + "/f", "{}:place/p"))
    ok(scp(here + "/f", "{}:place/f"))
    owned(there)
    os.chmod(there + "/p", mode)
    ok(scp("-p", "{}:place/p", here + "/back"))
    os.umask(old)
    assert kept(there + "/p")[0] == oct(mode) and kept(there + "/p")[1] == 12e8
    # the client of today leaves setuid away, the old one does not
    assert kept(here + "/back")[:2] == (oct(mode if scp.old else mode & 0o777), 12e8)
    assert stat.S_IMODE(os.stat(there + "/f").st_mode) == mode & 0o755


def test_mode_of_an_old_file_stays(scp, place):
    here, there = place
    write(there + "/f", b"long, long ago", 0o604)
    owned(there)
    write(here + "/f", b"new", 0o755)
    ok(scp(here + "/f", "{}:place/f"))
    assert read_tree(there)[b"f"] == b"new"
    assert stat.S_IMODE(os.stat(there + "/f").st_mode) == 0o604


@pytest.mark.parametrize("target", ["place", "place/", "place/.", "./place", HOMES + "/ann/place",
                                    "~/place", "~ann/place"])
def test_into_a_folder(scp, place, target):
    here, there = place
    write(here + "/f", b"x")
    ok(scp(here + "/f", "{}:" + target))
    assert os.listdir(there) == ["f"]


def test_to_the_home(scp, place):
    write(place[0] + "/athome", b"x")
    ok(scp(place[0] + "/athome", "{}:"))
    assert os.path.exists(HOMES + "/ann/athome")
    os.unlink(HOMES + "/ann/athome")


@pytest.mark.parametrize("name", ["two words", "it's", 'say "so"', "-r", "--", "$HOME", "`id`",
                                  "a;b", "glob*", "q?", "[a]", "h\u00e9", "no\udcff", "~x", "#h",
                                  "(p)", "a&b"])
def test_names(scp, place, name):
    """with -O the shell over there takes quotes away, so there are some"""
    here = place[0]
    write(here + "/f", os.fsencode(name))
    if scp.old:
        said = there = "'place/./" + name.replace("'", "'\\''") + "'"
    else:
        there = "place/./" + name
        said = "place/./" + "".join("\\" * (c in "*?[]\\") + c for c in name)
    ok(scp(here + "/f", "{}:" + there))
    ok(scp("-T", "{}:" + said, here + "/back"))  # it cannot know what the shell makes of quotes
    assert os.listdir(os.fsencode(place[1])) == [os.fsencode(name)]
    assert read_tree(here)[b"back"] == os.fsencode(name)


# ---------------------------------------------------------------- trees and patterns
def test_tree(scp, place):
    """-r into a folder that is there, and to one that is not; with times and modes"""
    here, there = place
    make_tree(here + "/tree", {LINE} if scp.old else ())
    ok(scp("-rp", here + "/tree", "{}:place"))
    same(here + "/tree", there + "/tree", keep=True)
    ok(scp("-rp", here + "/tree", "{}:place/new"))
    same(here + "/tree", there + "/new", keep=True)
    ok(scp("-rp", "{}:place/tree", here + "/back"))
    same(here + "/tree", here + "/back", keep=True)


def test_several_into_a_folder(scp, place):
    here, there = place
    for name in "abc":
        write(here + "/" + name, name.encode() * 99)
    ok(scp(here + "/a", here + "/b", here + "/c", "{}:place"))
    same(here, there)
    r = scp(here + "/a", here + "/b", "{}:place/c")
    assert r.rc in (1, 255) and read_tree(there)[b"c"] == b"c" * 99


@pytest.mark.parametrize("pattern,want", [("*.txt", "a.txt b.txt"), ("?.c", "x.c"),
                                          ("[ab].txt", "a.txt b.txt")])
def test_glob(scp, place, pattern, want):
    here, there = place
    for name in ("a.txt", "b.txt", "x.c", ".hidden.txt"):
        write(there + "/" + name, name.encode())
    owned(there)
    ok(scp("{}:place/" + pattern, here))
    assert " ".join(sorted(os.listdir(here))) == want


def test_folder_without_r(scp, place):
    here, there = place
    os.mkdir(there + "/d")
    r = scp("{}:place/d", here)
    assert r.rc == 1 and ("not a regular file" in r.err or "not a directory" in r.err), r
    assert not os.listdir(here)


@pytest.mark.parametrize("what", ["nothing", "denied", "no folder", "readonly"])
def test_errors(scp, place, what):
    here, there = place
    write(here + "/f", b"x")
    write(there + "/denied", b"x", 0)
    write(there + "/readonly", b"x", 0o444)
    os.chown(there + "/denied", 0, 0)
    os.chown(there + "/readonly", 0, 0)
    r = {"nothing": lambda: scp("{}:place/nothing", here + "/g"),
         "denied": lambda: scp("{}:place/denied", here + "/g"),
         "no folder": lambda: scp(here + "/f", "{}:place/no/f"),
         "readonly": lambda: scp(here + "/f", "{}:place/readonly")}[what]()
    why = "ermission denied" if what in ("denied", "readonly") else "o such file"
    assert r.rc == 1 and why in r.err, r


def test_one_of_many_fails(scp, place):
    """the others arrive, and the status says that one did not"""
    here, there = place
    os.mkdir(there + "/d")
    for name in "abc":
        write(f"{there}/d/{name}", b"x", 0o600 if name == "b" else 0o644)
    os.chown(there + "/d/b", 0, 0)
    r = scp("-r", "{}:place/d", here)
    assert r.rc == 1 and "ermission denied" in r.err
    assert sorted(os.listdir(here + "/d")) in (["a", "c"], ["a", "b", "c"])
    assert read_tree(here + "/d")[b"c"] == b"x"


def test_between_two_servers(scp, server, place):
    """-3: through the client"""
    here, there = place
    write(there + "/f", noise(100000))
    owned(there)
    ok(scp("-3", "{}:place/f", "{}:place/g"))
    assert read_tree(there)[b"g"] == noise(100000)


def test_symlinks(scp, place):
    """what they point to is sent"""
    here, there = place
    write(there + "/f", b"x")
    os.symlink("f", there + "/l")
    owned(there)
    ok(scp("-r", "{}:place", here + "/back"))
    assert read_tree(here + "/back")[b"l"] == b"x" and not os.path.islink(here + "/back/l")


# ---------------------------------------------------------------- the old protocol alone
def raw(server, command, say=b"", user="ann"):
    """what `scp -t` or -f answers to bytes of ours"""
    argv, env = CLIENTS["openssh"].command(server, command, user=user)
    p = subprocess.run(argv, env=env, input=say, capture_output=True, timeout=30, check=False)
    return p.returncode, p.stdout


def test_line_by_line(server, place):
    """as draft-less as it is: T, D, C, E, each with a 0; errors with a 1 and a text"""
    rc, out = raw(server, "scp -r -p -t place", b"T1100000000 0 1000000000 0\nD0750 0 d\n"
                  b"T1100000000 0 1000000000 0\nC0640 5 f\nhello\0E\n")
    assert (rc, out) == (0, b"\0" * 7)
    assert kept(place[1] + "/d/f") == ("0o640", 1100000000, 1000000000)
    assert kept(place[1] + "/d")[:2] == ("0o750", 1100000000)
    rc, out = raw(server, "scp -p -f place/d/f", b"\0\0\0\0")
    assert (rc, out) == (0, b"T1100000000 0 1000000000 0\nC0640 5 f\nhello\0")


@pytest.mark.parametrize("line", [b"C0644 1 ../up\nx\0", b"C0644 1 a/b\nx\0", b"C0644 1 ..\nx\0",
                                  b"D0755 0 ..\nE\n", b"C0644 1 \nx\0", b"C0644 1 .\nx\0"])
def test_name_that_leaves(server, place, line):
    """a client may not choose where beyond the target: a name is one name"""
    os.mkdir(place[1] + "/in")
    owned(place[1])
    rc, out = raw(server, "scp -r -t place/in", line)
    assert rc != 0 and b"\1" in out or b"\2" in out
    assert os.listdir(place[1]) == ["in"] and not os.listdir(place[1] + "/in")


@pytest.mark.parametrize("line", [b"C0644 99999999999999999999 f\n", b"C0644 -1 f\n", b"C9 1 f\n",
                                  b"C0644 1\n", b"X\n", b"T1 2\n", b"C0644 x f\n", b"\n",
                                  b"C0644 1 " + b"x" * 5000 + b"\n"])
def test_bad_line(server, place, line):
    rc, out = raw(server, "scp -t place", line + b"x\0")
    assert rc != 0 and (b"\1" in out or b"\2" in out), (rc, out)
    assert not os.listdir(place[1])


def test_size_beyond_32_bits(server, place):
    """said and begun: the stream ends early"""
    rc, _ = raw(server, "scp -t place/f", b"C0644 5368709120 f\n" + b"x" * 1000)
    assert rc != 0


def test_target_must_be_a_folder(server, place):
    """-d"""
    write(place[1] + "/f", b"x")
    rc, out = raw(server, "scp -d -t place/f", b"C0644 1 f\nx\0")
    assert rc != 0 and out[:1] in b"\1\2"
    assert raw(server, "scp -d -t place", b"C0644 1 g\nx\0") == (0, b"\0\0\0")


@pytest.mark.parametrize("command", ["scp -t", "scp -f", "scp", "scp -t a b", "scp -Z -t a"])
def test_bad_command(server, command):
    assert raw(server, command)[0] != 0


def test_pattern_without_scp(bare, place):
    """the user's shell still takes the line apart"""
    write(place[1] + "/f 1", b"hello")
    owned(place[1])
    for said in ("place/f*", "'place/f 1'", "~/place/f\\ 1", '"$HOME"/place/f?1'):
        assert raw(bare, "scp -f " + said, b"\0\0\0") == (0, b"C0644 5 f 1\nhello\0")


@pytest.mark.parametrize("way", ["up", "down"])
def test_pscp(pscp, place, way):
    """PuTTY's, with the old protocol: a tree, and one file with time and mode"""
    here, there = place
    src, dst = place if way == "up" else (there, here)
    owned(make_tree(src + "/tree", {LINE, BLANKS, SLASH}))
    far = "{}:place"
    ok(pscp("-r", *((here + "/tree", far) if way == "up" else (far + "/tree", here))))
    same(src + "/tree", dst + "/tree")
    write(src + "/f", b"x", 0o600)
    os.utime(src + "/f", (1e9, 1e9))
    owned(there)
    ok(pscp("-p", *((here + "/f", far + "/g") if way == "up" else (far + "/f", here + "/g"))))
    assert int(os.stat(dst + "/g").st_mtime) == 10 ** 9
