"""Our ssh on a terminal: sizes, ^C, escapes, and how it leaves the terminal.

SPDX-License-Identifier: MIT
"""
import contextlib
import os
import shlex
import signal
import socket
import termios
import time

import pytest
from caller import WEB, argv, curl, peers, terminal
from lib import DATA, descendants, gone, sha256, slurp, until
from stock import Terminal, run
from web import listener

PROMPT = {"PS1": "far> "}


def shell(far, *flags, **kw):
    t = terminal(far, *flags, env=PROMPT, **kw)
    t.expect(r"[$>] $", again="\n", limit=20)
    t.send("PS1=; stty -echo; echo rea''dy\n")
    t.expect("ready\r\n")
    return t


def modes(t):
    return termios.tcgetattr(t.master)


def untouched():
    """the modes of a terminal that nobody has changed"""
    ends = os.openpty()
    m = termios.tcgetattr(ends[0])
    for fd in ends:
        os.close(fd)
    return m


# ---------------------------------------------------------------- sessions
@peers("pty")
def test_window(far):
    """its size at the start, and when it changes"""
    with terminal(far, "-t", cmd="stty size; echo go; read x; stty size") as t:
        t.expect("24 80\r\n")
        t.expect("go")
        t.resize(50, 132)
        time.sleep(0.3)
        t.send("\n")
        t.expect("50 132\r\n")
        assert t.wait() == 0


@peers("pty")
def test_interrupt(far):
    """^C goes to the far end, and so do ^Z and ^D"""
    with shell(far) as t:
        t.send("trap 'echo caught' INT; sleep 30\n")
        time.sleep(0.5)
        t.send("\x03")
        t.expect("caught", limit=10)
        t.send("exit 7\n")
        assert t.wait() == 7


@peers("pty")
def test_raw_bytes(far):
    """what would be a signal or a flow control here goes through, all 256 of them"""
    with terminal(far, "-t", "-e", "none", cmd="stty raw -echo; echo go; head -c 256 | od -An -v "
                  "-tu1 | tr -s ' \\n' '  '; echo end") as t:
        t.expect("go")
        os.write(t.master, bytes(range(256)))
        m = t.expect(r"((?: \d+)+) *end", limit=20)
        assert m.group(1).split() == [str(n) for n in range(256)]
        assert t.wait() == 0


@peers("pty")
def test_terminal_is_put_right(far):
    with terminal(far, "-t", cmd="stty -a; exit 3") as t:
        before = untouched()
        assert t.wait() == 3 and modes(t) == before


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signals_put_the_terminal_right(server, sig):
    with terminal(server, "-t", cmd="echo go; sleep 60") as t:
        before = untouched()
        t.expect("go")
        assert modes(t) != before
        t.p.send_signal(sig)
        assert t.wait() in (128 + sig, 255, -sig) and modes(t) == before


def test_terminal_modes_go_along(server):
    """ours are the far end's: an erase character, no echo of control characters"""
    line = argv(server, "-t", cmd="stty -a")
    with Terminal(["sh", "-c", 'stty erase ^H intr ^T -ixon; exec "$@"', "sh", *line]) as t:
        m = t.expect(r"(?s)intr = (\S+);.*?erase = (\S+);.*?(-?ixon)\b")
        assert m.groups() == ("^T", "^H", "-ixon")
        assert t.wait() == 0


def test_login_and_logout(server):
    """TERM, a login shell, ^D"""
    with shell(server) as t:
        t.send("echo $TERM $0 `tty`\n")
        t.expect(r"xterm -\S*sh /dev/pts/\d+\r\n")
        t.send("\x04")
        assert t.wait() == 0


def test_no_terminal_is_had(dot, server):
    """a key with no-pty: a word, and the session goes on"""
    dot("no-pty {}")
    with terminal(server, "-t", user="dot", cmd="tty; echo on") as t:
        t.expect("on\r?\n")
        assert t.wait() == 0


# ---------------------------------------------------------------- escapes
def test_disconnect(server):
    with shell(server) as t:
        before = modes(t)
        t.send("sleep 60\n")
        time.sleep(0.3)
        t.send("\r~.")
        t.expect("closed")
        assert t.wait() == 255 and modes(t) != before


def test_disconnect_while_the_server_is_stopped(serve):
    server = serve()
    with shell(server) as t:
        pids = [server.pid] + descendants(server.pid)
        for p in pids:
            os.kill(p, signal.SIGSTOP)
        t.send("\r~.")
        assert t.wait() == 255
        for p in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(p, signal.SIGCONT)


def test_escape_help_and_list(server):
    with shell(server) as t:
        t.send("\r~?")
        t.expect("Supported escape sequences")
        t.expect(r"~~")
        t.send("\r~#")
        t.expect("connections are open")
        t.send("echo still $((1+1))\r")
        t.expect("still 2")


