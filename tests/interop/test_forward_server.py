"""Forwards of OpenSSH's client by our server: every kind, jumps through two of ours, one connection
for many sessions, and what the server does not allow.

SPDX-License-Identifier: MIT
"""
import os
import re
import socket
import stat
import subprocess
import time

import pytest
from caller import TEN, WEB, WEBSOCK, agent_with, curl, fds, settled
from lib import DATA, HOMES, KEY, KNOWN, LIMIT, Server, put, sha256, until
from stock import Background, run

pytestmark = pytest.mark.usefixtures("web")


def theirs(server, *words, cmd=(), user="ann", key=KEY):
    line = ["ssh", "-F", "none", "-o", "StrictHostKeyChecking=yes", "-o",
            "UserKnownHostsFile=" + KNOWN, "-o", "GlobalKnownHostsFile=none",
            "-o", "LogLevel=ERROR", "-o", "BatchMode=yes", "-p", str(server.port)]
    line += ["-i", key, "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none"] if key else []
    return line + list(words) + [f"{user}@{server.host}"] + ([cmd] if cmd else [])


class Forwarding(Background):
    """Debian's ssh -N with these, once they listen"""

    def __init__(self, server, *words, ports=(), paths=(), **kw):
        super().__init__(theirs(server, "-N", "-o", "ExitOnForwardFailure=yes", *words, **kw),
                         stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        until(lambda: self.poll() is not None or (all(map(server.listening, ports)) and
                                                  all(map(os.path.exists, paths))), "the forwards")
        if self.poll() is not None:
            pytest.fail(self.stderr.read().decode())

    def __exit__(self, *a):
        self.terminate()
        self.wait(LIMIT)
        super().__exit__(*a)


def fetch(*words):
    r = curl(*words)
    assert r.rc == 0, r
    assert sha256(DATA + "/got") == sha256(DATA + "/" + words[-1].rsplit("/", 1)[1])


def url(port, name="10m", host="127.0.0.1"):
    return f"http://{host}:{port}/{name}"


@pytest.fixture
def there():
    path = HOMES + "/ann/far.sock"
    yield path
    if os.path.lexists(path):
        os.remove(path)


# ---------------------------------------------------------------- each kind
@pytest.mark.parametrize("rekey", [(), ("-o", "RekeyLimit=1M")], ids=["plain", "rekey"])
def test_every_kind(server, there, rekey):
    near = DATA + "/near.sock"
    if os.path.lexists(near):
        os.remove(near)
    with Forwarding(server, *rekey, "-L", f"2100:127.0.0.1:{WEB}", "-L", f"2101:localhost:{WEB}",
                    "-R", f"2102:127.0.0.1:{WEB}", "-D", "2103", "-R", "2104",
                    "-L", f"2105:{WEBSOCK}", "-L", f"{near}:127.0.0.1:{WEB}",
                    "-R", f"{there}:127.0.0.1:{WEB}",
                    ports=[2100, 2101, 2102, 2103, 2104, 2105], paths=[near, there]):
        for port in (2100, 2101, 2102, 2105):
            fetch(url(port))
        for port in (2103, 2104):
            for kind in ("--socks4", "--socks4a", "--socks5", "--socks5-hostname"):
                fetch(kind, f"127.0.0.1:{port}", url(WEB, "some"))
            fetch("--socks5", f"127.0.0.1:{port}", url(WEB, "some", "[::1]"))
        for path in (near, there):
            fetch("--unix-socket", path, "http://x/10m")
        owner = os.stat(there)
        assert owner.st_uid == 30000 and stat.S_IMODE(owner.st_mode) == 0o600
    until(lambda: not os.path.lexists(there), "the socket to be removed")
    until(lambda: not server.listening(2102), "the port to be free")


def test_stdio(server):
    with open(DATA + "/got", "wb") as out:
        r = run(theirs(server, "-W", f"127.0.0.1:{WEB}"), None, b"GET /10m HTTP/1.0\r\n\r\n", out)
    assert r.rc == 0
    with open(DATA + "/got", "rb") as f, open(TEN, "rb") as g:
        assert f.read().split(b"\r\n\r\n", 1)[1] == g.read()


def test_port_chosen_by_us(server):
    line = [w.replace("LogLevel=ERROR", "LogLevel=INFO")
            for w in theirs(server, "-N", "-R", f"0:127.0.0.1:{WEB}")]
    with Background(line, stderr=subprocess.PIPE) as p:
        m = re.search(rb"Allocated port (\d+)", p.stderr.readline())
        fetch(url(int(m.group(1))))


def test_agent(server):
    """ssh-add at the far end, its directory, and a login onwards by it; nothing is left"""
    def left():
        return [n for n in os.listdir("/tmp") if n.startswith("ssh-")]
    before = left()
    agent, path = agent_with()
    with agent:
        hop = " ".join(theirs(server, cmd="echo hopped", key=None)).replace(KNOWN, "/dev/null")
        hop = hop.replace("StrictHostKeyChecking=yes", "StrictHostKeyChecking=no")
        r = run(theirs(server, "-A", key=None, cmd="ssh-add -l; stat -c '%U %a' $SSH_AUTH_SOCK "
                       f"$(dirname $SSH_AUTH_SOCK); {hop}"),
                {**os.environ, "SSH_AUTH_SOCK": path})
        assert r.rc == 0 and "(ED25519)" in r.out, r
        assert r.out.splitlines()[1:] == ["ann 600", "ann 700", "hopped"], r
    until(lambda: left() == before, "the agent's directory to be removed")


def test_two_sessions_share_the_agent(server):
    agent, path = agent_with()
    control = DATA + "/ctl.agent"
    with agent, Background(theirs(server, "-A", "-MN", "-S", control, key=None),
                           env={**os.environ, "SSH_AUTH_SOCK": path}):
        until(lambda: os.path.exists(control), "the master")
        for _ in range(2):
            r = run(theirs(server, "-A", "-S", control, cmd="ssh-add -l"),
                    {**os.environ, "SSH_AUTH_SOCK": path})
            assert "(ED25519)" in r.out, r


# ---------------------------------------------------------------- jumps and tools through them
@pytest.fixture(scope="module")
def jump():
    """a configuration: `end` is behind two servers of ours"""
    first, second, end = Server(), Server(), Server()
    text = "".join(f"Host {name}\n\tPort {s.port}\n\tHostName 127.0.0.1\n" + (
        f"\tProxyJump {via}\n" if via else "") for name, s, via in (
            ("first", first, ""), ("second", second, "first"), ("end", end, "second")))
    yield put(DATA + "/jump_config", text + f"Host *\n\tUser ann\n\tIdentityFile {KEY}\n\t"
              f"StrictHostKeyChecking yes\n\tUserKnownHostsFile {KNOWN}\n\tLogLevel ERROR\n\t"
              "IdentitiesOnly yes\n\tIdentityAgent none\n\tGlobalKnownHostsFile none\n")
    for s in (first, second, end):
        s.stop()


def test_jump(jump):
    with open(TEN, "rb") as up, open(DATA + "/back", "wb") as down:
        r = run(["ssh", "-F", jump, "end", "cat; exit 5"], None, up, down)
    assert r.rc == 5 and sha256(DATA + "/back") == sha256(TEN), r


def test_git_and_rsync_through_a_jump(jump, tmp_path):
    repo = str(tmp_path / "repo")
    env = {**os.environ, "GIT_SSH_COMMAND": "ssh -F " + jump, "GIT_AUTHOR_NAME": "a",
           "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
    r = run(["sh", "-c", f"""set -e
        ssh -F {jump} end 'rm -rf jump.git synced2; git init -q --bare jump.git'
        git init -q {repo}; cd {repo}; cp {TEN} big; git add big; git commit -qm one
        git push -q end:jump.git HEAD:refs/heads/main
        git clone -q -b main end:jump.git again; cmp again/big {TEN}
        rsync -e 'ssh -F {jump}' {TEN} end:synced2"""], env)
    assert r.rc == 0, r
    assert sha256(HOMES + "/ann/synced2") == sha256(TEN)


def test_sshfs_through_a_jump(jump, tmp_path):
    if not os.path.exists("/dev/fuse"):
        pytest.skip("no /dev/fuse")
    at = str(tmp_path / "at")
    os.mkdir(at)
    r = run(["sshfs", "-F", jump, "end:", at])
    if r.rc:
        pytest.skip("sshfs: " + r.err)
    try:
        assert run(["cp", TEN, at + "/by_sshfs"]).rc == 0
    finally:
        assert run(["fusermount3", "-u", at]).rc == 0
    assert sha256(HOMES + "/ann/by_sshfs") == sha256(TEN)


# ---------------------------------------------------------------- one connection, many sessions
def test_control_master(server):
    control = DATA + "/ctl"

    def ctl(*words, cmd=()):
        return run(theirs(server, "-S", control, *words, cmd=cmd))
    with Background(theirs(server, "-MN", "-S", control)):
        until(lambda: os.path.exists(control), "the master")
        many = [Background(theirs(server, "-S", control, cmd=f"cat {TEN}; exit {i}"),
                           stdout=open(f"{DATA}/m{i}", "wb"), stdin=subprocess.DEVNULL)
                for i in range(8)]
        for i, p in enumerate(many):
            assert p.wait(LIMIT) == i and sha256(f"{DATA}/m{i}") == sha256(TEN)
        for spec, port in ((f"-L2100:127.0.0.1:{WEB}", 2100), (f"-R2102:127.0.0.1:{WEB}", 2102)):
            assert ctl("-O", "forward", spec).rc == 0
            fetch(url(port))
            with socket.create_connection(("127.0.0.1", port)) as s:
                s.sendall(b"GET /some ")
                time.sleep(0.2)
                assert ctl("-O", "cancel", spec).rc == 0
                until(lambda: not server.listening(port), "the port to be free")
                s.sendall(b"HTTP/1.0\r\n\r\n")  # what is connected stays so
                assert s.recv(12, socket.MSG_WAITALL) == b"HTTP/1.0 200"
            assert ctl("-O", "forward", spec).rc == 0  # and once more
            fetch(url(port))
            assert ctl("-O", "cancel", spec).rc == 0
        r = ctl("-O", "forward", f"-R0:127.0.0.1:{WEB}")
        port = int(r.out)
        fetch(url(port))
        assert ctl("-O", "cancel", f"-R{port}:127.0.0.1:{WEB}").rc == 0
        assert ctl("-O", "exit").rc == 0
    assert server.log().count("Pubkey auth succeeded") >= 1


# ---------------------------------------------------------------- half-closed, refused
@pytest.mark.parametrize("way", ["-L", "-R"])
def test_half_close(server, way):
    with socket.socket() as target:
        target.bind(("127.0.0.1", 0))
        target.listen()
        target.settimeout(10)
        with Forwarding(server, way, "2100:127.0.0.1:%d" % target.getsockname()[1], ports=[2100]):
            for first in (0, 1):
                with socket.create_connection(("127.0.0.1", 2100), 10) as a, \
                        target.accept()[0] as b:
                    b.settimeout(10)
                    one, two = ((a, b), (b, a))[first]
                    one.sendall(b"request")
                    one.shutdown(socket.SHUT_WR)
                    assert two.recv(100, socket.MSG_WAITALL) == b"request"
                    time.sleep(0.2)
                    two.sendall(b"x" * 300000)
                    two.close()
                    n = 0
                    while data := one.recv(65536):
                        n += len(data)
                    assert n == 300000


def refuses(server, *words, **kw):
    """these forwards, by a word in the log; the session itself is let in"""
    r = run(theirs(server, "-o", "ExitOnForwardFailure=yes", *words, cmd="echo in", **kw), limit=20)
    return r.rc == 255 and r.out == ""


NOT_REMOTE = ["-R", f"2102:127.0.0.1:{WEB}"]
NOT_REMOTE_UNIX = ["-R", f"{HOMES}/ann/far.sock:127.0.0.1:{WEB}"]


def not_local(server, *to, user="ann"):
    """-W there is refused"""
    r = run(theirs(server, "-W", *(to or (f"127.0.0.1:{WEB}",)), user=user), None,
            b"HEAD /some HTTP/1.0\r\n\r\n", limit=20)
    return r.rc == 255 and r.out == ""


def local(server, *to, user="ann"):
    r = run(theirs(server, "-W", *(to or (f"127.0.0.1:{WEB}",)), user=user), None,
            b"HEAD /some HTTP/1.0\r\n\r\n", limit=20)
    return r.rc == 0 and r.out.startswith("HTTP/1.0 200")


def test_settings(serve):
    for setting, allow in (("yes", "LR"), ("no", ""), ("local", "L"), ("remote", "R")):
        server = serve(AllowTcpForwarding=setting)
        assert local(server) == ("L" in allow) and not_local(server) == ("L" not in allow)
        assert refuses(server, *NOT_REMOTE) == ("R" not in allow)
    server = serve(AllowStreamLocalForwarding="no")
    assert refuses(server, *NOT_REMOTE_UNIX) and local(server)
    with Forwarding(server, "-L", f"2100:{WEBSOCK}", ports=[2100]):
        assert curl(url(2100)).rc in (52, 56)
    server = serve(AllowAgentForwarding="no")
    agent, path = agent_with()
    with agent:
        r = run(theirs(server, "-A", key=None, cmd="echo ${SSH_AUTH_SOCK:-none}"),
                {**os.environ, "SSH_AUTH_SOCK": path})
        assert r.out == "none\n", r


def test_rules_of_the_server(serve, dot):
    """DisableForwarding, PermitOpen, PermitListen; a key's own rules cannot widen them"""
    server = serve(PermitOpen=f"localhost:{WEB} 127.0.0.1:9", PermitListen="2102")
    assert local(server, f"localhost:{WEB}") and not_local(server)
    with Forwarding(server, *NOT_REMOTE, ports=[2102]):
        pass
    assert refuses(server, "-R", f"2103:127.0.0.1:{WEB}")
    dot(f'permitopen="*:{WEB}" {{}}')
    assert local(server, f"localhost:{WEB}", user="dot") and not_local(server, user="dot")
    dot('permitopen="127.0.0.1:9" {}')
    assert not_local(server, f"localhost:{WEB}", user="dot")
    server = serve(PermitOpen="none", PermitListen="any")
    assert not_local(server) and not refuses(server, *NOT_REMOTE)
    server = serve(DisableForwarding="yes")
    assert not_local(server) and refuses(server, *NOT_REMOTE) and \
        refuses(server, *NOT_REMOTE_UNIX)
    agent, path = agent_with()
    with agent:
        r = run(theirs(server, "-A", key=None, cmd="echo ${SSH_AUTH_SOCK:-none}"),
                {**os.environ, "SSH_AUTH_SOCK": path})
        assert (r.rc, r.out) == (0, "none\n"), r


def test_permitopen(dot, server):
    dot(f'permitopen="127.0.0.1:{WEB}",permitopen="localhost:*" {{}}')
    assert local(server, user="dot") and local(server, f"localhost:{WEB}", user="dot")
    assert not_local(server, "127.0.0.1:2201", user="dot")
    assert not_local(server, f"[::1]:{WEB}", user="dot")
    dot('permitopen="none" {}')
    assert not_local(server, user="dot")


def test_permitlisten(dot, server):
    dot('permitlisten="localhost:2102",permitlisten="2110" {}')
    with Forwarding(server, *NOT_REMOTE, user="dot", ports=[2102]):
        pass
    with Forwarding(server, "-R", f"2110:127.0.0.1:{WEB}", user="dot", ports=[2110]):
        pass
    assert refuses(server, "-R", f"2111:127.0.0.1:{WEB}", user="dot")
    assert refuses(server, "-R", f"0:127.0.0.1:{WEB}", user="dot")
    assert local(server, user="dot")


@pytest.mark.parametrize("options", ["no-port-forwarding", "restrict", 'restrict,pty',
                                     'command="echo forced",restrict'])
def test_keys_without_forwards(dot, server, options):
    dot(options + " {}")
    assert not_local(server, user="dot")
    assert refuses(server, *NOT_REMOTE, user="dot")
    assert refuses(server, "-R", f"{HOMES}/dot/x:127.0.0.1:{WEB}", user="dot")


def test_forced_command(dot, server):
    """TCP as ever; neither unix sockets nor the agent"""
    dot('command="echo ${SSH_AUTH_SOCK:-none}" {}')
    assert local(server, user="dot")
    assert refuses(server, "-R", f"{HOMES}/dot/x:127.0.0.1:{WEB}", user="dot")
    with Forwarding(server, "-L", f"2100:{WEBSOCK}", ports=[2100], user="dot"):
        assert curl(url(2100)).rc in (52, 56)
    agent, path = agent_with()
    with agent:
        r = run(theirs(server, "-A", key=None, user="dot", cmd="x"),
                {**os.environ, "SSH_AUTH_SOCK": path})
        assert r.out == "none\n", r


def test_privileged_port(server):
    """not for who is not root"""
    assert refuses(server, "-R", f"80:127.0.0.1:{WEB}")


@pytest.mark.parametrize("how", ["L", "D", "R"])
def test_thousand_short_connections(serve, how):
    server = serve()
    to = {"D": "2100"}.get(how, f"2100:127.0.0.1:{WEB}")
    with Forwarding(server, "-" + how, to, ports=[2100]):
        fetch(*(["--socks5", "127.0.0.1:2100", url(WEB, "some")] if how == "D" else
                [url(2100, "some")]))
        before = fds(server.pid)
        for _ in range(1000):
            with socket.create_connection(("127.0.0.1", 2100), 20) as s:
                if how == "D":
                    s.sendall(b"\4\1" + WEB.to_bytes(2, "big") + b"\x7f\0\0\1\0")
                    assert s.recv(8, socket.MSG_WAITALL)[1] == 0x5a
                s.sendall(b"HEAD /some HTTP/1.0\r\n\r\n")
                assert s.recv(12, socket.MSG_WAITALL) == b"HTTP/1.0 200"
        settled(lambda: fds(server.pid), before, "descriptors")
