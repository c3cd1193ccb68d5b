"""test_callhome.py - callhome over a link that is cut, to relays that come and go.

SPDX-License-Identifier: MIT

The relays, and the operator, are in a network namespace of their own at the far
end of a cable; what the tunnel leads to is a server of one word at our end.
CUBSSH_BIG=1: a hundred cuts, not six.
"""
import json
import os
import random
import signal
import socket
import subprocess
import threading
import time

import pytest
from lib import (CUBSSH, DATA, HOMES, HOSTKEY, KEY, KNOWN, alive, descendants, gone, kill, put, sh,
                 slurp, until)

FAR, NEAR, OTHER, LATER = "10.9.0.2", "10.9.0.1", "10.9.0.3", "10.9.0.77"
STATUS = "/run/callhome.json"
CUTS = 100 if os.environ.get("CUBSSH_BIG") else 6
QUICK = ["--max", "2", "--status", STATUS]
SSH = ["-F", "none", "-i", KEY, "-o", "UserKnownHostsFile=" + KNOWN, "-o", "ServerAliveInterval=1",
       "-o", "ServerAliveCountMax=2", "-o", "ConnectTimeout=3"]
STOCK = ["ssh", "-F", "none", "-i", KEY, "-o", "UserKnownHostsFile=" + KNOWN]
RELAYS = {
    "openssh": lambda at, port: [
        "/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-h", HOSTKEY, "-o",
        f"ListenAddress={at}:{port}", "-o", "PidFile=none", "-o", "StrictModes=no", "-o",
        "ClientAliveInterval=1", "-o", "ClientAliveCountMax=2"],
    "cubssh": lambda at, port: [
        CUBSSH, "sshd", "-D", "-e", "-p", f"{at}:{port}", "-h", HOSTKEY, "-o", "PidFile=none",
        "-o", "ClientAliveInterval=1", "-o", "ClientAliveCountMax=2"],
}

# a name server that knows one address and gives it to everybody
DNS = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.9.0.2", 53))
while True:
    q, who = s.recvfrom(512)
    end = q.index(0, 12) + 5
    a = q[end - 4:end - 2] == bytes([0, 1])
    s.sendto(q[:2] + bytes([0x81, 0x80, 0, 1, 0, int(a), 0, 0, 0, 0]) + q[12:end] + (
        bytes([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 10, 9, 0, 2]) if a else b""), who)
