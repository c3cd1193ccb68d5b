"""test_server.py - sshd's settings, and what becomes of the listener.

SPDX-License-Identifier: MIT
"""
import os
import re
import shutil
import signal
import socket
import threading

import pytest
from lib import (DATA, EMU, HOMES, HOSTKEY, KEY, KEYS, LIMIT, PASSWORD, STANDIN, WRONG, alive,
                 authorize, descendants, executable, gone, put, slurp, standin_skip, until)
from stock import refused, run


# ---------------------------------------------------------------- who may
@pytest.mark.parametrize("value,key,forced,password", [
    ("yes", True, True, True), ("prohibit-password", True, True, False),
    ("forced-commands-only", False, True, False), ("no", False, False, False)])
def test_root(serve, ssh, value, key, forced, password):
    if value not in ("yes", "no"):
        standin_skip("has flags for yes and no", "dropbear")
    s = serve(**({} if (STANDIN, value) == ("dropbear", "yes") else {"PermitRootLogin": value}))
    try:
        assert (ssh(s, "id -u", user="root").out == "0\n") == key
        assert (ssh(s, "id -u", user="root", password=PASSWORD).out == "0\n") == password
        authorize("root", 'command="echo forced" {}')
        assert (ssh(s, "id -u", user="root").out == "forced\n") == forced
    finally:
        authorize("root")


@pytest.mark.parametrize("options,ann,ben", [
    ("AllowUsers=ben ann", 1, 1), ("AllowUsers=b?n", 0, 1),
    ("DenyUsers=a*", 0, 1), ("AllowGroups=ben x", 0, 1), ("DenyGroups=ben", 1, 0),
    ("PubkeyAuthentication=no", 0, 0), ("AuthorizedKeysFile=" + KEYS + "/%u", 1, 0),
    ("AuthorizedKeysFile=.ssh/none .ssh/authorized_keys", 1, 1),
    ("AuthorizedKeysFile=none", 0, 0)])
def test_who(serve, ssh, options, ann, ben):
    put(KEYS + "/ann", slurp(KEY + ".pub"))
    s = serve(**dict([options.split("=")]))
    for user, good in ("ann", ann), ("ben", ben):
        r = ssh(s, "id -un", user=user)
        assert r.out == user + "\n" if good else refused(r), user


def test_no_passwords(serve, ssh):
    s = serve(PasswordAuthentication="no")
    r = ssh(s, "echo in", password=PASSWORD)
    assert refused(r) and "password" not in r.err.rsplit("(", 1)[1]
    assert ssh(s, "echo in").out == "in\n"


def test_tries(serve, ssh):
    s = serve(MaxAuthTries="2")
    argv, env = ssh.command(s, "echo in", password="wrong")
    argv[argv.index("NumberOfPasswordPrompts=1")] = "NumberOfPasswordPrompts=9"
    since = len(s.log())
    r = run(argv, env)
    assert r.rc == 255 and "in" not in r.out
    assert len(re.findall("Bad password|Failed password", s.log()[since:])) <= 2


def test_two_factors(serve, ssh):
    """each alone is not enough; what the key forces holds with the password as well"""
    s = serve(AuthenticationMethods="publickey,password")
    assert refused(ssh(s, "echo in"))
    assert refused(ssh(s, "echo in", password=PASSWORD))
    argv, env = ssh.command(s, "echo in", password=PASSWORD)
    at = argv.index("PreferredAuthentications=password")
    argv[at:at + 1] = ["PreferredAuthentications=publickey,password", "-i", KEY]
    assert run(argv, env).out == "in\n"
    try:
        authorize("ann", 'command="echo forced" {}')
        assert run(argv, env).out == "forced\n"
    finally:
        authorize("ann")


# ---------------------------------------------------------------- what is shown and run
def test_banner(serve, ssh):
    path = put(DATA + "/banner", "Keep out!\nReally.\n")
    s = serve(Banner=path)
    for how in {}, {"password": PASSWORD}:
        r = ssh(s, "echo in", **how)
        assert r.out == "in\n" and "Keep out!\nReally.\n" in r.err.replace("\r", "")


def test_motd(serve, ssh):
    put("/etc/motd", "Message of the day\n")
    try:
        s = serve()
        assert "Message" not in ssh(s, "echo in").out
        with ssh.spawn(s) as t:
            t.expect("Message of the day")
            t.send("exit\r")
            assert t.wait() == 0
        with ssh.spawn(serve(PrintMotd="no")) as t:
            t.send("exit\r")
            assert t.wait() == 0 and "Message" not in t.text
    finally:
        os.unlink("/etc/motd")


def test_force_command(serve, ssh):
    s = serve(ForceCommand="echo forced $SSH_ORIGINAL_COMMAND")
    assert ssh(s, "echo in").out == "forced echo in\n"
    assert ssh(s).out == "forced\n"


