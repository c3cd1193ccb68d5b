"""SECURITY 14 and 15: what a session's program is given: ids, environment, descriptors, signals."""
# SPDX-License-Identifier: MIT
import os
import signal

import lab
import pytest
from peer import *

PTY = string(b"vt100") + u32(80) + u32(24) + u32(0) * 2 + string(b"\0")


@pytest.fixture
def dirty_server(serve):
    """started by somebody untidy: signals ignored and blocked, descriptors open, LD_ set"""
    def untidy():
        os.umask(0)
        for s in (signal.SIGPIPE, signal.SIGHUP, signal.SIGINT, signal.SIGUSR1, signal.SIGCHLD):
            signal.signal(s, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGUSR2, signal.SIGALRM})
    r, w = os.pipe()
    secret = os.open("/etc/shadow", os.O_RDONLY)
    for fd in (r, w, secret):
        os.set_inheritable(fd, True)
    env = {"PATH": "/evil:" + os.environ["PATH"], "LD_LIBRARY_PATH": "/evil", "IFS": "evil",
           "MALLOC_CHECK_": "3evil", "ENV": "/evil", "SECRET": "evil", "LD_BIND_NOW": "evil"}
    yield serve(pass_fds=(r, w, secret), preexec_fn=untidy, restore_signals=False, env=env)
    for fd in (r, w, secret):
        os.close(fd)


def pty_run(p, command):
    ch = p.open()
    assert p.request(ch, b"pty-req", PTY)
    assert p.request(ch, b"exec", string(command.encode()))
    p.wait(lambda: ch.closed)
    return p.shut(ch).out.decode()


@pytest.mark.parametrize("pty", [False, True])
def test_descriptors(dirty_server, pty):
    with dirty_server.login() as p:
        command = "ls -l /proc/$$/fd; true"  # the shell's, not those of ls
        out = pty_run(p, command) if pty else p.run(command).out.decode()
        seen = {l.split(" -> ")[0].split()[-1] for l in out.splitlines() if " -> " in l}
        assert seen == {"0", "1", "2"}, out


def test_ls_of_descriptors(dirty_server):
    with dirty_server.login() as p:
        names = p.run("ls /proc/self/fd").out.split()
        assert names in ([b"0", b"1", b"2", b"3"], [b"0", b"1", b"2"])


@pytest.mark.parametrize("pty", [False, True])
def test_environment(dirty_server, pty):
    with dirty_server.login() as p:
        out = pty_run(p, "env") if pty else p.run("env").out.decode()
        env = dict(l.split("=", 1) for l in out.replace("\r", "").splitlines())
        assert "evil" not in out
        assert not any(n.startswith(("LD_", "MALLOC_", "GLIBC_")) for n in env)
        assert (env["USER"], env["LOGNAME"], env["HOME"], env["SHELL"]) == (
            "alice", "alice", lab.home("alice"), "/bin/sh")
        assert all(d.startswith(("/bin", "/sbin", "/usr/")) for d in env["PATH"].split(":"))
        allowed = {"USER", "LOGNAME", "HOME", "SHELL", "PATH", "PWD", "MAIL", "TZ", "LANG", "_",
                   "SHLVL", "OLDPWD", "SSH_CLIENT", "SSH_CONNECTION", "SSH_TTY", "TERM",
                   "CUBSSH_LOGIN"}
        assert set(env) <= allowed, set(env) - allowed


@pytest.mark.ours
@pytest.mark.parametrize("pty", [False, True])
def test_signals(dirty_server, pty):
    """dispositions and mask as for a fresh login"""
    with dirty_server.login() as p:
        command = "exec cat /proc/self/status"
        out = pty_run(p, command) if pty else p.run(command).out.decode()
        masks = dict(l.split(":", 1) for l in out.replace("\r", "").splitlines())
        for name in ("SigBlk", "SigIgn", "SigCgt", "SigPnd"):
            assert int(masks[name], 16) == 0, (name, masks[name])


def test_identity(server):
    """all four ids, only the user's groups, no capability, and no way back"""
    uid = lab.UIDS["alice"]
    with server.login() as p:
        out = p.run("cat /proc/self/status; umask; pwd").out.decode()
        status = dict(l.split(":", 1) for l in out.splitlines() if ":" in l)
        assert status["Uid"].split() == status["Gid"].split() == [str(uid)] * 4
        assert set(status["Groups"].split()) <= {str(uid)}
        assert {int(status[c], 16) for c in ("CapPrm", "CapEff", "CapInh", "CapAmb")} == {0}
        assert out.splitlines()[-2:] == ["0022", lab.home("alice")]
        for call in ("setuid(0)", "seteuid(0)", "setresuid(0,0,0)", "setgid(0)", "setgroups([0])",
                     "setresgid(-1,0,-1)", "open('/etc/shadow',0)"):
            r = p.run('/usr/bin/python3 -c "import os; os.%s" 2>&1' % call)
            assert b"PermissionError" in r.out, call
        assert p.run("id -u").out == b"%d\n" % uid


@pytest.mark.ours
def test_groups_and_umask_of_an_untidy_start(dirty_server):
    with dirty_server.login() as p:
        assert p.run("umask").out == b"0022\n"
        assert p.run("ulimit -c; id -G").status == 0


def test_session_is_its_own(server):
    """a session and a process group of its own; with a pty its terminal, without none"""
    with server.login() as p:
        pid, pgrp, sid, tty = p.run("exec cut -d' ' -f1,5,6,7 /proc/self/stat").out.split()
        assert pid == pgrp == sid and tty == b"0"
        pid, pgrp, sid, tty = pty_run(p, "exec cut -d' ' -f1,5,6,7 /proc/self/stat").split()
        assert pid == pgrp == sid and tty != "0"


def test_root(serve):
    """root by key, where root may"""
    server = serve("PermitRootLogin=yes")
    with server.login("root", lab.PASSWORD) as p:
        assert p.run("id -u").out == b"0\n"
