"""Forwards of our ssh, by servers of other makers and our own, with HTTP behind them.

SPDX-License-Identifier: MIT
"""
import os
import re
import socket
import stat
import subprocess
import time

import pytest
from caller import argv, curl, fds, forwarding, peers, settled, ssh, TEN, THEIRS, WEB, WEBSOCK
from lib import DATA, HOMES, put, slurp, until
from stock import Background
from web import fetch, listener, post, ten, url

SOCKS = ["--socks4", "--socks4a", "--socks5", "--socks5-hostname"]
pytestmark = pytest.mark.usefixtures("web")


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


def test_one_of_two_addresses_is_taken(server):
    """as OpenSSH: the other will do, with a word; with none of them it fails"""
    with socket.socket() as four, socket.socket(socket.AF_INET6) as six:
        four.bind(("127.0.0.1", 2107))
        four.listen()
        with forwarding(server, "-L", f"2107:127.0.0.1:{WEB}") as p:
            until(lambda: curl(url(2107, host="[::1]")).rc == 0, "the listener of ::1")
            said = p.stderr.readline().decode()
            assert "2107" in said and "127.0.0.1" in said and "in use" in said, said
        six.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        six.bind(("::1", 2107))
        six.listen()
        r = ssh(server, "-N", "-o", "ExitOnForwardFailure=yes", "-L", f"2107:127.0.0.1:{WEB}")
        assert r.rc == 255 and "in use" in r.err, r


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
