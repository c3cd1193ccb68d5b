"""Discovery and link-local listeners: a device, an operator, and avahi between them.

SPDX-License-Identifier: MIT

Two network namespaces, dev and op, with a pair of interfaces between them and no
address but fe80:: and one of IPv4. avahi-daemon runs in either with a bus of its own.
"""
import os
import re
import shutil
import signal
import socket
import subprocess

import pytest

import lib
from lib import CUBSSH, HOSTKEY, KEY, put, sh, slurp, until

HOST_PRINT = re.compile(r"SHA256:[\w+/]{43}")
AVAHI = all(shutil.which(p) for p in ("avahi-daemon", "avahi-browse", "dbus-daemon"))
needs_avahi = pytest.mark.skipif(not AVAHI, reason="avahi-daemon, avahi-utils or dbus is missing")
count = 0


def ns(where, *argv, **kw):
    """a command in one of the namespaces: what it said and its status"""
    r = subprocess.run(["ip", "netns", "exec", where, *argv], stdin=subprocess.DEVNULL, text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False,
                       **kw)
    return r.stdout, r.returncode


class Runs:
    """a program in a namespace, and its log"""

    def __init__(self, where, *argv, name=None):
        global count
        count += 1
        self.path = f"{lib.DATA}/runs.{count}"
        uts = ["unshare", "-u", "sh", "-c", f'hostname {name} && exec "$@"', "sh"] if name else []
        with open(self.path, "wb") as log:
            self.p = subprocess.Popen(["ip", "netns", "exec", where, *uts, *argv], stdout=log,
                                      stderr=log, stdin=subprocess.DEVNULL)

    def log(self):
        return slurp(self.path)

    def said(self, what, times=1):
        until(lambda: self.log().count(what) >= times or self.p.poll() is not None, what)
        assert self.log().count(what) >= times, self.log()

    def stop(self, sig=signal.SIGTERM):
        if self.p.poll() is None:
            self.p.send_signal(sig)
        self.p.wait(timeout=60)


@pytest.fixture
def link():
    """dev and op, joined: link(name, program...) runs one that ends with the test"""
    started = []
    for where in ("dev", "op"):
        sh(["ip", "netns", "add", where])
        ns(where, "ip", "link", "set", "lo", "up")
    join("eth0", 1)

    def start(where, *argv, **kw):
        started.append(Runs(where, *argv, **kw))
        return started[-1]
    yield start
    for r in started:
        r.stop(signal.SIGKILL)
    for where in ("dev", "op"):
        for pid in ns(where, "ip", "netns", "pids", where)[0].split():
            lib.kill([int(pid)])
        subprocess.run(["ip", "netns", "del", where], check=False)
    shutil.rmtree("/run/avahi-daemon", ignore_errors=True)


def join(iface, net):
    """another pair of interfaces, ready: with addresses that can be used"""
    sh(f"ip link add {iface} netns dev type veth peer name {iface} netns op")
    for where, n in (("dev", 1), ("op", 2)):
        sh(f"ip -n {where} addr add 10.0.{net}.{n}/24 dev {iface}")
        sh(f"ip -n {where} link set {iface} up")
    for where in ("dev", "op"):
        until(lambda w=where: fe80(w, iface), "an address of its own")


def fe80(where, iface="eth0"):
    said = sh(f"ip -n {where} -6 addr show dev {iface} scope link")
    found = re.search(r"inet6 (fe80:[\w:]+)/64", said)
    return found[1] if found and "tentative" not in said else ""


def device(link, *options, name="box", where="dev"):
    argv = [CUBSSH, "sshd", "-D", "-e", "-h", HOSTKEY] + [
        a for o in options for a in ("-o", o)]
    return link(where, *argv, name=name)


def found(where="op", *flags):
    """find's lines as lists of words"""
    said, status = ns(where, CUBSSH, "find", *(flags or ("-t", "2")))
    assert status in (0, 1), said
    assert (status == 0) == bool(said), said
    return [line.split(" ") for line in said.splitlines()]


def ssh(host, *flags, port=22):
    return ns("op", CUBSSH, "ssh", "-F", "none", "-i", KEY, "-p", str(port),
              "-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={lib.DATA}/known",
              "-o", "BatchMode=yes", "-o", "ConnectTimeout=20", *flags, f"ann@{host}", "echo", "in")


