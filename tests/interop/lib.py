"""lib.py - the machine of the tests, servers on it, and how to wait for things.

SPDX-License-Identifier: MIT

The server is $CUBSSH (./cubssh), run under $CUBSSH_EMU where that is set.
CUBSSH_STANDIN=openssh or dropbear puts Debian's server in its place: that is
how the tests themselves are tested. conftest.py has moved us to private mount
and network namespaces: the accounts below exist in here only, and so do ports.
"""
import collections
import ctypes
import fcntl
import hashlib
import os
import re
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import time

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
CUBSSH = os.path.abspath(os.environ.get("CUBSSH", TOP + "/cubssh"))
EMU = shlex.split(os.environ.get("CUBSSH_EMU", ""))
STANDIN = os.environ.get("CUBSSH_STANDIN", "")
OUT = os.path.abspath(os.environ.get("CUBSSH_OUT", TOP + "/out"))
BUILD = OUT + "/interop"  # what is compiled or fetched for the tests
LIMIT = int(os.environ.get("CUBSSH_LIMIT", 60))  # seconds, more than anything here takes
MB10 = 10 << 20

# In here: a tmpfs, mode 755, so that no directory above a home is writable by others.
RUN = "/run"
KEYS, HOMES, DATA = RUN + "/keys", RUN + "/home", RUN + "/data"
KEY, WRONG, HOSTKEY = KEYS + "/id", KEYS + "/wrong", KEYS + "/host"
KNOWN, ASKPASS = KEYS + "/known_hosts", KEYS + "/askpass"
PASSWORD = "Open Sesame!"

# name: crypt(3) method or the literal hash, shell
USERS = {
    "ann": ("6", "/bin/sh"),
    "ben": ("5", "/bin/sh"),
    "cid": ("1", "/bin/sh"),
    "dot": ("*", "/bin/sh"),  # keys alone; authorized_keys rewritten by tests
    "eve": ("!locked", "/bin/sh"),
    "fay": ("6", "/usr/sbin/nologin"),
    "gus": ("x", "/bin/sh"),
    "hal": ("", "/bin/sh"),
    "ida": ("$6$", "/bin/sh"),
}


# ---------------------------------------------------------------- the machine
def sh(command, **kw):
    return subprocess.run(command, shell=isinstance(command, str), check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kw).stdout


def private_root():
    """
    Mounts stay in our namespace from here on. Where / is no mount point, as in
    a chroot, it cannot be told so: then a private copy of / becomes /, put where
    it cannot leak either, over /proc, which has been made private before.
    """
    here = os.getcwd()
    if subprocess.run(["mount", "--make-rprivate", "/"], stderr=subprocess.DEVNULL).returncode:
        sh("mount --make-private /proc && mount --rbind --make-rprivate / /proc")
        os.chroot("/proc")
        os.chdir(here)


def isolate():
    """private mounts, network and orphans; "" or why not"""
    global CUBSSH
    newns, newnet, subreaper = 0x20000, 0x40000000, 36
    libc = ctypes.CDLL(None, use_errno=True)
    if os.getuid():
        return "needs root, for test accounts in a mount namespace"
    back = {way: os.open(path, os.O_RDONLY) for way, path in (
        ("mount", "/proc/self/ns/mnt"), ("net", "/proc/self/ns/net"), ("root", "/"), ("wd", "."))}
    if libc.unshare(newns | newnet):
        return "unshare: " + os.strerror(ctypes.get_errno())
    libc.prctl(subreaper, 1, 0, 0, 0)
    try:
        private_root()
        sh("mount -t tmpfs -o mode=755 tmpfs /run &&"
           "mount -t tmpfs -o mode=755 tmpfs /var/log && mkdir /run/sshd && cp -a /etc /run/etc &&"
           "mount --bind /run/etc /etc && rm -rf /etc/ssh/sshd_config* /etc/dropbear /etc/motd")
    except subprocess.CalledProcessError as e:
        return "no private mounts: " + e.stderr.strip()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        up = struct.pack("16sh14x", b"lo", 1 | 64)  # IFF_UP|IFF_RUNNING
        fcntl.ioctl(s, 0x8914, up)  # SIOCSIFFLAGS
    outer.update(back)
    if os.path.exists(CUBSSH):  # where users get at it, wherever the checkout is
        CUBSSH = shutil.copy(CUBSSH, RUN + "/cubssh")
    return ""


outer = {}  # once isolated: nsenter's option and its descriptor; npm alone goes back there


