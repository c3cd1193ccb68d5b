"""test_rescue.py - the rescue login, on a machine that has nothing left.

Everything here is in namespaces of its own: passwd and the shell that are taken away are copies.
"""
# SPDX-License-Identifier: MIT
import ctypes
import os
import resource
import shutil
import signal
import socket
import subprocess
import time

import pytest

import lib

HERE = "/run/rescue"
KEY, OTHER, HOSTKEY, KEYS = (HERE + "/" + n for n in ("id", "other", "host", "keys"))
LOG = HERE + "/log"


def until(what, seconds=60):
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def put(path, data, mode=0o600):
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, mode)


def built_in(symbol):
    """the binary has that setting"""
    out = subprocess.run([lib.CUBSSH, "sshd", "-T"], capture_output=True, text=True, timeout=60)
    return symbol in out.stdout


@pytest.fixture(scope="module", autouse=True)
def place():
    os.makedirs(HERE, exist_ok=True)
    for k in (KEY, OTHER, HOSTKEY):
        lib.sh(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", k])
    shutil.copy(KEY + ".pub", KEYS)
    os.chmod(KEYS, 0o600)


# ---------------------------------------------------------------- the rescue login
class Server:
    def __init__(self, *options, iface="lo", before=None, keys=KEYS, port=2222, host="127.0.0.1"):
        if not built_in("rescuekeys"):
            pytest.skip("RESCUE is not built in")
        self.port, self.host = port, host
        command = [lib.CUBSSH, "sshd", "-D", "-e", "-p", str(port), "-h", HOSTKEY, "-o",
                   "PidFile=none", "-o", "RescueKeys=" + keys, "-o", "MaxStartups=30"]
        command += ["-o", "RescueInterface=" + iface] if iface else []
        self.at = open(LOG, "w")
        self.p = subprocess.Popen(command + [a for o in options for a in ("-o", o)],
                                  stdin=subprocess.DEVNULL, stdout=self.at, stderr=self.at,
                                  preexec_fn=before)
        assert until(lambda: "listening" in self.log()), self.log()

    def log(self):
        return lib.slurp(LOG)

    def ready(self):
        """pids of monitor, net and the process for our commands of the session that is kept"""
        roles = {b"(monitor)": [], b"(net)": [], b"(rescue)": []}
        for pid in lib.descendants(self.p.pid):
            try:
                with open("/proc/%d/cmdline" % pid, "rb") as f:
                    args = f.read().split(b"\0")
            except OSError:
                continue
            if args[1:2] and args[1] in roles:
                roles[args[1]].append(pid)
        return [p for r in roles.values() for p in r] if all(roles.values()) else []

    def wait_ready(self):
        assert until(self.ready), self.log()
        time.sleep(0.5)  # it locks its memory, which nobody sees from here
        return self.ready()

    def command(self, *what, user="rescue", key=KEY, host=None):
        return ["ssh", "-F", "none", "-p", str(self.port), "-i", key, "-o", "IdentitiesOnly=yes",
                "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR",
                "-o", "UserKnownHostsFile=/dev/null", "-o", "ConnectTimeout=30",
                "%s@%s" % (user, host or self.host), *what]

    def run(self, *what, input="", **kw):
        return subprocess.run(self.command(*what, **kw), input=input, capture_output=True,
                              text=True, timeout=60)

    def stop(self):
        if self.at.closed:
            return
        lib.kill([self.p.pid] + lib.descendants(self.p.pid), signal.SIGKILL)
        self.p.wait()
        self.at.close()


@pytest.fixture
def serve():
    started = []

    def start(*a, **kw):
        started.append(Server(*a, **kw))
        return started[-1]
    yield start
    for s in started:
        s.stop()


def test_login_and_log(serve):
    s = serve()
    assert "RESCUE LOGIN IS ON: keys '%s'" % KEYS in s.log()
    r = s.run("id -u; echo fine")
    assert r.stdout == "0\nfine\n", s.log()
    assert "RESCUE LOGIN: uid 0 from <127.0.0.1:" in s.log()
    assert s.run("id", key=OTHER).returncode == 255
    assert s.run("id", user="nobody2").returncode == 255


def test_off_by_default(serve):
    s = serve(keys="none")
    assert "RESCUE" not in s.log() and s.run("id").returncode == 255
    assert "nonexistent user" in s.log() and not s.ready()


def test_not_from_elsewhere(serve):
    s = serve(iface="")
    assert s.run("id").returncode == 255
    assert "no rescue login from <127.0.0.1:" in s.log()


@pytest.fixture
def link():
    """a neighbour on v0: gives a prefix for commands to run there"""
    other = subprocess.Popen(["unshare", "-n", "sleep", "300"])
    there = ["nsenter", "-t", str(other.pid), "-n"]
    try:
        assert until(lambda: os.readlink("/proc/%d/ns/net" % other.pid) !=
                     os.readlink("/proc/self/ns/net"))
        lib.sh("ip link add v0 type veth peer name v1 && ip link set v1 netns %d &&"
               "ip addr add 10.7.0.1/24 dev v0 && ip addr add 169.254.7.1/30 dev v0 &&"
               "ip link set v0 up" % other.pid)
        for c in ("addr add 10.7.0.2/24 dev v1", "addr add 169.254.7.2/30 dev v1",
                  "link set v1 up"):
            lib.sh(there + ["ip"] + c.split())
        yield there
    finally:
        other.kill()
        other.wait()
        until(lambda: not os.path.exists("/sys/class/net/v0"), 5)
        subprocess.run(["ip", "link", "del", "v0"], stderr=subprocess.DEVNULL)


def test_from_link_local(serve, link):
    s = serve(iface="", host="169.254.7.1")

    def there(host):
        r = subprocess.run(link + s.command("echo fine", host=host), capture_output=True,
                           text=True, timeout=60)
        return r.stdout == "fine\n"
    assert there("169.254.7.1"), s.log()
    six = lib.sh("ip -6 -o addr show dev v0 scope link").split()[3].split("/")[0]
    assert until(lambda: there(six + "%v1")), s.log()
    assert not there("10.7.0.1")
    assert "no rescue login from <10.7.0.2:" in s.log()


@pytest.mark.parametrize("family", [4, 6])
def test_interface(serve, link, family):
    """what counts is where it came in, not which address it came to"""
    options = "AddressFamily=%s" % ("inet" if family == 4 else "any")
    lib.sh("ip addr replace 10.9.0.1/32 dev lo")
    lib.sh(link + ["ip", "route", "add", "10.9.0.1", "dev", "v1"])
    for iface, host, prefix, good in (
            ("v0", "10.7.0.1", link, True), ("v0", "10.9.0.1", link, True),
            ("v0", "127.0.0.1", [], False), ("lo", "10.9.0.1", link, False)):
        s = serve(options, iface=iface)
        r = subprocess.run(prefix + s.command("echo fine", host=host), capture_output=True,
                           text=True, timeout=60)
        assert (r.stdout == "fine\n") == good, (iface, host, s.log())
        s.stop()


def test_settings_do_not_lock_it_out(serve):
    s = serve("PubkeyAuthentication=no", "PermitRootLogin=no", "ForceCommand=false",
              "ChrootDirectory=/nowhere", "AllowUsers=ann", "RevokedKeys=/nowhere")
    assert s.run("echo fine").stdout == "fine\n", s.log()
    assert s.run("echo fine", user="root").returncode == 255


def test_keys_others_can_write(serve):
    os.chmod(KEYS, 0o666)
    try:
        s = serve("StrictModes=no")
        assert s.run("id").returncode == 255 and "writable by others" in s.log()
    finally:
        os.chmod(KEYS, 0o600)


def test_certificate(serve):
    put(HERE + "/ca", b"cert-authority " + lib.slurp(OTHER + ".pub").encode(), 0o600)
    shutil.copy(KEY, HERE + "/c")
    shutil.copy(KEY + ".pub", HERE + "/c.pub")
    s = serve(keys=HERE + "/ca")
    for name, good in (("root", False), ("rescue", True)):
        lib.sh(["ssh-keygen", "-q", "-s", OTHER, "-I", "x", "-n", name, HERE + "/c.pub"])
        assert (s.run("echo fine", key=HERE + "/c").stdout == "fine\n") == good, s.log()


def test_forced_command(serve):
    put(HERE + "/forced", b'command="echo forced" ' + lib.slurp(KEYS).encode(), 0o600)
    s = serve(keys=HERE + "/forced")
    for what in ("id", "rescue-sh", "rescue-sh id"):
        assert s.run(what).stdout == "forced\n"


def test_another_users_login_by_the_session_kept(serve):
    """who is not the rescue user gets nothing of what sets that session apart"""
    accounts = lib.slurp("/etc/passwd")
    lib.edit("/etc/passwd", "root", "root:x:0:0::/run/rescue/root:/bin/sh")
    os.makedirs("/run/rescue/root/.ssh", mode=0o700, exist_ok=True)
    put("/run/rescue/root/.ssh/authorized_keys", lib.slurp(KEYS).encode(), 0o600)
    s = serve()
    s.wait_ready()
    r = s.run("cat /proc/self/oom_score_adj; grep VmLck /proc/$PPID/status", user="root")
    put("/etc/passwd", accounts.encode(), 0o644)
    assert r.stdout.split()[:3] == ["0", "VmLck:", "0"], r.stdout + s.log()


def test_ready_is_locked(serve):
    s = serve()
    may = subprocess.run(["sh", "-c", "echo -1000 >/proc/self/oom_score_adj"], capture_output=True)
    for pid in s.wait_ready():
        if may.returncode == 0:  # not in every container
            assert lib.slurp("/proc/%d/oom_score_adj" % pid) == "-1000\n"
        with open("/proc/%d/status" % pid) as f:
            status = dict(l.split(":", 1) for l in f if l.startswith("Vm"))
        assert int(status["VmLck"].split()[0]) > 0 and int(status["VmRSS"].split()[0]) < 2048


def test_broken_settings_file(serve):
    put(HERE + "/sshd_config", b"Port 2222\nNonsense yes\n", 0o600)
    p = subprocess.run([lib.CUBSSH, "sshd", "-t", "-f", HERE + "/sshd_config", "-o",
                        "RescueKeys=" + KEYS], capture_output=True, timeout=60)
    assert p.returncode == 1
    if not built_in("rescuekeys"):
        pytest.skip("RESCUE is not built in")
    at = open(LOG, "w")
    p = subprocess.Popen([lib.CUBSSH, "sshd", "-D", "-e", "-f", HERE + "/sshd_config", "-h",
                          HERE + "/nokey", "-o", "RescueKeys=" + KEYS, "-o",
                          "RescueInterface=lo", "-o", "PidFile=none"],
                         stdin=subprocess.DEVNULL, stdout=at, stderr=at)
    s = Server.__new__(Server)
    s.p, s.at, s.port, s.host = p, at, 2222, "127.0.0.1"
    try:
        assert until(lambda: "listening" in s.log()), s.log()
        assert "NOBODY BUT rescue CAN LOG IN" in s.log()
        assert s.run("echo fine").stdout == "fine\n", s.log()
        assert s.run("echo fine", user="root").returncode == 255
    finally:
        s.stop()


# ---------------------------------------------------------------- without a shell
@pytest.fixture
def no_shell():
    """an empty file over what /bin/sh is, which nobody can execute"""
    real = os.path.realpath("/bin/sh")
    put(HERE + "/nothing", b"", 0o644)
    lib.sh(["mount", "--bind", HERE + "/nothing", real])
    yield
    ctypes.CDLL(None).umount2(real.encode(), 2)


@pytest.fixture
def no_passwd():
    lib.sh(["mount", "--bind", "/dev/null", "/etc/passwd"])
    yield
    ctypes.CDLL(None).umount2(b"/etc/passwd", 2)


SCRIPT = """mkdir {0}/a/b
echo 'two  words' "and 'more'" > {0}/a/b/f
echo again >> {0}/a/b/f # a comment
cat {0}/a/b/f
cp {0}/a/b/f {0}/a/g
mv {0}/a/g {0}/a/h
chmod 600 {0}/a/h
dd if={0}/a/h of={0}/a/i bs=4 skip=1 count=2
cat {0}/a/i
mknod {0}/a/null c 1 3
ls {0}/a
mount -t tmpfs tmpfs {0}/a/b
df
umount {0}/a/b
rm {0}/a/h {0}/a/i {0}/a/null {0}/a/b/f {0}/a/b
ls {0}/a/h
"unfinished
kill -0 1
sync
"""


def test_built_in_commands(serve, no_shell, no_passwd):
    s = serve()
    r = s.run(input=SCRIPT.format(HERE))
    lines = r.stdout.splitlines()
    assert lines[0] == "two  words and 'more'" and lines[1] == "again", r
    assert "  words" in r.stdout and any(l.startswith("crw") and l.endswith("null 1,3")
                                         for l in lines), r
    assert any(l.endswith("/a/b") and "%" not in l for l in lines), r
    assert "a/h: No such file" in r.stderr and "a quote is open" in r.stderr, r
    assert r.returncode == 0
    assert str(s.p.pid) in s.run("ps").stdout
    assert s.run("cat /nowhere").returncode == 1
    assert "reboot" in s.run("help").stdout
    assert s.run("ip-addr").stdout and s.run("mount").stdout
    shutil.rmtree(HERE + "/a")


def test_terminal(serve, no_shell):
    s = serve()
    r = subprocess.run(s.command("-tt"), input="echo on a terminal\nexit\n", text=True,
                       capture_output=True, timeout=60)
    assert "on a terminal" in r.stdout.split("rescue# ", 1)[1], r


def test_sftp(serve, no_shell, no_passwd):
    s = serve()
    at = s.command()
    r = subprocess.run(["sftp", "-b", "-", "-P", str(s.port)] + at[1:3] + at[5:-1] + [at[-1]],
                       input="get %s %s/got\n" % (KEYS, HERE), text=True, capture_output=True,
                       timeout=60)
    assert r.returncode == 0 and lib.slurp(HERE + "/got") == lib.slurp(KEYS), r


# ---------------------------------------------------------------- with nothing left
class Silent:
    """connections that say nothing, from other addresses than ours"""

    def __init__(self, port, n, source="127.0.0.2"):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
        self.all = []
        for _ in range(n):
            c = socket.socket()
            c.setblocking(False)
            c.bind((source, 0))
            c.connect_ex(("127.0.0.1", port))
            self.all.append(c)

    def close(self):
        for c in self.all:
            c.close()


def works(s):
    r = s.run("rescue-sh echo still here")
    assert r.stdout == "still here\n", (r, s.log()[-2000:])


def test_1000_silent_connections(serve):
    s = serve()
    s.wait_ready()
    silent = Silent(s.port, 1000)
    try:
        works(s)
        works(s)
    finally:
        silent.close()


def test_no_descriptors(serve):
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))
    s = serve(before=few)
    s.wait_ready()
    silent = Silent(s.port, 200)
    try:
        works(s)
    finally:
        silent.close()


