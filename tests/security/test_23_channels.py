"""SECURITY 23 and 16: channels nobody asked for, mischief on those that there are, and ends."""
# SPDX-License-Identifier: MIT
import os
import socket
import subprocess
import time

import lab
import pytest
from host import *
from peer import *


# ---------------------------------------------------------------- channels nobody asked for
OPENS = {
    "session": (b"session", b""),
    "x11": (b"x11", string(b"127.0.0.1") + u32(6000)),
    "direct-tcpip": (b"direct-tcpip", string(b"127.0.0.1") + u32(22) + string(b"x") + u32(1)),
    "forwarded-tcpip": (b"forwarded-tcpip", string(b"localhost") + u32(22) + string(b"x") + u32(1)),
    "streamlocal": (b"forwarded-streamlocal@openssh.com", strings(b"/tmp/x", b"")),
    "direct-streamlocal": (b"direct-streamlocal@openssh.com", strings(b"/tmp/x", b"") + u32(0)),
    "agent": (b"auth-agent@openssh.com", b""),
    "agent of old": (b"auth-agent", b""),
    "tun": (b"tun@openssh.com", u32(1) + u32(1)),
    "evil": (EVIL, b""),
    "cut": (b"forwarded-tcpip", u32(100) + b"x"),
}


@pytest.mark.parametrize("kind", OPENS)
def test_unasked_channels(client, kind):
    """refused; the session goes on; no socket of an agent that was not offered is touched"""
    answers = []

    def play(h):
        h.start()
        ch = h.session()
        for i in range(3):
            answers.append(h.open_to(*OPENS[kind], number=50 + i)[0])
        h.write(ch, b"hello")
        h.finish(ch, 4)
        h.ended()
    trap = client.place + "/agent"
    with socket.socket(socket.AF_UNIX) as agent:
        agent.bind(trap)
        agent.listen()
        agent.settimeout(0)
        r = client.meets(play, env={"SSH_AUTH_SOCK": trap, "DISPLAY": ":9"})
        with pytest.raises(BlockingIOError):
            agent.accept()
    os.remove(trap)
    assert (r.rc, r.out) == (4, b"hello") and answers == [OPEN_FAILURE] * 3, r


def test_forwards_that_were_not_asked_for(client):
    """-R for one port: another port, or a socket, is refused; so is all of it after a refusal"""
    for yes in (True, False):
        answers = []

        def play(h):
            h.start()
            h.login()
            r = Reader(h.expect(GLOBAL_REQUEST))
            assert (r.string(), r.u8(), r.string(), r.u32()) == (b"tcpip-forward", 1, b"localhost",
                                                                 2222)
            h.send(REQUEST_SUCCESS if yes else REQUEST_FAILURE)
            for port in (2222, 2223, 22):
                answers.append(h.open_to(b"forwarded-tcpip", string(b"localhost") + u32(port) +
                                         string(b"x") + u32(1))[0])
            answers.append(h.open_to(*OPENS["streamlocal"])[0])
            answers.append(h.open_to(*OPENS["agent"])[0])
        with socket.socket() as target:
            target.bind(("127.0.0.1", 0))
            target.listen()
            client.meets(play, "-N", "-R", "2222:127.0.0.1:%d" % target.getsockname()[1], cmd="")
        assert answers == [OPEN_OK if yes else OPEN_FAILURE] + [OPEN_FAILURE] * 4


def test_opens_without_end(client):
    """of the agent with -A: as many as the table holds, then a reason; memory stays"""
    trap, reasons = client.place + "/agent2", []

    def play(h):
        h.start()
        h.session()
        for i in range(400):
            h.send(OPEN, string(b"auth-agent@openssh.com"), u32(1000 + i), u32(1 << 20),
                   u32(1 << 15))
        n = 0
        while n < 400:
            p = h.recv()
            if p[0] == OPEN_FAILURE:
                reasons.append(Reader(p, 5).u32())
            n += p[0] in (OPEN_OK, OPEN_FAILURE)
        raise Closed
    with socket.socket(socket.AF_UNIX) as agent:
        agent.bind(trap)
        agent.listen(1000)
        r = client.meets(play, "-A", env={"SSH_AUTH_SOCK": trap})
    os.remove(trap)
    assert r.rc == 255 and (lab.THEIRS or len(reasons) > 200 and set(reasons) == {4}), set(reasons)


# ---------------------------------------------------------------- what is said on channels
def mischief(*messages):
    def play(h):
        h.start()
        ch = h.session()
        for m in messages:
            m = m(ch) if callable(m) else m
            h.send(m)
        h.ended()
    return play


