"""test_scp.py - our scp against servers of all makers: names, sizes, trees, options, errors.

SPDX-License-Identifier: MIT
"""
import os
import re
import socket

import pytest
import transfer
from lib import DATA, HOMES, KEY, KNOWN, Server, put, sha256
from stock import run
from transfer import CONFIG, LINES, MIB, NAMES, PEERS, SIZES, SSH, at, esc, failed, fine, get, \
    holes, host, mode, noise, plant, scp, their, theirs_skip, tool, tree, way


# ---------------------------------------------------------------- files
def test_sizes(host, way, at):
    """several sources to a directory, a wildcard on the other side"""
    files = [at.near(f"f{n}", noise(n)) for n in SIZES]
    fine(scp(*way, *files, f"{host}:{at.there}"))
    assert tree(at.there) == tree(at.here)
    back = at.near("back", None)
    fine(scp(*way, f"{host}:{at.there}/f*", back))
    assert tree(back) == tree(at.there)


def test_over_what_is_there(host, way, at):
    """shorter and longer than before, both ways; the mode stays"""
    for n in (10, 100000):
        at.near("new", noise(n))
        old = at.far("old", noise(5000), mode=0o600)
        fine(scp(*way, at.here + "/new", f"{host}:{old}"))
        assert get(old) == noise(n) and mode(old) == 0o600
        down = at.near("down", noise(5000), mode=0o600)
        fine(scp(*way, f"{host}:{old}", down))
        assert get(down) == noise(n) and mode(down) == 0o600


def test_names_up(host, way, at):
    for name in NAMES + LINES * (not way):
        at.near(name, name * 3)
    fine(scp(*way, "--", *[os.fsencode(at.here) + b"/" + n for n in os.listdir(
        os.fsencode(at.here))], f"{host}:{at.there}/"))
    assert tree(at.there) == tree(at.here)


def test_names_up_from_where_they_are(host, at):
    """relative, behind --"""
    for name in (b"-rf", b"--", b"it's", b"*"):
        at.near(name, name)
    fine(scp("-S", SSH, "--", b"-rf", b"--", b"it's", b"*", f"{host}:{at.there}", cwd=at.here))
    assert tree(at.there) == tree(at.here)


def test_names_down(host, way, at):
    """in one directory, each by a wildcard, and as a tree"""
    for name in NAMES + LINES * (not way):
        at.far(name, name * 3)
    fine(scp(*way, f"{host}:{at.there}/*", at.here + "/"))
    assert tree(at.here) == tree(at.there)
    fine(scp(*way, "-r", f"{host}:{at.there}", at.here + "/tree"))
    assert tree(at.here + "/tree") == tree(at.there)


def test_names_down_one_by_one(host, at):
    """what a pattern matches is named with backslashes, as it is quoted"""
    for name in NAMES + LINES:
        at.far(name, name * 3)
    paths = [os.fsencode(f"{host}:" + esc(os.fsencode(at.there) + b"/" + n)) for n in NAMES + LINES]
    fine(scp(*paths, at.here))
    assert tree(at.here) == tree(at.there)


def test_names_as_targets(host, at):
    """the last name of an upload is no pattern"""
    at.near("x", b"data")
    for name in ("a file", "it's", "grün", "-rf"):
        fine(scp(at.here + "/x", f"{host}:{at.there}/{name}"))
        assert get(f"{at.there}/{name}") == b"data"


@pytest.mark.parametrize("pattern", ["*.txt", "?.txt", "[ab].txt", "[!a].txt", "d*/x.*", "nine",
                                     "\\*.txt", ".h*", "*", "[a-b]*", "d[12]/[x-z].c"])
def test_wildcards(way, at, pattern):
    """as Debian's scp understands them"""
    host = "openssh"
    transfer.peer(host)
    for name in ("a.txt", "b.txt", "cc.txt", "*.txt", ".hidden", "nine"):
        at.far(name, name.encode())
    for d in ("d1", "d2"):
        at.far(d, None)
        at.far(d + "/x.c", d.encode())
    ours, theirs = at.near("ours", None), at.near("theirs", None)
    a = scp(*way, f"{host}:{at.there}/{pattern}", ours)
    b = their("scp", *way, f"{host}:{at.there}/{pattern}", theirs)
    assert (a.rc, a.out) == (b.rc, b.out) and bool(a.err) == bool(b.err), (a, b)
    assert tree(ours) == tree(theirs)


