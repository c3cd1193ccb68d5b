"""SECURITY 14 and 16 for forwards: as whom they are opened; a hostile client's use of them."""
# SPDX-License-Identifier: MIT
import errno
import os
import re
import socket
import stat
import struct
import time

import lab
import pytest
from peer import *

K = Key()
FROM = string(b"127.0.0.1") + u32(4)


@pytest.fixture
def target():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen(200)
        s.settimeout(10)
        yield s


def direct(p, port, host=b"127.0.0.1", **kw):
    return p.open(kind=b"direct-tcpip", rest=string(host) + u32(port) + FROM, **kw)


def unix(p, path, **kw):
    return p.open(kind=b"direct-streamlocal@openssh.com", rest=strings(path, b"") + u32(0), **kw)


def ask(p, name, rest):
    """the reply's payload to a global request; None: refused"""
    p.send(GLOBAL_REQUEST, string(name), b"\1", rest)
    while True:
        r = p.step()
        if r[0] in (REQUEST_SUCCESS, REQUEST_FAILURE):
            return r[1:] if r[0] == REQUEST_SUCCESS else None


def listen(p, host=b"localhost", port=0):
    got = ask(p, b"tcpip-forward", string(host) + u32(port))
    return None if got is None else port or int.from_bytes(got, "big")


def cancel(p, port, host=b"localhost"):
    return ask(p, b"cancel-tcpip-forward", string(host) + u32(port)) is not None


def opened(p):
    """the server's next OPEN: (kind, the rest as a reader), and its channel, confirmed"""
    r = Reader(p.expect(OPEN))
    kind = r.string()
    ch = Channel(next(i for i in range(1000) if i not in p.channels), 1 << 20, 1 << 15)
    ch.remote, ch.left, ch.max = r.u32(), r.u32(), r.u32()
    p.channels[ch.id] = ch
    p.send(OPEN_OK, u32(ch.remote), u32(ch.id), u32(1 << 20), u32(1 << 15))
    return kind, r, ch


