"""SECURITY 4: memory is fixed whatever is asked while a kex is open or nobody reads."""
# SPDX-License-Identifier: MIT
import lab
import pytest
from peer import *

GROWTH = 1 << 30 if lab.STANDIN else 128  # KiB: what buffers have not touched yet; a queue has MiBs
COUNT = 20000 if lab.STANDIN else 300000  # takes seconds
ASK = bytes([GLOBAL_REQUEST]) + string(b"unknown@example.com") + b"\1"
PINGS = bytes([PING]) + string(bytes(1000))


def flood(p, payload, count):
    """how many went out whole: fewer where the server stopped reading or closed"""
    p.timeout = 1
    for i in range(0, count, 100):
        try:
            p.raw(b"".join(p.seal(payload) for _ in range(min(100, count - i))), drain=False)
        except (TimeoutError, Closed, ConnectionError):
            return i
    return count


def watch(server, p):
    """after use of most parts once, but not of the pool"""
    p.run("head -c 3000000 /dev/zero")
    p.rekey()
    for _ in range(100):
        p.send(ASK)
    while p.log.count(REQUEST_FAILURE) < 100:
        p.step()
    pids = server.connection()
    return pids, lab.dirty(pids)


@pytest.mark.parametrize("state", ["our KEXINIT sent", "the server's KEXINIT only"])
def test_global_requests_in_a_rekey(serve, state):
    """replies are owed but may not be sent: served later one by one, unread, or closed"""
    server = serve("RekeyLimit=1M")
    with server.login(cipher=AES) as p:
        pids, before = watch(server, p)
        if state == "our KEXINIT sent":
            p.send_kexinit()
            p.read_kexinit()
        else:  # and the client need not have seen it yet
            while not p.kex_seen:
                p.send(IGNORE, string(bytes(30000)))
                if p.readable():
                    p.dispatch(p.recv())
        have, sent = p.log.count(REQUEST_FAILURE), flood(p, ASK, COUNT)
        assert lab.dirty(pids) <= before + GROWTH
        if sent == COUNT:
            p.timeout = 60
            try:
                p.rekey() if not p.kex_sent else finish(p)
                p.wait(lambda: p.log.count(REQUEST_FAILURE) == have + sent)
                assert p.alive() and p.log.count(REQUEST_FAILURE) == have + sent
            except (Closed, ConnectionError):
                pass
    assert server.serves()


def finish(p):
    p.send_kex()
    p.read_reply()
    p.send_newkeys()
    p.read_newkeys()


def test_a_few_requests_are_answered_after_the_rekey(serve):
    """an honest client's keepalives cross the server's KEXINIT"""
    with serve("RekeyLimit=1M").login() as p:
        while not p.kex_seen:
            p.send(IGNORE, string(bytes(30000)))
            if p.readable():
                p.dispatch(p.recv())
        have = p.log.count(REQUEST_FAILURE)
        for _ in range(10):
            p.send(ASK)
        p.rekey()
        p.wait(lambda: p.log.count(REQUEST_FAILURE) == have + 10)
        assert p.run("echo ok").out == b"ok\n"


@pytest.mark.parametrize("payload", [ASK, PINGS, bytes([UNKNOWN]) + bytes(1000)],
                         ids=["global requests", "ping", "unknown"])
def test_flood_of_who_does_not_read(server, payload):
    """answers pile up nowhere: the server stops reading; and goes on when we read again"""
    with server.login(cipher=AES, rcvbuf=4096) as p:
        pids, before = watch(server, p)
        sent = flood(p, payload, COUNT)
        assert lab.dirty(pids) <= before + GROWTH
        if sent == COUNT:
            p.sock.settimeout(60)
            assert p.alive() and p.run("echo ok").out == b"ok\n"
    assert server.serves()


@pytest.mark.parametrize("payload", [
    bytes([IGNORE]) + string(bytes(30000)), bytes([DEBUG, 1]) + strings(b"%n\x1b" * 9000, b""),
    bytes([UNIMPLEMENTED]) + u32(7), bytes([REQUEST_SUCCESS]) + bytes(1000),
    bytes([REQUEST_FAILURE])], ids=["ignore", "debug", "unimplemented", "success", "failure"])
def test_flood_without_answers(server, payload):
    with server.login(cipher=AES) as p:
        pids, before = watch(server, p)
        assert flood(p, payload, 3000) == 3000
        assert lab.dirty(pids) <= before + GROWTH
        assert p.alive() and p.run("echo ok").out == b"ok\n"


@pytest.mark.parametrize("authenticated", [False, True])
def test_kexinit_flood(server, authenticated):
    """a second one in the same kex ends it"""
    with (server.login() if authenticated else server.peer().hello()) as p:
        p.send_kexinit()
        p.read_kexinit()
        try:
            for _ in range(1000):
                p.send(p.kexinit())
        except (Closed, ConnectionError):
            pass
        p.sock.settimeout(2 if lab.STANDIN else 30)
        try:
            while True:
                p.recv()
        except (Closed, ConnectionError):
            pass
        except TimeoutError:
            assert lab.STANDIN, "still open"
        assert p.log.count(KEXINIT) == 1 + authenticated
    assert server.serves()