def announced(server, name="box"):
    server.said(f"announced as {name}.local")


def test_find_and_call(link):
    s = device(link, "Port=2222", "Announce=yes")
    announced(s)
    key = HOST_PRINT.search(sh(["ssh-keygen", "-l", "-f", HOSTKEY]))[0]
    want = [f"{fe80('dev')}%eth0", "2222", "box", key]
    assert found() == [want]
    assert found("op", "-t", "1", "-i", "eth0") == [want]
    for host in ("box.local", "Box.Local.", "box%eth0", "box.local%eth0", want[0]):
        said, status = ssh(host, port=2222)
        assert (status, said.splitlines()[-1]) == (0, "in"), (host, said)
    # by IPv6 the address is one of this link alone: the scope was kept
    said, status = ssh("box.local", "-6", port=2222)
    assert status == 0, said
    assert ssh("box.local", "-4", port=2222)[1] == 0
    assert ssh("nobody.local", port=2222)[1] == 255
    said, status = ssh("box%nosuch0", port=2222)
    assert status == 255 and "No such device" in said, said


def test_find_finds_nobody(link):
    assert found("op", "-t", "1") == []
    said, status = ns("op", CUBSSH, "find", "-i", "nosuch0")
    assert status == 2 and "nosuch0" in said
    for wrong in (["-x"], ["-t", "0"], ["-t", "x"], ["more"]):
        assert ns("op", CUBSSH, "find", *wrong)[1] == 2


def test_goodbye_and_reload(link):
    conf = lib.DATA + "/mdns.conf"
    put(conf, f"Port 2222\nAnnounce yes\nHostKey {HOSTKEY}\n")
    s = link("dev", CUBSSH, "sshd", "-D", "-e", "-f", conf, name="box")
    announced(s)
    assert [d[1] for d in found()] == ["2222"]
    put(conf, f"Port 2223\nAnnounce eth*\nHostKey {HOSTKEY}\n")
    s.p.send_signal(signal.SIGHUP)
    s.said("configuration read again")
    until(lambda: [d[1] for d in found("op", "-t", "1")] == ["2223"], "the other port")
    put(conf, f"Port 2223\nAnnounce wlan* !eth0\nHostKey {HOSTKEY}\n")
    s.p.send_signal(signal.SIGHUP)
    s.said("configuration read again", 2)
    until(lambda: found("op", "-t", "1") == [], "silence")


def mdns_process(server):
    for pid in lib.descendants(server.p.pid):
        if "(mdns)" in slurp(f"/proc/{pid}/cmdline"):
            return pid
    return 0


def test_process_has_no_rights(link):
    s = device(link, "Announce=yes")
    announced(s)
    pid = mdns_process(s)
    status = slurp(f"/proc/{pid}/status")
    assert re.search(r"^Uid:\t65534\t65534\t65534", status, re.M)
    assert re.search(r"^NoNewPrivs:\t1", status, re.M) and re.search(r"^Seccomp:\t2", status, re.M)
    assert "does without" not in s.log()
    s.p.kill()
    lib.gone(pid)


def test_two_of_one_name(link):
    """on one link; both are there, the second has another name"""
    announced(device(link, "Announce=yes"))
    other = device(link, "Announce=yes", "Port=2222", where="op")
    announced(other, "box-2")
    assert sorted(d[2] for d in found()) == ["box", "box-2"]


def test_interface_comes_and_goes(link):
    s = device(link, "Port=22", "ListenAddress=127.0.0.1", "ListenLinkLocal=eth*", "Announce=yes")
    announced(s)
    first = f"{fe80('dev')}%eth0"
    s.said(f"Server listening on {first} port 22")
    assert ssh(first)[1] == 0
    join("eth1", 2)
    s.said(f"Server listening on {fe80('dev', 'eth1')}%eth1 port 22")
    until(lambda: len(found("op", "-t", "1")) == 2, "the device on both links")
    assert ssh(f"{fe80('dev', 'eth1')}%eth1")[1] == 0
    assert ssh("box%eth1")[1] == 0
    sh("ip -n dev link del eth0")
    until(lambda: [d[0].split("%")[1] for d in found("op", "-t", "1")] == ["eth1"], "one link less")
    join("wlan0", 3)
    join("eth0", 1)
    until(lambda: ssh(f"{fe80('dev')}%eth0")[1] == 0, "the new eth0")
    assert ssh(f"{fe80('dev', 'wlan0')}%wlan0")[1] == 255  # it was not named
    assert s.p.poll() is None


