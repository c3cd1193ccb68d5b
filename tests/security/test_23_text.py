"""SECURITY 23: text of a server, wherever it may stand, never steers the terminal."""
# SPDX-License-Identifier: MIT
import os
import threading

import lab
import pytest
from host import *
from peer import *


# ---------------------------------------------------------------- text
def test_banner(client):
    def play(h):
        h.start()
        ch = h.session(banner=EVIL * 20)
        h.finish(ch)
        h.ended()
    r = client.meets(play, "-o", "LogLevel=VERBOSE")
    assert r.rc == 0, r


def test_banner_is_shown(client):
    def play(h):
        h.start()
        h.service()
        h.send(AUTH_BANNER, strings(b"Welcome to\r\nthe gate\n", b""))
        h.request_of()
        h.send(AUTH_FAILURE, string(b"publickey"), b"\0")
        h.request_of()
    r = client.meets(play)
    assert b"Welcome to" in r.err and b"the gate" in r.err, r


def test_lines_before_the_version(client):
    def play(h):
        h.raw((EVIL.replace(b"\0", b"") + b"\r\n") * 20)
        good(h)
    r = client.meets(play, "-v")
    assert r.rc in (3, 255)


def test_version_text(client):
    r = client.meets(good, "-vv", host={"version": b"SSH-2.0-evil\x1b[2J comment\x07"})
    assert r.rc in (3, 255)


NO_VERSION = {
    "nothing": b"", "http": b"HTTP/1.0 400 Bad\r\n\r\n", "old": b"SSH-1.5-old\r\n",
    "long line": b"x" * 100000, "lines": b"x\r\n" * 100000, "long": b"SSH-2.0-" + b"y" * 1000,
    "nul": b"SSH-2.0-\0\0\r\n", "bytes": bytes(range(256)) * 50,
}


@pytest.mark.parametrize("what", NO_VERSION)
def test_no_version(client, what):
    client.refuses(lambda h: h.raw(NO_VERSION[what]))


def test_disconnect_text(client):
    for when in range(3):
        def play(h):
            h.hello()
            if when:
                h.exchange()
            if when > 1:
                h.session()
            h.send(DISCONNECT, u32(2), strings(EVIL + b"reason", EVIL))
            h.ended()
        client.refuses(play, "reason")


def test_debug_text(client):
    def play(h):
        h.start()
        h.send(DEBUG, b"\1", strings(EVIL, EVIL))
        ch = h.session()
        h.send(DEBUG, b"\1", strings(EVIL, EVIL))
        h.finish(ch)
        h.ended()
    assert client.meets(play, "-vvv").rc == 0


def test_text_of_refusals(client):
    def refused(h):
        h.start()
        h.login()
        r = Reader(h.expect(OPEN))
        r.string()
        h.send(OPEN_FAILURE, r.take(4), u32(1), strings(EVIL, EVIL))
        h.ended()
    client.refuses(refused)

    def signal(h):
        h.start()
        ch = h.session()
        h.send(REQUEST, u32(ch.remote), string(b"exit-signal"), b"\0", string(EVIL), b"\0",
               strings(EVIL, EVIL))
        h.send(CLOSE, u32(ch.remote))
        h.ended()
    assert client.meets(signal).rc == 255

    def methods(h):
        h.start()
        h.service()
        while True:
            h.request_of()
            h.send(AUTH_FAILURE, string(EVIL + b"," + EVIL), b"\0")
    client.refuses(methods, "denied")


def on_terminal(client, play, answers, *flags):
    """on a pty; all that was shown, and the status"""
    import pty
    out, status = bytearray(), []
    pid, master = pty.fork()
    if not pid:
        line = client.argv(*flags)
        os.execv(line[0], line)

    def watch():
        todo = list(answers)
        while True:
            try:
                got = os.read(master, 65536)
            except OSError:
                break
            if not got:
                break
            out.extend(got)
            if todo and todo[0][0] in out:
                os.write(master, todo.pop(0)[1])
        status.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    t = threading.Thread(target=watch)
    t.start()
    with Host(client.listener.accept()[0]) as h:
        try:
            play(h)
        except (Closed, ConnectionError):
            pass
    t.join(15)
    assert status
    os.close(master)
    return bytes(out), status[0]


def test_prompts(client):
    """name, instruction and questions of keyboard-interactive"""
    got = []

    def play(h):
        h.start()
        h.service()
        while h.request_of()[0] != b"keyboard-interactive":
            h.send(AUTH_FAILURE, string(b"keyboard-interactive"), b"\0")
        h.send(PK_OK, strings(EVIL, EVIL, b""), u32(2), string(EVIL + b" one? "), b"\1",
               string(EVIL + b" two? "), b"\0")
        got.append(h.expect(61))
    out, rc = on_terminal(client, play, [(b"one?", b"first\n"), (b"two?", b"second\n")])
    clean(out.replace(b"\r\n", b"\n").replace(b"\r", b"") if lab.THEIRS else
          out.replace(b"\r", b""))
    assert got and got[0] == bytes([61]) + u32(2) + strings(b"first", b"second")
    assert b"second" not in out


def test_many_prompts(client):
    """more than anybody asks; a count that is not there; text that is cut"""
    for tail in (u32(1000) + (string(b"q? ") + b"\0") * 1000, u32(0xffffffff),
                 u32(2) + string(b"x"), u32(1) + u32(0x7fffffff) + b"abc"):
        def play(h):
            h.start()
            h.service()
            while h.request_of()[0] != b"keyboard-interactive":
                h.send(AUTH_FAILURE, string(b"keyboard-interactive"), b"\0")
            h.send(PK_OK, strings(b"", b"", b""), tail)
            h.ended()
        client.refuses(play, env={"SSH_ASKPASS": "/bin/echo", "SSH_ASKPASS_REQUIRE": "force"})


def test_prompts_for_ever(client):
    """a server that always asks again; it is asked as often as NumberOfPasswordPrompts"""
    rounds = []

    def play(h):
        h.start()
        h.service()
        while True:
            if h.request_of()[0] != b"keyboard-interactive":
                h.send(AUTH_FAILURE, string(b"keyboard-interactive"), b"\0")
                continue
            h.send(PK_OK, strings(b"", b"", b""), u32(1), string(b"q? "), b"\0")
            h.expect(61)
            rounds.append(1)
            h.send(AUTH_FAILURE, string(b"keyboard-interactive"), b"\0")
    client.refuses(play, "denied", env={"SSH_ASKPASS": "/bin/echo", "SSH_ASKPASS_REQUIRE": "force"})
    assert len(rounds) == 3
