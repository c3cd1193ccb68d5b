"""test_sftp_server.py - files of each size and name, by each program, up and down.

SPDX-License-Identifier: MIT
"""
import filecmp
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from movers import MOVERS, make_tree, need, noise, owned, read_tree, same, sftp, write

GIB5 = 5 << 30


@pytest.fixture(params=MOVERS)
def mover(request):
    row = MOVERS[request.param]
    need(row.program)
    return row


def test_up(mover, server, place):
    here, there = place
    make_tree(here + "/tree", mover.cannot)
    r = mover.up(server, here + "/tree", "place/tree")
    assert r.rc == 0, r
    same(here + "/tree", there + "/tree")


def test_down(mover, server, place):
    here, there = place
    owned(make_tree(there + "/tree", mover.cannot))
    r = mover.down(server, "place/tree", here + "/tree")
    assert r.rc == 0, r
    same(there + "/tree", here + "/tree")


# ---------------------------------------------------------------- 64-bit offsets
def sparse(path, size, tail):
    """a hole with something at its end"""
    with open(path, "wb") as f:
        f.seek(size - len(tail))
        f.write(tail)
    return path


def end_of(path, n):
    with open(path, "rb") as f:
        f.seek(-n, os.SEEK_END)
        return f.read()


@pytest.mark.parametrize("size", [2 << 30, 4 << 30, GIB5], ids=["2GiB", "4GiB", "5GiB"])
def test_tail_of_a_big_file(server, place, size):
    """reget and reput of the last MiB, across the limits of 31 and 32 bits"""
    here, there = place
    tail = noise(1 << 20)
    sparse(here + "/up", size + 99, tail)
    os.truncate(owned(sparse(there + "/up", size, b"")), size - len(tail) + 99)
    owned(sparse(there + "/down", size + 99, tail))
    os.truncate(sparse(here + "/down", size, b""), size - len(tail) + 99)
    r = sftp(server, f"cd place\nlcd {here}\nls -ln down\nreput up\nreget down\n")
    assert r.rc == 0, r
    assert f" {size + 99} " in r.out
    for path in (there + "/up", here + "/down"):
        assert os.stat(path).st_size == size + 99 and end_of(path, 1 << 20) == tail


@pytest.mark.skipif("CUBSSH_BIG" not in os.environ, reason="a minute and 5 GiB: CUBSSH_BIG=1")
@pytest.mark.parametrize("way", ["up", "down"])
def test_5gib(server, place, way):
    here, there = place
    src, dst = place if way == "up" else (there, here)
    sparse(src + "/big", GIB5, noise(1 << 20))
    owned(there)
    line = f"put {here}/big place/big" if way == "up" else f"get place/big {here}/big"
    r = sftp(server, line + "\n", limit=600)
    assert r.rc == 0, r
    assert filecmp.cmp(src + "/big", dst + "/big", shallow=False)


# ---------------------------------------------------------------- while much is under way
@pytest.mark.parametrize("name", ["sftp", "lftp", "paramiko", "psftp"])
def test_new_keys_in_transfer(serve, place, name):
    """a server that wants new keys after each MiB, whichever way it goes"""
    mover = MOVERS[name]
    need(mover.program)
    here, there = place
    server = serve(RekeyLimit="1M")
    os.mkdir(here + "/tree")
    write(here + "/tree/f", noise(7 << 20))
    for r in (mover.up(server, here + "/tree", "place/tree"),
              mover.down(server, "place/tree", here + "/back")):
        assert r.rc == 0, r
    same(here + "/tree", there + "/tree")
    same(here + "/tree", here + "/back")


def test_many_at_once(server, place):
    """six sessions, up and down"""
    here, there = place
    write(there + "/f", noise(3 << 20))
    owned(there)
    batch = lambda i: f"get place/f {here}/{i}\nput {here}/{i} place/{i}\n"  # noqa: E731
    with ThreadPoolExecutor(6) as pool:
        for r in pool.map(lambda i: sftp(server, batch(i)), range(6)):
            assert r.rc == 0, r
    assert set(read_tree(there).values()) == set(read_tree(here).values()) == {None, noise(3 << 20)}
