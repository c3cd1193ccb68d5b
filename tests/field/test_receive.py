"""A file from a stream, which is used only if what came is what somebody signed.

SPDX-License-Identifier: MIT
"""
import os
import re
import subprocess

import lib
import pytest
from lib import CUBSSH, DATA, KEY, WRONG, put, sh, slurp, until

IMAGE = os.urandom(3 << 20)

pytestmark = pytest.mark.skipif("receive" not in sh([CUBSSH, "--list"]).split(),
                                reason="receive is not built in")


@pytest.fixture
def box():
    """a small disk: 8 MB"""
    path = DATA + "/box"
    os.makedirs(path, exist_ok=True)
    sh(f"mount -t tmpfs -o size=8m tmpfs {path}")
    yield path
    sh(f"umount {path}")


@pytest.fixture(scope="module")
def signed():
    """signature files of the image: signed(namespace, key) -> path"""
    put(DATA + "/signers", "".join(
        f'{who} namespaces="{space}" {slurp(key + ".pub")}' for who, space, key in (
            ("maker", "firmware", KEY), ("other", "firmware", WRONG), ("late", "firmware", KEY))
        ).replace("late namespaces", 'late valid-before="20200101",namespaces'))

    def sign(space="firmware", key=KEY, image=IMAGE, hashalg="sha512"):
        path = DATA + "/image"
        with open(path, "wb") as f:
            f.write(image)
        if os.path.exists(path + ".sig"):
            os.unlink(path + ".sig")
        sh(["ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", space, "-O", "hashalg=" + hashalg,
            path])
        return path + ".sig"
    return sign


def words(box, *more, who="maker", to=True):
    return [CUBSSH, "receive", *(["--to", box + "/fw"] if to else []), "--signers",
            DATA + "/signers", "--identity", who, "--namespace", "firmware",
            "--then", f"touch {box}/then", *more]


def receive(box, data, *more, **kw):
    return subprocess.run(words(box, *more, **kw), input=data, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=lib.LIMIT)


def nothing_run(box):
    return not os.path.exists(box + "/then") and not os.path.exists(box + "/fw") and \
        not os.path.exists(box + "/piped")


def read(path):
    with open(path, "rb") as f:
        return f.read()


@pytest.mark.parametrize("hashalg", ["sha256", "sha512"])
def test_good(box, signed, hashalg):
    sig = signed(hashalg=hashalg)
    r = receive(box, IMAGE, "--sig", sig)
    assert r.returncode == 0, r.stderr
    assert read(box + "/fw") == IMAGE and sorted(os.listdir(box)) == ["fw", "then"]
    assert os.stat(box + "/fw").st_mode & 0o777 == 0o644


def test_good_with_the_signature_ahead(box, signed):
    put(box + "/fw", "old", 0o755)
    r = receive(box, read(signed()) + IMAGE, "--size", str(len(IMAGE)))
    assert r.returncode == 0, r.stderr
    assert read(box + "/fw") == IMAGE and os.stat(box + "/fw").st_mode & 0o777 == 0o755


def test_status_of_the_command(box, signed):
    sig = signed()
    r = receive(box, IMAGE, "--sig", sig, "--then", "exit 9")
    assert r.returncode == 9


@pytest.mark.parametrize("how", ["key", "unknown", "namespace", "late", "none", "garbage"])
def test_not_by_them(box, signed, how):
    """refused before a byte is written"""
    who = {"unknown": "nobody", "late": "late"}.get(how, "maker")
    sig = signed(space="mail" if how == "namespace" else "firmware",
                 key=WRONG if how == "key" else KEY)
    if how in ("none", "garbage"):
        put(sig, "" if how == "none" else "-----BEGIN SSH SIGNATURE-----\nAAAA\n")
    r = receive(box, IMAGE, "--sig", sig, who=who)
    assert r.returncode == 1 and r.stderr, r.stderr
    assert nothing_run(box) and os.listdir(box) == []


@pytest.mark.parametrize("known", [True, False])
def test_last_byte_altered(box, signed, known):
    sig, more = signed(), ["--size", str(len(IMAGE))] if known else []
    bad = IMAGE[:-1] + bytes([IMAGE[-1] ^ 1])
    r = receive(box, bad, "--sig", sig, *more)
    assert r.returncode == (1 if known else 3) and b"incorrect signature" in r.stderr
    assert nothing_run(box) and os.listdir(box) == ([] if known else ["fw.part"])
    assert receive(box, IMAGE, "--sig", sig).returncode == 0  # anew, over the part


def test_signature_of_something_else(box, signed):
    assert receive(box, IMAGE, "--sig", signed(image=b"x")).returncode == 3
    assert nothing_run(box)


def offset(box):
    return int(sh([CUBSSH, "receive", "--offset", "--to", box + "/fw"]))


@pytest.mark.parametrize("ahead", [True, False])
def test_cut_and_resumed(box, signed, ahead):
    sig = signed()
    first = read(sig) if ahead else b""
    more = ["--size", str(len(IMAGE))] + ([] if ahead else ["--sig", sig])
    assert offset(box) == 0
    r = receive(box, first + IMAGE[:1234567], *more)
    assert r.returncode == 3 and b"cut short" in r.stderr
    assert nothing_run(box) and offset(box) == 1234567
    p = subprocess.Popen(words(box, "--resume", *more), stdin=subprocess.PIPE)
    p.stdin.write(first + IMAGE[1234567:2000000])
    p.stdin.flush()
    until(lambda: offset(box) == 2000000, "what was sent")
    p.kill()  # by the loss of the session
    p.wait()
    p.stdin.close()
    r = receive(box, first + IMAGE[2000000:], "--resume", *more)
    assert r.returncode == 0, r.stderr
    assert read(box + "/fw") == IMAGE and sorted(os.listdir(box)) == ["fw", "then"]


