"""checks_broken.py - a device that something is wrong with: login goes on, or the console says why not.

SPDX-License-Identifier: MIT
"""
import contextlib
import re

from frame import check
from machine import until

KEY = "/data/cubssh/ssh_host_ed25519_key"


@contextlib.contextmanager
def broken(d, how, undo):
    """the device so, and put right behind it"""
    d.must(how)
    try:
        yield d.mark()
    finally:
        d.must(undo)
        d.login()


def works(d, since, **kw):
    r = d.ssh("echo fine", **kw)
    assert r.returncode == 0 and "fine" in r.stdout, "no login: %s; the console: %s" % (
        r.stderr.strip(), d.console(since)[-700:])


def keyless_start(d, words):
    """the server starts where no key can be kept: with one in memory, and says so"""
    since = d.restart()
    d.wait_console(r"could not be kept \(%s\): IT IS IN MEMORY ALONE" % words, 5, since)
    d.forget()
    works(d, since)
    d.forget()


# ---------------------------------------------------------------------- disk
@check("disk full")
def disk_full(d):
    fill = "cp %s /run/key; cat /dev/zero >/data/full 2>/dev/null; df /data | grep -q 100%%" % KEY
    with broken(d, fill, "rm /data/full; cp /run/key %s; kill $(cat /run/sshd.pid); sleep 2" % KEY) as since:
        works(d, since)
        path, _ = d.firmware(1)
        r = d.scp(path, "/data/more")
        assert r.returncode and ("space" in r.stdout or "Failure" in r.stdout), "scp: %r" % r.stdout
        works(d, d.restart())
        d.must("rm -f %s /data/more; cat /dev/zero >>/data/full 2>/dev/null; true" % KEY)
        keyless_start(d, "No space left on device")


@check("everything read-only")
def read_only(d):
    so = "cp %s /run/key; rm /data/boot 2>/dev/null; sync; mount -o remount,ro /data; mount -o remount,ro /" % KEY
    back = "mount -o remount,rw /; mount -o remount,rw /data; cp /run/key %s; kill $(cat /run/sshd.pid); sleep 2"
    with broken(d, so, back % KEY) as since:
        works(d, since)
        works(d, d.restart())
        d.must("mount -o remount,rw /data; rm %s; sync; mount -o remount,ro /data" % KEY)
        keyless_start(d, "Read-only file system")


@check("host key empty, as after a pulled plug")
def key_empty(d):
    with broken(d, "cp %s /run/key; : >%s" % (KEY, KEY),
                "cp /run/key %s; kill $(cat /run/sshd.pid); sleep 2" % KEY):
        since = d.restart()
        d.wait_console("host key .*: the file is empty", 5, since)
        d.wait_console("host key ssh-ed25519 .*made and kept", 5, since)
        d.forget()
        works(d, since)
        d.forget()


@check("host key damaged: it is named and left as it is, another serves")
def key_damaged(d):
    with broken(d, "cp %s /run/key; echo junk >%s" % (KEY, KEY),
                "rm -r /data/cubssh; mkdir /data/cubssh; cp /run/key %s; kill $(cat /run/sshd.pid); sleep 2" % KEY):
        since = d.restart()
        d.wait_console("host key /etc/cubssh/ssh_host_ed25519_key: not a key file", 5, since)
        assert d.must("cat " + KEY) == "junk\n"
        d.forget()
        works(d, since)
        d.forget()


# -------------------------------------------------------------------- mounts
@check("no /dev/pts")
def no_pts(d):
    with broken(d, "umount /dev/pts", "mount -t devpts -o mode=620,ptmxmode=666 devpts /dev/pts") as since:
        works(d, since)
        r = d.ssh("echo fi''ne", more=["-tt"])
        if "fine" not in r.stdout:
            d.wait_console("(pty|terminal|ptmx|pts)", 10, since)
            return "commands work; no terminal, and the console says why"
        return "with a terminal of ours"


@check("no /proc")
def no_proc(d):
    with broken(d, "umount -l /proc", "mount -t proc proc /proc; kill $(cat /run/sshd.pid); sleep 2") as since:
        works(d, since)
        works(d, d.restart())


