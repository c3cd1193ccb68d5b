"""test_keygen_sig.py - ssh-keygen -Y: signatures of files, ours and OpenSSH's.

SPDX-License-Identifier: MIT
"""
import base64
import os
import shutil
import subprocess

import pytest

from keytool import BINARY, CERTS, EMU, KINDS, MARKS, SIGS, good, make, ours, public, real, run

pytestmark = MARKS + [pytest.mark.skipif(not SIGS, reason="KEYGEN_SIG is not built in")]


def theirs(*argv, **kw):
    return run("ssh-keygen", *argv, **kw)


TOOLS = [pytest.param(ours, id="ours"), pytest.param(theirs, id="openssh")]


@pytest.fixture(params=KINDS)
def key(request, tmp_path):
    return make(real, tmp_path / "k", request.param)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(os.urandom(300000))
    return path


def signers(key, text):
    path = key.parent / "signers"
    blob = " ".join(public(key).split()[:2])
    path.write_text(text.replace("KEY", blob))
    return path


def sign(tool, key, path, *flags):
    if os.path.exists(f"{path}.sig"):
        os.unlink(f"{path}.sig")
    status, out, err = tool("-Y", "sign", "-n", "file", "-f", key, *flags, path)
    assert status == 0, err
    return f"{path}.sig"


def verify(tool, allowed, sig, path, who="me@x", space="file", *flags):
    return tool("-Y", "verify", "-f", allowed, "-I", who, "-n", space, "-s", sig, *flags,
                stdin=open(path, "rb"))


@pytest.mark.parametrize("flags", [[], ["-O", "hashalg=sha256"]])
def test_each_verifies(key, file, flags):
    allowed = signers(key, "other,me@x KEY\n")
    for maker in (ours, theirs):
        sig = sign(maker, key, file, *flags)
        got = [verify(t, allowed, sig, file) for t in (ours, theirs)]
        assert got[0] == got[1]
        assert got[0][0] == 0 and got[0][1].startswith('Good "file" signature for me@x with ')


def test_same_bytes(file, tmp_path):
    key = make(real, tmp_path / "k")
    one = open(sign(ours, key, file)).read()
    assert one == open(sign(theirs, key, file)).read()
    for k in (key, f"{key}.pub"):
        status, out, err = ours("-Y", "sign", "-n", "file", "-f", k, stdin=open(file))
        assert (status, out, err) == (0, one, "Signing data on standard input\n")


def test_said(key, file):
    status, out, err = ours("-Y", "sign", "-n", "file", "-f", key, file)
    assert (status, out) == (0, "")
    assert err == f"Signing file {file}\nWrite signature to {file}.sig\n"
    before = open(f"{file}.sig").read()
    good("-Y", "sign", "-n", "another", "-f", key, file)  # nobody says yes
    assert open(f"{file}.sig").read() == before
    assert ours("-q", "-Y", "sign", "-n", "file", "-f", key, file, input="y\n")[2] == ""


ALLOWED = [
    # (signers, who, status)
    ("me@x KEY\n", "me@x", 0),
    ("me@x KEY\n", "me@y", 255),
    ("a,m*@x KEY comment here\n", "me@x", 0),
    ("!me@x,*@x KEY\n", "me@x", 255),
    ('"me@x,other" KEY\n', "me@x", 0),
    ("# remark\n\n  \nme@x ssh-ed25519 AAAA\nme@x KEY\n", "me@x", 0),
    ('me@x namespaces="file" KEY\n', "me@x", 0),
    ('me@x namespaces="git,f*" KEY\n', "me@x", 0),
    ('me@x NAMESPACES="git,f*" KEY\n', "me@x", 0),
    ('me@x namespaces="git" KEY\n', "me@x", 255),
    ('me@x namespaces="!file,*" KEY\n', "me@x", 255),
    ('me@x valid-after="20200101" KEY\n', "me@x", 0),
    ('me@x valid-after="20200101",valid-before="20990101" KEY\n', "me@x", 0),
    ('me@x valid-before="20200101" KEY\n', "me@x", 255),
    ('me@x valid-after="20990101" KEY\n', "me@x", 255),
    ('me@x valid-after="2020010112",namespaces="file" KEY\n', "me@x", 255),
    ('me@x cert-authority KEY\n', "me@x", 255),
    ('me@x unknown-option KEY\n', "me@x", 255),
    ('me@x namespaces=file KEY\n', "me@x", 255),
    ('me@x namespaces="file KEY\n', "me@x", 255),
    ('me@x namespaces="file"namespaces="x" KEY\n', "me@x", 255),
    ("me@x\n", "me@x", 255),
    ("", "me@x", 255),
    ("me@x KEY", "me@x", 0),
]


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("text, who, status", ALLOWED)
def test_allowed(tmp_path, file, tool, text, who, status):
    key = make(real, tmp_path / "k")
    sig = sign(ours, key, file)
    r = verify(tool, signers(key, text), sig, file, who)
    assert r[0] == status, r
    if status:
        assert r[1] == "Could not verify signature.\n"


