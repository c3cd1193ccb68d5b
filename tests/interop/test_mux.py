"""Shared connections: our ssh as master and as client of one, with OpenSSH's at the other end.

SPDX-License-Identifier: MIT
"""
import contextlib
import os
import pty
import re
import signal
import socket
import stat
import struct
import subprocess
import termios
import time

import caller
import pytest
from caller import TEN, THEIRS, WEB, curl, fds, settled
from lib import DATA, KEY, LIMIT, WRONG, descendants, gone, kill, put, sha256, slurp, until
from stock import Background, Terminal, run
from transfer import tool

PATH = DATA + "/control"
PAIRS = [("ours", "ours"), ("ours", "openssh"), ("openssh", "ours")]
pytestmark = pytest.mark.skipif(THEIRS, reason="openssh is in it anyway")


def line(whose, server, *flags, cmd=(), key=KEY):
    """a command line of either client, with this control path"""
    words = caller.argv(server, "-S", PATH, *flags, cmd=cmd, key=key)
    return words if whose == "ours" else ["/usr/bin/ssh"] + words[len(tool("ssh")):]


class Shared:
    """a master, and how to be its client: without it no login would be had"""

    def __init__(self, server, master, client, p=None):
        self.server, self.master, self.client, self.p = server, master, client, p

    def line(self, *flags, cmd=()):
        return line(self.client, self.server, "-o", "BatchMode=yes", *flags, cmd=cmd, key=WRONG)

    def __call__(self, *flags, cmd=(), stdin=b"", stdout=None, limit=LIMIT):
        return run(self.line(*flags, cmd=cmd), stdin=stdin, stdout=stdout, limit=limit)

    def start(self, *flags, cmd=(), **kw):
        kw = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
              **kw}
        return Background(self.line(*flags, cmd=cmd), start_new_session=True, **kw)

    def terminal(self, *flags, cmd=()):
        return Terminal(self.line(*flags, cmd=cmd))

    def alone(self):
        """nothing but the login was done without it"""
        return len(re.findall("Pubkey auth succeeded", self.server.log())) == 1


@contextlib.contextmanager
def sharing(server, master="ours", client="ours", *flags, cmd=None):
    if os.path.lexists(PATH):
        os.remove(PATH)
    words = line(master, server, "-M", *(["-N"] if cmd is None else []), *flags, cmd=cmd or ())
    with Background(words, start_new_session=True, stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE) as p:
        until(lambda: p.poll() is not None or os.path.exists(PATH), "the master's socket")
        assert p.poll() is None, p.stderr.read()
        yield Shared(server, master, client, p)
        family = descendants(p.pid)
        p.terminate()
        p.wait(LIMIT)
        for pid in family:
            gone(pid)


@pytest.fixture(params=PAIRS, ids="-".join)
def shared(request, serve):
    with sharing(serve(), *request.param) as s:
        yield s


@pytest.fixture
def mine(serve):
    """both are ours"""
    with sharing(serve()) as s:
        yield s


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


def fetch(*words):
    if os.path.exists(DATA + "/got"):
        os.remove(DATA + "/got")
    r = curl(*words, f"http://127.0.0.1:{WEB}/some" if len(words) > 1 else words[0])
    return r.rc == 0 and sha256(DATA + "/got") == sha256(DATA + "/some")


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


# ---------------------------------------------------------------- who ends first
def test_client_killed(shared):
    if shared.master == "openssh":
        pytest.skip("OpenSSH's master tells the server when something else happens, and not before")
    before = fds(shared.p.pid)
    with shared.start(cmd="echo $$; exec cat", stdin=subprocess.PIPE) as p:
        remote = int(p.stdout.readline())
        p.kill()
        gone(remote)
    assert shared(cmd="echo on").out == "on\n"
    settled(lambda: fds(shared.p.pid), before, "descriptors of the master")


def test_client_killed_early(mine):
    """at any moment"""
    before = fds(mine.p.pid)
    for n in range(20):
        with mine.start(cmd="cat") as p:
            time.sleep(n / 2000)
            p.kill()
    assert mine(cmd="echo on").out == "on\n"
    settled(lambda: fds(mine.p.pid), before, "descriptors of the master")


