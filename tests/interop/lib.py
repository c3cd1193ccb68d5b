"""lib.py - servers under test, clients of other makers, and how to wait for things.

SPDX-License-Identifier: MIT

The server is $CUBSSH (./cubssh), run under $CUBSSH_EMU where that is set.
CUBSSH_STANDIN=openssh or dropbear puts Debian's server in its place: that is
how the tests themselves are tested. conftest.py has moved us to private mount
and network namespaces: the accounts below exist in here only, and so do ports.
"""
import collections
import ctypes
import fcntl
import functools
import hashlib
import os
import pty
import re
import select
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
import tty

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


def isolate():
    """private mounts, network and orphans; "" or why not"""
    newns, newnet, subreaper = 0x20000, 0x40000000, 36
    libc = ctypes.CDLL(None, use_errno=True)
    if os.getuid():
        return "needs root, for test accounts in a mount namespace"
    for ns in ("mnt", "net"):  # npm alone goes back there
        outer[ns] = os.open("/proc/self/ns/" + ns, os.O_RDONLY)
    if libc.unshare(newns | newnet):
        return "unshare: " + os.strerror(ctypes.get_errno())
    libc.prctl(subreaper, 1, 0, 0, 0)
    try:
        sh("mount --make-rprivate / && mount -t tmpfs -o mode=755 tmpfs /run &&"
           "mount -t tmpfs -o mode=755 tmpfs /var/log && mkdir /run/sshd && cp -a /etc /run/etc &&"
           "mount --bind /run/etc /etc && rm -rf /etc/ssh/sshd_config* /etc/dropbear /etc/motd")
    except subprocess.CalledProcessError as e:
        return "no private mounts: " + e.stderr.strip()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        up = struct.pack("16sh14x", b"lo", 1 | 64)  # IFF_UP|IFF_RUNNING
        fcntl.ioctl(s, 0x8914, up)  # SIOCSIFFLAGS
    return ""


