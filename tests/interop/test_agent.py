"""test_agent.py - our ssh-agent and ssh-add with OpenSSH's, and with what they serve.

SPDX-License-Identifier: MIT

Each test of "pairs" runs with our agent and OpenSSH's ssh-add, and the other way
round, and with both ours.
"""
import os
import shutil
import signal
import socket
import stat
import struct
import subprocess

import pytest
from agents import *
from lib import DATA, EMU, HOMES, KEY, KEYS, KNOWN, WRONG, alive, gone, kill, put, sh, slurp, \
    until
from stock import Background, Terminal, run
from transfer import tool


# ---------------------------------------------------------------- ssh-add and ssh-agent
def test_adds_and_lists(pair):
    r = pair("-l")
    assert (r.rc, r.out.strip()) == (1, "The agent has no identities.")
    r = pair(KEY)
    assert r.rc == 0 and f"Identity added: {KEY} (test)" in r.err
    assert pair(MORE).rc == 0
    want = [f"256 {fingerprint(k)} {c} (ED25519)" for k, c in ((KEY, "test"), (MORE, "second key"))]
    assert pair("-l").out.splitlines() == want
    assert pair("-L").out == slurp(KEY + ".pub") + slurp(MORE + ".pub")
    md5 = sh(["ssh-keygen", "-l", "-E", "md5", "-f", KEY]).split()[1]
    assert md5 in pair("-l", "-E", "md5").out
    # the same key again is no second one
    assert pair("-q", KEY).rc == 0 and len(pair.listed()) == 2


def test_removes(pair):
    for k in (KEY, MORE):
        assert pair("-q", k).rc == 0
    r = pair("-d", KEY)
    assert r.rc == 0 and f"Identity removed: {KEY}" in r.err and "(test)" in r.err
    assert pair.listed() == [fingerprint(MORE)]
    assert pair("-d", KEY).rc == 1
    r = pair("-D")
    assert r.rc == 0 and "All identities removed." in r.err
    assert pair.listed() == []


def test_signs(pair):
    assert pair("-q", KEY).rc == 0
    assert pair("-T", KEY + ".pub").rc == 0
    assert pair("-T", MORE + ".pub").rc == 1
    assert pair("-T", KEY + ".pub", MORE + ".pub").rc == 1


def test_lifetime(pair):
    assert pair("-t", "1", KEY).rc == 0
    assert pair("-t", "1h", MORE).rc == 0
    assert len(pair.listed()) == 2
    until(lambda: pair.listed() == [fingerprint(MORE)], "the end of a key", 5)


def test_confirm(pair, tmp_path):
    """the agent asks by SSH_ASKPASS; the answer is its exit status, and "yes" or nothing"""
    pair.close()
    log, answer = tmp_path / "asked", tmp_path / "answer"
    ask = put(str(tmp_path / "ask"), f'#!/bin/sh\necho "$1" >>{log}\n. {answer}\n', 0o755)
    agent = Agent(pair.whose, pair.add, SSH_ASKPASS=ask, SSH_ASKPASS_REQUIRE="force", DISPLAY=":9")
    try:
        assert agent("-q", "-c", KEY).rc == 0
        for said, rc in (("echo yes", 0), (":", 0), ("echo no", 1), ("echo yes; exit 1", 1)):
            answer.write_text(said)
            assert agent("-T", KEY + ".pub").rc == rc, said
        assert log.read_text().count(fingerprint(KEY)) == 4
        assert log.read_text().count("test") == 4
    finally:
        agent.close()


def test_nobody_to_confirm(ours):
    assert ours("-q", "-c", KEY).rc == 0
    assert ours("-T", KEY + ".pub").rc == 1
    assert ours.listed() == [fingerprint(KEY)]


