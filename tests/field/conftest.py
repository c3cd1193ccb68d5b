"""conftest.py - the field's tests: the machine of the interop tests, and servers on it.

SPDX-License-Identifier: MIT
"""
import os
import signal
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../interop"))
sys.dont_write_bytecode = True
import lib  # noqa: E402

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
