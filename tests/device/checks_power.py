"""checks_power.py - the plug is pulled while keys are made: a whole key or none, and a login in any case.

SPDX-License-Identifier: MIT
"""
import random
import time

from frame import check
from machine import until

CUTS = 3
MAKE = "(rm -f {0}; sync; while :; do rm -f {0}; sshd -D -p 2222 -o MakeHostKeys=yes -o PidFile=/run/x 2>/dev/null & \
p=$!; usleep 300000; kill $p; wait $p; done) >/dev/null 2>&1 &".format("/data/cubssh/ssh_host_ed25519_key")


def cut(d):
    d.must(MAKE)
    time.sleep(0.5 + random.random() * 2)
    d.pull_plug()
    since = d.boot()
    d.forget()
    d.login()
    said = d.console(since)
    assert "could not be kept" not in said and "does not serve" not in said, said[-700:]
    left = d.must("ls -A /data/cubssh").split()
    assert left == ["ssh_host_ed25519_key"] or len(left) <= 3, left
    return "made again" if "made and kept" in said else "kept"


@check("plug pulled while a host key is made")
def key_generation(d):
    seen = [cut(d) for _ in range(CUTS)]
    return "%d times: %s" % (CUTS, ", ".join(seen))


@check("plug pulled at the first start")
def first_start(d):
    """each time a little later, from before the key is made until behind it"""
    seen = []
    for late in (0.02, 0.1, 0.3):
        d.must("rm -rf /data/cubssh; sync")
        since = d.mark()
        d.pull_plug()
        d.power_on()
        d.wait_console("device: init runs", 120, since)
        time.sleep(late * 3)
        d.pull_plug()
        since = d.boot()
        d.forget()
        d.login()
        seen.append("made again" if "made and kept" in d.console(since) else "kept")
    return ", ".join(seen)
