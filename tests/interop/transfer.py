"""transfer.py - our scp and sftp, the servers they meet, and trees of files to carry.

SPDX-License-Identifier: MIT

CUBSSH_TOOLS=openssh puts Debian's scp and sftp in place of ours: that is how the
tests themselves are tested. Debian's ssh carries, by a configuration file in
which each server has its name as a host.
"""
import hashlib
import os
import re
import shutil
import stat
import subprocess

import pytest
from lib import CUBSSH, DATA, EMU, HOMES, HOSTKEY, KEY, KNOWN, USERS, Server, descendants, put, \
    sh, slurp
from stock import Result, run  # noqa: F401 (Result is for those who import us)

THEIRS = os.environ.get("CUBSSH_TOOLS") == "openssh"
BIG = os.environ.get("CUBSSH_BIG") == "1"
SSH = "/usr/bin/ssh"
TOOLS = DATA + "/tools"  # links to the binary under its names
CONFIG = DATA + "/ssh_config"
REFUSING = 2199  # nobody listens there
ANN = 30000 + list(USERS).index("ann")
PEERS = ["openssh", "dropbear", "ours"]
MIB = 1 << 20
SIZES = [0, 1, 32767, 32768, 100003, MIB]
# what a file may be called; each once bit somebody
NAMES = [b"plain", b"a file", b"  two  ", b"it's", b'say "hi"', b"gr\xc3\xbcn", b"\xff\xfe\x80",
         b"-rf", b"--", b"-", b"*", b"st*r", b"what?", b"[abc]", b"[", b"{a,b}", b"back\\slash",
         b"end\\", b"$HOME", b"`id`", b"a;b&c|d", b"~", b"#x", b"tab\there", b"a:b", b"%n%s", b"!"]
LINES = [b"new\nline", b"\n", b"cr\rlf\n"]  # what SFTP alone carries


def tool(name):
    """the command line that it begins with"""
    if THEIRS:
        return ["/usr/bin/" + name]
    if not os.path.lexists(TOOLS + "/" + name):
        os.makedirs(TOOLS, exist_ok=True)
        os.symlink(CUBSSH, TOOLS + "/" + name)
    return EMU + [TOOLS + "/" + name]


def theirs_skip(why):
    if THEIRS:
        pytest.skip("openssh: " + why)


# ---------------------------------------------------------------- servers
SERVERS = {}


def peer(name):
    """a server under that name; it runs until the end of the session"""
    if name not in SERVERS:
        hurry()
        if name == "ours":
            SERVERS[name] = Server(exe=CUBSSH)
            SERVERS[name].name = name
        else:
            SERVERS[name] = Foreign(name)
        configure()
    return SERVERS[name]


def hurry():
    """no delayed acknowledgements on our loopback: two of them are most of a login's time"""
    subprocess.run("ip route replace table local local 127.0.0.0/8 dev lo proto kernel scope host"
                   " src 127.0.0.1 quickack 1", shell=True, stderr=subprocess.DEVNULL)


class Foreign(Server):
    """Debian's server, whatever the stand-in is"""

    def __init__(self, name):
        exe = shutil.which(name if name == "dropbear" else "sshd", path="/usr/sbin:/usr/bin")
        if not exe:
            pytest.skip(f"{name} is not installed")
        self.name = name
        super().__init__(exe=exe, raw=self.line)

    def line(self, listen):
        if self.name == "dropbear":
            return ["/usr/sbin/dropbear", "-F", "-E", "-r", HOSTKEY + ".db", "-p", listen]
        return ["/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-h", HOSTKEY, "-o",
                "ListenAddress=" + listen, "-o", "MaxStartups=100", "-o",
                "Subsystem=sftp /usr/lib/openssh/sftp-server"]