@check("no syslog")
def no_syslog(d):
    with broken(d, "killall syslogd; rm -f /dev/log", "syslogd -S -O /dev/console") as since:
        works(d, since)
        d.must("kill $(cat /run/sshd.pid)")
        until("login", 20, lambda: d.ssh().returncode == 0)


# ------------------------------------------------------------------ accounts
@check("passwd empty")
def passwd_empty(d):
    with broken(d, "cp /etc/passwd /run/passwd; : >/etc/passwd", "cp /run/passwd /etc/passwd") as since:
        d.refused("nonexistent user", since)


@check("passwd missing")
def passwd_missing(d):
    with broken(d, "mv /etc/passwd /run/passwd", "cp /run/passwd /etc/passwd") as since:
        d.refused("/etc/passwd", since)


@check("shell missing")
def shell_missing(d):
    with broken(d, "sed -i.old s,^root.*,root:x:0:0:root:/root:/bin/gone, /etc/passwd",
                "mv /etc/passwd.old /etc/passwd") as since:
        d.refused("invalid shell.*/bin/gone", since)


@check("shells without the shell")
def shells(d):
    with broken(d, "cp /etc/shells /run/shells; echo /bin/else >/etc/shells", "cp /run/shells /etc/shells") as since:
        d.refused("invalid shell.*/bin/sh", since)


@check("home writable by all")
def home_open(d):
    with broken(d, "chmod 777 /root", "chmod 700 /root") as since:
        d.refused("/root", since)


@check("home missing")
def home_missing(d):
    with broken(d, "mv /root /root.gone", "mv /root.gone /root") as since:
        d.refused("/root", since)


@check("authorized_keys missing")
def keys_missing(d):
    with broken(d, "mv /root/.ssh/authorized_keys /run/keys", "mv /run/keys /root/.ssh/authorized_keys") as since:
        d.refused("no keys of .root.: .*authorized_keys.* /root", since)


# -------------------------------------------------------------------- memory
def shrink(d, kb):
    """memory that the kernel manages, by the balloon: a device with less of it"""
    now = d.kb("MemTotal")
    if now > kb:
        d.qmp("balloon", value=(d.memory << 20) - ((now - kb) << 10))
        until("the balloon", 30, lambda: d.kb("MemTotal") <= kb + 512)


HOG = "(echo 1000 >/proc/self/oom_score_adj; exec head -c 256k /dev/zero >/mnt/hog/%d)"
SHORT = "(Out of memory: [^,]*|Cannot allocate memory|page allocation failure)"


@check("a device of 32 MB, and memory to its edge")
def memory_edge(d):
    """
    Memory is filled with what nothing gives back, 256 kB at a time, and a login is
    tried at each step, until one fails, or the kernel has to end somebody. Behind
    that, two steps back, all has to be as before.
    """
    since = d.mark()
    shrink(d, 32 << 10)
    d.figure("shrunk to", "%d kB, %d kB of it available" % (d.kb("MemTotal"), d.kb("MemAvailable")))
    d.must("mkdir -p /mnt/hog; mount -t tmpfs -o size=100% hog /mnt/hog")
    best, refused, step = None, "", 0
    works(d, since)
    since = d.mark()
    while not re.search(SHORT, d.console(since)) and step < 200:
        left = d.kb("MemAvailable")
        r = d.ssh("echo fine", limit=60)
        if "fine" not in r.stdout:
            refused = r.stderr.strip().split("\n")[-1] or "no word"
            break
        best = left
        d.do(HOG % step, 120)
        step += 1
    d.must("rm -f /mnt/hog/%d /mnt/hog/%d" % (step - 1, step - 2), 120)
    said = re.findall(SHORT, d.console(since))
    d.login(60)  # whoever was ended is there again
    d.must("umount /mnt/hog")
    d.qmp("balloon", value=d.memory << 20)
    assert best is not None, "no login: %s; the console: %s" % (refused, d.console(since)[-700:])
    assert said or not refused, "no login (%s), and the console does not say why: %s" % (
        refused, d.console(since)[-700:])
    d.figure("logins work down to", "%d kB available; then%s the console says: %s" % (
        best, " the client says %r," % refused if refused else "", "; ".join(said) or "nothing"))
    return "down to %d kB available" % best