def test_lock(pair, tmp_path):
    ask = put(str(tmp_path / "ask"), '#!/bin/sh\necho "$PASSWORD"\n', 0o755)
    env = {"SSH_ASKPASS": ask, "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":9"}
    assert pair("-q", KEY).rc == 0
    r = pair("-x", PASSWORD="open it", **env)
    assert r.rc == 0 and "Agent locked." in r.err
    assert pair.listed() == []
    assert pair("-T", KEY + ".pub").rc == 1
    assert pair(MORE).rc == 1
    assert pair("-X", PASSWORD="open", **env).rc == 1
    r = pair("-X", PASSWORD="open it", **env)
    assert r.rc == 0 and "Agent unlocked." in r.err
    assert pair.listed() == [fingerprint(KEY)]


@pytest.mark.parametrize("again, rc", [("one", 0), ("two", 1)])
def test_lock_on_a_terminal(ours, again, rc):
    with Terminal(tool("ssh-add") + ["-x"], env=ours.env) as t:
        t.expect("Enter lock password: ")
        t.send("one\n")
        t.expect("Again: ")
        t.send(again + "\n")
        t.expect("Agent locked" if rc == 0 else "Passwords do not match")
        assert "one" not in t.text
        assert t.wait() == rc


def test_files(ours, tmp_path):
    ours.add = "ours"
    wide = str(tmp_path / "wide")
    shutil.copy(KEY, wide)
    os.chmod(wide, 0o644)
    r = ours(wide)
    assert r.rc == 1 and wide in r.err and "others can read it" in r.err
    for path in (str(tmp_path / "none"), KEY + ".pub", "/etc/passwd"):
        r = ours(path)
        assert r.rc == 1 and path in r.err
    assert ours(wide, KEY).rc == 1 and ours.listed() == [fingerprint(KEY)]
    # the public half of a file that has no .pub beside it
    os.chmod(wide, 0o600)
    assert ours("-d", wide).rc == 0 and ours.listed() == []


@pytest.mark.skipif(not shutil.which("dropbearkey"), reason="dropbearkey is not installed")
def test_dropbear_key(ours, tmp_path):
    ours.add = "ours"
    path = str(tmp_path / "db")
    sh(["dropbearkey", "-t", "ed25519", "-f", path])
    r = ours(path)
    assert r.rc == 0 and f"Identity added: {path} ({path})" in r.err
    assert ours.listed()[0] in sh(["dropbearkey", "-y", "-f", path])
    assert ours("-T", path).rc == 0 and ours("-d", path).rc == 0


def test_usual_files(ours):
    ours.add = "ours"
    folder = f"{HOMES}/root/.ssh"
    assert ours().rc == 1
    try:
        for name in ("id_ed25519", "id_dropbear"):
            shutil.copy(KEY if name == "id_ed25519" else MORE, f"{folder}/{name}")
        r = ours()
        assert r.rc == 0 and r.err.count("Identity added") == 2
        assert sorted(ours.listed()) == sorted(map(fingerprint, (KEY, MORE)))
        assert ours("-d").rc == 0 and ours.listed() == []
    finally:
        for name in ("id_ed25519", "id_dropbear"):
            os.unlink(f"{folder}/{name}")


def test_no_agent(tmp_path):
    env = {k: v for k, v in os.environ.items() if k != "SSH_AUTH_SOCK"}
    for more in ({}, {"SSH_AUTH_SOCK": str(tmp_path / "none")}):
        r = run(tool("ssh-add") + ["-l"], env={**env, **more})
        assert r.rc == 2 and "Could not open a connection to your authentication agent" in r.err


@pytest.mark.parametrize("flags", [["-Z"], ["-t"], ["-t", "soon", KEY], ["-E", "sha1", "-l"]])
def test_usage(ours, flags):
    ours.add = "ours"
    r = ours(*flags)
    assert r.rc == 1 and r.err.startswith("usage: ssh-add")


# ---------------------------------------------------------------- the program
def shell(script, **env):
    return run(["sh", "-c", script, "sh", *tool("ssh-agent")],
               env={**os.environ, "SHELL": "/bin/sh", **env})


def test_background(tmp_path):
    """started and ended by the lines that it prints"""
    r = shell('eval "$("$@" -s)"; echo $SSH_AUTH_SOCK $SSH_AGENT_PID; stat -c %a $SSH_AUTH_SOCK '
              '${SSH_AUTH_SOCK%/*}; ssh-add -l; eval "$("$@" -k)"; echo "<$SSH_AUTH_SOCK$SSH_AGENT_PID>"',
              TMPDIR=str(tmp_path))
    lines = r.out.splitlines()
    sock, pid = lines[1].split()
    assert lines[0] == f"Agent pid {pid}" and sock.startswith(f"{tmp_path}/ssh-")
    assert lines[2:4] == ["600", "700"]
    assert lines[4:] == ["The agent has no identities.", f"Agent pid {pid} killed", "<>"], r
    gone(int(pid))
    assert not os.listdir(tmp_path)


def test_csh_lines(tmp_path):
    r = run(tool("ssh-agent") + ["-c"], env={**os.environ, "TMPDIR": str(tmp_path)})
    sock, pid, echo = r.out.splitlines()
    assert sock.split()[:2] == ["setenv", "SSH_AUTH_SOCK"] and sock.endswith(";")
    pid = pid.split()[2].rstrip(";")
    r = run(tool("ssh-agent") + ["-k"], env={**os.environ, "SSH_AGENT_PID": pid, "SHELL": "/bin/tcsh"})
    assert r.out == f"unsetenv SSH_AUTH_SOCK;\nunsetenv SSH_AGENT_PID;\necho Agent pid {pid} killed;\n"
    gone(int(pid))


def test_command(tmp_path):
    """it lasts as long as the command, whose status is ours"""
    r = run(tool("ssh-agent") + ["sh", "-c", "echo $SSH_AGENT_PID; ssh-add -q $0 && ssh-add -l; exit 7",
                                 KEY], env={**os.environ, "TMPDIR": str(tmp_path)})
    pid, line = r.out.splitlines()
    assert r.rc == 7 and fingerprint(KEY) in line
    gone(int(pid))
    until(lambda: not os.listdir(tmp_path), "an empty folder")
    r = run(tool("ssh-agent") + ["/no/such/command"], env={**os.environ, "TMPDIR": str(tmp_path)})
    assert r.rc != 0 and "/no/such/command" in r.err
    until(lambda: not os.listdir(tmp_path), "an empty folder")


def test_killed_command(tmp_path):
    with Background(tool("ssh-agent") + ["sh", "-c", "echo $SSH_AGENT_PID; exec sleep 60"],
                    stdout=subprocess.PIPE, env={**os.environ, "TMPDIR": str(tmp_path)}) as p:
        pid = int(p.stdout.readline())
        assert alive(pid)
        p.kill()
        gone(pid)
    assert not os.listdir(tmp_path)


def test_bind_address(ours):
    r = run(tool("ssh-agent") + ["-D", "-a", ours.path])
    assert r.rc == 1 and ours.path in r.err
    assert stat.S_IMODE(os.stat(ours.path).st_mode) == 0o600
    assert ours("-l").rc == 1  # the one that is there goes on
    ours.close()
    assert not os.path.exists(ours.path)


def test_default_life():
    a = Agent("ours", "theirs", "-t", "1")
    try:
        assert a("-q", KEY).rc == 0 and a("-q", "-t", "100", MORE).rc == 0
        until(lambda: a.listed() == [fingerprint(MORE)], "the end of a key", 5)
    finally:
        a.close()


def test_nobody_else(ours):
    """another user's programs are shown the door, even where the path lets them in"""
    os.chmod(ours.path, 0o666)
    script = ("import os,socket,sys; os.setgid(30000); os.setuid(30000); s=socket.socket(socket.AF_UNIX);"
              "s.settimeout(5); s.connect(sys.argv[1]);\n"
              "try:\n s.sendall(b'\\0\\0\\0\\1\\x0b'); print(len(s.recv(9)))\n"
              "except OSError: print(0)")
    folder = os.path.dirname(ours.path)
    mode = stat.S_IMODE(os.stat(folder).st_mode)
    os.chmod(folder, 0o755)
    try:
        assert sh(["python3", "-c", script, ours.path]) == "0\n"
    finally:
        os.chmod(folder, mode)
    assert ours("-l").rc == 1


@pytest.mark.skipif(bool(EMU), reason="the emulator is what /proc shows")
def test_memory_is_locked(ours):
    status = slurp(f"/proc/{ours.p.pid}/status")
    locked = int(status.split("VmLck:")[1].split()[0])
    assert locked >= 8
    assert slurp(f"/proc/{ours.p.pid}/limits").split("Max core file size")[1].split()[0] == "0"
    assert os.stat(f"/proc/{ours.p.pid}/environ").st_uid == 0


# ---------------------------------------------------------------- what it has to bear
def test_hostile_messages(ours):
    assert ours("-q", KEY).rc == 0
    for bad in (struct.pack(">I", 0xffffffff) + b"\x0b", struct.pack(">I", 8193) + b"\x0b" * 10):
        with ours.raw() as s:
            s.sendall(bad)
            assert s.recv(1) == b""
    with ours.raw() as s:
        assert tell(s, b"") == b"\5"
        for kind in range(256):
            if kind not in (11, 19):
                assert tell(s, bytes([kind])) == b"\5"
        assert tell(s, b"\x11" + os.urandom(8000)) == b"\5"
        # byte by byte, and two at once
        for byte in b"\0\0\0\1\x0b":
            s.sendall(bytes([byte]))
        one = hear(s)
        assert one[0] == 12
        s.sendall(b"\0\0\0\1\x0b" * 2)
        assert hear(s) == one and hear(s) == one
    assert len(ours.listed()) == 1


def test_many_connections(ours):
    """more than there is room for wait, and cost nothing while they do"""
    held = [ours.raw() for _ in range(16)]
    for s in held:
        assert tell(s, b"\x0b") == b"\x0c\0\0\0\0"
    with ours.raw() as late:
        late.sendall(b"\0\0\0\1\x0b")
        late.settimeout(0.3)
        before = cpu(ours.p.pid)
        with pytest.raises(TimeoutError):
            late.recv(1)
        assert cpu(ours.p.pid) - before <= 2
        held.pop().close()
        late.settimeout(10)
        assert hear(late) == b"\x0c\0\0\0\0"
    for s in held:
        s.close()


def cpu(pid):
    """ticks"""
    return sum(map(int, slurp(f"/proc/{pid}/stat").rsplit(")", 1)[1].split()[11:13]))


def test_who_does_not_read(ours):
    """answers that nobody takes end the connection, not the agent"""
    assert ours("-q", KEY).rc == 0
    with ours.raw() as s:
        s.settimeout(5)
        try:
            for _ in range(20000):
                s.sendall(b"\0\0\0\1\x0b" * 100)
        except OSError:
            pass
        assert len(ours.listed()) == 1


def test_full_table(ours, tmp_path):
    for i in range(33):
        sh(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "k" * 300, "-f", tmp_path / str(i)])
        r = ours("-q", str(tmp_path / str(i)))
        assert r.rc == (i == 32)
    assert len(ours.listed()) == 32
    ours.add = "ours"
    assert len(ours.listed()) == 32


