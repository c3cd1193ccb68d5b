"""Fixtures of the security tests: serve() starts a server, server is one that all may share."""
# SPDX-License-Identifier: MIT
import os
import signal
import sys
import tempfile

import pytest

sys.path.insert(0, os.path.dirname(__file__))
sys.dont_write_bytecode = True
import lab  # noqa: E402

# who runs us in the background ignores it, and so would all that we start
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    for i in items if lab.STANDIN else ():
        if i.get_closest_marker("ours"):
            i.add_marker(pytest.mark.skip(reason="a rule of our own server"))


@pytest.fixture(scope="session")
def place():
    why = lab.enter()
    if why:
        pytest.skip(why)
    with tempfile.TemporaryDirectory(dir=lab.ROOT) as d:
        yield d
    lab.end_all(lab.descendants(os.getpid()))


@pytest.fixture(autouse=True)
def no_crash(place):
    """a crash of a server's process fails the test, whatever that looked at"""
    yield
    lab.reap()
    crashed = [c for s in lab.Server.all for c in s.crashes()]
    assert not crashed, crashed


@pytest.fixture(scope="session")
def server(place):
    s = lab.Server(place)
    yield s
    s.stop()


@pytest.fixture
def serve(place):
    """serve("Keyword=value", ...) -> a server of this test's own"""
    started = []

    def start(*options, **kw):
        started.append(lab.Server(place, *options, **kw))
        return started[-1]
    yield start
    for s in started:
        s.stop()


@pytest.fixture
def client(place, tmp_path_factory):
    """our ssh, which meets a server that does as it is told"""
    import host
    return host.Client(str(tmp_path_factory.mktemp("client")))
