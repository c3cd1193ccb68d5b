"""test_sftp_server_clients.py - what else clients of other makers ask of an SFTP server.

SPDX-License-Identifier: MIT
"""
import hashlib
import os
import random
import stat

import pytest
from lib import sha256, standin_skip
from movers import (SCRIPTED, asyncssh_sftp, curl, lftp, make_tree, need, noise, owned,
                    paramiko_sftp, psftp, rclone, read_tree, restic, rsync, same, script, url,
                    write)

BIG = noise(3 << 20, 1)


def ok(r):
    assert r.rc == 0, r
    return r.out


@pytest.fixture
def some(place):
    """a file of 3 MiB and a folder with names, in ann's home"""
    there = place[1]
    write(there + "/big", BIG)
    os.mkdir(there + "/dir")
    for name in ("a.txt", "b.txt", "c.bin"):
        write(there + "/dir/" + name, name.encode())
    owned(there)
    return place


# ---------------------------------------------------------------- paramiko
@pytest.fixture
def paramiko(server, some):
    with paramiko_sftp(server) as c:
        c.chdir("place")
        yield c


def test_paramiko_prefetch(paramiko, some):
    """hundreds of requests at once, and replies in their order"""
    for i in range(3):
        paramiko.get("big", f"{some[0]}/{i}")
        assert read_tree(some[0])[b"%d" % i] == BIG


def test_paramiko_put_confirmed(paramiko, some):
    write(some[0] + "/f", BIG)
    assert paramiko.put(some[0] + "/f", "up", confirm=True).st_size == len(BIG)
    assert read_tree(some[1])[b"up"] == BIG


def test_paramiko_readv(paramiko, some):
    """ranges in any order, one of them past the end"""
    places = [(len(BIG) - 100, 1000)] + [
        (random.Random(i).randrange(len(BIG)), i * 999) for i in range(1, 60)]
    with paramiko.open("big") as f:
        for (at, n), got in zip(places, f.readv([p for p in places])):
            assert got == BIG[at:at + n]


def test_paramiko_modes(paramiko, some):
    """r+, a, wx, w+: what may be there before, and where writes go"""
    with paramiko.open("f", "wx") as f:
        f.write(b"0123456789")
    with pytest.raises(IOError):
        paramiko.open("f", "wx")
    with paramiko.open("f", "r+") as f:
        f.seek(3)
        f.write(b"abc")
        f.seek(0)
        assert f.read() == b"012abc6789"
    with paramiko.open("f", "a") as f:
        f.write(b"end")
    with paramiko.open("f", "a+") as f:
        f.write(b"!")
    assert read_tree(some[1])[b"f"] == b"012abc6789end!"
    with paramiko.open("f", "w+") as f:
        f.write(b"x" * 10)
        f.truncate(4)
        assert f.stat().st_size == 4
    assert read_tree(some[1])[b"f"] == b"xxxx"


def test_paramiko_attributes(paramiko, some):
    paramiko.truncate("big", 6 << 30)
    paramiko.chmod("big", 0o4711)
    paramiko.utime("big", (1e9, 2e9))
    st = paramiko.stat("big")
    assert (st.st_size, oct(st.st_mode), st.st_atime, st.st_mtime, st.st_uid) == (
        6 << 30, "0o104711", 10 ** 9, 2 * 10 ** 9, 30000)
    with paramiko.open("big", "r+") as f:
        f.seek((6 << 30) - 3)
        f.write(b"end+")
        f.chmod(0o600)
        f.utime((1, 2))
    st = os.stat(some[1] + "/big")
    assert (st.st_size, oct(st.st_mode), st.st_mtime) == ((6 << 30) + 1, "0o100600", 2)


