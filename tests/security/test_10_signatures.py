"""SECURITY 10: public key queries, failures, and signatures over something else."""
# SPDX-License-Identifier: MIT
import base64

import lab
import pytest
from peer import *

L = 2**252 + 27742317777372353535851937790883648493


def count(p, ask, most=100):
    """answers until the server has had enough"""
    for n in range(most):
        try:
            ask(p)
        except (Closed, ConnectionError):
            return n
    return most


@pytest.mark.parametrize("key", ["unknown", "listed"])
def test_queries_are_capped(server, key):
    k = lab.KEY if key == "listed" else Key()
    with server.start() as p:
        p.service()
        n = count(p, lambda p: p.query("alice", k))
        if not lab.STANDIN:
            assert 1 <= n <= 15
        assert n < 100 or key == "listed" and lab.STANDIN


def test_failures_are_capped(serve):
    server = serve("MaxAuthTries=3")
    for ask in (lambda p: p.password("alice", "wrong"), lambda p: p.pubkey("alice", Key()),
                lambda p: p.pubkey("alice", lab.KEY, alter=lambda s: s[:-1] + b"x")):
        with server.start() as p:
            p.service()
            assert 1 <= count(p, ask) <= 3


@pytest.mark.ours
def test_mixed_failures_are_capped(serve):
    """none of the methods starts the count anew"""
    server = serve("MaxAuthTries=4")
    with server.start() as p:
        p.service()

        def ask(p):
            p.password("alice", "wrong")
            p.auth("alice", b"none")
            p.pubkey("alice", Key())
        assert count(p, ask) <= 4


def change(at, bit=1):
    def alter(sig):
        b = bytearray(sig)
        b[at] ^= bit
        return bytes(b)
    return alter


def inner(name=b"ssh-ed25519", f=bytes):
    """the signature's own name and number"""
    def alter(sig):
        r = Reader(sig, 0)
        r.string()
        return strings(name, f(r.string()))
    return alter


def plus_l(s):
    return s[:32] + (int.from_bytes(s[32:], "little") + L).to_bytes(32, "little")


ALTERED = {
    "first byte of R": change(19), "last byte of R": change(50), "first of S": change(51),
    "last of S": change(-1), "top bit of S": change(-1, 0x80), "length": change(3),
    "name": change(5), "inner length": change(18),
    **({} if lab.STANDIN else {"S + L": inner(f=plus_l)}), "63 bytes": inner(f=lambda s: s[:63]),
    "65 bytes": inner(f=lambda s: s + b"\0"), "none": inner(f=lambda s: b""),
    "zeros": inner(f=lambda s: bytes(64)), "R of small order": inner(f=lambda s: b"\1" + bytes(63)),
    "other name": inner(b"ssh-rsa"), "empty name": inner(b""), "rsa name": inner(b"rsa-sha2-512"),
    "more after it": lambda s: s + b"\0\0\0\0", "empty": lambda s: b"",
    "cut name": lambda s: s[:7], "huge length": lambda s: s[:15] + b"\xff" * 4 + s[19:],
}


@pytest.mark.parametrize("how", ALTERED)
def test_altered_signature(server, how):
    with server.start() as p:
        p.service()
        try:
            assert p.pubkey("alice", lab.KEY, alter=ALTERED[how])[0] == AUTH_FAILURE
            assert p.pubkey("alice", lab.KEY)[0] == AUTH_SUCCESS
        except Closed:
            assert AUTH_SUCCESS not in p.log


def test_signature_of_another_session(server):
    with server.start() as a, server.start() as b:
        assert a.session_id != b.session_id
        b.service()
        assert b.pubkey("alice", lab.KEY, session_id=a.session_id)[0] == AUTH_FAILURE
        assert b.pubkey("alice", lab.KEY, session_id=bytes(32))[0] == AUTH_FAILURE
        assert b.pubkey("alice", lab.KEY)[0] == AUTH_SUCCESS


