"""lab - a place for the tests: accounts that exist only here, servers, and a look into /proc.

isolate() of the interop tests gives mount and network namespaces with a copy of /etc over /etc and
an empty /run; no account, no file and no process is left behind. Needs root. CUBSSH names the
binary (./cubssh); CUBSSH_STANDIN=openssh runs Debian's sshd instead, which proves the client right.
"""
# SPDX-License-Identifier: MIT
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(1, os.path.join(os.path.dirname(__file__), "..", "interop"))
from lib import CUBSSH, descendants, isolate, outer  # noqa: E402
from peer import Key, Peer  # noqa: E402

STANDIN = os.environ.get("CUBSSH_STANDIN") == "openssh"
THEIRS = os.environ.get("CUBSSH_TOOLS") == "openssh"
SSHD = "/usr/sbin/sshd"
CRASHES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "crashes.py")
ROOT = "/run/lab"
PASSWORD = "correct horse"
KEY = Key()  # alice's
UIDS = {}


def sh(*command):
    subprocess.run(command, check=True)


def sh_out(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def crypt(password, salt="abcdefgh", kind="-6"):
    return sh_out("openssl", "passwd", kind, "-salt", salt, password)


HASHES = {  # account: what stands in shadow's second field; None: no line at all
    "hnull": None, "hempty": "", "hstar": "*", "hbang": "!", "hbangs": "!!", "hx": "x",
    "hdes": "ab", "hid": "$6$", "hsalt": "$6$abcdefgh", "hcut": "$6$abcdefgh$",
    "hshort": "$6$abcdefgh$abc", "hrounds": "$5$rounds=$abcdefgh$", "hwhat": "$9$abcdefgh$abc",
    "hmd5": "$1$abcdefgh$", "hfail": "*0", "hfail1": "*1", "hdollar": "$", "hnp": "NP",
    "hyes": "$y$j9T$abcdefgh$", "hlong": "$6$" + "a" * 300 + "$" + "b" * 86,
}


def enter():
    """accounts in a namespace of our own; why not, where that failed"""
    why = "" if outer else isolate()
    if why:
        return why
    os.mkdir(ROOT, 0o755)
    good = crypt(PASSWORD)
    users = {"alice": good, "bob": good, "nokey": good, "noshell": good, "locked": "!" + good}
    for name, hash in {**users, **HASHES}.items():
        account(name, hash, "/nonexistent/shell" if name == "noshell" else "/bin/sh")
    with open("/etc/shadow") as f:
        rows = [r for r in f if not r.startswith("root:")]
    with open("/etc/shadow", "w") as f:
        f.writelines(["root:%s:19000:0:99999:7:::\n" % good] + rows)
    keys("alice", KEY.line)
    keys("noshell", KEY.line)
    keys("locked", KEY.line)
    return ""


def account(name, hash, shell):
    uid = UIDS[name] = 31000 + len(UIDS)
    home = ROOT + "/home/" + name
    with open("/etc/passwd", "a") as f:
        f.write("%s:x:%d:%d::%s:%s\n" % (name, uid, uid, home, shell))
    with open("/etc/group", "a") as f:
        f.write("%s:x:%d:\n" % (name, uid))
    if hash is not None:
        with open("/etc/shadow", "a") as f:
            f.write("%s:%s:19000:0:99999:7:::\n" % (name, hash))
    os.makedirs(home, 0o755, exist_ok=True)
    os.chown(home, uid, uid)


def home(user, *path):
    return os.path.join(ROOT, "home", user, *path)


def keys(user, *lines):
    """~/.ssh/authorized_keys anew, whatever was there; lines: str or bytes"""
    shutil.rmtree(home(user, ".ssh"), ignore_errors=True)
    os.chmod(home(user), 0o755)
    os.mkdir(home(user, ".ssh"), 0o700)
    path = home(user, ".ssh", "authorized_keys")
    with open(path, "wb") as f:
        for l in lines:
            f.write(l if isinstance(l, bytes) else l.encode() + b"\n")
    for p in (home(user, ".ssh"), path):
        os.chown(p, UIDS[user], UIDS[user])
    os.chmod(path, 0o600)
    return path


# ---------------------------------------------------------------- /proc
def slurp(path):
    try:
        with open(path, "rb") as f:
            return f.read().decode("utf-8", "replace")
    except OSError:
        return ""


def status(pid, field):
    m = re.search(r"^%s:\s*(.*)$" % field, slurp("/proc/%d/status" % pid), re.M)
    return m.group(1) if m else ""


def end_all(pids):
    for p in pids:
        try:
            os.kill(p, signal.SIGKILL)
        except OSError:
            pass
    for p in pids:
        try:
            os.waitpid(p, 0)
        except OSError:
            pass


def reap():
    """what orphans of the servers became of ours; nobody else waits for them"""
    known = {p.pid for s in Server.all for p in (s.p, s.watcher)}
    for pid in map(int, slurp("/proc/self/task/%d/children" % os.getpid()).split()):
        if pid not in known and status(pid, "State")[:1] == "Z":
            os.waitpid(pid, 0)


def dirty(pids):
    """KiB that are private to them, summed"""
    total = 0
    for p in pids:
        m = re.search(r"Private_Dirty:\s+(\d+)", slurp("/proc/%d/smaps_rollup" % p))
        total += int(m.group(1)) if m else 0
    return total


def eventually(what, seconds=20):
    """True as soon as what() is; False after that many seconds"""
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


# ---------------------------------------------------------------- the server
class Server:
    """options: "Keyword=value" for -o; a word with a dash and what follows goes as it is; wrap: a
    command before it; quiet: no log file"""

    all, watcher = [], None

    def __init__(self, dir, *options, dialect="sshd", wrap=(), quiet=False, **popen):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        hostkey = os.path.join(dir, "hostkey")
        if not os.path.exists(hostkey):
            sh("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", hostkey)
        opts, plain = [], False
        for o in options:
            plain = plain or o.startswith("-")
            opts += [o] if plain else ["-o", o]
        if STANDIN:
            command = [SSHD, "-D", "-e", "-f", "/dev/null", "-p", str(self.port), "-h", hostkey,
                       "-o", "ListenAddress=127.0.0.1", "-o", "UsePAM=no", "-o",
                       "PidFile=none"] + opts + ["-o", "MaxStartups=1000"]
        elif dialect == "dropbear":
            command = [CUBSSH, "dropbear", "-F", "-E", "-p", "127.0.0.1:%d" % self.port, "-P",
                       os.path.join(dir, "pid"), "-r", hostkey] + opts
        else:
            command = [CUBSSH, "sshd", "-D", "-e", "-p", "127.0.0.1:%d" % self.port, "-h",
                       hostkey, "-o", "PidFile=" + os.path.join(dir, "pid")] + opts
        self.logname = os.path.join(dir, "log.%d" % self.port)
        with open(os.devnull if quiet else self.logname, "wb") as log:
            self.p = subprocess.Popen(list(wrap) + command, stdin=subprocess.DEVNULL, stdout=log,
                                      stderr=log, **popen)
        if not eventually(self.listening):
            self.stop()
            raise RuntimeError("%r does not listen:\n%s" % (command, self.log()))
        self.crashlog = os.path.join(dir, "crashes.%d" % self.port)
        self.watcher = subprocess.Popen([sys.executable, CRASHES, str(self.p.pid), self.crashlog])
        assert eventually(lambda: "ready" in slurp(self.crashlog))
        Server.all.append(self)

    def listening(self):
        """without a connection, which the server would count"""
        return re.search(r":%04X \S+ 0A" % self.port, slurp("/proc/net/tcp"))

    def log(self):
        return slurp(self.logname)

    def rawlog(self):
        with open(self.logname, "rb") as f:
            return f.read()

    def peer(self, **kw):
        return Peer(self.port, **kw)

    def start(self, **kw):
        return Peer(self.port, **kw).start()

    def login(self, user="alice", key=KEY, **kw):
        return self.start(**kw).login(user, key)

    def serves(self):
        """an honest login still gets its command run"""
        with self.login() as p:
            return p.run("echo fine").out == b"fine\n"

    def procs(self):
        """{pid: role} of the server's own processes, the listener too"""
        out = {}
        for pid in [self.p.pid] + descendants(self.p.pid):
            args = slurp("/proc/%d/cmdline" % pid).split("\0")
            if STANDIN:
                if args[0].startswith("sshd: ") or args[0] == SSHD:
                    out[pid] = "listener" if pid == self.p.pid else (
                        "net" if status(pid, "Uid").split()[:1] != ["0"] else "monitor")
            elif args[1:2] in (["(monitor)"], ["(net)"]):
                out[pid] = args[1][1:-1]
            elif os.path.basename(args[0]) == os.path.basename(CUBSSH):
                out[pid] = "listener"
        return out

    def roles(self, *roles):
        return [p for p, r in self.procs().items() if r in roles]

    def connection(self):
        """pids of monitor and net; to be called while there is one connection"""
        return self.roles("monitor", "net")

    def settled(self):
        """no connection is left"""
        return eventually(lambda: not self.connection())

    def crashes(self):
        """who died of a bad signal since the last call"""
        with open(self.crashlog, "r+") as f:
            lines = [l for l in f.read().splitlines() if "ready" not in l]
            f.truncate(0)
        return lines

    def stop(self):
        end_all(descendants(self.p.pid))
        if self.p.poll() is None:
            self.p.kill()
        self.p.wait()
        if self.watcher:
            self.watcher.kill()  # it would wait for programs that sessions left behind
            self.watcher.wait()
