"""image.py - the device's memory image: busybox, cubssh and the modules that it needs, as an initramfs.

SPDX-License-Identifier: MIT

Written here as a newc archive, so that neither root nor cpio is needed. Devices
come from devtmpfs; the one that init needs before, /dev/console, is in it.
"""
import gzip
import os
import re
import stat
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


class Archive:
    def __init__(self):
        self.out, self.names = bytearray(), set()

    def add(self, name, mode, data=b"", rdev=(0, 0)):
        above = os.path.dirname(name)
        if above and above not in self.names:
            self.add(above, stat.S_IFDIR | 0o755)
        self.names.add(name)
        path = name.encode() + b"\0"
        numbers = (len(self.names), mode, 0, 0, 1, 0, len(data), 0, 0, *rdev, len(path), 0)
        self._put(b"070701" + b"".join(b"%08x" % n for n in numbers) + path)
        self._put(data)

    def _put(self, data):
        self.out += data + b"\0" * (-(len(self.out) + len(data)) % 4)

    def file(self, name, data, mode=0o644):
        self.add(name, stat.S_IFREG | mode, data if isinstance(data, bytes) else data.encode())

    def link(self, name, to):
        self.add(name, stat.S_IFLNK | 0o777, to.encode())

    def directory(self, name, mode=0o755):
        self.add(name, stat.S_IFDIR | mode)

    def bytes(self):
        self.add("TRAILER!!!", 0)
        return bytes(self.out)


def read(path):
    with open(path, "rb") as f:
        return f.read()


# ------------------------------------------------------------------- modules
def modules(folder, wanted):
    """(name, path) of each module, what it depends on before it; built-in ones are left out"""
    paths, order = {}, []
    for at, _, names in os.walk(folder):
        for n in names:
            if n.endswith(".ko"):
                paths[n[:-3].replace("-", "_")] = os.path.join(at, n)

    def take(name):
        path = paths.get(name)
        if not path or any(name == n for n, _ in order):
            return
        info = read(path)
        found = re.search(rb"\0depends=([^\0]*)\0", info)
        soft = b" ".join(re.findall(rb"\0softdep=pre: ([^\0]*)\0", info))
        for d in found.group(1).decode().split(",") + soft.decode().split() if found else ():
            if d:
                take(d.replace("-", "_"))
        order.append((name, path))

    for w in wanted:
        take(w)
    return order


# --------------------------------------------------------------------- image
PASSWD = """root:x:0:0:root:/root:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/bin/false
ann:x:1000:1000:ann:/home/ann:/bin/sh
"""


def build(path, files, cubssh, pub, wanted, extra=()):
    """writes the image; `extra` is (name, text, mode) of more files, `pub` the text of who may log in"""
    a = Archive()
    for d in ("proc", "sys", "run", "data", "mnt", "dev", "sbin", "usr/bin", "usr/sbin"):
        a.directory(d)
    a.directory("tmp", 0o1777)
    a.add("dev/console", stat.S_IFCHR | 0o600, rdev=(5, 1))
    a.file("init", read(HERE + "/init"), 0o755)
    a.file("bin/busybox", read(files + "/busybox"), 0o755)
    a.link("bin/sh", "busybox")
    a.file("usr/sbin/cubssh", read(cubssh), 0o755)
    names = []
    for name, ko in modules(files, wanted):
        a.file("lib/modules/%s.ko" % name, read(ko))
        names.append(name)
    a.file("lib/modules/order", "\n".join(names) + "\n")
    a.file("etc/passwd", PASSWD)
    a.file("etc/shadow", "root:*:19000::::::\nann:*:19000::::::\n", 0o600)
    a.file("etc/group", "root:x:0:\nann:x:1000:\n")
    a.file("etc/shells", "/bin/sh\n/bin/ash\n")
    a.link("etc/cubssh", "/data/cubssh")
    a.directory("root", 0o700)
    a.directory("root/.ssh", 0o700)
    a.file("root/.ssh/authorized_keys", pub, 0o600)
    for name, text, mode in extra:
        a.file(name, text, mode)
    with open(path, "wb") as f:
        f.write(gzip.compress(a.bytes(), 6))
    return len(a.out), os.path.getsize(path)


def disk(path, megabytes):
    """an empty file system that outlives the power"""
    with open(path, "wb") as f:
        f.truncate(megabytes << 20)
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-J", "size=4", "-L", "data", path], check=True)
