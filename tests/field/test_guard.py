"""Changes that undo themselves unless a later login confirms them.

SPDX-License-Identifier: MIT
"""
import os
import signal
import subprocess
import time

import lib
import pytest
import stock
from lib import CUBSSH, DATA, HOSTKEY, KEY, KNOWN, alive, descendants, put, sh, slurp, until

STATE, BOOT = "/run/cubssh-guard", "/etc/cubssh/guard"
SSH = ["ssh", "-F", "none", "-i", KEY, "-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes",
       "-o", "UserKnownHostsFile=" + KNOWN, "-o", "ConnectTimeout=2"]
FAR = "10.99.0.1"  # where the server is, seen from the other namespace


def built(name):
    return name in sh([CUBSSH, "--list"]).split()


pytestmark = pytest.mark.skipif(not built("guard"), reason="guard is not built in")


@pytest.fixture(autouse=True)
def clean():
    yield
    for pid in lib.descendants(os.getpid()):
        try:
            words = slurp(f"/proc/{pid}/cmdline").split("\0")
        except OSError:
            continue
        if "guard" in words[:2]:
            lib.kill([pid])
    sh(f"rm -rf {STATE} {BOOT}")


@pytest.fixture(scope="module")
def server():
    with lib.Server() as s:
        yield s


@pytest.fixture
def folder():
    """a folder as /etc/config is one, and what guard is to say of it"""
    path = DATA + "/config"
    sh(f"rm -rf {path} {DATA}/.config.guard* && mkdir -p {path}/sub")
    put(path + "/a", "old\n")
    put(path + "/sub/b", "old\n")
    os.symlink("a", path + "/link")
    return path


def ssh(server, command, user="root", more=(), **kw):
    return subprocess.run(SSH + ["-p", str(server.port), f"{user}@{server.host}", *more, command],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=lib.LIMIT, **kw)


def confirmed(server):
    """its answer; the kernel tells starts in hundredths of a second, rounded down"""
    def ask():
        r = ssh(server, CUBSSH + " confirm")
        return r.returncode == 0 and r.stdout
    return until(ask, "confirmation")


