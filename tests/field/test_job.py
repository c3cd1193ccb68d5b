"""cubssh job, and DetachOnLoss: what runs on when its login is gone.

SPDX-License-Identifier: MIT
"""
import contextlib
import os
import re
import shutil
import signal
import stat
import subprocess
import time

import caller
import lib
import pytest
from lib import descendants, gone, kill, sh, slurp, until
from stock import Terminal

FOLDER = "/tmp/cubssh-job-30000"
RING = 64 << 10
TEN = "seq 1 700000; until test -e {0}; do sleep 0.1; done; seq 700001 1400000; exit 7"
TEXT = "".join(f"{i}\n" for i in range(1, 1400001))  # 10 MB


def keepers(uid=30000):
    """processes of ours that have a socket in the folder"""
    found = []
    for pid in descendants(os.getpid()):
        with contextlib.suppress(OSError):
            if os.stat(f"/proc/{pid}").st_uid == uid and "cubssh" in os.readlink(f"/proc/{pid}/exe") \
                    and slurp(f"/proc/{pid}/stat").split()[5] == str(pid):
                found.append(pid)
    return found


@pytest.fixture(autouse=True)
def clean():
    yield
    kill(keepers())
    until(lambda: not keepers(), "the end of all keepers")
    shutil.rmtree(FOLDER, ignore_errors=True)


@pytest.fixture(scope="module")
def server():
    with lib.Server(DetachOnLoss="yes") as s:
        yield s


def job(server, *words, **kw):
    """by a new login"""
    return caller.ssh(server, cmd=lib.CUBSSH + " job " + " ".join(words), **kw)


def good(server, *words, **kw):
    r = job(server, *words, **kw)
    assert r.rc == 0 and not r.err, r
    return r.out


def jobs(server):
    return {l.split()[0]: l.split()[2:] for l in good(server, "list").splitlines()}


def ended(server, name):
    return until(lambda: jobs(server)[name][0] == "ended" and jobs(server)[name][1],
                 f"the end of job {name}")


def shell(server, *flags, name="ssh"):
    argv = caller.argv(server, "-tt", *flags)
    t = Terminal([name if "/" in name else argv[0]] + argv[1:], dict(os.environ))
    t.expect(r"[$#>] $", again="\n", limit=20)
    t.send("PS1=; stty -echo; echo rea''dy\n")
    t.expect("ready\r\n")
    return t


def lost(server, name="lost-1"):
    until(lambda: name in jobs(server), "the session to be a job")


# ---------------------------------------------------------------- jobs
def test_run(server):
    assert good(server, "run", "'echo to the log; echo and this >&2; exit 5'") == "1\n"
    assert ended(server, "1") == "5"
    assert good(server, "log", "1") == "to the log\nand this\n"
    r = job(server, "attach", "1")
    assert (r.rc, r.out) == (5, "to the log\nand this\n")
    assert jobs(server) == {} and os.listdir(FOLDER) == []


def test_words_and_name(server):
    """several words are no line for a shell"""
    assert good(server, "run -n a.b", "printf %s, 'x  y' '$HOME'") == "a.b\n"
    ended(server, "a.b")
    assert good(server, "log", "a.b") == "x  y,$HOME,"
    r = job(server, "run -n a.b true")
    assert r.rc == 1 and "a.b: " in r.err and jobs(server)["a.b"][:2] == ["ended", "0"]
    for name in ("../x", ".x", "x/y", "x" * 32, "''"):
        r = job(server, "run -n", name, "true")
        assert r.rc == 1 and r.err, name
        assert job(server, "attach", name).rc == 1


def test_not_found(server):
    r = job(server, "run no-such-program with words")
    assert r.rc == 127 and "no-such-program: No such file" in r.err and not r.out
    assert os.listdir(FOLDER) == []
    for what in ("attach", "log", "kill"):
        r = job(server, what, "none")
        assert r.rc == 1 and "none: no such job" in r.err
    for wrong in ("", "run", "run -x true", "nonsense", "attach", "list more", "kill -9"):
        r = job(server, wrong)
        assert r.rc == 2 and "usage:" in r.err, wrong
    assert job(server, "kill -NONSENSE none").rc == 1


def test_attached_at_once(server):
    r = job(server, "run -a", "'echo one; sleep 1; echo two; kill -9 $$'")
    assert (r.rc, r.out) == (128 + 9, "one\ntwo\n")
    good(server, "kill 1")
    assert jobs(server) == {}


