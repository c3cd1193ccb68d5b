"""SECURITY 1: what is not legal now ends the connection, or is UNIMPLEMENTED; nothing else."""
# SPDX-License-Identifier: MIT
import random

import lab
import pytest
from peer import *

ALWAYS = {DISCONNECT, IGNORE, UNIMPLEMENTED, DEBUG}
CONNECTION = {GLOBAL_REQUEST, REQUEST_SUCCESS, REQUEST_FAILURE} | set(range(OPEN, FAILURE + 1))
DATA_FLOW = set(range(93, 98))  # window, data, extended data, EOF, CLOSE
KNOWN = {SERVICE_REQUEST, EXT_INFO, KEXINIT, NEWKEYS, KEX_INIT, AUTH_REQUEST, PING} | CONNECTION
CLIENTS = {SERVICE_ACCEPT, KEX_REPLY, AUTH_FAILURE, AUTH_SUCCESS, AUTH_BANNER, PK_OK}  # to clients
BODIES = b"", bytes(range(1, 65))


def hello(p):
    """the server's KEXINIT is here, ours is not sent: strict is not decided yet"""
    p.hello()
    p.read_kexinit()


def sent_init(p):
    hello(p)
    p.send_kexinit()


def sent_kex(p):
    sent_init(p)
    p.send_kex()
    p.read_reply()
    p.read_newkeys()  # comes with the reply


def keyed(p):
    p.start()


def service(p):
    keyed(p)
    p.service()


def session(p):
    keyed(p)
    p.login("alice", lab.KEY)


def rekey_init(p):
    session(p)
    p.send_kexinit()
    p.read_kexinit()


def rekey_kex(p):
    rekey_init(p)
    p.send_kex()
    p.read_reply()
    p.read_newkeys()


# state, and what may be sent in it besides ALWAYS; the server answers nothing but UNIMPLEMENTED.
# A client's own KEXINIT does not end what it says until its kex packet, nor its data until NEWKEYS: asyncssh.
STATES = [(hello, {KEXINIT}), (sent_init, {KEX_INIT}), (sent_kex, {NEWKEYS}),
          (keyed, {SERVICE_REQUEST, EXT_INFO, KEXINIT, PING, PONG}),
          (service, {AUTH_REQUEST, KEXINIT, PING, PONG}),
          (session, CONNECTION | {AUTH_REQUEST, KEXINIT, PING, PONG}),
          (rekey_init, CONNECTION | {KEX_INIT, PING, PONG, AUTH_REQUEST}),
          (rekey_kex, {NEWKEYS} | (CONNECTION if lab.STANDIN else DATA_FLOW))]


def refused(p):
    """after a message that is known but not legal now: closed; the stand-in may do with a word"""
    if lab.STANDIN:
        try:
            return p.alive() and UNIMPLEMENTED in p.log[:-1]
        except (Closed, ConnectionError):
            return True
    return p.ended()


def outcome(p, message):
    """dead, unimplemented or silent; a message that nobody knows shows where the answer ends"""
    try:
        p.send(message)
        probe, got = p.send(UNKNOWN), []
        while True:
            m = p.recv()
            if m[0] == DISCONNECT:
                return "dead"
            if m[0] == UNIMPLEMENTED:
                if Reader(m).u32() == probe:
                    break
                assert Reader(m).u32() == (probe - 1) & 0xffffffff
            if m[0] not in (PONG, IGNORE, DEBUG, EXT_INFO, GLOBAL_REQUEST):
                got.append(m[0])
        return {(): "silent", (UNIMPLEMENTED,): "unimplemented"}.get(tuple(got), tuple(got))
    except (Closed, ConnectionError):
        return "dead"


@pytest.mark.parametrize("state,legal,strict", [(s, l, False) for s, l in STATES] + [
    (s, l, True) for s, l in STATES[1:3]], ids=lambda s: getattr(s, "__name__", ""))
