"""SECURITY 9: authorized_keys: what is opened, what a line may be, what an option may say."""
# SPDX-License-Identifier: MIT
import os
import stat

import lab
import pytest
from peer import *

K, OTHER = Key(), Key()
FORCED = b'command="echo forced" '
LINE = K.line.encode()


def enters(server, key=K, user="bob"):
    """"" where refused; what `echo free` prints otherwise"""
    with server.start(timeout=20) as p:
        p.service()
        if p.pubkey(user, key)[0] != AUTH_SUCCESS:
            return ""
        return p.run("echo free").out.decode().strip()


def padded(size, key=K):
    """a line of that size without its end: command= at its head, the key at its tail"""
    head, tail = b'command="echo forced #', b'" ' + key.line.encode()
    return head + b"x" * (size - len(head) - len(tail)) + tail + b"\n"


@pytest.mark.parametrize("size", [9999, 10000, 10001, 16384, 33000])
def test_long_line(server, size):
    """taken with its command or skipped whole; the line after it counts again"""
    lab.keys("bob", padded(size), OTHER.line)
    assert enters(server) in ("", "forced")
    assert enters(server, OTHER) == "free"


@pytest.mark.ours
def test_long_line_is_logged(server):
    lab.keys("bob", padded(40000), OTHER.line)
    before = server.log()
    assert enters(server) == "" and "authorized_keys" in server.log()[len(before):]


def test_key_at_the_cut(server):
    """wherever a reader may cut: what stands inside command="" is never a line of its own"""
    cuts = [n + d for n in (256, 512, 1000, 1024, 2000, 2048, 4000, 4096, 8000, 8192, 9999, 10000,
                            16384, 32768, 65536) for d in range(-4, 5)]
    lines = []
    for cut in cuts:
        head = b'command="'
        lines.append(head + b"x" * (cut - len(head)) + LINE + b'" ' + OTHER.line.encode())
        lines.append(b"#" + b" " * (cut - 1) + LINE)
    lab.keys("bob", *(l + b"\n" for l in lines))
    assert enters(server) == ""
    lab.keys("bob", *(l + b"\r\n" for l in lines))
    assert enters(server) == ""


def test_cut_relative_to_the_file(server):
    """the same with every place of the first line in a reader's buffer"""
    for size in (1024, 4096, 8192):
        for d in range(-2, 3):
            first = b"#" + b"y" * 98 + b"\n"
            inner = b'command="' + b"x" * (size + d - 100 - 9) + LINE + b'" ' + OTHER.line.encode()
            lab.keys("bob", first, inner + b"\n", OTHER.line)
            assert enters(server) == "", size + d


PARSED = {  # name: (bytes, what may come of it)
    "plain": (LINE + b"\n", {"free"}),
    "no newline": (LINE, {"free"}),
    "comment after": (LINE + b" bob@host with words\n", {"free"}),
    "spaces before": (b" \t" + LINE + b"\n", {"free"}),
    "crlf": (b"# x\r\n" + LINE + b"\r\n", {"free"}),
    "crlf and command": (FORCED + LINE + b"\r\n", {"forced"}),
    "only cr": (b"# x\r" + LINE + b"\n", {""}),
    "bom": (b"\xef\xbb\xbf" + LINE + b"\n", {"", "free"}),
    "bom and command": (b"\xef\xbb\xbf" + FORCED + LINE + b"\n", {"", "forced"}),
    "utf-16": (b"\xff\xfe" + LINE.decode().encode("utf-16-le") + b"\n\0", {""}),
    "nul after": (LINE + b"\0\n", {"", "free"}),
    "nul in command": (b'command="echo forced\0" ' + LINE + b"\n", {""}),
    "nul before": (b"\0" + LINE + b"\n", {""}),
    "nul before the options' end": (b'command="echo forced"\0 ' + LINE + b"\n", {""}),
    "nul line, then good": (b"x\0y\n" + LINE + b"\n", {"free"}),
    "unknown option": (b"frobnicate " + LINE + b"\n", {""}),
    "unknown with value": (b'frobnicate="x y",' + FORCED + LINE + b"\n", {""}),
    "known, then unknown": (b"no-pty,frobnicate " + LINE + b"\n", {""}),
    "unknown alone, listed again": (b"frobnicate " + LINE + b"\n" + LINE + b"\n", {"", "free"}),
    "commands": (FORCED + LINE + b"\n", {"forced"}),
    "escaped quote": (b'command="echo \\"forced\\"" ' + LINE + b"\n", {"forced"}),
    "key in a command": (b'command="' + LINE + b'" ' + OTHER.line.encode() + b"\n", {""}),
    "no closing quote": (b'command="echo forced ' + LINE + b"\n", {""}),
    "no value": (b"command " + LINE + b"\n", {""}),
    "no quotes": (b"command=true " + LINE + b"\n", {""}),
    "two commas": (b"no-pty,,no-pty " + LINE + b"\n", {"", "free"}),
    "comma, space": (b"no-pty, " + LINE + b"\n", {"", "free"}),
    "upper case": (b'COMMAND="echo forced" ' + LINE + b"\n", {"", "forced"}),
    "type alone": (b"ssh-ed25519\n" + LINE.split()[1] + b"\n", {""}),
    "type differs": (b"ssh-rsa " + LINE.split()[1] + b"\n", {""}),
    "cut base64": (LINE[:-3] + b"\n", {""}),
    "base64 and more": (LINE + b"AAAA\n", {""}),
    "commented out": (b"#" + LINE + b"\n", {""}),
    "from, other": (b'from="10.0.0.0/8" ' + LINE + b"\n", {""}),
    "from, ours": (b'from="10.0.0.0/8,127.*" ' + LINE + b"\n", {"free"}),
    "from, cidr": (b'from="127.0.0.0/8" ' + LINE + b"\n", {"free"}),
    "from, negated": (b'from="!127.*,*" ' + LINE + b"\n", {""}),
    "from, empty": (b'from="" ' + LINE + b"\n", {""}),
    "from, bad mask": (b'from="127.0.0.0/99" ' + LINE + b"\n", {""}),
    "expired": (b'expiry-time="20200101" ' + LINE + b"\n", {""}),
    "expires later": (b'expiry-time="20990101" ' + LINE + b"\n", {"free"}),
    "expiry, nonsense": (b'expiry-time="soon" ' + LINE + b"\n", {""}),
    "expiry, empty": (b'expiry-time="" ' + LINE + b"\n", {""}),
    "port 0": (b'permitopen="host:0" ' + LINE + b"\n", {""}),
    "port 65536": (b'permitopen="host:65536" ' + LINE + b"\n", {""}),
    "port 65535": (b'permitopen="host:65535" ' + LINE + b"\n", {"free"}),
    "port -1": (b'permitopen="host:-1" ' + LINE + b"\n", {""}),
    "no port": (b'permitopen="host" ' + LINE + b"\n", {""}),
    "listen 65536": (b'permitlisten="65536" ' + LINE + b"\n", {""}),
    "certificate authority": (b"cert-authority " + LINE + b"\n", {""}),
    "empty file": (b"", {""}),
    "second key of many": (b"\n".join(Key().line.encode() for _ in range(300)) + b"\n" + LINE,
                           {"free"}),
}


