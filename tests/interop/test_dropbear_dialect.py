"""test_dropbear_dialect.py - the server called as dropbear: flags, log lines, names, signals.

SPDX-License-Identifier: MIT
"""
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import threading

import pytest
from lib import (DATA, EMU, HOSTKEY, KEY, LIMIT, PASSWORD, STANDIN, WRONG, Server, alive,
                 authorize, crypted, descendants, dropbear_name, executable, gone, kill, put, sh,
                 shadow, slurp, standin_skip, until)
from stock import CLIENTS, ready, run

BASE = ["-F", "-E", "-r", "{host}", "-p", "127.0.0.1:{port}"]
FROM = r"127\.0\.0\.1:\d+"


@pytest.fixture
def drop(serve):
    return lambda *flags, base=BASE, **kw: serve(dropbear=base + list(flags), **kw)


@pytest.fixture(scope="module")
def plain():
    with Server(dropbear=BASE) as s:
        yield s


@contextlib.contextmanager
def blank(name):
    shadow(name, "")
    try:
        yield
    finally:
        shadow(name, crypted("6"))


def anyone(argv):
    """ssh that takes any host key, and so meets one that was just made"""
    return argv[:1] + ["-o", "StrictHostKeyChecking=no"] + [
        "UserKnownHostsFile=/dev/null" if a.startswith("UserKnownHostsFile") else a
        for a in argv[1:]]


# ---------------------------------------------------------------- log lines
LINES = [
    ("key", {}, [
        f"Child connection from {FROM}",
        "Pubkey auth succeeded for 'ann' with ssh-ed25519 key SHA256:[A-Za-z0-9+/]{43}"
        f" from {FROM}",
        rf"Exit \(ann\) from <{FROM}>: .+"]),
    ("password", {"password": PASSWORD}, [f"Password auth succeeded for 'ann' from {FROM}"]),
    ("wrong password", {"password": "wrong"}, [
        f"Bad password attempt for 'ann' from {FROM}",
        rf"Exit before auth from <{FROM}>: \(user 'ann', 1 fails\): .+"]),
    ("wrong key", {"key": WRONG}, [
        rf"Exit before auth from <{FROM}>: \(user 'ann', \d+ fails\): .+"]),
    ("nonexistent", {"user": "nobody-here", "password": PASSWORD}, [
        f"Login attempt for nonexistent user from {FROM}"]),
]


@pytest.mark.parametrize("how,lines", [l[1:] for l in LINES], ids=[l[0] for l in LINES])
def test_log_lines(ssh, plain, how, lines):
    if how.get("user"):
        standin_skip("Debian's of 2022 does not say from where", "dropbear")
    since = len(plain.log())
    ssh(plain, "true", **how)
    for line in lines:
        plain.wait_log(rf"^(\[\d+\] \w+ +\d+ [\d:]+ )?{line}$", since)


def test_log_escapes(plain):
    """a name with a line break and an escape sequence forges no line"""
    since = len(plain.log())
    if why := ready("paramiko"):  # ssh knows better than to ask for such a user
        pytest.skip(why)
    CLIENTS["paramiko"](plain, "true", user="x\n[1] Jan 01 00:00:00 Password auth succeeded"
                        " for \x1b[31m%n%s")
    plain.wait_log("nonexistent", since)
    plain.wait_log("Exit before auth", since)
    assert "\x1b" not in plain.log()
    assert not re.search("^(.{24})?Password auth succeeded for", plain.log()[since:], re.M)


# ---------------------------------------------------------------- flags
def test_names(ssh, plain, remote):
    """ps, pidof, killall and grep of /proc/PID/cmdline find each of our processes"""
    if EMU:
        pytest.skip("an emulator is what /proc shows")
    with ssh.start(plain, f"echo $$ >{remote.path}; exec sleep 1000"):
        session = remote.pid()
        ours = [plain.pid] + [p for p in descendants(plain.pid) if p != session]
        assert len(ours) >= 2
        for pid in ours:
            assert slurp(f"/proc/{pid}/comm") == "dropbear\n"
            assert slurp(f"/proc/{pid}/cmdline").split("\0")[0].split("/")[-1] == "dropbear"
        assert str(plain.pid) in sh(["pidof", "dropbear"]).split()


