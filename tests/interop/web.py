"""web.py - what tests of forwards fetch and send through them.

SPDX-License-Identifier: MIT
"""
import os
import socket

from caller import curl, TEN
from lib import DATA, sha256, slurp


def fetch(*words):
    """a file, right"""
    if os.path.exists(DATA + "/got"):
        os.remove(DATA + "/got")
    r = curl(*words)
    assert r.rc == 0, r
    assert sha256(DATA + "/got") == sha256(DATA + "/" + words[-1].rsplit("/", 1)[1])


def post(*words, data=TEN):
    r = curl("--data-binary", "@" + data, *words)
    assert r.rc == 0 and slurp(DATA + "/got") == sha256(data), r


def url(port, name="some", host="127.0.0.1"):
    return f"http://{host}:{port}/{name}"


def ten(port):
    return url(port, "10m")


def listener():
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen()
    s.settimeout(10)
    return s
