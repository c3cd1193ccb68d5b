"""SECURITY 3 and 5: EXT_INFO, the session id, guesses, rekeys at every moment; no compression."""
# SPDX-License-Identifier: MIT
import hashlib
import os

import lab
import pytest
from peer import *

ONLY = "KexAlgorithms=curve25519-sha256", "HostKeyAlgorithms=ssh-ed25519"


def test_ext_info_of_the_server(server):
    """once, right after NEWKEYS, with server-sig-algs; not to who did not ask; not after a rekey"""
    with server.login() as p:
        p.rekey()
        p.run("true")
        at = p.log.index(EXT_INFO)
        assert p.log[at - 1] == NEWKEYS and NEWKEYS not in p.log[:at - 1]
        assert b"ssh-ed25519" in p.ext_info[b"server-sig-algs"].split(b",")
        more = [i for i, t in enumerate(p.log) if t == EXT_INFO and i != at]
        assert all(p.log[i + 1] == AUTH_SUCCESS for i in more)  # the other legal place
    with server.login(ext=False) as p:
        p.run("true")
        assert EXT_INFO not in p.log


EXT = bytes([EXT_INFO]) + u32(1) + strings(b"server-sig-algs", b"ssh-ed25519")


@pytest.mark.ours
def test_ext_info_of_the_client(server):
    with server.start() as p:
        p.send(EXT)  # the only place that a client has
        assert p.login("alice", lab.KEY).run("echo ok").out == b"ok\n"
    with server.start() as p:
        p.send(bytes([EXT_INFO]) + u32(100000) + b"x")
        p.send(SERVICE_REQUEST, string(b"ssh-userauth"))
        try:
            assert p.ended()
        except Unexpected:
            assert False, "a cut EXT_INFO was taken"
    assert server.serves()


@pytest.mark.ours
def test_ext_info_out_of_place(server):
    with server.start() as p:
        p.service()
        p.send(EXT)
        assert p.ended()
    with server.login() as p:
        p.send(EXT)
        assert p.ended()
    with server.login() as p:
        p.rekey()
        p.send(EXT)
        assert p.ended()


@pytest.mark.ours  # OpenSSH takes no rekey before authentication
def test_session_id_is_of_the_first_kex(server):
    """rekeys before authentication: only the first hash is what a signature covers"""
    for which, want in (("session_id", AUTH_SUCCESS), ("hash", AUTH_FAILURE)):
        with server.start() as p:
            p.rekey()
            p.rekey()
            assert p.hash != p.session_id
            p.service()
            assert p.pubkey("alice", lab.KEY, session_id=getattr(p, which))[0] == want


def test_same_host_key(server):
    with server.login() as p:
        seen = {p.hostkey}
        for _ in range(3):
            seen.add(p.rekey().hostkey)
        assert len(seen) == 1


def test_no_compression_before_authentication(server):
    """SECURITY 5"""
    with server.peer() as p:
        p.hello()
        p.read_kexinit()
        assert b"zlib" not in p.server_lists[6] + p.server_lists[7]
        p.send_kexinit(zip=(b"zlib",))
        assert p.ended()


def test_another_hash_length(server):
    """sha256, then sha512, then sha384, and back: the id keeps its length"""
    with server.login() as p:
        have = [k for k in (b"ecdh-sha2-nistp521", b"ecdh-sha2-nistp384")
                if k in p.server_lists[0]]
        if not have:
            pytest.skip("the server has one hash only: " + b",".join(p.server_lists[0]).decode())
        for k in have + [b"curve25519-sha256"] + have:
            p.rekey(kex=[k])
            assert p.run("echo ok").out == b"ok\n" and len(p.session_id) == 32
    with server.start(kex=have[0]) as p:
        p.login("alice", lab.KEY)
        p.rekey(kex=[b"curve25519-sha256"])
        assert len(p.session_id) > 32 and p.run("echo ok").out == b"ok\n"


@pytest.mark.parametrize("moment", ["first", "before authentication", "session"])
@pytest.mark.parametrize("guess", ["right", "wrong kex", "wrong host key", "wrong, cut",
                                   "wrong, no kex"])
