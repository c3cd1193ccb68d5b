"""check: each planted lock-out is found and named, and refused by a reload; where one can log in it says so.

SPDX-License-Identifier: MIT
"""
import os
import re
import signal
import subprocess
import time

import lib
import pytest
from lib import CUBSSH, DATA, HOMES, HOSTKEY, KEY, put, slurp

pytestmark = pytest.mark.skipif(
    "check" not in subprocess.run([CUBSSH, "--list"], stdout=subprocess.PIPE, text=True,
                                  check=False).stdout.split(), reason="CHECK is not built in")

CONF = DATA + "/check.conf"
HOME, SSH = HOMES + "/ann", HOMES + "/ann/.ssh"
KEYS = SSH + "/authorized_keys"
ETC = ("passwd", "shadow", "group", "shells")
BASE = """Port {port}
ListenAddress 127.0.0.1
HostKey {hostkey}
PidFile none
PermitRootLogin no
PasswordAuthentication no
"""


class Machine:
    """root, who may not log in, and ann, who may with her key"""

    def __init__(self):
        lib.Server.port += 1
        self.port = lib.Server.port
        self.conf(BASE)
        put("/etc/passwd", f"root:x:0:0::{HOMES}/root:/bin/sh\nann:x:30000:30000::{HOME}:/bin/sh\n"
            "nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n")
        put("/etc/shadow", f"root:{lib.crypted('6')}:1::::::\nann:{lib.crypted('6')}:1::::::\n",
            0o600)
        put("/etc/group", "root:x:0:\nann:x:30000:\n")
        put("/etc/shells", "# none but\n/bin/sh\n")
        os.chown(HOME, 30000, 30000)
        os.chmod(HOME, 0o755)
        lib.authorize("ann")

    def conf(self, text):
        put(CONF, text.format(port=self.port, hostkey=HOSTKEY))

    def more(self, line, drop="-"):
        kept = [l for l in BASE.splitlines() if not l.startswith(drop)]
        self.conf("\n".join(kept + [line]) + "\n")

    def passwd(self, name, line):
        lib.edit("/etc/passwd", name, line)

    def hash(self, text):
        lib.edit("/etc/shadow", "ann", f"ann:{text}:1::::::")
        self.more("PasswordAuthentication yes\nPubkeyAuthentication no", "Password")

    def key(self, text):
        lib.authorize("ann", text)

    def check(self, *words):
        p = subprocess.run([CUBSSH, "check", "-f", CONF, *words], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
        return p.returncode, p.stdout

    def login(self):
        """by OpenSSH's client, with ann's key: what the command printed"""
        p = subprocess.run(
            ["ssh", "-F", "none", "-i", KEY, "-p", str(self.port), "-o", "BatchMode=yes", "-o",
             "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no", "-o",
             "UserKnownHostsFile=/dev/null", "ann@127.0.0.1", "echo in"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            timeout=60, check=False)
        return p.stdout.strip()

    def serve(self):
        return Running(self.port)


class Running:
    """a server with the file of settings"""

    def __init__(self, port):
        self.path = f"{DATA}/log.check.{port}"
        with open(self.path, "wb") as log:
            self.p = subprocess.Popen([CUBSSH, "sshd", "-D", "-e", "-f", CONF],
                                      stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.listens = f":{port:04X} "

    def __enter__(self):
        lib.until(lambda: self.listening() or self.p.poll() is not None, "a server")
        return self

    def __exit__(self, *_):
        lib.kill([self.p.pid] + lib.descendants(self.p.pid))
        self.p.wait()

    def listening(self):
        return any(self.listens in l.split(" rem")[0] + " " and l.split()[3] == "0A"
                   for l in slurp("/proc/self/net/tcp").splitlines()[1:])

    def log(self):
        return slurp(self.path)

    def reload(self):
        """what it logs of it"""
        old = len(self.log())
        os.kill(self.p.pid, signal.SIGHUP)
        lib.until(lambda: re.search("configuration (stays as it was|read again)",
                                    self.log()[old:]), "a reload")
        return self.log()[old:]


@pytest.fixture
def machine():
    etc = {f: slurp("/etc/" + f) for f in ETC}
    yield Machine()
    for f, text in etc.items():
        put("/etc/" + f, text, 0o600 if f == "shadow" else 0o644)
    os.chown(HOME, 30000, 30000)
    os.chmod(HOME, 0o755)
    lib.authorize("ann")
    lib.authorize("root")


def plain(path, mode):
    return lambda m: os.chmod(path, mode)


def instead(how):
    def plant(m):
        text = slurp(KEYS)
        os.unlink(KEYS)
        how(text)
    return plant


def link(text):
    put(SSH + "/real", text, 0o600)
    os.chown(SSH + "/real", 30000, 30000)
    os.symlink("real", KEYS)


def sh_as(shell, mode=0o755, listed=True):
    def plant(m):
        put(shell, "#!/bin/sh\nexec /bin/sh \"$@\"\n", mode)
        m.passwd("ann", f"ann:x:30000:30000::{HOME}:{shell}")
        if listed:
            put("/etc/shells", shell + "\n/bin/sh\n")
    return plant


def expired(m):
    lib.edit("/etc/shadow", "ann", f"ann:{lib.crypted('6')}:1:::::9:")


def revoked(m):
    put(DATA + "/revoked", slurp(KEY + ".pub"))
    m.more(f"RevokedKeys {DATA}/revoked")


def chroot_no_shell(m):
    os.makedirs("/run/empty", 0o755, exist_ok=True)
    m.more("ChrootDirectory /run/empty")


def cut_in_two(m):
    """by an editor that breaks lines"""
    t = slurp(KEY + ".pub").split()
    m.key(f"{t[0]} {t[1][:40]}\n{t[1][40:]} {t[2]}")


def other_host_key(m):
    m.more("HostKeyAlgorithms ecdsa-sha2-nistp256")


def long_line(m):
    m.key('environment="A=' + "x" * 20000 + '" {}')


# what was done: (the deed, what check says of it, whether a login of ann's is tried)
LOCKOUTS = {
    "shell missing": (lambda m: m.passwd("ann", f"ann:x:30000:30000::{HOME}:/bin/ksh93x"),
                      "shell /bin/ksh93x: No such file"),
    "shell not executable": (sh_as("/run/data/sh1", 0o644), "shell /run/data/sh1: Permission denied"),
    "shell not listed": (sh_as("/run/data/sh2", listed=False),
                         "shell /run/data/sh2 is not in /etc/shells"),
    "shells empty": (lambda m: put("/etc/shells", ""), "shell /bin/sh is not in /etc/shells"),
    "account expired": (expired, "has an expired account"),
    "account locked": (lambda m: lib.edit("/etc/shadow", "ann", "ann:!x:1::::::"),
                       "has a locked account"),
    "account gone": (lambda m: m.passwd("ann", "# nothing"), "nonexistent user"),
    "passwd cut": (lambda m: m.passwd("ann", "ann:x:30000:30000"), "nonexistent user"),
    "home writable": (plain(HOME, 0o775), f"{HOME}.* writable by others .*0775.*chmod go-w"),
    "folder writable": (plain(SSH, 0o777),
                        rf"{HOME}/\.ssh is writable by others .*0777"),
    "file writable": (lambda m: os.chmod(KEYS, 0o666), "authorized_keys is writable by others"),
    "file's owner": (lambda m: (os.chown(KEYS, 30001, 30001), os.chmod(KEYS, 0o644)),
                     "belongs to uid 30001: chown 'ann'"),
    "file closed": (lambda m: os.chown(KEYS, 30001, 30001), "authorized_keys: Permission denied"),
    "home's owner": (lambda m: os.chown(HOME, 30001, 30001), "belongs to uid 30001: chown 'ann'"),
    "home closed": (lambda m: (os.chown(HOME, 0, 0), os.chmod(HOME, 0o700)), "Permission denied"),
    "no file": (instead(lambda t: None), "cannot open .*authorized_keys: No such file"),
    "file a link": (instead(link), "a symbolic link"),
    "file a folder": (instead(lambda t: os.mkdir(KEYS)), "not a regular file"),
    "key cut": (lambda m: m.key("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA x"),
                "line 1: the key cannot be read"),
    "key in two lines": (cut_in_two, "line 1: the key cannot be read"),
    "option unknown": (lambda m: m.key("# mine\nno-such-option {}"), "line 2: .*no-such-option"),
    "key expired": (lambda m: m.key('expiry-time="20010101" {}'), "line 1: the key expired"),
    "key of DSA": (lambda m: m.key("ssh-dss AAAAB3NzaC1kc3MAAAAB x"),
                   "line 1: a key of a kind that is not accepted: ssh-dss"),
    "line too long": (long_line, "line 1: too long"),
    "command missing": (lambda m: m.key('command="/bin/menu93x a" {}'),
                        "/bin/menu93x cannot be executed"),
    "no revoked keys": (lambda m: m.more("RevokedKeys /etc/none"), "RevokedKeys /etc/none"),
    "key revoked": (revoked, "RevokedKeys /run/data/revoked"),
    "keys off": (lambda m: m.more("PubkeyAuthentication no"), "there is no way in"),
    "algorithms": (lambda m: m.more("PubkeyAcceptedAlgorithms ecdsa-sha2-nistp256"),
                   "not accepted: ssh-ed25519"),
    "AllowUsers": (lambda m: m.more("AllowUsers bob"), "not among those allowed"),
    "DenyUsers": (lambda m: m.more("DenyUsers a*"), "denied by name"),
    "AllowGroups": (lambda m: m.more("AllowGroups wheel"), "in no group that is allowed"),
    "DenyGroups": (lambda m: m.more("DenyGroups ann"), "in a group that is denied"),
    "another file": (lambda m: m.more("AuthorizedKeysFile /etc/keys/%u"),
                     "cannot open /etc/keys/ann: No such file"),
    "ForceCommand": (lambda m: m.more("ForceCommand /bin/menu93x"), "/bin/menu93x cannot be executed"),
    "chroot's owner": (lambda m: m.more(f"ChrootDirectory {HOME}"), "root alone can write"),
    "chroot empty": (chroot_no_shell, "/bin/sh cannot be executed"),
    "host key missing": (lambda m: m.more("HostKey /etc/none", "HostKey"), "host key /etc/none"),
    "host key's kind": (other_host_key, "no host key is of HostKeyAlgorithms"),
    "address": (lambda m: m.more("ListenAddress 10.99.99.99", "Listen"),
                "cannot listen on 10.99.99.99"),
    "typing error": (lambda m: m.more("PermitRotLogin no"), "line 7: unknown keyword PermitRotLogin"),
    "two factors": (lambda m: (m.more("PasswordAuthentication yes\nAuthenticationMethods "
                                      "publickey,password", "Password"),
                               lib.edit("/etc/shadow", "ann", "ann:*:1::::::")),
                    r"'ann' has no password: /etc/shadow says '\*'"),
    "no password": (lambda m: m.hash("*"), "'ann' has no password"),
    "hash cut": (lambda m: m.hash("$6$saltsalt$abc"), "the hash of 'ann' is not whole"),
    "hash unknown": (lambda m: m.hash("$y$j9T$abc$def"), "kind that is not built in"),
    "blank password": (lambda m: m.hash(""), "has blank password"),
}


def test_enough():
    assert len(LOCKOUTS) >= 25


@pytest.mark.parametrize("name", LOCKOUTS)
def test_lockout(machine, name):
    plant, says = LOCKOUTS[name]
    with machine.serve() as server:
        plant(machine)
        status, out = machine.check("--user", "ann")
        assert status == 1 and re.search(says, out), out
        assert "nobody can log in" in out
        assert machine.check()[0] == 1, "without a name"
        told = server.reload()
        assert "the configuration stays as it was" in told, told
        assert server.listening() and server.p.poll() is None
    with machine.serve() as server:  # and it is true: a server that starts so lets nobody in
        assert server.p.poll() is not None or machine.login() != "in", server.log()


@pytest.mark.parametrize("what", ["key", "from", "password", "blank", "command"])
def test_can(machine, what):
    words = ["--user", "ann"]
    if what == "from":
        machine.key('from="127.0.0.1" {}')
        words += ["--from", "127.0.0.1"]
    elif what == "password":
        machine.hash(lib.crypted("6"))
    elif what == "blank":
        machine.hash("")
        machine.more("PasswordAuthentication yes\nPermitEmptyPasswords yes", "Password")
    elif what == "command":
        machine.key('# a comment\n\ncommand="/bin/echo in" {}')
    status, out = machine.check(*words)
    assert status == 0 and "ann: you can log in" in out, out
    assert what not in ("key", "from", "command") or ", by key" in out
    with machine.serve() as server:
        if what not in ("password", "blank"):
            assert machine.login() == "in", server.log()
        assert "configuration read again" in server.reload()
        assert machine.check(*words)[0] == 0, "while the server runs"


def test_from(machine):
    """of an address it is asked; a reload cannot know from where somebody comes"""
    machine.key('from="10.1.0.0/16" {}')
    status, out = machine.check("--user", "ann", "--from", "127.0.0.1")
    assert status == 1 and "line 1: the key is not for use from 127.0.0.1 (from=)" in out, out
    status, out = machine.check("--user", "ann")
    assert status == 0 and "from 10.1.0.0/16" in out, out
    with machine.serve() as server:
        assert machine.login() != "in"
        assert "configuration read again" in server.reload()


def test_key(machine):
    """the one that is asked for, not others"""
    assert machine.check("--user", "ann", "--key", KEY + ".pub")[0] == 0
    status, out = machine.check("--user", "ann", "--key", lib.WRONG + ".pub")
    assert status == 1 and "no line of authorized_keys has the key" in out, out
    status, out = machine.check("--key", "/nonexistent")
    assert status == 2 and "/nonexistent: No such file" in out, out
    assert machine.check("--key", KEY)[0] == 2, "the private half"


def test_usage(machine):
    for words in (["--what"], ["--user"], ["--from", "nowhere"], ["--", "-Z"]):
        assert machine.check(*words)[0] == 2, words


def test_dropbear(machine):
    """root by password, but for -w, -g and -s"""
    args = ["--user", "root"]
    end = ["--", "dropbear", "-r", HOSTKEY, "-p", "127.0.0.1:2198"]

    def check(*flags):
        p = subprocess.run([CUBSSH, "check", *args, *end, *flags], stdout=subprocess.PIPE,
                           text=True, timeout=60, check=False)
        return p.returncode, p.stdout
    lib.authorize("root")
    assert check()[0] == 0
    status, out = check("-w")
    assert status == 1 and "root logins are off" in out, out
    os.unlink(HOMES + "/root/.ssh/authorized_keys")
    assert check()[0] == 0
    status, out = check("-g")
    assert status == 1 and "no root login by password" in out, out
    assert check("-s")[0] == 1


def test_warning_of_t(machine):
    """sshd -t says so; its status is about the settings alone"""
    machine.more("AllowUsers bob")
    p = subprocess.run([CUBSSH, "sshd", "-t", "-f", CONF], stderr=subprocess.PIPE, text=True,
                       timeout=60, check=False)
    assert p.returncode == 0 and "nobody could log in" in p.stderr, p.stderr
    assert "not among those allowed" in p.stderr


def test_changed_and_back(machine):
    """a refused reload leaves the settings of before in force; the next good one is taken"""
    with machine.serve() as server:
        machine.more("DenyUsers ann")
        told = server.reload()
        assert "nobody could log in" in told and "denied by name" in told, told
        assert machine.login() == "in"
        machine.conf(BASE)
        assert "configuration read again" in server.reload()
        machine.more("ListenAddress 10.99.99.99\nListenAddress 127.0.0.1", "Listen")
        assert "stays as it was, for its addresses" in server.reload()
        time.sleep(0.1)
        assert machine.login() == "in"
