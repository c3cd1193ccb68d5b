"""Tunnels of packets: -w, PermitTunnel, tunnel=; OpenSSH and we at either end, in two namespaces.

SPDX-License-Identifier: MIT
"""
import contextlib
import os
import shutil
import socket
import subprocess
import sys

import pytest
from caller import argv
from lib import HOSTKEY, Server, authorize, sh, until
from stock import CLIENTS, Background, run

FAR = "far"  # the clients' namespace; servers are in ours
HERE, THERE = "10.99.0.1", "10.99.0.2"
MB = 10
IN_FAR = ["ip", "netns", "exec", FAR]


def why_not():
    if not os.path.exists("/dev/net/tun"):
        return "there is no /dev/net/tun"
    for tool in ("ip", "ping"):
        if not shutil.which(tool):
            return tool + " is not installed"
    return ""


pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())


@pytest.fixture(scope="module", autouse=True)
def wire():
    sh(f"ip netns add {FAR} && ip link add near type veth peer name away netns {FAR} &&"
       f"ip addr add {HERE}/24 dev near && ip link set near up &&"
       f"ip -n {FAR} addr add {THERE}/24 dev away && ip -n {FAR} link set away up &&"
       f"ip -n {FAR} link set lo up")
    yield
    sh(f"ip netns del {FAR}")


def theirs(listen):
    return ["/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-h", HOSTKEY] + [
        a for o in ("ListenAddress=" + listen, "PermitTunnel=yes", "PermitRootLogin=yes")
        for a in ("-o", o)]


@pytest.fixture(scope="module")
def servers():
    with Server(host=HERE, PermitTunnel="yes") as ours, Server(host=HERE, raw=theirs) as openssh:
        yield {"ours": ours, "openssh": openssh}


def client(kind, server, *flags, user="root"):
    if kind == "ours":
        return IN_FAR + argv(server, *flags, user=user)
    words, _ = CLIENTS["openssh"].command(server, user=user)
    return IN_FAR + words[:1] + list(flags) + words[1:]


