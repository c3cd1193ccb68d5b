"""Forwards of our ssh, by servers of other makers and our own, with HTTP behind them.

SPDX-License-Identifier: MIT
"""
import os
import re
import socket
import stat
import subprocess
import threading
import time

import pytest
from caller import TEN, THEIRS, WEB, WEBSOCK, argv, curl, fds, forwarding, peers, settled, ssh
from lib import DATA, HOMES, alive, descendants, put, sha256, slurp, until
from stock import Background, run

SOCKS = ["--socks4", "--socks4a", "--socks5", "--socks5-hostname"]
pytestmark = pytest.mark.usefixtures("web")


def fetch(*words):
    """a file, right"""
    if os.path.exists(DATA + "/got"):
        os.remove(DATA + "/got")
    r = curl(*words)
    assert r.rc == 0, r
    assert sha256(DATA + "/got") == sha256(DATA + "/" + words[-1].rsplit("/", 1)[1])


def post(*words, data=TEN):
    r = curl("--data-binary", "@" + data, *words)
    assert r.rc == 0 and slurp(DATA + "/got") == sha256(data), r


def url(port, name="some", host="127.0.0.1"):
    return f"http://{host}:{port}/{name}"


def ten(port):
    return url(port, "10m")


# ---------------------------------------------------------------- TCP
@peers("local")
@pytest.mark.parametrize("rekey", [(), ("-o", "RekeyLimit=1M")], ids=["plain", "rekey"])
def test_local(far, rekey):
    with forwarding(far, *rekey, "-L", f"2100:127.0.0.1:{WEB}", "-L",
                    f"localhost:2101:localhost:{WEB}", ports=[2100, 2101]):
        fetch(ten(2100))
        fetch(url(2101))
        post(url(2100))


@peers("remote")
@pytest.mark.parametrize("rekey", [(), ("-o", "RekeyLimit=1M")], ids=["plain", "rekey"])
def test_remote(far, rekey):
    with forwarding(far, *rekey, "-R", f"2102:127.0.0.1:{WEB}", ports=[2102]):
        fetch(ten(2102))
        post(url(2102))


@peers("local")
@pytest.mark.parametrize("kind", SOCKS)
def test_socks(far, kind):
    with forwarding(far, "-D", "2103", ports=[2103]):
        fetch(kind, "127.0.0.1:2103", url(WEB))
        if kind in ("--socks4a", "--socks5-hostname"):
            fetch(kind, "127.0.0.1:2103", url(WEB, host="localhost"))


@peers("local")
def test_socks_of_ipv6(far):
    with forwarding(far, "-D", "2103", ports=[2103]):
        fetch("--socks5", "127.0.0.1:2103", url(WEB, host="[::1]"))


@peers("remote")
@pytest.mark.parametrize("kind", SOCKS)
def test_remote_socks(far, kind):
    """-R with a port alone: the far end's programs use ours as a proxy"""
    with forwarding(far, "-R", "2104", ports=[2104]):
        fetch(kind, "127.0.0.1:2104", url(WEB))
        fetch("--socks5-hostname", "127.0.0.1:2104", url(WEB, host="localhost"))


@peers("local")
def test_stdio(far):
    """-W: HTTP by hand"""
    with open(DATA + "/got", "wb") as out:
        r = ssh(far, "-W", f"127.0.0.1:{WEB}", stdin=b"GET /10m HTTP/1.0\r\n\r\n", stdout=out)
    assert r.rc == 0, r
    with open(DATA + "/got", "rb") as f:
        head, body = f.read().split(b"\r\n\r\n", 1)
    with open(TEN, "rb") as f:
        assert head.startswith(b"HTTP/1.0 200") and body == f.read()


@peers("local")
def test_stdio_that_is_refused(far):
    r = ssh(far, "-W", "127.0.0.1:9", stdin=b"x", limit=20)
    assert r.rc == 255 and r.err and r.out == "", r


@peers("local")
def test_unreachable_target(far):
    """the one connection ends, the rest goes on; SOCKS says so"""
    with forwarding(far, "-L", "2100:127.0.0.1:9", "-L", f"2101:127.0.0.1:{WEB}", "-D", "2103",
                    ports=[2100, 2101, 2103]) as p:
        for _ in range(3):
            assert curl(url(2100)).rc in (52, 56)  # empty reply, reset
            for kind in SOCKS:
                assert curl(kind, "127.0.0.1:2103", url(9)).rc in (7, 97)
        fetch(url(2101))
        assert p.poll() is None