@pytest.mark.parametrize("glued", ["-FE", "-FEp127.0.0.1:{port}"])
def test_bundled_flags(ssh, drop, glued):
    base = [glued, "-r{host}"] + ([] if "port" in glued else ["-p127.0.0.1:{port}"])
    assert ssh(drop(base=base), "echo in").out == "in\n"


@pytest.mark.parametrize("flags,user,key,password", [
    ([], "root", True, True), (["-w"], "root", False, False), (["-g"], "root", True, False),
    (["-s"], "root", True, False), (["-s"], "ann", True, False), (["-w"], "ann", True, True),
    (["-g"], "ann", True, True)], ids=str)
def test_who(ssh, drop, flags, user, key, password):
    s = drop(*flags)
    assert (ssh(s, "echo in", user=user).out == "in\n") == key
    assert (ssh(s, "echo in", user=user, password=PASSWORD).out == "in\n") == password


def test_blank_password(ssh, drop):
    """with -B; without it OpenWrt's root, whose keys are named (-r) and not to be made (-R)"""
    nothing = {"user": "root", "password": ""}
    with_a_password = drop()
    with blank("root"):
        assert ssh(with_a_password, "echo in", **nothing).rc == 255
        assert ssh(drop(), "echo in", **nothing).out == "in\n"
        for flags in (["-R"], ["-g"], ["-s"], ["-w"], ["-t"], ["-B", "-g"]):
            assert ssh(drop(*flags), "echo in", **nothing).rc == 255, flags
        assert ssh(drop("-B", "-R"), "echo in", **nothing).out == "in\n"
    with blank("ann"):
        assert ssh(drop(), "echo in", user="ann", password="").rc == 255
        assert ssh(drop("-B"), "echo in", user="ann", password="").out == "in\n"


def test_forced_command(ssh, drop):
    s = drop("-c", "echo forced $SSH_ORIGINAL_COMMAND")
    assert ssh(s, "echo in").out == "forced echo in\n"


def test_banner(ssh, drop):
    assert "Keep out" in ssh(drop("-b", put(DATA + "/db.banner", "Keep out\n")), "true").err


def test_tries(ssh, drop):
    s = drop("-T", "2")
    argv, env = ssh.command(s, "echo in", password="wrong")
    argv[argv.index("NumberOfPasswordPrompts=1")] = "NumberOfPasswordPrompts=9"
    assert run(argv, env).rc == 255
    assert len(re.findall("Bad password attempt", s.log())) == 2


def test_window(ssh, drop):
    with open(DATA + "/10m", "rb") as f:
        r = ssh(drop("-W", "30000"), "sha256sum", stdin=f.read(3000000))
    assert r.rc == 0


def test_keepalive(ssh, drop):
    assert ssh(drop("-K", "1"), "sleep 3; echo ok").out == "ok\n"


def test_idle(ssh, drop, remote):
    """-I: a session in which nothing happens ends"""
    with ssh.spawn(drop("-I", "2"), f"echo $$ >{remote.path}; exec sleep 1000"):
        gone(remote.pid())


def test_max_duration(ssh, drop):
    standin_skip("has no -M")
    r = ssh(drop("-M", "2"), "while :; do echo x; sleep .3; done")
    assert r.rc == 255


def test_group(ssh, drop):
    s = drop("-G", "ben")
    assert ssh(s, "echo in", user="ben").out == "in\n"
    assert ssh(s, "echo in", user="ann").rc == 255


def test_keys_folder(ssh, drop):
    standin_skip("has no -D")
    folder = DATA + "/keys.d"
    os.makedirs(folder)
    shutil.copy(KEY + ".pub", folder + "/authorized_keys")
    os.chmod(folder + "/authorized_keys", 0o600)
    authorize("dot", "# none")
    try:
        assert ssh(drop(), "echo in", user="dot").rc == 255
        assert ssh(drop("-D", folder), "echo in", user="root").out == "in\n"
    finally:
        authorize("dot")


def test_root_keys_in_etc(ssh, drop):
    """as OpenWrt keeps them"""
    standin_skip("Debian's is not patched so")
    os.makedirs("/etc/dropbear", exist_ok=True)
    shutil.copy(KEY + ".pub", "/etc/dropbear/authorized_keys")
    os.chmod("/etc/dropbear/authorized_keys", 0o600)
    authorize("root", "# none")
    try:
        assert ssh(drop(), "id -u", user="root").out == "0\n"
    finally:
        os.unlink("/etc/dropbear/authorized_keys")
        authorize("root")