def test_paramiko_names(paramiko, some):
    paramiko.symlink("big", "link")
    assert os.readlink(some[1] + "/link") == "big" == paramiko.readlink("link")
    assert stat.S_ISLNK(paramiko.lstat("link").st_mode)
    assert paramiko.stat("link").st_size == len(BIG)
    assert paramiko.normalize("dir/../link") == some[1] + "/big"
    paramiko.posix_rename("dir/a.txt", "dir/b.txt")
    with pytest.raises(IOError):
        paramiko.rename("dir/b.txt", "dir/c.bin")
    assert sorted(paramiko.listdir("dir")) == ["b.txt", "c.bin"]
    assert sorted(e.filename for e in paramiko.listdir_iter("dir")) == ["b.txt", "c.bin"]
    with pytest.raises(IOError):
        paramiko.rmdir("dir")
    paramiko.mkdir("new", 0o711)
    assert stat.S_IMODE(os.stat(some[1] + "/new").st_mode) == 0o711


def test_paramiko_errors(paramiko, some):
    """status codes become what Python has for them"""
    for call in (lambda: paramiko.open("no"), lambda: paramiko.stat("no/no"),
                 lambda: paramiko.remove("no"), lambda: paramiko.listdir("no"),
                 lambda: paramiko.readlink("no"), lambda: paramiko.mkdir("no/no")):
        with pytest.raises(FileNotFoundError):
            call()
    for call in (lambda: paramiko.open("/etc/shadow"), lambda: paramiko.mkdir("/etc/x"),
                 lambda: paramiko.remove("/etc/passwd"), lambda: paramiko.chmod("/etc", 0o777),
                 lambda: paramiko.listdir("/root")):
        with pytest.raises(PermissionError):
            call()


@pytest.mark.parametrize("name,at,n", [("sha256", 0, 0), ("sha512", 1000, 70000)])
def test_paramiko_check_file(paramiko, some, name, at, n):
    """check-file: a hash of what is there, whole or of blocks"""
    standin_skip("does not have check-file")
    data = BIG[at:at + n] if n else BIG[at:]
    with paramiko.open("big") as f:
        assert f.check(name, at, n) == hashlib.new(name, data).digest()
        blocks = [data[i:i + 65536] for i in range(0, len(data), 65536)]
        hashes = b"".join(hashlib.new(name, b).digest() for b in blocks)
        assert f.check(name, at, n, 65536) == hashes
        with pytest.raises(IOError):
            f.check("md4", at, n)


def test_paramiko_many_handles(paramiko, some):
    """as many as there are, then an error, and all is well again once they are closed"""
    files = []
    try:
        for _ in range(2000):
            files.append(paramiko.open("big"))
    except IOError:
        pass
    assert len(files) >= 64
    assert files[-1].read(9) == files[0].read(9) == BIG[:9]
    for f in files:
        f.close()
    with paramiko.open("big") as f:
        assert f.read(9) == BIG[:9]


def test_paramiko_two_channels(server, some):
    """of one connection: each has a server of its own"""
    with paramiko_sftp(server) as a:
        b = a.from_transport(a.get_channel().get_transport())
        a.chdir("place")
        assert b.listdir("place") == a.listdir(".")
        with a.open("big") as f, b.open("place/big") as g:
            f.prefetch()
            g.prefetch()
            assert f.read() == g.read() == BIG
        a.get_channel().close()
        assert sorted(b.listdir("place")) == ["big", "dir"]


# ---------------------------------------------------------------- asyncssh
def test_asyncssh_glob(server, some):
    async def work(c):
        await c.chdir(b"place/dir")
        await c.mget([b"*.txt"], some[0].encode())
        await c.mput([some[0].encode() + b"/[a]*"], b"..")
        return sorted(await c.glob([b"../*", b"*.bin"]))
    assert asyncssh_sftp(server, work) == [b"../a.txt", b"../big", b"../dir", b"c.bin"]
    assert sorted(os.listdir(some[0])) == ["a.txt", "b.txt"]


