"""test_keygen_files.py - ssh-keygen: all kinds, passphrases, comments, formats, known_hosts.

SPDX-License-Identifier: MIT
"""
import os
import pty
import shutil
import signal
import subprocess
import time

import pytest

from keytool import BINARY, EMU, KINDS, MARKS, both, good, make, mode, ours, public, real, run

pytestmark = MARKS
SECRET = "correct horse"


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def theirs(tmp_path, kind):
    return make(real, tmp_path / "theirs", kind)


@pytest.fixture
def own(tmp_path, kind):
    return make(good, tmp_path / "own", kind)


def passphrases():
    return "not built in" not in ours("-q", "-N", "abcdef", "-f", "/nonexistent/x")[2] and \
        "in this way" not in ours("-q", "-N", "abcdef", "-f", "/nonexistent/x")[2]


needs_passphrase = pytest.mark.skipif(not passphrases(), reason="KEY_PASSPHRASE is not built in")


def test_both_read_ours(own):
    assert real("-y", "-f", own) == public(own)
    assert good("-y", "-f", own) == public(own)


def test_we_read_theirs(theirs):
    assert good("-y", "-f", theirs) == public(theirs)


@pytest.mark.parametrize("flags", [["-l"], ["-lv"], ["-lE", "md5"], ["-lvE", "md5"], ["-B"],
                                   ["-Bv"], ["-e"], ["-e", "-m", "PEM"], ["-e", "-m", "PKCS8"],
                                   ["-e", "-m", "RFC4716"]])
def test_shown_alike(theirs, flags):
    for path in (theirs, f"{theirs}.pub"):
        if path == theirs and "-e" in flags and not real("-y", "-f", theirs):
            continue
        mine, other = both(*flags, "-f", path)
        assert mine == other


def test_list_of_many(tmp_path):
    keys = [make(real, tmp_path / k, k) for k in KINDS]
    path = tmp_path / "all"
    path.write_text("# all\n" + "".join(public(k) for k in keys))
    for flags in (["-l"], ["-lv"], ["-B"]):
        mine, other = both(*flags, "-f", path)
        assert mine == other
    mine, other = both("-l", "-f", "-", input=path.read_text())
    assert mine == other


@pytest.mark.parametrize("form", ["RFC4716", "PEM", "PKCS8"])
def test_import(theirs, form, tmp_path):
    status, text, _ = run("ssh-keygen", "-e", "-m", form, "-f", f"{theirs}.pub")
    if status:
        pytest.skip("no such form")
    (tmp_path / "e").write_text(text)
    mine, other = both("-i", "-m", form, "-f", tmp_path / "e")
    if form != "PEM" or not other[0]:  # theirs knows RSA alone by that name
        assert mine == other
    assert mine[0] == 0
    for cut in range(0, text.rindex("\n--"), 29):
        (tmp_path / "cut").write_text(text[:cut])
        assert ours("-i", "-m", form, "-f", tmp_path / "cut")[0] == 255


def test_import_headers(theirs, tmp_path):
    body = real("-e", "-f", f"{theirs}.pub").splitlines()
    body[1:2] = ['Subject: me', 'Comment: "a long \\', 'comment: of two lines"',
                 'x-last: b']
    (tmp_path / "e").write_text("\r\n".join(body) + "\r\n")
    assert good("-i", "-f", tmp_path / "e").split()[1] == public(theirs).split()[1]


@needs_passphrase
def test_passphrase(tmp_path, kind):
    key = make(good, tmp_path / "k", kind, passphrase=SECRET)
    assert real("-y", "-P", SECRET, "-f", key) == public(key)
    assert good("-y", "-P", SECRET, "-f", key) == public(key)
    assert good("-y", "-f", key, input=SECRET + "\n") == public(key)
    assert ours("-y", "-P", "wrong", "-f", key)[0] == 255
    assert ours("-y", "-f", key)[0] == 255
    assert good("-l", "-f", key) == real("-l", "-f", key)


@needs_passphrase
@pytest.mark.parametrize("old, new", [("", SECRET), (SECRET, ""), (SECRET, "another"), ("", "")])
def test_change_passphrase(tmp_path, kind, old, new):
    for first, second in ((real, good), (good, real)):
        key = make(first, tmp_path / first.__name__, kind, passphrase=old)
        out = second("-p", "-a", "2", "-P", old, "-N", new, "-f", key)
        assert out == ("Key has comment 'me@here'\n"
                       "Your identification has been saved with the new passphrase.\n")
        for tool in (real, good):
            assert tool("-y", "-P", new, "-f", key) == public(key)
        assert mode(key) == 0o600


@needs_passphrase
def test_asked_for(tmp_path):
    key = tmp_path / "k"
    out = good("-f", key, input="abcdef\nabcdef\n")
    assert "saved in" in out
    assert real("-y", "-P", "abcdef", "-f", key)
    good("-p", "-f", key, input="abcdef\nghijkl\nghijkl\n")
    assert real("-y", "-P", "ghijkl", "-f", key)
    before = key.read_bytes()
    status, out, _ = ours("-p", "-f", key, input="ghijkl\none\ntwo\n")
    assert status == 1 and "do not match" in out
    assert ours("-p", "-P", "wrong", "-N", "x", "-f", key)[0] == 255
    assert key.read_bytes() == before