def test_part_of_another(box, signed):
    """a part that does not belong to it is found out"""
    sig = signed()
    put(box + "/fw.part", "x" * 1000, 0o600)
    r = receive(box, IMAGE[1000:], "--sig", sig, "--resume", "--size", str(len(IMAGE)))
    assert r.returncode == 1 and nothing_run(box) and os.listdir(box) == []
    put(box + "/fw.part", "x" * (len(IMAGE) + 1), 0o600)
    r = receive(box, b"", "--sig", sig, "--resume", "--size", str(len(IMAGE)))
    assert r.returncode == 1 and os.listdir(box) == []


def test_part_that_others_may_write(box, signed):
    sig = signed()
    put(box + "/fw.part", "", 0o666)
    assert receive(box, IMAGE, "--sig", sig).returncode == 1
    os.unlink(box + "/fw.part")
    os.symlink(DATA + "/elsewhere", box + "/fw.part")
    assert receive(box, IMAGE, "--sig", sig).returncode == 1
    assert nothing_run(box) and not os.path.exists(DATA + "/elsewhere")


def test_two_at_once(box, signed):
    sig = signed()
    p = subprocess.Popen(words(box, "--sig", sig), stdin=subprocess.PIPE)
    p.stdin.write(IMAGE[:1000])
    p.stdin.flush()
    until(lambda: offset(box) == 1000, "the first to write")
    assert b"busy" in receive(box, IMAGE, "--sig", sig).stderr.lower()
    p.stdin.write(IMAGE[1000:])
    p.stdin.close()
    assert p.wait(lib.LIMIT) == 0 and read(box + "/fw") == IMAGE


def test_disk_full(box, signed):
    """found before where the size is told, else when it happens; nothing of it stays"""
    big = os.urandom(9 << 20)
    sig = signed(image=big)
    for more in (["--size", str(len(big))], []):
        r = receive(box, big, "--sig", sig, *more)
        assert r.returncode == 1 and b"No space left" in r.stderr, r.stderr
        assert nothing_run(box) and os.listdir(box) == []


def test_more_than_told(box, signed):
    r = receive(box, IMAGE, "--sig", signed(), "--size", "1000")
    assert r.returncode == 1 and nothing_run(box) and os.listdir(box) == []


def test_pipe(box, signed):
    sig = signed()
    more = ["--sig", sig, "--spool", box + "/spool", "--pipe", f"cat >{box}/piped"]
    r = receive(box, IMAGE[:-1] + b"x", *more, to=False)
    assert r.returncode in (1, 3) and nothing_run(box)
    r = receive(box, IMAGE, *more, to=False)
    assert r.returncode == 0, r.stderr
    assert read(box + "/piped") == IMAGE and sorted(os.listdir(box)) == ["piped", "then"]
    os.unlink(box + "/then")
    r = receive(box, IMAGE, "--sig", sig, "--spool", box + "/s", "--pipe", "exit 4", to=False)
    assert r.returncode == 4 and not os.path.exists(box + "/then")


def test_block_device(box, signed):
    """written in place; the command behind it runs only if all was well"""
    sig = signed()
    with open(DATA + "/disk", "wb") as f:
        f.truncate(4 << 20)
    try:
        dev = sh(f"losetup -f --show {DATA}/disk").strip()
    except subprocess.CalledProcessError:
        pytest.skip("no loop devices")
    try:
        more = ["--sig", sig, "--to", dev]
        assert receive(box, IMAGE[:-1] + b"x", *more).returncode == 3 and nothing_run(box)
        assert receive(box, IMAGE, *more, "--size", str(5 << 20)).returncode == 1
        assert receive(box, IMAGE, *more, "--resume").returncode == 1 and nothing_run(box)
        r = receive(box, IMAGE, *more, "--size", str(len(IMAGE)))
        assert r.returncode == 0, r.stderr
        assert read(DATA + "/disk")[:len(IMAGE)] == IMAGE and os.path.exists(box + "/then")
    finally:
        sh(f"losetup -d {dev}")


def test_usage(box):
    for argv in ([], ["--to", "x"], words(box, "--pipe", "cat"), words(box, "extra"),
                 words(box, to=False), words(box, "--size", "x"), words(box, "--to")):
        r = subprocess.run(argv if argv[:1] == [CUBSSH] else [CUBSSH, "receive", *argv],
                           stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=lib.LIMIT)
        assert r.returncode == 2 and b"usage" in r.stderr, argv
    assert receive(box, b"", "--sig", "/no/such").returncode == 1
    assert receive(box, b"", "--signers", "/no/such").returncode == 1


def test_memory(box, signed):
    """the image is never in it"""
    p = subprocess.Popen(words(box, "--sig", signed()), stdin=subprocess.PIPE)
    p.stdin.write(IMAGE[:-1])
    p.stdin.flush()
    until(lambda: offset(box) == len(IMAGE) - 1, "what was sent")
    # not its text, which is dirty for the kernel where the binary is in a tmpfs
    dirty = sum(int(n) for n in re.findall(r"^\w+-\w+ rw.*\n(?:[A-Z].*\n)*?Private_Dirty: +(\d+)",
                                           slurp(f"/proc/{p.pid}/smaps"), re.M))
    p.stdin.write(IMAGE[-1:])
    p.stdin.close()
    assert p.wait(lib.LIMIT) == 0 and 0 < dirty <= 128, dirty