@pytest.fixture
def pids():
    """a cgroup whose processes cannot have more: full() says that there are none left"""
    for base in ("/sys/fs/cgroup/pids", "/sys/fs/cgroup"):
        group = base + "/cubssh-rescue-%d" % os.getpid()
        try:
            os.mkdir(group)
        except OSError:
            continue
        if os.path.exists(group + "/pids.max"):
            break
        os.rmdir(group)
    else:
        pytest.skip("no cgroup that limits processes")
    yield group
    until(lambda: not lib.slurp(group + "/cgroup.procs"))
    os.rmdir(group)


def limit(group, n):
    with open(group + "/pids.max", "w") as f:
        f.write(n)


def test_no_process_slot(serve, pids, no_shell, no_passwd):
    def join():
        with open(pids + "/cgroup.procs", "w") as f:
            f.write(str(os.getpid()))
    s = serve(before=join)
    s.wait_ready()
    limit(pids, lib.slurp(pids + "/pids.current").strip())
    silent = Silent(s.port, 100)
    try:
        r = s.run(input="echo still here\nps\nkill -0 %d\n" % s.p.pid)
        assert r.stdout.startswith("still here\n") and str(s.p.pid) in r.stdout, (r, s.log())
        assert "the one kept ready serves" in s.log()
        # and again, when those slots are free
        assert until(lambda: len(s.ready()) >= 3), s.log()
        assert s.run("echo again").stdout == "again\n", s.log()
    finally:
        silent.close()
        limit(pids, "max")
        s.stop()


def test_read_only_root(serve, no_passwd):
    """nothing can be written: no host key, no pid file"""
    lib.sh("mkdir -p /run/rescue/ro && mount -t tmpfs -o ro tmpfs /run/rescue/ro")
    try:
        s = serve("HostKey=/run/rescue/ro/key", "PidFile=/run/rescue/ro/pid")
        works(s)
    finally:
        lib.sh("umount /run/rescue/ro")