def configure():
    """for root's client, and the same in ann's home"""
    text = f"Host refusing\n\tHostName 127.0.0.1\n\tPort {REFUSING}\n"
    for name, server in SERVERS.items():
        text += f"Host {name}\n\tHostName {server.host}\n\tPort {server.port}\n"
    rest = ("Host *\n\tUser ann\n\tStrictHostKeyChecking yes\n\tUserKnownHostsFile {known}\n"
            "\tGlobalKnownHostsFile none\n\tIdentityFile {key}\n\tIdentitiesOnly yes\n"
            "\tIdentityAgent none\n\tBatchMode yes\n\tLogLevel ERROR\n")
    put(CONFIG, text + rest.format(known=KNOWN, key=KEY))
    home = HOMES + "/ann/.ssh"
    for path, mode in (("id", 0o600), ("known_hosts", 0o644)):
        put(f"{home}/{path}", slurp(KEY if path == "id" else KNOWN), mode)
        os.chown(f"{home}/{path}", ANN, ANN)
    put(home + "/config", text + rest.format(known=home + "/known_hosts", key=home + "/id"))
    os.chown(home + "/config", ANN, ANN)


def sftp_servers(server):
    """pids of what serves SFTP below it"""
    out = []
    for pid in descendants(server.pid):
        try:
            args = slurp(f"/proc/{pid}/cmdline").split("\0")
        except OSError:
            continue  # it has just ended
        if any("sftp-server" in a for a in args[:2]) and not args[0].endswith("sh"):
            out.append(pid)
    return out


# ---------------------------------------------------------------- running
def scp(*args, **kw):
    return run(tool("scp") + ["-S", SSH, "-F", CONFIG, *args], **kw)


def sftp(host, *commands, args=(), **kw):
    """a batch"""
    batch = b"".join((c if isinstance(c, bytes) else c.encode()) + b"\n" for c in commands)
    return run(tool("sftp") + ["-S", SSH, "-F", CONFIG, "-b", "-", *args, host], stdin=batch, **kw)


def their(name, *args, **kw):
    return run(["/usr/bin/" + name, "-S", SSH, "-F", CONFIG, *args], **kw)


def fine(r, out=""):
    """exit status 0 and not a word, or the words expected"""
    assert r.rc == 0 and r.err == "", r
    if out is not None:
        assert r.out == out, r
    return r


def failed(r, *words, rc=1):
    """exit status, a message with these words, stdout clean"""
    assert r.out == "" and r.err and (r.rc == rc or THEIRS and r.rc == 255), r
    for w in words if not THEIRS else ():
        assert w.lower() in r.err.lower(), r
    return r


def esc(path):
    """a path as a pattern that matches it alone"""
    return "".join("\\" + c if c in "*?[]\\" else c for c in os.fsdecode(path))


def quoted(path):
    """for sftp's command line: within quotes nothing is a wildcard"""
    return b'"' + os.fsencode(path).replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


# ---------------------------------------------------------------- files
class Place:
    """two empty directories: here of our own, there in ann's home"""
    n = 0

    def __init__(self):
        Place.n += 1
        self.here, self.there = f"{DATA}/here.{Place.n}", f"{HOMES}/ann/there.{Place.n}"
        for path, uid in ((self.here, 0), (self.there, ANN)):
            os.mkdir(path)
            os.chown(path, uid, uid)

    def remove(self):
        for path in (self.here, self.there):
            shutil.rmtree(path, ignore_errors=True)

    def near(self, name, data=b"", **kw):
        return self._make(self.here, name, data, 0, **kw)

    def far(self, name, data=b"", **kw):
        return self._make(self.there, name, data, ANN, **kw)

    def _make(self, top, name, data, uid, mode=None, mtime=None):
        """a file with data, a directory where that is None, a link where it is a str"""
        path = os.path.join(os.fsencode(top), name if isinstance(name, bytes) else name.encode())
        if data is None:
            os.mkdir(path)
        elif isinstance(data, str):
            os.symlink(data, path)
        else:
            with open(path, "wb") as f:
                f.write(data)
        os.chown(path, uid, uid, follow_symlinks=False)
        if mode is not None:
            os.chmod(path, mode)
        if mtime is not None:
            os.utime(path, (mtime + 1000, mtime))
        return os.fsdecode(path)