def listening(port=22):
    said = sh(["ip", "netns", "exec", "dev", "ss", "-ltn"])
    return set(re.findall(rf"LISTEN\s+\d+\s+\d+\s+(\S+):{port} ", said))


def test_last_listener_stays(link):
    """whatever the configuration asks for, and whatever goes away"""
    conf = lib.DATA + "/ll.conf"
    put(conf, f"Port 22\nListenAddress 10.0.1.1\nListenLinkLocal yes\nHostKey {HOSTKEY}\n")
    s = link("dev", CUBSSH, "sshd", "-D", "-e", "-f", conf)
    own = f"[{fe80('dev')}]%eth0"
    until(lambda: listening() == {"10.0.1.1", own}, "both")
    # an address that there is not: all stays
    put(conf, f"Port 22\nListenAddress 10.9.9.9\nListenLinkLocal no\nHostKey {HOSTKEY}\n")
    s.p.send_signal(signal.SIGHUP)
    s.said("the configuration stays as it was, for its addresses")
    until(lambda: listening() == {"10.0.1.1", own}, "both again")
    put(conf, f"Port 2222\nListenAddress 10.0.1.1\nListenLinkLocal yes\nHostKey {HOSTKEY}\n")
    s.p.send_signal(signal.SIGHUP)
    s.said("configuration read again")
    until(lambda: listening(port=2222) == {"10.0.1.1", own} and not listening(), "another port")
    put(conf, f"Port 22\nListenAddress 10.0.1.1\nHostKey {HOSTKEY}\n")
    s.p.send_signal(signal.SIGHUP)
    s.said("configuration read again", 2)
    until(lambda: listening() == {"10.0.1.1"}, "the one address")


def test_link_local_alone(link):
    """the address of the configuration is not there at the start; the link is"""
    s = device(link, "ListenAddress=10.9.9.9", "ListenLinkLocal=yes")
    own = fe80("dev")
    s.said(f"Server listening on {own}%eth0")
    assert ssh(f"{own}%eth0")[1] == 0
    sh("ip -n dev link set eth0 down")
    sh("ip -n dev link set eth0 up")
    until(lambda: ssh(f"{own}%eth0")[1] == 0, "a login after the link was down")
    assert s.p.poll() is None


def send(where, payload, port=5353, to="ff02::fb"):
    """a packet from port 5353 of a namespace, to the group"""
    prog = ("import socket,sys;s=socket.socket(socket.AF_INET6,socket.SOCK_DGRAM);"
            "s.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1);s.bind(('::',%d));"
            "s.setsockopt(socket.IPPROTO_IPV6,socket.IPV6_MULTICAST_IF,"
            "socket.if_nametoindex('eth0'));"
            "s.sendto(bytes.fromhex('%s'),('%s',5353,0,socket.if_nametoindex('eth0')))")
    assert ns(where, "/usr/bin/python3", "-c", prog % (port, payload.hex(), to))[1] == 0


def test_hostile_packets(link):
    """loops, lies about lengths, and records that take the name away"""
    s = device(link, "Announce=yes")
    announced(s)
    head = bytes.fromhex("000000000001000000000000")
    lie = bytes.fromhex("0000840000000001ffffffff")
    for m in (b"", b"\0" * 11, head, head + b"\xc0\x0c\0\x01\0\x01", head + b"\x3f" + b"a" * 20,
              head + b"\xc0\xff\0\xff\0\x01", lie + b"\x04_ssh\x04_tcp\x05local\0\0\x0c\0\x01"
              b"\0\0\0\x78\xff\xff\xc0\x0c", lie + b"\xc0\x0c" * 600, os.urandom(1200)):
        send("op", m)
    assert [d[2] for d in found()] == ["box"]
    # somebody says that the host is theirs: asked, nobody insists, so it stays ours
    send("op", bytes.fromhex("000084000000000100000000") + b"\x03box\x05local\0" +
         bytes.fromhex("00018001000000780004") + socket.inet_aton("10.0.1.77"))
    s.said("announced as box.local", 2)
    assert [d[2] for d in found()] == ["box"]


# ---- avahi --------------------------------------------------------------------