def test_key_and_password(ssh, drop):
    standin_skip("Debian's is of 2022: the order differs")
    s = drop("-t")
    assert ssh(s, "echo in").rc == 255 and ssh(s, "echo in", password=PASSWORD).rc == 255
    argv, env = ssh.command(s, "echo in", password=PASSWORD)
    at = argv.index("PreferredAuthentications=password")
    argv[at:at + 1] = ["PreferredAuthentications=publickey,password", "-i", KEY]
    assert run(argv, env).out == "in\n"


def test_pass_env(ssh, drop):
    """-e: what the daemon has, the session has"""
    assert ssh(drop("-e", env={"SECRET": "told"}), "echo $SECRET").out == "told\n"
    assert ssh(drop(env={"SECRET": "told"}), "echo $SECRET").out == "\n"


def test_motd(ssh, drop):
    put("/etc/motd", "Message of the day\n")
    try:
        for flags, shown in ([], True), (["-m"], False):
            with ssh.spawn(drop(*flags)) as t:
                t.send("echo up$((1 + 1)); exit\r")
                t.wait()
                assert ("Message" in t.text) == shown
    finally:
        os.unlink("/etc/motd")


def test_bad_flags(drop):
    exe = EMU * (not STANDIN) + [dropbear_name(executable())]
    for flags in (["-p"], ["-T", "many"], ["-p", "127.0.0.1:99999", "-F", "-E"]):
        assert run(exe + flags).rc != 0


def test_version():
    standin_skip("is asked by other flags", "openssh")
    r = run(EMU * (not STANDIN) + [dropbear_name(executable()), "-V"])
    assert r.rc == 0 and re.search(r"v?\d", r.out + r.err)


# ---------------------------------------------------------------- where it listens
def test_many_ports(ssh, drop):
    """several -p, with and without an address, IPv6 in brackets"""
    s = drop("-p", "[::1]:3901", "-p", "3902", "-p", "127.0.0.1:3903")
    until(lambda: all(map(s.listening, (3901, 3902, 3903))), "all ports")
    for host, port in (("127.0.0.1", s.port), ("::1", 3901), ("127.0.0.1", 3902), ("::1", 3902),
                       ("127.0.0.1", 3903)):
        s.host, s.port = host, port
        assert ssh(s, "echo ${SSH_CONNECTION}").out.split()[2:] == [host, str(port)]


def inetd(s, c):
    """one connection, as inetd would hand it over"""
    exe = EMU * (not STANDIN) + [dropbear_name(executable())]
    return subprocess.Popen(exe + ["-i"] + (["-r", HOSTKEY + ".db"] if STANDIN else  # to syslog
                                            ["-E", "-r", HOSTKEY]),
                            stdin=c, stdout=c, stderr=open(s.path, "a"))


def test_inetd(ssh):
    class Super:
        host, path = "127.0.0.1", DATA + "/inetd.log"
    standin_skip("has one dialect", "openssh")
    served = []
    with socket.create_server((Super.host, 0)) as l:
        Super.port = l.getsockname()[1]

        def accept():
            for _ in range(3):
                c, _addr = l.accept()
                with c:
                    served.append(inetd(Super, c))
        t = threading.Thread(target=accept, daemon=True)
        t.start()
        assert ssh(Super, "echo in").out == "in\n"
        assert ssh(Super, "cat", stdin=bytes(2000000)).out == "\0" * 2000000
        assert ssh(Super, "echo in", key=WRONG).rc == 255
        t.join()
    for p in served:
        p.wait(LIMIT)
    assert STANDIN or re.search(f"Pubkey auth succeeded for 'ann' .* from {FROM}$",
                                slurp(Super.path), re.M)


# ---------------------------------------------------------------- the daemon's life
def test_daemon(ssh, drop):
    """without -F: the caller goes on when the port is open; the pid file says who it is"""
    pid = DATA + "/db.pid"
    s = drop("-P", pid, base=[a for a in BASE if a != "-F"], background=True)
    assert s.p.wait(LIMIT) == 0
    s.pid = int(until(lambda: os.path.exists(pid) and slurp(pid), "the pid file"))
    try:
        assert os.getsid(s.pid) not in (os.getsid(0), os.getsid(os.getpid()))
        assert ssh(s, "echo in").out == "in\n"
        s.signal(signal.SIGTERM)
        gone(s.pid)
        assert not os.path.exists(pid)
    finally:
        kill([s.pid])