def test_no_match(host, way, at):
    r = scp(*way, f"{host}:{at.there}/*.txt", at.here)
    failed(r, "*.txt", "no such file or directory")
    assert not tree(at.here)


def test_home(host, way, at):
    """a path that begins nowhere, or with ~, begins at home"""
    at.near("x", b"data")
    name = os.path.basename(at.there)
    for i, path in enumerate((name + "/1", f"./{name}/2", f"~/{name}/3", f"~ann/{name}/4")):
        if host == "dropbear" and "~ann" in path and not way:
            pass
        fine(scp(*way, at.here + "/x", f"{host}:{path}"))
        fine(scp(*way, f"{host}:{path}", at.here + "/back"))
        assert get(f"{at.there}/{i + 1}") == get(at.here + "/back") == b"data"
    fine(scp(*way, f"{host}:.profile" if os.path.exists(HOMES + "/ann/.profile")
             else f"{host}:.ssh/config", at.here))


# ---------------------------------------------------------------- trees
def test_tree(host, way, at):
    """-r to a name that is new, and into a directory that is there; the modes are the mask's"""
    plant(at.near)
    at.near("top/group", b"rw", mode=0o664)
    at.near("top/locked", b"ro", mode=0o444)
    fine(scp(*way, "-r", at.here + "/top", f"{host}:{at.there}/new"))
    want = tree(at.here + "/top")
    want[b"group"][0] = "-rw-r--r--"  # 664 under the mask 022
    assert tree(at.there + "/new") == want
    at.far("in", None)
    fine(scp(*way, "-r", at.here + "/top", f"{host}:{at.there}/in"))
    assert tree(at.there + "/in/top") == want
    fine(scp(*way, "-r", f"{host}:{at.there}/in/top", at.here + "/new"))
    if not way:
        want[b"locked"][0] = "-rw-r--r--"  # what SFTP brings is its owner's to write
    assert tree(at.here + "/new") == want


def test_tree_preserved(host, way, at):
    """-p: times and modes, of directories too, also of those that cannot be written to"""
    plant(at.near)
    at.near("top/closed", None)
    at.near("top/closed/x", b"x", mode=0o400, mtime=1000000000)
    os.chmod(at.here + "/top/closed", 0o500)
    for i, path in enumerate(sorted(tree(at.here))):
        os.utime(os.path.join(os.fsencode(at.here), path), (10 ** 9, 10 ** 9 + 1000 * i))
    fine(scp(*way, "-rp", at.here + "/top", f"{host}:{at.there}"))
    assert tree(at.there, times=True) == tree(at.here, times=True)
    fine(scp(*way, "-rp", f"{host}:{at.there}/top", at.here + "/back"))
    assert tree(at.here + "/back", times=True) == tree(at.there + "/top", times=True)
    assert mode(at.here + "/back") == 0o750


def test_time_on_the_reading_side(host, way, at):
    """-p brings the time of access, too"""
    path = at.far("x", b"x", mtime=10 ** 9)
    os.utime(path, (10 ** 9 + 5, 10 ** 9))
    fine(scp(*way, "-p", f"{host}:{path}", at.here + "/y"))
    st = os.stat(at.here + "/y")
    assert st.st_mtime == 10 ** 9 and mode(at.here + "/y") == 0o644


def test_no_setuid(host, way, at):
    """a server's word makes no program setuid here, -p or not"""
    path = at.far("su", b"#!/bin/sh\n")
    os.chmod(path, 0o6755)
    for flags in ([], ["-p"]):
        if THEIRS_OLD(way, flags):
            continue
        fine(scp(*way, *flags, f"{host}:{path}", at.here + "/su"))
        assert mode(at.here + "/su") == 0o755


def THEIRS_OLD(way, flags):
    return transfer.THEIRS and way and flags  # Debian's gives it