def test_constraints_of_openssh(ours, tmp_path):
    """what we cannot keep to, we do not promise: keys for certain hosts alone"""
    r = ours("-H", KNOWN, "-h", "127.0.0.1", KEY)
    assert r.rc == 1 and ours.listed() == []


# ---------------------------------------------------------------- for ssh and its friends
def test_login_through_our_agent(ours, server):
    assert ours("-q", WRONG, KEY).rc == 0
    argv = ["ssh", "-F", "/dev/null", "-p", str(server.port), "-o", "UserKnownHostsFile=" + KNOWN,
            "-o", "BatchMode=yes", "-o", "IdentityFile=none", "ann@127.0.0.1", "echo in; exit 3"]
    r = run(argv, env=ours.env)
    assert (r.rc, r.out) == (3, "in\n"), r.err
    assert ours("-d", KEY).rc == 0
    assert run(argv, env=ours.env).rc == 255


def test_forwarded_agent(ours, server):
    """OpenSSH's ssh brings it to the server, where ssh-add finds it"""
    assert ours("-q", KEY).rc == 0
    r = run(["ssh", "-A", "-F", "/dev/null", "-p", str(server.port), "-o", "UserKnownHostsFile=" + KNOWN,
             "-o", "BatchMode=yes", "ann@127.0.0.1", "ssh-add -l; ssh-add -T /dev/stdin"],
            env=ours.env, stdin=slurp(KEY + ".pub").encode())
    assert fingerprint(KEY) in r.out and r.rc == 0, r.err


def test_signs_files(ours, tmp_path):
    """ssh-keygen -Y with the private half in our agent alone"""
    assert ours("-q", KEY).rc == 0
    pub = str(tmp_path / "k.pub")
    shutil.copy(KEY + ".pub", pub)
    put(str(tmp_path / "text"), "text\n")
    put(str(tmp_path / "allowed"), "me " + slurp(pub))
    r = run(["ssh-keygen", "-Y", "sign", "-n", "file", "-f", pub, str(tmp_path / "text")], env=ours.env)
    assert r.rc == 0, r.err
    r = run(["ssh-keygen", "-Y", "verify", "-n", "file", "-I", "me", "-f", str(tmp_path / "allowed"),
             "-s", str(tmp_path / "text.sig")], stdin=b"text\n")
    assert r.rc == 0 and "Good" in r.out, r.err
