"""test_clients.py - each client of another maker, each thing that clients do.

SPDX-License-Identifier: MIT
"""
import os
import re

import pytest
from lib import DATA, PASSWORD, STANDIN, WRONG, Server, sha256, standin_skip
from stock import CHACHA, CTR, KEX

BIG = DATA + "/10m"


@pytest.fixture(scope="session")
def rekeying():
    """a server that wants new keys after each MiB"""
    with Server(RekeyLimit="1M") as s:
        yield s


@pytest.mark.parametrize("user", ["ann", "ben", "cid"])
def test_password(client, server, user):
    r = client(server, "id -un", user=user, password=PASSWORD)
    assert (r.rc, r.out) == (0, user + "\n")


def test_root_by_key(client, server):
    assert client(server, "id -u", user="root").out == "0\n"


@pytest.mark.parametrize("status", [0, 1, 42, 255])
def test_status(client, server, status):
    r = client(server, f"echo out; echo err >&2; exit {status}")
    assert (r.rc, r.out) == (status, "out\n")
    assert "err\n" in r.err.replace("\r", "") and "out" not in r.err


def test_killed_by_signal(client, server):
    r = client(server, "echo out; kill -TERM $$")
    assert (r.rc, r.out) == (client.by_signal[0], "out\n")
    assert re.search(client.by_signal[1], r.err)


def test_long_command(client, server):
    standin_skip("drops the connection at a command of 9 kB", "dropbear")
    n = 15000 if client.name == "dbclient" else 20000  # 16 kB is the most that it sends
    assert client(server, f"printf %s {'x' * n} | wc -c").out == f"{n}\n"


def both_ways(client, server, **options):
    path = f"{DATA}/{client.name}.out"
    with open(BIG, "rb") as i, open(path, "wb") as o:
        r = client(server, "cat", stdin=i, stdout=o, **options)
    assert r.rc == 0, r
    assert sha256(path) == sha256(BIG)
    os.unlink(path)


def test_echo_10mb(client, server):
    both_ways(client, server)


def test_download_10mb(client, server):
    path = f"{DATA}/{client.name}.down"
    with open(path, "wb") as o:
        r = client(server, "cat " + BIG, stdout=o)
    assert r.rc == 0 and sha256(path) == sha256(BIG)
    os.unlink(path)


def test_upload_10mb(client, server):
    with open(BIG, "rb") as i:
        r = client(server, "sha256sum", stdin=i)
    assert (r.rc, r.out.split()[0]) == (0, sha256(BIG))


def test_eof(client, server):
    assert client(server, "cat >/dev/null; echo end", stdin=b"abc").out == "end\n"


def test_stderr_bulk(client, server):
    """as much on each stream as a window holds, and more"""
    r = client(server, "head -c 3000000 /dev/zero >&2 & head -c 3000000 /dev/zero; wait")
    assert (r.rc, len(r.out)) == (0, 3000000) and r.err.count("\0") == 3000000


def test_rekey_by_client(client, server):
    if client.name == "asyncssh":
        standin_skip("takes no data after the client's KEXINIT", "dropbear")
    both_ways(client, server, rekey=1 << 20)


def test_rekey_by_server(client, rekeying):
    both_ways(client, rekeying)


def test_terminal(client, server):
    with client.spawn(server) as t:
        t.send("PS1=; stty -echo; echo ready$((1 + 1))\r")
        t.expect("ready2")
        t.send("stty size\r")
        t.expect(r"24 80\r?\n")
        t.resize(30, 100)
        t.expect(r"30 100\r?\n", again="stty size\r")
        t.send("tty; echo term=$TERM\r")
        t.expect(r"/dev/pts/\d+\r?\n[^=]*term=xterm\r?\n")
        t.send("sh -c 'echo go$((1 + 1)); exec sleep 1000'\r")
        t.expect("go2")
        t.send("\x03")
        t.send("echo rc$?.\r")
        t.expect(r"rc130\.")
        t.send("exit 7\r")
        assert t.wait() == 7


def test_terminal_eof_at_once(client, server):
    """the client says EOF, the command still has something to say"""
    if client.name == "dbclient":
        pytest.skip("dbclient asks for no pty without one of its own")
    with open("/dev/null", "rb") as null:
        r = client(server, "sleep 1; echo done; exit 3", tty=True, stdin=null)
    assert "done" in r.out and r.rc == 3, r


REFUSED = [
    ("wrong key", {"key": WRONG}),
    ("wrong password", {"password": "wrong"}),
    ("no such user, key", {"user": "nobody-here"}),
    ("no such user, password", {"user": "nobody-here", "password": PASSWORD}),
]


@pytest.mark.parametrize("how", [h for _, h in REFUSED], ids=[n for n, _ in REFUSED])
def test_refused(client, server, how):
    r = client(server, "echo in", **how)
    assert r.rc in client.refused[0] and "in" not in r.out
    assert re.search(client.refused[1], r.err), r.err


def test_env(client, server):
    standin_skip("takes no environment", "dropbear")
    assert client(server, "echo $LANG", setenv="LANG=xx_YY.UTF-8").out == "xx_YY.UTF-8\n"


def test_sessions_at_once(client, server):
    """each waits for the others: they all run on the one connection"""
    meet = f"{DATA}/{client.name}.meet"
    os.mkdir(meet)
    os.chmod(meet, 0o777)
    r = client(server, f"mktemp {meet}/XXXX >/dev/null; n=0; while [ `ls {meet} | wc -l` -lt 4 ];"
               " do sleep .1; done; echo met", sessions=4)
    assert (r.rc, r.out) == (0, "met\n" * 4)


@pytest.mark.parametrize("cipher,mac", CHACHA + CTR)
def test_cipher(client, server, cipher, mac):
    if (cipher, mac) not in client.algs:
        pytest.skip(f"{client.name} does not have it")
    if STANDIN == "dropbear" and mac not in ("", "hmac-sha2-256"):
        pytest.skip("dropbear: does not have it")
    with open(BIG, "rb") as f:
        data = f.read(200000)
    r = client(server, "sha256sum; head -c 100000 /dev/zero", stdin=data, cipher=cipher, mac=mac)
    assert r.rc == 0 and len(r.out) == 100000 + 64 + 4, r.err
    assert "\0" * 100000 in r.out


@pytest.mark.parametrize("kex", KEX)
def test_kex(client, server, kex):
    if kex not in client.kexes:
        pytest.skip(f"{client.name} does not have it")
    assert client(server, "echo ok", kex=kex).out == "ok\n"