def test_time(tmp_path, file):
    key = make(real, tmp_path / "k")
    sig = sign(ours, key, file)
    allowed = signers(key, 'me@x valid-after="20220101",valid-before="20230101" KEY\n')
    for when, status in (("20220601", 0), ("20211231235959", 255), ("20230102", 255), ("x", 255)):
        for tool in (ours, theirs):
            flags = ["-O", f"verify-time={when}"]
            assert verify(tool, allowed, sig, file, "me@x", "file", *flags)[0] == status
            if when != "x":
                r = tool("-Y", "find-principals", "-f", allowed, "-s", sig, *flags)
                assert r[:2] == (status, "" if status else "me@x\n")


def test_namespace(key, file):
    sig = sign(ours, key, file)
    allowed = signers(key, "me@x KEY\n")
    assert verify(ours, allowed, sig, file, "me@x", "git")[0] == 255
    for space, status in (("file", 0), ("other", 255), ("fil", 255)):
        mine = ours("-Y", "check-novalidate", "-n", space, "-s", sig, stdin=open(file))
        other = theirs("-Y", "check-novalidate", "-n", space, "-s", sig, stdin=open(file))
        assert mine[:2] == other[:2]
        assert mine[0] == status


def test_altered(tmp_path):
    """a bit anywhere: in the message, or in the signature"""
    key = make(real, tmp_path / "k")
    file = tmp_path / "m"
    file.write_bytes(b"message")
    sig = sign(ours, key, file)
    allowed = signers(key, "me@x KEY\n")
    for i in range(7):
        other = tmp_path / "other"
        b = bytearray(b"message")
        b[i] ^= 1
        other.write_bytes(b)
        assert verify(ours, allowed, sig, other)[0] == 255
    lines = open(sig).read().splitlines()
    raw = base64.b64decode("".join(lines[1:-1]))
    for i in range(len(raw)):
        b = bytearray(raw)
        b[i] ^= 1 << i % 8
        text = base64.b64encode(b).decode()
        bad = tmp_path / "bad"
        bad.write_text("\n".join([lines[0], *(text[k:k + 70] for k in range(0, len(text), 70)),
                                  lines[-1]]) + "\n")
        assert verify(ours, allowed, bad, file)[0] == 255, i


def test_match_principals(tmp_path):
    key = make(real, tmp_path / "k")
    allowed = signers(key, "me@x,b KEY\nz,*@x KEY\n# c\n* cert-authority KEY\nno KEY\n")
    for who in ("me@x", "b", "q@x", "nobody"):
        mine = ours("-Y", "match-principals", "-f", allowed, "-I", who)
        other = theirs("-Y", "match-principals", "-f", allowed, "-I", who)
        assert mine[:2] == other[:2]
    allowed = signers(key, "me KEY\n")
    assert ours("-Y", "match-principals", "-f", allowed, "-I", "you")[:2] == (1, "")


def test_find_principals(key, file):
    sig = sign(ours, key, file)
    other = make(real, key.parent / "other")
    allowed = signers(key, f"first {public(other)}a,b* KEY\nc KEY\n")
    mine = ours("-Y", "find-principals", "-f", allowed, "-s", sig)
    assert mine == theirs("-Y", "find-principals", "-f", allowed, "-s", sig)
    assert mine[1] == "a\nb*\n"
    allowed = signers(other, "a KEY\n")
    mine = ours("-Y", "find-principals", "-f", allowed, "-s", sig)
    assert mine[:2] == theirs("-Y", "find-principals", "-f", allowed, "-s", sig)[:2] == (255, "")


@pytest.mark.skipif(not CERTS, reason="no certificates")
def test_certificates(tmp_path, file):
    ca, key = make(real, tmp_path / "ca"), make(real, tmp_path / "k")
    real("-q", "-s", ca, "-I", "id", "-n", "me@x,other@y", "-V", "20200101:20990101", f"{key}.pub")
    cert = f"{key}-cert.pub"
    for maker in (ours, theirs):
        # OpenSSH looks for the private half of a certificate in the agent alone
        if maker is theirs:
            continue
        sig = tmp_path / "sig"
        shutil.copy(key, f"{key}-cert")
        sig.write_text(good("-q", "-Y", "sign", "-n", "file", "-f", cert, stdin=open(file)))
        for text, who, when, status in (
                ("*@x cert-authority KEY\n", "me@x", "20260101", 0),
                ("* cert-authority KEY\n", "other@y", "20260101", 0),
                ("* cert-authority KEY\n", "third@y", "20260101", 255),
                ("*@y cert-authority KEY\n", "me@x", "20260101", 255),
                ("* cert-authority KEY\n", "me@x", "20190101", 255),
                ("* KEY\n", "me@x", "20260101", 255),
                ('* cert-authority,namespaces="git" KEY\n', "me@x", "20260101", 255)):
            allowed = signers(ca, text)
            for tool in (ours, theirs):
                r = verify(tool, allowed, sig, file, who, "file", "-O", f"verify-time={when}")
                assert r[0] == status, (tool, text, r)
        allowed = signers(ca, "*@x cert-authority KEY\n")
        mine = ours("-Y", "find-principals", "-f", allowed, "-s", sig)
        assert mine == theirs("-Y", "find-principals", "-f", allowed, "-s", sig)
        assert mine[1] == "me@x\n"


