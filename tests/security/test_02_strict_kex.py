"""SECURITY 2: strict key exchange, sequence numbers, and packets as such."""
# SPDX-License-Identifier: MIT
import lab
import pytest
from peer import *


def place_extra(p, where, extra):
    """the first kex with an extra packet at a place; returns before the server's NEWKEYS"""
    p.hello()
    if where == "before KEXINIT":
        p.send(extra)
    p.send_kexinit()
    p.read_kexinit()
    if where == "after KEXINIT":
        p.send(extra)
    p.send_kex()
    if where == "after the kex packet":
        p.send(extra)
    p.read_reply()
    if where == "before NEWKEYS":
        p.send(extra)
    p.send_newkeys()


PLACES = "before KEXINIT", "after KEXINIT", "after the kex packet", "before NEWKEYS"


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("extra", EXTRA)
def test_extra_packet(server, where, extra):
    with server.peer() as p:
        try:
            place_extra(p, where, EXTRA[extra])
            p.send(SERVICE_REQUEST, string(b"ssh-userauth"))
            p.read_newkeys()
            assert p.ended()
        except (Closed, ConnectionError):
            pass
        except Unexpected:  # before our KEXINIT nobody knows that it is strict
            assert where == PLACES[0] and p.log[-1] == UNIMPLEMENTED and p.ended()
        assert SERVICE_ACCEPT not in p.log
    assert server.serves()


@pytest.mark.parametrize("cipher,mac", [(CHACHA, SHA2), (AES, SHA2_ETM), (AES, SHA2)])
def test_prefix_truncation_scan(server, cipher, mac):
    """an attacker puts n packets before NEWKEYS and takes away the first m after: never served"""
    for where in PLACES:
        for n in (0, 1, 2):
            for m in (0, 1, 2):
                if n == m == 0:
                    continue
                with server.peer(cipher=cipher, mac=mac) as p:
                    attack(p, where, n, m)
                    assert SERVICE_ACCEPT not in p.log, (where, n, m)
    assert server.serves()


def attack(p, where, n, m):
    injected = b"".join(Plain().seal(0, Plain().pack(EXTRA["ignore"])) for _ in range(n))
    try:
        p.hello()
        for at, step in zip(PLACES, (p.send_kexinit, p.send_kex, p.read_reply, p.send_newkeys)):
            if at == where:
                p.raw(injected)
            step()
            if step == p.send_kexinit:
                p.read_kexinit()
        for _ in range(m):
            p.seal(EXTRA["ignore"])
        p.send(SERVICE_REQUEST, string(b"ssh-userauth"))
        p.sock.settimeout(2)
        p.read_newkeys()
        p.ended()
    except (Closed, ConnectionError):
        pass


def test_numbers_start_again(server):
    """the cipher's nonce is the number: a wrong one would not decrypt"""
    with server.start() as p:
        assert (p.seq_out, p.seq_in) == (0, 0) and p.strict
        p.login("alice", lab.KEY)
        p.rekey()
        assert (p.seq_out, p.seq_in) == (0, 0)
        assert p.alive()
    with server.start(strict=False) as p:
        assert (p.seq_out, p.seq_in) == (3, 3)
        p.login("alice", lab.KEY)
        p.strict_wanted = True  # a mark that comes in a rekey means nothing
        p.rekey()
        assert p.seq_out > 3 and p.alive()


@pytest.mark.parametrize("cipher,mac", [(CHACHA, SHA2), (AES, SHA2_ETM), (AES, SHA2)])
def test_altered_packets(server, cipher, mac):
    """any bit of a packet: closed, and nothing of it has been acted on"""
    size = len(server.start(cipher=cipher, mac=mac).seal(service_request()))
    for at in [0, 1, 2, 3, 4, 5, 6, size // 2, size - 17, size - 16, size - 2, size - 1]:
        with server.start(cipher=cipher, mac=mac) as p:
            b = bytearray(p.seal(service_request()))
            b[at] ^= 1 << at % 8
            try:
                p.raw(bytes(b) + bytes(300000))  # a length that was raised gets its bytes
            except Closed:
                continue
            assert p.ended() and SERVICE_ACCEPT not in p.log, at


def service_request():
    return bytes([SERVICE_REQUEST]) + string(b"ssh-userauth")


def test_dropped_replayed_and_swapped_packets(server):
    for how in ("drop", "replay", "swap"):
        with server.start() as p:
            a, b = p.seal(EXTRA["ignore"]), p.seal(service_request())
            p.raw({"drop": b, "replay": a + a + b, "swap": b + a}[how])
            assert p.ended() and SERVICE_ACCEPT not in p.log, how


@pytest.mark.parametrize("packet", [
    u32(0), u32(1) + b"\0", u32(4) + b"\4" + bytes(3), u32(11) + b"\4\2" + bytes(10),
    u32(0x7fffffff), u32(0x80000000), u32(0xffffffff), u32(300000), u32(12) + b"\xff" + bytes(11),
    u32(12) + b"\3" + bytes(11), u32(12) + b"\0\2" + bytes(10), u32(12) + b"\x0b" + bytes(11),
    u32(12) + b"\x0c" + bytes(11)], ids=lambda b: b[:6].hex())
@pytest.mark.ours
def test_malformed_packets(server, packet):
    """lengths, padding and alignment of RFC 4253 6, before there are keys"""
    with server.peer(timeout=10) as p:
        p.hello()
        p.raw(packet)
        assert p.ended()
    assert server.serves()


def test_packet_sizes(server):
    """35000 bytes and 255 of padding must be taken, RFC 4253 6.1"""
    with server.login() as p:
        p.send(IGNORE, string(bytes(32768)))
        p.raw(p.seal(bytes([IGNORE]) + string(bytes(34900 - 5))))
        p.raw(p.seal(bytes([IGNORE]) + string(b"\0" * 3), 255))
        assert p.alive()
        p.sock.settimeout(10)
        try:
            p.raw(p.seal(bytes([IGNORE]) + string(bytes(300000))))
        except Closed:
            pass
        assert p.ended()


@pytest.mark.parametrize("version", [
    b"SSH-1.5-old", b"SSH-1.99-x", b"GET / HTTP/1.0", b"SSH-2.0", b"SSH-2.0-" + b"x" * 300,
    b"x" * 100000, b"SSH-2.0-a\0b", b"\n" * 5000, b"SSH-2.0-%n%s%n \x1b[2J"])
def test_identification(server, version):
    """a line that is none ends it or is taken; the listener lives"""
    with server.peer(timeout=3, version=version) as p:
        try:
            p.start()
        except (Closed, ConnectionError, TimeoutError, StopIteration, Unexpected):
            pass
    assert server.serves()
