"""conftest.py - real clients against our server: namespaces, fixtures, skips.

SPDX-License-Identifier: MIT
"""
import os
import shutil
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import lib  # noqa: E402
import stock  # noqa: E402
from machine import *  # noqa: E402,F401,F403


@pytest.fixture(scope="session")
def server():
    with lib.Server() as s:
        yield s


@pytest.fixture(scope="session", params=list(stock.CLIENTS))
def client(request):
    why = stock.ready(request.param)
    if why:
        pytest.skip(why)
    return stock.CLIENTS[request.param]


@pytest.fixture
def ssh():
    return stock.CLIENTS["openssh"]


@pytest.fixture
def dot():
    """the account whose authorized_keys a test may write; as it was afterwards"""
    yield lambda text, **kw: lib.authorize("dot", text, **kw)
    lib.authorize("dot")


class Remote:
    """where a remote command says who it is: `echo $$ >PATH`"""

    def __init__(self):
        self.path = lib.put(lib.DATA + "/pid", "", 0o666)

    def pid(self):
        return int(lib.until(lambda: lib.slurp(self.path).strip(), "the command to have begun"))


@pytest.fixture
def remote():
    return Remote()


@pytest.fixture
def place():
    """a folder here, and the same name in ann's home; empty both"""
    here, there = lib.DATA + "/place", lib.HOMES + "/ann/place"
    for path in (here, there):
        shutil.rmtree(path, ignore_errors=True)
        os.mkdir(path)
    os.chown(there, 30000, 30000)
    return here, there


@pytest.fixture
def far(request):
    """the server of that name, for our ssh"""
    import caller
    return caller.peer(request.param)


@pytest.fixture(scope="session")
def web():
    """an HTTP server that has the 10 MB"""
    import caller
    with caller.start_web() as p:
        yield p
