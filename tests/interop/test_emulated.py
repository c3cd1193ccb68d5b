"""test_emulated.py - the server of other processors under qemu-user, a stock client against it.

SPDX-License-Identifier: MIT

For each target of $CUBSSH_TARGETS whose $CUBSSH_OUT/TARGET/cubssh was built.
"""
import os
import shlex
import shutil

import pytest
from lib import DATA, MB10, OUT, PASSWORD, WRONG, Server, descendants, sha256
from stock import run

QEMU = {
    "mipsel-sf": "qemu-mipsel-static -cpu 24Kc",
    "mips-sf": "qemu-mips-static -cpu 24Kc",
    "armv7": "qemu-arm-static -cpu cortex-a7",
    "armv5te": "qemu-arm-static -cpu arm926",
    "aarch64": "qemu-aarch64-static -cpu cortex-a53",
    "riscv64": "qemu-riscv64-static",
}
BIG = DATA + "/10m"


def device(target):
    emu, exe = shlex.split(QEMU[target]), f"{OUT}/{target}/cubssh"
    if not os.access(exe, os.X_OK):
        pytest.skip(f"{target} was not built")
    if not shutil.which(emu[0]):
        pytest.skip(emu[0] + " is not installed")
    return emu, exe


@pytest.fixture(scope="module", params=os.environ.get("CUBSSH_TARGETS", " ".join(QEMU)).split())
def emulated(request):
    emu, exe = device(request.param)
    with Server(exe=exe, emu=emu) as s:
        yield s


def test_is_emulated(ssh, emulated, remote):
    """each process of the server, not the first alone"""
    with ssh.start(emulated, f"echo $$ >{remote.path}; exec sleep 1000"):
        session = remote.pid()
        ours = [emulated.pid] + [p for p in descendants(emulated.pid) if p != session]
        assert len(ours) > 2
        assert {os.readlink(f"/proc/{p}/exe") for p in ours} == {shutil.which(emulated.argv[0])}


def test_login(ssh, emulated):
    r = ssh(emulated, "id -un; echo err >&2; exit 42")
    assert r == (42, "ann\n", "err\n")


@pytest.mark.parametrize("user", ["ann", "cid"])
def test_password(ssh, emulated, user):
    assert ssh(emulated, "id -un", user=user, password=PASSWORD).out == user + "\n"


def test_refused(ssh, emulated):
    for how in {"key": WRONG}, {"password": "wrong"}:
        r = ssh(emulated, "echo in", **how)
        assert r.rc == 255 and "Permission denied" in r.err


def test_10mb(ssh, emulated):
    """up, with the sum taken there, and down, with the sum taken here"""
    with open(BIG, "rb") as i:
        r = ssh(emulated, "sha256sum", stdin=i)
    assert (r.rc, r.out.split()[0]) == (0, sha256(BIG))
    with open(DATA + "/emu", "wb") as o:
        assert ssh(emulated, "cat " + BIG, stdout=o).rc == 0
    assert os.path.getsize(DATA + "/emu") == MB10 and sha256(DATA + "/emu") == sha256(BIG)


@pytest.mark.parametrize("cipher", ["aes128-ctr", "aes256-ctr"])
def test_other_cipher(ssh, emulated, cipher):
    r = ssh(emulated, "cat", stdin=b"x" * 300000, cipher=cipher, mac="hmac-sha2-256")
    assert r.out == "x" * 300000


def test_rekey(ssh, emulated):
    assert ssh(emulated, "cat", stdin=b"x" * 3000000, rekey="1M").out == "x" * 3000000


def test_terminal(ssh, emulated):
    with ssh.spawn(emulated) as t:
        t.send("stty size; echo rc$((1 + 1)); exit 7\r")
        t.expect(r"24 80\r")
        t.expect("rc2")
        assert t.wait() == 7


@pytest.mark.parametrize("target", QEMU)
def test_programs(target):
    """the multi-call binary answers at all"""
    emu, exe = device(target)
    r = run(emu + [exe, "--list"])
    assert r.rc == 0 and "sshd" in r.out.split()