def test_kill(server):
    good(server, "run -n n sleep 100")
    pid = int(good(server, "list").split()[1])
    good(server, "kill -USR1 n")
    assert ended(server, "n") == str(128 + signal.SIGUSR1) and not lib.alive(pid)
    good(server, "kill n")
    assert jobs(server) == {}
    good(server, "run -n n sleep 100")
    good(server, "kill -9 n")
    assert ended(server, "n") == "137"


def test_terminal(server):
    """its size, what is typed, the key that detaches, and again, by two at once"""
    ask = "'while read x; do test $x = q && exit 9; echo $x is `stty size`; done'"
    with caller.terminal(server, "-tt", cmd=f"{lib.CUBSSH} job run -a -n t {ask}") as t:
        t.send("one\n")
        t.expect("one is 24 80\r\n")
        t.resize(50, 132)
        until(lambda: "50 132" in (t.send("two\n") or t.pump(0.2) or ""), "the new size")
        t.send("\x1c")
        t.expect(r"\[t goes on\]")
        assert t.wait() == 0
    assert jobs(server)["t"][0] == "runs"
    with caller.terminal(server, "-tt", cmd=f"{lib.CUBSSH} job attach t") as a, \
            caller.terminal(server, "-tt", cmd=f"{lib.CUBSSH} job attach t") as b:
        a.expect("one is 24 80\r\n")
        b.expect("one is 24 80\r\n")
        a.send("three\n")
        b.expect("three is 24 80")
        kill([a.p.pid])
        b.send("four\nq\n")
        b.expect("four is 24 80")
        assert b.wait() == 9
    # whoever saw the end may have been a dead login: it takes one that comes later
    assert jobs(server)["t"][:2] == ["ended", "9"]
    assert job(server, "attach t").rc == 9 and "t" not in jobs(server)


def test_immune(server, serve):
    """the client is killed, the server goes away, and comes back"""
    go, own = lib.DATA + "/go", serve()
    good(server, "list")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(go)
    with caller.Background(caller.argv(own, cmd=f"{lib.CUBSSH} job run -aTn big '{TEN.format(go)}'"),
                           stdout=subprocess.PIPE) as p:
        assert p.stdout.read(100000) == TEXT[:100000].encode()
        p.kill()
    monitors = descendants(own.pid)
    own.signal(signal.SIGTERM)
    gone(own.pid)
    kill(monitors)
    lib.put(go, "")
    assert ended(server, "big") == "7"
    assert good(server, "log", "big") == TEXT[-RING:]
    r = job(server, "attach", "big")
    assert r.rc == 7 and r.out == TEXT[-RING:] and jobs(server) == {}


@contextlib.contextmanager
def far_away():
    """another network, by a line that can be pulled: (prefix of commands there, pull)"""
    if not shutil.which("ip"):
        pytest.skip("no ip")
    names = "jobnet", "jobwire", "jobfar"
    with subprocess.Popen(["unshare", "-n", "sh", "-c", "echo; exec sleep 1000"],
                          stdout=subprocess.PIPE) as p:
        p.stdout.read(1)
        try:
            sh(f"ip link add {names[1]} type veth peer name {names[2]} netns {p.pid} && "
               f"ip addr add 10.77.0.1/24 dev {names[1]} && ip link set {names[1]} up")
            there = ["nsenter", "-t", str(p.pid), "-n"]
            sh(there + ["sh", "-c", f"ip addr add 10.77.0.2/24 dev {names[2]} && "
                        f"ip link set {names[2]} up && ip link set lo up"])
            yield there, lambda: sh(f"ip link set {names[1]} down")
        finally:
            p.kill()
            p.wait()


def known(server):
    """the server by its other address"""
    class There:
        host, port = "10.77.0.1", server.port
    return There


def test_pulled_link(serve):
    """nobody takes the output any more, and the viewer is not even known to be dead"""
    with far_away() as (there, pull):
        s, go = serve(host="0.0.0.0"), lib.DATA + "/go2"
        s.host = "127.0.0.1"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(go)
        cmd = f"{lib.CUBSSH} job run -aTn big '{TEN.format(go)}'"
        with caller.Background(there + caller.argv(known(s), cmd=cmd),
                               stdout=subprocess.PIPE) as p:
            assert p.stdout.read(100000) == TEXT[:100000].encode()
            pull()
            lib.put(go, "")
            assert ended(s, "big") == "7"
            p.kill()
        assert good(s, "log", "big") == TEXT[-RING:]
        assert job(s, "attach", "big").rc == 7


