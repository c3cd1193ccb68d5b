"""machine.py - a device in qemu: its console, its door for the tests, its power, and stock clients.

SPDX-License-Identifier: MIT
"""
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

SLOW = float(os.environ.get("CUBSSH_SLOW", 1))  # factor on every limit


class Gone(Exception):
    """the device did not do what was awaited"""


# What each target is in qemu: program and board, console, memory that its kernel
# starts with, network card, bus of the disk and the door.
BOARDS = {
    "x86_64": dict(
        qemu="qemu-system-x86_64", board=["-M", "q35", "-cpu", "max"], tty="ttyS0",
        memory=80, append="no_timer_check", card="virtio-net-pci,romfile=", modules="virtio_pci virtio_net virtio_blk"),
    "armv7": dict(
        qemu="qemu-system-arm", board=["-M", "virt,highmem=off", "-cpu", "cortex-a7"], tty="ttyAMA0",
        memory=64, card="virtio-net-pci,romfile=", modules="virtio_pci virtio_net virtio_blk"),
    "mipsel-sf": dict(
        qemu="qemu-system-mipsel", board=["-M", "malta", "-cpu", "24Kf"], tty="ttyS0",
        memory=48, card="pcnet,romfile=", modules="virtio_pci pcnet32 virtio_blk"),
}
MODULES = " virtio_console virtio_balloon crc32c_generic ext4"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def until(what, limit, test, step=0.1):
    """what test() returns as soon as it is true"""
    end = time.monotonic() + limit * SLOW
    while True:
        r = test()
        if r:
            return r
        if time.monotonic() > end:
            raise Gone("%s: not within %d s" % (what, limit * SLOW))
        time.sleep(step)