def refuses_connection(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED


def creds(s):
    return struct.unpack("3i", s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1:]


# ---------------------------------------------------------------- 14: as the user
def test_peer_of_a_unix_socket(server):
    """who connects is the user, by SO_PEERCRED, and nobody's else"""
    path, uid = lab.ROOT + "/peer.sock", lab.UIDS["alice"]
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(path)
        os.chmod(path, 0o777)
        s.listen()
        with server.login() as p:
            ch = unix(p, path.encode())
            assert ch.refused is None
            with s.accept()[0] as c:
                assert creds(c) == (uid, uid)
                p.write(ch, b"hello")
                assert c.recv(5, socket.MSG_WAITALL) == b"hello"
    os.remove(path)


def test_unix_socket_of_root(server):
    """permissions are the user's: a socket that is root's alone is not reached, nor a directory"""
    path = lab.ROOT + "/root.sock"
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(path)
        os.chmod(path, 0o600)
        s.listen()
        with server.login() as p:
            assert unix(p, path.encode()).refused is not None
            for where in (b"/run/none", b"/etc/passwd", b"", b"x" * 2000, b"\0abstract", b"a\0b"):
                try:
                    assert unix(p, where).refused is not None
                except (Closed, ConnectionError):
                    break
            assert ask(p, b"streamlocal-forward@openssh.com", string(b"/etc/evil.sock")) is None
    os.remove(path)
    assert not os.path.lexists("/etc/evil.sock") and server.serves()


def test_listening_unix_socket(server):
    """the user's, 0600; gone with the connection"""
    path = lab.home("alice", "listen.sock")
    with server.login() as p:
        assert ask(p, b"streamlocal-forward@openssh.com", string(path.encode())) is not None
        st = os.stat(path)
        assert (st.st_uid, stat.S_IMODE(st.st_mode)) == (lab.UIDS["alice"], 0o600)
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(path)
            kind, r, ch = opened(p)
            assert (kind, r.string()) == (b"forwarded-streamlocal@openssh.com", path.encode())
            assert creds(s) == (lab.UIDS["alice"],) * 2
            s.sendall(b"hello")
            p.wait(lambda: ch.out == b"hello")
        assert ask(p, b"cancel-streamlocal-forward@openssh.com", string(path.encode())) is not None
        assert lab.eventually(lambda: not os.path.lexists(path))
        assert ask(p, b"streamlocal-forward@openssh.com", string(path.encode())) is not None
    assert lab.eventually(lambda: not os.path.lexists(path))


def test_not_over_a_file(server):
    """a file of the user's is not replaced, whatever StreamLocalBindUnlink says"""
    path = lab.home("alice", "precious")
    with open(path, "w") as f:
        f.write("data")
    with server.login() as p:
        assert ask(p, b"streamlocal-forward@openssh.com", string(path.encode())) is None
    with open(path) as f:
        assert f.read() == "data"


def test_owner_of_a_connection(server, target):
    """TCP too: the socket is the user's, as the kernel sees it"""
    port = target.getsockname()[1]
    with server.login() as p:
        assert direct(p, port).refused is None
        c, peer = target.accept()
        with c:
            rows = [l.split() for l in lab.slurp("/proc/net/tcp").splitlines()[1:]]
            owner = [r[7] for r in rows if r[1].endswith(":%04X" % peer[1]) and r[2].endswith(
                ":%04X" % port)]
            assert owner == [str(lab.UIDS["alice"])]


def test_forwarder_is_the_user(server, target):
    """all four ids, no capability, its descriptors only"""
    uid = str(lab.UIDS["alice"])
    with server.login() as p:
        direct(p, target.getsockname()[1])
        pids = [pid for pid in lab.descendants(server.p.pid)
                if "(forward)" in lab.slurp("/proc/%d/cmdline" % pid)]
        assert len(pids) == 1
        assert lab.status(pids[0], "Uid").split() == lab.status(pids[0], "Gid").split() == [uid] * 4
        assert int(lab.status(pids[0], "CapEff"), 16) == 0
        assert int(lab.status(pids[0], "CapPrm"), 16) == 0
        assert not re.search("shadow|hostkey", " ".join(
            os.readlink("/proc/%d/fd/%s" % (pids[0], f)) for f in os.listdir(
                "/proc/%d/fd" % pids[0])))
    assert lab.eventually(lambda: lab.status(pids[0], "State")[:1] in ("", "Z"))


def test_privileged_ports(server):
    with server.login() as p:
        assert listen(p, port=443) is None


# ---------------------------------------------------------------- 16: cancel, refusals, limits
def test_cancel(server):
    """what listens no more; what is connected stays; another's name does not cancel"""
    with server.login() as p:
        port = listen(p)
        with socket.create_connection(("127.0.0.1", port)) as s:
            kind, r, ch = opened(p)
            assert (kind, r.string(), r.u32()) == (b"forwarded-tcpip", b"localhost", port)
            assert not cancel(p, port + 1 & 0xffff) and not cancel(p, port, b"127.0.0.2")
            assert cancel(p, port) and not cancel(p, port)
            assert lab.eventually(lambda: refuses_connection(port))
            s.sendall(b"still")
            p.wait(lambda: ch.out == b"still")
            p.write(ch, b"here")
            assert s.recv(4, socket.MSG_WAITALL) == b"here"
        assert listen(p, port=port) == port and cancel(p, port)


def test_cancel_of_nothing(server):
    with server.login() as p:
        assert not cancel(p, 2222) and not cancel(p, 0)
        assert ask(p, b"cancel-streamlocal-forward@openssh.com", string(b"/x")) is None
        assert ask(p, b"cancel-tcpip-forward", b"") is None
        assert ask(p, b"tcpip-forward", u32(100)) is None
        assert ask(p, b"tcpip-forward", string(b"localhost") + u32(70000)) is None
        assert ask(p, b"tcpip-forward", string(b"x" * 3000) + u32(0)) is None
        assert p.run("echo ok").out == b"ok\n"


def test_listeners_have_an_end(server):
    """refused from some number on; each that is cancelled makes room"""
    with server.login() as p:
        ports = [listen(p) for _ in range(40)]
        good = [n for n in ports if n]
        assert 16 <= len(good) < 40 or lab.STANDIN
        assert cancel(p, good[0]) and listen(p)
        assert p.run("echo ok").out == b"ok\n"
    assert lab.eventually(lambda: all(map(refuses_connection, good)))


def test_accepted_and_cancelled_in_a_row(server):
    with server.login() as p:
        for _ in range(50):
            port = listen(p)
            s = socket.create_connection(("127.0.0.1", port))
            assert cancel_ignoring_opens(p, port)
            s.close()
        assert p.run("echo ok").out == b"ok\n"


def cancel_ignoring_opens(p, port):
    """an OPEN may come before the answer: it is refused"""
    p.send(GLOBAL_REQUEST, string(b"cancel-tcpip-forward"), b"\1", string(b"localhost") + u32(port))
    while True:
        m = p.expect(REQUEST_SUCCESS, REQUEST_FAILURE, OPEN)
        if m[0] == OPEN:
            r = Reader(m)
            r.string()
            p.send(OPEN_FAILURE, r.take(4), u32(1), strings(b"", b""))
        else:
            return m[0] == REQUEST_SUCCESS


def test_unreachable(server):
    """each with reason 2; no channel is lost"""
    with server.login() as p:
        for _ in range(100):
            for host, port in ((b"127.0.0.1", 9), (b"::1", 9), (b"no.such.host.invalid", 80)):
                ch = direct(p, port, host)
                assert ch.refused == 2
                del p.channels[ch.id]
        for host, port in ((b"127.0.0.1", 0), (b"127.0.0.1", 65536 + 22), (b"", 22), (b"a\0b", 22),
                           (b"x" * 5000, 22)):
            try:
                ch = direct(p, port, host)
                assert ch.refused is not None
            except (Closed, ConnectionError):
                return
        assert p.run("echo ok").out == b"ok\n"


def test_cut_opens(server):
    with server.login() as p:
        for kind in (b"direct-tcpip", b"direct-streamlocal@openssh.com"):
            for rest in (b"", u32(100), string(b"::1"), string(b"::1") + u32(22) + u32(9)):
                assert p.open(kind=kind, rest=rest).refused is not None
        for kind in (b"forwarded-tcpip", b"auth-agent@openssh.com", b"x11"):
            assert p.open(kind=kind, rest=FROM + FROM).refused == 3
        assert p.run("echo ok").out == b"ok\n"


@pytest.mark.parametrize("first", ["client", "target"])
def test_half_close(server, target, first):
    """either side's end of data leaves the other's way open"""
    with server.login() as p:
        ch = direct(p, target.getsockname()[1])
        with target.accept()[0] as c:
            c.settimeout(10)
            if first == "client":
                p.write(ch, b"question")
                p.eof(ch)
                got = b""
                while data := c.recv(100):
                    got += data
                assert got == b"question"
                c.sendall(b"x" * 200000)
                c.shutdown(socket.SHUT_WR)
                p.wait(lambda: ch.closed)
                assert ch.out == b"x" * 200000
            else:
                c.sendall(b"question")
                c.shutdown(socket.SHUT_WR)
                p.wait(lambda: ch.eof)
                assert ch.out == b"question" and not ch.closed
                p.write(ch, b"y" * 200000)
                p.eof(ch)
                n = 0
                while data := c.recv(65536):
                    n += len(data)
                assert n == 200000
                p.wait(lambda: ch.closed)


def test_closed_by_the_client(server, target):
    """CLOSE without EOF: the target sees an end at once"""
    with server.login() as p:
        for _ in range(20):
            ch = direct(p, target.getsockname()[1])
            with target.accept()[0] as c:
                c.settimeout(10)
                p.write(ch, b"x")
                p.shut(ch)
                assert c.recv(10) in (b"x",)
                assert c.recv(10) == b""
        assert p.run("echo ok").out == b"ok\n"


def test_more_channels_than_the_table_holds(server, target):
    """the rest is refused with reason 4; what was open goes on, and what is closed makes room"""
    with server.login() as p:
        many = [direct(p, target.getsockname()[1], wait=False) for _ in range(300)]
        p.wait(lambda: all(c.remote is not None or c.refused is not None for c in many))
        good = [c for c in many if c.refused is None]
        assert 60 <= len(good) < 300 or lab.STANDIN
        assert {c.refused for c in many} <= {None, 4}
        ends = [target.accept()[0] for _ in good]
        for c in many:
            if c.refused is not None:
                del p.channels[c.id]
        p.write(good[-1], b"last")
        for e in ends:
            e.setblocking(False)
        assert lab.eventually(lambda: any(has(e, b"last") for e in ends))
        for c in good:
            p.shut(c)
        for e in ends:
            e.close()
        assert direct(p, target.getsockname()[1]).refused is None
        assert p.run("echo ok").out == b"ok\n"


def has(s, data):
    try:
        return s.recv(100) == data
    except BlockingIOError:
        return False


def test_thousand_short_ones(server, target):
    """in a row, without a leak of descriptors"""
    def count():
        return sum(len(os.listdir(f"/proc/{i}/fd")) for i in lab.descendants(server.p.pid))
    with server.login() as p:
        p.shut(direct(p, target.getsockname()[1]))
        target.accept()[0].close()
        before = count()
        for i in range(1000):
            ch = direct(p, target.getsockname()[1])
            c = target.accept()[0]
            c.sendall(b"%d" % i)
            c.close()
            p.wait(lambda: ch.eof)
            assert ch.out == b"%d" % i
            p.shut(ch)
        assert lab.eventually(lambda: count() <= before), (count(), before)


def test_target_that_does_not_read(server, target):
    """its window is not granted again; others go on"""
    with server.login() as p:
        ch = direct(p, target.getsockname()[1])
        with target.accept()[0] as c:
            while ch.left:
                n = min(ch.left, ch.max)
                ch.left -= n
                p.send(DATA, u32(ch.remote), string(bytes(n)))
                if p.readable():
                    p.step()
                if ch.bytes > 1 << 30 or sum(1 for t in p.log if t == ADJUST) > 1000:
                    raise AssertionError("the window is granted for ever")
            for _ in range(5):
                assert p.run("head -c 300000 /dev/zero").bytes == 300000
            c.settimeout(10)
            assert len(c.recv(1 << 20)) > 0


def test_nothing_while_restricted(server, target):
    """each denial, several times over a connection; a permitted one besides"""
    port = target.getsockname()[1]
    for options, may in (("no-port-forwarding", False), ("restrict", False),
                         ("restrict,port-forwarding", True),
                         ('permitopen="127.0.0.1:%d"' % port, True), ('permitopen="*:1"', False),
                         ('permitopen="localhost:%d"' % port, False), ('command="id"', True),
                         ('command="id",restrict', False)):
        lab.keys("bob", options + " " + K.line)
        with server.login("bob", K) as p:
            for _ in range(3):
                ch = direct(p, port)
                assert (ch.refused is None) == may, options
                if may:
                    target.accept()[0].close()
                else:
                    assert ch.refused == 1 or lab.STANDIN, (options, ch.refused)


@pytest.mark.ours
def test_forced_command_and_agent(server):
    """neither unix sockets nor the agent"""
    path = lab.home("bob", "x.sock").encode()
    lab.keys("bob", 'command="id" ' + K.line)
    with server.login("bob", K) as p:
        assert unix(p, path).refused == 1
        assert ask(p, b"streamlocal-forward@openssh.com", string(path)) is None
        assert not p.request(p.open(), b"auth-agent-req@openssh.com")
        assert p.open(kind=b"session").refused is None


def test_agent_socket(server):
    """in a directory of the user's alone; its connections are channels; all gone in the end"""
    def agents():
        return {n for n in os.listdir("/tmp") if n.startswith("ssh-")}
    before = agents()
    with server.login() as p:
        ch = p.open()
        assert p.request(ch, b"auth-agent-req@openssh.com")
        assert p.request(ch, b"exec", string(b"echo $SSH_AUTH_SOCK; cat"))
        p.wait(lambda: b"\n" in ch.out)
        path = ch.out.decode().strip()
        for what, mode in ((path, 0o600), (os.path.dirname(path), 0o700)):
            st = os.lstat(what)
            assert (st.st_uid, stat.S_IMODE(st.st_mode)) == (lab.UIDS["alice"], mode), what
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(path)
            kind, _, agent = opened(p)
            assert kind == b"auth-agent@openssh.com"
            s.sendall(b"question")
            p.wait(lambda: agent.out == b"question")
            p.write(agent, b"answer")
            assert s.recv(6, socket.MSG_WAITALL) == b"answer"
    assert lab.eventually(lambda: agents() == before)


def test_forwards_in_a_rekey(server, target):
    """opens, data and cancels around key exchanges; the answers come in order"""
    with server.login() as p:
        ch = direct(p, target.getsockname()[1])
        with target.accept()[0] as c:
            for i in range(10):
                port = listen(p)
                p.rekey()
                p.write(ch, b"%d" % i)
                assert c.recv(1) == b"%d" % i
                assert cancel(p, port)
        assert p.run("echo ok").out == b"ok\n"