def test_client_interrupted(mine):
    with mine.start(cmd="sleep 60") as p:
        until(lambda: len(descendants(mine.server.pid)) > 2, "the session")
        p.send_signal(signal.SIGINT)
        assert p.wait(LIMIT) in (-signal.SIGINT, 128 + signal.SIGINT)


def test_master_killed(shared):
    """its clients end; the next one finds a dead socket, takes it away and is the master"""
    with shared.start(cmd="echo go; sleep 60") as p:
        assert p.stdout.readline() == b"go\n"
        shared.p.kill()
        assert p.wait(LIMIT) == 255
    assert os.path.lexists(PATH)
    assert shared(cmd="echo in").rc == 255
    r = run(line(shared.client, shared.server, "-o", "ControlMaster=auto", cmd="echo in"))
    assert (r.rc, r.out, r.err) == (0, "in\n", "") and not os.path.lexists(PATH)


def test_server_gone(mine):
    with mine.start(cmd="echo go; sleep 60") as p:
        assert p.stdout.readline() == b"go\n"
        kill(descendants(mine.server.pid))
        assert p.wait(LIMIT) == 255
    assert mine.p.wait(LIMIT) == 255 and not os.path.lexists(PATH)


def test_master_waits_for_the_others(serve):
    """its own session has ended"""
    with sharing(serve(), "ours", "openssh", cmd="sleep 0.5; echo over; exit 6") as s:
        with s.start(cmd="echo on; read x; exit 3", stdin=subprocess.PIPE) as p:
            assert p.stdout.readline() == b"on\n"
            assert s.p.stdout.readline() == b"over\n"
            time.sleep(0.3)
            assert s.p.poll() is None
            p.communicate(b"\n")
            assert p.returncode == 3
        assert s.p.wait(LIMIT) == 6


# ---------------------------------------------------------------- ControlMaster, ControlPersist
def persisting(server, *flags, whose="ours", cmd="echo in; exit 3", **kw):
    return run(line(whose, server, "-o", "ControlMaster=auto", "-o", "ControlPersist=1", *flags,
                    cmd=cmd), **kw)


def test_persist(serve):
    """nobody waits for it, status and streams are right, and it goes when it is idle"""
    server = serve()
    for whose in ("ours", "ours", "openssh"):
        start = time.monotonic()
        r = persisting(server, whose=whose, stdin=b"x" * 100000, cmd="wc -c; echo e >&2; exit 3")
        assert (r.rc, r.out.strip(), r.err) == (3, "100000", "e\n")
        assert time.monotonic() - start < 0.9
    assert len(re.findall("Pubkey auth succeeded", server.log())) == 1
    until(lambda: not os.path.lexists(PATH), "the master to end", 5)


def test_persist_with_a_terminal(server):
    with Terminal(line("ours", server, "-t", "-o", "ControlMaster=auto", "-o", "ControlPersist=1",
                       cmd="tty; exit 3")) as t:
        t.expect("/dev/pts")
        assert t.wait() == 3
    until(lambda: not os.path.lexists(PATH), "the master to end", 5)


@pytest.mark.usefixtures("web")
def test_persist_and_forwards(serve):
    server, start = serve(), time.monotonic()
    r = persisting(server, "-L", f"2155:127.0.0.1:{WEB}", "-o", "ExitOnForwardFailure=yes")
    assert (r.rc, r.out) == (3, "in\n") and time.monotonic() - start < 0.9
    assert fetch("http://127.0.0.1:2155/some")
    assert run(line("ours", server, "-O", "exit")).rc == 0


def test_persist_in_the_background(serve):
    server = serve()
    assert persisting(server, "-N", cmd=()).rc == 0
    assert persisting(server, "-f", cmd="sleep 0.5; echo done >" + put(DATA + "/done", "", 0o666),
                      whose="ours").rc == 0
    until(lambda: slurp(DATA + "/done") == "done\n", "the command")
    until(lambda: not os.path.lexists(PATH), "the master to end", 5)


