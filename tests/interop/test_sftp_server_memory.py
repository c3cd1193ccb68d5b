"""test_sftp_server_memory.py - what sftp-server costs while it serves.

SPDX-License-Identifier: MIT
"""
import os
import re
import threading
import time

import pytest
from lib import EMU, descendants, slurp, standin_skip
from movers import lftp, make_tree, noise, owned, paramiko_sftp, sftp, write

MOST = 160  # KiB, private and written to


def private_dirty(pid):
    return int(re.search(r"Private_Dirty: *(\d+)", slurp(f"/proc/{pid}/smaps_rollup")).group(1))


class Sampler(threading.Thread):
    """the most that any program of ann's, run from the server's image, has ever had"""

    def __init__(self, server):
        super().__init__()
        self.server, self.done, self.most, self.pids, self.count = server, False, 0, set(), 0

    def ours(self, pid):
        try:
            return "Uid:\t30000" in slurp(f"/proc/{pid}/status") and os.path.samefile(
                f"/proc/{pid}/exe", f"/proc/{self.server.pid}/exe")
        except OSError:
            return False

    def run(self):
        while not self.done:
            pids = [p for p in descendants(self.server.pid) if self.ours(p)]
            self.pids.update(pids)
            for _ in range(20):
                for pid in pids:
                    try:
                        self.most = max(self.most, private_dirty(pid))
                        self.count += 1
                    except (OSError, AttributeError):
                        pass
                time.sleep(0.002)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.done = True
        self.join()


def many_handles(server):
    """all that it has, each with a long name, and a listing"""
    with paramiko_sftp(server) as c:
        files = []
        try:
            for i in range(400):
                files.append(c.open("place/" + "x" * 200 + str(i), "w"))
        except OSError:
            pass
        for f in files:
            f.write(noise(50000))
        c.listdir("place")


def test_private_dirty(serve, place):
    standin_skip("has no such limit")
    if EMU or not os.path.exists("/proc/self/smaps_rollup"):
        pytest.skip("no figure of its own for the process")
    here, there = place
    write(here + "/big", noise(24 << 20))
    make_tree(here + "/tree")
    os.mkdir(there + "/full")
    for i in range(2000):
        write(f"{there}/full/{i}" + "y" * (i % 200), b"")
    owned(there)
    server = serve()
    a, b = (f"put {here}/big place/{x}\nget place/{x} {here}/{x}\n" for x in "ab")
    work = [lambda: sftp(server, a + "ls -l place/full\n"),
            lambda: sftp(server, b + "cp place/b place/c\n", "-B", "261120", "-R", "200"),
            lambda: lftp(server, f"mirror -R -P3 {here}/tree place/tree;"
                         f"mirror -P3 place {here}/m"),
            lambda: many_handles(server)]
    with Sampler(server) as s:
        threads = [threading.Thread(target=w) for w in work]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    assert s.count > 50 and len(s.pids) >= 4
    print(f"most {s.most} KiB in {s.count} samples of {len(s.pids)} processes")
    assert s.most <= MOST