def crypted(method, password=PASSWORD):
    return sh(["openssl", "passwd", "-" + method, "-salt", "saltsalt", "-stdin"],
              input=password).strip()


def edit(path, name, line):
    """the line of name in passwd, shadow or group"""
    with open(path) as f:
        rest = [l for l in f if not l.startswith(name + ":")]
    with open(path, "w") as f:
        f.writelines(rest + [line + "\n"])


def shadow(name, hashed):
    edit("/etc/shadow", name, name + ":" + hashed + ":19000:0:99999:7:::")


def furnish():
    """accounts, keys and data, all of it in our private /etc and /run"""
    for d in (KEYS, HOMES, DATA):
        os.makedirs(d)
    for k in (KEY, WRONG, HOSTKEY):
        sh(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", k])
    if shutil.which("dropbearconvert"):
        for k in (KEY, WRONG, HOSTKEY):
            sh(["dropbearconvert", "openssh", "dropbear", k, k + ".db"])
    if shutil.which("puttygen"):
        for k in (KEY, WRONG):
            sh(["puttygen", k, "-o", k + ".ppk", "-O", "private"])
    for i, (name, (hashed, shell)) in enumerate(USERS.items()):
        uid = 30000 + i
        edit("/etc/passwd", name, f"{name}:x:{uid}:{uid}::{HOMES}/{name}:{shell}")
        edit("/etc/group", name, f"{name}:x:{uid}:")
        shadow(name, crypted(hashed) if hashed.isdigit() else hashed)
        os.makedirs(f"{HOMES}/{name}")
        os.chown(f"{HOMES}/{name}", uid, uid)
        authorize(name)
    edit("/etc/passwd", "root", f"root:x:0:0::{HOMES}/root:/bin/sh")
    shadow("root", crypted("6"))
    authorize("root")
    put(KNOWN, "* " + slurp(HOSTKEY + ".pub"))
    put(ASKPASS, '#!/bin/sh\necho "$PASSWORD"\n', 0o755)
    with open(DATA + "/10m", "wb") as f:
        f.write(os.urandom(MB10))
    os.makedirs(KEYS + "/home")
    os.environ.update(HOME=KEYS + "/home", LC_ALL="C", TERM="xterm")
    for name in ("SSH_AUTH_SOCK", "DISPLAY", "SSH_ASKPASS", "LANG"):
        os.environ.pop(name, None)


def authorize(name, text=None, mode=0o600):
    """~name/.ssh/authorized_keys; {} in text is our public key"""
    uid = 0 if name == "root" else 30000 + list(USERS).index(name)
    folder = f"{HOMES}/{name}/.ssh"
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder, 0o700)
    put(folder + "/authorized_keys", (text or "{}").replace("{}", slurp(KEY + ".pub").strip())
        + "\n", mode)
    for path in (folder, folder + "/authorized_keys"):
        os.chown(path, uid, uid)
    return folder + "/authorized_keys"


def slurp(path):
    with open(path, errors="replace") as f:
        return f.read()


def put(path, text, mode=0o644):
    with open(path, "w", newline="") as f:
        f.write(text)
    os.chmod(path, mode)
    return path