@pytest.mark.parametrize("number", [1, 5, 127, 128, 1000, 0x7fffffff, 0xffffffff])
@pytest.mark.parametrize("kind", [DATA, EXT_DATA, EOF, CLOSE, ADJUST, REQUEST, SUCCESS, FAILURE,
                                  OPEN_OK, OPEN_FAILURE])
def test_unknown_channels(client, kind, number):
    rest = {DATA: string(b"x"), EXT_DATA: u32(1) + string(b"x"), ADJUST: u32(1),
            REQUEST: string(b"exit-status") + b"\0" + u32(0), OPEN_OK: u32(0) * 3,
            OPEN_FAILURE: u32(1) + string(b"") * 2}.get(kind, b"")
    client.refuses(mischief(bytes([kind]) + u32(number) + rest), "channel", "not allowed")


def test_more_than_the_window(client):
    """the client reads nothing while stdout is stuck"""
    r, w = os.pipe()

    def play(h):
        h.start()
        ch = h.session()
        for _ in range(2000):
            h.send(DATA, u32(ch.remote), string(b"x" * 32000), drain=False)
        h.ended()
    try:
        line = client.argv()
        p = subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=w, stderr=subprocess.PIPE)
        with Host(client.listener.accept()[0]) as h:
            try:
                play(h)
            except (Closed, ConnectionError):
                pass
        assert p.wait(15) == 255 and b"window" in p.stderr.read()
    finally:
        p.kill()
        os.close(r)
        os.close(w)


def test_huge_windows(client):
    """sums of windows and packet sizes of any size: nothing overflows, and all arrives"""
    got = []

    def play(h):
        h.start()
        h.login()
        r = Reader(h.expect(OPEN))
        r.string()
        remote = r.u32()
        ch = h.channels[0] = Channel(0, 1 << 21, 1 << 15)
        ch.remote, ch.left, ch.max = remote, r.u32(), r.u32()
        ch.granted = 1 << 40
        h.send(OPEN_OK, u32(remote), u32(0), u32(0xffffffff), u32(0xffffffff))
        for _ in range(5):
            h.send(ADJUST, u32(remote), u32(0xffffffff))
        ch.packet = 1 << 30
        while not ch.eof:
            p = h.recv()
            if p[0] == REQUEST and Reader(p, 5).string() == b"exec":
                h.send(SUCCESS, u32(remote))
            elif p[0] in (DATA, EOF):
                h.dispatch(p)
        got.append(len(ch.out))
        h.finish(ch)
        h.ended()
    with open(client.place + "/in", "wb") as f:
        f.write(bytes(3000000))
    with open(client.place + "/in", "rb") as f:
        r = client.meets(play, stdin=f)
    assert r.rc == 0 and got == [3000000], (r, got)


def test_packet_size_of_nothing(client):
    """0 or 1: it sends little or waits; it does not spin"""
    for size in (0, 1):
        def play(h):
            h.start()
            h.login()
            r = Reader(h.expect(OPEN))
            r.string()
            h.send(OPEN_OK, r.take(4), u32(0), u32(1 << 20), u32(size))
            time.sleep(1)
            with open("/proc/%d/stat" % client.p.pid) as f:
                ticks = sum(map(int, f.read().rsplit(")", 1)[1].split()[11:13]))
            assert ticks < 50 or lab.THEIRS, ticks
        with open("/dev/zero", "rb") as f:
            client.meets(play, stdin=f)


def test_after_close(client):
    """an exit status behind CLOSE does not count; data behind it does no harm"""
    for late in (bytes([REQUEST]) + u32(0) + string(b"exit-status") + b"\0" + u32(0),
                 bytes([DATA]) + u32(0) + string(b"late"), bytes([EOF]) + u32(0),
                 bytes([CLOSE]) + u32(0)):
        r = client.meets(mischief(lambda ch: bytes([CLOSE]) + u32(ch.remote),
                                  lambda ch: late[:1] + u32(ch.remote) + late[5:]))
        assert r.rc == 255 and b"late" not in r.out, r


def test_data_after_eof(client):
    r = client.meets(mischief(lambda ch: bytes([EOF]) + u32(ch.remote),
                              lambda ch: bytes([DATA]) + u32(ch.remote) + string(b"late"),
                              lambda ch: bytes([CLOSE]) + u32(ch.remote)))
    assert r.rc == 255 and (b"late" not in r.out or lab.THEIRS), r