def test_through_a_command(serve):
    """the process that carries the connection stays, too"""
    server = serve()
    proxy = "ProxyCommand=" + " ".join(caller.argv(server, "-o", "ControlPath=none", "-W", "%h:%p"))
    for _ in range(2):
        r = persisting(server, "-o", proxy)
        time.sleep(0.3)
        assert (r.rc, r.out) == (3, "in\n"), r
    assert len(re.findall("Pubkey auth succeeded", server.log())) == 2
    assert run(line("ours", server, "-O", "exit")).rc == 0


def test_race(serve):
    """four at once: one is the master, all are right"""
    server = serve()
    some = [Background(line("ours", server, "-o", "ControlMaster=auto", "-o", "ControlPersist=1",
                            cmd=f"echo {n}"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE) for n in range(4)]
    for n, p in enumerate(some):
        assert p.communicate()[0] == b"%d\n" % n and p.returncode == 0
    until(lambda: not os.path.lexists(PATH), "the master to end", 5)
    assert [f for f in os.listdir(DATA) if f.startswith("control")] == []


def test_ask(serve):
    """by the program of SSH_ASKPASS"""
    answer = put(DATA + "/answer", "#!/bin/sh\necho \"$1\" >>" + DATA + "/asked\nexec cat " + DATA +
                 "/say\n", 0o755)
    for say, rc in (("yes\n", 0), ("no\n", 255)):
        put(DATA + "/say", say)
        os.environ["SSH_ASKPASS"] = answer
        with sharing(serve(), "ours", "openssh", "-M") as s:
            del os.environ["SSH_ASKPASS"]
            assert s(cmd="true").rc == rc
            assert s("-O", "check").rc == 0
    assert "127.0.0.1" in slurp(DATA + "/asked")


def test_other_users(mine):
    """even where the socket's mode would let them"""
    os.chmod(PATH, 0o666)
    with socket.socket(socket.AF_UNIX) as s:
        os.seteuid(30000)
        s.connect(PATH)
        os.seteuid(0)
        with contextlib.suppress(ConnectionError):
            s.sendall(struct.pack(">III", 8, 1, 4))
            assert s.recv(100) == b""
    assert mine(cmd="echo in").out == "in\n"


def test_master_cannot_listen(server):
    """no such folder, or a path too long: it goes on alone, and says so"""
    for path in (DATA + "/none/x", DATA + "/" + "x" * 120):
        r = run(caller.argv(server, "-M", "-S", path, cmd="echo in"))
        assert (r.rc, r.out) == (0, "in\n") and "not shared" in r.err


# ---------------------------------------------------------------- nonsense
def test_malformed(mine):
    """such a client is left; others are not"""
    def u32(*v):
        return struct.pack(f">{len(v)}I", *v)

    def msg(*v, rest=b""):
        return u32(4 * len(v) + len(rest), *v) + rest

    hello = msg(1, 4)
    session = msg(0x10000002, 0, 0, 1, 0, 0, 0, 0, 1, rest=b"x" + u32(4) + b"true")
    for bad in (b"", b"x", msg(1, 3), hello + hello, session, u32(0xffffffff), hello + u32(0, 0),
                hello + msg(0x10000002, 0), hello + msg(0x10000002, *[0] * 8, 40000, rest=b"x" * 40000),
                hello + msg(0x10000008, 0, 0, 300, rest=b"x" * 300 + u32(80)), hello + msg(0x10000006, 0, 1, 1000),
                hello + msg(0x10000006, 0, 1, 0, 70000, 0, 0)):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(5)
            s.connect(PATH)
            s.sendall(bad)
            s.shutdown(socket.SHUT_WR)
            while s.recv(1000):
                pass
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(PATH)
        s.sendall(hello + msg(0x1000000f, 77) + msg(0x10000004, 78))
        until(lambda: len(s.recv(1000, socket.MSG_PEEK)) > 60, "the answers")
        got = s.recv(1000)
        assert got.startswith(hello) and u32(0x80000003, 77) in got and u32(0x80000005, 78) in got
    before = fds(mine.p.pid)
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(PATH)
        s.sendall(hello + session)
        for _ in range(5):  # descriptors that nobody asked for
            with contextlib.suppress(OSError):
                socket.send_fds(s, [b"x"], [0, 1, 2])
        time.sleep(0.1)
    assert mine(cmd="echo in").out == "in\n"
    settled(lambda: fds(mine.p.pid), before, "descriptors of the master")