def sha256(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def until(test, what, limit=LIMIT):
    """polls; what test gave, once that is true"""
    end = time.monotonic() + limit
    while True:
        got = test()
        if got:
            return got
        if time.monotonic() > end:
            pytest.fail("waited in vain for: " + what)
        time.sleep(0.02)


def alive(pid):
    try:
        return slurp(f"/proc/{pid}/stat").rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def gone(pid):
    return until(lambda: not alive(pid), f"the end of process {pid}")


def descendants(root):
    kids = collections.defaultdict(list)
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            kids[int(slurp(f"/proc/{pid}/stat").rsplit(")", 1)[1].split()[1])].append(int(pid))
        except OSError:
            pass
    out = [root]
    for pid in out:
        out += kids[pid]
    return [p for p in out[1:] if alive(p)]


def kill(pids, sig=signal.SIGKILL):
    for pid in pids:
        try:
            os.kill(pid, sig)
        except ProcessLookupError:
            pass


# ---------------------------------------------------------------- servers
# What Dropbear has for a keyword of sshd; a flag alone is for the value no.
DROPBEAR = {"Banner": "-b", "MaxAuthTries": "-T", "ForceCommand": "-c", "PidFile": "-P",
            "ClientAliveInterval": "-K", "PermitRootLogin": "-w", "PasswordAuthentication": "-s"}


def standin_sshd(exe, listen, options):
    """the command line of Debian's server for what we say to sshd"""
    if STANDIN == "openssh":
        more = {"ListenAddress": listen, "MaxStartups": "100", "AcceptEnv": "LANG LC_*",
                "Subsystem": "sftp internal-sftp", **options}
        return [exe, "-D", "-e", "-f", more.pop("config", "/dev/null"), "-h", HOSTKEY] + [
            a for k, v in more.items() for a in ("-o", f"{k}={v}")]
    argv = [exe, "-F", "-E", "-r", HOSTKEY + ".db", "-p", listen]
    for k, v in options.items():
        if k not in DROPBEAR:
            pytest.skip(f"Dropbear has nothing like {k}")
        argv += [DROPBEAR[k]] if v == "no" else [DROPBEAR[k], v]
    return argv


def standin_skip(why, *which):
    """the stand-in is known to differ: say how, and leave"""
    if STANDIN and (not which or STANDIN in which):
        pytest.skip(f"{STANDIN}: {why}")


def executable():
    exe = {"openssh": "/usr/sbin/sshd", "dropbear": "/usr/sbin/dropbear"}.get(STANDIN, CUBSSH)
    if not os.access(exe, os.X_OK):
        pytest.fail(exe + " is not there: build it first")
    return exe


class Server:
    """
    Server(Keyword=value...) is sshd; Server(dropbear=[flags]) the other
    dialect, where {host} is a host key and {port} the port; Server(raw=f) runs
    the command line f(address:port).
    """
    running, port = [], 2200

    def __init__(self, dropbear=None, exe=None, emu=None, host="127.0.0.1", env=None, config=None,
                 background=False, preexec=None, raw=None, **options):
        Server.port += 1
        self.port, self.host, self.seen = Server.port, host, 0
        listen = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        ours = emu is not None or not STANDIN  # an emulated server is always ours
        exe = exe or executable()
        if raw:  # the whole command line, from where it is to listen
            argv, ours = raw(listen), False
        elif dropbear is not None:
            key = HOSTKEY + ".db" * (not ours)
            argv = [dropbear_name(exe)] + [a.format(host=key, port=self.port) for a in dropbear]
        elif not ours:
            if config:
                options["config"] = config
            argv = standin_sshd(exe, listen, options)
        else:
            argv = [exe, "sshd", "-D", "-e", "-p", listen, "-h", HOSTKEY] + (
                ["-f", config] if config else []) + [
                    a for k, v in options.items() for a in ("-o", f"{k}={v}")]
        self.argv = (EMU if emu is None else emu) * ours + argv
        self.path = f"{DATA}/log.{self.port}"
        with open(self.path, "wb") as log:
            self.p = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                      env={**os.environ, **(env or {})}, preexec_fn=preexec)
        self.pid = self.p.pid
        Server.running.append(self)
        until(lambda: self.listening() or (not background and self.p.poll() is not None),
              "a listening port, of " + shlex.join(self.argv))
        if not background and self.p.poll() is not None:
            Server.running.remove(self)
            pytest.fail(f"{shlex.join(self.argv)} ended with {self.p.poll()}: {self.log()}")

    def listening(self, port=None):
        want = f":{port or self.port:04X} "
        for name in ("tcp", "tcp6"):
            for line in slurp("/proc/self/net/" + name).splitlines():
                if want in line.split(" rem")[0] and line.split()[3] == "0A" and \
                        line.split()[1].endswith(want.strip()):
                    return True
        return False

    def log(self):
        return slurp(self.path)

    def wait_log(self, pattern, since=0):
        return until(lambda: re.search(pattern, self.log()[since:], re.M), f"log line {pattern!r}")

    def signal(self, sig):
        os.kill(self.pid, sig)

    def stop(self):
        if self in Server.running:
            Server.running.remove(self)
            kill([self.p.pid, self.pid] + descendants(self.p.pid))
            self.p.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def dropbear_name(exe):
    """the program under the name that chooses the dialect"""
    standin_skip("has one dialect", "openssh")
    if os.path.basename(exe) == "dropbear":
        return exe
    folder = os.path.join(DATA, "bin." + hashlib.sha256(exe.encode()).hexdigest()[:8])
    os.makedirs(folder, exist_ok=True)
    if not os.path.lexists(folder + "/dropbear"):
        os.symlink(exe, folder + "/dropbear")
    return folder + "/dropbear"