def test_first_kex_packet_follows(serve, moment, guess):
    """a wrong guess is passed over whatever it holds; a right one is the kex packet"""
    if lab.STANDIN and moment == "before authentication":
        pytest.skip("it takes no rekey before authentication")
    server = serve(*ONLY)
    p = server.peer().hello() if moment == "first" else server.start()
    if moment == "session":
        p.login("alice", lab.KEY)
    kex, key = [b"curve25519-sha256"], [b"ssh-ed25519"]
    if guess == "wrong host key":
        key = [b"ssh-unknown@example.com"] + key
    elif guess != "right":
        kex = [b"unknown@example.com"] + kex
    with p:
        p.send_kexinit(guess=True, kex=kex, hostkey=key)
        if guess == "right":
            p.server_lists = [[b"curve25519-sha256"]]
            p.send_kex()
            p.read_kexinit()
        else:
            try:
                p.send({"wrong, cut": bytes([KEX_INIT]),
                        "wrong, no kex": bytes([49]) + string(b"x" * 1000)}.get(
                            guess, bytes([KEX_INIT]) + string(b"\7" * 32)))
                p.read_kexinit()
                p.send_kex()
            except (Closed, ConnectionError):
                assert lab.STANDIN and guess == "wrong, no kex"
                return
        p.read_reply()
        p.send_newkeys()
        p.read_newkeys()
        if moment != "session":
            p.login("alice", lab.KEY)
        assert p.run("echo ok").out == b"ok\n"


def test_two_packets_on_one_guess(serve):
    """only one packet is passed over"""
    with serve(*ONLY).login() as p:
        p.send_kexinit(guess=True, kex=[b"unknown@example.com", b"curve25519-sha256"])
        for _ in range(2):
            p.send(KEX_INIT, string(b"\7" * 32))
        p.read_kexinit()
        p.kex = X25519()
        p.send(KEX_INIT, string(p.kex.public))
        try:
            p.read_reply()
            assert False, "the second guess was passed over, too"
        except Exception as e:
            assert not isinstance(e, AssertionError) or isinstance(e, Unexpected), e


def test_bad_public_keys(server):
    """zero and small-order points, wrong lengths: closed"""
    low = [bytes(32), b"\1" + bytes(31), bytes.fromhex(
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"), bytes.fromhex(
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"), bytes.fromhex(
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"), bytes.fromhex(
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"), bytes.fromhex(
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    for public in low + [b"", b"\7" * 31, b"\7" * 33, b"\7" * 30000]:
        with server.peer() as p:
            p.hello()
            p.send_kexinit()
            p.read_kexinit()
            p.send(KEX_INIT, string(public))
            assert p.ended() and KEX_REPLY not in p.log, public[:32].hex()


def test_nothing_in_common(server):
    for lists in (dict(kex=[b"unknown@example.com"]), dict(hostkey=[b"ssh-unknown@example.com"]),
                  dict(ciphers=[b"none"]), dict(ciphers=[AES], macs=[b"none"]), dict(kex=[b""])):
        with server.peer() as p:
            p.hello()
            p.send_kexinit(**lists)
            assert p.ended() and KEX_REPLY not in p.log, lists


def test_rekey_flood(server):
    """200 in a row; memory as before"""
    with server.login() as p:
        for _ in range(5):
            p.rekey().run("true")
        pids = server.connection()
        before = lab.dirty(pids)
        for _ in range(200):
            p.rekey()
        assert p.run("echo ok").out == b"ok\n"
        assert lab.dirty(pids) <= before + (256 if lab.STANDIN else 8)


@pytest.mark.parametrize("cipher,mac", [(CHACHA, SHA2), (AES, SHA2_ETM)])
def test_rekey_amid_transfers(serve, cipher, mac):
    """both sides rekey while two channels carry data both ways: every byte arrives"""
    server = serve("RekeyLimit=1M")
    block, n = os.urandom(1 << 18), 40
    with server.login(cipher=cipher, mac=mac) as p:
        chans = [p.open() for _ in range(2)]
        sums = [hashlib.sha256() for _ in chans]
        for ch, s in zip(chans, sums):
            ch.sink = s.update
            assert p.request(ch, b"exec", string(b"cat"))
        for i in range(n):
            for ch in chans:
                p.write(ch, block)
            if i % 3 == 0:
                p.rekey()
        for ch in chans:
            p.eof(ch)
        p.wait(lambda: all(ch.closed for ch in chans))
        for ch, s in zip(chans, sums):
            assert ch.bytes == n * len(block)
            assert s.digest() == hashlib.sha256(block * n).digest()
        assert p.kexes > n // 3 + 5, "the server's own limit never came"