def test_asyncssh_symlink(server, some):
    """it looks at our version string to choose the order of the two"""
    async def work(c):
        await c.symlink(b"big", b"place/link")
        return await c.readlink(b"place/link"), await c.realpath(b"place/link")
    assert asyncssh_sftp(server, work) == (b"big", os.fsencode(some[1]) + b"/big")
    assert os.readlink(some[1] + "/link") == "big"


def test_asyncssh_extensions(server, some):
    """statvfs, fstatvfs, posix-rename, hardlink, fsync"""
    async def work(c):
        await c.chdir(b"place")
        await c.link(b"big", b"hard")
        await c.posix_rename(b"dir/a.txt", b"dir/b.txt")
        async with c.open(b"big", "rb+") as f:
            await f.fsync()
            return await c.statvfs(b"."), await f.statvfs()
    v = os.statvfs(some[1])
    for got in asyncssh_sftp(server, work):
        assert (got.blocks, got.frsize, got.namemax) == (v.f_blocks, v.f_frsize, v.f_namemax)
    assert os.path.samefile(some[1] + "/big", some[1] + "/hard")
    assert sorted(os.listdir(some[1] + "/dir")) == ["b.txt", "c.bin"]


def test_asyncssh_trees(server, some):
    async def work(c):
        await c.makedirs(b"place/x/y/z")
        await c.utime(b"place/x", (1e9, 1e9))
        seen = [e async for e in c.scandir(b"place")]
        await c.rmtree(b"place/dir")
        await c.truncate(b"place/big", 100)
        return {e.filename: e.attrs.permissions for e in seen}
    seen = asyncssh_sftp(server, work)
    assert stat.S_ISDIR(seen[b"x"]) and stat.S_ISREG(seen[b"big"])
    assert os.stat(some[1] + "/x").st_mtime == 1e9
    assert not os.path.exists(some[1] + "/dir") and os.stat(some[1] + "/big").st_size == 100


def test_asyncssh_parallel(server, some):
    """128 requests at once on each of several files"""
    import asyncio

    async def work(c):
        names = [f"{some[0]}/{i}".encode() for i in range(6)]
        await asyncio.gather(*(c.get(b"place/big", n, max_requests=128, block_size=16384)
                               for n in names))
        await asyncio.gather(*(c.put(n, b"place/up" + n[-1:], max_requests=64) for n in names))
    asyncssh_sftp(server, work)
    assert set(read_tree(some[0]).values()) == {None, BIG}
    assert all(read_tree(some[1])[b"up%d" % i] == BIG for i in range(6))


# ---------------------------------------------------------------- libssh, libssh2, npm's ssh2
@pytest.mark.parametrize("name", SCRIPTED)
def test_library(server, some, name):
    """requests one by one, and the codes of those that fail"""
    st = os.statvfs(some[1])
    os.utime(some[1] + "/big", (1e9, 1e9))
    attrs = f"100644 30000 30000 {len(BIG)} 1000000000\nok\n"
    steps = [
        ("stat place/big", attrs),
        ("symlink big place/link", "ok\n"),
        ("readlink place/link", "big\nok\n"),
        ("stat place/link", attrs),
        ("realpath place/../place/link", some[1] + "/big\nok\n"),
        ("statvfs place", f"{st.f_frsize} {st.f_blocks}\nok\n"),
        ("chmod place/big 600", "ok\n"),
        (f"truncate place/big {5 << 30}", "ok\n"),
        ("mkdir place/new", "ok\n"),
        ("mkdir place/new", "status 4\n"),
        ("rename place/new place/dir/in", "ok\n"),
        ("rm place/dir", "status 4\n"),
        ("rmdir place/dir", "status 4\n"),
        ("rmdir place/dir/in", "ok\n"),
        ("rm place/nothing", "status 2\n"),
        ("stat place/nothing", "status 2\n"),
        ("ls place/nothing", "status 2\n"),
        ("ls /root", "status 3\n"),
        ("mkdir /etc/x", "status 3\n"),
    ]
    if name == "libssh":  # looks whether the folder is there: SSH_FX_FILE_ALREADY_EXISTS
        steps[9] = steps[9][0], "status 11\n"
    out = script(name, server, [s.split() for s, _ in steps], all_well=False).out
    assert out == "".join(want for _, want in steps)
    now = os.stat(some[1] + "/big")
    assert (now.st_size, oct(now.st_mode)) == (5 << 30, "0o100600")
    assert os.readlink(some[1] + "/link") == "big"