def test_every_message(server, state, legal, strict):
    p, bad = None, []
    for t in range(256):
        for body in BODIES[t % 2:][:1] if strict else BODIES:
            if p is None:
                p = server.peer(strict=strict)
                state(p)
            got = outcome(p, bytes([t]) + body)
            if got == "dead":
                p.close()
                p = None
            if t in legal or (t in ALWAYS and not strict) or t == UNKNOWN:
                continue
            want = ("dead", "unimplemented")
            if t in KNOWN and not lab.STANDIN or strict:
                want = ("dead",)
            elif 0 < t < 192 and t not in KNOWN | CLIENTS and state != hello and not lab.STANDIN:
                want = ("unimplemented",)
            if got not in want:
                bad.append("message %d, %d bytes: %s, not %s" % (t, len(body), got, want))
    if p:
        p.close()
    assert not bad, "\n".join(bad)
    assert server.serves()


def test_server_messages_to_the_server(server):
    """USERAUTH_SUCCESS and the rest of the server's own words do not log anybody in"""
    for t in [AUTH_SUCCESS, AUTH_FAILURE, SERVICE_ACCEPT, *range(60, 80)]:
        with server.start() as p:
            p.service()
            try:
                p.send(t)
                p.send(t, strings(b"alice", b"ssh-connection"))
                p.send(OPEN, string(b"session"), u32(0), u32(1 << 20), u32(1 << 15))
                while True:
                    assert p.recv()[0] in (UNIMPLEMENTED, DISCONNECT, EXT_INFO)
                    if p.log[-1] == DISCONNECT or p.log.count(UNIMPLEMENTED) == 3:
                        break
            except (Closed, ConnectionError):
                pass


@pytest.mark.parametrize("authenticating", [False, True])
def test_channels_before_authentication(server, authenticating):
    for t in range(OPEN, FAILURE + 1):
        with server.start() as p:
            if authenticating:
                p.service()
            p.send(t, string(b"session"), u32(0), u32(1 << 20), u32(1 << 15))
            assert refused(p)
            assert OPEN_OK not in p.log


def test_connection_service_before_authentication(server):
    for name in (b"ssh-connection", b"", b"ssh-userauth\0x", b"x" * 30000):
        with server.start() as p:
            p.send(SERVICE_REQUEST, string(name))
            assert refused(p) and SERVICE_ACCEPT not in p.log, name[:20]


def test_request_after_success_is_ignored(server):
    with server.login() as p:
        n = len(p.log)
        for method in (b"none", b"password", b"publickey"):
            p.send(AUTH_REQUEST, strings(b"root", b"ssh-connection", method), b"\0" + string(b"x"))
        assert p.alive()
        # the host keys are told when the login is done
        assert [m for m in p.log[n:] if m != GLOBAL_REQUEST] == [UNIMPLEMENTED] or lab.STANDIN
        assert AUTH_FAILURE not in p.log[n:] and AUTH_SUCCESS not in p.log[n:]
        assert p.run("id -un").out == b"alice\n"


def test_second_service_request(server):
    with server.start() as p:
        p.service()
        p.send(SERVICE_REQUEST, string(b"ssh-userauth"))
        assert lab.STANDIN or p.ended()
    with server.login() as p:
        p.send(SERVICE_REQUEST, string(b"ssh-userauth"))
        assert refused(p)
        assert p.log.count(SERVICE_ACCEPT) == 1


@pytest.mark.parametrize("after_kex_packet", [False, True])
def test_channel_open_in_a_rekey(server, after_kex_packet):
    """recv() itself refuses an answer before NEWKEYS"""
    with server.login() as p:
        p.send_kexinit()
        if after_kex_packet:
            p.read_kexinit()
            p.send_kex()
        ch = p.open(wait=False)
        try:
            if after_kex_packet:
                p.read_reply()
                p.send_newkeys()
                p.read_newkeys()
            else:
                p.rekey()
            p.wait(lambda: ch.remote is not None)
            assert p.run("echo ok").out == b"ok\n" and (lab.STANDIN or not after_kex_packet)
        except (Closed, ConnectionError):
            pass
    assert server.serves()


