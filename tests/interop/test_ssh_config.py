"""test_ssh_config.py - the client's settings: what `ssh -G` says, next to OpenSSH's.

SPDX-License-Identifier: MIT

Compared are the keywords that ours prints, in their order. Lists of algorithms
are compared where the case sets them, to names that both have.
"""
import os
import re
import shutil
import subprocess

import pytest

import lib

REAL = shutil.which("ssh")
HOME = lib.HOMES + "/root"
ETC = "/etc/ssh/ssh_config"
ALGORITHMS = ("ciphers", "macs", "kexalgorithms", "hostkeyalgorithms", "pubkeyacceptedalgorithms")
# what OpenSSH 9.2 tries and later ones do not
OLD_KEYS = ("identityfile ~/.ssh/id_xmss", "identityfile ~/.ssh/id_dsa")
# what ours has and does not print by default
MORE = """bindaddress bindinterface controlpath hostkeyalias identityagent ignoreunknown localcommand
    remotecommand preferredauthentications dynamicforward localforward remoteforward
    certificatefile sendenv setenv proxycommand proxyjump tag""".split()


def run(argv, **env):
    r = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
                       env={**os.environ, **env}, cwd="/")
    return r.returncode, r.stdout.splitlines(), r.stderr


def ours(*args, name="ssh", **env):
    link = f"{lib.DATA}/{name}"
    if not os.path.lexists(link):
        os.symlink(lib.CUBSSH, link)
    return run([*lib.EMU, link, *args], **env)


def real(*args, **env):
    return run([REAL, *args], **env)


