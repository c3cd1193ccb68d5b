"""conftest.py - the parts for the field, on the machine of the interop tests.

SPDX-License-Identifier: MIT
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))
sys.dont_write_bytecode = True
from machine import *  # noqa: E402,F401,F403
