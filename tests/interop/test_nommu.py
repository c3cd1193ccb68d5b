"""test_nommu.py - a build for processors that cannot fork: vfork and exec alone.

SPDX-License-Identifier: MIT
"""
import os
import re
import shutil
import subprocess

import pytest
from lib import DATA, HOSTKEY, STANDIN, Server, kill, slurp, until

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
FORKS = re.compile(r"\b(fork|clone3?)\(((?!CLONE_VFORK).)*$", re.M)


@pytest.fixture(scope="module")
def nommu():
    """the router preset with NOMMU"""
    if STANDIN:
        pytest.skip("of ours alone")
    out = DATA + "/nommu"
    make = ["make", "-s", "--no-print-directory", "-C", TOP, "O=" + out]
    env = {k: v for k, v in os.environ.items() if k not in ("O", "B")}
    env["DEPS"] = os.path.join(TOP, env.get("DEPS", "build/deps"))
    for goals in (["router_defconfig"], ["olddefconfig"], []):
        subprocess.run(make + goals, env=env, check=True, stdout=subprocess.DEVNULL)
        if goals == ["router_defconfig"]:
            with open(out + "/.config", "a") as f:
                f.write("CONFIG_NOMMU=y\n")
    assert "CONFIG_NOMMU=y" in slurp(out + "/.config")
    yield out + "/cubssh"
    shutil.rmtree(out)


def test_nothing_forks(ssh, nommu):
    """a daemon, logins with and without a terminal: no process comes by fork"""
    if not shutil.which("strace"):
        pytest.skip("no strace")
    trace, pidfile = DATA + "/nommu.trace", DATA + "/nommu.pid"
    with Server(background=True, raw=lambda at: [
            "strace", "-f", "-qq", "-e", "trace=process", "-o", trace, nommu, "sshd", "-f", "none",
            "-p", at, "-h", HOSTKEY, "-o", "PidFile=" + pidfile]) as s:
        daemon = until(lambda: os.path.exists(pidfile) and slurp(pidfile).strip(), "its pid")
        assert os.getsid(int(daemon)) == int(daemon) != s.pid
        assert ssh(s, "id -un; exit 7").rc == 7
        with ssh.spawn(s, "tty") as t:
            t.expect("/dev/pts/")
        assert ssh(s, "cat >/tmp/nommu.got", stdin=b"x" * 100000).rc == 0
        assert len(slurp("/tmp/nommu.got")) == 100000
        kill([int(daemon)])
    assert "execve" in slurp(trace) and not FORKS.search(slurp(trace)), FORKS.search(slurp(trace))


def test_what_cannot_be_done(nommu):
    """the agent in the background: an error, and nothing is left"""
    r = subprocess.run([nommu, "ssh-agent", "-a", DATA + "/nommu.sock"], capture_output=True,
                       text=True)
    assert r.returncode == 1 and "background" in r.stderr and not os.path.exists(DATA + "/nommu.sock")
