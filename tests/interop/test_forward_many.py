"""Forwards of our ssh, many at once and one after the other.

SPDX-License-Identifier: MIT
"""
import os
import socket
import threading
import time

import pytest
from caller import curl, fds, forwarding, settled, TEN, THEIRS, WEB
from lib import alive, DATA, descendants, put, until
from stock import run
from web import fetch, listener, post, ten, url

pytestmark = pytest.mark.usefixtures("web")


def all_fds(server, p):
    return fds(server.pid) + fds(p.pid)


def leaves_nothing(server):
    """no zombie, no directory of an agent"""
    assert not [n for n in os.listdir("/tmp") if n.startswith("ssh-")] or THEIRS
    for pid in descendants(os.getpid()):
        assert alive(pid)


@pytest.mark.parametrize("how", ["L", "D", "R"])
def test_thousand_short_connections(serve, how):
    server = serve()
    flags = {"L": ("-L", f"2100:127.0.0.1:{WEB}"), "D": ("-D", "2100"),
             "R": ("-R", f"2100:127.0.0.1:{WEB}")}[how]
    put(DATA + "/small", "small")
    with forwarding(server, *flags, ports=[2100]) as p:
        fetch(*(("--socks5", "127.0.0.1:2100", url(WEB)) if how == "D" else (url(2100),)))
        before = all_fds(server, p)
        answers, lock = [], threading.Lock()

        def work():
            while True:
                with lock:
                    if len(answers) >= 1000:
                        return
                    answers.append(None)
                with socket.create_connection(("127.0.0.1", 2100), 20) as s:
                    if how == "D":
                        s.sendall(b"\5\1\0")
                        s.recv(2, socket.MSG_WAITALL)
                        s.sendall(b"\5\1\0\1\x7f\0\0\1" + WEB.to_bytes(2, "big"))
                        s.recv(10, socket.MSG_WAITALL)
                    s.sendall(b"GET /small HTTP/1.0\r\n\r\n")
                    got = b""
                    while data := s.recv(4096):
                        got += data
                with lock:
                    answers[answers.index(None)] = got
        workers = [threading.Thread(target=work) for _ in range(8)]
        for t in workers:
            t.start()
        for t in workers:
            t.join(60)
        assert len([a for a in answers if a and a.endswith(b"\r\n\r\nsmall")]) == 1000
        settled(lambda: all_fds(server, p), before, "descriptors")
        fetch(*(("--socks5", "127.0.0.1:2100", url(WEB)) if how == "D" else (url(2100),)))
    leaves_nothing(server)


@pytest.mark.parametrize("how", ["L", "R"])
def test_sixty_four_at_once(serve, how):
    """each its own 10 MB, none starves, and nothing is left"""
    size = 10 << 20
    names = []
    for i in range(64):
        names.append(f"many.{i}")
        with open(f"{DATA}/many.{i}", "wb") as f:
            f.write(bytes([i]) * size)
    server = serve()
    with forwarding(server, f"-{how}", f"2100:127.0.0.1:{WEB}", ports=[2100]) as p:
        fetch(url(2100))
        before = all_fds(server, p)
        config = "".join(f'url = "{url(2100, n)}"\noutput = "{DATA}/got.{n}"\n' for n in names)
        r = run(["curl", "-sS", "-Z", "--parallel-max", "64", "--parallel-immediate", "-m", "100",
                 "-K", put(DATA + "/curlrc", config)], limit=110)
        assert r.rc == 0, r
        for i, n in enumerate(names):
            with open(f"{DATA}/got.{n}", "rb") as f:
                assert f.read() == bytes([i]) * size
            os.remove(f"{DATA}/got.{n}")
            os.remove(f"{DATA}/{n}")
        settled(lambda: all_fds(server, p), before, "descriptors")
    leaves_nothing(server)


def test_more_than_the_table_holds(serve):
    """what has no channel is closed at once; the others are not harmed"""
    server = serve()
    with listener() as target:
        with forwarding(server, "-L", f"2100:127.0.0.1:{target.getsockname()[1]}", "-L",
                        f"2101:127.0.0.1:{WEB}", ports=[2100, 2101]) as p:
            fetch(url(2101))
            before = all_fds(server, p)
            many = [socket.create_connection(("127.0.0.1", 2100), 10) for _ in range(200)]
            ended = 0
            time.sleep(1)
            for s in many:
                s.setblocking(False)
                try:
                    ended += s.recv(1) == b""
                except BlockingIOError:
                    pass
                except ConnectionResetError:
                    ended += 1
            assert 200 - ended >= 60 and ended > 0 or THEIRS, ended
            for s in many:
                s.close()
            target.close()  # which resets those that nobody has accepted
            fetch_later(url(2101))
            settled(lambda: all_fds(server, p), before, "descriptors")


def fetch_later(address):
    until(lambda: curl(address).rc == 0, "a connection that works", 20)
    fetch(address)


def test_slow_reader_blocks_nobody(server):
    """one connection that nobody reads; the others and the session go on"""
    with forwarding(server, "-L", f"2100:127.0.0.1:{WEB}", ports=[2100]):
        with socket.create_connection(("127.0.0.1", 2100)) as s:
            s.sendall(b"GET /10m HTTP/1.0\r\n\r\n")
            time.sleep(0.5)
            for _ in range(3):
                fetch(ten(2100))
                post(url(2100))
            s.settimeout(20)
            n = 0
            while data := s.recv(65536):
                n += len(data)
            assert n > os.path.getsize(TEN)