@pytest.mark.parametrize("name", SCRIPTED)
def test_library_directory(server, some, name):
    names = {f"file {i}" for i in range(500)}
    for n in names:
        write(f"{some[1]}/dir/{n}", b"")
    out = ok(script(name, server, [("ls", "place/dir")]))
    assert set(out.splitlines()) - {".", "..", "ok"} == names | {"a.txt", "b.txt", "c.bin"}


# ---------------------------------------------------------------- PuTTY's
def test_psftp_commands(server, some):
    out = ok(psftp(server, f"cd place\npwd\nlcd {some[0]}\nmkdir new\nmv big new/b\n"
                   "chmod 640 new/b\ndir new\nmget dir/*.txt\nget new/b\nrm dir/c.bin\n"
                   "rm new/b\nrmdir new\n"))
    assert "/place" in out and "-rw-r-----" in out
    assert sorted(os.listdir(some[0])) == ["a.txt", "b", "b.txt"] and sha256(some[0] + "/b")
    assert sorted(read_tree(some[1])) == [b".", b"dir", b"dir/a.txt", b"dir/b.txt"]


@pytest.mark.parametrize("way", ["reget", "reput"])
def test_psftp_resume(server, some, way):
    here, there = some
    src, dst = (there, here) if way == "reget" else (here, there)
    write(src + "/f", BIG)
    write(dst + "/f", BIG[:1234567])
    owned(there)
    ok(psftp(server, f"cd place\nlcd {here}\n{way} f\n"))
    assert read_tree(dst)[b"f"] == BIG


# ---------------------------------------------------------------- lftp
def test_lftp_commands(server, some):
    need("lftp")
    out = ok(lftp(server, f"cd place; lcd {some[0]}; mkdir -p x/y; mv big x/y/b; chmod 600 x/y/b;"
                  "ln -s b x/y/l; cls -l x/y; get x/y/b; put b -o back; mrm dir/*.txt; rm -r x;"
                  "du -a dir; put b; mmv b dir; cat dir/c.bin"))
    assert "-rw-------" in out and "c.bin" in out
    assert read_tree(some[1]) == {b".": None, b"dir": None, b"dir/c.bin": b"c.bin", b"back": BIG,
                                  b"dir/b": BIG}


def test_lftp_parallel(server, some):
    """a tree over five connections, one file in ranges, and what was broken off"""
    need("lftp")
    here, there = some
    make_tree(there + "/tree")
    owned(there)
    write(here + "/half", BIG[:1000001])
    ok(lftp(server, f"mirror -P5 place/tree {here}/tree; pget -n4 place/big -o {here}/big;"
            f"get -c place/big -o {here}/half; mirror -R -P5 {here}/tree place/again"))
    same(there + "/tree", here + "/tree")
    same(there + "/tree", there + "/again")
    assert read_tree(here)[b"big"] == read_tree(here)[b"half"] == BIG


def test_lftp_mirror_again(server, some):
    """only what changed; what is gone is deleted"""
    need("lftp")
    here, there = some
    ok(lftp(server, f"mirror place {here}/m"))
    write(there + "/dir/a.txt", b"changed")
    os.unlink(there + "/dir/c.bin")
    out = ok(lftp(server, f"mirror -e -v place {here}/m"))
    same(there, here + "/m")
    assert "1 file" in out or "Transferring" in out and "big" not in out


