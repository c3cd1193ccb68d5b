"""PerSourcePenalties: a source that keeps failing is not listened to, others are.

SPDX-License-Identifier: MIT
"""
import os
import re
import signal
import socket
import subprocess
import time

import lib
import pytest
from lib import CUBSSH, KEY, WRONG

BUILT_IN = "persourcepenalties" in subprocess.run(
    [CUBSSH, "sshd", "-T", "-f", "none"], stdout=subprocess.PIPE, text=True, check=False).stdout
pytestmark = pytest.mark.skipif(not BUILT_IN, reason="PENALTIES is not built in")

BAD, GOOD = "10.77.0.2", "10.77.0.3"
BAD6, BAD6_TOO, GOOD6 = "fd77::2", "fd77::2:2", "fd77:0:0:1::2"
LINK, HERE = "169.254.7.7", "127.0.0.5"
DROP = r"drop connection #\d+ from \[%s\]:\d+ on \[%s\]:\d+ penalty: %s"


@pytest.fixture(scope="module", autouse=True)
def addresses():
    for a in ("10.77.0.1", BAD, GOOD, LINK):
        lib.sh(f"ip addr add {a}/24 dev lo")
    for a in ("fd77::1", BAD6, BAD6_TOO, GOOD6):
        lib.sh(f"ip -6 addr add {a}/64 dev lo nodad")


