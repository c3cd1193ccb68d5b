"""frame.py - how a check is written, run, and what it says.

SPDX-License-Identifier: MIT

    @check("name", needs=["guard"])     applets without which it is skipped
    big=True: with CUBSSH_BIG=1 alone; cold=True: it turns the power on itself
    def name(d): ...                    raises Gone or AssertionError, or returns a word for its line

A check gets the device running and leaves it so. After one that fails, the device
loses its power and starts with an empty disk: the next one finds what it expects.
"""
import hashlib
import os
import time
import traceback

from machine import Gone, Machine, until

CHECKS = []


class Skip(Exception):
    pass


def check(name, needs=(), big=False, cold=False):
    def add(f):
        CHECKS.append((name, tuple(needs), big, cold, f))
        return f
    return add


class Device(Machine):
    """what checks want of a machine besides"""
    applets = ()
    figures = []

    def figure(self, what, value):
        self.figures.append((what, value))

    def kb(self, field):
        """a field of /proc/meminfo"""
        return int(self.must("sed -n 's/^%s: *\\([0-9]*\\).*/\\1/p' /proc/meminfo" % field))

    def listener(self):
        return int(self.must("cat /run/sshd.pid"))

    def restart(self, words="Server listening on"):
        """the server ends and comes again, as a supervisor does it; the console from there on"""
        since = self.mark()
        self.must("kill $(cat /run/sshd.pid)")
        self.wait_console(words, 30, since)
        return since

    def fingerprint(self, since=0):
        """of the key that the server said it made, or that a client sees"""
        return self.must("ssh-keygen -l -f /data/cubssh/ssh_host_ed25519_key").split()[1]

    def refused(self, words, since, limit=30, **kw):
        """a login that fails, and why the console says so"""
        r = self.ssh("true", limit=limit, **kw)
        assert r.returncode, "a login went on that should not"
        self.wait_console(words, 20, since)

    def forget(self):
        """another host key is fine from now on"""
        if os.path.exists(self.known):
            os.unlink(self.known)

    def firmware(self, megabytes):
        path = self.work + "/firmware"
        with open(path, "wb") as f:
            f.write(os.urandom(megabytes << 20))
        with open(path, "rb") as f:
            return path, hashlib.sha256(f.read()).hexdigest()


def have(d):
    """the applets of its binary, and the names of settings"""
    if not d.process:
        d.boot()
        d.login()
    return d.must("cubssh --list; sshd -T -o MakeHostKeys=yes 2>/dev/null | cut -d ' ' -f 1 | tr A-Z a-z").split()


def run(d, target, fresh, words=""):
    """every check, a line each; 1 where one failed"""
    failed = 0
    big = os.environ.get("CUBSSH_BIG")
    for name, needs, slow, cold, f in CHECKS:
        label = "device %s: %s" % (target, name)
        if words and not any(w in name for w in words.split(",")):
            continue
        if needs and not d.applets:
            d.applets = have(d)
        lacking = [n for n in needs if n not in d.applets]
        if lacking:
            print("skip %s: %s is not built in" % (label, ", ".join(lacking)), flush=True)
            continue
        if slow and not big:
            print("skip %s: takes long, CUBSSH_BIG=1 runs it" % label, flush=True)
            continue
        start = time.monotonic()
        try:
            if not d.process and not cold:
                d.boot()
                d.login()
            more = f(d)
            print("ok %s (%s%.1f s)" % (label, more + ", " if more else "", time.monotonic() - start), flush=True)
        except Skip as e:
            print("skip %s: %s" % (label, e), flush=True)
        except (Gone, AssertionError, OSError) as e:
            failed = 1
            at = traceback.extract_tb(e.__traceback__)
            line = next((t.lineno for t in reversed(at) if "/checks_" in t.filename), 0)
            text = str(e) or "assertion"
            print("FAIL %s: line %d: %s" % (label, line, text.split("\n")[0]), flush=True)
            for t in text.split("\n")[1:]:
                print("    " + t)
            if os.environ.get("CUBSSH_CONSOLE"):  # all of it
                print(d.console())
            fresh(d)
    return failed