outer = {}


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
    dialect, where {host} is a host key and {port} the port.
    """
    running, port = [], 2200

    def __init__(self, dropbear=None, exe=None, emu=None, host="127.0.0.1", env=None, config=None,
                 background=False, preexec=None, **options):
        Server.port += 1
        self.port, self.host, self.seen = Server.port, host, 0
        listen = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        ours = emu is not None or not STANDIN  # an emulated server is always ours
        exe = exe or executable()
        if dropbear is not None:
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


# ---------------------------------------------------------------- clients
CTR = [(c, m) for c in ("aes128-ctr", "aes256-ctr")
       for m in ("hmac-sha2-256", "hmac-sha2-512", "hmac-sha2-256-etm@openssh.com",
                 "hmac-sha2-512-etm@openssh.com")]
CHACHA = [("chacha20-poly1305@openssh.com", "")]
KEX = ["curve25519-sha256", "curve25519-sha256@libssh.org"]


class Client:
    """a program with a command line; an option it does not have is None, and that test skips"""

    def __init__(self, argv, key="-i {key}", password="", env=(), tty="-t", cipher="-c {}",
                 mac="-m {}", kex="-k {}", setenv="-e {}", rekey="-r {}", sessions="-n {}",
                 refused=(5, "refused"), by_signal=(255, "exit-signal TERM"), raw=True,
                 algs=CHACHA + CTR, kexes=KEX, program=None):
        self.__dict__.update({k: v for k, v in locals().items() if k != "self"})

    def word(self, option, value):
        template = getattr(self, option)
        if template is None:
            pytest.skip(f"{self.name} has no option for {option}")
        return template.replace("{}", shlex.quote(str(value)))

    def command(self, server, cmd=(), user="ann", password=None, key=KEY, **options):
        fill = {"key": key, "port": server.port, "user": shlex.quote(user), "host": server.host,
                "known": KNOWN, "py": sys.executable, "dir": HERE + "/clients", "build": BUILD,
                "fp": fingerprint(), "password": shlex.quote(password or "")}
        words = [self.password if password is not None else self.key]
        words += [self.word(k, v) for k, v in options.items() if v]
        line = self.argv.replace("{opts}", " ".join(words))
        for k, v in fill.items():
            line = line.replace("{" + k + "}", str(v))
        env = dict(os.environ)
        if password is not None:
            env.update({k: v.format(password=password, askpass=ASKPASS) for k, v in self.env})
        return shlex.split(line) + ([cmd] if cmd else []), env

    def __call__(self, server, cmd=(), stdin=b"", stdout=None, **options):
        argv, env = self.command(server, cmd, **options)
        return run(argv, env, stdin, stdout)

    def spawn(self, server, cmd=(), **kw):
        """on a terminal of ours"""
        argv, env = self.command(server, cmd, tty=True, **kw)
        return Terminal(argv, env, self.raw)

    def start(self, server, cmd=(), **kw):
        """in the background, without a terminal; its process leads its group"""
        argv, env = self.command(server, cmd, **kw)
        return Background(argv, env=env, start_new_session=True, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def fingerprint():
    return sh(["ssh-keygen", "-l", "-f", HOSTKEY + ".pub"]).split()[1]


SSH = ("ssh -F none -o StrictHostKeyChecking=yes -o UserKnownHostsFile={known}"
       " -o GlobalKnownHostsFile=none -o IdentitiesOnly=yes -o IdentityAgent=none"
       " -o NumberOfPasswordPrompts=1 -o LogLevel=INFO -p {port} {opts} {user}@{host}")
ENV_PASSWORD = [("SSH_PASSWORD", "{password}")]
DRIVER = " {opts} -p {port} {user}@{host}"
CLIENTS = {
    "openssh": Client(SSH, key="-o PreferredAuthentications=publickey -i {key}",
                      password="-o PreferredAuthentications=password", raw=False,
                      env=[("SSH_ASKPASS", "{askpass}"), ("SSH_ASKPASS_REQUIRE", "force"),
                           ("PASSWORD", "{password}")],
                      tty="-tt", kex="-o KexAlgorithms={}", setenv="-o SetEnv={}",
                      rekey="-o RekeyLimit={}", sessions=None, refused=(255, "Permission denied"),
                      by_signal=(255, ""), program="ssh"),
    "dbclient": Client("dbclient -y -y -p {port} {opts} {user}@{host}", key="-i {key}.db",
                       env=[("DROPBEAR_PASSWORD", "{password}")], kex=None, setenv=None,
                       rekey=None, sessions=None, raw=False, algs=CHACHA + CTR[0:1] + CTR[4:5],
                       refused=(0, "exited: Disconnect received"), by_signal=(0, ""),
                       program="dbclient"),
    "plink": Client("plink -batch -ssh -noagent -hostkey {fp} -P {port} {opts} {user}@{host}",
                    key="-i {key}.ppk", password="-pw {password}", cipher=None, mac=None, kex=None,
                    setenv=None, rekey=None, sessions=None, raw=False,
                    refused=(1, "denied|No supported authentication|refused"),
                    by_signal=(128, ""), program="plink"),
    "paramiko": Client("{py} -W ignore {dir}/paramiko_client.py" + DRIVER, env=ENV_PASSWORD,
                       algs=CTR, kexes=KEX[1:], by_signal=(255, "")),
    "asyncssh": Client("{py} -W ignore {dir}/asyncssh_client.py" + DRIVER, env=ENV_PASSWORD),
    "libssh": Client("{build}/libssh_client" + DRIVER, env=ENV_PASSWORD),
    "libssh2": Client("{build}/libssh2_client" + DRIVER, env=ENV_PASSWORD, rekey=None,
                      algs=CTR[0:2] + CTR[4:6]),
    "ssh2": Client("node {dir}/ssh2_client.js" + DRIVER, env=ENV_PASSWORD, program="node"),
}
for _name, _client in CLIENTS.items():
    _client.name = _name


@functools.cache
def ready(name):
    """builds or fetches what the client needs; "" or why it cannot be had"""
    os.makedirs(BUILD, exist_ok=True)
    client = CLIENTS[name]
    if client.program and not shutil.which(client.program):
        return client.program + " is not installed"
    try:
        if name in ("libssh", "libssh2"):
            lib = "ssh" if name == "libssh" else "ssh2"
            sh(["cc", "-O1", "-Wall", "-o", f"{BUILD}/{name}_client",
                f"{HERE}/clients/{name}_client.c", "-l" + lib])
        elif name in ("paramiko", "asyncssh"):
            sh([sys.executable, "-W", "ignore", "-c", "import " + name])
        elif name == "ssh2":
            os.environ["NODE_PATH"] = BUILD + "/npm/node_modules"
            if not os.path.isdir(BUILD + "/npm/node_modules/ssh2"):
                fds = [f"--{k}=/proc/{os.getpid()}/fd/{v}" for k, v in
                       zip(("mount", "net"), outer.values())]
                sh(["nsenter", *fds, "npm", "install", "--prefix", BUILD + "/npm", "--no-audit",
                    "--no-fund", "--ignore-scripts", "--fetch-timeout=30000", "ssh2@1.16.0"],
                   timeout=120)
    except (OSError, subprocess.SubprocessError) as e:
        text = (getattr(e, "stderr", None) or str(e)).strip().splitlines()
        return f"{name} cannot be had: {text[-1] if text else e}"
    return ""


# ---------------------------------------------------------------- running
Result = collections.namedtuple("Result", "rc out err")


def run(argv, env=None, stdin=b"", stdout=None, limit=LIMIT):
    """
    Away from our terminal. stdin is bytes, or an open file; stdout an open
    file, or None to collect it.
    """
    feed = {"input": stdin} if isinstance(stdin, bytes) else {}
    with subprocess.Popen(argv, env=env, start_new_session=True,
                          stdin=subprocess.PIPE if feed else stdin,
                          stdout=stdout or subprocess.PIPE, stderr=subprocess.PIPE) as p:
        try:
            out, err = p.communicate(timeout=limit, **feed)
        except subprocess.TimeoutExpired:
            p.kill()
            out, err = p.communicate()
            pytest.fail(f"hung: {shlex.join(argv)[:500]}\nstdout: {out and out[-500:]}\n"
                        f"stderr: {err[-500:]}")
    return Result(p.returncode, (out or b"").decode(errors="replace"),
                  err.decode(errors="replace"))


class Background(subprocess.Popen):
    """a process that does not outlive its block"""

    def __exit__(self, *a):
        kill([self.pid])
        super().__exit__(*a)


class Terminal:
    """a program on a pty, and what it has shown so far"""

    def __init__(self, argv, env=None, raw=False, rows=24, cols=80):
        self.argv, self.text = argv, ""
        self.master, slave = pty.openpty()
        self.resize(rows, cols)
        if raw:
            tty.setraw(slave)
        self.p = subprocess.Popen(argv, env=env, stdin=slave, stdout=slave, stderr=slave,
                                  start_new_session=True,
                                  preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)

    def resize(self, rows, cols):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("4H", rows, cols, 0, 0))

    def send(self, text):
        os.write(self.master, text.encode())

    def pump(self, wait):
        """what came; None: nothing yet; "": nothing will"""
        if not select.select([self.master], [], [], wait)[0]:
            return None
        try:
            got = os.read(self.master, 65536).decode(errors="replace")
        except OSError:  # EIO: nobody holds the other side
            got = ""
        self.text += got
        return got

    def expect(self, pattern, again=None, limit=LIMIT):
        """the match; again is sent once more in each second without one"""
        end = time.monotonic() + limit
        while not (m := re.search(pattern, self.text)):
            got = self.pump(1)
            if got == "" or time.monotonic() > end:
                pytest.fail(f"{self.argv[0]} did not show {pattern!r} but {self.text!r}")
            if got is None and again:
                self.send(again)
        self.text = self.text[m.end():]
        return m

    def wait(self):
        """its exit status"""
        end = time.monotonic() + LIMIT
        while self.pump(0.05) != "" and self.p.poll() is None:
            if time.monotonic() > end:
                pytest.fail(f"{self.argv[0]} did not end; it showed {self.text!r}")
        return self.p.wait(LIMIT)

    def close(self):
        kill([self.p.pid])
        self.p.wait()
        os.close(self.master)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