@needs_passphrase
@pytest.mark.parametrize("cipher", ["aes256-ctr", "aes256-gcm@openssh.com",
                                    "chacha20-poly1305@openssh.com"])
def test_ciphers(tmp_path, cipher):
    key = tmp_path / "k"
    status, _, err = ours("-q", "-N", SECRET, "-Z", cipher, "-a", "3", "-f", key)
    if status and "cannot be written in this way" in err:
        pytest.skip("not built in")
    assert status == 0, err
    assert real("-y", "-P", SECRET, "-f", key) == public(key)


def test_comment(tmp_path, kind):
    for first, second in ((real, good), (good, real)):
        key = make(first, tmp_path / first.__name__, kind)
        out = second("-c", "-C", "new one", "-f", key)
        assert out == "Old comment: me@here\nComment 'new one' applied\n"
        assert public(key).endswith(" new one\n") and mode(f"{key}.pub") == 0o644
        assert real("-y", "-f", key) == good("-y", "-f", key) == public(key)
        assert second("-c", "-C", "new one", "-f", key).endswith("No change to comment\n")
        assert second("-c", "-f", key, input="\n").endswith("Comment removed\n")
        assert len(good("-y", "-f", key).split()) == 2


@pytest.mark.parametrize("form", ["PEM", "PKCS8"])
def test_private_formats(own, kind, form):
    status, _, err = ours("-p", "-N", "", "-m", form, "-f", own)
    if status:
        assert kind == "ed25519" or "in this way" in err
        return
    line = open(own).readline()
    assert "OPENSSH" not in line or kind == "ed25519"
    assert good("-y", "-f", own).split()[:2] == public(own).split()[:2]
    if kind != "ed25519" or "OPENSSH" in line:
        assert real("-y", "-f", own).split()[:2] == public(own).split()[:2]


@pytest.mark.parametrize("bits", ["256", "384", "521"])
def test_curves(tmp_path, bits):
    if "ecdsa" not in KINDS:
        pytest.skip("not built in")
    key = tmp_path / "k"
    good("-q", "-t", "ecdsa", "-b", bits, "-N", "", "-f", key)
    assert real("-l", "-f", key).startswith(bits)
    assert real("-y", "-f", key) == public(key)


@pytest.mark.parametrize("kind, bits", [("ecdsa", "300"), ("rsa", "512"), ("rsa", "99999"),
                                        ("ecdsa", "0"), ("rsa", "x")])
def test_sizes_refused(kind, bits, tmp_path):
    assert ours("-q", "-t", kind, "-b", bits, "-N", "", "-f", tmp_path / "k")[0] == 255
    assert not list(tmp_path.iterdir())


def test_default_file(tmp_path):
    """nothing but questions; the answer is a path, or what is offered"""
    key = tmp_path / "k"
    out = good(input=f"{key}\n\n\n")
    assert out.startswith("Generating public/private ed25519 key pair.\n"
                          "Enter file in which to save the key (")
    assert real("-y", "-f", key) == public(key)
    assert ours()[0] == 1  # nobody answers


def test_folder_of_keys(tmp_path):
    key = tmp_path / ".ssh" / "k"
    assert f"Created directory '{tmp_path}/.ssh'." in good("-N", "", "-f", key)
    assert mode(tmp_path / ".ssh") == 0o700


def test_host_keys(tmp_path):
    # where our server looks, which need not be /etc/ssh
    out = good("-A", "-f", tmp_path)
    assert out == f"ssh-keygen: generating new host keys: {' '.join(KINDS)}\n" or "mldsa" in out
    found = [p for p in tmp_path.rglob("ssh_host_*_key")]
    assert len(found) >= len(KINDS)
    for p in found:
        assert mode(p) == 0o600
    before = {p: p.read_bytes() for p in found}
    assert good("-A", "-f", tmp_path) == ""
    assert before == {p: p.read_bytes() for p in found}
    found[0].write_bytes(b"")  # what a pulled plug leaves
    good("-A", "-f", tmp_path)
    assert found[0].read_bytes()


def test_interrupted(tmp_path):
    """Ctrl-C while RSA looks for its primes: dots were seen, nothing is left"""
    if "rsa" not in KINDS:
        pytest.skip("not built in")
    master, slave = pty.openpty()
    p = subprocess.Popen([*EMU, BINARY, "keygen", "-t", "rsa", "-b", "4096", "-N", "",
                          "-f", tmp_path / "k"], stdin=slave, stdout=slave, stderr=slave,
                         start_new_session=True)
    os.close(slave)
    seen = b""
    limit = time.time() + 60
    while seen.count(b".") < 3 and time.time() < limit:
        seen += os.read(master, 100)
    p.send_signal(signal.SIGINT)
    assert p.wait(30) != 0
    os.close(master)
    assert seen.count(b".") >= 3 and not list(tmp_path.iterdir())


