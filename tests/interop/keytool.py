"""keytool.py - ssh-keygen twice: ours, and OpenSSH's.

SPDX-License-Identifier: MIT
"""
import os
import shutil
import stat
import subprocess

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.path.abspath(os.environ.get("CUBSSH", os.path.join(TOP, "cubssh")))
EMU = os.environ.get("CUBSSH_EMU", "").split()
REAL = shutil.which("ssh-keygen")

MARKS = [
    pytest.mark.skipif(not REAL, reason="OpenSSH's ssh-keygen is not installed"),
    pytest.mark.skipif(not os.path.exists(BINARY), reason="no binary"),
]


def run(*argv, **kw):
    kw.setdefault("stdin", subprocess.DEVNULL)
    if "input" in kw:
        del kw["stdin"]
        if isinstance(kw["input"], str):
            kw["input"] = kw["input"].encode()
    env = dict(os.environ, TZ="UTC", **kw.pop("env", {}))
    env.pop("SSH_ASKPASS", None)
    env.pop("DISPLAY", None)
    # without a terminal, so that nobody is asked but stdin
    r = subprocess.run([str(a) for a in argv], capture_output=True, timeout=120, env=env,
                       start_new_session=True, **kw)
    return r.returncode, r.stdout.decode(), r.stderr.decode().replace("\r\n", "\n")


def applet(name, *argv, **kw):
    return run(*EMU, BINARY, name, *argv, **kw)


def ours(*argv, **kw):
    return applet("keygen", *argv, **kw)


def good(*argv, **kw):
    """ours, where it has to succeed; what it prints"""
    status, out, err = ours(*argv, **kw)
    assert status == 0, err
    return out


def real(*argv, **kw):
    status, out, err = run(REAL, *argv, **kw)
    assert status == 0, err
    return out


def both(*argv, **kw):
    """status and output of each; errors are worded differently"""
    return ours(*argv, **kw)[:2], run(REAL, *argv, **kw)[:2]


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def _usage():
    return ours("-?")[2] if os.path.exists(BINARY) else ""


USAGE = _usage()
CERTS = "-s CA -I" in USAGE
SIGS = "-Y sign" in USAGE
# the kinds that are built in, with a size that is quickly made
KINDS = [k for k in ("ed25519", "ecdsa", "rsa")
         if os.path.exists(BINARY) and
         "unknown" not in ours("-q", "-t", k, "-b", "3", "-f", "/nonexistent/x")[2]]
BITS = {"rsa": ["-b", "2048"]}


def make(tool, path, kind="ed25519", comment="me@here", passphrase=""):
    tool("-q", "-t", kind, *BITS.get(kind, []), "-a", "2", "-N", passphrase, "-C", comment, "-f", path)
    return path


def public(path):
    return open(f"{path}.pub").read()
