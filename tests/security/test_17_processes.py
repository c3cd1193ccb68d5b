"""SECURITY 17 to 19: signals to the server's processes, core dumps, seeds, and net's cage."""
# SPDX-License-Identifier: MIT
import hashlib
import os
import random
import signal
import subprocess
import threading
import time

import lab
import pytest
from peer import *


@pytest.mark.ours
@pytest.mark.parametrize("signals", [[signal.SIGCHLD], [signal.SIGALRM],
                                     [signal.SIGCHLD, signal.SIGALRM, signal.SIGPIPE]])
def test_signals_while_busy(server, signals):
    """SECURITY 17: a handler only sets a flag: no byte is lost, nobody dies"""
    stop = threading.Event()
    with server.login() as p:
        pids, rng = list(server.procs()), random.Random(17)

        def pester():
            while not stop.is_set():
                try:
                    os.kill(rng.choice(pids), rng.choice(signals))
                except ProcessLookupError:
                    pass
                time.sleep(0.0005)
        t = threading.Thread(target=pester)
        t.start()
        try:
            data = os.urandom(1 << 20) * 24
            ch = p.open()
            h = hashlib.sha256()
            ch.sink = h.update
            assert p.request(ch, b"exec", string(b"cat"))
            p.write(ch, data)
            p.eof(ch)
            p.wait(lambda: ch.closed)
            assert (ch.status, h.digest()) == (0, hashlib.sha256(data).digest())
            for i in range(30):
                assert p.run("exit %d" % i).status == i
                server.start().close()
        finally:
            stop.set()
            t.join()
        assert set(server.procs()) >= set(pids)
    assert server.serves()


def idle(server, state):
    if state == "silent":
        return server.peer()
    return server.start() if state == "keyed" else server.login()


@pytest.mark.ours
@pytest.mark.parametrize("state", ["silent", "keyed", "session"])
def test_net_is_caged(serve, state):
    """SECURITY 19, from the first byte on; a log that is a file would need RLIMIT_FSIZE"""
    server = serve(quiet=True)
    with idle(server, state) as p:
        assert lab.eventually(lambda: server.roles("net"))
        if state == "silent":
            p.read_hello()
        (net,) = server.roles("net")
        get = lambda f: lab.status(net, f).split()
        assert get("Seccomp") == ["2"] and get("NoNewPrivs") == ["1"]
        assert {int(get(c)[0], 16) for c in ("CapEff", "CapPrm", "CapInh", "CapAmb")} == {0}
        nobody = lab.sh_out("id", "-u", "nobody")
        assert get("Uid") == [nobody] * 4 and "0" not in get("Gid") + get("Groups")
        assert os.listdir("/proc/%d/root/" % net) == []
        assert os.stat("/proc/%d/root" % net).st_ino != os.stat("/").st_ino
        st = os.stat("/proc/%d/root/" % net)
        assert st.st_uid == 0 and not st.st_mode & 0o022
        limits = lab.slurp("/proc/%d/limits" % net)
        for name in ("Max processes", "Max file size"):
            assert [l.split()[-3] for l in limits.splitlines() if l.startswith(name)] == ["0"], name
        assert lab.slurp("/proc/%d/maps" % net).count("[heap]") == 0


@pytest.mark.ours
def test_descriptors_of_net_and_monitor(serve):
    """net: its socket, a pipe to the monitor, the log, no file; the monitor: no client's socket"""
    server = serve()
    with server.login() as p:
        ch = p.open()
        assert p.request(ch, b"exec", string(b"sleep 100"))
        (net,), (monitor,) = server.roles("net"), server.roles("monitor")

        def fds(pid):
            return {int(f): os.readlink("/proc/%d/fd/%s" % (pid, f))
                    for f in os.listdir("/proc/%d/fd" % pid)}
        held = fds(net)
        fine = "socket:", "pipe:", "/dev/pt", "anon_inode:"
        assert not [t for n, t in held.items() if n > 2 and not t.startswith(fine)], held
        listening = {l.split()[9] for l in lab.slurp("/proc/net/tcp").splitlines()[1:]
                     if l.split()[3] == "0A"}
        for pid in (net, monitor):
            assert not any(t[8:-1] in listening for t in fds(pid).values()
                           if t.startswith("socket:")), "the listener's socket"
        assert len(held) <= 16, held
        mine = {l.split()[9] for l in lab.slurp("/proc/net/tcp").splitlines()[1:]
                if l.split()[3] == "01" and l.split()[1].endswith(":%04X" % server.port)}
        assert not any(t[8:-1] in mine for t in fds(monitor).values()), "monitor has the socket"


