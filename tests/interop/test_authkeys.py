"""test_authkeys.py - authorized_keys: options, text, modes and owners.

SPDX-License-Identifier: MIT
"""
import os
import re

import pytest
from lib import HOMES, KEY, STANDIN, Server, slurp, standin_skip
from stock import refused, run

# the options of a key; what is asked for; what comes out, None: the key is refused
OPTIONS = [
    ("", "echo ok", "ok\n"),
    ('command="echo forced:$SSH_ORIGINAL_COMMAND"', "id -u", "forced:id -u\n"),
    ('command="echo forced:$SSH_ORIGINAL_COMMAND"', "", "forced:\n"),
    (r'command="echo \"a  b\", c"', "x", "a  b, c\n"),
    ('command="echo a",no-pty', "x", "a\n"),
    ('COMMAND="echo case"', "x", "case\n"),
    ('restrict,command="echo b"', "x", "b\n"),
    ("no-port-forwarding,no-agent-forwarding,no-X11-forwarding", "echo ok", "ok\n"),
    ('permitopen="localhost:80",permitopen="*:443"', "echo ok", "ok\n"),
    ('permitlisten="8080"', "echo ok", "ok\n"),
    ("no-user-rc", "echo ok", "ok\n"),
    ('from="127.0.0.1"', "echo ok", "ok\n"),
    ('from="10.0.0.0/8,127.0.0.0/8"', "echo ok", "ok\n"),
    ('from="127.0.?.*"', "echo ok", "ok\n"),
    ('from="10.0.0.0/8"', "echo ok", None),
    ('from="!127.0.0.1,*"', "echo ok", None),
    ('expiry-time="20990101"', "echo ok", "ok\n"),
    ('expiry-time="20200101"', "echo ok", None),
    ('expiry-time="202001011200"', "echo ok", None),
    ('expiry-time="yesterday"', "echo ok", None),
    ('environment="FOO=a b"', "echo $FOO", "a b\n"),
    ("no-such-option", "echo ok", None),
    ('no-pty,no-such="x"', "echo ok", None),
    ('command="echo', "echo ok", None),
    ('command=echo', "echo ok", None),
    ('permitopen="localhost:70000"', "echo ok", None),
    ('permitopen="localhost"', "echo ok", None),
    ("cert-authority", "echo ok", None),
]
NOT_DROPBEAR = re.compile(r'from=|expiry|environ|user-rc|COMMAND|[*]:443|70000|permitlisten|a  b')


@pytest.fixture(scope="module")
def user_env():
    with Server(**({} if STANDIN == "dropbear" else {"PermitUserEnvironment": "yes"})) as s:
        yield s


@pytest.mark.parametrize("options,cmd,out", OPTIONS)
def test_key_options(ssh, user_env, dot, options, cmd, out):
    if NOT_DROPBEAR.search(options):
        standin_skip("does not have the option", "dropbear")
    dot((options + " {}").strip())
    r = ssh(user_env, cmd, user="dot")
    if out is None:
        assert refused(r), r
    else:
        assert (r.rc, r.out) == (0, out), r


@pytest.mark.parametrize("options,pty", [("", True), ("no-pty", False), ("restrict", False),
                                         ("restrict,pty", True)])
def test_key_pty(ssh, server, dot, options, pty):
    if "restrict,pty" in options:
        standin_skip("knows restrict alone", "dropbear")
    dot((options + " {}").strip())
    with ssh.spawn(server, "tty", user="dot") as t:
        t.expect("/dev/pts/" if pty else "PTY allocation request failed")


def test_forced_everywhere(ssh, server, dot):
    """exec, subsystem, shell, with a terminal; and no environment from the client"""
    dot('command="echo forced $LC_ALL." {}')
    for cmd, more in (("id", []), ("sftp", ["-s"]), ("", []), ("id", ["-tt"])):
        argv, env = ssh.command(server, cmd, user="dot")
        r = run(argv[:1] + more + argv[1:], env)
        assert (r.rc, r.out.strip()) == (0, "forced ."), r
    standin_skip("takes the environment here too")
    assert ssh(server, "id", user="dot", setenv="LC_ALL=x").out == "forced .\n"


