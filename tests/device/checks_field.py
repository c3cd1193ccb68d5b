"""checks_field.py - guard and rescue on a device.

SPDX-License-Identifier: MIT
"""
import contextlib
import socket
import time

from frame import check
from machine import until

GUARDED = "cubssh guard -t 600 --boot --files /data/setting -- 'echo changed >/data/setting; sync'"


def reset(d):
    """the machine starts anew without a shutdown"""
    since = d.mark()
    d.qmp("system_reset")
    d.wait_up(since)
    d.login()


@check("guard --boot: undone by the start after a reset, unless confirmed", needs=["guard"])
def guard_boot(d):
    for confirmed, after in ((False, "old"), (True, "changed")):
        d.must("echo old >/data/setting; sync")
        r = d.ssh(GUARDED)
        assert r.returncode == 0, r
        assert d.must("cat /data/setting").strip() == "changed"
        if confirmed:
            r = d.ssh("cubssh confirm")
            assert r.returncode == 0, r
        reset(d)
        assert d.must("cat /data/setting").strip() == after, "confirmed %s" % confirmed
        left = d.must("ls -A /etc/cubssh/guard 2>/dev/null || true")
        assert not left.strip(), "left behind: " + left
    d.must("rm /data/setting")


# -------------------------------------------------------------------- rescue
@contextlib.contextmanager
def rescue(d, *how):
    """the server with a rescue login; what was broken, a reboot puts right"""
    d.must("mkdir -p /rom; cp /root/.ssh/authorized_keys /rom/keys; "
           "echo '-o RescueKeys=/rom/keys -o RescueInterface=eth0' >/run/sshd.flags")
    since = d.restart()
    d.wait_console("RESCUE LOGIN IS ON", 10, since)
    d.login()
    time.sleep(1)  # the session that is kept ready
    for h in how:
        d.do(h, 120)
    since = d.mark()
    yield since
    if d.process:
        reset(d)


def saved(d, since, what="login"):
    """a rescue login within 10 seconds, and its reboot works"""
    start = time.monotonic()
    r = d.ssh("rescue-sh echo saved", user="rescue", limit=10)
    took = time.monotonic() - start
    assert "saved" in r.stdout, "no rescue login: %s; the console: %s" % (
        r.stderr.strip(), d.console(since)[-900:])
    d.figure("rescue, " + what, "login in %.1f s" % took)
    p = d.ssh_start("rescue-sh reboot -f", user="rescue")
    d.wait_console("device: init runs", 90, since)
    p.kill()
    p.communicate()
    d.wait_up(since)
    d.login()


BROKEN = {
    "passwd empty": [": >/etc/passwd"],
    "no shell": ["chmod 000 /bin/busybox"],
    "everything read-only": ["sync; mount -o remount,ro /data; mount -o remount,ro /"],
    "no processes": ["(sh -c 'echo 0 >/proc/self/oom_score_adj; while :; do sleep 1000 & done' >/dev/null 2>&1 &); sleep 8"],
    "no descriptors": ["echo 64 >/proc/sys/fs/file-max"],
}


def rescue_check(name, how):
    @check("rescue: " + name, needs=["rescuekeys"])
    def one(d):
        if name == "no processes":
            how.insert(0, "echo $(($(ps | wc -l) + 12)) >/proc/sys/kernel/pid_max")
        with rescue(d, *how) as since:
            saved(d, since, name)


for n, h in BROKEN.items():
    rescue_check(n, h)


@check("rescue: no memory", needs=["rescuekeys"])
def rescue_memory(d):
    hog = "mkdir -p /mnt/hog; mount -t tmpfs -o size=100% hog /mnt/hog; " \
          "(echo 1000 >/proc/self/oom_score_adj; exec cat /dev/zero >/mnt/hog/1)"
    with rescue(d, hog) as since:
        saved(d, since, "no memory")


@check("rescue: 1000 silent connections", needs=["rescuekeys"])
def rescue_silent(d):
    with rescue(d) as since:
        silent = []
        try:
            for _ in range(1000):
                s = socket.socket()
                s.settimeout(5)
                with contextlib.suppress(OSError):
                    s.connect(("127.0.0.1", d.port))
                silent.append(s)
            saved(d, since, "1000 silent connections")
        finally:
            for s in silent:
                s.close()
