"""Memory of a session: little, and the same after any amount of data. CUBSSH_MB: MiB each way."""
# SPDX-License-Identifier: MIT
import os
import re
import shutil
import time

import lab
import pytest
from peer import *

MB = int(os.environ.get("CUBSSH_MB", 256))
IDLE = 48  # KiB, monitor and net
POOL = 1024 + 128  # KiB: the largest pool, and the buffers


@pytest.mark.ours
def test_idle_session(serve):
    """the least of three: the kernel moves the stack, over one page more or fewer"""
    server, seen = serve(), []
    for _ in range(3):
        with server.login() as p:
            ch = p.open()
            assert p.request(ch, b"exec", string(b"sleep 100"))
            seen.append(rest(server.connection()))
    assert min(seen) <= IDLE and max(seen) <= IDLE + 8, seen


@pytest.mark.parametrize("way", ["to the server", "from the server", "both"])
def test_bulk(serve, way):
    """a rekey each 64 MiB; at rest as before, in between no more than the pool and buffers"""
    server, block, size = serve("RekeyLimit=64M"), bytes(1 << 20), MB << 20
    with server.login(cipher=AES, mac=SHA2_ETM) as p:
        command = {"to the server": "cat >/dev/null", "both": "cat",
                   "from the server": "head -c %d /dev/zero" % size}[way]
        p.rekey()
        assert p.run("cat", bytes(4 << 20)).status == 0
        pids, seen = server.connection(), []
        before = rest(pids)
        ch = p.open()
        ch.sink = lambda b: None
        assert p.request(ch, b"exec", string(command.encode()))
        for i in range(1, MB + 1):
            if way == "from the server":
                p.wait(lambda: ch.bytes >= min(i << 20, size))
            else:
                p.write(ch, block)
            if i % (MB // 8) == 0:
                seen.append(lab.dirty(pids))
        if way != "from the server":
            p.eof(ch)
        p.wait(lambda: ch.closed)
        assert ch.status == 0 and (way == "to the server" or ch.bytes == size)
        assert p.kexes >= 2 + (MB // 64 - 1) * (2 if way == "both" else 1) // 2
        p.shut(ch)
        p.alive()
        after = rest(pids)
        print("KiB at rest before, on the way, at rest after:", before, seen, after)
        if not lab.STANDIN:
            assert after <= before + 8 and max(seen) <= before + POOL, (before, seen, after)


def rest(pids):
    """the least of a while: what was lent is given back soon after it is read"""
    least = lab.dirty(pids)
    for _ in range(20):
        time.sleep(0.05)
        least = min(least, lab.dirty(pids))
    return least


@pytest.mark.ours
def test_no_brk_no_mmap(serve, place):
    """none of our processes asks the kernel for memory once it runs"""
    if not shutil.which("strace"):
        pytest.skip("no strace")
    trace = os.path.join(place, "trace")
    server = serve(wrap=["strace", "-f", "-qq", "-s", "200", "-o", trace, "-e",
                         "trace=brk,mmap,mmap2,mremap,mprotect,execve,execveat"])
    with server.login("alice", lab.PASSWORD) as p:
        p.rekey()
        data = bytes(8 << 20)
        assert p.run("cat", data).bytes == len(data)
    with server.login() as p:
        assert p.run("exit 3").status == 3
    server.settled()
    server.stop()
    ours, bad = {}, []
    with open(trace) as f:
        for line in f:
            pid, _, call = line.partition(" ")
            if "execve" in call:
                ours[pid] = lab.CUBSSH in call or '"(monitor)"' in call or '"(net)"' in call
            elif ours.get(pid, True) and re.match(r"\s*(brk|mmap2?|mremap)\(", call):
                bad.append(line)
    assert ours and not bad, "".join(bad[:20])