# text of authorized_keys with our key in {}; whether it lets us in
TEXTS = {
    "CRLF": ("# comment\r\n\r\n{}\r\n", True),
    "blanks before": ("\n \t {}\n", True),
    "last line without end": ("# x\n{}", True),
    "no comment": ("{}".replace("{}", "KEYONLY"), True),
    "another first": ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== short\n{}", True),
    "byte order mark": ("\ufeffssh-ed25519 AAAA x\n{}", True),
    "unknown type first": ("ssh-new AAAAB3NzaC1kc3MAAACBAP x\n{}", True),
    "commented out": ("#{}", False),
    "type that differs": ("ssh-rsa BLOB", False),
    "cut": ("ssh-ed25519 CUT", False),
    "NUL": ("no-pty\0 {}", False),
    "empty": ("\n", False),
}


@pytest.mark.parametrize("text,good", TEXTS.values(), ids=TEXTS)
def test_key_file_text(ssh, server, dot, text, good):
    if text == TEXTS["blanks before"][0]:
        standin_skip("takes no blanks there", "dropbear")
    pub = slurp(KEY + ".pub").split()
    for word, value in (("KEYONLY", " ".join(pub[:2])), ("BLOB", pub[1]), ("CUT", pub[1][:-4])):
        text = text.replace(word, value)
    dot(text)
    r = ssh(server, "echo in", user="dot")
    assert r.out == "in\n" if good else refused(r), r


def test_key_line_too_long(ssh, server, dot):
    """a comment whose remainder looks like a key, wherever a buffer may end"""
    standin_skip("takes the remainder of a long line for a line", "dropbear")
    sizes = [n + d for n in (256, 512, 1000, 1024, 2000, 2048, 3000, 4096, 4200, 5000, 8192, 10000,
                             16384) for d in (-2, -1, 0, 1)]
    dot("\n".join("#" + "x" * (n - 1) + "{}" for n in sizes))
    assert refused(ssh(server, "echo in", user="dot"))
    dot('command="echo ' + "x" * 70000 + '" {}')
    r = ssh(server, "echo in", user="dot")
    assert r.out != "in\n"


def chown(path, uid):
    os.chown(path, uid, uid)


def grant(path, mode):
    """to a group that is not the user's own, where that matters"""
    os.chown(path, -1, 30000)
    os.chmod(path, mode)


# what is done to ~dot and its .ssh/authorized_keys before the login
PLACES = {
    "mode 0666": lambda home, keys: os.chmod(keys, 0o666),
    "mode 0620": lambda home, keys: grant(keys, 0o620),
    "folder 0770": lambda home, keys: grant(home + "/.ssh", 0o770),
    "home 0777": lambda home, keys: os.chmod(home, 0o777),
    "home 0775": lambda home, keys: grant(home, 0o775),
    "another's": lambda home, keys: chown(keys, 30000),
    "another's folder": lambda home, keys: chown(home + "/.ssh", 30000),
    "a link": lambda home, keys: (os.rename(keys, keys + "2"), os.symlink(keys + "2", keys)),
    "a fifo": lambda home, keys: (os.unlink(keys), os.mkfifo(keys), chown(keys, 30003)),
    "a folder": lambda home, keys: (os.unlink(keys), os.mkdir(keys)),
    "missing": lambda home, keys: os.unlink(keys),
}


@pytest.mark.parametrize("what", PLACES)
def test_key_file_place(ssh, server, dot, what):
    if what == "a link":
        standin_skip("follows links")
    if what in ("another's", "another's folder", "a fifo"):
        standin_skip("does not look", "dropbear")
    home = HOMES + "/dot"
    PLACES[what](home, dot("{}"))
    since = len(server.log())
    try:
        assert refused(ssh(server, "echo in", user="dot"))
        if not STANDIN and what != "missing":
            server.wait_log("authorized_keys|" + re.escape(home), since)
    finally:
        os.chmod(home, 0o755)
        chown(home, 30003)
