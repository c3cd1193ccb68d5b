"""Shared connections: our ssh as master and as client of one, with OpenSSH's at the other end.

SPDX-License-Identifier: MIT
"""
import os
import pty
import socket
import stat
import subprocess
import termios
import time

import caller
import pytest
from caller import TEN, THEIRS, WEB, curl, fds, settled
from lib import DATA, LIMIT, WRONG, descendants, put, sha256, slurp, until
from sharing import PAIRS, PATH, fetch, mine_fixture, shared_fixture, sharing
from stock import run
from transfer import tool

pytestmark = pytest.mark.skipif(THEIRS, reason="openssh is in it anyway")
FIXTURES = mine_fixture, shared_fixture


# ---------------------------------------------------------------- sessions
def test_status(shared):
    r = shared(cmd="cat; echo oops >&2; exit 3", stdin=b"hello\n")
    assert (r.rc, r.out, r.err) == (3, "hello\n", "oops\n")
    assert stat.S_IMODE(os.lstat(PATH).st_mode) == 0o600
    assert shared.alone()


def test_signal(mine):
    assert mine(cmd="kill -TERM $$").rc == 143


def test_many_one_after_the_other(shared):
    before = fds(shared.p.pid)
    for n in range(12):
        r = shared(cmd=f"echo {n}; exit {n}")
        assert (r.rc, r.out) == (n, f"{n}\n"), r
    settled(lambda: fds(shared.p.pid), before, "descriptors of the master")


def test_ten_megabytes_both_ways(shared):
    with open(TEN, "rb") as up, open(DATA + "/back", "wb") as down:
        r = shared(cmd="cat; echo done >&2; exit 5", stdin=up, stdout=down)
    assert (r.rc, r.err) == (5, "done\n")
    assert sha256(DATA + "/back") == sha256(TEN)


def test_through_a_slow_pipe(mine):
    """several share it, and one of them ends before"""
    line1 = " ".join(f"'{w}'" for w in mine.line(cmd="head -c 300000 /dev/zero"))
    line2 = " ".join(f"'{w}'" for w in mine.line(cmd="true"))
    r = run(["sh", "-c", f"({line1} & {line2}; {line1}; wait) | (sleep 1; wc -c)"])
    assert (r.rc, r.out.strip()) == (0, "600000"), r


def test_stdin_half_close(shared):
    r = shared(cmd="cat; sleep 0.2; echo after", stdin=b"before\n")
    assert (r.rc, r.out) == (0, "before\nafter\n")


def test_pipes_are_blocking_again(mine):
    out, into = os.pipe()
    assert run(mine.line(cmd="cat"), stdin=b"x", stdout=into).rc == 0
    assert os.get_blocking(into) and os.get_blocking(out)
    os.close(out)
    os.close(into)


def test_long_command(shared):
    """20 kB"""
    r = shared(cmd="echo " + "x" * 20000)
    assert r.rc == 0 and len(r.out) == 20001


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_environment(serve, pair):
    with sharing(serve(AcceptEnv="FOO"), *pair, "-o", "SendEnv=FOO") as s:
        os.environ["FOO"] = "bar"
        assert s("-o", "SendEnv=FOO", cmd="echo $FOO").out == "bar\n"
        del os.environ["FOO"]
        if pair == ("ours", "ours"):
            assert s("-o", "SetEnv=FOO=set", cmd="echo $FOO").out == "set\n"


def test_terminal(shared):
    """its size, a new one, ^C to the far end, modes as before, and what is said at the end"""
    fresh = pty.openpty()
    before = termios.tcgetattr(fresh[0])
    with shared.terminal("-t", cmd="stty size; trap 'stty size' INT; echo go; read x; read y; "
                         "exit 4") as t:
        t.expect("24 80\r+\n")  # the first words may come before it is raw
        t.expect("go")
        t.resize(50, 132)
        time.sleep(0.3)
        t.send("\x03")
        t.expect("50 132\r\n")
        t.send("\n\n")
        t.expect("Shared connection to 127.0.0.1 closed.")
        assert t.wait() == 4 and termios.tcgetattr(t.master) == before
    for fd in fresh:
        os.close(fd)


