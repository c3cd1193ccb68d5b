"""Our ssh when things break: killed servers, links that swallow all, full disks, ends of pipes.

SPDX-License-Identifier: MIT
"""
import os
import signal
import socket
import subprocess
import time

import pytest
from caller import TEN, THEIRS, WEB, argv, curl, fds, ssh
from lib import CUBSSH, DATA, HOSTKEY, KNOWN, descendants, gone, kill, put, sha256, sh, slurp, \
    until
from stock import Background, run
from transfer import tmpfs


def nothing_left(pids):
    for p in pids:
        gone(p)


# ---------------------------------------------------------------- killed processes
@pytest.mark.parametrize("flags", [(), ("-N", "-L", "2100:127.0.0.1:9"), ("-tt",)],
                         ids=["exec", "forward", "tty"])
def test_server_is_killed(serve, flags):
    """255 and a word, at once; our forwarder ends too"""
    server = serve()
    with Background(argv(server, *flags, cmd="echo go; sleep 60"), stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE) as p:
        if "-N" in flags:
            until(lambda: server.listening(2100), "the forward")
        else:
            assert p.stdout.readline().strip() == b"go"
        family = descendants(p.pid)
        for pid in descendants(server.pid):
            os.kill(pid, signal.SIGKILL)
        assert p.wait(10) == 255 and p.stderr.read()
        nothing_left(family)


def test_client_is_killed(serve):
    """the far command ends, and so do the listeners of -L and -R"""
    server = serve()
    with Background(argv(server, "-L", "2100:127.0.0.1:9", "-R", "2102:127.0.0.1:9",
                         cmd="echo $$; exec sleep 60"), stdout=subprocess.PIPE) as p:
        until(lambda: server.listening(2100) and server.listening(2102), "the forwards")
        pid, family = int(p.stdout.readline()), descendants(p.pid)
        p.kill()
        nothing_left(family)
        gone(pid)
        until(lambda: not server.listening(2100) and not server.listening(2102), "no listener")
        until(lambda: not descendants(server.pid), "no process of the connection")