AVAHI_CONF = """[server]
host-name=%s
use-ipv4=yes
use-ipv6=yes
ratelimit-interval-usec=100000
ratelimit-burst=1000
[wide-area]
enable-wide-area=no
[publish]
publish-hinfo=no
publish-workstation=no
"""


@pytest.fixture
def avahi(link):
    """avahi(namespace, host name): its daemon, with a bus that all here may use"""
    os.makedirs("/run/dbus", exist_ok=True)
    bus = link("op", "dbus-daemon", "--system", "--nofork", "--nopidfile")
    until(lambda: os.path.exists("/run/dbus/system_bus_socket"), "the bus")

    def start(where, name, service=""):
        put(lib.DATA + "/avahi.conf", AVAHI_CONF % name)
        shutil.rmtree("/etc/avahi/services", ignore_errors=True)
        os.makedirs("/etc/avahi/services")
        if service:
            put("/etc/avahi/services/ssh.service", service)
        d = link(where, "avahi-daemon", "-f", lib.DATA + "/avahi.conf", "--no-drop-root",
                 "--no-chroot", "--no-rlimits", "--debug")
        d.said("Server startup complete")
        if service:
            d.said("successfully established")
        return d
    yield start
    bus.stop()
    for path in ("/run/dbus/system_bus_socket",):
        if os.path.exists(path):
            os.unlink(path)


def browse():
    return ns("op", "avahi-browse", "-rpt", "_ssh._tcp")[0]


@needs_avahi
def test_avahi_finds_us(link, avahi):
    announced(device(link, "Port=2222", "Announce=yes"))
    avahi("op", "desk")
    until(lambda: "=;eth0;IPv6" in browse() and "=;eth0;IPv4" in browse(), "both families")
    for line in filter(lambda l: l.startswith("="), browse().splitlines()):
        field = line.split(";")
        assert field[3:5] == ["box", "SSH Remote Terminal"] or field[3] == "box"
        assert field[6] == "box.local" and field[8] == "2222"
        assert field[7] in ("10.0.1.1", fe80("dev"))
        assert HOST_PRINT.search(field[9]) and "fp=" in field[9]
    said = ns("op", "avahi-resolve", "-4", "-n", "box.local")[0]
    assert said.split() == ["box.local", "10.0.1.1"]
    said = ns("op", "avahi-resolve", "-6", "-n", "box.local")[0]
    assert said.split()[1].split("%")[0] == fe80("dev")


@needs_avahi
def test_avahi_sees_us_come_and_go(link, avahi):
    avahi("op", "desk")
    watch = link("op", "stdbuf", "-oL", "avahi-browse", "-p", "_ssh._tcp")
    s = device(link, "Announce=yes")
    watch.said("+;eth0;IPv6;box")
    s.stop()
    watch.said("-;eth0;IPv6;box")  # without waiting for the end of its time


SERVICE = """<?xml version="1.0" standalone='no'?>
<!DOCTYPE service-group SYSTEM "avahi-service.dtd">
<service-group><name replace-wildcards="yes">%h shell</name>
<service><type>_ssh._tcp</type><port>2244</port></service></service-group>
"""


@needs_avahi
def test_we_find_avahi(link, avahi):
    avahi("dev", "antique", SERVICE)
    [got] = found()
    assert got == [f"{fe80('dev')}%eth0", "2244", "antique", "shell", "-"]
    device(link, "Port=2244")
    until(lambda: ssh("antique.local", port=2244)[1] == 0, "a login by avahi's answer")
    assert ssh("antique.local", "-6", port=2244)[1] == 0
    assert ssh("antique%eth0", "-4", port=2244)[1] == 0


@needs_avahi
def test_beside_avahi(link, avahi):
    """on one machine, of one name: neither takes it from the other"""
    d = avahi("dev", "box")
    s = device(link, "Announce=yes")
    announced(s)
    assert [x[2] for x in found()] == ["box"]
    assert ssh("box.local")[1] == 0
    assert "conflict" not in d.log().lower(), d.log()
    assert "box-2" not in d.log() + s.log()


@needs_avahi
def test_avahi_has_the_name(link, avahi):
    avahi("op", "box")
    announced(device(link, "Announce=yes"), "box-2")
    until(lambda: "=;eth0;IPv6;box-2;" in browse(), "the other name")
