"""test_scp_talk.py - what our scp shows and says: the meter, errors, exit statuses, usage.

SPDX-License-Identifier: MIT
"""
import os
import re

import pytest
import transfer
from lib import DATA, HOMES, put
from stock import Terminal, run
from transfer import CONFIG, MIB, SSH, as_ann, at, failed, fine, get, host, noise, plant, scp, \
    theirs_skip, tool, tree, way


# ---------------------------------------------------------------- what is seen
def test_quiet_without_a_terminal(host, at):
    x = at.near("x", noise(MIB))
    assert scp(x, f"{host}:{at.there}") == scp("-q", x, f"{host}:{at.there}") == (0, "", "")


def test_meter(way, at):
    """the whole way to 100 %, within the width of the terminal, also once that changes"""
    host = "openssh"
    transfer.peer(host)
    x = at.near("name-of-the-file", noise(3 * MIB))
    argv = tool("scp") + ["-S", SSH, "-F", CONFIG, *way, "-l", "8192", x, f"{host}:{at.there}/y"]
    with Terminal(argv, rows=24, cols=100) as t:
        t.expect("name-of-the-file.* [0-9]+%")
        wide = t.text
        t.resize(24, 60)
        t.text = ""
        t.expect("[0-9]%.*\r")
        t.text = ""
        assert t.wait() == 0
        assert re.search("100%.*[KM]B", t.text), t.text
        for part in re.split("[\r\n]+", t.text):
            assert len(part) <= 60, part
        assert "\x1b" not in wide + t.text
    assert get(at.there + "/y") == get(x)


def test_quiet_on_a_terminal(host, at):
    x = at.near("x", noise(MIB))
    with Terminal(tool("scp") + ["-S", SSH, "-F", CONFIG, "-q", x, f"{host}:{at.there}"]) as t:
        assert t.wait() == 0 and t.text == ""


def test_names_on_a_terminal(at):
    """a name's control characters are not the terminal's"""
    transfer.peer("openssh")
    x = at.near(b"a\x1b[31m\x07\x9b31mb", b"x" * 1000)
    with Terminal(tool("scp") + ["-S", SSH, "-F", CONFIG, x, f"openssh:{at.there}"]) as t:
        assert t.wait() == 0
        assert "100%" in t.text and "\x1b" not in t.text and "\x07" not in t.text


def test_limit(host, way, at):
    x = at.near("x", noise(MIB))
    fine(scp(*way, "-l", "40000", x, f"{host}:{at.there}/y"))
    fine(scp(*way, "-l40000", f"{host}:{at.there}/y", at.here + "/z"))
    assert get(at.here + "/z") == get(x)
    failed(scp("-l", "x", x, f"{host}:{at.there}/y"))


def test_verbose(host, way, at):
    """-v reaches ssh, and stdout stays clean"""
    x = at.near("x", b"x")
    r = scp(*way, "-v", x, f"{host}:{at.there}")
    assert r.rc == 0 and r.out == "" and "debug1" in r.err


# ---------------------------------------------------------------- errors
def test_missing(host, way, at):
    failed(scp(*way, f"{host}:{at.there}/none", at.here), "none", "no such file or directory")
    failed(scp(*way, at.here + "/none", f"{host}:{at.there}"), "none", "no such file or directory")
    x = at.near("x", b"x")
    failed(scp(*way, x, f"{host}:{at.there}/no/dir/"))
    failed(scp(*way, x, f"{host}:{at.there}/no/file"), "no such file or directory")
    y = at.far("y", b"y")
    failed(scp(*way, f"{host}:{y}", at.here + "/no/file"), "no such file or directory")
    assert os.listdir(at.here) == ["x"] and os.listdir(at.there) == ["y"]


def test_the_others_go_on(host, way, at):
    """one of several is missing: exit status 1, the rest is there"""
    if not way:
        theirs_skip("stops there")
    a, b = at.near("a", b"1"), at.near("b", b"2")
    failed(scp(*way, a, at.here + "/none", b, f"{host}:{at.there}"), "none")
    assert sorted(os.listdir(at.there)) == ["a", "b"]
    back = at.near("back", None)
    failed(scp(*way, *[f"{host}:{at.there}/{n}" for n in ("a", "none", "b")], back), "none")
    assert sorted(os.listdir(back)) == ["a", "b"]


def test_directory_without_r(host, way, at):
    at.near("d", None)
    at.far("e", None)
    for words in ((at.here + "/d", f"{host}:{at.there}"), (f"{host}:{at.there}/e", at.here)):
        r = failed(scp(*way, *words))
        assert "not a regular file" in r.err or "is a directory" in r.err, r
    assert os.listdir(at.here) == ["d"] and os.listdir(at.there) == ["e"]