def g(*argv):
    return subprocess.run([CUBSSH, *argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=lib.LIMIT)


def is_old(path):
    return (sorted(os.listdir(path)) == ["a", "link", "sub"] and slurp(path + "/a") == "old\n" and
            slurp(path + "/sub/b") == "old\n" and os.readlink(path + "/link") == "a" and
            not [f for f in os.listdir(DATA) if f.startswith(".config.guard")])


def spoil(path):
    return f"echo new >{path}/a; rm -r {path}/sub {path}/link; echo >{path}/more"


def start(server, folder, *more, seconds=300, user="root"):
    """a change from a login that is over then"""
    r = ssh(server, f"{CUBSSH} guard -t {seconds} {' '.join(more)} --files {folder} -- "
                    f"'{spoil(folder)}'", user=user)
    assert r.returncode == 0, r.stdout
    assert not is_old(folder)


class Session:
    """a shell in a login, spoken to line by line"""

    def __init__(self, server, argv=()):
        self.p = subprocess.Popen(SSH + ["-p", str(server.port), f"root@{server.host}", *argv, "sh"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True)
        self.ask("true")

    def ask(self, line):
        self.p.stdin.write(f"{{ {line}; }} 2>&1; echo status $?\n")
        self.p.stdin.flush()
        got = []
        while not got or not got[-1].startswith("status "):
            got.append(self.p.stdout.readline())
            assert got[-1], got
        return int(got[-1].split()[1]), "".join(got[:-1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.p.kill()
        self.p.wait()


def test_confirmed_from_new_login(server, folder):
    start(server, folder)
    assert "unconfirmed" in ssh(server, CUBSSH + " guard list").stdout
    assert "confirmed" in confirmed(server)
    assert g("guard", "list").stdout == "" and not os.listdir(STATE)
    assert slurp(folder + "/a") == "new\n" and os.path.exists(folder + "/more")
    assert not [f for f in os.listdir(DATA) if "guard" in f]


def test_undone_in_time(server, folder):
    start(server, folder, f"--undo 'echo x >>{DATA}/undone'", seconds=5)
    until(lambda: is_old(folder) and not os.listdir(STATE), "the change to be undone")
    assert slurp(DATA + "/undone") == "x\n"
    os.unlink(DATA + "/undone")
    assert ssh(server, CUBSSH + " confirm").returncode == 1


def test_old_session_refused(server, folder):
    put(DATA + "/(monitor)", f"{CUBSSH} confirm\n")
    with Session(server) as s:
        assert s.ask(f"{CUBSSH} guard --files {folder} -- '{spoil(folder)}'")[0] == 0
        for line in (f"{CUBSSH} confirm", f"{CUBSSH} confirm --force", f"sh -c '{CUBSSH} confirm 1'",
                     f"CUBSSH_LOGIN='99999999999 1' {CUBSSH} confirm",
                     f"env -u CUBSSH_LOGIN {CUBSSH} confirm --force",
                     f"cd {DATA}; sh '(monitor)'"):
            status, said = s.ask(line)
            assert status == 1 and "log in anew" in said, (line, said)
        # what a terminal multiplexer does: it has left the login, and goes on
        out = DATA + "/away"
        s.ask(f"(setsid sh -c 'sleep 0.3; {CUBSSH} confirm --force; echo $?' >{out} 2>&1 &)")
        said = until(lambda: os.path.exists(out) and slurp(out).endswith("1\n") and slurp(out), "an answer")
        assert "tmux" in said
        assert "unconfirmed" in s.ask(CUBSSH + " guard list")[1]
        assert s.ask(f"{CUBSSH} guard cancel") == (0, "")
    assert is_old(folder) and not os.listdir(STATE)


def test_old_connection_refused(server, folder):
    """a new session on a connection from before is no new login"""
    path = DATA + "/mux"
    with Session(server, ["-M", "-S", path]):
        start(server, folder)
        r = ssh(server, f"{CUBSSH} confirm", more=["-S", path])
        assert r.returncode == 1 and "log in anew" in r.stdout, r.stdout
    confirmed(server)


def test_user(server):
    """who is not root has a place of their own, that others cannot see"""
    home = lib.HOMES + "/ann"
    try:
        r = ssh(server, f"{CUBSSH} guard --files f -- 'echo >f'", user="ann")
        assert r.returncode == 0, r.stdout
        assert os.path.exists(home + "/f") and os.stat("/tmp/cubssh-guard.30000").st_mode & 0o77 == 0
        assert ssh(server, CUBSSH + " guard list").stdout == ""
        assert ssh(server, CUBSSH + " confirm", user="root").returncode == 1
        assert ssh(server, CUBSSH + " guard cancel", user="ann").returncode == 0
        assert not os.path.exists(home + "/f")
    finally:
        sh("rm -rf /tmp/cubssh-guard.30000")


def test_failed_change(folder):
    r = g("guard", "--files", folder, "--", "sh", "-c", spoil(folder) + "; echo out; exit 3")
    assert r.returncode == 3 and "out\n" in r.stdout and "undone" in r.stdout
    assert is_old(folder)
    r = g("guard", "--files", folder, "--", "/no/such/program", "x")
    assert r.returncode == 127 and is_old(folder) and not os.listdir(STATE)


def test_change_that_hangs(folder):
    r = g("guard", "-t", "5", "--files", folder, "--", f"echo $$ >{DATA}/hung; sleep 1000; true")
    assert r.returncode == 255 and "undone" in r.stdout
    pid = int(slurp(DATA + "/hung"))
    until(lambda: not alive(pid), "the end of the change")


def test_usage_and_refusals(folder):
    for argv in ((), ("--", "true"), ("--undo", "x"), ("--undo", "x", "-t", "1", "--", "true"),
                 ("--bad", "--undo", "x", "--", "true")):
        assert g("guard", *argv).returncode == 2, argv
    assert g("guard", "--files", "/proc", "--", "true").returncode == 1  # something is mounted there
    assert g("guard", "cancel", "x").returncode == 1 and g("confirm", "7").returncode == 1
    assert g("confirm", "--bad").returncode == 2
    os.makedirs(STATE, exist_ok=True)
    os.chmod(STATE, 0o777)  # others could have put commands there
    assert g("guard", "--undo", "x", "--", "true").returncode == 1


def server_kill(server):
    """all of it, but not what sessions run"""
    for pid in [server.p.pid] + descendants(server.p.pid):
        if "sshd" in slurp(f"/proc/{pid}/cmdline").split("\0")[:2] or \
                slurp(f"/proc/{pid}/cmdline").split("\0")[1:2] in (["(monitor)"], ["(net)"]):
            lib.kill([pid])
    server.p.wait()


@pytest.mark.parametrize("confirm", [True, False])
def test_sshd_killed(serve, folder, confirm):
    first = serve()
    p = subprocess.Popen(SSH + ["-p", str(first.port), "root@127.0.0.1",
                                f"{CUBSSH} guard -t {300 if confirm else 5} --files {folder} -- "
                                f"'while [ ! -e {DATA}/go ]; do echo line; sleep 0.01; done; "
                                f"{spoil(folder)}'"],
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        assert b"guard" in p.stdout.readline()
        server_kill(first)
        p.wait(lib.LIMIT)
        time.sleep(0.2)  # the change prints on, to nobody
        put(DATA + "/go", "")
        if confirm:
            until(lambda: os.path.exists(folder + "/more"), "the change to be done")
            second = serve()
            confirmed(second)
            assert slurp(folder + "/a") == "new\n"
        else:
            until(lambda: is_old(folder) and not os.listdir(STATE), "the change to be undone")
    finally:
        p.kill()
        os.unlink(DATA + "/go")


def test_session_killed(server, folder):
    """by its client's death, on a terminal: the change goes on"""
    p = subprocess.Popen(SSH + ["-tt", "-p", str(server.port), "root@127.0.0.1",
                                f"{CUBSSH} guard --files {folder} -- 'sleep 1; {spoil(folder)}'"],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert b"guard" in p.stdout.readline()
    p.send_signal(signal.SIGKILL)
    p.wait()
    until(lambda: os.path.exists(folder + "/more"), "the change to be done")
    confirmed(server)
    assert slurp(folder + "/a") == "new\n" and not os.listdir(STATE)


def watcher():
    """those that wait"""
    found = []
    for pid in descendants(os.getpid()):
        words = slurp(f"/proc/{pid}/cmdline").split("\0")
        if words[:2] == [CUBSSH, "guard"]:
            found.append(pid)
    return found


def test_reset(server, folder):
    """what a reset leaves: the file on the disk, and nobody who waits"""
    put(folder + "/new", "")
    os.unlink(folder + "/new")
    start(server, folder, "--boot", f"--undo 'echo x >>{DATA}/undone'")
    assert g("guard", "boot").returncode == 0  # an init script may call it at any time
    assert not is_old(folder) and os.listdir(BOOT) == ["10"]
    lib.kill(watcher())
    until(lambda: not watcher(), "the reset")
    sh(f"rm -rf {STATE}")
    assert "left behind" in g("guard", "list").stdout
    r = g("guard", "boot")
    assert r.returncode == 0 and "undone" in r.stdout
    assert is_old(folder) and os.listdir(BOOT) == []
    g("guard", "boot")
    assert slurp(DATA + "/undone") == "x\n"
    os.unlink(DATA + "/undone")


@pytest.mark.parametrize("step", range(4))
def test_reset_while_undoing(server, folder, step):
    """each state that a cut may leave is taken up at the next start"""
    start(server, folder, "--boot")
    lib.kill(watcher())
    until(lambda: not watcher(), "the reset")
    copy = DATA + "/.config.guard-10"
    if step > 0:
        os.rename(BOOT + "/10", BOOT + "/10.undo")
    if step > 1:
        os.rename(folder, copy + "~")
    if step > 2:
        os.rename(copy, folder)
    g("guard", "boot")
    assert is_old(folder) and os.listdir(BOOT) == []


def test_reset_after_confirmation(server, folder):
    start(server, folder, "--boot")
    confirmed(server)
    g("guard", "boot")
    assert not is_old(folder) and os.listdir(BOOT) == []


def test_copy_left_by_a_reset(server, folder):
    """confirmed, and cut before the copies were gone: the next one with that number is not kept"""
    os.mkdir(DATA + "/.config.guard-10")
    put(DATA + "/.config.guard-10/a", "much older\n")
    start(server, folder, "--boot")
    assert g("guard", "cancel").returncode == 0
    assert is_old(folder) and not os.path.exists(DATA + "/.config.guard-10")


def test_files_that_were_not_there(folder):
    r = g("guard", "-t", "5", "--files", folder + "/x", folder + "/a", "--",
          f"echo >{folder}/x; rm {folder}/a; mkdir {folder}/a")
    assert r.returncode == 0 and os.path.isdir(folder + "/a")
    assert g("guard", "cancel").returncode == 0
    assert is_old(folder)


@pytest.fixture(scope="module")
def far():
    """a namespace with a line to here; gives the words before a command that runs there"""
    sh("ip netns add far && ip link add near type veth peer name away netns far && "
       f"ip addr add {FAR}/24 dev near && ip link set near up && "
       "ip -n far addr add 10.99.0.2/24 dev away && ip -n far link set away up")
    yield ["nsenter", "--net=/run/netns/far"]
    sh("ip link del near; ip netns del far")


def test_network_cut(serve, far):
    server = serve(host=FAR)
    login = far + SSH + ["-p", str(server.port), "root@" + FAR]

    def ask(command):
        return subprocess.run(login + [command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=lib.LIMIT)

    assert ask("true").returncode == 0
    p = subprocess.Popen(login + [f"{CUBSSH} guard -t 8 --undo 'ip link set near up' -- "
                                  f"'ip link set near down; yes | head -n 30000'"],
                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
    until(lambda: "unconfirmed" in g("guard", "list").stdout, "the change to be done")
    assert ask("true").returncode == 255
    until(lambda: not os.listdir(STATE), "the change to be undone")
    until(lambda: ask("true").returncode == 0, "a login")
    p.kill()
    p.wait()


def test_openssh_login(serve, folder):
    """whose own process tells since when"""
    if not os.access("/usr/sbin/sshd", os.X_OK):
        pytest.skip("no sshd of OpenSSH")
    server = serve(raw=lambda listen: [
        "/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-h", HOSTKEY, "-o",
        "ListenAddress=" + listen, "-o", "PermitRootLogin=yes", "-o", "UsePAM=no"])
    with Session(server) as s:
        status, said = s.ask(f"{CUBSSH} guard --files {folder} -- '{spoil(folder)}'")
        assert status == 0, said
        status, said = s.ask(CUBSSH + " confirm --force")
        assert status == 1 and "log in anew" in said, said
        confirmed(server)


def test_login_that_nobody_vouches_for(folder):
    start_here = g("guard", "--files", folder, "--", spoil(folder))
    assert start_here.returncode == 0
    # below a shell that somebody else's init has started, as a serial console's
    sh(f"(setsid sh -c '{CUBSSH} confirm; echo $? >{DATA}/r1; {CUBSSH} confirm --force; "
       f"echo $? >{DATA}/r2' >/dev/null 2>&1 &)")
    until(lambda: os.path.exists(DATA + "/r2") and slurp(DATA + "/r2"), "both answers")
    assert slurp(DATA + "/r2") == "0\n"
