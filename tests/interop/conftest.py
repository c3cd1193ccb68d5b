"""conftest.py - real clients against our server: namespaces, fixtures, skips.

SPDX-License-Identifier: MIT
"""
import os
import shutil
import signal
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import lib  # noqa: E402
import stock  # noqa: E402

# who runs us in the background ignores it, and so would all that we start
signal.signal(signal.SIGINT, signal.default_int_handler)
WHY_NOT = lib.isolate()
if not WHY_NOT:
    lib.furnish()
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated"))


def pytest_collection_modifyitems(items):
    for item in items if WHY_NOT else ():
        item.add_marker(pytest.mark.skip(reason=WHY_NOT))


def pytest_runtest_setup():
    for server in lib.Server.running:
        server.seen = len(server.log())


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    report = (yield).get_result()
    for server in lib.Server.running if report.failed else ():
        new = server.log()[server.seen:].splitlines()[-25:]
        if new:
            report.sections.append((f"log of {' '.join(server.argv)}", "\n".join(new)))


def pytest_sessionfinish():
    if not WHY_NOT:  # orphans are ours as well: we are their reaper
        lib.kill(lib.descendants(os.getpid()), signal.SIGKILL)


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
def serve():
    """starts servers that end with the test"""
    started = []

    def start(*a, **kw):
        started.append(lib.Server(*a, **kw))
        return started[-1]
    yield start
    for s in started:
        s.stop()


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