"""


def far(*argv, **kw):
    return subprocess.Popen(["ip", "netns", "exec", "far", *argv], stdin=subprocess.DEVNULL, **kw)


def link(way):
    sh(f"ip link set near {way}")
    if way == "up":
        sh("ip route replace 10.8.0.0/16 dev near")


class Word:
    """says hello to whoever connects"""

    def __init__(self):
        self.s = socket.create_server(("127.0.0.1", 0))
        self.port = self.s.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            c = self.s.accept()[0]
            c.sendall(b"hello")
            c.close()


@pytest.fixture(scope="module")
def cable():
    sh("ip netns add far && ip link add near type veth peer name far netns far &&"
       f"ip addr add {NEAR}/24 dev near && ip -n far link set lo up && ip -n far link set far up &&"
       f"ip -n far addr add {FAR}/24 dev far && ip -n far addr add {OTHER}/24 dev far")
    link("up")
    until(lambda: "LOWER_UP" in sh("ip link show near"), "the cable")
    yield Word()
    sh("ip link del near; ip netns del far")


@pytest.fixture
def relay(cable):
    running = []

    def start(kind="openssh", at=FAR, port=2222):
        log = open(f"{DATA}/relay.{at}.{port}", "ab")
        p = far(*RELAYS[kind](at, port), stdout=log, stderr=log)
        running.append(p)
        until(lambda: f"{at}:{port} " in sh("ip netns exec far ss -Htln"), "a relay that listens")
        return p
    yield start
    for p in running:
        stop(p)


def stop(p):
    kill(descendants(p.pid) + [p.pid])
    p.wait()


class Home:
    def __init__(self, *argv):
        if os.path.exists(STATUS):
            os.unlink(STATUS)
        self.path = DATA + "/callhome.log"
        with open(self.path, "wb") as log:
            self.p = subprocess.Popen([CUBSSH, "callhome", *argv], stdin=subprocess.DEVNULL,
                                      stdout=log, stderr=log)

    def log(self):
        return slurp(self.path)

    def status(self):
        try:
            return json.loads(slurp(STATUS))
        except FileNotFoundError:
            return {"state": ""}

    def wait(self, state, **want):
        def test():
            assert self.p.poll() is None, self.log()
            s = self.status()
            return s["state"] == state and all(s[k] == v for k, v in want.items()) and s
        try:
            return until(test, f"state {state} {want}")
        except pytest.fail.Exception:
            raise AssertionError(self.log()[-3000:]) from None

    def fds(self):
        return len(os.listdir(f"/proc/{self.p.pid}/fd"))

    def dirty(self):
        return int(slurp(f"/proc/{self.p.pid}/smaps_rollup").split("Private_Dirty:")[1].split()[0])


@pytest.fixture
def home(cable):
    started = []

    def start(*argv):
        started.append(Home(*argv))
        return started[-1]
    yield start
    for h in started:
        stop(h.p)


def passes(port):
    """a word came through the tunnel"""
    r = subprocess.run(["ip", "netns", "exec", "far", "timeout", "3", "bash", "-c",
                        f"exec 3<>/dev/tcp/127.0.0.1/{port} && head -c 5 <&3"],
                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return r.stdout == b"hello"


def through(h, port):
    try:
        until(lambda: passes(port), "a word through the tunnel")
    except pytest.fail.Exception:
        raise AssertionError(h.log()[-3000:]) from None


def tunnel(cable, port):
    return ["-R", f"{port}:127.0.0.1:{cable.port}"]


@pytest.mark.parametrize("kind", list(RELAYS))
def test_relay_restarted(home, relay, cable, kind):
    r = relay(kind)
    h = home(*QUICK, "ann@" + FAR + ":2222", *SSH, *tunnel(cable, 0))
    port = h.wait("up", relay=f"ann@{FAR} port 2222")["port"]
    assert port
    assert f"Allocated port {port} " in h.log()
    through(h, port)
    stop(r)
    assert "refused" in h.wait("waiting", error=f"ssh: connect to host {FAR} port 2222: "
                               "Connection refused")["error"]
    relay(kind)
    s = h.wait("up")
    through(h, s["port"])
    assert s["tries"] > 1 and "refused" in s["error"] and s["pid"] == h.p.pid


def test_cuts(home, relay, cable):
    """at any moment of a connection's life, for shorter and for longer than it takes to notice"""
    relay()
    h = home(*QUICK, "ann@" + FAR + ":2222", *SSH, *tunnel(cable, 7000))
    h.wait("up")
    through(h, 7000)
    fds, dirty = h.fds(), h.dirty()
    assert dirty <= 28
    dice = random.Random(os.environ.get("CUBSSH_SEED", "cut"))
    for i in range(CUTS):
        time.sleep(dice.uniform(0, 1.5))
        link("down")
        time.sleep(dice.choice((dice.uniform(0, 0.5), dice.uniform(2, 5))))
        link("up")
        if i % 5 == 4 or CUTS < 10:
            through(h, 7000)
    through(h, 7000)
    h.wait("up")
    kids = descendants(h.p.pid)
    names = [slurp(f"/proc/{k}/cmdline").replace("\0", " ").split()[1] for k in kids]
    assert sorted(names) in (["(callhome)"], ["(callhome)", "(forward)"]), names
    assert h.fds() == fds
    assert h.dirty() <= dirty + 4


def test_address_changed(home, relay, cable):
    relay()
    h = home(*QUICK, "ann@" + FAR + ":2222", *SSH, *tunnel(cable, 7001))
    h.wait("up")
    try:
        sh(f"ip addr add {LATER}/24 dev near && ip addr del {NEAR}/24 dev near;"
           f"ip addr replace {LATER}/24 dev near")
        until(lambda: "waiting" in h.log(), "the loss to be noticed")
        h.wait("up")
        through(h, 7001)
    finally:
        sh(f"ip addr add {NEAR}/24 dev near; ip addr del {LATER}/24 dev near || true;"
           f"ip addr replace {NEAR}/24 dev near")


def test_dns_gone(home, relay, cable):
    relay()
    put("/etc/resolv.conf", f"nameserver {FAR}\noptions timeout:1 attempts:1\n")
    h = home(*QUICK, "-l", "ann", "relay.example.net:2222", *SSH, *tunnel(cable, 7002))
    assert "relay.example.net" in h.wait("waiting")["error"]
    dns = far("/usr/bin/python3", "-c", DNS)
    try:
        h.wait("up")
        through(h, 7002)
        stop(dns)
        sh("ip netns exec far ss -K dst 10.9.0.1 || true")
        kill(descendants(h.p.pid)[:1])
        until(lambda: h.log().count("waiting") > 2, "a try without a name server")
        dns = far("/usr/bin/python3", "-c", DNS)
        h.wait("up")
        through(h, 7002)
    finally:
        stop(dns)


def test_second_relay(home, relay, cable):
    """the first takes connections and says nothing: the second's turn, whose user is the same"""
    silent = far("/usr/bin/python3", "-c", "import socket, time\n"
                 f"s = socket.create_server(('{FAR}', 2223))\ntime.sleep(1000)")
    relay("cubssh", OTHER, 2224)
    try:
        h = home(*QUICK, f"ann@{FAR}:2223,{OTHER}:2224", *SSH, *tunnel(cable, 7003))
        h.wait("up", relay=f"{OTHER} port 2224")
        through(h, 7003)
        kill(descendants(h.p.pid)[:1])
        h.wait("up", tries=2)
    finally:
        stop(silent)