# ---------------------------------------------------------------- curl
def test_curl_ranges(server, some):
    need("curl")
    here, there = some
    write(here + "/half", BIG[:1000001])
    write(here + "/all", BIG)
    write(there + "/half", BIG[:2000001])
    owned(there)
    for args, file, want in (
            (["-r", "100-199"], "r1", BIG[100:200]), (["-r", "-100"], "r2", BIG[-100:]),
            (["-r", f"{len(BIG) - 5}-"], "r3", BIG[-5:]), (["-C", "-"], "half", BIG)):
        ok(curl(server, *args, "-o", f"{here}/{file}", url(server, "place/big")))
        assert read_tree(here)[file.encode()] == want
    ok(curl(server, "-C", "-", "-T", here + "/all", url(server, "place/half")))
    ok(curl(server, "-a", "-T", here + "/r1", url(server, "place/dir/a.txt")))
    assert read_tree(there)[b"half"] == BIG
    assert read_tree(there)[b"dir/a.txt"] == b"a.txt" + BIG[100:200]


def test_curl_commands(server, some):
    """-Q, and listings; libssh2 1.10 makes a link and then says that it did not: hence the star"""
    need("curl")
    there = some[1]
    out = ok(curl(server, *(w for q in (
        f"mkdir {there}/new", f"rename {there}/big {there}/new/b", f"chmod 640 {there}/new/b",
        f"*symlink b {there}/new/l", f"rm {there}/dir/a.txt", "pwd", f"statvfs {there}")
        for w in ("-Q", q)), url(server, "place/new/")))
    assert "-rw-r-----" in out and "l" in out
    assert os.readlink(there + "/new/l") == "b"
    assert curl(server, url(server, "place/nothing")).rc in (78, 79)


# ---------------------------------------------------------------- rsync, rclone, restic
def test_rsync_mirror(server, some):
    """-a and --delete both ways, a second time for what changed"""
    need("rsync")
    here, there = some
    make_tree(here + "/tree")
    ok(rsync(server, "-a", "--delete", here + "/tree/", "{}:place/m"))
    same(here + "/tree", there + "/m", keep=True)
    os.unlink(here + "/tree/sizes/0")
    write(here + "/tree/sizes/1", b"two")
    ok(rsync(server, "-az", "--delete", here + "/tree/", "{}:place/m"))
    same(here + "/tree", there + "/m", keep=True)
    ok(rsync(server, "-a", "{}:place/m/", here + "/back"))
    same(here + "/tree", here + "/back", keep=True)


def test_rclone_commands(server, some):
    """with its checks by a command over there, and without"""
    need("rclone")
    here, there = some
    ok(rclone(server, "sync", "{}place", here + "/m"))
    same(there, here + "/m")
    ok(rclone(server, "check", "--sftp-md5sum-command", "md5sum", "{}place", here + "/m"))
    write(here + "/m/dir/a.txt", b"changed")
    os.unlink(here + "/m/dir/c.bin")
    ok(rclone(server, "sync", "--sftp-disable-hashcheck", "--checksum", here + "/m", "{}place"))
    ok(rclone(server, "moveto", "{}place/big", "{}place/dir/renamed"))
    assert ok(rclone(server, "cat", "--offset", "4", "--count", "5", "{}place/dir/b.txt")) == "t"
    assert "renamed" in ok(rclone(server, "lsjson", "-R", "{}place"))
    ok(rclone(server, "about", "{}place"))
    ok(rclone(server, "purge", "{}place/dir"))
    assert os.listdir(there) == []


def test_restic(server, some):
    need("restic")
    here, there = some
    make_tree(here + "/tree")
    for args in (["init"], ["backup", here + "/tree"], ["check", "--read-data"],
                 ["restore", "latest", "--target", here + "/back"]):
        ok(restic(server, "place/repo", *args))
    same(here + "/tree", here + "/back" + here + "/tree", keep=True)