def plant(make):
    """a tree with one of each kind of mode, by Place.near or far"""
    make("top", None, mode=0o750)
    make("top/run", b"#!/bin/sh\n", mode=0o755)
    make("top/private", b"secret", mode=0o600)
    make("top/empty", None, mode=0o700)
    make("top/sub", None)
    make("top/sub/deep", None)
    make("top/sub/deep/f", noise(50000), mode=0o644)
    make("top/sub/a b", noise(100000), mode=0o640)
    make("top/.dot", b"dot", mode=0o644)


def noise(size, seed=0):
    """the same bytes for the same arguments, fast"""
    return hashlib.shake_128(b"%d %d" % (size, seed)).digest(size)


def get(path):
    with open(path, "rb") as f:
        return f.read()


def mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


def tree(top, times=False):
    """{path: what is there} below it"""
    top, out = os.fsencode(top), {}
    for folder, dirs, files in os.walk(top):
        for name in dirs + files:
            path = os.path.join(folder, name)
            st = os.lstat(path)
            what = [stat.filemode(st.st_mode)]
            if stat.S_ISLNK(st.st_mode):
                what.append(os.readlink(path))
            elif stat.S_ISREG(st.st_mode):
                what.append(hashlib.sha256(get(path)).hexdigest())
            if times and not stat.S_ISLNK(st.st_mode):
                what.append(int(st.st_mtime))
            out[os.path.relpath(path, top)] = what
    return out


def tmpfs(path, size):
    """a small disk there"""
    os.makedirs(path, exist_ok=True)
    sh(["mount", "-t", "tmpfs", "-o", f"size={size},mode=777", "tmpfs", path])


def holes(path, size, tail=b"", at=None):
    """a sparse file that ends with tail, or has it elsewhere"""
    with open(path, "wb") as f:
        f.truncate(size)
        f.seek(size - len(tail) if at is None else at)
        f.write(tail)
    return path


def as_ann():
    """for run(): who is not root meets the modes of files"""
    configure()  # other tests make the folder anew
    return ["setpriv", f"--reuid={ANN}", f"--regid={ANN}", "--clear-groups", "env",
            f"HOME={HOMES}/ann"]


# ---------------------------------------------------------------- batches
def batch(host, at, *commands, **kw):
    """from those two directories; each command is shown on stdout before its output"""
    return sftp(host, f"cd {at.there}", f"lcd {at.here}", *commands, **kw)


def ok(host, at, *commands, **kw):
    r = batch(host, at, *commands, **kw)
    assert r.rc == 0 and r.err == "", r
    return r.out


def plain(out):
    """without what a listing owes to the server's words: numbers of links, names of owners"""
    return re.sub(r"(?m)^([-a-z]\S{9}) +\S+ +\S+ +\S+ +(\d+ \S\S\S )", r"\1 \2", out)


def same(host, at, *commands):
    """what Debian's sftp prints"""
    cd = (f"cd {at.there}", f"lcd {at.here}")
    lines = "".join(c + "\n" for c in cd + commands).encode()
    theirs = run(["/usr/bin/sftp", "-S", SSH, "-F", CONFIG, "-b", "-", host], stdin=lines)
    ours = batch(host, at, *commands)
    assert plain(ours.out).splitlines() == plain(theirs.out).splitlines(), (ours.err, theirs.err)
    assert ours.rc == theirs.rc and bool(ours.err) == bool(theirs.err), (ours.err, theirs.err)
    return ours


# behind it what a line editor does to the rest of the line
PROMPT = r"sftp> (?:\r|\x1b\[\d*[A-Z])*$"


def failed_batch(host, at, *commands):
    r = batch(host, at, *commands)
    assert r.rc == 1 and r.err, r
    return r


# ---------------------------------------------------------------- fixtures, imported where wanted
WAYS = {"sftp": [], "old": ["-O"]}


@pytest.fixture(params=PEERS)
def host(request):
    peer(request.param)
    return request.param


@pytest.fixture(params=list(WAYS))
def way(request):
    return WAYS[request.param]


@pytest.fixture
def at():
    """here and there"""
    place = Place()
    yield place
    place.remove()