@contextlib.contextmanager
def tunnel(kind, server, *flags):
    p = Background(client(kind, server, "-N", *flags), stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        yield p
    finally:
        p.kill()
        p.wait()


def there(name, ns=()):
    return subprocess.run(["ip", *ns, "link", "show", name], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


def up(name, ns, address):
    until(lambda: there(name, ns), "device " + name, 20)
    sh(f"ip {' '.join(ns)} addr add {address} dev {name} && ip {' '.join(ns)} link set {name} up")


def pings(prefix, address):
    return until(lambda: run(prefix + ["ping", "-n", "-c", "1", "-W", "1", address]).rc == 0,
                 "an answer of " + address, 20)


RECEIVE = """
import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
n = 0
while True:
    got = s.recv(65536)
    if not got:
        break
    n += len(got)
s.sendall(b"%d" % n)
s.shutdown(1)
"""


def transfer(address):
    """so many MB over TCP, to the other namespace, and the count back"""
    with socket.create_server((address, 0)) as listener:
        listener.settimeout(20)
        port = listener.getsockname()[1]
        with Background(IN_FAR + [sys.executable, "-c", RECEIVE, address, str(port)]) as p:
            s, _ = listener.accept()
            s.settimeout(60)
            with s:
                s.sendall(os.urandom(1 << 20) * MB)
                s.shutdown(socket.SHUT_WR)
                assert int(s.recv(100)) == MB << 20
            assert p.wait(20) == 0


PAIRS = [("ours", "ours"), ("ours", "openssh"), ("openssh", "ours")]


@pytest.mark.parametrize("kind,to", PAIRS)
@pytest.mark.parametrize("mode", ["point-to-point", "ethernet"])
def test_packets(kind, to, mode, servers):
    """both ways, of IPv4 and IPv6, and many of them"""
    flags = ["-o", "Tunnel=ethernet"] if mode == "ethernet" else []
    name = "tap" if mode == "ethernet" else "tun"
    ns = ["-n", FAR]
    with tunnel(kind, servers[to], *flags, "-w", "3:5"):
        up(name + "3", ns, "10.98.0.2/24")
        up(name + "5", [], "10.98.0.1/24")
        pings(IN_FAR, "10.98.0.1")
        pings([], "10.98.0.2")
        sh(f"ip -n {FAR} addr add fd00::2/64 dev {name}3 nodad &&"
           f"ip addr add fd00::1/64 dev {name}5 nodad")
        pings(IN_FAR, "fd00::1")
        pings([], "fd00::2")
        assert run(["ping", "-n", "-c", "3", "-s", "1400", "10.98.0.2"]).rc == 0
        transfer("10.98.0.1")
    until(lambda: not there(name + "5") and not there(name + "3", ns), "the devices' end", 20)


@pytest.mark.parametrize("kind", ["ours", "openssh"])
def test_any(kind, servers):
    """without numbers the next ones; a shared session has commands as well"""
    with tunnel(kind, servers["ours"], "-w", "any"):
        until(lambda: there("tun0") and there("tun0", ["-n", FAR]), "both devices", 20)


def refused(server, *flags, user="root", why="refuses|failed|prohibited"):
    r = run(client("ours", server, "-o", "ExitOnForwardFailure=yes", *flags, "-w", "any:7", "-N",
                   user=user), limit=20)
    assert r.rc == 255, r
    assert not there("tun7")
    return r.err


def test_default(serve):
    """no server opens devices unless it is told to"""
    s = serve(host=HERE)
    assert "refuses" in refused(s)
    s.wait_log("not allowed|may not forward")


def test_modes(serve):
    s = serve(host=HERE, PermitTunnel="ethernet")
    assert "refuses" in refused(s)
    s = serve(host=HERE, PermitTunnel="yes", DisableForwarding="yes")
    assert "refuses" in refused(s)


@pytest.fixture
def root_key():
    yield lambda text: authorize("root", text)
    authorize("root")


@pytest.mark.parametrize("options", ["restrict", "no-port-forwarding", 'command="true"',
                                     'tunnel="6"', 'restrict,tunnel="7"'])
def test_key(options, servers, root_key):
    """what the key's line says holds in the process that opens, whatever the client asks for"""
    root_key(options + " {}")
    assert "refuses" in refused(servers["ours"])


def test_key_device(servers, root_key):
    """tunnel= is the device that any becomes, and goes with a forced command"""
    root_key('tunnel="9",command="echo forced" {}')
    with tunnel("ours", servers["ours"], "-w", "any"):
        until(lambda: there("tun9"), "tun9", 20)


def test_bad_option(servers, root_key):
    root_key('tunnel="x" {}')
    assert run(client("ours", servers["ours"], "-o", "BatchMode=yes"), limit=20).rc == 255
    servers["ours"].wait_log("bad value of option: tunnel")


def test_user(servers):
    """who is not root gets no device, on either side"""
    assert "refuses" in refused(servers["ours"], user="ann")


def test_local_failure(servers):
    """our own end says what is wrong"""
    with tunnel("ours", servers["ours"], "-w", "3:5"):
        until(lambda: there("tun3", ["-n", FAR]), "tun3", 20)
        r = run(client("ours", servers["ours"], "-o", "ExitOnForwardFailure=yes", "-N", "-w",
                       "3:8"), limit=20)
        assert r.rc == 255 and "tunnel device" in r.err and "busy" in r.err.lower()


def test_removed(servers):
    """a device that is deleted ends its channel and nothing else"""
    with tunnel("ours", servers["ours"], "-w", "3:5") as p:
        until(lambda: there("tun5"), "tun5", 20)
        sh("ip link del tun5")
        until(lambda: not there("tun3", ["-n", FAR]), "the other end's end", 20)
        assert p.poll() is None


def test_config(servers):
    """TunnelDevice alone opens nothing; with Tunnel it does; -G shows both as OpenSSH does"""
    assert run(client("ours", servers["ours"], "-o", "Tunnel=no", "-G")).rc == 0
    for words in (["-w", "1:2"], ["-w", "4", "-o", "Tunnel=ethernet"], []):
        shown = [[l for l in run(client(k, servers["ours"], *words, "-G")).out.splitlines()
                  if l.startswith("tunnel")] for k in ("ours", "openssh")]
        assert shown[0] == shown[1]