def test_newkeys_without_kex(server):
    for state in (hello, sent_init, keyed, service, session, rekey_init):
        with server.peer() as p:
            state(p)
            p.send(NEWKEYS)
            assert refused(p)
    assert server.serves()


def mutated(rng, message):
    """a legal message with a few bytes changed, cut off or put in; its number stays"""
    b = bytearray(message)
    for _ in range(rng.choice((0, 1, 1, 2, 4))):
        at = rng.randrange(1, len(b) + 1)
        how = rng.randrange(4)
        if how == 0:
            b[at:at + 1] = bytes([rng.choice((0, 1, 0x7f, 0x80, 0xff, rng.randrange(256)))])
        elif how == 1:
            b[at:at + 4] = rng.choice((0, 1, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff,
                                       len(b))).to_bytes(4, "big")
        elif how == 2:
            del b[at:at + rng.randrange(1, 9)]
        else:
            b[at:at] = bytes(rng.randrange(1, 40))
    return bytes(b)


def auth_messages(p):
    head = strings(b"alice", b"ssh-connection")
    key = string(b"publickey") + b"\1" + strings(b"ssh-ed25519", lab.KEY.blob)
    sig = lab.KEY.sign(string(p.session_id) + bytes([AUTH_REQUEST]) + head + key)
    return [bytes([AUTH_REQUEST]) + m for m in (
        head + string(b"none"), head + key + string(sig), head + string(b"publickey") + b"\0" +
        strings(b"ssh-ed25519", lab.KEY.blob))] + [bytes([KEXINIT]) + p.kexinit()[1:]]


def session_messages(p):
    ch = p.open()
    here = u32(ch.remote)
    size = u32(80) + u32(24) + u32(0) * 2
    modes = bytes([53]) + u32(1) + bytes([3]) + u32(127) + b"\0"

    def request(kind, rest=b""):
        return bytes([REQUEST]) + here + string(kind) + b"\1" + rest
    return [request(b"pty-req", string(b"vt100") + size + string(modes)),
            request(b"env", strings(b"LC_ALL", b"C")), request(b"exec", string(b"cat")),
            request(b"window-change", size), request(b"signal", string(b"USR1")),
            request(b"break", u32(500)), request(b"subsystem", string(b"sftp")),
            bytes([DATA]) + here + string(b"data" * 50), bytes([ADJUST]) + here + u32(1000),
            bytes([EXT_DATA]) + here + u32(1) + string(b"data"), bytes([EOF]) + here,
            bytes([CLOSE]) + here, bytes([GLOBAL_REQUEST]) + string(b"tcpip-forward") + b"\1" +
            string(b"localhost") + u32(0), bytes([GLOBAL_REQUEST]) + string(
                b"cancel-tcpip-forward") + b"\1" + string(b"localhost") + u32(1),
            bytes([OPEN]) + string(b"session") + u32(9) + u32(1000) + u32(1000),
            bytes([OPEN]) + string(b"direct-tcpip") + u32(8) + u32(1000) * 2 + string(
                b"localhost") + u32(1) + string(b"localhost") + u32(1),
            bytes([PING]) + string(b"x"), bytes([EXT_INFO]) + u32(1) + strings(b"a", b"b"),
            bytes([DEBUG]) + b"\1" + strings(b"text", b""), bytes([KEXINIT]) + p.kexinit()[1:]]


@pytest.mark.parametrize("state,messages", [(service, auth_messages), (session, session_messages)],
                         ids=["auth", "session"])
def test_mutated_messages(server, state, messages):
    """whatever comes of it, no process crashes (no_crash looks) and the listener lives"""
    rng = random.Random(1)
    for _ in range(80 if state == service else 250):
        with server.peer() as p:
            try:
                state(p)
                known = messages(p)
                for _ in range(12):
                    p.send(mutated(rng, rng.choice(known)))
                p.sock.settimeout(0.02)
                while True:
                    p.recv()
            except (Closed, ConnectionError, TimeoutError):
                pass
    assert server.settled() and server.serves()
