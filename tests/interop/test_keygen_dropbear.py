"""test_keygen_dropbear.py - our dropbearkey and dropbearconvert against the real ones.

SPDX-License-Identifier: MIT
"""
import shutil

import pytest

from keytool import KINDS, MARKS, applet, mode, public, real, run

HERE = applet("dropbearkey")[0] != 127
pytestmark = MARKS + [
    pytest.mark.skipif(not shutil.which("dropbearkey"), reason="dropbearkey is not installed"),
    pytest.mark.skipif(not HERE, reason="COMPAT_DROPBEAR is not built in")]
SIZES = {"ed25519": [[]], "ecdsa": [[], ["-s", "384"], ["-s", "521"]],
         "rsa": [["-s", "1024"], ["-s", "2048"]]}
CASES = [(k, s) for k in KINDS for s in SIZES[k]]


@pytest.mark.parametrize("kind, size", CASES)
def test_key(tmp_path, kind, size):
    key = tmp_path / "k"
    status, out, err = applet("dropbearkey", "-t", kind, *size, "-f", key)
    assert status == 0 and err.startswith("Generating ")
    assert mode(key) == 0o600
    lines = out.splitlines()
    assert lines[0] == "Public key portion is:" and lines[2].startswith("Fingerprint: SHA256:")
    assert lines[1] + "\n" == public(key)
    assert run("dropbearkey", "-y", "-f", key)[:2] == (0, out)
    assert applet("dropbearkey", "-y", "-f", key)[:2] == (0, out)


@pytest.mark.parametrize("kind, size", CASES)
def test_convert(tmp_path, kind, size):
    key = tmp_path / "k"
    assert run("dropbearkey", "-t", kind, *size, "-f", key)[0] == 0

    def convert(tool, a, b, source, target):
        status, out, err = tool("dropbearconvert", a, b, tmp_path / source, tmp_path / target)
        assert status == 0 and out == "", err
        assert err.startswith("Key is a ") and err.endswith(f"Wrote key to '{tmp_path / target}'\n")
        assert mode(tmp_path / target) == 0o600
        return (tmp_path / target).read_bytes()

    for i, (there, back) in enumerate(((applet, run), (run, applet), (applet, applet))):
        convert(there, "dropbear", "openssh", "k", f"o{i}")
        assert real("-l", "-f", tmp_path / f"o{i}").split()[1] in run("dropbearkey", "-y", "-f",
                                                                      key)[1]
        assert convert(back, "openssh", "dropbear", f"o{i}", f"d{i}") == key.read_bytes()


def test_default_kind_and_comment(tmp_path):
    status, out, _ = applet("dropbearkey", "-f", tmp_path / "k", "-C", "a comment")
    assert status == 0 and out.splitlines()[1].startswith("ssh-ed25519 ")
    assert out.splitlines()[1].endswith(" a comment")


@pytest.mark.parametrize("argv", [["-t", "foo", "-f", "k"], ["-t", "ed25519"], ["-y", "-f", "none"],
                                  ["-t", "rsa", "-s", "1000", "-f", "k"],
                                  ["-t", "ecdsa", "-s", "100", "-f", "k"], ["-x"]])
def test_refused(tmp_path, argv):
    assert applet("dropbearkey", *argv, cwd=tmp_path)[0] == 1
    assert not list(tmp_path.iterdir())


def test_no_overwriting(tmp_path):
    key = tmp_path / "k"
    assert applet("dropbearkey", "-f", key)[0] == 0
    before = key.read_bytes()
    assert applet("dropbearkey", "-f", key)[0] == 1
    assert key.read_bytes() == before


@pytest.mark.parametrize("argv", [["openssh", "dropbear", "none", "x"],
                                  ["openssh", "foo", "k", "x"], ["dropbear", "openssh", "k"], []])
def test_convert_refused(tmp_path, argv):
    applet("dropbearkey", "-f", tmp_path / "k")
    assert applet("dropbearconvert", *argv, cwd=tmp_path)[0] == 1
    assert not (tmp_path / "x").exists()
