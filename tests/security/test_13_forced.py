"""SECURITY 13: a forced command is all that there is; restrict takes away what comes later, too."""
# SPDX-License-Identifier: MIT
import lab
import pytest
from peer import *

K = Key()
SUB = "Subsystem=test echo subsystem"
PTY = string(b"vt100") + u32(80) + u32(24) + u32(0) * 2 + string(b"\0")


def finish(p, ch):
    p.eof(ch)
    p.wait(lambda: ch.closed)
    return bytes(p.shut(ch).out)


def start(p, kind):
    ch = p.open()
    rest = {"exec": string(b"echo free"), "subsystem": string(b"test"), "shell": b""}[kind]
    return ch, p.request(ch, kind.encode(), rest)


@pytest.mark.parametrize("where", ["key", "server"])
def test_every_way_in(serve, where):
    """several sessions on one connection, each way twice"""
    if where == "key":
        server, line = serve(SUB), 'command="echo forced:$SSH_ORIGINAL_COMMAND" ' + K.line
    else:
        server, line = serve(SUB, "ForceCommand=echo forced:$SSH_ORIGINAL_COMMAND"), K.line
    lab.keys("bob", line)
    with server.login("bob", K) as p:
        for kind in ("exec", "subsystem", "shell") * 2:
            ch, ok = start(p, kind)
            assert ok and finish(p, ch).startswith(b"forced:"), kind
        ch = p.open()
        assert p.request(ch, b"exec", string(b"echo $(id)"))
        assert finish(p, ch) == b"forced:echo $(id)\n"


def test_the_servers_command_wins(serve):
    lab.keys("bob", 'command="echo key" ' + K.line)
    with serve("ForceCommand=echo server").login("bob", K) as p:
        assert p.run("echo free").out == b"server\n"


def test_second_program_in_a_session(server):
    """one exec, shell or subsystem a session"""
    with server.login() as p:
        ch = p.open()
        assert p.request(ch, b"exec", string(b"cat; echo one"))
        try:
            assert not p.request(ch, b"exec", string(b"echo two"))
            assert not p.request(ch, b"shell")
            assert finish(p, ch) == b"one\n"
        except (Closed, ConnectionError):
            assert lab.STANDIN


@pytest.mark.ours
def test_env_and_signals(serve):
    """refused under a forced command, as they could change what it does"""
    server = serve("AcceptEnv=LANG LC_*")
    lab.keys("bob", 'command="echo begun; read x; env; echo done" ' + K.line)
    with server.login("bob", K) as p:
        for _ in range(2):
            ch = p.open()
            assert not p.request(ch, b"env", strings(b"LC_TEST", b"evil"))
            p.request(ch, b"env", strings(b"LD_PRELOAD", b"evil"), reply=False)
            assert p.request(ch, b"exec", string(b"x"))
            p.wait(lambda: b"begun" in ch.out)
            assert not p.request(ch, b"signal", string(b"KILL"))
            p.write(ch, b"\n")
            out = finish(p, ch)
            assert out.endswith(b"done\n") and b"evil" not in out and ch.signal is None


def test_env_without_a_forced_command(serve):
    """only what is accepted, and never what a loader or a shell acts on"""
    server = serve("AcceptEnv=LANG LC_*")
    with server.login() as p:
        ch = p.open()
        assert p.request(ch, b"env", strings(b"LC_TEST", b"good"))
        for name in (b"LD_PRELOAD", b"LD_LIBRARY_PATH", b"PATH", b"IFS", b"ENV", b"BASH_ENV",
                     b"HOME", b"USER", b"SHELL", b"MALLOC_CHECK_", b"PYTHONPATH", b"",
                     b"=", *([] if lab.STANDIN else [b"LC_A=B", b"LC_A\nB"])):
            p.request(ch, b"env", strings(name, b"evil"))
        for i in range(300):
            p.request(ch, b"env", strings(b"LC_%d" % i, b"x" * 100), reply=False)
        assert p.request(ch, b"exec", string(b"env"))
        out = finish(p, ch).decode()
        assert "LC_TEST=good\n" in out and "evil" not in out
    for pair in ((b"LC_A\0PATH", b"evil"), (b"LC_A", b"good\0PATH=evil"), (b"LC_A", b"x" * 30000)):
        with server.login() as p:
            ch = p.open()
            try:
                p.request(ch, b"env", strings(*pair))
                assert p.request(ch, b"exec", string(b"env"))
                assert b"evil" not in finish(p, ch)
            except (Closed, ConnectionError):
                pass
    assert server.login().run("echo ok").out == b"ok\n"


RESTRICTED = {"restrict": False, "restrict,pty": True, "no-pty": False, "": True,
              "pty,restrict": None, "no-port-forwarding": True, "restrict,no-pty,pty": None}


@pytest.mark.parametrize("options", RESTRICTED)
def test_pty(server, options):
    lab.keys("bob", (options + " " + K.line).strip())
    with server.login("bob", K) as p:
        for _ in range(2):
            ch = p.open()
            got, want = p.request(ch, b"pty-req", PTY), RESTRICTED[options]
            assert want is None or got == want
            assert p.request(ch, b"exec", string(b"tty || true"))
            assert (b"/dev/" in finish(p, ch)) == got


@pytest.mark.parametrize("options", ["restrict", 'restrict,command="echo forced"'])
def test_what_is_added_later_is_refused(server, options):
    """agent, X11, forwards, unix sockets: not with restrict, whatever the server knows"""
    lab.keys("bob", options + " " + K.line)
    with server.login("bob", K) as p:
        ch = p.open()
        assert not p.request(ch, b"auth-agent-req@openssh.com")
        assert not p.request(ch, b"x11-req", b"\0" + strings(b"MIT-MAGIC-COOKIE-1", b"00") + u32(0))
        for kind, rest in ((b"direct-tcpip", string(b"127.0.0.1") + u32(server.port) +
                            string(b"127.0.0.1") + u32(1)),
                           (b"direct-streamlocal@openssh.com", strings(b"/run/x", b"") + u32(0)),
                           (b"forwarded-tcpip", b""), (b"auth-agent@openssh.com", b""),
                           (b"x11", string(b"127.0.0.1") + u32(1)), (b"tun@openssh.com", u32(1))):
            assert p.open(kind=kind, rest=rest).refused is not None, kind
        for name, rest in ((b"tcpip-forward", string(b"127.0.0.1") + u32(0)),
                           (b"streamlocal-forward@openssh.com", string(b"/run/lab/x"))):
            p.send(GLOBAL_REQUEST, string(name), b"\1", rest)
            assert p.expect(REQUEST_SUCCESS, REQUEST_FAILURE)[0] == REQUEST_FAILURE, name


def test_environment_option(serve):
    """not where the server does not permit it; never a loader's"""
    lab.keys("bob", 'environment="FROM_KEY=evil",environment="LD_PRELOAD=/evil" ' + K.line)
    with serve().start() as p:
        p.service()
        if p.pubkey("bob", K)[0] == AUTH_SUCCESS:
            assert b"evil" not in p.run("env").out