def test_slow_viewer(server):
    """one that takes nothing for a while loses the middle; one that reads loses nothing"""
    with caller.Background(caller.argv(server, cmd=f"{lib.CUBSSH} job run -aTn all 'sleep 1; seq 1 1400000'"),
                           stdout=subprocess.PIPE) as p:
        assert p.stdout.read() == TEXT.encode()
        assert p.wait() == 0


def test_many(server):
    """the names that are made up are as many as there are; a given one is another; stale ones go"""
    names = good(server, "list; for i in `seq 32`; do", lib.CUBSSH, "job run sleep 1000; done")
    assert names.split() == [str(i) for i in range(1, 33)] and len(keepers()) == 32
    r = job(server, "run true")
    assert r.rc == 1 and FOLDER in r.err and "exist" in r.err
    assert good(server, "run -n more sleep 1000") == "more\n"
    kill(keepers()[:20])
    assert len(jobs(server)) == 13 and len(os.listdir(FOLDER)) == 13
    kill(keepers())
    until(lambda: not keepers(), "their end")
    assert len(os.listdir(FOLDER)) == 13  # nobody has looked yet
    assert good(server, "run true") == "1\n"
    assert set(jobs(server)) == {"1"} and len(os.listdir(FOLDER)) == 1


def test_others(server):
    """the folder is its user's alone; and were it not, the keeper asks who it is"""
    good(server, "run -n mine sleep 1000")
    assert stat.S_IMODE(os.stat(FOLDER).st_mode) == 0o700
    path = FOLDER + "/mine"

    def knock(uid):
        code = ("import socket, sys\ns = socket.socket(socket.AF_UNIX)\n"
                f"s.connect('{path}')\ns.send(b'l' + bytes(9))\nsys.stdout.write(str(len(s.recv(999))))")
        return subprocess.run(["/usr/bin/python3", "-c", code], user=uid, group=uid, text=True,
                              capture_output=True, check=False)
    assert "PermissionError" in knock(30001).stderr
    assert knock(0).stdout == knock(30000).stdout == "128"
    os.chmod(FOLDER, 0o755)
    os.chmod(path, 0o777)
    other = knock(30001)
    assert other.stdout != "128" and ("reset" in other.stderr or "Broken pipe" in other.stderr or other.stdout == "0")
    r = job(server, "attach mine")  # not ours alone any more
    assert r.rc == 1 and "mine: " in r.err
    os.chmod(FOLDER, 0o700)
    assert jobs(server)["mine"][0] == "runs"
    r = caller.ssh(server, cmd=lib.CUBSSH + " job attach mine", user="ben")
    assert r.rc == 1 and "no such job" in r.err


@pytest.mark.parametrize("how", ["another's", "a link", "open"])
def test_folder_of_somebody_else(server, how):
    if how == "a link":
        os.symlink(lib.HOMES + "/ann/.ssh", FOLDER)
    else:
        os.mkdir(FOLDER, 0o700)
        os.chown(FOLDER, *(2 * [30001 if how == "another's" else 30000]))
        os.chmod(FOLDER, 0o700 if how == "another's" else 0o770)
    try:
        r = job(server, "run sleep 100")
        assert r.rc == 1 and FOLDER in r.err and not keepers()
        r = job(server, "list")
        assert r.rc == 1 and FOLDER in r.err
        assert os.path.exists(lib.HOMES + "/ann/.ssh/authorized_keys")
    finally:
        os.unlink(FOLDER) if how == "a link" else os.rmdir(FOLDER)


def dirty(pid):
    """KiB of its own; a page of the file itself always counts as dirty on a tmpfs"""
    return sum(map(int, re.findall(r"^Anonymous: *(\d+)", slurp(f"/proc/{pid}/smaps"), re.M)))


def test_memory(server):
    """KiB: little where nothing was written, the ring and the same where 1 MB was"""
    good(server, "run -n idle sleep 1000")
    [idle] = keepers()
    assert dirty(idle) <= 36
    good(server, "run -n full", "'seq 1 200000; sleep 1000'")
    full = (set(keepers()) - {idle}).pop()
    until(lambda: good(server, "log full").endswith("200000\n"), "all of its output")
    print("private dirty, KiB:", dirty(idle), dirty(full))
    assert dirty(full) <= 64 + 36