def test_tree_with_links(host, way, at):
    """what stands behind links, as Debian's scp takes them"""
    plant(at.far)
    at.far("top/link", "run")
    at.far("top/dir", "sub")
    at.far("top/dangling", "nowhere")
    os.mkfifo(at.there + "/top/sub/fifo")
    a = scp(*way, "-r", f"{host}:{at.there}/top", at.here + "/ours")
    b = their("scp", *way, "-r", f"{host}:{at.there}/top", at.here + "/theirs")
    assert tree(at.here + "/ours") == tree(at.here + "/theirs"), (a, b)
    assert a.rc == b.rc and a.out == b.out == "" and bool(a.err) == bool(b.err), (a, b)


def test_tree_with_links_up(host, way, at):
    plant(at.near)
    at.near("top/link", "run")
    at.near("top/dir", "sub")
    at.near("top/dangling", "nowhere")
    os.mkfifo(at.here + "/top/sub/fifo")
    a = scp(*way, "-r", at.here + "/top", f"{host}:{at.there}/ours")
    b = their("scp", *way, "-r", at.here + "/top", f"{host}:{at.there}/theirs")
    assert tree(at.there + "/ours") == tree(at.there + "/theirs"), (a, b)
    assert a.rc == b.rc and a.out == b.out == "" and bool(a.err) == bool(b.err), (a, b)


def test_deep_tree(host, way, at):
    """30 levels; no more than 64 are asked of anybody"""
    path = at.near("d", None)
    for _ in range(30):
        path = os.path.join(path, "sub")
        os.mkdir(path)
    put(path + "/f", "deep")
    fine(scp(*way, "-r", at.here + "/d", f"{host}:{at.there}"))
    fine(scp(*way, "-r", f"{host}:{at.there}/d", at.here + "/back"))
    assert tree(at.here + "/back") == tree(at.here + "/d")


def test_wide_tree(host, way, at):
    """more names than one READDIR brings"""
    at.far("d", None)
    for i in range(400):
        at.far("d/%03d-a-name-of-some-length-that-fills-packets" % i, b"%d" % i)
    fine(scp(*way, "-r", f"{host}:{at.there}/d", at.here))
    assert tree(at.here) == tree(at.there)


# ---------------------------------------------------------------- large ones
@pytest.mark.skipif(not transfer.BIG, reason="CUBSSH_BIG=1 for 5 GiB through the wire")
def test_five_gib(host, way, at):
    tail = noise(MIB)
    src = holes(at.here + "/big", (5 << 30) + 1, tail)
    want = sha256(src)
    fine(scp(*way, src, f"{host}:{at.there}/big", limit=600))
    assert sha256(at.there + "/big") == want
    os.remove(src)
    fine(scp(*way, f"{host}:{at.there}/big", src, limit=600))
    assert sha256(src) == want


# ---------------------------------------------------------------- machines
def test_between_two(host, way, at):
    """through us (-3, also without saying so), times and modes too"""
    src = at.far("src", noise(MIB + 1), mode=0o640, mtime=10 ** 9)
    other = PEERS[(PEERS.index(host) + 1) % len(PEERS)]
    transfer.peer(other)
    for flags in ([], ["-3"], ["-3p"]):
        fine(scp(*way, *flags, f"{host}:{src}", f"{other}:{at.there}/dst"))
        assert get(at.there + "/dst") == get(src)
    assert mode(at.there + "/dst") == 0o640 and os.stat(at.there + "/dst").st_mtime == 10 ** 9
    plant(at.far)
    fine(scp(*way, "-3r", f"{host}:{at.there}/top", f"{other}:{at.there}/copy"))
    assert {k: v[1:] for k, v in tree(at.there + "/copy").items()} == {
        k: v[1:] for k, v in tree(at.there + "/top").items()}


def test_between_two_by_themselves(host, way, at):
    """-R: the one runs scp to the other"""
    src = at.far("src", noise(MIB))
    other = "openssh" if host != "openssh" else "dropbear"
    transfer.peer(other)
    fine(scp(*way, "-R", f"{host}:{src}", f"{other}:{at.there}/dst"))
    assert get(at.there + "/dst") == get(src)