def test_shell_on_a_terminal(shared):
    with shared.terminal() as t:
        t.expect(r"[$>] $", again="\n", limit=20)
        t.send("exit 7\n")
        assert t.wait() == 7


@pytest.mark.parametrize("client", ["ours", "openssh"])
def test_escape(serve, client):
    with sharing(serve(), "ours", client) as s, s.terminal("-t", cmd="echo go; sleep 60") as t:
        t.expect("go")
        t.send("\n~?")
        t.expect("end the connection|terminate connection")
        t.send("\n~.")
        assert t.wait() == 255
        assert s(cmd="echo on").out == "on\n"


def test_no_terminal_to_be_had(serve):
    with sharing(serve(PermitTTY="no"), "ours", "openssh") as s:
        with s.terminal("-t", cmd="test -t 0 || echo n''one") as t:
            t.expect("none")


def test_more_than_the_table_holds(mine):
    """eight at a time; the next is told why, and tries for itself"""
    some = [mine.start(cmd="echo on; read x; exit 3", stdin=subprocess.PIPE) for _ in range(8)]
    for p in some:
        assert p.stdout.readline() == b"on\n"
    r = mine(cmd="echo in")
    assert r.rc == 255 and "too many sessions" in r.err and "Permission denied" in r.err, r
    assert run(mine.line("-O", "check")).rc == 0
    for p in some:
        p.communicate(b"\n")
        assert p.returncode == 3
    assert mine(cmd="echo in").out == "in\n"


def test_server_refuses(serve):
    """OpenSSH's own limit: the client makes a connection of its own, and so must not be let in"""
    with sharing(caller.peer("openssh")) as s:
        some = [s.start(cmd="echo on; cat", stdin=subprocess.PIPE) for _ in range(8)]
        for p in some:
            assert p.stdout.readline() == b"on\n"
        for p in some:
            p.communicate(b"")
        assert s(cmd="echo in").out == "in\n"


@pytest.mark.parametrize("tools", ["scp", "sftp", "git"])
def test_tools(mine, place, tools):
    here, there = place
    put(here + "/file", "text\n" * 1000)
    options = ["-o", "ControlPath=" + PATH, "-o", "BatchMode=yes", "-i", WRONG, "-o",
               "IdentitiesOnly=yes", "-F", "none"]
    if tools == "git":
        env = {**os.environ, "GIT_SSH_COMMAND": " ".join(tool("ssh") + options)}
        sh = f"""set -e; cd {here}; git init -q .; git add file
            git -c user.name=a -c user.email=b commit -q -m x
            git init -q --bare {there}/x.git; chown -R 30000 {there}
            git push -q ssh://ann@127.0.0.1:{mine.server.port}{there}/x.git HEAD:refs/heads/y
            git clone -q -b y ssh://ann@127.0.0.1:{mine.server.port}{there}/x.git clone
            cmp file clone/file"""
        r = run(["sh", "-c", sh], env)
    elif tools == "scp":
        r = run(tool("scp") + ["-S", tool("ssh")[0], "-P", str(mine.server.port), *options,
                               here + "/file", f"ann@127.0.0.1:{there}/file"])
    else:
        r = run(tool("sftp") + ["-S", tool("ssh")[0], "-P", str(mine.server.port), *options, "-b",
                                put(DATA + "/batch", f"put {here}/file {there}/file\n"),
                                "ann@127.0.0.1"])
    assert r.rc == 0, r
    if tools != "git":
        assert slurp(there + "/file") == slurp(here + "/file")


# ---------------------------------------------------------------- -O
def test_check_and_exit(shared):
    r = shared("-O", "check")
    assert r.rc == 0 and f"Master running (pid={shared.p.pid})" in r.err
    r = shared("-O", "exit")
    assert r.rc == 0 and "Exit request sent." in r.err
    shared.p.wait(LIMIT)
    assert not os.path.lexists(PATH)
    assert shared("-O", "check").rc == 255