def test_to_the_background(server):
    """the shell ends; the forward that is in use goes on, and we with it"""
    with listener() as target:
        to = target.getsockname()[1]
        with shell(server, "-L", f"2133:127.0.0.1:{to}") as t:
            with socket.create_connection(("127.0.0.1", 2133)) as a:
                b = target.accept()[0]
                t.send("\r~&")
                assert t.wait() == 0
                a.sendall(b"there")
                assert b.recv(9) == b"there"
                b.sendall(b"back")
                assert a.recv(9) == b"back"
                b.close()
            until(lambda: not server.listening(2133), "the end of the listener")


def test_escaped_tilde(server):
    """~~ is one, a tilde within a line or before another letter is itself"""
    with shell(server) as t:
        t.send("\rcat\r")
        time.sleep(0.3)
        t.send("~~one\rx~.\r~y\r")
        t.expect("~one\r\nx~.\r\n~y\r\n")


def test_other_escape_character(server):
    with shell(server, "-e", "%") as t:
        t.send("\rcat\r")
        time.sleep(0.3)
        t.send("~.\r%%\r")
        t.expect("~.\r\n%\r\n")
        t.send("%.")
        assert t.wait() == 255
    with shell(server, "-e", "none") as t:
        t.send("cat\r")
        time.sleep(0.3)
        t.send("~.\r")
        t.expect(r"~\.\r\n")


def test_escape_is_not_seen_without_a_terminal(server):
    assert run(argv(server, cmd="cat"), None, b"\n~.\n").out == "\n~.\n"


@peers("pty", "rekey")
def test_rekey_by_hand(far):
    with shell(far) as t:
        for i in range(3):
            t.send("\r~R")
            t.send(f"echo after $(({i}+1))\r")
            t.expect(f"after {i + 1}")


def test_suspend(server):
    """~^Z stops it with the terminal as it was; fg, and it goes on"""
    with Terminal(["bash", "--norc", "--noprofile", "-i"], {**os.environ, "PS1": "here> "}) as t:
        t.expect("here> ")
        t.send(" ".join(map(shlex.quote, argv(server))) + "\n")
        t.expect(r"\$ $", again="\n", limit=20)
        t.send("PS1=far; echo on $((1+1))\n")
        t.expect("on 2")
        raw = modes(t)
        t.send("\r~\x1a")
        t.expect("suspend")
        t.expect("Stopped")
        t.expect("here> ")
        assert modes(t) != raw
        t.send("fg\n")
        until(lambda: modes(t) == raw, "raw mode again")
        t.send("\recho back $((1+1))\r")
        t.expect("back 2")


def test_forwards_by_hand(server, web):
    """~C adds -L, -R and -D, and takes them away again"""
    with shell(server) as t:
        raw = modes(t)

        def command(text, answer):
            until(lambda: modes(t) == raw, "the session's mode")
            t.send("\r~C")
            t.expect("ssh> ")
            t.send(text + "\r")
            t.expect(answer)
        for spec, use in (("L2160:127.0.0.1:%d" % WEB, ("http://127.0.0.1:2160/some",)),
                          ("R2161:127.0.0.1:%d" % WEB, ("http://127.0.0.1:2161/some",)),
                          ("D2162", ("--socks5", "127.0.0.1:2162",
                                     "http://127.0.0.1:%d/some" % WEB))):
            port = int(spec[1:5])
            command("-" + spec, "Forwarding port")
            until(lambda: server.listening(port), spec)
            assert curl(*use).rc == 0 and sha256(DATA + "/got") == sha256(DATA + "/some")
            command(f"-K{spec[:5]}", "Canceled forwarding")
            until(lambda: not server.listening(port), "no " + spec)
            command(f"-K{spec[:5]}", "Unknown port forwarding")
        command("-h", "Commands:")
        command("", "")
        until(lambda: modes(t) == raw, "the session's mode")
        t.send("\recho still $((1+1))\r")
        t.expect("still 2")


# ---------------------------------------------------------------- ends
def test_closed_terminal(server):
    """the client ends, and so does what ran at the far end"""
    t = terminal(server, "-t", cmd="echo pid $$; exec sleep 61")
    m = t.expect(r"pid (\d+)")
    family = [t.p.pid] + descendants(t.p.pid)
    os.close(t.master)
    assert t.p.wait(20) != 0
    for pid in family + [int(m.group(1))]:
        gone(pid)


@peers("pty")
def test_sigpipe_downstream(far):
    """| head -1: the far command is told (or its channel closed), and we end soon"""
    said = "/run/home/ann/said"
    if os.path.exists(said):
        os.remove(said)
    line = " ".join(argv(far)) + f" 'yes; echo $? >{said}' | head -1"
    begun = time.monotonic()
    r = run(["sh", "-c", line])
    assert r.out == "y\n" and time.monotonic() - begun < 10
    assert until(lambda: os.path.exists(said) and slurp(said), "the command's end")
    r = run(["bash", "-c", " ".join(argv(far)) + " yes | head -1; echo ${PIPESTATUS[0]}"])
    got, status = r.out.splitlines()
    assert got == "y" and status in ("141", "255"), r