# ---- killed at every step ---------------------------------------------------

STEPS = "openat,open,write,fchmod,fsync,close,rename,renameat,renameat2"


@pytest.mark.skipif(not shutil.which("strace") or EMU, reason="no strace")
def test_killed(tmp_path):
    """-p, killed at each of its calls that touch a file: the old key or the new one, whole"""
    key = make(good, tmp_path / "k")
    line = public(key)
    saved = key.read_bytes()
    ends = set()
    for n in range(1, 60):
        key.write_bytes(saved)
        r = subprocess.run(["strace", "-o", "/dev/null", "-e", f"trace={STEPS}", "-e",
                            f"inject={STEPS}:signal=SIGKILL:when={n}", BINARY, "keygen", "-p",
                            "-N", "", "-f", key], capture_output=True, stdin=subprocess.DEVNULL,
                           timeout=60)
        if b"ptrace" in r.stderr.lower():
            pytest.skip("no tracing here")
        assert real("-y", "-f", key) == line
        ends.add(key.read_bytes() == saved)
        if r.returncode == 0:
            break
    assert r.returncode == 0 and n > 5
    assert ends == {True, False}
    for p in tmp_path.iterdir():  # what is left beside it is no key of others' and not in the way
        assert p.name.startswith("k") and (p.name.endswith(".pub") or mode(p) == 0o600)


# ---- known_hosts ------------------------------------------------------------

@pytest.fixture
def hosts(tmp_path):
    keys = [public(make(real, tmp_path / f"h{i}", comment=f"c {i}")) for i in range(3)]
    hashed = tmp_path / "hashed"
    hashed.write_text(f"hidden.example {keys[2]}")
    real("-H", "-f", hashed)
    path = tmp_path / "known"
    path.write_text(f"h1,h2.example,10.0.0.1 {keys[0]}# a remark\n\n"
                    f"@cert-authority *.ex {keys[1]}@revoked bad.ex {keys[0]}"
                    f"h* {keys[1]}H3 {keys[1]}[h4]:2222 {keys[2]}{hashed.read_text()}"
                    f"!h1,x.y {keys[0]}")
    return path


WHO = ["h1", "h2.example", "10.0.0.1", "a.ex", "bad.ex", "h3", "[h4]:2222", "h4",
       "hidden.example", "x.y", "none"]


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("flags", [[], ["-l"], ["-lv"], ["-q"], ["-lE", "md5"]])
def test_find(hosts, who, flags):
    before = hosts.read_bytes()
    mine, other = both(*flags, "-F", who, "-f", hosts)
    assert mine == other
    assert hosts.read_bytes() == before and not os.path.exists(f"{hosts}.old")


@pytest.mark.parametrize("who", WHO)
def test_remove(hosts, who, tmp_path):
    copy = tmp_path / "other" / "known"
    copy.parent.mkdir()
    shutil.copy(hosts, copy)
    before = hosts.read_bytes()
    mine = ours("-R", who, "-f", hosts.name, cwd=tmp_path)
    other = run("ssh-keygen", "-R", who, "-f", "known", cwd=copy.parent)
    assert mine == other
    assert hosts.read_bytes() == copy.read_bytes()
    if os.path.exists(f"{copy}.old"):
        assert open(f"{hosts}.old", "rb").read() == before
        assert sorted(os.listdir(copy.parent)) == ["known", "known.old"]
    else:
        assert not os.path.exists(f"{hosts}.old")


def test_hash(hosts):
    before = hosts.read_text()
    status, out, err = ours("-H", "-f", hosts)
    assert status == 0 and out == f"{hosts} updated.\nOriginal contents retained as {hosts}.old\n"
    assert "contains unhashed entries" in err
    assert "10.0.0.1" not in hosts.read_text() and open(f"{hosts}.old").read() == before
    for who in WHO:
        # OpenSSH hides a name behind a `!` too, which then says the opposite
        if who != "h1":
            want = run("ssh-keygen", "-F", who, "-f", f"{hosts}.old")[0]
            assert run("ssh-keygen", "-F", who, "-f", hosts)[0] == want
        assert ours("-F", who, "-f", hosts)[0] == ours("-F", who, "-f", f"{hosts}.old")[0]
    again = hosts.read_text()
    good("-H", "-f", hosts)
    assert hosts.read_text() == again


def test_hosts_damaged(hosts):
    hosts.write_text(hosts.read_text() + "[h1]:22 ssh-ed25519 x\n")
    before = hosts.read_bytes()
    for flags in (["-R", "h1"], ["-H"]):
        status, _, err = ours(*flags, "-f", hosts)
        assert status == 1 and "Not replacing" in err
        assert hosts.read_bytes() == before and not os.path.exists(f"{hosts}.old")
    assert ours("-R", "h1", "-f", f"{hosts}.none")[0] == 255


@pytest.mark.skipif(not shutil.which("puttygen"), reason="puttygen is not installed")
def test_puttygen_reads_ours(own, kind):
    r = run("puttygen", own, "-L")
    assert r[1].split()[:2] == public(own).split()[:2], r[2]
