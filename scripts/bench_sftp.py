#!/usr/bin/python3
"""bench_sftp.py - processor time of SFTP: our server's processes next to OpenSSH's.

SPDX-License-Identifier: MIT

    scripts/bench_sftp.py [-s MiB] [-r rounds] [-c cipher] [-w "up down"] [cubssh]

OpenSSH's sftp moves a file to and from each server in turn, as root on this
machine's loopback, in namespaces of its own. What counts is user and system
time of all of the server's processes between two points of one session, so that
logging in is not in it. Printed for each round, and the ratio of the medians.
"""
import getopt
import os
import statistics
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
opts, args = getopt.getopt(sys.argv[1:], "s:r:c:w:")
opt = {"-s": "1024", "-r": "3", "-c": "chacha20-poly1305@openssh.com", "-w": "up down",
       **dict(opts)}
os.environ["CUBSSH"] = os.path.abspath(args[0] if args else HERE + "/../cubssh")
sys.path.insert(0, HERE + "/../tests/interop")
sys.dont_write_bytecode = True
import lib  # noqa: E402

SIZE = int(opt["-s"]) << 20
TICK = os.sysconf("SC_CLK_TCK")
FILE = {"up": lib.DATA + "/file", "down": lib.HOMES + "/ann/file"}


def openssh(listen):
    return ["/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-h", lib.HOSTKEY, "-o",
            "ListenAddress=" + listen, "-o", "Subsystem=sftp /usr/lib/openssh/sftp-server"]


def cubssh(listen):
    return [lib.CUBSSH, "sshd", "-D", "-e", "-p", listen, "-h", lib.HOSTKEY]


def times(pid):
    """who it is, and its user and system time in seconds"""
    stat = lib.slurp(f"/proc/{pid}/stat").rsplit(")", 1)[1].split()
    uid = int(lib.slurp(f"/proc/{pid}/status").split("Uid:")[1].split()[0])
    who = "root" if uid == 0 else "user" if uid == 30000 else "net"
    exe = os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    return f"{exe}({who})", int(stat[11]) / TICK, int(stat[12]) / TICK


class Gate:
    """a line of a batch that says that it has been reached, and waits"""

    def __init__(self, name):
        self.path = f"{lib.DATA}/gate.{name}"
        self.line = f"!touch {self.path}; while [ -e {self.path} ]; do sleep .02; done\n"

    def reached(self, client):
        lib.until(lambda: os.path.exists(self.path) or not client.is_alive(), self.path, 600)

    def open(self):
        os.unlink(self.path)


def transfer(server, way):
    """processor time by process, and the wall's"""
    from stock import CLIENTS, run
    argv, env = CLIENTS["openssh"].command(server)
    words = ["-P" if a == "-p" else a for a in argv[1:-1]]
    before, after = Gate("before"), Gate("after")
    far = "file.up" if way == "up" else "file"
    move = f"put {FILE[way]} {far}\n" if way == "up" else f"get {far} {lib.DATA}/file.down\n"
    seen, result = [], []

    def client():
        how = ["-q", "-c", opt["-c"], "-o", "MACs=hmac-sha2-256", "-b", "-"]
        batch = before.line + move + after.line
        result.append(run(["sftp", *words, *how, argv[-1]], env, batch.encode(), limit=600))
    thread = threading.Thread(target=client)
    thread.start()
    for gate in (before, after):
        gate.reached(thread)
        if result:
            sys.exit(f"bench_sftp: sftp: {result[0].err}")
        seen.append((time.monotonic(), {p: times(p) for p in lib.descendants(server.pid)}))
        gate.open()
    thread.join()
    for path in (lib.HOMES + "/ann/file.up", lib.DATA + "/file.down"):
        if os.path.exists(path):
            if os.path.getsize(path) != SIZE:
                sys.exit("bench_sftp: not all of it arrived")
            os.unlink(path)
    (t0, a), (t1, b) = seen
    return {b[p]: tuple(y - x for x, y in zip(a[p][1:], b[p][1:])) for p in b if p in a}, t1 - t0


def show(name, way, spent, wall):
    user, system = (sum(v[i] for v in spent.values()) for i in (0, 1))
    parts = ", ".join(f"{who[0]} {v[0]:.2f}+{v[1]:.2f}" for who, v in spent.items())
    gib = SIZE / (1 << 30)
    print(f"{way:5} {name:8} {(user + system) / gib:6.2f} s/GiB  (user {user:.2f}, "
          f"system {system:.2f}; {parts})  {SIZE / wall / 1e6:.0f} MB/s", flush=True)
    return user + system


def main():
    why = lib.isolate()
    if why:
        sys.exit("bench_sftp: " + why)
    lib.furnish()
    for path in FILE.values():
        with open(path, "wb") as f:
            f.truncate(SIZE)
    servers = {"OpenSSH": lib.Server(raw=openssh), "cubssh": lib.Server(raw=cubssh)}
    print(f"{SIZE >> 20} MiB, {opt['-c']}, {opt['-r']} rounds")
    for way in opt["-w"].split():
        spent = {name: [] for name in servers}
        for _ in range(int(opt["-r"])):
            for name, server in servers.items():
                spent[name].append(show(name, way, *transfer(server, way)))
        middle = {name: statistics.median(v) for name, v in spent.items()}
        ratio = middle["cubssh"] / middle["OpenSSH"]
        print(f"{way:5} ratio    {ratio:6.2f}  of cubssh's median to OpenSSH's")
    for server in servers.values():
        server.stop()


main()
