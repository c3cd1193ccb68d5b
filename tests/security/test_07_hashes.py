"""SECURITY 7: a hash that is none matches nothing."""
# SPDX-License-Identifier: MIT
from concurrent.futures import ThreadPoolExecutor

import lab
import pytest
from peer import *


END = "x" if lab.STANDIN else "\0"  # OpenSSH drops one NUL at a password's end


def tries(server, user, passwords):
    """those that let the user in"""
    right = []
    for w in passwords:
        with server.start() as p:
            p.service()
            if p.password(user, w)[0] == AUTH_SUCCESS:
                right.append(w)
    return right


def scan(server, users):
    def one(user):
        hash = lab.HASHES[user] or ""
        return user, tries(server, user, sorted({"", "x", "*", "!", hash, END, lab.PASSWORD}))
    with ThreadPoolExecutor(8) as pool:
        return {u: w for u, w in pool.map(one, users) if w}


def test_never(server):
    assert scan(server, lab.HASHES) == {}


def test_never_where_blank_passwords_are_allowed(serve):
    server = serve("PermitEmptyPasswords=yes")
    assert scan(server, [u for u in lab.HASHES if u != "hempty"]) == {}
    assert tries(server, "hempty", ["x", END, lab.PASSWORD]) == []
    assert tries(server, "alice", ["", END]) == []


def test_none_method(server):
    """nobody comes in without a method, blank or not"""
    for user in lab.HASHES:
        with server.start() as p:
            p.service()
            assert p.auth(user, b"none")[0] == AUTH_FAILURE


@pytest.mark.parametrize("kind", ["-1", "-5", "-6"])
def test_good_ones(serve, kind):
    """the other side: $1$ $5$ $6$ do match, and only the whole password"""
    server, name = serve(), "good" + kind[1:]
    lab.account(name, lab.crypt(lab.PASSWORD, kind=kind), "/bin/sh")
    assert tries(server, name, [lab.PASSWORD[:-1], lab.PASSWORD + END, lab.PASSWORD]) == [
        lab.PASSWORD]
