"""conftest.py - the parts for the field, on the machine of the interop tests.

SPDX-License-Identifier: MIT
"""
import os
import signal
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))
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


def pytest_sessionfinish():
    if not WHY_NOT:
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