def test_forwarder_is_killed(server, web):
    """its listeners are gone, the session is not; what is forwarded next starts another"""
    with Background(argv(server, "-L", f"2100:127.0.0.1:{WEB}", "-R", f"2102:127.0.0.1:{WEB}",
                         cmd="cat"), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as p:
        until(lambda: server.listening(2100) and server.listening(2102), "the forwards")
        for pid in descendants(p.pid):
            os.kill(pid, signal.SIGKILL)
        until(lambda: not server.listening(2100), "no listener")
        assert curl("http://127.0.0.1:2102/some").rc == 0
        p.stdin.write(b"still\n")
        p.stdin.flush()
        assert p.stdout.readline() == b"still\n"
        p.stdin.close()
        assert p.wait(10) == 0


def test_far_forwarder_is_killed(serve, web):
    server = serve()
    with Background(argv(server, "-L", f"2100:127.0.0.1:{WEB}", cmd="cat"), stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE) as p:
        until(lambda: server.listening(2100), "the forward")
        for _ in range(2):
            assert curl("http://127.0.0.1:2100/some").rc == 0
            for pid in descendants(server.pid):
                if "(forward)" in slurp(f"/proc/{pid}/cmdline"):
                    os.kill(pid, signal.SIGKILL)
                    gone(pid)
        p.stdin.close()
        assert p.wait(10) == 0


# ---------------------------------------------------------------- a link that swallows all
@pytest.fixture
def link(serve):
    """a server in a network of its own; link() is a switch that drops all packets"""
    name = "far"
    sh(f"ip netns add {name} && ip link add v0 type veth peer name v1 netns {name} &&"
       f"ip addr add 10.9.9.1/24 dev v0 && ip link set v0 up &&"
       f"ip -n {name} addr add 10.9.9.2/24 dev v1 && ip -n {name} link set v1 up &&"
       f"ip -n {name} link set lo up")
    log = open(DATA + "/log.link", "wb")
    p = subprocess.Popen(["ip", "netns", "exec", name, CUBSSH, "sshd", "-D", "-e", "-p",
                          "10.9.9.2:2222", "-h", HOSTKEY], stdout=log, stderr=log)

    class Far:
        host, port, pid = "10.9.9.2", 2222, p.pid

    def answers():
        try:
            socket.create_connection(("10.9.9.2", 2222), 1).close()
            return True
        except OSError:
            return False
    until(answers, "the server behind the link")
    yield Far, lambda: sh(f"ip -n {name} link set v1 down")
    kill([p.pid] + descendants(p.pid), signal.SIGKILL)
    p.wait()
    sh(f"ip link del v0; ip netns del {name}")


def test_link_is_pulled(link):
    """ServerAliveInterval ends it, idle or in the midst of bytes"""
    server, pull = link
    alive = ("-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=2")
    with Background(argv(server, *alive, cmd="echo go; sleep 60"), stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE) as idle, \
            Background(argv(server, *alive, cmd="cat /dev/zero"), stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE) as busy, \
            Background(argv(server, *alive, cmd="cat >/dev/null"), stdin=open("/dev/zero", "rb"),
                       stderr=subprocess.PIPE) as sender:
        assert idle.stdout.readline() == b"go\n" and busy.stdout.read(100000)
        pull()
        begun = time.monotonic()
        drained = subprocess.Popen(["cat"], stdin=busy.stdout, stdout=subprocess.DEVNULL)
        for p in (idle, busy, sender):
            assert p.wait(15) == 255
            assert b"answer" in p.stderr.read() or THEIRS
        assert 1 < time.monotonic() - begun < 10
        drained.wait(5)


def test_quiet_link_is_kept(link):
    """keepalives that are answered keep it; nothing is said for longer than the limit"""
    server, _ = link
    r = ssh(server, "-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=1",
            cmd="sleep 3.5; echo done")
    assert (r.rc, r.out) == (0, "done\n"), r


def test_unreachable(link):
    server, pull = link
    pull()
    begun = time.monotonic()
    r = ssh(server, "-o", "ConnectTimeout=2", cmd="true", limit=20)
    assert r.rc == 255 and r.err and time.monotonic() - begun < 5, r


def test_nobody_listens(server):
    class Nobody:
        host, port = "127.0.0.1", 9
    r = ssh(Nobody, cmd="true", limit=10)
    assert r.rc == 255 and "refused" in r.err
    Nobody.host = "no.such.host.invalid"
    r = run(argv(Nobody, "-o", "ConnectTimeout=3", cmd="true"), None, limit=20)
    assert r.rc == 255 and "no.such.host" in r.err


# ---------------------------------------------------------------- disks and pipes
def test_full_disk_under_known_hosts(server):
    """said; the login goes on, and the file is not cut"""
    disk = DATA + "/disk"
    tmpfs(disk, 16384)
    try:
        first = "elsewhere " + slurp(KNOWN).split(" ", 1)[1]
        put(disk + "/known_hosts", first)
        with open(disk + "/fill", "wb", buffering=0) as f:
            with pytest.raises(OSError):
                while f.write(bytes(4096)):
                    pass
        with open(disk + "/known_hosts", "a") as f:  # the last page of it
            f.write("#" * (4096 - len(first) - 1) + "\n")
        before = slurp(disk + "/known_hosts")
        line = [w for w in argv(server, cmd="echo in")]
        line = [w.replace("StrictHostKeyChecking=yes", "StrictHostKeyChecking=no").replace(
            "UserKnownHostsFile=" + KNOWN, f"UserKnownHostsFile={disk}/known_hosts") for w in line]
        r = run(line)
        assert (r.rc, r.out) == (0, "in\n") and "space" in r.err.lower(), r
        assert slurp(disk + "/known_hosts") == before or THEIRS
    finally:
        sh(["umount", disk])


def test_full_stdout(server):
    """what nobody can write is an error of ours, not a success"""
    with open("/dev/full", "wb") as full:
        r = ssh(server, cmd="yes | head -c 1000000", stdout=full, limit=20)
    assert r.rc != 0 or THEIRS, r


def test_closed_stdin_stdout(server):
    """started with descriptors closed"""
    line = " ".join(argv(server)) + " true"
    for closing in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        r = run(["sh", "-c", f"{line} {closing}"], limit=20)
        assert r.rc == 0, (closing, r)


def test_reader_is_slow(server):
    """stdout stands still for a while; nothing is lost, and nothing spins"""
    with Background(argv(server, cmd="cat " + TEN), stdout=subprocess.PIPE) as p:
        time.sleep(1.5)
        ticks = sum(map(int, slurp(f"/proc/{p.pid}/stat").rsplit(")", 1)[1].split()[11:13]))
        assert ticks < 60
        with open(DATA + "/back", "wb") as f:
            while data := p.stdout.read(65536):
                f.write(data)
        assert p.wait(10) == 0 and sha256(DATA + "/back") == sha256(TEN)


def test_no_busy_loop(server):
    """half-closed, stopped or idle: a second of it costs no time"""
    for kw in ({"stdin": subprocess.DEVNULL}, {"stdin": subprocess.PIPE}):
        with Background(argv(server, cmd="echo go; sleep 20"), stdout=subprocess.PIPE, **kw) as p:
            p.stdout.readline()
            time.sleep(0.3)

            def ticks():
                return sum(map(int, slurp(f"/proc/{p.pid}/stat").rsplit(")", 1)[1].split()[11:13]))
            before = ticks()
            time.sleep(1)
            assert ticks() - before <= 2


def test_blocking_mode_is_put_back(server):
    """a shell's pipe is as it was"""
    r, w = os.pipe()
    for cmd in ("true", "kill -9 $$"):
        run(argv(server, cmd=cmd), None, r)
        assert os.get_blocking(r)
    p = subprocess.Popen(argv(server, cmd="echo go; sleep 30"), stdin=r, stdout=subprocess.PIPE)
    p.stdout.readline()
    p.terminate()
    p.wait(10)
    assert os.get_blocking(r)
    os.close(r)
    os.close(w)


def test_sessions_in_a_row_leave_nothing(server):
    """processes, descriptors, files"""
    def agents():
        return [n for n in os.listdir("/tmp") if n.startswith("ssh-")]
    before, files = fds(server.pid), agents()
    for _ in range(30):
        assert ssh(server, "-A", "-R", "0:127.0.0.1:9", cmd="true").rc == 0
    until(lambda: fds(server.pid) <= before, "descriptors of the server")
    until(lambda: agents() == files, "no directory of an agent")