def test_term(ssh, drop):
    s = drop()
    with ssh.start(s, "cat") as p:
        p.stdin.write(b"one\n")
        p.stdin.flush()
        assert p.stdout.readline() == b"one\n"
        s.signal(signal.SIGTERM)
        s.p.wait(LIMIT)
        assert p.communicate(b"two\n", timeout=LIMIT)[0] == b"two\n" and p.returncode == 0


def scan(s):
    return run(["ssh-keyscan", "-t", "ed25519", "-p", str(s.port), s.host]).out.split()[-1:]


def test_hup(ssh, drop):
    """reloads: sessions stay, and a host key that was exchanged is shown"""
    standin_skip("ends at HUP", "dropbear")
    key = shutil.copy(HOSTKEY, DATA + "/hup.key")
    s = drop(base=["-F", "-E", "-r", key, "-p", "127.0.0.1:{port}"])
    before = until(lambda: scan(s), "the host key")
    with ssh.start(s, "cat") as p:
        p.stdin.write(b"one\n")
        p.stdin.flush()
        assert p.stdout.readline() == b"one\n"
        shutil.copy(WRONG, key)
        s.signal(signal.SIGHUP)
        until(lambda: scan(s) not in ([], before), "the new host key")
        assert alive(s.pid)
        put(key, "not a key\n", 0o600)
        since = len(s.log())
        s.signal(signal.SIGHUP)
        s.wait_log(re.escape(key), since)
        assert scan(s) == slurp(WRONG + ".pub").split()[1:2]
        assert p.communicate(b"two\n", timeout=LIMIT)[0] == b"two\n" and p.returncode == 0


def test_make_keys(ssh, drop):
    """-R makes the key that is missing; it stays the same"""
    standin_skip("makes keys in its own folder alone")
    key = DATA + "/new/deep/host_ed25519"
    base = ["-F", "-E", "-R", "-r", key, "-p", "127.0.0.1:{port}"]
    s = drop(base=base)
    argv, env = ssh.command(s, "echo in")
    assert run(anyone(argv), env).out == "in\n"
    first = scan(s)
    assert first and os.stat(key).st_mode & 0o777 == 0o600
    assert os.listdir(os.path.dirname(key)) == [os.path.basename(key)]
    s.stop()
    assert scan(drop(base=base)) == first


@pytest.mark.parametrize("formed", ["openssh", "dropbear"])
def test_key_formats(drop, formed):
    """either dialect takes either format"""
    standin_skip("takes its own alone")
    key = HOSTKEY + {"openssh": "", "dropbear": ".db"}[formed]
    assert scan(drop(base=["-F", "-E", "-r", key, "-p", "127.0.0.1:{port}"])) == \
        slurp(HOSTKEY + ".pub").split()[1:2]


@pytest.mark.parametrize("flags", ["ro", "size=4096,nr_inodes=2"], ids=["read-only", "full"])
def test_nowhere_to_write(ssh, drop, flags):
    """the key is kept in memory, and the log is loud about it"""
    standin_skip("has no such mode")
    folder = DATA + "/" + flags[:2]
    os.makedirs(folder)
    sh(["mount", "-t", "tmpfs", "-o", flags, "tmpfs", folder])
    try:
        if flags != "ro":
            with contextlib.suppress(OSError), open(folder + "/filler", "wb") as f:
                f.write(bytes(8192))
        s = drop(base=["-F", "-E", "-R", "-r", folder + "/key", "-p", "127.0.0.1:{port}"])
        argv, env = ssh.command(s, "echo in")
        assert run(anyone(argv), env).out == "in\n"
        s.wait_log(re.escape(folder) + ".*MEMORY")
        first = scan(s)
        assert first and scan(s) == first
        s.stop()
    finally:
        sh(["umount", "-l", folder])


def test_no_key_no_server(drop):
    """without -R a missing key is not made"""
    exe = EMU * (not STANDIN) + [dropbear_name(executable())]
    standin_skip("listens nonetheless, and fails each connection", "dropbear")
    r = run(exe + ["-F", "-E", "-r", DATA + "/none/key", "-p", "127.0.0.1:3990"])
    assert r.rc != 0 and "none/key" in r.err


def test_locked_account(ssh, plain):
    """as Dropbear does it, `!` is for passwords: a key still lets in"""
    assert ssh(plain, "echo in", user="eve").out == "in\n"
    assert ssh(plain, "echo in", user="eve", password=PASSWORD).rc == 255
