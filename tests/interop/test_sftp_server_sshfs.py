"""test_sftp_server_sshfs.py - our server's files as a folder, through sshfs.

SPDX-License-Identifier: MIT
"""
import os
import random
import stat

import pytest
from lib import sh
from movers import need, noise, owned, read_tree, sshfs, write
from stock import run

MAIN = b'''#include <stdio.h>
#include "two.h"
int main(void) { printf("%d\\n", two()); return 0; }
'''
MAKEFILE = b'''hello: main.o two.o
\tcc -o $@ $^
main.o two.o: two.h
'''


def test_sshfs_clone_and_make(server, place):
    """git and make work in there as anywhere"""
    for program in ("sshfs", "git", "make", "cc"):
        need(program)
    here, there = place
    os.mkdir(here + "/src")
    write(here + "/src/main.c", MAIN)
    write(here + "/src/two.c", b'#include "two.h"\nint two(void) { return 2; }\n')
    write(here + "/src/two.h", b"int two(void);\n")
    write(here + "/src/Makefile", MAKEFILE)
    git = "git -c user.name=x -c user.email=x@y -c init.defaultBranch=m -c safe.directory='*'"
    with sshfs(server, "place", "-o", "idmap=user") as point:
        r = run(["sh", "-ec", f"""
            cd {here}/src; {git} init -q; {git} add .; {git} commit -qm one
            {git} clone -q {here}/src {point}/clone
            cd {point}/clone; make -s; test `./hello` = 2; {git} status --porcelain
            echo >>two.c; {git} commit -qam two; {git} gc -q; {git} fsck --strict
            make -s; test `./hello` = 2; rm hello *.o; {git} diff --exit-code"""], cwd=here)
        assert r.rc == 0, r
    log = sh(f"{git} -C {there}/clone log --oneline")
    assert [l.split()[1] for l in log.splitlines()] == ["two", "one"]


@pytest.mark.parametrize("options", ["", "direct_io", "sync_readdir,max_conns=3"])
def test_sshfs_random_writes(server, place, options):
    """like fsx: what the file holds is what a copy in memory says, at each step"""
    need("sshfs")
    rng, model = random.Random(len(options)), bytearray()
    with sshfs(server, "place", *(["-o", options] if options else [])) as point:
        path = point + "/f"
        f = open(path, "w+b", buffering=0)
        for step in range(400):
            what, at = rng.randrange(10), rng.randrange(300000)
            data = rng.randbytes(rng.choice((1, 4096, 33000, 70000)))
            if what < 4:
                f.seek(at)
                f.write(data)
                model.extend(bytes(max(0, at + len(data) - len(model))))
                model[at:at + len(data)] = data
            elif what < 7:
                f.seek(at)
                assert f.read(len(data)) == model[at:at + len(data)], step
            elif what == 7:
                f.truncate(at)
                model = model[:at].ljust(at, b"\0")
            elif what == 8:
                os.fsync(f.fileno())
                assert os.fstat(f.fileno()).st_size == len(model), step
            else:
                f.close()
                f = open(path, "r+b", buffering=0)
        f.close()
        assert read_tree(point)[b"f"] == model
    assert read_tree(place[1])[b"f"] == model


def test_sshfs_names(server, place):
    """rename over a file, links of both kinds, modes, times, a rename of a folder, df"""
    need("sshfs")
    there = place[1]
    write(there + "/big", noise(3 << 20))
    os.mkdir(there + "/dir")
    for name in ("a.txt", "b.txt", "c.bin"):
        write(f"{there}/dir/{name}", b"x")
    owned(there)
    with sshfs(server, "place") as point:
        os.rename(point + "/dir/a.txt", point + "/dir/b.txt")
        assert sorted(os.listdir(point + "/dir")) == ["b.txt", "c.bin"]
        os.rename(point + "/dir", point + "/folder")
        os.symlink("folder/b.txt", point + "/soft")
        os.link(point + "/big", point + "/hard")
        assert os.readlink(point + "/soft") == "folder/b.txt"
        os.chmod(point + "/big", 0o700)
        os.unlink(point + "/folder/c.bin")
        os.utime(point + "/folder", (1e9, 1e9))
        with pytest.raises(OSError):
            os.rmdir(point + "/folder")
        with pytest.raises(FileNotFoundError):
            os.stat(point + "/dir")
        v, want = os.statvfs(point), os.statvfs(there)
        assert (v.f_blocks, v.f_namemax) == (want.f_blocks, want.f_namemax)
    assert os.readlink(there + "/soft") == "folder/b.txt"
    assert os.path.samefile(there + "/big", there + "/hard")
    assert stat.S_IMODE(os.stat(there + "/big").st_mode) == 0o700
    assert os.stat(there + "/folder").st_mtime == 1e9