def test_stop(shared):
    """no more clients; those that are there may go on, and then it ends"""
    with shared.start(cmd="read x; exit 3", stdin=subprocess.PIPE) as p:
        until(lambda: len(descendants(shared.server.pid)) > 2, "the session")
        assert shared("-O", "stop").rc == 0
        assert not os.path.lexists(PATH)
        assert shared.p.poll() is None
        p.communicate(b"\n")
        assert p.returncode == 3
    shared.p.wait(LIMIT)


def test_words_of_minus_o(mine):
    assert "no such command" in mine("-O", "whatever").err
    assert "no such command" in mine("-O", "proxy").err
    r = run(caller.argv(mine.server, "-O", "check"))
    assert r.rc == 255 and "Control socket" in r.err


@pytest.mark.usefixtures("web")
def test_forwards(shared):
    """come, are there already, go, and go once more"""
    spec = f"2150:127.0.0.1:{WEB}"
    for kind in ("-L", "-R"):
        assert shared("-O", "forward", kind, spec).rc == 0
        assert fetch("http://127.0.0.1:2150/some")
        assert shared("-O", "forward", kind, spec).rc == 0
        assert shared("-O", "cancel", kind, spec).rc == 0
        until(lambda: not shared.server.listening(2150), "the listener to go")
        r = shared("-O", "cancel", kind, spec)
        assert "not forwarded" in r.err


@pytest.mark.usefixtures("web")
def test_forward_to_any_port(shared):
    r = shared("-O", "forward", "-R", f"0:127.0.0.1:{WEB}")
    assert r.rc == 0
    port = int(r.out)
    assert fetch(f"http://127.0.0.1:{port}/some")
    assert shared("-O", "forward", "-R", f"0:127.0.0.1:{WEB}").out == r.out
    assert shared("-O", "cancel", "-R", f"0:127.0.0.1:{WEB}").rc == 0
    until(lambda: not shared.server.listening(port), "the listener to go")


@pytest.mark.usefixtures("web")
def test_forward_socks(shared):
    assert shared("-O", "forward", "-D", "2151", "-L", f"{DATA}/l.sock:127.0.0.1:{WEB}").rc == 0
    assert fetch("--socks5", "127.0.0.1:2151")
    assert curl("--unix-socket", DATA + "/l.sock", "http://x/some").rc == 0
    assert shared("-O", "cancel", "-D", "2151", "-L", f"{DATA}/l.sock:127.0.0.1:{WEB}").rc == 0
    until(lambda: not shared.server.listening(2151), "the listener to go")


def test_forward_that_cannot_be(shared):
    spec = "2152:127.0.0.1:9"
    with socket.create_server(("127.0.0.1", 2152)), \
            socket.create_server(("::1", 2152), family=socket.AF_INET6):
        assert shared("-O", "forward", "-L", spec).rc == 255
        assert shared("-O", "forward", "-R", spec).rc == 255
    assert shared("-O", "forward", "-L", spec).rc == 0


def test_forwards_come_and_go(mine):
    """places in the table are used again"""
    for _ in range(40):
        assert mine("-O", "forward", "-L", "2153:127.0.0.1:9").rc == 0
        assert mine("-O", "cancel", "-L", "2153:127.0.0.1:9").rc == 0


@pytest.mark.usefixtures("web")
def test_forward_with_a_session(shared):
    r = shared("-L", f"2154:127.0.0.1:{WEB}", cmd="echo in")
    assert r.out == "in\n"
    assert fetch("http://127.0.0.1:2154/some")


@pytest.mark.usefixtures("web")
def test_netcat(shared):
    with shared.start("-W", f"127.0.0.1:{WEB}", stdin=subprocess.PIPE) as p:
        p.stdin.write(b"GET /some HTTP/1.0\r\n\r\n")
        p.stdin.flush()
        out, _ = p.communicate()
    assert p.returncode == 0
    with open(DATA + "/some", "rb") as f:
        assert out.endswith(b"\r\n\r\n" + f.read())


def test_netcat_refused(shared):
    r = shared("-W", "127.0.0.1:9")
    assert r.rc == 255 and r.out == ""