def ssh(server, source, key=KEY):
    """what it printed"""
    p = subprocess.run(
        ["ssh", "-F", "none", "-i", key, "-b", source, "-p", str(server.port), "-o",
         "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no", "-o",
         "UserKnownHostsFile=/dev/null", "ann@" + server.host, "echo in"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        timeout=60, check=False)
    return p.stdout.strip()


def connect(server, source):
    s = socket.socket(socket.AF_INET6 if ":" in source else socket.AF_INET)
    s.bind((source, 0))
    s.settimeout(30)
    s.connect((server.host, server.port))
    return s


def refused(server, source):
    """closed before a word: no monitor was started"""
    with connect(server, source) as s:
        try:
            return s.recv(100) == b""
        except ConnectionResetError:
            return True


def run(serve, penalties, host="10.77.0.1", **more):
    return serve(host=host, PerSourcePenalties=penalties, **more)


def test_authfail(serve):
    """they add up: refused from the fourth on, where three make the least"""
    s = run(serve, "authfail:20s min:50s max:10m")
    for i in range(3):
        assert not refused(s, BAD), i
        assert ssh(s, BAD, WRONG) != "in"
    s.wait_log(r"penalty: %s is refused for now: failed authentication" % re.escape(BAD))
    children = set(lib.descendants(s.pid))
    assert refused(s, BAD)
    assert set(lib.descendants(s.pid)) <= children
    s.wait_log(DROP % (re.escape(BAD), r"10\.77\.0\.1", "failed authentication"))
    assert ssh(s, BAD) != "in"
    assert ssh(s, GOOD) == "in", "others come in"


def test_success_costs_nothing(serve):
    s = run(serve, "authfail:60s noauth:60s crash:60s min:1s")
    for _ in range(4):
        assert ssh(s, BAD) == "in"


def test_noauth_and_end(serve):
    """and it ends"""
    s = run(serve, "noauth:4s min:3s")
    with connect(s, BAD):
        pass
    lib.until(lambda: refused(s, BAD), "a penalty")
    assert "refused for now: no try" in s.log()
    lib.until(lambda: ssh(s, BAD) == "in", "its end")


def test_grace(serve):
    s = run(serve, "grace-exceeded:5m", LoginGraceTime="1")
    with connect(s, BAD) as c:
        while c.recv(4096):
            pass
    s.wait_log("refused for now: timeout")
    assert refused(s, BAD) and ssh(s, GOOD) == "in"


def test_crash(serve):
    """of the network process, and of the monitor"""
    s = run(serve, "crash:5m noauth:0")
    for source, role in ((BAD, "(net)"), (GOOD, "(monitor)")):
        with connect(s, source) as c:
            assert c.recv(100)
            pid = lib.until(lambda: [p for p in lib.descendants(s.pid) if role in lib.slurp(
                f"/proc/{p}/cmdline")], role)[0]
            os.kill(pid, signal.SIGSEGV)
            lib.until(lambda: refused(s, source), "a penalty")
        s.wait_log(f"penalty: {re.escape(source)} is refused for now: crash")


def test_most(serve):
    """no more than max, whatever was done"""
    s = run(serve, "authfail:1h max:3s min:1s")
    assert ssh(s, BAD, WRONG) != "in"
    lib.until(lambda: ssh(s, BAD) == "in", "its end")


def test_ipv6(serve):
    """by /64"""
    s = run(serve, "authfail:5m", host="fd77::1")
    assert ssh(s, BAD6, WRONG) != "in"
    lib.until(lambda: refused(s, BAD6), "a penalty")
    assert refused(s, BAD6_TOO), "the same net"
    assert ssh(s, GOOD6) == "in", "another"


def test_exempt(serve):
    """the list, link-local addresses and this machine"""
    s = run(serve, "authfail:5m noauth:5m", host="0.0.0.0",
            PerSourcePenaltyExemptList="10.77.0.3/32,192.0.2.0/24")
    for source, to in ((GOOD, "10.77.0.1"), (LINK, LINK), (HERE, "127.0.0.1")):
        s.host = to
        for _ in range(2):
            assert ssh(s, source, WRONG) != "in"
        assert ssh(s, source) == "in", source


def test_no_and_reload(serve):
    """off; and a reload that turns them off lets everybody in again"""
    s = run(serve, "no")
    for _ in range(3):
        assert ssh(s, BAD, WRONG) != "in"
    assert ssh(s, BAD) == "in"
    conf = lib.put(lib.DATA + "/penalties.conf", "PerSourcePenalties authfail:5m\n")
    s = serve(host="10.77.0.1", config=conf)
    assert ssh(s, BAD, WRONG) != "in"
    lib.until(lambda: refused(s, BAD), "a penalty")
    lib.put(conf, "PerSourcePenalties no\n")
    s.signal(signal.SIGHUP)
    s.wait_log("configuration read again")
    assert ssh(s, BAD) == "in"


def test_silent_crowd(serve):
    """who goes to make room has not earned one"""
    s = run(serve, "noauth:5m grace-exceeded:5m crash:5m", PerSourceMaxStartups="2")
    held = [connect(s, BAD) for _ in range(6)]
    s.wait_log("too many connections of this source")
    time.sleep(0.3)
    assert ssh(s, BAD) == "in"
    for c in held:
        c.close()


@pytest.mark.parametrize("value", ["yes", "off", "crash:1m noauth:2 max-sources4:64 overflow:deny-all"])
def test_values(value):
    p = subprocess.run([CUBSSH, "sshd", "-T", "-f", "none", "-o", "PerSourcePenalties=" + value],
                       stdout=subprocess.PIPE, text=True, check=True)
    line = re.search("^persourcepenalties (.*)$", p.stdout, re.M)[1]
    want = {"yes": "crash:90 authfail:5 noauth:1 refuseconnection:10 grace-exceeded:10 max:600 min:15",
            "off": "no"}.get(value, "crash:60 authfail:5 noauth:2 refuseconnection:10 "
                                    "grace-exceeded:10 max:600 min:15")
    assert line == want


@pytest.mark.parametrize("value", ["maybe", "crash", "crash:", "crash:x", "what:5s", "min:1s,max:2s"])
def test_bad_values(value):
    p = subprocess.run([CUBSSH, "sshd", "-T", "-f", "none", "-o", "PerSourcePenalties=" + value],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    assert p.returncode == 1 and "PerSourcePenalties: " in p.stderr, p.stderr