def test_clean_session(serve, ssh):
    """descriptors, environment, signals and ids of what runs for a user"""
    def dirty():
        for sig in (signal.SIGQUIT, signal.SIGUSR1, signal.SIGPIPE):
            signal.signal(sig, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2, signal.SIGALRM])
    s = serve(env={"SECRET": "x", "LD_SECRET": "x", "BASH_ENV": "x"}, preexec=dirty)
    r = ssh(s, "ls /proc/self/fd | tr '\\n' ' '; echo; id -u; id -g; id -G; umask; pwd;"
            "grep Cap /proc/self/status | tr -d '\\t\\n'; echo;"
            "grep -E 'Sig(Blk|Ign)' /proc/self/status | tr -d '\\t\\n'; echo; env")
    fds, uid, gid, groups, mask, home, caps, signals, *env = r.out.splitlines()
    assert fds == "0 1 2 3 " and (uid, gid, groups) == ("30000",) * 3
    assert mask == "0022" and home == HOMES + "/ann"
    assert re.match("CapInh:0{16}CapPrm:0{16}CapEff:0{16}", caps)
    env = dict(e.split("=", 1) for e in env)
    assert not [k for k in env if "SECRET" in k or k == "BASH_ENV"]
    assert (env["USER"], env["LOGNAME"], env["SHELL"]) == ("ann", "ann", "/bin/sh")
    assert re.match(r"127.0.0.1 \d+ 127.0.0.1 %d$" % s.port, env["SSH_CONNECTION"])
    assert "/usr/bin" in env["PATH"]
    standin_skip("keeps dispositions that it was started with")
    assert signals == "SigBlk:" + "0" * 16 + "SigIgn:" + "0" * 16


def test_confined(serve, ssh, remote):
    """the process that talks to the network can do nothing else"""
    standin_skip("is built otherwise")
    if EMU:
        pytest.skip("an emulator has no seccomp of its own")
    s = serve()
    with ssh.start(s, f"echo $$ >{remote.path}; exec sleep 1000"):
        session = remote.pid()
        status = {p: dict(l.split(":\t", 1) for l in slurp(f"/proc/{p}/status").splitlines())
                  for p in descendants(s.pid) if p != session}
        nets = [p for p, d in status.items() if d["Uid"].split()[0] not in ("0", "30000")]
        assert len(nets) == 1, status
        d = status[nets[0]]
        assert len(set(d["Uid"].split() + d["Gid"].split())) <= 2 and not d["Groups"].strip()
        assert (d["NoNewPrivs"], d["Seccomp"]) == ("1", "2")
        assert int(d["CapEff"], 16) == int(d["CapPrm"], 16) == int(d["CapInh"], 16) == 0
        assert os.readlink(f"/proc/{nets[0]}/root") != "/"
        fds = [os.readlink(f"/proc/{nets[0]}/fd/{f}") for f in os.listdir(f"/proc/{nets[0]}/fd")]
        assert not [f for f in fds if f.startswith("/") and f != "/dev/null" and f != s.path], fds


# ---------------------------------------------------------------- who waits, who goes
def silent(server, address, data=b""):
    c = socket.create_connection((server.host, server.port), LIMIT, (address, 0))
    c.sendall(data)
    return c


@pytest.mark.parametrize("data", [b"", b"SSH-2.0-x\r\n\0\0\x07\xd4\4\x14"],
                         ids=["version", "packet"])
def test_grace(serve, data):
    """a byte now and then does not keep a connection past the time to log in"""
    s = serve(LoginGraceTime="2")
    c, done = silent(s, "127.0.0.1", data), threading.Event()

    def drip():
        try:
            while not done.wait(0.2):
                c.send(b"S")
        except OSError:
            pass
    t = threading.Thread(target=drip)
    t.start()
    try:
        while c.recv(4096):
            pass
    except ConnectionError:
        pass
    finally:
        done.set()
        t.join()
        c.close()


@pytest.mark.parametrize("sources", [1, 60])
def test_crowd(serve, ssh, sources):
    """silent connections, from one place or from many, do not lock an honest client out"""
    standin_skip("takes five from one address, thirty in all", "dropbear")
    s = serve()
    crowd = [silent(s, f"127.0.0.{2 + i % sources}") for i in range(60)]
    try:
        for _ in range(5):
            r = ssh(s, "echo in")
            if r.rc == 0:
                break
        assert r.out == "in\n", r
    finally:
        for c in crowd:
            c.close()


def test_stopped_client(serve, ssh, remote):
    """a client that answers no more is given up, and its children are hung up"""
    s = serve(ClientAliveInterval="1", **({} if STANDIN == "dropbear" else
                                          {"ClientAliveCountMax": "2"}))
    with ssh.spawn(s, f"echo $$ >{remote.path}; exec sleep 1000") as t:
        pid = remote.pid()
        os.kill(t.p.pid, signal.SIGSTOP)
        gone(pid)


