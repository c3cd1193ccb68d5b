"""checks_base.py - a device at work: first login, memory, firmware, reboot.

SPDX-License-Identifier: MIT
"""
import re
import time

from frame import check
from machine import until


@check("boots, and the stock client logs in", cold=True)
def first_login(d):
    d.pull_plug()
    since = d.boot()
    d.login()
    login = time.monotonic() - d.started
    up = {}
    for name, words in (("init", "init runs"), ("server", "Server listening")):
        up[name] = d.wait_console(words, since=since)[0] - d.started
    d.figure("from power to", "init %.1f s, server listening %.1f s, first login %.1f s" % (
        up["init"], up["server"], login))
    return "%.1f s after power" % login


def dirty(d, pid):
    out = d.must("cat /proc/%s/smaps_rollup || cat /proc/%s/smaps" % (pid, pid))
    return sum(int(n) for n in re.findall(r"Private_Dirty: *(\d+)", out))


@check("memory of listener and session")
def memory(d):
    listener = d.listener()
    p = d.ssh_start("cat")
    try:
        p.stdin.write(b"x\n")
        p.stdin.flush()
        assert p.stdout.readline() == b"x\n"
        time.sleep(1)  # an idle session gives back what holds nothing
        pids = d.must("ps -o pid,args | sed -n 's/^ *\\([0-9]*\\) .*sshd (\\(monitor\\|net\\))/\\1/p'").split()
        assert len(pids) == 2, "monitor and net expected: %s" % pids
        parts = [dirty(d, pid) for pid in pids]
        d.figure("private dirty memory", "listener %d kB; an idle session %d kB (monitor %d, net %d)" % (
            dirty(d, listener), sum(parts), *parts))
    finally:
        p.kill()
        p.communicate()
    d.figure("memory", "-m %sM; the kernel manages %d kB, %d kB of it available" % (
        d.memory, d.kb("MemTotal"), d.kb("MemAvailable")))


@check("firmware by scp")
def firmware(d):
    path, digest = d.firmware(4)
    for how, flags in (("sftp", ()), ("scp", ("-O",))):
        start = time.monotonic()
        r = d.scp(path, "/data/firmware", *flags)
        assert r.returncode == 0, r.stdout
        d.figure("4 MiB by " + how, "%.1f MB/s" % (4.19 / (time.monotonic() - start)))
        assert d.ssh("sha256sum /data/firmware").stdout.split()[0] == digest, "it arrived changed"
    d.digest = digest


@check("reboot: host key and firmware are still there")
def reboot(d):
    before, since = d.fingerprint(), d.mark()
    p = d.ssh_start("sync; reboot -f")  # does not see its connection end
    d.wait_up(since)
    p.kill()
    p.communicate()
    d.login(more=["-o", "StrictHostKeyChecking=yes"])
    assert d.fingerprint() == before
    assert "host key ssh-ed25519" not in d.console(since), "a key was made again"
    if hasattr(d, "digest"):
        assert d.must("sha256sum /data/firmware").split()[0] == d.digest
        d.must("rm /data/firmware")


@check("a second user logs in, and no more than that")
def second_user(d):
    d.must("mkdir -p /home/ann/.ssh; cp /root/.ssh/authorized_keys /home/ann/.ssh; chown -R ann:ann /home/ann")
    r = d.ssh("id -un; cat /etc/shadow", user="ann")
    assert r.stdout.strip() == "ann" and "denied" in r.stderr, r


@check("a server that is killed is there again")
def killed(d):
    since = d.mark()
    d.must("kill -9 $(cat /run/sshd.pid)")
    d.wait_console("Server listening", 30, since)
    until("login", 20, lambda: d.ssh().returncode == 0)