def test_local_to_local(at):
    a, b = at.near("a", b"1"), at.near("b", b"2")
    at.near("d", None)
    fine(scp(a, at.here + "/c"))
    fine(scp(a, b, at.here + "/d"))
    assert get(at.here + "/c") == b"1" and len(os.listdir(at.here + "/d")) == 2


def options():
    return ["-o", "StrictHostKeyChecking=yes", "-o", "UserKnownHostsFile=" + KNOWN, "-o",
            "IdentityAgent=none", "-i", KEY]


def bare(*args):
    """without a configuration file"""
    return run(tool("scp") + ["-S", SSH, "-F", "none", *options(), *args])


def test_port_and_uri(host, way, at):
    s = transfer.peer(host)
    x, y = at.near("x", noise(1000)), at.here + "/y"
    fine(bare(*way, "-P", str(s.port), x, f"ann@127.0.0.1:{at.there}/1"))
    fine(bare(*way, f"-qCP{s.port}", x, f"ann@127.0.0.1:{at.there}/2"))
    fine(bare(*way, x, f"scp://ann@127.0.0.1:{s.port}/{at.there}/3"))
    space = "%20" if not way else "%2d"  # the old protocol's path is the remote shell's
    fine(bare(*way, x, f"scp://ann@127.0.0.1:{s.port}/{os.path.basename(at.there)}/4{space}4"))
    fine(bare(*way, f"scp://ann@127.0.0.1:{s.port}/{at.there}/3", y))
    assert get(y) == get(x)
    for name in ("1", "2", "3", "4 4" if not way else "4-4"):
        assert get(f"{at.there}/{name}") == get(x)


def test_ipv6(way, at):
    if not socket.has_ipv6 or not os.path.exists("/proc/net/if_inet6"):
        pytest.skip("no IPv6 here")
    with Server(host="::1") as s:
        x = at.near("x", noise(1000))
        fine(bare(*way, "-P", str(s.port), x, f"ann@[::1]:{at.there}/1"))
        fine(bare(*way, "-P", str(s.port), f"ann@[::1]:{at.there}/1", at.here + "/y"))
        assert get(at.here + "/y") == get(x)
        theirs_skip("no such address in a URI")
        fine(bare(*way, x, f"scp://ann@[::1]:{s.port}/{at.there}/2"))
    assert get(at.there + "/2") == get(x)


def test_options_for_ssh(at):
    """what is passed on, what is not"""
    fake = put(DATA + "/argv", f"#!/bin/sh\nprintf '%s\\n' \"$@\" >{at.here}/argv\nexit 9\n", 0o755)
    r = run(tool("scp") + ["-S", fake, "-v", "-C", "-F", "conf", "-i", "key", "-J", "jump", "-o",
                           "A=b", "-P", "2222", "-c", "aes128-ctr", "-4", "u@h:f", at.here])
    assert r.rc != 0
    with open(at.here + "/argv") as f:
        words = f.read().splitlines()
    line = " ".join(words)
    for w in ("-v", "-C", "-F conf", "-i key", "-o A=b", "-4"):
        assert w in line, words
    assert re.search(r"-c ?aes128-ctr", line) and re.search(r"-p ?2222|-o ?Port=2222", line), words
    assert re.search(r"-J ?jump|ProxyJump=jump", line), words
    assert re.search(r"-l u\b|\bu@h\b", line) and words[-3:] == ["--", "h", "sftp"] or \
        words[-2:] == ["h", "sftp"] or words[-1] == "sftp", words
    assert re.search(r"-x\b|ForwardX11=no|ClearAllForwardings", line), words


def test_hostile_host(at):
    """a host that looks like an option is none"""
    mark = at.here + "/mark"
    for host in (f"-oProxyCommand=touch {mark}", f"-oProxyCommand=touch {mark}@x",
                 f"x@-oProxyCommand=touch {mark}", f"-oProxyCommand=touch${{IFS}}{mark}"):
        r = run(tool("scp") + ["-S", SSH, "-F", CONFIG, "--", f"{host}:f", at.here], limit=20)
        assert r.rc != 0 and not os.path.exists(mark)
