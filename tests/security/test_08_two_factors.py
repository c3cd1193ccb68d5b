"""SECURITY 8: with two factors each counts once; the first key's options stick."""
# SPDX-License-Identifier: MIT
import lab
import pytest
from peer import *


@pytest.fixture
def two(serve):
    def start(*more):
        if lab.STANDIN:
            return serve("AuthenticationMethods=publickey,password password,publickey", *more)
        blank = ["-B"] if more else []
        return serve("-t", *blank, dialect="dropbear")
    return start


def partial(p):
    r = Reader(p)
    assert p[0] == AUTH_FAILURE
    return r.string().split(b","), r.u8()


def test_order(two):
    server = two()
    for order in ("kp", "pk"):
        with server.start() as p:
            p.service()
            assert p.auth("alice", b"none")[0] == AUTH_FAILURE
            for i, f in enumerate(order):
                r = p.pubkey("alice", lab.KEY) if f == "k" else p.password("alice", lab.PASSWORD)
                if i == 0:
                    left, flag = partial(r)
                    assert flag == 1 and left == [b"password" if f == "k" else b"publickey"]
            assert r[0] == AUTH_SUCCESS
            assert p.run("echo ok").out == b"ok\n"


def test_one_factor_twice(two):
    server = two()
    with server.start() as p:
        p.service()
        try:
            for _ in range(3):
                assert p.pubkey("alice", lab.KEY)[0] == AUTH_FAILURE
        except Closed:
            pass
    with server.start() as p:
        p.service()
        try:
            for _ in range(3):
                assert p.password("alice", lab.PASSWORD)[0] == AUTH_FAILURE
        except Closed:
            pass


def test_failed_second_factor(two):
    with two().start() as p:
        p.service()
        p.pubkey("alice", lab.KEY)
        assert partial(p.password("alice", "wrong"))[1] == 0
        assert p.password("alice", lab.PASSWORD)[0] == AUTH_SUCCESS


def test_first_keys_options_stick(two):
    """a key with command=, then another key without, then the password: the command runs"""
    server, one, other = two(), Key(), Key()
    lab.keys("bob", 'command="echo forced" ' + one.line, other.line)
    with server.start() as p:
        p.service()
        assert p.pubkey("bob", one)[0] == AUTH_FAILURE
        try:
            assert p.query("bob", other)[0] in (AUTH_FAILURE, PK_OK)
            assert p.pubkey("bob", other)[0] == AUTH_FAILURE
            r = p.password("bob", lab.PASSWORD)
        except Closed:
            return
        if r[0] == AUTH_SUCCESS:
            assert p.run("echo free").out == b"forced\n"
    with server.start() as p:
        p.service()
        p.pubkey("bob", one)
        assert p.password("bob", lab.PASSWORD)[0] == AUTH_SUCCESS
        assert p.run("echo free").out == b"forced\n"


def test_password_first_then_a_restricted_key(two):
    server, one = two(), Key()
    lab.keys("bob", 'restrict,command="echo forced" ' + one.line)
    with server.start() as p:
        p.service()
        p.password("bob", lab.PASSWORD)
        assert p.pubkey("bob", one)[0] == AUTH_SUCCESS
        assert p.run("echo free").out == b"forced\n"


def test_blank_password_is_no_factor(two):
    """an account with an empty hash, where blank passwords are allowed"""
    server = two("PermitEmptyPasswords=yes")
    lab.keys("hempty", lab.KEY.line)
    for sequence in (["none"], ["", "none"], ["none", "", ""], ["key", "none"], ["key", ""]):
        with server.start() as p:
            p.service()
            try:
                for s in sequence:
                    r = (p.auth("hempty", b"none") if s == "none" else
                         p.pubkey("hempty", lab.KEY) if s == "key" else p.password("hempty", s))
                    assert r[0] == AUTH_FAILURE or lab.STANDIN and sequence == ["key", ""], sequence
            except Closed:
                pass
