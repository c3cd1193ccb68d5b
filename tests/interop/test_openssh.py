"""test_openssh.py - what OpenSSH's client does beyond a command: masters, tmux, broken lines.

SPDX-License-Identifier: MIT
"""
import contextlib
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess

import pytest
from lib import DATA, KEY, LIMIT, PASSWORD, alive, gone, kill, sh, standin_skip, until
from stock import CLIENTS, Terminal, run


class Master:
    """one connection for many sessions; slave is the command line of one"""

    def __init__(self, ssh, server, name):
        self.path = DATA + "/" + name
        argv, _ = ssh.command(server)
        self.ssh = lambda *a: argv[:1] + ["-o", "ControlPath=" + self.path, *a] + argv[1:]
        self.slave = self.ssh()

    def __enter__(self):
        self.p = subprocess.Popen(self.ssh("-M", "-N"), stdin=subprocess.DEVNULL)
        until(lambda: os.path.exists(self.path), "the master's socket")
        return self

    def __exit__(self, *_):
        run(self.ssh("-O", "exit"))
        self.p.wait(LIMIT)


def test_master(ssh, server):
    """many sessions, one after the other and at once, over one connection"""
    standin_skip("ends the connection when eight sessions send at once", "dropbear")
    with Master(ssh, server, "master") as m:
        for i in range(20):
            assert run(m.slave + [f"echo {i}; exit {i}"]) == (i, f"{i}\n", "")
        at_once = [subprocess.Popen(m.slave + [f"head -c 1000000 /dev/zero; exit {i}"],
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
                   for i in range(8)]
        for i, p in enumerate(at_once):
            assert len(p.communicate()[0]) == 1000000 and p.returncode == i
        with Terminal(m.ssh("-tt")) as t:
            t.send("echo sh$((1 + 1)); exit 3\r")
            t.expect("sh2")
            assert t.wait() == 3


def test_keepalive(ssh, server):
    """ServerAliveInterval: the client hangs up on a server that gives no answer"""
    argv, env = ssh.command(server, "sleep 4; echo ok")
    argv[1:1] = ["-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=1"]
    assert run(argv, env)[:2] == (0, "ok\n")


def test_no_session(ssh, server):
    """ssh -N: logged in, no channel, and it stays"""
    argv, env = ssh.command(server)
    since = len(server.log())
    p = subprocess.Popen(argv[:1] + ["-N"] + argv[1:], env=env, stdin=subprocess.DEVNULL)
    server.wait_log("Accepted publickey|Pubkey auth succeeded", since)
    assert p.poll() is None
    p.send_signal(signal.SIGTERM)
    p.wait(LIMIT)


def test_background_process(ssh, server, remote):
    """a process left behind without our descriptors does not hold the session"""
    r = ssh(server, f"sleep 1000 >/dev/null 2>&1 </dev/null & echo $! >{remote.path}; echo ok")
    assert (r.rc, r.out) == (0, "ok\n")
    assert alive(remote.pid())
    kill([remote.pid()])


def test_output_after_the_shell(ssh, server):
    """all that the command wrote arrives, whoever of its children wrote it, before the status"""
    r = ssh(server, "(sleep 1; echo late) & echo early; exit 5")
    assert r.rc == 5 and r.out.startswith("early\n")


@pytest.mark.parametrize("tty", [True, False], ids=["pty", "pipes"])
def test_broken_connection(ssh, server, remote, tty):
    """the client is killed: what ran on its terminal is hung up, what reads its pipe gets EOF"""
    cmd = f"echo $$ >{remote.path}; exec " + ("sleep 1000" if tty else "cat")
    with ssh.spawn(server, cmd) if tty else ssh.start(server, cmd) as p:
        pid = remote.pid()
        kill([p.p.pid if tty else p.pid])
        gone(pid)


def test_parallel_logins(ssh, server):
    standin_skip("takes five connections at once from one address", "dropbear")
    todo = [ssh.start(server, f"echo {i}") for i in range(10)]
    for i, p in enumerate(todo):
        out, err = p.communicate(b"", timeout=LIMIT)
        assert (p.returncode, out) == (0, b"%d\n" % i), err


# name: whether a key lets it in; a password never does
ODD = {"eve": False, "fay": False, "gus": True, "hal": True, "ida": True}


@pytest.mark.parametrize("user", ODD)
def test_odd_accounts(ssh, server, user):
    """locked; without a shell; hash of one letter; blank password; hash that stops short"""
    if user == "eve":
        standin_skip("does not know a locked account", "dropbear")
    if user == "fay":
        standin_skip("lets accounts in whose shell is nologin, which then refuses", "openssh")
    for how, allowed in ({}, ODD[user]), ({"password": PASSWORD}, False), ({"password": ""}, False):
        r = ssh(server, "echo in", user=user, **how)
        if allowed:
            assert (r.rc, r.out) == (0, "in\n")
        else:
            assert r.rc == 255 and "Permission denied" in r.err


def test_bulk_both_streams(ssh, server):
    """a reader that takes stderr first must not starve, nor must the other"""
    with ssh.start(server, "head -c 5000000 /dev/zero; head -c 5000000 /dev/zero >&2") as p:
        assert [len(x) for x in p.communicate(b"", timeout=LIMIT)] == [5000000, 5000000]


def test_slow_reader(ssh, server):
    """channels that nobody reads, on either side, do not hold up the others of the connection"""
    with Master(ssh, server, "slow") as m:
        stuck = subprocess.Popen(m.slave + ["cat /dev/zero"], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE)
        deaf = subprocess.Popen(m.slave + ["sleep 1000"], stdin=open("/dev/zero", "rb"))
        try:
            stuck.stdout.read(1)
            for _ in range(3):
                r = run(m.slave + ["cat >/dev/null; head -c 3000000 /dev/zero"],
                        stdin=bytes(1000000))
                assert r.rc == 0 and len(r.out) == 3000000
        finally:
            kill([stuck.pid, deaf.pid])
            stuck.communicate()
            deaf.wait()


def test_half_close(ssh, server):
    """EOF goes one way: the command goes on, and its output still comes"""
    r = ssh(server, "cat >/dev/null; head -c 2000000 /dev/zero; exit 9", stdin=bytes(500000))
    assert r.rc == 9 and len(r.out) == 2000000


def test_closed_output(server, remote):
    """
    eow@openssh.com: nobody reads there, so the command gets SIGPIPE. ssh tells
    that to servers of its own name alone; so paramiko says it here.
    """
    standin_skip("does not know eow@openssh.com", "dropbear")
    paramiko = pytest.importorskip("paramiko")
    with contextlib.closing(paramiko.Transport((server.host, server.port))) as t:
        t.connect(username="ann", pkey=paramiko.Ed25519Key.from_private_key_file(KEY))
        c = t.open_session()
        c.exec_command(f"echo $$ >{remote.path}; exec yes")
        pid = remote.pid()
        m = paramiko.Message()
        m.add_byte(b"\x62")  # SSH_MSG_CHANNEL_REQUEST
        m.add_int(c.remote_chanid)
        m.add_string("eow@openssh.com")
        m.add_boolean(False)
        t._send_user_message(m)
        gone(pid)
        while c.recv(65536):
            pass


def test_closed_input(ssh, server):
    """a command that reads nothing does not hold up a client that has much to say"""
    r = ssh(server, "exec <&-; sleep 1; echo ok; exit 3", stdin=bytes(5000000))
    assert (r.rc, r.out) == (3, "ok\n")


def test_early_eof(ssh, server):
    """outputs closed, the command goes on for long: EOF is told, the session ends with it"""
    with ssh.start(server, "echo ok; exec >&- 2>&-; sleep 4; exit 7") as p:
        assert p.stdout.read() == b"ok\n"
        assert p.wait(LIMIT) == 7


def test_prompt(server):
    """as a person does it: a prompt, a wrong password, the right one"""
    if not shutil.which("expect"):
        pytest.skip("expect is not installed")
    argv, env = CLIENTS["openssh"].command(server, user="ben", password=PASSWORD, tty=True)
    argv[argv.index("NumberOfPasswordPrompts=1")] = "NumberOfPasswordPrompts=3"
    env.pop("SSH_ASKPASS_REQUIRE")
    script = f"""set timeout 60
        spawn -noecho {shlex.join(argv).replace("'", '')} {{echo su$((1+1)); exit 4}}
        expect "assword:" {{ send "wrong\\r" }} timeout {{ exit 91 }}
        expect "try again" {{}} timeout {{ exit 92 }}
        expect "assword:" {{ send "{PASSWORD}\\r" }} timeout {{ exit 93 }}
        expect "su2" {{}} timeout {{ exit 94 }}
        expect eof
        exit [lindex [wait] 3]"""
    assert run(["expect", "-c", script], env).rc == 4


def test_tmux(ssh, server):
    """a person at a terminal: prompt, a full screen, a new size, Ctrl-C, exit"""
    if not shutil.which("tmux"):
        pytest.skip("tmux is not installed")
    tmux = ["tmux", "-f", "/dev/null", "-S", DATA + "/tmux"]
    argv, env = ssh.command(server, tty=True)
    sh(tmux + ["new-session", "-d", "-x", "80", "-y", "24",
               shlex.join(argv) + "; echo left=$?; sleep 1000"], env=env)

    def keys(*words):
        sh(tmux + ["send-keys", *words])

    def shows(pattern):
        until(lambda: re.search(pattern, sh(tmux + ["capture-pane", "-p"]), re.M),
              pattern + " on the screen")
    try:
        shows(r"\$$")
        keys("stty size", "Enter")
        shows(r"^2[34] 80$")  # tmux may keep a line for itself
        keys("seq 1 500 | less", "Enter")
        shows(r"^2[23]\n:")
        sh(tmux + ["resize-window", "-x", "100", "-y", "40"])
        shows(r"^3[89]\n:")
        keys("G")
        shows(r"^500\n")
        keys("q")
        shows(r"^\$$")  # less drops what was typed ahead
        keys("stty size", "Enter")
        shows(r"^(39|40) 100$")
        keys("sh -c 'echo go$((1 + 1)); exec sleep 1000'", "Enter")
        shows(r"^go2$")  # before that, the signal would be the shell's
        keys("C-c")
        keys("echo rc=$?", "Enter")
        shows(r"^rc=130$")
        keys("exit 6", "Enter")
        shows(r"^left=6$")
    finally:
        run(tmux + ["kill-server"])


def test_garbage(server, ssh):
    """what is no SSH gets no session, and the listener goes on"""
    for data in (b"GET / HTTP/1.0\r\n\r\n", b"SSH-2.0-x\r\n" + bytes(100), b"\xff" * 5000,
                 b"SSH-1.5-old\r\n", b"\r\n" * 3000):
        with socket.create_connection((server.host, server.port), LIMIT) as s:
            try:
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                while s.recv(4096):
                    pass
            except ConnectionError:
                pass
    assert ssh(server, "echo ok").out == "ok\n"


def test_ipv6(serve, ssh):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as e:
        pytest.skip(f"no IPv6: {e}")
    assert ssh(serve(host="::1"), "echo ${SSH_CLIENT%% *}").out == "::1\n"