# ---------------------------------------------------------------- DetachOnLoss
def test_vi(server):
    """an editor lives on, is told of, and its text is saved from the next login"""
    editor = "vim.tiny" if shutil.which("vim.tiny") else "busybox vi"
    path = lib.HOMES + "/ann/text"
    lib.put(path, "the first line\n", 0o666)
    with shell(server) as t:
        t.send(f"{editor} {path}\n")
        t.expect("the first line")
        t.send("othe second\x1b")
        t.expect("the second")
        kill([t.p.pid])
    lost(server)
    with caller.terminal(server, "-tt") as t:
        t.expect("A lost login goes on: cubssh job attach lost-1\r\n")
        t.send(f"{lib.CUBSSH} job attach lost-1\n")
        t.expect("the second")
        t.resize(40, 100)
        t.send("othe third\x1b")
        t.expect("the third")
        time.sleep(0.5)  # what follows ESC at once belongs to it
        t.send(":wq\r")
        until(lambda: (t.pump(0.1), slurp(path) == "the first line\nthe second\nthe third\n")[1],
              "the text to be saved")
        t.send("stty size; echo a'n'd\n")
        t.expect("40 100\r\n")
        t.expect("and\r\n")
        t.send("exit\n")
        t.expect(r"\$ $", again="\n")
        t.send("echo la'st'\n")
        t.expect("last\r\n")
    assert ended(server, "lost-1") == "0"


def test_no_hangup(serve):
    """no process of the lost login is told of anything; -o turns it on"""
    s, told = serve(DetachOnLoss="yes", ClientAliveInterval=1, ClientAliveCountMax=2), lib.DATA + "/told"
    lib.put(told, "", 0o666)
    with shell(s) as t:
        t.send(f"trap 'echo hup >>{told}' HUP; echo $$ >>{told}; while sleep 0.2; do :; done\n")
        pid = until(lambda: slurp(told).strip(), "the shell's word")
        os.kill(t.p.pid, signal.SIGSTOP)  # it answers no more
        s.wait_log("Keepalive timeout")
        lost(s)
        assert slurp(told).split() == [pid] and lib.alive(pid)
        s.wait_log("the login of 'ann' from .* is kept as a job")
    good(s, "kill -HUP lost-1")
    until(lambda: "hup" in slurp(told), "the shell to be told, as asked for")


@pytest.mark.parametrize("how", ["logout", "disconnect", "idle", "off", "no terminal", "forced"])
def test_not_lost(serve, how):
    """what somebody wanted to end, ends"""
    off = {"off": {}, "idle": {"DetachOnLoss": "yes", "IdleTimeout": 2},
           "forced": {"DetachOnLoss": "yes", "ForceCommand": "cat"}}
    s = serve(**off.get(how, {"DetachOnLoss": "yes"}))
    if how == "no terminal":
        t = caller.Background(caller.argv(s, cmd="echo; exec cat"), stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE)
        t.stdout.read(1)
        kill([t.pid])
    elif how == "forced":
        t = caller.terminal(s, "-tt")
        t.send("hello\n")
        t.expect("hello\r\nhello")
        kill([t.p.pid])
    else:
        t = shell(s, name="/usr/bin/ssh" if how == "disconnect" else "ssh")
        if how == "logout":
            t.send("exit\n")
        elif how == "disconnect":
            t.send("\n~.")
        elif how == "off":
            kill([t.p.pid])
    s.wait_log("Exit ")
    until(lambda: not [p for p in descendants(s.pid) if p != s.pid], "the end of the session")
    assert not keepers() and not os.path.exists(FOLDER)
    if how == "no terminal":
        t.wait()
        t.stdin.close()
        t.stdout.close()
    else:
        t.close()


def test_two_sessions(server):
    """each becomes a job of its own, and a killed network process is a loss as well"""
    with shell(server) as a, shell(server) as b:
        for t in a, b:
            t.send("echo in\n")
            t.expect("in\r\n")
        kill([a.p.pid, b.p.pid])
    lost(server, "lost-2")
    assert set(jobs(server)) == {"lost-1", "lost-2"}
    good(server, "kill -HUP lost-1")
    until(lambda: jobs(server)["lost-1"][0] == "ended", "its end")
