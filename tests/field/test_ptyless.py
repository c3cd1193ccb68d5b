"""A server that has no ptys: the shell works all the same.

The server runs in a mount namespace of its own, without devpts; the clients have their terminals.

SPDX-License-Identifier: MIT
"""
import ctypes
import os
import shutil
import time

import pytest
from caller import argv, ssh
from lib import HOMES, Server, alive, edit, gone, put, slurp, until
from stock import CLIENTS, Terminal, ready

NEWNS, DETACH, PRIVATE = 0x20000, 2, 1 << 18 | 1 << 14


def no_ptys():
    """before the server is executed"""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.unshare(NEWNS)
    libc.mount(b"none", b"/", None, PRIVATE, None)
    while libc.umount2(b"/dev/pts", DETACH) == 0:
        pass
    libc.mount(b"none", b"/dev/pts", b"tmpfs", 0, None)


@pytest.fixture(scope="module")
def bare():
    with Server(preexec=no_ptys) as s:
        yield s


def ours(server, cmd=()):
    return Terminal(argv(server, "-tt", cmd=cmd), dict(os.environ))


def stock(name):
    def start(server, cmd=()):
        why = ready(name)
        if why:
            pytest.skip(why)
        return CLIENTS[name].spawn(server, cmd)
    return start


@pytest.fixture(params=["ours", "openssh", "plink"])
def on(request):
    """starts a terminal's worth of that client"""
    return ours if request.param == "ours" else stock(request.param)


def shell(on, server):
    t = on(server)
    t.expect("edits lines")
    t.expect(r"\$ $")
    return t


def does(t, typed, shows):
    """what the typed line has printed; shows must not be in it as it is"""
    t.send(typed)
    t.expect(shows + "\r\n")


def test_log(bare):
    """says that there was none, and why"""
    r = ssh(bare, "-tt", cmd="echo $TERM")
    assert r.rc == 0 and r.out.strip() == "dumb"
    bare.wait_log("no terminal for 'ann': .*: the server edits lines")


def test_lines(on, bare):
    """echo, erase, kill of a word and a line, the cursor, CR and NL"""
    with shell(on, bare) as t:
        t.send("echo ab")
        t.expect("echo ab")
        does(t, "c''d\r", "abcd")
        does(t, "echo x''1y\x7f2\n", "x12")
        does(t, "no such thing\x15echo k''ill\r", "kill")
        does(t, "echo a''b wrong \x17right\r", "ab right")
        does(t, "echo b''c\x1b[D\x1b[D\x1b[D\x1b[Da\r", "abc")
        does(t, "cho sta''rt\x01e\r", "start")
        does(t, "echo gr\u00fc\u00dfe''\x7f\x7f\x7f\x7fx\r", "gr\u00fcx")


def test_history(on, bare):
    with shell(on, bare) as t:
        does(t, "echo one''1\r", "one1")
        does(t, "echo two''2\r", "two2")
        does(t, "\x1b[A\x1b[A\r", "one1")
        does(t, "\x10\x10\x0e\r", "one1")


def test_keys(on, bare):
    """^C ends what runs and not the shell; ^\\ and ^Z do no harm; ^D is one end of file"""
    with shell(on, bare) as t:
        t.send("sleep 100; echo st''ill\r")
        time.sleep(0.5)
        t.send("half a line\x03")
        t.expect(r"\^C\r\n")
        does(t, "echo he''re\r", "here")
        t.send("sleep 1\r\x1a")
        does(t, "echo af''ter\r", "after")
        t.send(f"cat >{HOMES}/ann/typed\rfirst\rsecond\tline\r\x04")
        does(t, "echo wri''tten\r", "written")
        assert slurp(f"{HOMES}/ann/typed") == "first\nsecond\tline\n"
        does(t, "read a; echo got $a.\rmine\r", "got mine.")
        t.send("\x04")
        assert t.wait() == 0


def test_status(on, bare):
    with shell(on, bare) as t:
        t.send("(exit 7)\r\x04")
        assert t.wait() == 7


