"""keyforms.py - keys in every format that others write, for the tests of key files.

SPDX-License-Identifier: MIT
"""
import base64
import os
import re
import shutil
import subprocess

import pytest
from agents import Agent
from lib import DATA, put, sh, slurp

PASS = "pass phrase"
FOLDER = DATA + "/keyfiles"
TYPES = ["ed25519", "rsa-2048", "rsa-4096", "ecdsa-256", "ecdsa-384", "ecdsa-521"]
CIPHERS = ["aes128-ctr", "aes192-ctr", "aes256-ctr", "aes256-cbc", "aes128-gcm@openssh.com",
           "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com", "3des-cbc"]


def plain(kind):
    """the key of that type as ssh-keygen makes it"""
    path = f"{FOLDER}/{kind}"
    if not os.path.exists(path):
        os.makedirs(FOLDER, exist_ok=True)
        name, _, bits = kind.partition("-")
        sh(["ssh-keygen", "-q", "-t", name, *(["-b", bits] if bits else []), "-N", "",
            "-C", f"a {kind} key", "-f", path])
    return path


def openssh(path, passphrase="", *flags):
    sh(["ssh-keygen", "-q", "-p", "-P", "", "-N", passphrase, *flags, "-f", path])


def curve(kind):
    return {"256": "prime256v1", "384": "secp384r1", "521": "secp521r1"}[kind[-3:]]


def need(*programs):
    for p in programs:
        if not shutil.which(p):
            pytest.skip(p + " is not installed")


def pem(path, kind):
    if kind == "ed25519":
        pytest.skip("no such thing")
    openssh(path, "", "-m", "PEM")


def pkcs8(path, kind):
    if kind == "ed25519":  # OpenSSH of today makes its own format of it
        sh(["openssl", "genpkey", "-algorithm", "ed25519", "-out", path])
    else:
        openssh(path, "", "-m", "PKCS8")


def rfc4716(path, kind):
    openssh(path, "", "-m", "RFC4716")


def parameters(path, kind):
    """OpenSSL's way: a block of parameters comes first"""
    if not kind.startswith("ecdsa"):
        pytest.skip("no such thing")
    sh(["openssl", "ecparam", "-genkey", "-name", curve(kind), "-out", path])


def no_public(path, kind):
    """the public half has to be computed"""
    parameters(path, kind)
    sh(["openssl", "ec", "-in", path, "-no_public", "-out", path + ".short"])
    os.rename(path + ".short", path)


def genpkey(path, kind):
    how = ["-algorithm", "ed25519"]
    if kind.startswith("rsa"):
        how = ["-algorithm", "rsa", "-pkeyopt", "rsa_keygen_bits:" + kind[-4:]]
    elif kind.startswith("ecdsa"):
        how = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:" + curve(kind)]
    sh(["openssl", "genpkey", *how, "-out", path])


def dropbear(path, kind):
    need("dropbearkey")
    name, _, bits = kind.partition("-")
    os.remove(path)
    sh(["dropbearkey", "-t", name, *(["-s", bits] if bits else []), "-f", path])


def putty(version):
    def make(path, kind):
        need("puttygen")
        sh(["puttygen", path, "-O", "private", "-o", path + ".ppk", "--ppk-param",
            f"version={version}"])
        os.rename(path + ".ppk", path)
    return make


FORMATS = {"openssh": lambda path, kind: None, "pem": pem, "pkcs8": pkcs8, "rfc4716": rfc4716,
           "ecparam": parameters, "no-public": no_public, "genpkey": genpkey,
           "dropbear": dropbear, "ppk2": putty(2), "ppk3": putty(3)}
COMMENT = ("openssh", "rfc4716", "ppk2", "ppk3")  # those that have one


def made(folder, kind, how):
    path = str(folder / "key")
    shutil.copy(plain(kind), path)
    FORMATS[how](path, kind)
    os.chmod(path, 0o600)
    return path


def public(path, how):
    """type and base64, by somebody else"""
    if how == "dropbear":
        return re.search(r"^\S+ AAAA\S+", sh(["dropbearkey", "-y", "-f", path]), re.M)[0]
    if how.startswith("ppk"):
        return " ".join(sh(["puttygen", "-L", path]).split()[:2])
    if how in ("pkcs8", "genpkey") and \
            "ED25519" in sh(["openssl", "pkey", "-in", path, "-noout", "-text"]):
        # ssh-keygen of today does not read it
        der = subprocess.run(["openssl", "pkey", "-in", path, "-pubout", "-outform", "DER"],
                             check=True, stdout=subprocess.PIPE).stdout
        blob = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + der[-32:]
        return "ssh-ed25519 " + base64.b64encode(blob).decode()
    return " ".join(sh(["ssh-keygen", "-y", "-f", path]).split()[:2])


def built_in(r):
    if re.search("not built in|build cannot read", r.err):
        pytest.skip("not built in")
    return r


def asking(folder, *answers):
    """SSH_ASKPASS that says these in turn, then nothing; it keeps what it was asked"""
    for i, a in enumerate(answers):
        put(str(folder / f"answer.{i}"), a + "\n")
    script = put(str(folder / "ask"), f"""#!/bin/sh
cd {folder}
n=$(cat count 2>/dev/null || echo 0)
echo $((n + 1)) >count
echo "$1" >>asked
cat answer.$n 2>/dev/null
""", 0o755)
    return {"SSH_ASKPASS": script, "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":9"}


def asked(folder):
    path = str(folder / "asked")
    return slurp(path).splitlines() if os.path.exists(path) else []


@pytest.fixture
def agent():
    a = Agent("theirs", "ours")
    yield a
    a.close()
