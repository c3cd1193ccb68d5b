"""test_sftp_client.py - our sftp against servers of all makers: each command, names, batches.

SPDX-License-Identifier: MIT
"""
import os
import re

import pytest
import transfer
from lib import HOMES, KEY, KNOWN, put
from stock import Terminal, run
from transfer import ANN, CONFIG, LINES, NAMES, PROMPT, SIZES, SSH, at, batch, failed_batch, fine, \
    get, host, mode, noise, ok, plant, quoted, same, sftp, theirs_skip, tool, tree


# ---------------------------------------------------------------- files
def test_sizes(host, at):
    for n in SIZES:
        at.near(f"f{n}", noise(n))
    ok(host, at, "put f*")
    assert tree(at.there) == tree(at.here)
    at.near("back", None)
    ok(host, at, "lcd back", "get f*")
    assert tree(at.here + "/back") == tree(at.there)
    ok(host, at, "mkdir d", "mput f* d/", "lmkdir back2", "mget d/f3* back2")
    assert len(os.listdir(at.there + "/d")) == len(SIZES)
    assert sorted(os.listdir(at.here + "/back2")) == ["f32767", "f32768"]


def test_names(host, at):
    """quoted on the command line, both ways"""
    commands = []
    for name in NAMES:
        at.near(name, name * 3)
        commands += [b"put -- " + quoted(b"./" + name if name[:1] == b"-" else name)]
    if transfer.THEIRS:
        commands = [c.replace(b"-- ", b"") for c in commands]
    ok(host, at, *commands)
    assert tree(at.there) == tree(at.here)
    commands = []
    for i, name in enumerate(NAMES):
        commands += [b"get " + quoted(b"./" + name) + b" back%d" % i]
    ok(host, at, *commands)
    for i, name in enumerate(NAMES):
        assert get(f"{at.here}/back{i}") == name * 3
    ok(host, at, *[b"rm " + quoted(b"./" + name) for name in NAMES])
    assert not tree(at.there)


def test_names_by_wildcard(host, at):
    for name in NAMES + LINES:
        at.far(name, name * 3)
    ok(host, at, "get *")
    assert tree(at.here) == tree(at.there)
    ok(host, at, "rm *")
    assert not tree(at.there)
    ok(host, at, "put *")
    assert tree(at.here) == tree(at.there)


QUOTED = [
    ("a\\ b", "a b"), ("'b b'", "b b"), ('"c b"', "c b"), ("'it\\'s'", "it's"), ('"it\'d"', "it'd"),
    ("it\\'m", "it'm"), ("'a\"b'", 'a"b'), ("a\\\\b", "a\\b"), ("a\\*b", "a*b"), ("'b*b'", "b*b"),
    ('"a?b"', "a?b"), ("a\\[b", "a[b"), ("'a'b\"c\"", "abc"), ("\\#a", "#a"), ("'#b'", "#b"),
    ("\\\\", "\\"), ("'b\\\\b'", "b\\b"), ("a\\\tb", "a\tb")]


def test_quoting(at):
    """as OpenSSH's"""
    transfer.peer("openssh")
    commands = []
    for i, (typed, name) in enumerate(QUOTED):
        at.far(name, name.encode())
        commands += [f"get {typed} got{i}", f"rename {typed} other{i}", f"rename other{i} {typed}",
                     f"mkdir {typed}.d"]
    ok("openssh", at, *commands)
    assert [get(f"{at.here}/got{i}").decode() for i in range(len(QUOTED))] == [n for _, n in QUOTED]
    assert sorted(os.listdir(at.there)) == sorted(n + d for _, n in QUOTED for d in ("", ".d"))


BAD = ["get 'a", 'get "a', "get a\\", "get", "put", "rename a", "mkdir", "nosuchcommand",
       "chmod 999 a", "chmod x a", "get -Q a", "chown x a", "lcd none", "cd none", "ls none",
       "rm none", "rmdir none", "get none", "put none", "rename none a", "chmod 644 none",
       "chown 1 none", "mkdir none/a", "ln none b", "symlink a", "df none"]


def test_bad_commands(at):
    """behind - they are told of, and that is all; a batch ends at others, with exit status 1"""
    transfer.peer("openssh")
    commands = []
    for i, line in enumerate(BAD):
        commands += ["-" + line, f"mkdir after{i}"]
    r = batch("openssh", at, *commands)
    assert r.rc == 0 and len(r.err.splitlines()) >= len(BAD) - 1, r
    assert len(os.listdir(at.there)) == len(BAD)