@peers("remote")
def test_unreachable_target_of_ours(far):
    with forwarding(far, "-R", "2102:127.0.0.1:9", "-R", f"2105:127.0.0.1:{WEB}",
                    ports=[2102, 2105]) as p:
        for _ in range(3):
            assert curl(url(2102)).rc in (52, 56)
        fetch(url(2105))
        assert p.poll() is None


@peers("remote")
def test_port_chosen_by_the_server(far):
    """-R 0: it is said, and works"""
    if far.name == "asyncssh" or THEIRS and far.name == "paramiko":
        pytest.skip("opens channels for another port than it has told")
    line = argv(far, "-N", "-R", f"0:127.0.0.1:{WEB}")
    with Background(line, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as p:
        said = p.stderr.readline().decode()
        m = re.search(r"Allocated port (\d+) for remote forward", said)
        assert m, said
        fetch(url(int(m.group(1))))
        p.terminate()


# ---------------------------------------------------------------- unix sockets
@pytest.fixture
def sockets():
    """two names that do not exist, ours and ann's"""
    names = DATA + "/near.sock", HOMES + "/ann/far.sock"
    yield names
    for n in names:
        if os.path.lexists(n):
            os.remove(n)


@peers("unix")
def test_unix_sockets(far, sockets):
    """at either end, in either direction"""
    near, there = sockets
    with forwarding(far, "-L", f"{near}:{WEBSOCK}", "-L", f"2100:{WEBSOCK}",
                    "-R", f"{there}:{WEBSOCK}", "-R", f"2102:{WEBSOCK}",
                    ports=[2100, 2102], paths=[near, there]):
        fetch(url(2100))
        fetch(url(2102))
        for path in (near, there):
            fetch("--unix-socket", path, "http://x/10m")
        post("--unix-socket", near, "http://x/10m")
    assert not os.path.lexists(near)


@peers("unix")
def test_unix_to_tcp(far, sockets):
    near, there = sockets
    with forwarding(far, "-L", f"{near}:127.0.0.1:{WEB}", "-R", f"{there}:127.0.0.1:{WEB}",
                    paths=[near, there]):
        for path in (near, there):
            fetch("--unix-socket", path, "http://x/some")


def test_mode_and_unlink(server, sockets):
    near, _ = sockets
    with forwarding(server, "-L", f"{near}:{WEBSOCK}", paths=[near]):
        assert stat.S_IMODE(os.stat(near).st_mode) == 0o600
    with forwarding(server, "-o", "StreamLocalBindMask=0111", "-L", f"{near}:{WEBSOCK}",
                    paths=[near]):
        assert stat.S_IMODE(os.stat(near).st_mode) == 0o666
    put(near, "in the way")
    r = ssh(server, "-N", "-o", "ExitOnForwardFailure=yes", "-L", f"{near}:{WEBSOCK}")
    assert r.rc == 255 and slurp(near) == "in the way", r
    os.remove(near)
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(near)
    line = argv(server, "-N", "-o", "StreamLocalBindUnlink=yes", "-L", f"{near}:{WEBSOCK}")
    with Background(line, stdin=subprocess.DEVNULL) as p:
        until(lambda: curl("--unix-socket", near, "http://x/some").rc == 0, "the new socket")
        p.terminate()


# ---------------------------------------------------------------- who may use it, and failures
def listens(port):
    """addresses, from /proc"""
    out = set()
    for name in ("tcp", "tcp6"):
        for line in slurp("/proc/self/net/" + name).splitlines()[1:]:
            f = line.split()
            if f[3] == "0A" and f[1].endswith(":%04X" % port):
                out.add(f[1].split(":")[0])
    return out


LOOPBACK = {"0100007F", "0" * 24 + "01000000"}
ANY = {"00000000", "0" * 32}


def test_where_it_listens(server):
    for flags, want in (((), LOOPBACK), (("-g",), ANY), (("-o", "GatewayPorts=yes"), ANY)):
        with forwarding(server, *flags, "-L", f"2100:127.0.0.1:{WEB}", "-D", "2103",
                        ports=[2100, 2103]):
            for port in (2100, 2103):
                assert listens(port) and listens(port) <= want, (flags, listens(port))
    for spec, want in ((f"*:2100:x:{WEB}", ANY), (f":2100:x:{WEB}", ANY),
                       (f"127.0.0.1:2100:x:{WEB}", {"0100007F"}),
                       (f"[::1]:2100:x:{WEB}", {"0" * 24 + "01000000"}),
                       (f"localhost:2100:x:{WEB}", LOOPBACK)):
        with forwarding(server, "-L", spec, ports=[2100]):
            assert listens(2100) <= want, (spec, listens(2100))


@pytest.mark.parametrize("gateway", ["no", "yes", "clientspecified"])
def test_where_the_server_listens(serve, gateway):
    server = serve(GatewayPorts=gateway)
    for spec, asked in (("2102", "loop"), ("*:2102", "any"), ("localhost:2102", "loop")):
        want = {"no": LOOPBACK, "yes": ANY}.get(gateway, ANY if asked == "any" else LOOPBACK)
        with forwarding(server, "-R", f"{spec}:127.0.0.1:{WEB}", ports=[2102]):
            assert listens(2102) and listens(2102) <= want, (spec, listens(2102))
            fetch(url(2102))


@peers("remote")
def test_exit_on_failure(far):
    for flags in (("-L", f"{WEB}:127.0.0.1:1"), ("-R", f"{WEB}:127.0.0.1:1"), ("-D", str(WEB))):
        r = ssh(far, "-o", "ExitOnForwardFailure=yes", *flags, cmd="sleep 5; echo ran", limit=20)
        assert (r.rc, r.out) == (255, "") and str(WEB) in r.err, r
        r = ssh(far, *flags, cmd="echo ran")
        assert (r.rc, r.out) == (0, "ran\n") and str(WEB) in r.err, r


def test_clear_all(server):
    r = ssh(server, "-o", "ClearAllForwardings=yes", "-L", f"{WEB}:127.0.0.1:1", cmd="echo ran")
    assert (r.rc, r.out, r.err) == (0, "ran\n", "")


def test_session_waits_for_its_forwards(server):
    """as OpenSSH: the command has ended, a connection by -L has not"""
    with Background(argv(server, "-L", f"2100:127.0.0.1:{WEB}", cmd="sleep 1; exit 3"),
                    stdin=subprocess.DEVNULL) as p:
        until(lambda: server.listening(2100), "the forward")
        with socket.create_connection(("127.0.0.1", 2100)) as s:
            time.sleep(1.5)
            assert p.poll() is None
            s.sendall(b"HEAD /10m HTTP/1.0\r\n\r\n")
            assert s.recv(12) == b"HTTP/1.0 200"
        assert p.wait(10) == 3


# ---------------------------------------------------------------- half-closed
def listener():
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen()
    s.settimeout(10)
    return s


@peers("local", "remote")
@pytest.mark.parametrize("way", ["local", "remote"])
def test_half_close(far, way):
    """either end may stop sending, and hears the other to its end"""
    with listener() as target:
        port, spec = target.getsockname()[1], "2100:127.0.0.1:%d"
        with forwarding(far, "-L" if way == "local" else "-R", spec % port, ports=[2100]):
            for first in ("caller", "called"):
                with socket.create_connection(("127.0.0.1", 2100), 10) as a:
                    b = target.accept()[0]
                    b.settimeout(10)
                    one, two = (a, b) if first == "caller" else (b, a)
                    one.sendall(b"request")
                    one.shutdown(socket.SHUT_WR)
                    got = b""
                    while data := two.recv(100):
                        got += data
                    assert got == b"request"
                    time.sleep(0.2)
                    two.sendall(b"x" * 300000)
                    two.close()
                    n = 0
                    while data := one.recv(65536):
                        n += len(data)
                    assert n == 300000
                    b.close()


@peers("local")
def test_reset(far):
    """a caller that vanishes; the called one sees an end"""
    with listener() as target:
        with forwarding(far, "-L", "2100:127.0.0.1:%d" % target.getsockname()[1],
                        ports=[2100]) as p:
            before = fds(p.pid)
            for _ in range(5):
                a = socket.create_connection(("127.0.0.1", 2100), 10)
                b = target.accept()[0]
                b.settimeout(10)
                a.sendall(b"x")
                assert b.recv(1) == b"x"
                a.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                a.close()
                try:
                    assert b.recv(1) == b""
                except ConnectionResetError:
                    pass
                b.close()
            settled(lambda: fds(p.pid), before, "descriptors")


# ---------------------------------------------------------------- many
def all_fds(server, p):
    return fds(server.pid) + fds(p.pid)


def leaves_nothing(server):
    """no zombie, no directory of an agent"""
    assert not [n for n in os.listdir("/tmp") if n.startswith("ssh-")] or THEIRS
    for pid in descendants(os.getpid()):
        assert alive(pid)


@pytest.mark.parametrize("how", ["L", "D", "R"])
def test_thousand_short_connections(serve, how):
    server = serve()
    flags = {"L": ("-L", f"2100:127.0.0.1:{WEB}"), "D": ("-D", "2100"),
             "R": ("-R", f"2100:127.0.0.1:{WEB}")}[how]
    put(DATA + "/small", "small")
    with forwarding(server, *flags, ports=[2100]) as p:
        fetch(*(("--socks5", "127.0.0.1:2100", url(WEB)) if how == "D" else (url(2100),)))
        before = all_fds(server, p)
        answers, lock = [], threading.Lock()

        def work():
            while True:
                with lock:
                    if len(answers) >= 1000:
                        return
                    answers.append(None)
                with socket.create_connection(("127.0.0.1", 2100), 20) as s:
                    if how == "D":
                        s.sendall(b"\5\1\0")
                        s.recv(2, socket.MSG_WAITALL)
                        s.sendall(b"\5\1\0\1\x7f\0\0\1" + WEB.to_bytes(2, "big"))
                        s.recv(10, socket.MSG_WAITALL)
                    s.sendall(b"GET /small HTTP/1.0\r\n\r\n")
                    got = b""
                    while data := s.recv(4096):
                        got += data
                with lock:
                    answers[answers.index(None)] = got
        workers = [threading.Thread(target=work) for _ in range(8)]
        for t in workers:
            t.start()
        for t in workers:
            t.join(60)
        assert len([a for a in answers if a and a.endswith(b"\r\n\r\nsmall")]) == 1000
        settled(lambda: all_fds(server, p), before, "descriptors")
        fetch(*(("--socks5", "127.0.0.1:2100", url(WEB)) if how == "D" else (url(2100),)))
    leaves_nothing(server)


@pytest.mark.parametrize("how", ["L", "R"])
def test_sixty_four_at_once(serve, how):
    """each its own bytes, none starves, and nothing is left; 10 MB each with CUBSSH_BIG"""
    size = (10 if os.environ.get("CUBSSH_BIG") else 1) << 20
    names = []
    for i in range(64):
        names.append(f"many.{i}")
        with open(f"{DATA}/many.{i}", "wb") as f:
            f.write(bytes([i]) * size)
    server = serve()
    with forwarding(server, f"-{how}", f"2100:127.0.0.1:{WEB}", ports=[2100]) as p:
        fetch(url(2100))
        before = all_fds(server, p)
        config = "".join(f'url = "{url(2100, n)}"\noutput = "{DATA}/got.{n}"\n' for n in names)
        r = run(["curl", "-sS", "-Z", "--parallel-max", "64", "--parallel-immediate", "-m", "100",
                 "-K", put(DATA + "/curlrc", config)], limit=110)
        assert r.rc == 0, r
        for i, n in enumerate(names):
            with open(f"{DATA}/got.{n}", "rb") as f:
                assert f.read() == bytes([i]) * size
            os.remove(f"{DATA}/got.{n}")
            os.remove(f"{DATA}/{n}")
        settled(lambda: all_fds(server, p), before, "descriptors")
    leaves_nothing(server)


def test_more_than_the_table_holds(serve):
    """what has no channel is closed at once; the others are not harmed"""
    server = serve()
    with listener() as target:
        with forwarding(server, "-L", f"2100:127.0.0.1:{target.getsockname()[1]}", "-L",
                        f"2101:127.0.0.1:{WEB}", ports=[2100, 2101]) as p:
            fetch(url(2101))
            before = all_fds(server, p)
            many = [socket.create_connection(("127.0.0.1", 2100), 10) for _ in range(200)]
            ended = 0
            time.sleep(1)
            for s in many:
                s.setblocking(False)
                try:
                    ended += s.recv(1) == b""
                except BlockingIOError:
                    pass
                except ConnectionResetError:
                    ended += 1
            assert 200 - ended >= 60 and ended > 0 or THEIRS, ended
            for s in many:
                s.close()
            target.close()  # which resets those that nobody has accepted
            fetch_later(url(2101))
            settled(lambda: all_fds(server, p), before, "descriptors")


def fetch_later(address):
    until(lambda: curl(address).rc == 0, "a connection that works", 20)
    fetch(address)


def test_slow_reader_blocks_nobody(server):
    """one connection that nobody reads; the others and the session go on"""
    with forwarding(server, "-L", f"2100:127.0.0.1:{WEB}", ports=[2100]):
        with socket.create_connection(("127.0.0.1", 2100)) as s:
            s.sendall(b"GET /10m HTTP/1.0\r\n\r\n")
            time.sleep(0.5)
            for _ in range(3):
                fetch(ten(2100))
                post(url(2100))
            s.settimeout(20)
            n = 0
            while data := s.recv(65536):
                n += len(data)
            assert n > os.path.getsize(TEN)
