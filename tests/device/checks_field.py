"""checks_field.py - guard and rescue on a device.

SPDX-License-Identifier: MIT
"""
