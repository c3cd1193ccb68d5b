"""test_sftp_server_openssh.py - each command of OpenSSH's sftp, next to OpenSSH's sftp-server.

SPDX-License-Identifier: MIT
"""
import os
import stat
import time

import pytest
from lib import DATA, sh
from movers import LINE, NAMES, as_openssh, make_tree, noise, owned, read_tree, same, sftp, write


NOW = int(time.time())


def ok(r):
    assert r.rc == 0, r
    return r.out


def said(r):
    """what was said, with neither prompts nor which connection it was"""
    out = [l.rstrip() for l in r.out.splitlines() if not l.startswith(("sftp> ", "Connected to"))]
    return "\n".join(out)


def shape(top):
    """names, kinds, modes, sizes, links' targets, and times where they are old"""
    out = {}
    for folder, dirs, names in os.walk(top):
        for name in dirs + names:
            path = folder + "/" + name
            st = os.lstat(path)
            size = 0 if stat.S_ISDIR(st.st_mode) else st.st_size
            out[os.path.relpath(path, top)] = (
                oct(st.st_mode), st.st_nlink, st.st_uid, size,
                os.readlink(path) if os.path.islink(path) else "",
                int(st.st_mtime) if st.st_mtime < NOW - 9999 else "now")
    return out


@pytest.fixture
def both(server, place):
    """what a batch says and leaves behind, with OpenSSH's server and then with ours"""
    def run_both(batch, before=lambda there: None, *options):
        seen = []
        for run in (as_openssh, lambda b, *o: sftp(server, b, *o)):
            here, there = place
            for path in os.listdir(there):
                os.system(f"rm -rf {there}/{path}")
            before(there)
            owned(there)
            r = run(f"cd place\nlcd {here}\n" + batch, *options)
            seen.append((r.rc, said(r), r.err, shape(there)))
        assert seen[0][0] == seen[1][0], seen[1]
        assert seen[0][1] == seen[1][1]
        assert seen[0][3] == seen[1][3]
        return seen[1]
    return run_both


def some_files(there):
    """a few of each kind, of all ages"""
    for i, (name, mode) in enumerate((("a", 0o644), ("b", 0o600), ("run", 0o4755), ("c", 0o2000))):
        write(f"{there}/{name}", noise(10 ** i + i), mode)
        os.utime(f"{there}/{name}", (1e9 * i, 1e9 * i / 2))
    os.mkdir(there + "/dir", 0o1777)
    write(there + "/dir/inside", b"x")
    write(there + "/new", b"new")
    os.symlink("a", there + "/link")
    os.symlink("nowhere", there + "/broken")
    os.mkfifo(there + "/fifo")
    os.utime(there + "/new", (NOW + 999, NOW - 9000000))


# ---------------------------------------------------------------- the same as OpenSSH's
@pytest.mark.parametrize("flags", ["-1", "-l", "-la", "-ln", "-lh", "-lt", "-lrS", "-a"])
def test_ls(both, flags):
    rc, out, _, _ = both(f"ls {flags}\nls {flags} dir\nls {flags} ?\n", some_files)
    assert rc == 0 and "inside" in out


def test_ls_who(server, place):
    """names of owner and group, numbers where they have none"""
    some_files(place[1])
    owned(place[1])
    os.chown(place[1] + "/a", 54321, 65432)
    out = ok(sftp(server, "cd place\nls -l\n"))
    assert " ann      ann " in out and " 54321    65432 " in out


def test_ls_missing(both):
    rc, _, err, _ = both("ls nothing\n")
    assert rc == 1 and "not found" in err


def test_directories(both):
    rc, out, _, left = both("mkdir one\nmkdir one/two\ncd one/two\npwd\ncd ..\nrmdir two\ncd ..\n"
                            "-rmdir dir\n-mkdir one\n-rmdir nothing\n-cd a\n", some_files)
    assert rc == 0 and "/place/one/two" in out and "dir" in left and "one/two" not in left


def test_rename(both):
    """over another file too: posix-rename@openssh.com"""
    _, _, _, left = both("rename a A\nrename b new\nrename dir d2\n-rename nothing x\n", some_files)
    assert "A" in left and "b" not in left and left["new"][3] == 11


def test_old_rename(both):
    """draft 6.5: not over another file"""
    rc, _, err, left = both("rename -l b B\n-rename -l a new\nrename -l link l2\nrename -l dir d2\n"
                            "-rename -l fifo d2\n", some_files)
    assert rc == 0 and "B" in left and left["new"][3] == 3 and "ailure" in err


def test_rm(both):
    _, _, _, left = both("rm a\nrm link\nrm broken\n-rm dir\n-rm nothing\nrm [bc]\n", some_files)
    assert sorted(left) == ["dir", "dir/inside", "fifo", "new", "run"]


def test_links(both):
    """OpenSSH's order of the arguments, and hardlink@openssh.com"""
    _, _, _, left = both("symlink a one\nln -s /etc/../x two\nln a three\n-ln a b\n-symlink a b\n"
                         "ln link four\n-ln nothing x\n", some_files)
    assert left["one"][4] == "a" and left["two"][4] == "/etc/../x" and left["three"][1] >= 2


def test_chmod(both):
    """of what a link points to as well; -h is lsetstat@openssh.com"""
    rc, _, _, left = both("chmod 640 a\nchmod 4711 b\nchmod 0 new\nchmod 700 dir\nchmod 600 link\n"
                          "-chmod -h 600 link\n-chmod 600 broken\n-chmod 600 nothing\n", some_files)
    assert rc == 0 and left["b"][0] == "0o104711" and left["a"][0] == "0o100600"