@pytest.fixture(autouse=True)
def files():
    """writes {path: text}; a path without a slash at its front is in ~/.ssh"""
    if not REAL:
        pytest.skip("OpenSSH's client is not installed")
    was, made = (lib.slurp(ETC) if os.path.exists(ETC) else None), []

    def write(texts):
        for path, text in texts.items():
            path = os.path.join(HOME, ".ssh", path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            made.append(lib.put(path, text, 0o600))

    lib.put(ETC, "")
    yield write
    for path in made:
        if os.path.exists(path):
            os.unlink(path)
    if was is not None:
        lib.put(ETC, was)


def known():
    status, lines, err = ours("-G", "-F", "none", "h")
    assert status == 0, err
    return {line.split()[0] for line in lines} | set(MORE)


def settled(lines, algorithms, keywords):
    """the lines that count"""
    text, keep = "\n" + "\n".join(lines), []
    for line in lines:
        word, _, rest = line.partition(" ")
        if word not in keywords or (word in ALGORITHMS and word not in algorithms):
            continue
        if line in OLD_KEYS or line in keep:  # it repeats what is in SendEnv twice
            continue
        # and shows a forward to a socket twice
        if word != "dynamicforward" or f"\nlocalforward {rest} " not in text:
            keep.append(line)
    return keep


def compare(args, **env):
    plain = set(real("-G", "-F", "none", "h")[1])
    status, wanted, err = real("-G", *args, **env)
    assert status == 0, err
    got_status, got, got_err = ours("-G", *args, **env)
    assert got_status == 0, got_err
    algorithms = {line.split()[0] for line in wanted if line not in plain}
    keywords = known()
    assert settled(got, algorithms, keywords) == settled(wanted, algorithms, keywords)


CONFIG = """
# a file of today
Host *.example.org !bad.example.org
    User   ex
    Port 2200
    IdentityFile ~/.ssh/id_ex
    IdentityFile /etc/keys/%h-%r
    CertificateFile ~/.ssh/id_ex-cert.pub
    IdentitiesOnly yes

host = "short"
    HostName = %h.example.net
    user="quoted user"
    ProxyJump jump.example.org

Host bad.example.org
    port=99
Host web? db-*
	HostName 192.0.2.7
	ServerAliveInterval 2m
	ServerAliveCountMax=9
	ConnectTimeout 1m30s
	ConnectionAttempts 4
	TCPKeepAlive no
	LogLevel verbose
	Compression yes
Host *
    SendEnv LANG LC_* FOO
    SendEnv -FOO BAR
    SetEnv A=1 B="two words" "C=3 and 4"
    SetEnv D=5
    ForwardAgent yes
    Port 22022
    HashKnownHosts yes
    StrictHostKeyChecking accept-new
    UserKnownHostsFile ~/.ssh/known_a "/tmp/known b" ${HOME}/k_%n
    GlobalKnownHostsFile /dev/null
    GSSAPIAuthentication yes
    VerifyHostKeyDNS no
"""

MATCH = """
Match host *.in.example.org,10.* user root
    Port 1001
Match originalhost short
    HostName long.in.example.org
Match host long.in.example.org
    User matched
Match user matched
    ProxyCommand /bin/nc -X 5 %h %p "$HOME" # not a comment
Match localuser nobody
    Port 3
Match localuser root host !nothing,*
    ControlPath ~/.ssh/m-%C-%%
    ControlMaster auto
    ControlPersist 10m
Match exec "test %h = exec.example.org -a %n = exec.example.org"
    RemoteCommand echo %n %r %u %p
    RequestTTY force
Match exec "test %h = long.in.example.org"
    LocalCommand echo %h
    PermitLocalCommand yes
Match !exec "true"
    Port 4
Match !host short all
    Port 5
Match all
    Port 1000
    EscapeChar ^B
    AddressFamily inet6
"""

FINAL = """
Host alias
    HostName %h.final.example.org
    IdentityFile ~/.ssh/one
Match final host *.final.example.org
    User fin
    IdentityFile ~/.ssh/two
    LocalForward 8000 localhost:80
Match final all
    BindAddress 127.0.0.9
Match !final all
    Port 77
Host *.final.example.org
    LogLevel DEBUG2
    SendEnv FINAL
Host *
    SendEnv EACH
    LocalForward 8000 localhost:80
    SendEnv LANG
"""

INCLUDE = {
    "config": """
Include conf.d/*.conf
Host inc
    Include one ~/.ssh/two
    User after
Include missing nothere-*.conf
Host *
    Include "with space"
    Include d?/x*/c.conf
    Port 1
""",
    "conf.d/b.conf": "Host inc\n  Port 202\nHost other\n  Port 303\n",
    "conf.d/a.conf": "Match host inc\n  HostName a.example.org\n",
    "conf.d/.hidden.conf": "User hidden\n",
    "conf.d/c.txt": "User txt\n",
    "one": "Host other\n User other\nHost *\nInclude three\n",
    "two": "BindAddress 10.0.0.1\n",
    "three": "IdentityAgent ~/.ssh/agent-%u.sock\n",
    "with space": "ServerAliveInterval 7\n",
    "d1/x1/c.conf": "IdentityFile d1\n",
    "d2/x9/c.conf": "IdentityFile d2\n",
    "d2/x10/c.conf": "IdentityFile d210\n",
    ETC: "Include ssh_config.d/*.conf\nHost *\n  HashKnownHosts yes\n  Port 12\n",
    "/etc/ssh/ssh_config.d/50-x.conf": "SendEnv SYS\nConnectTimeout 11\n",
}

FORWARDS = r"""
LocalForward 8080 www:80
LocalForward localhost:8081 [2001:db8::1]:81
LocalForward [::1]:8082 [::1]:82
LocalForward *:8083 a.b:83
LocalForward 8084 /run/x.sock
LocalForward /tmp/%u-%n.sock host:84
LocalForward /tmp/a.sock /tmp/b.sock
LocalForward 8080 www:80
LocalForward 8085 host/85
DynamicForward 1080
DynamicForward 127.0.0.1:1081
DynamicForward [::]:1082
RemoteForward 9000 localhost:90
RemoteForward *:9001 localhost:91
RemoteForward 0 localhost:92
RemoteForward 9003
RemoteForward [::1]:9004
RemoteForward /tmp/r.sock localhost:95
RemoteForward 9006 /tmp/l.sock
GatewayPorts yes
ExitOnForwardFailure yes
StreamLocalBindMask 0117
StreamLocalBindUnlink yes
"""

WORDS = r"""
User="a b"
IdentityFile "~/.ssh/a b"
IdentityFile '~/.ssh/c "d'
IdentityFile ~/.ssh/e\ f
IdentityFile "back\\slash"
IdentityFile ~/.ssh/same # and this is a comment
IdentityFile ~/.ssh/same
HostKeyAlias   Some.Alias
UserKnownHostsFile none
	CertificateFile=~/x-cert.pub
KexAlgorithms=curve25519-sha256,curve25519-sha256@libssh.org
Ciphers aes256-ctr,aes128-ctr
MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256
HostKeyAlgorithms ssh-ed25519
PubkeyAcceptedKeyTypes ssh-ed25519
PreferredAuthentications publickey,password
NumberOfPasswordPrompts 1
RekeyLimit 1G 1h
ChallengeResponseAuthentication no
PasswordAuthentication no
PubkeyAuthentication no
UpdateHostKeys no
VisualHostKey yes
CheckHostIP yes
ClearAllForwardings yes
LocalForward 1234 gone:1
SessionType none
StdinNull yes
ForkAfterAuthentication yes
""".replace("\n", "  \n")

NONE = """
ProxyCommand none
ProxyJump ignored
ControlPath none
ControlMaster ask
ControlPersist yes
EscapeChar none
IdentityAgent none
RemoteCommand none
ConnectTimeout none
RekeyLimit default none
GlobalKnownHostsFile none
StrictHostKeyChecking off
UpdateHostKeys ask
AddKeysToAgent confirm
RequestTTY no
AddressFamily inet
BindInterface lo
IgnoreUnknown Foo*,bar
FooBar 1
bar closed
LogLevel QUIET
"""

SYSTEM = {
    "config": "Host *\n Port 10\n IdentityFile ~/u\n",
    ETC: "Port 20\nUser sys\nIdentityFile ~/s\n" + "Host *\n GSSAPIAuthentication yes\n",
}

CASES = {
    "plain": ({}, ["Host.Example"]),
    "user": ({}, ["-l", "flag", "arg@h"]),
    "uri": ({}, ["ssh://me@h:2022"]),
    "upper-token": ({"config": "Match final host up.example\n User f\n"
                     "Match host Up.Example\n Port 9\nControlPath /tmp/%h-%n\n"}, ["Up.Example"]),
    "at": ({}, ["a@b@c"]),
    "patterns": ({"config": CONFIG}, ["a.example.org"]),
    "negated": ({"config": CONFIG}, ["bad.example.org"]),
    "hostname": ({"config": CONFIG}, ["short"]),
    "question": ({"config": CONFIG}, ["web1"]),
    "star": ({"config": CONFIG}, ["db-"]),
    "upper": ({"config": CONFIG}, ["DB-1"]),
    "flags-first": ({"config": CONFIG}, ["-p", "5", "-l", "me", "-i", "/x/key", "-o", "User=no",
                                         "-oPort=9", "-A", "-C", "a.example.org"]),
    "match": ({"config": MATCH}, ["short"]),
    "match-user": ({"config": MATCH}, ["-lroot", "x.in.example.org"]),
    "match-exec": ({"config": MATCH}, ["exec.example.org"]),
    "match-hostname-flag": ({"config": MATCH}, ["-oHostName=10.1.1.1", "root@z"]),
    "final": ({"config": FINAL}, ["alias"]),
    "final-other": ({"config": FINAL}, ["x.final.example.org"]),
    "include": (INCLUDE, ["inc"]),
    "include-other": (INCLUDE, ["other"]),
    "forwards": ({"config": FORWARDS}, ["fwd"]),
    "forward-flags": ({}, ["-L8080:a:80", "-L", "*:8081:[::1]:81", "-R9000", "-R", "0:b:90",
                           "-D1080", "-D", "[::1]:1081", "-L/tmp/a:/tmp/b", "-R/tmp/c:h:1", "-g",
                           "-R*:9002:h:2", "-L:8082:h:3", "h"]),
    "words": ({"config": WORDS}, ["words"]),
    "none": ({"config": NONE}, ["none"]),
    "system": (SYSTEM, ["h"]),
    "file": ({**SYSTEM, "other": "Port 30\n"}, ["-F", HOME + "/.ssh/other", "h"]),
    "no-file": (SYSTEM, ["-F", "none", "h"]),
    "tokens": ({"config": """
HostName %h.%%d
HostKeyAlias k
ControlPath /tmp/%d/%h-%i-%k-%n-%p-%r-%u-%%-${XDG}-%C-%L-%l
IdentityAgent ~/a-%n
UserKnownHostsFile /k/%k
RemoteCommand %d %n
LocalCommand %T%h
ProxyCommand x %h
"""}, ["-p22", "tok"]),
    "jump": ({}, ["-J", "a@b:22,c", "h"]),
    "jump-first": ({"config": "ProxyCommand x %h %p\n"}, ["-oProxyJump=j", "h"]),
    "command-first": ({"config": "ProxyJump j\n"}, ["-oProxyCommand=x  y", "h"]),
    "agent-env": ({"config": "IdentityAgent SSH_AUTH_SOCK\n"}, ["h"]),
    "identity-none": ({"config": "IdentityFile none\n"}, ["h"]),
    "many-flags": ({}, ["-4", "-6q", "-nNTfMS/tmp/x", "-b127.0.0.1", "-Blo", "-e^A", "-caes256-ctr",
                        "-mhmac-sha2-256", "-kxa", "h"]),
    "tty": ({}, ["-tt", "-v", "h", "-v", "-s", "sftp"]),
    "netcat": ({}, ["-Wx:1", "h"]),
    "prefixes": ({"config": "Ciphers -aes128-*,aes192-ctr,*gcm*\n"}, ["h"]),
    "behind-host": ({}, ["h", "-p", "5", "-l", "u", "command", "-p", "6"]),
    "debian": ({ETC: """
Include /etc/ssh/ssh_config.d/*.conf

Host *
#   ForwardAgent no
    SendEnv LANG LC_*
    HashKnownHosts yes
    GSSAPIAuthentication yes
"""}, ["h"]),
    "crlf": ({"config": "Host h\r\n\tPort 22\r\n \r\nUser a \t\r\n"}, ["h"]),
}


@pytest.mark.parametrize("case", CASES)
def test_as_openssh(files, case):
    texts, args = CASES[case]
    files(texts)
    compare(args, XDG="x/y", SHELL="/bin/sh", HOME=HOME)


def refused(status, err, what):
    assert status == 255 and what in err and err.count("\n") == 1, (status, err)


@pytest.mark.parametrize("text,what", [
    ("User a\nBogus yes\n", "config line 2: "),
    ("Host other\n\n\nBogus yes\n", "config line 4: "),
    ("Port 0\n", "config line 1: Port"),
    ("Port 22 23\n", "config line 1: Port"),
    ("User\n", "config line 1: "),
    ("LocalForward 8080\n", "config line 1: LocalForward"),
    ("LocalForward 8080 a:b\n", "config line 1: LocalForward"),
    ("DynamicForward a:1:2\n", "config line 1: DynamicForward"),
    ("StrictHostKeyChecking perhaps\n", "config line 1: StrictHostKeyChecking"),
    ("ConnectTimeout 5x\n", "config line 1: ConnectTimeout"),
    ("IdentityFile \"open\n", "config line 1: IdentityFile"),
    ("Match bogus x\n", "config line 1: Match"),
    ("SetEnv NOVALUE\n", "config line 1: SetEnv"),
    ("Include config\n", "config line 1: Include"),
    ("ControlPath %y\n", "%y"),
])
def test_errors(files, text, what):
    """where OpenSSH refuses, so does ours: by file and line, in one"""
    files({"config": text})
    status, _, err = ours("-G", "h", HOME=HOME)
    refused(status, err.replace("ssh: in ControlPath\n", ""), what)
    assert real("-G", "h", HOME=HOME)[0] == 255


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_writable_by_others(files, mode):
    files({"config": "User x\n"})
    os.chmod(HOME + "/.ssh/config", mode)
    status, _, err = ours("-G", "h")
    refused(status, err, "/.ssh/config: ")
    assert ours("-G", "-F", HOME + "/.ssh/config", "h")[0] == 0
    assert (real("-G", "h")[0] == 255) == (mode == 0o602)  # Debian's looks at who is in the group


def test_no_file():
    refused(*ours("-G", "-F", "/does/not/exist", "h")[::2], "/does/not/exist")


def test_owner(files):
    files({"config": "User x\n"})
    os.chown(HOME + "/.ssh/config", 30000, 30000)
    refused(*ours("-G", "h")[::2], "/.ssh/config: ")


@pytest.mark.parametrize("args", ["-Z", "-1 h", "-p", "-p 70000 h", "-o", "-oBogus=1 h", "-L 1 h", ""])
def test_bad_flags(args):
    assert ours("-F", "none", *args.split())[0] == 255
    assert real("-F", "none", *args.split())[0] == 255


def test_dbclient_reads_no_files(files):
    files({"config": "Bogus yes\n", ETC: "Bogus yes\n"})
    status, out, err = ours("-G", "-p", "7", "a@h", name="dbclient")
    assert status == 0, err
    assert "user a" in out and "port 7" in out and "identityfile ~/.ssh/id_dropbear" in out