@pytest.mark.skipif(not CERTS, reason="no revocation lists")
def test_revoked(key, file):
    sig = sign(ours, key, file)
    allowed = signers(key, "me@x KEY\n")
    other = make(real, key.parent / "other")
    krl = key.parent / "krl"
    for revoke, status in ((other, 0), (key, 255)):
        real("-q", "-k", "-f", krl, f"{revoke}.pub")
        for path in (krl, f"{revoke}.pub"):
            assert verify(ours, allowed, sig, file, "me@x", "file", "-r", path)[0] == status
    assert verify(ours, allowed, sig, file, "me@x", "file", "-r", f"{krl}.none")[0] == 255


@pytest.mark.parametrize("argv, status", [
    (["foo"], 1), (["sign", "-f", "x"], 1), (["sign", "-n", "x"], 1), (["verify", "-f", "x"], 1),
    (["sign", "-n", "file", "-f", "none", "x"], 255),
    (["check-novalidate", "-n", "file", "-s", "none"], 255)])
def test_arguments(argv, status, tmp_path):
    assert ours("-Y", *argv, cwd=tmp_path)[0] == status


def test_rubbish(tmp_path, file):
    key = make(real, tmp_path / "k")
    text = open(sign(ours, key, file)).read()
    allowed = signers(key, "me@x KEY\n")
    bad = tmp_path / "bad"
    for t in ("", text[10:], text.replace("SSH SIG", "SSH PIG"), text[:-20], text[:60],
              text.replace("\n", "*\n"), public(key), "\0" * 100):
        bad.write_text(t)
        assert verify(ours, allowed, bad, file)[0] == 255
    bad.write_text("Some words before\n" + text)
    assert ours("-Y", "check-novalidate", "-n", "file", "-s", bad, stdin=open(file))[0] in (0, 255)


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
@pytest.mark.parametrize("public_half", [False, True])
def test_git(tmp_path, public_half):
    key = make(good, tmp_path / "k")
    program = tmp_path / "ssh-keygen"
    program.write_text(f"#!/bin/sh\nexec {' '.join(EMU)} {BINARY} keygen \"$@\"\n")
    program.chmod(0o755)
    allowed = signers(key, 'me@x namespaces="git" KEY\n')
    env = {"HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}

    def git(*argv):
        r = subprocess.run(["git", *argv], cwd=tmp_path / "repo", capture_output=True, timeout=60,
                           env=dict(os.environ, **env), stdin=subprocess.DEVNULL)
        assert r.returncode == 0, r.stderr
        return (r.stdout + r.stderr).decode()

    (tmp_path / "repo").mkdir()
    git("init", "-q")
    for name, value in (("user.name", "me"), ("user.email", "me@x"), ("gpg.format", "ssh"),
                        ("gpg.ssh.program", program), ("commit.gpgsign", "true"),
                        ("user.signingkey", f"{key}.pub" if public_half else key),
                        ("gpg.ssh.allowedSignersFile", allowed)):
        git("config", name, str(value))
    git("commit", "-q", "--allow-empty", "-m", "signed")
    assert 'Good "git" signature for me@x' in git("verify-commit", "-v", "HEAD")
    git("config", "gpg.ssh.program", "ssh-keygen")
    assert 'Good "git" signature for me@x' in git("verify-commit", "-v", "HEAD")
    git("commit", "-q", "--allow-empty", "-m", "by OpenSSH")
    git("config", "gpg.ssh.program", str(program))
    assert 'Good "git" signature for me@x' in git("verify-commit", "-v", "HEAD")


@pytest.mark.parametrize("form", ["PEM", "PKCS8", "dropbear"])
def test_other_files(key, file, form):
    """keys in other formats sign as well"""
    allowed = signers(key, "me@x KEY\n")
    if ours("-q", "-p", "-N", "", "-m", form, "-f", key)[0]:
        pytest.skip("not built in")
    os.unlink(f"{key}.pub")
    assert verify(theirs, allowed, sign(ours, key, file), file)[0] == 0
