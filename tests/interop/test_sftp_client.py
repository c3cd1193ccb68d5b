"""test_sftp_client.py - our sftp against servers of all makers: each command, names, batches.

SPDX-License-Identifier: MIT
"""
import os
import re
import stat

import pytest
import transfer
from lib import DATA, HOMES, KEY, KNOWN, put, sha256
from stock import Terminal, run
from transfer import ANN, CONFIG, LINES, MIB, NAMES, PEERS, SIZES, SSH, as_ann, failed, fine, get, \
    holes, mode, noise, quoted, sftp, theirs_skip, tool, tree


@pytest.fixture(params=PEERS)
def host(request):
    transfer.peer(request.param)
    return request.param


@pytest.fixture
def at():
    """here and there"""
    place = transfer.Place()
    yield place
    place.remove()


def batch(host, at, *commands, **kw):
    """from those two directories; each command is shown on stdout before its output"""
    cd = (f"cd {at.there}", f"lcd {at.here}")
    r = sftp(host, *cd, *commands, **kw)
    return r


def ok(host, at, *commands, **kw):
    r = batch(host, at, *commands, **kw)
    assert r.rc == 0 and r.err == "", r
    return r.out


def plain(out):
    """without what a listing owes to the server's words: numbers of links, names of owners"""
    return re.sub(r"(?m)^([-a-z]\S{9}) +\S+ +\S+ +\S+ +(\d+ \S\S\S )", r"\1 \2", out)


def same(host, at, *commands):
    """what Debian's sftp prints"""
    cd = (f"cd {at.there}", f"lcd {at.here}")
    lines = "".join(c + "\n" for c in cd + commands).encode()
    theirs = run(["/usr/bin/sftp", "-S", SSH, "-F", CONFIG, "-b", "-", host], stdin=lines)
    ours = batch(host, at, *commands)
    assert plain(ours.out).splitlines() == plain(theirs.out).splitlines(), (ours.err, theirs.err)
    assert ours.rc == theirs.rc and bool(ours.err) == bool(theirs.err), (ours.err, theirs.err)
    return ours


# behind it what a line editor does to the rest of the line
PROMPT = r"sftp> (?:\r|\x1b\[\d*[A-Z])*$"


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


BAD = ["get 'a", 'get "a', "get a\\", "get", "put", "rename a", "mkdir", "nosuchcommand", "chmod 999 a",
       "chmod x a", "get -Q a", "chown x a", "lcd none", "cd none", "ls none", "rm none", "rmdir none",
       "get none", "put none", "rename none a", "chmod 644 none", "chown 1 none", "mkdir none/a",
       "ln none b", "symlink a", "df none"]


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
def plant(make):
    make("top", None, mode=0o755)
    make("top/run", b"#!/bin/sh\n", mode=0o755)
    make("top/private", b"secret", mode=0o600)
    make("top/empty", None, mode=0o755)
    make("top/sub", None)
    make("top/sub/a b", noise(100000), mode=0o640)


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
    same(host, at, "ls -1", "ls -1a", "ls -1r", "ls -1t", "ls -1S", "ls -1rt", "ls -1 dir", "ls -1 b",
         "ls -1 *e*", "ls -1 d*", "ls -1 dir/*", "ls -f1 b")
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


def failed_batch(host, at, *commands):
    r = batch(host, at, *commands)
    assert r.rc == 1 and r.err, r
    return r


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
    at.near("top", None)
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
    r = run(as_ann() + tool("sftp") + ["-S", SSH, "-F", HOMES + "/ann/.ssh/config", "-b", "-", host],
            stdin=f"put {y} {at.there}\n".encode())
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
