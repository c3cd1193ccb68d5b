"""conftest.py - the field: our binary in private mount and network namespaces."""
# SPDX-License-Identifier: MIT
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


def pytest_collection_modifyitems(items):
    for item in items if WHY_NOT else ():
        item.add_marker(pytest.mark.skip(reason=WHY_NOT))


def pytest_sessionfinish():
    if not WHY_NOT:  # orphans are ours as well: we are their reaper
        lib.kill(lib.descendants(os.getpid()), signal.SIGKILL)