def test_port_taken(home, relay, cable):
    """no way in is no connection: ExitOnForwardFailure"""
    relay()
    other = far("/usr/bin/python3", "-c", "import socket, time\n"
                "s = socket.create_server(('127.0.0.1', 7004))\ntime.sleep(1000)")
    until(lambda: "127.0.0.1:7004 " in sh("ip netns exec far ss -Htln"), "the port to be taken")
    h = home(*QUICK, "ann@" + FAR + ":2222", *SSH, *tunnel(cable, 7004))
    try:
        assert "refuses" in h.wait("waiting")["error"]
    finally:
        stop(other)
    h.wait("up")
    through(h, 7004)


def test_no_link_at_start(home, relay, cable):
    """and the moment that there is one counts, not the pause: a minute at most here"""
    relay()
    link("down")
    try:
        h = home("--max", "3600", "--status", STATUS, "ann@" + FAR + ":2222", *SSH,
                 *tunnel(cable, 7005))
        until(lambda: h.status().get("tries", 0) >= 3, "three tries")
    finally:
        link("up")
    h.wait("up")
    through(h, 7005)


def test_signals(home, relay, cable):
    h = home("--max", "3600", "--status", STATUS, "ann@" + FAR + ":2222", *SSH)
    until(lambda: h.status().get("tries", 0) >= 4, "pauses that are long")
    relay()
    h.p.send_signal(signal.SIGHUP)
    h.wait("up")
    kids = descendants(h.p.pid)
    assert kids
    h.p.terminate()
    assert h.p.wait(10) == 0
    assert h.status()["state"] == "stopped"
    for k in kids:
        gone(k)


def test_killed(home, relay, cable):
    """the tunnel does not outlive it: whoever starts it again would find the port taken"""
    relay()
    h = home(*QUICK, "ann@" + FAR + ":2222", *SSH, *tunnel(cable, 7006))
    h.wait("up")
    kids = descendants(h.p.pid)
    h.p.kill()
    for k in kids:
        gone(k)


def test_file_and_background(home, relay, cable):
    relay()
    conf = put(DATA + "/callhome.conf", f"# where to\nann@{FAR}:2222\n--status {STATUS}\n--max 2\n"
               f"-R 7007:127.0.0.1:{cable.port}\n-o \"UserKnownHostsFile {KNOWN}\"\n")
    h = home("-f", "-c", conf, "-F", "none", "-i", KEY)
    assert h.p.wait(10) == 0
    pid = until(lambda: h.status()["state"] == "up" and h.status(), "state up")["pid"]
    through(h, 7007)
    os.kill(pid, signal.SIGTERM)
    gone(pid)
    assert h.status()["state"] == "stopped"


@pytest.mark.parametrize("argv", [[], ["--max", "0", "a"], ["a", "b"], ["--serve"], ["--what", "a"],
                                  ["-c", "/nowhere", "a"], ["a"] + ["-v"] * 70])
def test_usage(argv):
    r = subprocess.run([CUBSSH, "callhome", *argv], stderr=subprocess.PIPE, text=True, timeout=20)
    assert r.returncode == 2 and "callhome" in r.stderr


# ---- dial-out ------------------------------------------------------------------

@pytest.mark.parametrize("kind", ["nc", "openssh", "cubssh"])
def test_dial_out(home, cable, kind):
    h = home(*QUICK, "--serve", f"{FAR}:4334", "--", "-h", HOSTKEY, "-o", "StrictModes=no")
    h.wait("waiting")
    if kind == "nc":
        # nobody logs in, and the device comes again
        p = far("timeout", "3", "nc", "-l", FAR, "4334", stdout=subprocess.PIPE)
        assert p.communicate()[0].startswith(b"SSH-2.0-cubssh")
    argv = [CUBSSH, "ssh", *SSH, "--listen", "4334"] if kind == "cubssh" else [
        *STOCK, "-o", f"ProxyCommand=nc -l {FAR} 4334"]
    for word in ("one", "two"):
        p = far(*argv, "ann@device", "echo", word, stdout=subprocess.PIPE)
        assert p.communicate(timeout=60)[0] == word.encode() + b"\n"
    assert "up: " in h.log()


def test_dial_out_outlived(home, cable):
    """a session in which callhome is started anew goes on"""
    done = HOMES + "/ann/outlived"
    h = home(*QUICK, "--serve", f"{FAR}:4335", "--", "-h", HOSTKEY, "-o", "StrictModes=no")
    p = far(CUBSSH, "ssh", *SSH, "--listen", "4335", "ann@device",
            f"touch {done}; sleep 2; echo still", stdout=subprocess.PIPE)
    until(lambda: os.path.exists(done), "the command")
    h.p.terminate()
    assert h.p.wait(10) == 0
    assert p.communicate(timeout=60)[0] == b"still\n"
    assert not alive(h.p.pid)


def test_listen_usage():
    for argv in (["--listen"], ["--listen", "0", "a"], ["--listen", "x", "a"]):
        r = subprocess.run([CUBSSH, "ssh", *argv], stderr=subprocess.PIPE, text=True, timeout=20)
        assert r.returncode == 255 and "--listen" in r.stderr