def test_window(on, bare):
    """the size at the start is known; another does no harm"""
    with shell(on, bare) as t:
        does(t, "echo $COLUMNS''x$LINES\r", "80x24")
        t.resize(50, 132)
        time.sleep(0.3)
        does(t, "echo ali''ve\r", "alive")


def test_output(on, bare):
    """much of it, whole; newlines are of both kinds"""
    with shell(on, bare) as t:
        t.send("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; echo en''d\r")
        t.expect("end\r\n")
    with on(bare, "seq 1 30000; echo all; read x") as t:
        t.text = ""
        until(lambda: t.pump(1) is None or "all" in t.text, "its end")
        assert t.text.split("all")[0] == "".join(f"{n}\r\n" for n in range(1, 30001))


def test_command(on, bare):
    """of a pty, without a shell's prompt; killed by ^C"""
    with on(bare, "echo go; read x; echo $x; exec sleep 100") as t:
        t.expect("go\r\n")
        t.send("word\r")
        t.expect("\r\nword\r\n")
        time.sleep(0.3)
        t.send("\x03")
        assert t.wait() != 0


def test_type_ahead(bare):
    """what is typed while nobody reads is not lost, and ^C still gets through"""
    with shell(ours, bare) as t:
        ahead = f"{HOMES}/ann/ahead"
        t.send("sleep 1\r" + "".join(f"echo {i} >>{ahead}\r" for i in range(100)))
        does(t, "echo do''ne\r", "done")
        assert slurp(ahead).split() == [str(i) for i in range(100)]
        t.send("sleep 100\r")
        time.sleep(0.3)
        t.send("x" * 1000 + "\r" + "y" * 500 + "\r\x03")
        does(t, "echo fre''e\r", "free")


def test_hung_up(bare):
    """the client dies: so do the shell and what it runs"""
    mark = f"{HOMES}/ann/pid"
    with shell(ours, bare) as t:
        t.send(f"echo $$ >{mark}; sleep 1000\r")
        until(lambda: os.path.exists(mark) and slurp(mark).strip(), "the shell's number")
        pid = int(slurp(mark))
        assert alive(pid)
    gone(pid)


def test_full_screen(bare):
    """a program that draws says what it lacks, and leaves the line alone"""
    if not shutil.which("busybox"):
        pytest.skip("busybox is not installed")
    with shell(ours, bare) as t:
        t.send("busybox vi\r")
        time.sleep(0.5)
        t.send(":q!\r")
        time.sleep(0.5)
        t.send("\x03\r")
        t.expect(r"\$ $")
        does(t, "echo ali''ve\r", "alive")


@pytest.mark.parametrize("path", ["/bin/bash", "/bin/busybox"])
def test_shells(path, bare):
    """bash would edit lines as well; ash is what devices have"""
    if not os.path.exists(path):
        pytest.skip(path + " is not there")
    was = [l for l in slurp("/etc/passwd").splitlines() if l.startswith("ann:")][0]
    if path == "/bin/busybox":
        shutil.copy(path, "/run/ash")
        path = "/run/ash"
    put("/etc/shells", slurp("/etc/shells") + path + "\n")
    edit("/etc/passwd", "ann", was.rsplit(":", 1)[0] + ":" + path)
    try:
        with ours(bare) as t:
            t.expect("edits lines")
            t.expect(r"\$ $")
            t.send("echo o''nce\r")
            t.expect("echo o''nce\x1b.*\r\n")
            assert "o''nce" not in t.expect("(?s)(.*)once\r\n").group(1)
            t.send("sleep 100\r")
            time.sleep(0.5)
            t.send("\x03")
            does(t, "echo he''re\r", "here")
            t.send("exit 3\r")
            assert t.wait() == 3
    finally:
        edit("/etc/passwd", "ann", was)


def test_refused(serve):
    """what may not have a terminal gets none of ours"""
    s = serve(preexec=no_ptys, PermitTTY="no")
    r = ssh(s, "-tt", cmd="echo $TERM,$COLUMNS")
    assert r.rc == 0 and r.out.strip() == "," and "edits" not in s.log()
