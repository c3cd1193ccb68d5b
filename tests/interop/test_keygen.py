"""test_keygen.py - our ssh-keygen against OpenSSH's and Dropbear's key tools.

SPDX-License-Identifier: MIT
"""
import os
import pty
import shutil

import pytest

from keytool import BINARY, EMU, MARKS, mode, ours, real, run

pytestmark = MARKS


@pytest.fixture
def key(tmp_path):
    """a key of OpenSSH's"""
    path = tmp_path / "theirs"
    real("-q", "-t", "ed25519", "-N", "", "-C", "me@here", "-f", path)
    return path


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own"
    status, out, err = ours("-t", "ed25519", "-N", "", "-C", "our own", "-f", path)
    assert status == 0, err
    return path


def test_files(own):
    assert mode(own) == 0o600
    assert mode(f"{own}.pub") == 0o644
    assert sorted(p.name for p in own.parent.iterdir()) == ["own", "own.pub"]


def test_openssh_reads_ours(own):
    public = open(f"{own}.pub").read()
    assert real("-y", "-f", own) == public
    assert public.endswith(" our own\n")
    assert real("-l", "-f", own) == ours("-l", "-f", own)[1]


def test_same_structure(own, tmp_path):
    """OpenSSH writes the key again as it is: lines, header and length do not change"""
    lines = own.read_text().splitlines()
    copy = tmp_path / "copy"
    shutil.copy(own, copy)
    real("-q", "-p", "-N", "", "-P", "", "-f", copy)
    again = copy.read_text().splitlines()
    assert [len(x) for x in lines] == [len(x) for x in again]
    assert lines[0] == again[0] and lines[-1] == again[-1]


@pytest.mark.parametrize("length", range(0, 17))
def test_padding(length, tmp_path):
    comment = "x" * length
    assert ours("-q", "-C", comment, "-f", tmp_path / "k")[0] == 0
    assert real("-y", "-f", tmp_path / "k").split()[2:] == ([comment] if comment else [])


def test_we_read_openssh(key):
    public = open(f"{key}.pub").read()
    assert ours("-y", "-f", key) == (0, public, "")
    for path in (key, f"{key}.pub"):
        assert ours("-l", "-f", path)[1] == real("-l", "-f", path)
        assert ours("-lE", "md5", "-f", path)[1] == real("-l", "-E", "md5", "-f", path)


def test_lists(key, tmp_path):
    blob = " ".join(open(f"{key}.pub").read().split()[:2])
    path = tmp_path / "several"
    path.write_text(
        f"# comment\n\nhost.example,10.0.0.1 {blob}\n[host]:2222 {blob}\n"
        f'restrict,command="echo \\"a b\\"" {blob} c d\n |1|abc=|def= {blob}\n{blob}\n{blob} x\n'
    )
    want = real("-l", "-f", path).splitlines()
    got = ours("-l", "-f", path)[1].splitlines()
    assert len(got) == 6
    assert [x.split()[:2] for x in got] == [x.split()[:2] for x in want]
    for i in (0, 1, 2, 3):
        assert got[i] == want[i]


def test_dropbear(key, tmp_path):
    if not shutil.which("dropbearkey"):
        pytest.skip("dropbearkey is not installed")
    path = tmp_path / "db"
    run("dropbearkey", "-t", "ed25519", "-f", path)
    out = run("dropbearkey", "-y", "-f", path)[1]
    line = next(x for x in out.splitlines() if x.startswith("ssh-"))
    assert ours("-y", "-f", path)[1].split()[:2] == line.split()[:2]
    assert ours("-l", "-f", path)[1].split()[1] in out


def test_encrypted(tmp_path):
    path = tmp_path / "enc"
    real("-q", "-t", "ed25519", "-N", "secret", "-C", "c", "-f", path)
    status, out, err = ours("-y", "-f", path)
    assert status == 255 and not out
    assert f'Load key "{path}"' in err
    assert ours("-l", "-f", path)[1] == real("-l", "-f", f"{path}.pub")


def test_no_keys(tmp_path, key):
    assert ours("-y", "-f", f"{key}.pub")[0] == 255
    assert "not a public key file" in ours("-l", "-f", "/etc/passwd")[2]
    for flag in ("-l", "-y", "-e", "-i", "-p", "-c"):
        assert "No such file" in ours(flag, "-f", tmp_path / "none")[2]


def test_no_overwriting(own):
    before = own.read_bytes()
    status, out, _ = ours("-q", "-f", own)
    assert status == 1 and "already exists" in out
    assert own.read_bytes() == before


@pytest.mark.parametrize("answer", ["y", "n"])
def test_asks(own, answer):
    before = own.read_bytes()
    master, slave = pty.openpty()
    os.write(master, f"{answer}\n".encode())
    status, out, _ = ours("-q", "-N", "", "-f", own, stdin=slave)
    os.close(slave)
    os.close(master)
    assert "Overwrite (y/n)?" in out
    assert (status == 0) == (answer == "y")
    assert (own.read_bytes() != before) == (answer == "y")
    assert mode(own) == 0o600


@pytest.mark.parametrize(
    "argv, word",
    [
        (["-t", "dsa", "-N", "", "-f", "x"], "dsa"),
        (["-m", "PEM", "-N", "secret", "-f", "x"], "-m"),
        (["-a", "0", "-N", "", "-f", "x"], "-a"),
        (["-C", "a\nb", "-f", "x"], "-C"),
        (["-f", "no/such/folder/x"], "no/such/folder/x"),
    ],
)
def test_errors(argv, word, tmp_path):
    status, _, err = ours(*argv, cwd=tmp_path)
    assert status == 255 and word in err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("argv", [["-f"], ["-Z"], ["word"], ["-E", "sha1", "-l"]])
def test_usage(argv):
    status, _, err = ours(*argv)
    assert status == 1 and err.startswith("usage: ssh-keygen")


def test_as_ssh_keygen(tmp_path):
    link = tmp_path / "ssh-keygen"
    link.symlink_to(BINARY)
    status, out, err = run(*EMU, link, "-f", tmp_path / "k")
    assert status == 0, err
    assert out.splitlines()[4].startswith("SHA256:")