def test_status_of_no_use(client):
    """cut, or more than a status is; none at all"""
    def ending(*requests):
        return mischief(*[lambda ch, q=q: bytes([REQUEST]) + u32(ch.remote) + q for q in requests],
                        lambda ch: bytes([EOF]) + u32(ch.remote),
                        lambda ch: bytes([CLOSE]) + u32(ch.remote))
    assert client.meets(ending()).rc == 255
    assert client.meets(ending(string(b"exit-status") + b"\0" + u32(0x107))).rc == 7
    assert client.meets(ending(string(b"exit-status") + b"\0" + b"\0")).rc == 255
    assert client.meets(ending(string(b"exit-signal") + b"\0")).rc == 255
    assert client.meets(ending(string(b"nonesuch") + b"\1")).rc == 255
    assert client.meets(ending(string(b"exit-signal") + b"\0" + string(b"KILL") + b"\0" +
                               string(b"") * 2)).rc in ((255,) if lab.THEIRS else (137,))


def test_requests_of_a_server(client):
    """what only a client may ask is refused: a program, a terminal, an agent"""
    answers = []

    def play(h):
        h.start()
        ch = h.session()
        for kind, rest in ((b"exec", string(b"id")), (b"shell", b""),
                           (b"subsystem", string(b"sftp")),
                           (b"pty-req", string(b"x") + u32(0) * 4 + string(b"")),
                           (b"env", strings(b"A", b"b")), (b"signal", string(b"KILL")),
                           (b"auth-agent-req@openssh.com", b""), (b"x11-req", b""),
                           (b"window-change", u32(1) * 4), (EVIL, b"")):
            h.send(REQUEST, u32(ch.remote), string(kind), b"\1", rest)
            while True:
                p = h.recv()
                if p[0] in (SUCCESS, FAILURE):
                    break
            answers.append(p[0])
        for name in (b"tcpip-forward", b"streamlocal-forward@openssh.com", b"keepalive@openssh.com",
                     b"hostkeys-prove-00@openssh.com", EVIL):
            h.send(GLOBAL_REQUEST, string(name), b"\1", string(b"/tmp/evil.sock") + u32(2222))
            while True:
                p = h.recv()
                if p[0] in (REQUEST_SUCCESS, REQUEST_FAILURE):
                    break
            answers.append(p[0])
        h.finish(ch)
        h.ended()
    r = client.meets(play)
    assert r.rc == 0 and set(answers) == {FAILURE, REQUEST_FAILURE}, (r, answers)
    assert not os.path.exists("/tmp/evil.sock")


def test_replies_nobody_waits_for(client):
    """global replies and channel successes without a request"""
    for message in (bytes([REQUEST_SUCCESS]), bytes([REQUEST_FAILURE]),
                    bytes([REQUEST_SUCCESS]) + u32(5), bytes([PK_OK]), bytes([SERVICE_ACCEPT]),
                    bytes([UNIMPLEMENTED]) + u32(9), bytes([KEX_REPLY]), bytes([NEWKEYS])):
        r = client.meets(mischief(message, message, lambda ch: bytes([CLOSE]) + u32(ch.remote)))
        assert r.rc == 255, (message, r)


# ---------------------------------------------------------------- ends
PHASES = ["connect", "version", "kexinit", "reply", "newkeys", "service", "auth", "open", "exec",
          "data"]


@pytest.mark.parametrize("phase", PHASES)
def test_closed_in_each_phase(client, phase):
    n = PHASES.index(phase)

    def play(h):
        for i, step in enumerate((h.hello, h.send_kexinit, lambda: (h.read_kexinit(), h.reply()),
                                  h.newkeys, h.service, h.request_of)):
            if n <= i:
                return
            step()
        h.send(AUTH_SUCCESS)
        r = Reader(h.expect(OPEN))
        r.string()
        if n == 7:
            return
        remote = r.take(4)
        h.send(OPEN_OK, remote, u32(0), u32(1 << 20), u32(1 << 15))
        h.expect(REQUEST)
        if n > 8:
            h.send(DATA, remote, string(b"half of it"))
            time.sleep(0.1)
    r = client.meets(play)
    assert r.rc == 255 and r.err, r
    assert r.out == (b"half of it" if phase == "data" else b"")


@pytest.mark.parametrize("phase", ["connect", "version", "kexinit"])
def test_silent_in_each_phase(client, phase):
    """ConnectTimeout bounds the connection until it is keyed"""
    def play(h):
        if phase != "connect":
            h.hello()
        if phase == "kexinit":
            h.send_kexinit()
        assert h.ended()
    r = client.refuses(play, flags=("-o", "ConnectTimeout=2"), limit=12)
    assert r.seconds < 8, r


def test_silent_session(client):
    """ServerAliveInterval ends what does not answer"""
    def play(h):
        h.start()
        h.session()
        time.sleep(6)
    r = client.meets(play, "-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=2")
    assert r.rc == 255 and 2 < r.seconds < 9 and b"answer" in r.err or lab.THEIRS, r