def test_keepalive_harmless(serve, ssh):
    s = serve(ClientAliveInterval="1")
    assert ssh(s, "sleep 3; echo ok").out == "ok\n"


# ---------------------------------------------------------------- the listener's life
@pytest.mark.parametrize("how", ["replaced", "deleted"])
def test_upgrade(serve, ssh, how):
    """what happens to the file on disk does not concern the listener that runs"""
    folder = f"{DATA}/up.{how}"
    os.mkdir(folder)
    exe = shutil.copy(executable(), folder)
    s = serve(exe=exe)
    if how == "deleted":
        os.unlink(exe)
    else:
        os.replace(put(folder + "/new", "not a program\n", 0o755), exe)
    for _ in range(2):
        assert ssh(s, "echo in").out == "in\n"
    assert ssh(s, "echo in", password=PASSWORD).out == "in\n"


def test_hup(serve, ssh):
    """a good file is taken, a bad one is not, the listener and its sessions stay"""
    path = put(DATA + "/sshd_config", "Banner none\n")
    banner = put(DATA + "/hup", "second\n")
    standin_skip("has no file of settings", "dropbear")
    s = serve(config=path)
    with ssh.start(s, "cat") as p:
        p.stdin.write(b"one\n")
        p.stdin.flush()
        assert p.stdout.readline() == b"one\n"
        put(path, f"Banner {banner}\n")
        s.signal(signal.SIGHUP)
        until(lambda: "second" in ssh(s, "true").err, "the new banner")
        if STANDIN != "openssh":  # it ends at a bad file
            since = len(s.log())
            put(path, "Banner none\nNonsense yes\n")
            s.signal(signal.SIGHUP)
            s.wait_log("(?i)nonsense|sshd_config", since)
            assert "second" in ssh(s, "true").err
            os.unlink(path)
            s.signal(signal.SIGHUP)
            assert "second" in ssh(s, "true").err
        assert alive(s.pid)
        assert p.communicate(b"two\n", timeout=LIMIT)[0] == b"two\n" and p.returncode == 0


def test_term(serve, ssh):
    """the listener goes, with its pid file; sessions go on"""
    path = DATA + "/sshd.pid"
    s = serve(PidFile=path)
    assert int(until(lambda: os.path.exists(path) and slurp(path), "the pid file")) == s.pid
    with ssh.start(s, "cat") as p:
        p.stdin.write(b"one\n")
        p.stdin.flush()
        assert p.stdout.readline() == b"one\n"
        s.signal(signal.SIGTERM)
        s.p.wait(LIMIT)
        until(lambda: not s.listening() and not os.path.exists(path), "the end of the listener")
        assert p.communicate(b"two\n", timeout=LIMIT)[0] == b"two\n" and p.returncode == 0


def test_busy_port(serve):
    """a second listener on a port says so and ends badly"""
    standin_skip("is asked by other flags")
    s = serve()
    r = run(s.argv)
    assert r.rc != 0 and str(s.port) in r.err


@pytest.mark.parametrize("bad", ["Nonsense=yes", "Port=99999", "PermitRootLogin=perhaps",
                                 "Ciphers=none-such", "MaxAuthTries=many"])
def test_bad_option(bad):
    standin_skip("is asked by other flags", "dropbear")
    exe = executable()
    argv = EMU + [exe, "sshd"] if not STANDIN else [exe]
    r = run(argv + ["-D", "-e", "-f", "/dev/null", "-h", HOSTKEY, "-o", bad])
    assert r.rc != 0 and re.search(bad.replace("=", "|"), r.err, re.I), r


def test_check_settings():
    """sshd -t"""
    standin_skip("has no file of settings", "dropbear")
    argv = EMU + [executable()] + ["sshd"] * (not STANDIN) + ["-t", "-h", HOSTKEY, "-f"]
    assert run(argv + [put(DATA + "/good", "# x\n\nPort 22\nPasswordAuthentication no\n")]).rc == 0
    r = run(argv + [put(DATA + "/bad", "Port 22\nPasswordAuthentication perhaps\n")])
    assert r.rc != 0 and "2" in r.err


def test_no_zombies(serve, ssh):
    s = serve()
    for i in range(5):
        ssh(s, "true")
        ssh(s, "true", key=WRONG)
    until(lambda: not descendants(s.pid), "the end of all of the connections' processes")

    def children():
        return [p for p in filter(str.isdigit, os.listdir("/proc"))
                if re.search(r"^PPid:\t%d$" % s.pid, status(p), re.M)]
    until(lambda: not children(), "the listener to have waited for its children")


def status(pid):
    try:
        return slurp(f"/proc/{pid}/status")
    except OSError:
        return ""