@pytest.mark.parametrize("line", [BAD[0], "nosuchcommand", "get", "get none", "cd none", "rm none"])
def test_end_of_a_batch(at, line):
    transfer.peer("openssh")
    r = batch("openssh", at, line, "mkdir after")
    assert r.rc == 1 and r.err and not os.listdir(at.there), r


def test_comments_and_blanks(at):
    transfer.peer("openssh")
    r = batch("openssh", at, "# comment", "", "   ", "  mkdir a  ", "@mkdir b", "-@mkdir a", "bye",
              "mkdir c")
    assert r.rc == 0 and r.err, r
    assert "mkdir a" in r.out and "mkdir b" not in r.out  # @ does not show it
    assert sorted(os.listdir(at.there)) == ["a", "b"]


def test_batch_file(host, at):
    name = put(at.here + "/batch", f"cd {at.there}\nmkdir a\n-mkdir a\nrmdir a\nmkdir b")
    r = run(tool("sftp") + ["-S", SSH, "-F", CONFIG, "-b", name, host])
    assert r.rc == 0 and os.listdir(at.there) == ["b"], r
    r = run(tool("sftp") + ["-S", SSH, "-F", CONFIG, "-b", at.here + "/none", host])
    assert r.rc != 0 and r.err


# ---------------------------------------------------------------- trees
def test_tree(host, at):
    plant(at.near)
    ok(host, at, "put -r top")
    assert tree(at.there) == tree(at.here)
    ok(host, at, "get -r top back", "mkdir in", "put -r top in", "put -r top/ in2")
    assert tree(at.here + "/back") == tree(at.there + "/top") == tree(at.there + "/in/top")
    assert tree(at.there + "/in2") == tree(at.there + "/top")


def test_preserved(host, at):
    """-p, also -P in older versions"""
    plant(at.near)
    for i, path in enumerate(sorted(tree(at.here))):
        os.utime(os.path.join(os.fsencode(at.here), path), (10 ** 9, 10 ** 9 + 1000 * i))
    ok(host, at, "put -rp top")
    assert tree(at.there, times=True) == tree(at.here, times=True)
    ok(host, at, "get -rp top back", "get -p top/private one")
    assert tree(at.here + "/back", times=True) == tree(at.there + "/top", times=True)
    assert os.stat(at.here + "/one").st_mtime == os.stat(at.there + "/top/private").st_mtime
    at.near("two", None)
    fine(sftp(host, f"get -r {at.there}/top {at.here}/two", args=("-p",)), out=None)
    assert tree(at.here + "/two/top", times=True) == tree(at.there + "/top", times=True)


def test_tree_with_links(host, at):
    """as Debian's sftp leaves them"""
    plant(at.far)
    at.far("top/link", "run")
    at.far("top/dir", "sub")
    at.far("top/dangling", "nowhere")
    os.mkfifo(at.there + "/top/sub/fifo")
    a = batch(host, at, "get -r top ours")
    b = run(["/usr/bin/sftp", "-S", SSH, "-F", CONFIG, "-b", "-", host],
            stdin=f"cd {at.there}\nlcd {at.here}\nget -r top theirs\n".encode())
    ours = tree(at.here + "/ours")
    assert transfer.THEIRS or ours.pop(b"link")[1:] == ours[b"run"][1:]  # theirs leaves it out
    assert ours == tree(at.here + "/theirs"), (a, b)


def test_start_path(host, at):
    """host:directory to begin in, host:file to fetch at once"""
    at.far("f", b"fetched")
    r = run(tool("sftp") + ["-S", SSH, "-F", CONFIG, "-b", "-", f"{host}:{at.there}"],
            stdin=b"mkdir begun\n")
    assert r.rc == 0 and os.path.isdir(at.there + "/begun"), r
    r = run(tool("sftp") + ["-S", SSH, "-F", CONFIG, f"{host}:{at.there}/f", at.here + "/g"])
    assert r.rc == 0 and get(at.here + "/g") == b"fetched", r
    r = run(tool("sftp") + ["-S", SSH, "-F", CONFIG, f"{host}:{at.there}/f"], cwd=at.here)
    assert r.rc == 0 and get(at.here + "/f") == b"fetched", r
    r = run(tool("sftp") + ["-S", SSH, "-F", CONFIG, f"{host}:{at.there}/none"], cwd=at.here)
    assert r.rc != 0 and r.err, r


