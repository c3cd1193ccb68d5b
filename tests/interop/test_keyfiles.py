"""test_keyfiles.py - private keys in every format that others write, and their passphrases.

SPDX-License-Identifier: MIT

ssh-add of ours reads a file whole and hands the key to OpenSSH's agent, which shows
what it got. What is not built in says so, and is skipped.
"""
import os
import shutil

import pytest
from keyforms import agent, asked, asking, built_in, CIPHERS, COMMENT, FORMATS, made, need, \
    openssh, PASS, plain, public, TYPES
from lib import put, sh, slurp
from stock import run
from transfer import THEIRS, tool


# ---------------------------------------------------------------- formats
@pytest.mark.parametrize("how", list(FORMATS))
@pytest.mark.parametrize("kind", TYPES)
def test_reads(agent, tmp_path, kind, how):
    path = made(tmp_path, kind, how)
    r = built_in(agent(path))
    assert r.rc == 0, r
    comment = f"a {kind} key" if how in COMMENT else path
    assert agent("-L").out == f"{public(path, how)} {comment}\n"
    assert agent("-T", *[put(str(tmp_path / "p.pub"), agent("-L").out)]).rc == 0


@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("kind", ["ed25519", "rsa-2048", "ecdsa-256"])
def test_reads_with_passphrase(agent, tmp_path, kind, cipher):
    path = made(tmp_path, kind, "openssh")
    openssh(path, PASS, "-Z", cipher, "-a", "4")
    r = built_in(agent(path, **asking(tmp_path, "another", PASS)))
    assert r.rc == 0, r
    assert asked(tmp_path) == [f"Enter passphrase for {path}: ",
                               f"Bad passphrase, try again for {path}: "]
    assert agent("-L").out == slurp(plain(kind) + ".pub")


@pytest.mark.parametrize("kind", TYPES)
def test_reads_putty_with_passphrase(agent, tmp_path, kind):
    need("puttygen")
    path = made(tmp_path, kind, "openssh")
    new = put(str(tmp_path / "new"), PASS)
    sh(["puttygen", path, "-O", "private", "-o", path + ".ppk", "--ppk-param", "version=2",
        "--new-passphrase", new, "-P"])
    os.chmod(path + ".ppk", 0o600)
    r = built_in(agent(path + ".ppk", **asking(tmp_path, "another", PASS)))
    assert r.rc == 0 and len(asked(tmp_path)) == 2, r
    assert agent("-L").out == slurp(plain(kind) + ".pub")


def test_says_what_it_does_not_read(agent, tmp_path):
    """nothing is asked for what cannot be used"""
    path = made(tmp_path, "rsa-2048", "openssh")
    openssh(path, PASS, "-m", "PEM")
    r = built_in(agent(path, **asking(tmp_path, PASS)))
    assert r.rc == 1 and "PEM with a passphrase" in r.err and not asked(tmp_path)
    openssh(made(tmp_path, "rsa-2048", "openssh"), PASS, "-m", "PKCS8")
    r = agent(path, **asking(tmp_path, PASS))
    assert r.rc == 1 and "PEM with a passphrase" in r.err and not asked(tmp_path)
    need("puttygen")
    new = put(str(tmp_path / "new"), PASS)
    sh(["puttygen", plain("ed25519"), "-O", "private", "-o", path, "--ppk-param", "version=3",
        "--new-passphrase", new, "-P"])
    os.chmod(path, 0o600)
    r = agent(path, **asking(tmp_path, PASS))
    assert r.rc == 1 and "Argon2" in r.err and not asked(tmp_path)


@pytest.mark.parametrize("how", ["ppk2", "ppk3"])
def test_putty_altered(agent, tmp_path, how):
    """the MAC is looked at: the comment alone is another"""
    path = made(tmp_path, "ed25519", how)
    assert built_in(agent(path)).rc == 0
    put(path, slurp(path).replace("a ed25519 key", "b ed25519 key"), 0o600)
    r = agent(path)
    assert r.rc == 1 and "damaged" in r.err


# ---------------------------------------------------------------- ours, read by others
@pytest.fixture
def keygen():
    def go(*args):
        if THEIRS:
            pytest.skip("openssh: reads its own")
        r = run(tool("ssh-keygen") + list(args))
        if r.rc and ("usage" in r.err or "cannot be written" in r.err or "not built in" in r.err):
            pytest.skip("not built in: " + r.err.strip())
        assert r.rc == 0, r
    return go


def rewritten(keygen, folder, kind, *flags, passphrase=""):
    path = str(folder / "ours")
    shutil.copy(plain(kind), path)
    os.chmod(path, 0o600)
    keygen("-q", "-p", "-P", "", "-N", passphrase, *flags, "-f", path)
    return path


@pytest.mark.parametrize("how", ["PEM", "PKCS8"])
@pytest.mark.parametrize("kind", TYPES[1:])
def test_writes_pem(keygen, tmp_path, kind, how):
    """byte for byte what OpenSSH makes of it"""
    want = made(tmp_path, kind, how.lower())
    assert slurp(rewritten(keygen, tmp_path, kind, "-m", how)) == slurp(want)


def test_writes_ed25519_pkcs8(keygen, tmp_path):
    path = rewritten(keygen, tmp_path, "ed25519", "-m", "PKCS8")
    assert f"{public(path, 'pkcs8')} a ed25519 key\n" == slurp(plain("ed25519") + ".pub")
    sh(["openssl", "pkey", "-in", path, "-out", path + ".again"])
    assert slurp(path) == slurp(path + ".again")


@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("kind", TYPES)
def test_writes_openssh(keygen, tmp_path, kind, cipher):
    path = rewritten(keygen, tmp_path, kind, "-Z", cipher, "-a", "3", passphrase=PASS)
    assert sh(["ssh-keygen", "-y", "-P", PASS, "-f", path]) == slurp(plain(kind) + ".pub")
    openssh_text = slurp(path)
    sh(["ssh-keygen", "-q", "-p", "-P", PASS, "-N", "", "-f", path])
    assert "a " + kind in sh(["ssh-keygen", "-l", "-f", path])
    assert openssh_text != slurp(path)


@pytest.mark.parametrize("kind", TYPES)
def test_writes_for_others(keygen, tmp_path, kind):
    """PuTTY and Dropbear read it"""
    need("puttygen", "dropbearconvert", "dropbearkey")
    path = rewritten(keygen, tmp_path, kind)
    want = slurp(plain(kind) + ".pub")
    assert sh(["puttygen", "-L", path]) == want
    sh(["dropbearconvert", "openssh", "dropbear", path, path + ".db"])
    assert public(path + ".db", "dropbear") == " ".join(want.split()[:2])


@pytest.mark.parametrize("kind", TYPES)
def test_dropbear_both_ways(tmp_path, kind):
    """byte for byte what dropbearkey makes"""
    need("dropbearkey", "dropbearconvert")
    theirs = made(tmp_path, kind, "dropbear")
    back = str(tmp_path / "back")
    r = run(tool("dropbearconvert") + ["dropbear", "openssh", theirs, str(tmp_path / "there")])
    if r.rc:
        pytest.skip("no dropbearconvert: " + r.err.strip())
    assert run(tool("dropbearconvert") + ["openssh", "dropbear", str(tmp_path / "there"),
                                          back]).rc == 0
    with open(theirs, "rb") as a, open(back, "rb") as b:
        assert a.read() == b.read()
    sh(["dropbearconvert", "dropbear", "openssh", theirs, back])
    assert sh(["ssh-keygen", "-y", "-f", back]).split()[:2] == public(theirs, "dropbear").split()