def test_signature_over_other_words(server):
    """user, service, method, flag, algorithm, key: each is covered"""
    good = [b"alice", b"ssh-connection", b"publickey", b"\1", b"ssh-ed25519", lab.KEY.blob]
    for i, other in enumerate([b"bob", b"ssh-userauth", b"password", b"\0", b"ssh-rsa",
                               Key().blob]):
        words = list(good)
        words[i] = other
        with server.start() as p:
            p.service()

            def body(w):
                return strings(*w[:3]) + w[3] + strings(*w[4:])
            sig = lab.KEY.sign(string(p.session_id) + bytes([AUTH_REQUEST]) + body(words))
            p.send(AUTH_REQUEST, body(good), string(sig))
            assert p.expect(AUTH_FAILURE, AUTH_SUCCESS)[0] == AUTH_FAILURE, other


@pytest.mark.parametrize("alg", [b"ssh-rsa", b"rsa-sha2-256", b"ecdsa-sha2-nistp256", b"",
                                 b"ssh-ed25519-cert-v01@openssh.com", b"none", b"ssh-ed2551",
                                 b"ssh-ed25519\0x", b"ssh-ed25519," * 1000])
def test_algorithm_and_key_differ(server, alg):
    with server.start() as p:
        p.service()
        try:
            assert p.query("alice", lab.KEY, alg)[0] == AUTH_FAILURE
            assert p.pubkey("alice", lab.KEY, alg)[0] == AUTH_FAILURE
        except Closed:
            pass
        assert AUTH_SUCCESS not in p.log


@pytest.mark.parametrize("blob", [
    b"", b"\0" * 51, strings(b"ssh-ed25519", b""), strings(b"ssh-ed25519", b"\1" * 31),
    strings(b"ssh-ed25519", b"\1" * 33), strings(b"ssh-rsa", b"\1\0\1", b"\0" + b"\xff" * 256),
    strings(b"ssh-ed25519", bytes(32)), strings(b"ssh-ed25519", b"\1" + bytes(31)),
    strings(b"ssh-ed25519") + b"\xff\xff\xff\xff", b"x" * 30000], ids=lambda b: b[15:30].hex())
def test_malformed_keys(server, blob):
    """also keys of small order, listed or not"""
    k = Key()
    k.blob = blob
    with server.start() as p:
        p.service()
        try:
            assert p.query("alice", k)[0] == AUTH_FAILURE
            assert p.pubkey("alice", k)[0] == AUTH_FAILURE
        except Closed:
            pass
        assert AUTH_SUCCESS not in p.log
    assert server.serves()


@pytest.mark.ours
def test_listed_key_of_small_order(server):
    """with A = 1 the signature R = 1, S = 0 fits every message"""
    k = Key()
    k.blob = strings(b"ssh-ed25519", b"\1" + bytes(31))
    lab.keys("bob", "ssh-ed25519 " + base64.b64encode(k.blob).decode())
    with server.start() as p:
        p.service()
        assert p.pubkey("bob", k, alter=inner(f=lambda s: b"\1" + bytes(63)))[0] == AUTH_FAILURE


def test_requests_with_more_or_less(server):
    """trailing bytes, cut fields: never in, never down"""
    head = strings(b"alice", b"ssh-connection", b"publickey") + b"\1" + strings(
        b"ssh-ed25519", lab.KEY.blob)
    with server.start() as p:
        p.service()
        sig = lab.KEY.sign(string(p.session_id) + bytes([AUTH_REQUEST]) + head)
        try:
            p.send(AUTH_REQUEST, head, string(sig), b"more")
            assert p.expect(AUTH_FAILURE, AUTH_SUCCESS)[0] == AUTH_FAILURE
        except Closed:
            pass
    whole = bytes([AUTH_REQUEST]) + head + string(sig)
    for n in range(1, len(whole), 7):
        with server.start() as p:
            p.service()
            try:
                p.send(whole[:n])
                assert p.expect(AUTH_FAILURE, PK_OK)
            except Closed:
                pass
            assert AUTH_SUCCESS not in p.log
    assert server.serves()