def test_several_to_a_file(host, way, at):
    a, b = at.near("a", b"1"), at.near("b", b"2")
    to = at.far("file", b"3")
    failed(scp(*way, a, b, f"{host}:{to}"), "not a directory")
    at.far("a", b"1")
    failed(scp(*way, f"{host}:{at.there}/a", f"{host}:{to}", at.here + "/a"), "not a directory")
    assert get(to) == b"3" and get(at.here + "/a") == b"1"


def test_directory_to_a_file(host, way, at):
    plant(at.near)
    to = at.far("file", b"3")
    failed(scp(*way, "-r", at.here + "/top", f"{host}:{to}"))
    assert get(to) == b"3"


def test_unreadable(host, way, at):
    x = at.far("x", b"x", mode=0)
    failed(scp(*way, f"{host}:{x}", at.here), "permission denied")
    assert not tree(at.here)
    y = at.near("y", b"y", mode=0)
    os.chmod(at.here, 0o777)
    argv = as_ann() + tool("scp") + ["-S", SSH, "-F", HOMES + "/ann/.ssh/config", *way]
    failed(run(argv + [y, f"{host}:{at.there}"]), "permission denied")
    os.chmod(at.here, 0o555)
    os.chmod(x, 0o644)
    failed(run(argv + [f"{host}:{x}", at.here]), "permission denied")
    os.chmod(at.there, 0o555)
    failed(run(argv + [x, f"{host}:{at.there}/y"]), "permission denied")


def test_unreadable_in_a_tree(host, way, at):
    """the rest of it comes"""
    plant(at.far)
    os.chmod(at.there + "/top/private", 0)
    os.chmod(at.there + "/top/sub/deep", 0)
    failed(scp(*way, "-r", f"{host}:{at.there}/top", at.here), "permission denied")
    got = tree(at.here + "/top")
    assert b".dot" in got and b"sub/a b" in got and b"run" in got
    assert b"private" not in got and b"sub/deep/f" not in got


def test_refused(way, at):
    transfer.peer("openssh")
    x = at.near("x", b"x")
    r = scp(*way, x, "refusing:x")
    assert r.rc in ((255,) if not way else (1, 255)) and r.out == "" and "refused" in r.err, r
    r = scp(*way, "refusing:x", x)
    assert r.rc in ((255,) if not way else (1, 255)) and r.out == "" and get(x) == b"x", r


def test_no_ssh(at):
    r = run(tool("scp") + ["-S", "/nonexistent/ssh", "h:f", at.here])
    assert r.rc not in (0, 127 << 8) and r.out == "" and "/nonexistent/ssh" in r.err, r


@pytest.mark.parametrize("args", [[], ["x"], ["-Z", "a", "b"], ["-P"], ["-r"]], ids=repr)
def test_usage(args):
    failed(run(tool("scp") + args), "usage: scp")


def test_own_old_names(at):
    """a colon behind a slash is a local file's"""
    x = at.near("a:b", b"x")
    fine(scp(x, at.here + "/c:d"))
    fine(scp("./a:b", "./e:f", cwd=at.here))
    assert get(at.here + "/c:d") == get(at.here + "/e:f") == b"x"


def test_to_null(host, way, at):
    """no file is made where a device is named"""
    x = at.far("x", noise(100000))
    r = scp(*way, f"{host}:{x}", "/dev/null")
    assert r.rc == 0 and os.path.exists("/dev/null") and not os.path.isfile("/dev/null")


def test_through_a_link_that_was_named(host, at):
    """the target of the command line may be a link: the user chose it"""
    x = at.far("x", b"new")
    real = at.near("real", b"old")
    link = at.near("link", "real")
    fine(scp(f"{host}:{x}", link))
    assert get(real) == b"new" and os.path.islink(link)


@pytest.mark.parametrize("flag", ["-f", "-t"])
def test_old_side_of_ours(flag, at):
    """Debian's scp -O against the one in the binary, whatever the server finds in its PATH"""
    theirs_skip("it is about ours")
    transfer.peer("openssh")
    plant(at.near)
    # a wrapper in place of ssh: the command's first word becomes ours
    fake = put(DATA + "/carry", f"""#!/bin/sh
while [ $# -gt 2 ]; do shift; done
set -- $2
shift
exec {' '.join(tool('scp'))} "$@"
""", 0o755)
    if flag == "-t":
        fine(run(["/usr/bin/scp", "-O", "-S", fake, "-rp", at.here + "/top",
                  f"openssh:{at.there}/top"]))
    else:
        fine(run(["/usr/bin/scp", "-O", "-S", fake, "-rp", f"openssh:{at.here}/top", at.there]))
    assert tree(at.there + "/top", times=True) == tree(at.here + "/top", times=True)
