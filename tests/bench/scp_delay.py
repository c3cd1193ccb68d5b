#!/usr/bin/python3
"""scp_delay.py - our scp and OpenSSH's over a link with a delay: seconds, rates, their ratio.

SPDX-License-Identifier: MIT

    CUBSSH=./cubssh tests/bench/scp_delay.py [--rtt 100] [--mb 96] [--rounds 3] [--old] [--ours]

Figures, not a test. The server is OpenSSH's sshd (--ours: cubssh), the carrier OpenSSH's ssh for
both programs; so what differs is how much the two scp ask for at a time. Needs root and
/dev/net/tun. Client and server live in two network namespaces, each with a tun device; a process
of ours hands packets over after half the round trip.
"""
import argparse
import collections
import ctypes
import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))
sys.dont_write_bytecode = True
import lib  # noqa: E402
import transfer  # noqa: E402

NEAR, FAR, PORT = "10.9.0.1", "10.9.0.2", 2222
TUNSETIFF, TUN_NO_PI = 0x400454CA, 0x1001


class Link:
    """`near` in our namespace, `far` in one that a sleeping process holds"""

    def __init__(self, rtt, mtu):
        self.holder = subprocess.Popen(["unshare", "-n", "sleep", "1000000"])
        own = os.readlink("/proc/self/ns/net")
        lib.until(lambda: os.readlink(f"/proc/{self.holder.pid}/ns/net") != own, "a namespace")
        self.inside = ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net"]
        ends = [self.tun("near"), self.tun("far")]
        lib.sh(["ip", "link", "set", "far", "netns", str(self.holder.pid)])
        for name, a, b, where in (("near", NEAR, FAR, []), ("far", FAR, NEAR, self.inside)):
            lib.sh(where + ["ip", "addr", "add", a, "peer", b, "dev", name])
            lib.sh(where + ["ip", "link", "set", name, "mtu", str(mtu), "txqueuelen", "20000",
                            "up"])
        self.pump = os.fork()
        if not self.pump:
            carry(ends, rtt / 2)

    @staticmethod
    def tun(name):
        fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH", name.encode(), TUN_NO_PI))
        return fd

    def close(self):
        lib.kill([self.pump, self.holder.pid])
        os.waitpid(self.pump, 0)
        self.holder.wait()


def carry(ends, delay):
    """packets from each end to the other, that much later; for ever"""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
    waiting = {fd: collections.deque() for fd in ends}
    other = dict(zip(ends, reversed(ends)))
    while True:
        now = time.monotonic()
        for fd, queue in waiting.items():
            while queue and queue[0][0] <= now:
                try:
                    os.write(other[fd], queue.popleft()[1])
                except OSError:
                    pass  # as a link loses packets
        due = min((q[0][0] for q in waiting.values() if q), default=None)
        for fd in select.select(ends, [], [], None if due is None else max(0, due - now))[0]:
            try:
                for _ in range(128):
                    waiting[fd].append((time.monotonic() + delay, os.read(fd, 65536)))
            except BlockingIOError:
                pass


def serve(link, ours):
    if ours:
        argv = [lib.CUBSSH, "sshd", "-D", "-e", "-p", f"{FAR}:{PORT}", "-h", lib.HOSTKEY]
    else:
        argv = ["/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-h", lib.HOSTKEY, "-o",
                f"ListenAddress={FAR}:{PORT}", "-o", "Subsystem=sftp /usr/lib/openssh/sftp-server"]
    log = open(lib.DATA + "/bench.log", "wb")
    return subprocess.Popen(link.inside + argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def timed(argv):
    start = time.monotonic()
    r = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, text=True)
    if r.returncode:
        sys.exit(f"{argv}: {r.returncode}: {r.stderr}\n{lib.slurp(lib.DATA + '/bench.log')}")
    return time.monotonic() - start


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--rtt", type=float, default=100, help="milliseconds")
    ap.add_argument("--mb", type=int, default=96, help="MiB")
    ap.add_argument("--rounds", type=int, default=3)
    ap.add_argument("--mtu", type=int, default=9000, help="large: the link is a script's")
    ap.add_argument("--old", action="store_true", help="-O")
    ap.add_argument("--ours", action="store_true", help="cubssh's sshd")
    args = ap.parse_args()
    why = lib.isolate()
    if why:
        sys.exit(why)
    lib.furnish()
    link = Link(args.rtt / 1000, args.mtu)
    server = serve(link, args.ours)
    try:
        measure(args)
    finally:
        lib.kill([server.pid] + lib.descendants(server.pid))
        link.close()


def measure(args):
    here, there = lib.DATA + "/file", lib.HOMES + "/ann/file"
    with open(here, "wb") as f:
        f.write(os.urandom(args.mb << 20))
    rest = ["-S", "/usr/bin/ssh", "-F", "none", "-o", "UserKnownHostsFile=" + lib.KNOWN, "-o",
            "IdentityAgent=none", "-i", lib.KEY, "-P", str(PORT)] + ["-O"] * args.old
    tools = {"OpenSSH": ["/usr/bin/scp"], "cubssh": transfer.tool("scp")}
    far = f"ann@{FAR}:{there}"
    lib.until(lambda: subprocess.run(["ssh-keyscan", "-p", str(PORT), FAR], stdout=subprocess.PIPE,
                                     stderr=subprocess.DEVNULL).stdout, "the server")
    took = collections.defaultdict(list)
    for _ in range(args.rounds):
        for way, words in (("up", [here, far]), ("down", [far, lib.DATA + "/back"])):
            for name, tool in tools.items():
                took[way, name].append(timed(tool + rest + words))
                assert lib.sha256(there) == lib.sha256(here)
            if way == "down":
                assert lib.sha256(lib.DATA + "/back") == lib.sha256(here)
    print(f"{args.mb} MiB, round trip {args.rtt:g} ms, best of {args.rounds}")
    for way in ("up", "down"):
        best = {name: min(took[way, name]) for name in tools}
        for name, s in best.items():
            print(f"{way:5} {name:8} {s:6.2f} s {args.mb / s:7.2f} MiB/s   all: " +
                  " ".join(f"{t:.2f}" for t in took[way, name]))
        print(f"{way:5} ratio    {best['OpenSSH'] / best['cubssh']:.3f}")


if __name__ == "__main__":
    main()
