"""test_seed.py - HostKeySeed: the same key each time, and what is no secret."""
# SPDX-License-Identifier: MIT
import base64
import hashlib
import hmac
import os
import struct
import subprocess

import pytest

import lib

HERE = "/run/seed"
HOSTKEY = HERE + "/host"


def put(path, data, mode=0o600):
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, mode)


def built_in(symbol):
    """the binary has that setting"""
    out = subprocess.run([lib.CUBSSH, "sshd", "-T"], capture_output=True, text=True, timeout=60)
    return symbol in out.stdout


@pytest.fixture(scope="module", autouse=True)
def place():
    os.makedirs(HERE, exist_ok=True)
    lib.sh(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", HOSTKEY])


def derived(secret):
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    prk = hmac.new(b"", secret, hashlib.sha256).digest()
    seed = hmac.new(prk, b"cubssh host key ssh-ed25519\1", hashlib.sha256).digest()
    pub = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    blob = b"".join(struct.pack(">I", len(s)) + s for s in (b"ssh-ed25519", pub))
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def seeded(dialect, path, *more):
    if not built_in("hostkeyseed"):
        pytest.skip("HOSTKEY_SEED is not built in")
    name = HERE + "/" + dialect
    if not os.path.exists(name):
        os.symlink(lib.CUBSSH, name)
    if dialect == "dropbear":  # has no -t: with -i it ends when its input does
        command = [name, "-E", "-i", "-r", HERE + "/none"]
    else:
        command = [name, "-t", "-o", "HostKey=" + HERE + "/none"]
    p = subprocess.run(command + ["-o", "HostKeySeed=" + path, *more], stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    return p.returncode, p.stdout


@pytest.mark.parametrize("dialect", ["sshd", "dropbear"])
def test_seed(dialect):
    secret = os.urandom(32)
    put(HERE + "/secret", secret, 0o600)
    out = seeded(dialect, HERE + "/secret")[1]
    assert derived(secret) + ", derived from" in out
    assert not os.path.exists(HERE + "/none")


def test_seed_4096_bytes_count():
    secret = os.urandom(6000)
    put(HERE + "/long", secret, 0o644)
    status, out = seeded("sshd", HERE + "/long")
    assert status == 0 and derived(secret[:4096]) in out and "others can read it" in out


@pytest.mark.parametrize("secret", [b"", b"x" * 15, b"\0" * 64, b"\xff" * 64,
                                    b"\xff" * 500 + b"serial 0815" + b"\0" * 500])
def test_seed_refused(secret):
    put(HERE + "/poor", secret, 0o600)
    status, out = seeded("sshd", HERE + "/poor")
    assert status == 1 and "HostKeySeed %s/poor: refused" % HERE in out


def test_seed_of_a_device_node():
    status, out = seeded("sshd", "/dev/zero")
    assert status == 1 and "/dev/zero: refused" in out
    status, out = seeded("sshd", "/dev/urandom")
    assert status == 0 and "derived from /dev/urandom" in out


def test_order_file_seed_memory():
    put(HERE + "/secret2", b"0123456789abcdefghij", 0o600)
    own = lib.sh(["ssh-keygen", "-lf", HOSTKEY]).split()[1]
    out = seeded("sshd", HERE + "/secret2", "-h", HOSTKEY)[1]
    assert "derived" not in out, own
    put(HERE + "/broken", b"no key\n", 0o600)
    name = HERE + "/broken"
    p = subprocess.run([HERE + "/sshd", "-t", "-o", "HostKey=" + name, "-o", "MakeHostKeys=yes"],
                       capture_output=True, text=True, timeout=60)
    assert p.returncode == 0 and ", in memory" in p.stderr
    assert lib.slurp(name) == "no key\n"