@pytest.mark.parametrize("name", PARSED)
def test_line(server, name):
    text, may = PARSED[name]
    lab.keys("bob", text)
    assert enters(server) in may


def replaced(make):
    """authorized_keys is something else"""
    path = lab.keys("bob", K.line)
    os.rename(path, path + ".real")
    make(path)
    return path


def mode(bits, *path, user="bob", group=None):
    """bob's good file, and then something of it or above it with another mode or owner"""
    def make():
        lab.keys("bob", K.line)
        p = lab.home("bob", *path)
        os.chown(p, lab.UIDS.get(user, 0), lab.UIDS.get(user, 0) if group is None else group)
        os.chmod(p, bits)
    return make


USERS, FILE = 100, (".ssh", "authorized_keys")
FILES = {
    "fifo": lambda: own(replaced(os.mkfifo)),
    "directory": lambda: own(replaced(os.mkdir)),
    "zero device": lambda: own(replaced(lambda p: os.mknod(
        p, 0o600 | stat.S_IFCHR, os.makedev(1, 5)))),
    "symlink to a device": lambda: replaced(lambda p: os.symlink("/dev/zero", p)),
    "dangling symlink": lambda: replaced(lambda p: os.symlink("nowhere", p)),
    "group-writable file": mode(0o660, *FILE, group=USERS),
    "world-writable file": mode(0o602, *FILE),
    "unreadable file": mode(0, *FILE),
    "root's, unreadable for the user": mode(0o600, *FILE, user="root"),
    "somebody else's file": mode(0o644, *FILE, user="alice"),
    "group-writable .ssh": mode(0o770, ".ssh", group=USERS),
    "world-writable .ssh": mode(0o707, ".ssh"),
    "somebody else's .ssh": mode(0o755, ".ssh", user="alice"),
    "group-writable home": mode(0o775, group=USERS),
    "somebody else's home": mode(0o755, user="alice"),
    "no file": lambda: os.unlink(lab.keys("bob", K.line)),
}


def own(path):
    os.chown(path, lab.UIDS["bob"], lab.UIDS["bob"])


@pytest.mark.parametrize("name", FILES)
def test_file_refused(server, name):
    FILES[name]()
    assert enters(server) == ""
    os.chown(lab.home("bob"), lab.UIDS["bob"], lab.UIDS["bob"])
    lab.keys("bob", K.line)
    assert enters(server) == "free"


@pytest.mark.ours
@pytest.mark.parametrize("where", ["authorized_keys", "/run/lab/elsewhere"])
def test_symlink_refused(server, where):
    path = lab.keys("bob", K.line)
    target = where if where[0] == "/" else path + ".real"
    os.rename(path, target)
    os.symlink(target, path)
    assert enters(server) == ""


def test_root_may_own_it(server):
    mode(0o644, *FILE, user="root")()
    assert enters(server) == "free"


def test_strict_modes_off(serve):
    server = serve("StrictModes=no")
    os.chmod(lab.keys("bob", K.line), 0o666)
    assert enters(server) == "free"


@pytest.mark.ours
def test_reason_is_logged(server):
    """the one thing that people search for when a key does not work"""
    for name in ("group-writable file", "group-writable .ssh", "somebody else's file", "fifo"):
        FILES[name]()
        before = len(server.log())
        assert enters(server) == ""
        assert "/bob" in server.log()[before:], name
    lab.keys("bob", "frobnicate " + K.line)
    before = len(server.log())
    assert enters(server) == "" and "frobnicate" in server.log()[before:]
