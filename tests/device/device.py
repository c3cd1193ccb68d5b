"""device.py - a device of one kind: image, disk, checks and figures.

SPDX-License-Identifier: MIT

    device.py TARGET FILES CUBSSH [NAME,...]    FILES: what deps.sh put there; checks with these words alone
"""
import os
import shutil
import signal
import subprocess
import sys
import tempfile

import checks_base  # noqa: F401 - in the order in which they run
import checks_broken  # noqa: F401
import checks_power  # noqa: F401
import checks_field  # noqa: F401
import frame
import image
import machine

DISK_MB = 24


def main(target, files, cubssh, words=""):
    work = tempfile.mkdtemp(prefix="cubssh-device.")
    d = None
    try:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", work + "/id"], check=True)
        pub = image.read(work + "/id.pub").decode()
        wanted = (machine.BOARDS[target]["modules"] + machine.MODULES).split()
        size = image.build(work + "/image", files, cubssh, pub, wanted)
        image.disk(work + "/disk", DISK_MB)
        d = frame.Device(target, files, work + "/image", work + "/disk", work)
        d.figure("image", "%d kB, packed %d kB; busybox %d kB, cubssh %d kB; kernel %d kB" % (
            *(n // 1000 for n in size),
            *(os.path.getsize(f) // 1000 for f in (files + "/busybox", cubssh, files + "/vmlinuz"))))

        def fresh(d):
            d.pull_plug()
            d.forget()
            image.disk(d.disk, DISK_MB)

        failed = frame.run(d, target, fresh, words)
        for what, value in d.figures:
            print("-- device %s: %s: %s" % (target, what, value))
        return failed
    finally:
        if d:
            d.pull_plug()
        if os.environ.get("CUBSSH_KEEP"):
            print("-- kept: " + work)
        else:
            shutil.rmtree(work)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # qemu ends with us
    sys.exit(main(*sys.argv[1:]))