def test_chown(both):
    """one's own group may be given; more may not"""
    both("chgrp 30000 a\n-chown 0 a\n-chgrp 0 a\nchgrp -h 30000 link\n-chown 30001 link\n",
         some_files)


@pytest.mark.parametrize("flags", ["", "-p", "-r", "-rp", "-f"])
def test_put(both, place, flags):
    """modes and times of what arrives, also where a file was before"""
    here = place[0]
    old = os.umask(0)
    some_files(here)
    os.umask(old)
    os.unlink(here + "/fifo")
    what = ["a up", "run", "b new", "link"] + ["dir"] * ("r" in flags)
    both("".join(f"put {flags} {w}\n" for w in what), lambda there: write(there + "/new", b"old"))


def test_df(both):
    """of a disk that nobody else writes to"""
    disk = DATA + "/df"
    os.mkdir(disk)
    sh(f"mount -t tmpfs -o size=3m,nr_inodes=99 tmpfs {disk}")
    write(disk + "/f", noise(100000))
    _, out, _, _ = both("".join(f"df {flag} {disk}\n" for flag in ("", "-h", "-i", "-hi")) +
                        "-df nothing\n")
    sh("umount " + disk)
    assert "Capacity" in out and " 3072 " in out


def test_cp(both):
    """copy-data@openssh.com"""
    _, _, _, left = both("cp a copy\ncp run b\n-cp nothing x\ncp new dir/new\n", some_files)
    assert left["copy"][3] == left["a"][3] and left["b"][3] == left["run"][3]


def test_denied(both):
    """a file without a right to it, a folder, a fifo"""
    def before(there):
        some_files(there)
        os.chmod(there + "/a", 0)
    _, _, err, _ = both("-get a\n-get dir\n-get /etc/shadow\n-put /etc/hostname /etc/x\n-ls /root\n"
                         "-rm /etc/passwd\n-mkdir /x\n", before)
    assert "ermission denied" in err


def test_paths(both):
    _, out, _, _ = both("cd dir/../dir/./\npwd\ncd /\npwd\ncd /usr/../etc\npwd\n-cd nothing\n"
                         "cd ../../..\npwd\n", some_files)
    assert "working directory: /etc" in out


# ---------------------------------------------------------------- transfers
def test_quoted_names(server, place):
    """each odd name said in a batch, up and down"""
    here, there = place
    make_tree(here + "/tree", {LINE})
    up, down = b"", b""
    for name in NAMES:
        if name != LINE:
            q = b'"%s"' % b"".join(b"\\" * (c in b'\\"') + bytes([c]) for c in name)
            up += b'put "./%s" "./%s"\n' % (q[1:-1], q[1:-1])
            down += b'get "./%s" "./%s"\n' % (q[1:-1], q[1:-1])
    ok(sftp(server, f"cd place\nlcd {here}/tree/names\n".encode() + up))
    os.mkdir(here + "/back")
    ok(sftp(server, f"cd place\nlcd {here}/back\n".encode() + down))
    same(here + "/tree/names", there)
    same(here + "/tree/names", here + "/back")


def test_batch_stops(server, place):
    """at its first error, but not at one of a line with a dash"""
    r = sftp(server, "cd place\n-rm nothing\nmkdir one\nrm nothing\nmkdir two\n")
    assert r.rc == 1 and os.listdir(place[1]) == ["one"]


@pytest.mark.parametrize("command", ["reget", "get -a", "reput", "put -a"])
def test_resume(server, place, command):
    """what is missing is sent, what is there is left alone"""
    src, dst = place[::-1] if "get" in command else place
    data = noise(1 << 20)
    write(src + "/f", data)
    write(dst + "/f", b"x" * 1000 + data[1000:300000])
    owned(place[1])
    ok(sftp(server, f"cd place\nlcd {place[0]}\n{command} f\n"))
    with open(dst + "/f", "rb") as f:
        assert f.read() == b"x" * 1000 + data[1000:]


@pytest.mark.parametrize("options", ["-B 1 -R 1", "-B 512", "-B 32768 -R 1", "-B 100000 -R 3",
                                     "-B 261120 -R 200", "-B 262000 -R 512"])
def test_buffers(server, place, options):
    """requests of each size, few and many at once"""
    here, there = place
    data = noise(4000 if "-B 1 " in options else 3 << 20)
    write(here + "/f", data)
    ok(sftp(server, f"put {here}/f place/f\nget place/f {here}/g\n", *options.split()))
    for path in (there + "/f", here + "/g"):
        with open(path, "rb") as f:
            assert f.read() == data


def test_full_directory(server, place):
    """more names than a packet holds, long and short"""
    there = place[1]
    names = {f"{i:04d}" + "n" * (i % 240) for i in range(3000)}
    for name in names:
        write(there + "/" + name, b"")
    owned(there)
    out = ok(sftp(server, "ls -1 place\n"))
    assert {l.strip().removeprefix("place/") for l in out.splitlines()[1:]} == names


def test_deep(server, place):
    """a path near the longest there is"""
    here, there = place
    write(here + "/f", b"deep")
    ok(sftp(server, "cd place\n" + f"mkdir {'d' * 250}\ncd {'d' * 250}\n" * 15 +
            f"put {here}/f f\nget f {here}/g\n"))
    assert read_tree(here)[b"g"] == b"deep"


def test_growing_and_shrinking(server, place):
    """a put over a longer file leaves none of it"""
    here, there = place
    write(there + "/f", noise(500000))
    owned(there)
    write(here + "/f", b"short")
    ok(sftp(server, f"put {here}/f place/f\n"))
    assert read_tree(there)[b"f"] == b"short"