NO_PTRACE = "setpriv", "--bounding-set=-sys_ptrace"  # without it dumpable is what decides


@pytest.mark.ours
@pytest.mark.parametrize("state", ["silent", "keyed", "session"])
def test_no_core_dumps(serve, state):
    """SECURITY 18: net and monitor are not dumpable, and so not to be read by their own kind"""
    def readable(pid):
        return not subprocess.run([*NO_PTRACE, "readlink", "/proc/%d/exe" % pid],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
    with subprocess.Popen([*NO_PTRACE, "sleep", "100"]) as sleep:
        assert lab.eventually(lambda: "sleep\0" in lab.slurp("/proc/%d/cmdline" % sleep.pid)[:6])
        assert readable(sleep.pid)
        sleep.kill()
    server = serve(wrap=NO_PTRACE)
    with idle(server, state) as p:
        assert lab.eventually(lambda: len(server.connection()) == 2)
        p.read_hello()
        (net,), (monitor,) = server.roles("net"), server.roles("monitor")
        assert os.stat("/proc/%d/mem" % net).st_uid == 0
        assert not readable(monitor)
        if state == "session":
            assert p.run("cat /proc/%d/environ /proc/%d/environ" % (net, monitor)).out == b""


def test_seeds_differ(serve):
    """SECURITY 18: no two processes draw the same: cookies, ephemeral keys, signatures"""
    server = serve()
    cookies, publics, peers = set(), set(), []
    for _ in range(30):
        p = server.peer()
        p.hello()
        p.read_kexinit()
        cookies.add(p.kex_seen[1:17])
        peers.append(p)
        if len(peers) == 5:
            for p in peers:
                p.rekey()
                publics.add(p.server_public)
                p.close()
            peers = []
    assert len(cookies) == len(publics) == 30
    with server.login() as p:
        for _ in range(10):
            p.rekey()
            publics.add(p.server_public)
    assert len(publics) == 40


@pytest.mark.ours
@pytest.mark.parametrize("victim", ["net", "monitor"])
@pytest.mark.parametrize("state", ["silent", "keyed", "session"])
def test_one_of_two_dies(serve, victim, state):
    """the other follows, the connection ends, the listener lives"""
    server = serve()
    with idle(server, state) as p:
        assert lab.eventually(lambda: len(server.connection()) == 2)
        p.read_hello()
        (pid,) = server.roles(victim)
        os.kill(pid, signal.SIGKILL)
        p.sock.settimeout(20)
        assert p.ended()
        assert server.settled()
    assert server.serves()


def test_no_process_stays(serve):
    """50 connections that end in every way: nothing is left, no zombie"""
    server = serve()
    for i in range(50):
        p = [server.peer, server.start, server.login][i % 3]()
        if i % 3 == 2 and i % 2:
            p.open()
        if i % 4 == 0:
            p.sock.setsockopt(1, 13, b"\1\0\0\0\0\0\0\0")  # SO_LINGER: a reset
        p.close()
    assert server.settled()
    assert lab.eventually(lambda: not [k for k in lab.descendants(server.p.pid)])


def test_listeners_memory(serve):
    """200 connections leave no trace in the listener, but the slots that were used at a time"""
    server = serve()
    for _ in range(20):
        server.peer().close()
    assert server.settled()
    before = lab.dirty([server.p.pid])
    for _ in range(200):
        server.peer().close()
    assert server.settled()
    assert lab.dirty([server.p.pid]) <= before + (1024 if lab.STANDIN else 16)
