"""SECURITY 6: who may not log in learns nothing of why, by words or by time."""
# SPDX-License-Identifier: MIT
import time
from concurrent.futures import ThreadPoolExecutor

import lab
import pytest
from peer import *

CLASSES = ["unknown", "locked", "noshell", "root", "nokey", "alice", "hnull", "x" * 300, ""]
PASSWORDS = {"short": b"wrong", "100": b"w" * 100, "10000": b"w" * 10000}


def fail(server, user, password):
    """(milliseconds, answer)"""
    with server.start() as p:
        p.service()
        p.auth(user, b"none")
        began = time.monotonic()
        answer = p.password(user, password)
        return (time.monotonic() - began) * 1000, answer


@pytest.mark.parametrize("length", PASSWORDS)
def test_classes(serve, length):
    server = serve("PermitRootLogin=no")
    password = PASSWORDS[length]
    with ThreadPoolExecutor(4) as pool:
        got = dict(zip(CLASSES, pool.map(lambda u: [fail(server, u, password) for _ in range(3)],
                                         CLASSES)))
    answers = {a for tries in got.values() for _, a in tries}
    assert len(answers) == 1 and answers.pop()[0] == AUTH_FAILURE
    if lab.STANDIN:
        return
    times = {u: sorted(t for t, _ in tries) for u, tries in got.items()}
    assert all(t[0] >= 250 for t in times.values()), times
    assert all(t[1] <= 350 + 1500 for t in times.values()), times


def test_right_password_of_who_may_not(serve):
    """locked, no shell, root refused: the right password is as wrong as any, and as slow"""
    server = serve("PermitRootLogin=no")
    users = ["locked", "noshell", "root"]
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(lambda u: fail(server, u, lab.PASSWORD), users + ["unknown"]))
    if lab.STANDIN:  # with UsePAM=no /etc/shells is not looked at
        got = got[:1] + got[2:]
    assert len({a for _, a in got}) == 1
    assert lab.STANDIN or min(t for t, _ in got) >= 250


def test_strange_passwords(server):
    """each is just wrong, or the end"""
    right = lab.PASSWORD.encode()

    def one(password):
        try:
            return fail(server, "alice", password)[1][0]
        except Closed:
            return AUTH_FAILURE
    words = [b"", "p\u00e4ss".encode(), b"\0\n\x1b%n", right + b"x", right[:-1], b"w" * 30000,
             right + b"\0x", right + b"\0" * 30000] + ([] if lab.STANDIN else [right + b"\0"])
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(one, words)) == {AUTH_FAILURE}
    assert server.serves()


def test_public_key_queries(serve):
    """a key that is not listed, of accounts that are and are not: the same words"""
    server, other = serve("PermitRootLogin=no"), Key()
    answers = set()
    for user in CLASSES:
        with server.start() as p:
            p.service()
            answers |= {p.auth(user, b"none"), p.query(user, other), p.pubkey(user, other)}
    assert len(answers) == 1 and answers.pop()[0] == AUTH_FAILURE


@pytest.mark.parametrize("user", ["noshell", "locked"])
@pytest.mark.ours
def test_listed_key_of_who_may_not(server, user):
    """the key in the account's own file: as if it were not there"""
    with server.start() as p:
        p.service()
        assert p.query(user, lab.KEY) == p.query(user, Key()) == p.pubkey(user, lab.KEY)
        assert p.log[-1] == AUTH_FAILURE


@pytest.mark.parametrize("first", ["unknown", "bob"])
def test_the_user_may_not_change(server, first):
    with server.start() as p:
        p.service()
        p.auth(first, b"none")
        try:
            assert p.pubkey("alice", lab.KEY)[0] == AUTH_FAILURE
        except Closed:
            pass
        assert AUTH_SUCCESS not in p.log


def test_other_services_and_methods(server):
    """nothing but ssh-connection, nothing but the methods offered; the list stays the same"""
    with server.start() as p:
        p.service()
        offered = p.auth("alice", b"none")
        for method in (b"hostbased", b"gssapi-with-mic", b"", b"x" * 1000, b"password\0"):
            try:
                assert p.auth("alice", method, b"\0" * 64) == offered
            except Closed:
                break
    with server.start() as p:
        p.service()
        try:
            assert p.pubkey("alice", lab.KEY, service=b"ssh-userauth")[0] == AUTH_FAILURE
        except Closed:
            pass
        assert AUTH_SUCCESS not in p.log


def test_password_change_is_no_login(server):
    with server.start() as p:
        p.service()
        try:
            r = p.auth("alice", b"password", b"\1" + strings(lab.PASSWORD.encode(), b"new"))
            assert r[0] in (AUTH_FAILURE, PK_OK)
        except Closed:
            pass
        assert AUTH_SUCCESS not in p.log