def test_port_and_uri(host, at):
    s = transfer.peer(host)
    common = tool("sftp") + ["-S", SSH, "-F", "none", "-o", "UserKnownHostsFile=" + KNOWN,
                             "-oIdentityAgent=none", "-i", KEY, "-b", "-"]
    for words in (["-P", str(s.port), "ann@127.0.0.1"], [f"-CqP{s.port}", "ann@127.0.0.1:/"],
                  [f"sftp://ann@127.0.0.1:{s.port}/"], ["-B", "32768", "-R", "4", "-P",
                                                        str(s.port), "ann@127.0.0.1"]):
        name = at.near("f", noise(200000))
        fine(run(common + words, stdin=f"put {name} {at.there}/f\nget {at.there}/f {at.here}/g\n"
                 .encode()), out=None)
        assert get(at.there + "/f") == get(at.here + "/g") == get(name)
        os.remove(at.there + "/f")


# ---------------------------------------------------------------- commands
def test_ls(host, at):
    """each way of listing, as Debian's prints it"""
    for i, name in enumerate(("b", "a file", "ccc", ".hidden", "it's", "longer-name-than-others")):
        at.far(name, b"x" * (i * 37 % 11), mode=0o640, mtime=10 ** 9 + i * 37 % 11 * 86400)
    at.far("dir", None)
    at.far("dir/inner", b"y" * 5000)
    at.far("link", "b")
    os.utime(at.there + "/dir", (10 ** 9 - 5, 10 ** 9 - 5))
    os.utime(at.there + "/link", (10 ** 9 + 5, 10 ** 9 + 5), follow_symlinks=False)
    same(host, at, "ls -1", "ls -1a", "ls -1r", "ls -1t", "ls -1S", "ls -1rt", "ls -1 dir",
         "ls -1 b", "ls -1 *e*", "ls -1 d*", "ls -1 dir/*", "ls -f1 b")
    same(host, at, "ls -l", "ls -la", "ls -lS", "ls -lr", "ls -l b", "ls -l dir/*")
    assert {"a", "ccc", "link"} <= set(ok(host, at, "ls").split())
    assert ".hidden" in ok(host, at, "ls -a") and ".hidden" not in ok(host, at, "ls", "ls *")
    same(host, at, "-ls none", "-ls -l none*", "ls -1 b")


def test_ls_numbers(host, at):
    """-n and -h; dates are those of UTC"""
    at.far("f", b"x" * 3000, mode=0o4644, mtime=10 ** 9)
    at.far("dir", None)
    assert re.search(r"-rwSr--r-- .* 2\.9K(B?) Sep  9  2001 f", ok(host, at, "ls -lh"))
    theirs_skip("names for -n, where the server gives them")
    out = ok(host, at, "ls -n")
    assert re.search(rf"-rwSr--r-- +\S+ {ANN} +{ANN} +3000 Sep  9  2001 f", out), out


def test_columns(at):
    """as wide as the terminal"""
    transfer.peer("openssh")
    for i in range(40):
        at.far(f"name{i:02}", b"")
    for cols in (40, 100):
        with Terminal(tool("sftp") + ["-S", SSH, "-F", CONFIG, f"openssh:{at.there}"],
                      cols=cols) as t:
            t.expect(PROMPT)
            t.send("ls\r")
            out = t.expect(r"(?s)(name00.*name39).*" + PROMPT).group(1)
            lines = out.splitlines()
            assert 2 < len(lines) < 30 and all(len(line.rstrip()) <= cols for line in lines), lines
            t.send("bye\r")
            assert t.wait() == 0


def test_where(host, at):
    at.far("d", None)
    same(host, at, "pwd", "lpwd", "cd d", "pwd", "cd ..", "pwd", "cd d/../d/.", "pwd", "lcd /",
         "lpwd", "cd /", "pwd")
    ok(host, at, "lmkdir l", "lcd l", "!touch here")
    assert os.path.exists(at.here + "/l/here")
    out = ok(host, at, "lls", "!echo $((6*7))", "lumask 77", "lls -d .")
    assert "42" in out