class Machine:
    def __init__(self, target, files, image, disk, work, memory=None):
        self.board = BOARDS[target]
        self.files, self.image, self.disk, self.work = files, image, disk, work
        self.memory = memory or self.board["memory"]
        self.port, self.known = 0, work + "/known_hosts"
        self.key = work + "/id"
        self.lines, self.said, self.process, self.n = [], threading.Condition(), None, 0

    # ------------------------------------------------------------------ power
    def power_on(self):
        b, w = self.board, self.work
        self.port = free_port()  # another each time: qemu cannot take one with old connections
        for s in ("door", "qmp"):
            if os.path.exists(w + "/" + s):
                os.unlink(w + "/" + s)
        command = [
            b["qemu"], *b["board"], "-accel", os.environ.get("CUBSSH_ACCEL", "tcg"), "-smp", "1",
            "-m", str(self.memory), "-nodefaults", "-display", "none", "-serial", "stdio",
            "-kernel", self.files + "/vmlinuz", "-initrd", self.image,
            "-append", "console=%s loglevel=4 panic=1 %s" % (b["tty"], b.get("append", "")),
            "-netdev", "user,id=n,hostfwd=tcp:127.0.0.1:%d-10.0.2.15:22" % self.port,
            "-device", b["card"] + ",netdev=n",
            "-drive", "if=none,id=d,format=raw,file=" + self.disk, "-device", "virtio-blk-pci,drive=d",
            "-device", "virtio-serial-pci", "-device", "virtserialport,chardev=door",
            "-chardev", "socket,id=door,server=on,wait=off,path=%s/door" % w,
            "-device", "virtio-balloon-pci,id=balloon",
            "-qmp", "unix:%s/qmp,server=on,wait=off" % w]
        self.started = time.monotonic()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, bufsize=0)
        self.reader = threading.Thread(target=self._read, args=(self.process,), daemon=True)
        self.reader.start()
        self.door = None

    def _read(self, process):
        rest = b""
        log = open(self.work + "/console", "ab")
        while True:
            data = os.read(process.stdout.fileno(), 4096)
            if not data:
                break
            log.write(data)
            log.flush()
            rest += data
            with self.said:
                *whole, rest = rest.split(b"\n")
                now = time.monotonic()
                self.lines += [(now, w.decode(errors="replace").rstrip("\r")) for w in whole]
                self.said.notify_all()
        log.close()
        with self.said:
            self.said.notify_all()

    def pull_plug(self):
        """no shutdown, no sync: what the device had not written is lost"""
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.reader.join()
            self.process.stdin.close()
            self.process.stdout.close()
            if self.door:
                self.door.close()
        self.process = self.door = None

    # ---------------------------------------------------------------- console
    def mark(self):
        with self.said:
            return len(self.lines)

    def console(self, since=0):
        with self.said:
            return "\n".join(text for _, text in self.lines[since:])

    def wait_console(self, pattern, limit=60, since=0):
        """(time, match) of the first line, from that number on, that has the pattern"""
        end = time.monotonic() + limit * SLOW
        at = since
        with self.said:
            while True:
                for when, text in self.lines[at:]:
                    at += 1
                    m = re.search(pattern, text)
                    if m:
                        return when, m
                left = end - time.monotonic()
                if left <= 0 or self.process.poll() is not None:
                    raise Gone("the console did not say /%s/; it ended with:\n%s" % (
                        pattern, "\n".join(t for _, t in self.lines[-15:])))
                self.said.wait(min(left, 1))

    # ------------------------------------------------------------------- door
    def _door_open(self):
        self.door = socket.socket(socket.AF_UNIX)
        self.door.connect(self.work + "/door")
        self.rest = b""

    def do(self, command, limit=60):
        """(status, output) of a command that the device's init runs; works without any login"""
        if not self.door:
            self._door_open()
        self.n += 1
        self.door.sendall(b"%d %s\n" % (self.n, command.replace("\n", "; ").encode()))
        end, mark = time.monotonic() + limit * SLOW, re.compile(rb"@end %d (\d+)\r?\n" % self.n)
        while True:
            m = mark.search(self.rest)
            if m:
                out, self.rest = self.rest[:m.start()], self.rest[m.end():]
                return int(m.group(1)), out.decode(errors="replace")
            self.door.settimeout(max(0.1, end - time.monotonic()))
            try:
                data = self.door.recv(65536)
            except TimeoutError:
                data = b""
            if not data:
                raise Gone("%r: no answer; so far %r; console:\n%s" % (
                    command, self.rest[-300:], self.console()[-900:]))
            self.rest += data

    def must(self, command, limit=60):
        status, out = self.do(command, limit)
        if status:
            raise Gone("%r failed on the device (%d): %s" % (command, status, out.strip()))
        return out

    def qmp(self, command, **arguments):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(self.work + "/qmp")
            f = s.makefile("rw")
            f.readline()
            for c in ({"execute": "qmp_capabilities"}, {"execute": command, "arguments": arguments}):
                f.write(json.dumps(c) + "\n")
                f.flush()
                while True:
                    r = json.loads(f.readline())
                    if "event" not in r:
                        break
            return r

    # ---------------------------------------------------------------- clients
    def options(self):
        return ["-F", "none", "-i", self.key, "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
                "-o", "UserKnownHostsFile=" + self.known, "-o", "StrictHostKeyChecking=accept-new",
                "-o", "HostKeyAlias=device", "-o", "ConnectTimeout=20", "-o", "LogLevel=ERROR",
                "-o", "ServerAliveInterval=15"]

    def ssh(self, command="true", user="root", limit=60, more=(), **kw):
        """the stock client: a CompletedProcess, or 255 with stderr `no answer`"""
        line = ["ssh", *self.options(), *more, "-p", str(self.port), user + "@127.0.0.1"]
        line += [command] if command else []
        kw.setdefault("stdin", subprocess.DEVNULL)
        try:
            return subprocess.run(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                  timeout=limit * SLOW, **kw)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(line, 255, "", "no answer")

    def ssh_start(self, command, user="root"):
        """a login that goes on: its Popen"""
        return subprocess.Popen(["ssh", *self.options(), "-p", str(self.port), user + "@127.0.0.1", command],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def scp(self, source, to, *flags, limit=120):
        return subprocess.run(["scp", *flags, "-P", str(self.port), *self.options(), source,
                               "root@127.0.0.1:" + to],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=limit * SLOW)

    # ------------------------------------------------------------- ups, downs
    def wait_up(self, since=0, limit=120):
        self.wait_console(r"device: door opens", limit, since)

    def login(self, limit=30, **kw):
        """until a login works; fails with what the client and the console said last"""
        last = []

        def attempt():
            r = self.ssh("echo logged-in", **kw)
            last[:] = [r.stderr.strip()]
            return r.returncode == 0 and "logged-in" in r.stdout

        try:
            until("login", limit, attempt, 0.2)
        except Gone as e:
            raise Gone("%s; the client: %s; the console:\n%s" % (e, last, self.console()[-900:]))

    def boot(self):
        since = self.mark()
        self.power_on()
        self.wait_up(since)
        return since
