"""Memory of a session: little, and the same after any amount of data. CUBSSH_MB: MiB each way."""
# SPDX-License-Identifier: MIT
import os
import re
import shutil

import lab
import pytest
from peer import *

MB = int(os.environ.get("CUBSSH_MB", 256))
IDLE = 48  # KiB, monitor and net


@pytest.mark.ours
def test_idle_session(serve):
    server = serve()
    with server.login() as p:
        ch = p.open()
        assert p.request(ch, b"exec", string(b"sleep 100"))
        assert lab.dirty(server.connection()) <= IDLE


@pytest.mark.parametrize("way", ["to the server", "from the server", "both"])
def test_bulk(serve, way):
    """a rekey each 64 MiB; twice as much data, no more memory"""
    server, block = serve("RekeyLimit=64M"), bytes(1 << 20)
    with server.login(cipher=AES, mac=SHA2_ETM) as p:
        command = {"to the server": "cat >/dev/null", "from the server": "head -c %d /dev/zero" % (
            MB << 20), "both": "cat"}[way]
        warm = p.run(command.replace(str(MB << 20), str(4 << 20)), b"" if "head" in command
                     else bytes(4 << 20))
        assert warm.status == 0
        pids = server.connection()
        ch = p.open()
        ch.sink = lambda b: None
        assert p.request(ch, b"exec", string(command.encode()))
        seen = []
        if way == "from the server":
            while not ch.closed:
                p.wait(lambda: ch.closed or ch.bytes >= (len(seen) + 1) * (MB << 20) // 8)
                seen.append(lab.dirty(pids))
        else:
            for i in range(MB):
                p.write(ch, block)
                if i % (MB // 8) == MB // 16:
                    seen.append(lab.dirty(pids))
            p.eof(ch)
            p.wait(lambda: ch.closed)
        assert ch.status == 0 and (way == "to the server" or ch.bytes == MB << 20)
        assert p.kexes >= 1 + (MB // 64 - 1) * (2 if way == "both" else 1) // 2
        # pages of the pool that the first quarter did not touch may come; then no more
        assert max(seen[2:]) <= seen[1] + (4096 if lab.STANDIN else 12), seen


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