def test_make_and_remove(host, at):
    at.far("f", b"f")
    ok(host, at, "mkdir a", "mkdir a/b", "rename f a/b/g")
    assert tree(at.there).keys() == {b"a", b"a/b", b"a/b/g"}
    failed_batch(host, at, "rmdir a")
    ok(host, at, "rm a/b/g", "rmdir a/b", "rmdir a")
    assert not tree(at.there)


def test_rename(host, at):
    """over what is there, as posix-rename does; -l where it must not"""
    at.far("a", b"a")
    at.far("b", b"b")
    ok(host, at, "rename a b")
    assert os.listdir(at.there) == ["b"] and get(at.there + "/b") == b"a"
    at.far("c", b"c")
    failed_batch(host, at, "rename -l c b")
    assert get(at.there + "/b") == b"a" and get(at.there + "/c") == b"c"
    ok(host, at, "rename -l c d")
    assert sorted(os.listdir(at.there)) == ["b", "d"]


def test_links(host, at):
    at.far("f", b"f")
    ok(host, at, "symlink f s", "ln -s ../x t", "ln f h")
    assert os.readlink(at.there + "/s") == "f" and os.readlink(at.there + "/t") == "../x"
    assert os.stat(at.there + "/f").st_nlink == 2 and get(at.there + "/h") == b"f"


def test_chmod(host, at):
    at.far("f", b"f", mode=0o600)
    at.far("g", b"g", mode=0o600)
    at.far("l", "g")
    r = ok(host, at, "chmod 754 f", "chmod 0640 *g*")
    assert mode(at.there + "/f") == 0o754 and mode(at.there + "/g") == 0o640
    ok(host, at, "chmod 4755 f")
    assert mode(at.there + "/f") == 0o4755
    ok(host, at, "chmod 1777 f", f"chown {ANN} f", f"chgrp {ANN} f")
    assert mode(at.there + "/f") & 0o777 == 0o777
    assert "f" in r
    if host != "dropbear":
        return
    # of the link itself, where the server can
    r = batch(host, at, "chmod -h 600 l")
    assert mode(at.there + "/g") == 0o640


def test_chown(at):
    """root can; the other number stays"""
    transfer.peer("openssh")
    f = at.far("f", b"f")
    os.makedirs(HOMES + "/root", exist_ok=True)
    r = run(tool("sftp") + ["-S", SSH, "-F", CONFIG, "-b", "-", "root@openssh"],
            stdin=f"chown 12345 {f}\nchgrp 54321 {f}\n".encode())
    assert r.rc == 0, r
    st = os.stat(f)
    assert (st.st_uid, st.st_gid) == (12345, 54321)
    failed_batch("openssh", at, "chown 0 f")


def test_df(host, at):
    out = ok(host, at, "df", "df -h", "df -i", f"df {at.there}")
    assert out.count("%Capacity") + out.count("%iCapacity") == 4 and len(
        re.findall(r"\d+%", out)) == 4, out
    st = os.statvfs(at.there)
    total = st.f_blocks * st.f_frsize // 1024
    assert re.search(rf"^ *{total} +\d+ +\d+ +\d+ +\d+%", out, re.M), (total, out)


def test_copy(host, at):
    """within the server, where it can"""
    at.far("f", noise(100000), mode=0o640)
    r = batch(host, at, "cp f g")
    assert r.rc == 0 and get(at.there + "/g") == noise(100000), r
    failed_batch(host, at, "cp none h")


def test_help_and_version(at):
    transfer.peer("openssh")
    out = ok("openssh", at, "help", "?", "version")
    for word in ("bye", "cd", "chgrp", "chmod", "chown", "df", "exit", "get", "help", "lcd", "lls",
                 "lmkdir", "ln", "lpwd", "ls", "lumask", "mkdir", "put", "pwd", "quit", "reget",
                 "rename", "reput", "rm", "rmdir", "symlink", "version"):
        assert re.search(rf"^{word}\b", out, re.M), word
    assert re.search("SFTP protocol version 3", out)


def test_umask(at):
    """lumask is for what is made here"""
    transfer.peer("openssh")
    at.far("f", b"x", mode=0o666)
    ok("openssh", at, "get f a", "lumask 077", "get f b", "lumask 0", "get f c", "lmkdir d")
    assert [mode(f"{at.here}/{n}") for n in "abcd"] == [0o644, 0o600, 0o666, 0o777]
