"""Our ssh against servers of other makers and our own: logins, commands, streams.

SPDX-License-Identifier: MIT
"""
import os
import re
import shutil
import signal
import subprocess

import pytest
import transfer
from caller import TEN, THEIRS, agent_with, argv, asked, peer, peers, ssh, terminal
from lib import (DATA, KEY, KNOWN, PASSWORD, WRONG, alive, descendants, executable, put, sha256,
                 slurp, until)
from stock import Background, run


def theirs_skip(why):
    if THEIRS:
        pytest.skip("openssh: " + why)


# ---------------------------------------------------------------- logins
@peers("key")
def test_key_and_status(far):
    r = ssh(far, cmd="echo $USER; echo oops >&2; exit 3")
    assert (r.rc, r.out, r.err) == (3, "ann\n", "oops\n")


@peers("key")
def test_wrong_key(far):
    r = ssh(far, "-o", "BatchMode=yes", key=WRONG, cmd="echo in")
    assert r.rc == 255 and "Permission denied" in r.err and r.out == "", r


@peers("password")
def test_password_by_askpass(far):
    r = ssh(far, "-o", "PreferredAuthentications=password", key=None, cmd="echo in", env=asked())
    assert (r.rc, r.out) == (0, "in\n"), r


@peers("password")
def test_wrong_password(far):
    """as often as asked for, then an end"""
    r = ssh(far, "-o", "PreferredAuthentications=password", "-o", "NumberOfPasswordPrompts=2",
            key=None, cmd="echo in", env=asked("wrong"))
    assert r.rc == 255 and r.out == "" and "Permission denied" in r.err, r


@peers("password")
def test_password_of_dbclient(far):
    theirs_skip("has one dialect")
    r = ssh(far, name="dbclient", key=None, cmd="echo in; exit 4",
            env={"DROPBEAR_PASSWORD": PASSWORD})
    assert (r.rc, r.out) == (4, "in\n"), r


@peers("key")
def test_key_of_dbclient(far):
    """a key in Dropbear's format"""
    theirs_skip("has one dialect")
    r = ssh(far, name="dbclient", key=KEY + ".db", cmd="echo in; exit 4")
    assert (r.rc, r.out) == (4, "in\n"), r


@peers("password")
def test_password_on_the_terminal(far):
    with terminal(far, "-o", "PreferredAuthentications=password", key=None, cmd="echo i''n") as t:
        t.expect("assword: ")
        t.send("wrong\n")
        t.expect("assword: ")
        t.send(PASSWORD + "\n")
        t.expect("in\r\n")
        assert PASSWORD not in t.text and t.wait() == 0


@peers("kbd")
def test_keyboard_interactive(far):
    """two questions; one answer is shown as it is typed"""
    with terminal(far, "-o", "PreferredAuthentications=keyboard-interactive", key=None,
                  cmd="echo i''n") as t:
        t.expect("Two questions")
        t.expect("Password: ")
        t.send(PASSWORD + "\n")
        t.expect("Colour: ")
        t.send("blue\n")
        m = t.expect("blue\r\n(?s:.*)in\r\n")
        assert PASSWORD not in m.string and t.wait() == 0


@pytest.mark.parametrize("prompts", [1, 3])
def test_prompts_are_counted(serve, prompts):
    server = serve()
    r = ssh(server, "-o", "PreferredAuthentications=password", "-o",
            f"NumberOfPasswordPrompts={prompts}", key=None, cmd="true", env=asked("wrong"))
    assert r.rc == 255
    assert len(re.findall("Bad password attempt", server.log())) == prompts or THEIRS


def test_nobody_to_ask(server):
    r = ssh(server, key=None, cmd="true", limit=20)
    assert r.rc == 255 and "Permission denied" in r.err


def test_key_then_password(dot, serve):
    """two factors"""
    server = serve(AuthenticationMethods="publickey,password")
    r = ssh(server, cmd="echo in", env=asked())
    assert (r.rc, r.out) == (0, "in\n"), r


def test_unsafe_key_file(server):
    """that others can read: not used"""
    path = put(DATA + "/open_key", slurp(KEY), 0o644)
    r = ssh(server, "-o", "BatchMode=yes", key=path, cmd="true")
    assert r.rc == 255 and "Permission denied" in r.err


# ---------------------------------------------------------------- the agent
@pytest.fixture(scope="module")
def agent():
    p, path = agent_with()
    with p:
        yield {"SSH_AUTH_SOCK": path}


@peers("key")
def test_login_by_agent(far, agent):
    r = ssh(far, key=None, cmd="echo in", env=agent)
    assert (r.rc, r.out) == (0, "in\n"), r


@peers("agent")
def test_agent_forwarding(far, agent):
    """the far end's ssh-add sees the key, and another login from there works by it"""
    hop = ("ssh -F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
           f" -o BatchMode=yes -o LogLevel=ERROR -p {far.port} ann@127.0.0.1 echo hopped")
    r = ssh(far, "-A", key=None, cmd=f"ssh-add -l; {hop}", env=agent)
    assert r.rc == 0 and "(ED25519)" in r.out and r.out.endswith("hopped\n"), r


def test_agent_of_a_path(server, agent):
    """ForwardAgent with a path or a variable: that agent, whoever is asked for the login"""
    path = agent["SSH_AUTH_SOCK"]
    for say in (path, "$OTHER_SOCK", "${OTHER_SOCK}"):
        r = ssh(server, "-o", "ForwardAgent=" + say, cmd="ssh-add -l",
                env={"OTHER_SOCK": path, "SSH_AUTH_SOCK": "/nonexistent"})
        assert r.rc == 0 and "(ED25519)" in r.out, (say, r)
    r = ssh(server, "-o", "ForwardAgent=$NO_SUCH", cmd="echo ${SSH_AUTH_SOCK:-none}")
    assert (r.rc, r.out) == (0, "none\n"), r


@peers("agent")
def test_no_agent_unasked(far, agent):
    r = ssh(far, key=None, cmd="echo ${SSH_AUTH_SOCK:-none}", env=agent)
    assert r.out.strip() in ("none", agent["SSH_AUTH_SOCK"]), r  # asyncssh's gives us its own


# ---------------------------------------------------------------- streams
@peers("key")
@pytest.mark.parametrize("options", [(), ("-o", "RekeyLimit=1M")], ids=["plain", "rekey"])
def test_ten_megabytes_both_ways(far, options):
    """at once, through cat; with a key exchange after each of them"""
    with open(TEN, "rb") as up, open(DATA + "/back", "wb") as down:
        r = ssh(far, *options, cmd="cat; echo done >&2", stdin=up, stdout=down)
    assert (r.rc, r.err) == (0, "done\n")
    assert sha256(DATA + "/back") == sha256(TEN)


@peers("key")
def test_download(far):
    with open(DATA + "/back", "wb") as down:
        assert ssh(far, cmd="cat " + TEN, stdout=down).rc == 0
    assert sha256(DATA + "/back") == sha256(TEN)


@peers("key")
def test_upload(far):
    with open(TEN, "rb") as up:
        r = ssh(far, cmd="sha256sum", stdin=up)
    assert r.rc == 0 and r.out.split()[0] == sha256(TEN)


@peers("key")
def test_stdin_half_close(far):
    """our end of file is told; what comes after it is not lost"""
    r = ssh(far, cmd="cat; sleep 0.3; echo after; exit 9", stdin=b"before\n")
    assert (r.rc, r.out) == (9, "before\nafter\n")


@peers("key")
def test_stdout_and_stderr(far):
    r = ssh(far, cmd="for i in 1 2 3 4 5 6 7 8 9; do echo o$i; echo e$i >&2; done")
    assert r.out == "".join(f"o{i}\n" for i in range(1, 10)) == r.err.replace("e", "o")


@peers("signal")
def test_status_of_a_signal(far):
    r = ssh(far, cmd="kill -TERM $$")
    assert r.rc == (255 if THEIRS else 143), r


@peers("key")
def test_dash_n(far):
    """stdin is not read, though it never ends"""
    with Background(argv(far, "-n", cmd="cat; echo done"), stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE) as p:
        assert p.stdout.read() == b"done\n" and p.wait() == 0


@peers("key")
def test_long_command(far):
    """20 kB"""
    if far.name == "dropbear":
        pytest.skip("Dropbear ends the connection at 9 kB")
    r = ssh(far, cmd="echo " + "x" * 20000)
    assert r.rc == 0 and len(r.out) == 20001


@peers("pty")
def test_terminals(far):
    """-T: none; -tt: one, though there is none here; -t without one here: none"""
    for flags, want in (((), False), (("-T",), False), (("-tt",), True), (("-t",), False)):
        if want and far.name == "tinyssh":
            continue  # hangs up at the end of our stdin
        r = ssh(far, *flags, cmd="test -t 0 && echo yes || echo no")
        assert r.out.strip() == ("yes" if want else "no"), (flags, r)


def test_environment(serve):
    server = serve(AcceptEnv="LANG LC_* FOO")
    r = ssh(server, "-o", "SetEnv=FOO=bar", "-o", "SendEnv=LC_ONE", cmd="echo $FOO $LC_ONE $LC_TWO",
            env={"LC_ONE": "one", "LC_TWO": "two"})
    assert r.out == "bar one\n", r


def test_nothing_is_lost_at_the_end(server):
    """the last bytes and the status, many times"""
    for i in range(30):
        r = ssh(server, cmd=f"head -c 50000 /dev/zero | tr '\\0' x; exit {i + 1}")
        assert r.rc == i + 1 and r.out == "x" * 50000


def test_background_of_the_command(server):
    """what it leaves behind with our descriptors keeps the session open; without them, not"""
    r = ssh(server, cmd="sleep 60 >/dev/null 2>&1 </dev/null & echo out", limit=20)
    assert (r.rc, r.out) == (0, "out\n")


# ---------------------------------------------------------------- background and subsystems
def ours_with(word):
    """processes below us whose arguments have the word"""
    return [p for p in descendants(os.getpid()) if word in slurp(f"/proc/{p}/cmdline").split("\0")]


def test_dash_f(server):
    """the shell goes on once the login is done; the output comes still"""
    out = DATA + "/later"
    with open(out, "wb") as f:
        r = run(argv(server, "-f", cmd="sleep 0.5; echo later; cat"), None, b"not read", f)
    assert r.rc == 0
    until(lambda: slurp(out) == "later\n", "the output of what went to the background")


def test_dash_f_dash_N(server, web):
    mark = "-oUser=ann"
    r = ssh(server, "-f", "-N", mark, "-o", "ExitOnForwardFailure=yes", "-L", "2150:127.0.0.1:2190")
    assert r.rc == 0 and server.listening(2150), r
    assert run(["curl", "-sSm5", "http://127.0.0.1:2150/10m", "-o", DATA + "/got"]).rc == 0
    pids = ours_with(mark)
    assert len(pids) == 1
    for pid in pids:
        os.kill(pid, signal.SIGTERM)
    until(lambda: not any(map(alive, pids)) and not server.listening(2150), "its end")


def test_dash_f_and_a_failure(server, web):
    """nothing is left behind"""
    mark = "-oLogLevel=INFO"
    for flags in (("-L", "2190:127.0.0.1:1"), ("-R", "2190:127.0.0.1:1")):
        r = ssh(server, "-f", "-N", mark, "-o", "ExitOnForwardFailure=yes", *flags)
        assert r.rc == 255 and r.err, r
    until(lambda: not ours_with(mark), "their end")


@peers("key")
def test_sftp_subsystem(far):
    """OpenSSH's sftp by our ssh"""
    if far.name not in ("openssh", "ours"):
        pytest.skip("has no sftp-server here")
    wrapper = put(DATA + "/wrap", "#!/bin/sh\nexec " + " ".join(transfer.tool("ssh")) + ' "$@"\n',
                  0o755)
    words = [w for w in argv(far)[1:-1]]
    port = words.index("-p")
    words[port] = "-P"
    r = run(["/usr/bin/sftp", "-S", wrapper, "-b", "-", *words, "ann@127.0.0.1"], stdin=(
        f"get {TEN} {DATA}/back\nput {TEN} up\nls -l up\n".encode()))
    assert r.rc == 0 and str(os.path.getsize(TEN)) in r.out, r
    assert sha256(DATA + "/back") == sha256(TEN)


@peers("pty")
def test_refused_subsystem(far):
    if far.name == "tinyssh":
        pytest.skip("runs it all the same")
    r = ssh(far, "-s", cmd="nonesuch")
    assert r.rc not in (0, -11) and r.out == "", r


# ---------------------------------------------------------------- ways to the server
def test_proxy_command(server):
    here = os.path.dirname(os.path.abspath(__file__))
    r = ssh(server, "-o", f"ProxyCommand=/usr/bin/python3 {here}/servers/pipe.py %h %p",
            cmd="cat", stdin=b"through")
    assert (r.rc, r.out) == (0, "through"), r


def test_proxy_command_that_fails(server):
    for command in ("exit 1", "/nonexistent", "echo nonsense", "printf 'SSH-1.0-x\\r\\n'"):
        r = ssh(server, "-o", "ProxyCommand=" + command, cmd="true", limit=20)
        assert r.rc == 255 and r.err, (command, r)


def jump_config():
    return put(DATA + "/jump", f"Host *\n\tIdentityFile {KEY}\n\tIdentitiesOnly yes\n\t"
               f"IdentityAgent none\n\tStrictHostKeyChecking yes\n\tUserKnownHostsFile {KNOWN}\n\t"
               "GlobalKnownHostsFile none\n")


def way_of(servers):
    return ",".join(f"ann@127.0.0.1:{s.port}" for s in servers)


def test_jump_by_a_file_called_ssh(server, serve):
    """our own image is executed for the jump, and that file's name chooses the applet"""
    theirs_skip("has no applets")
    copy = DATA + "/copy/ssh"
    os.makedirs(os.path.dirname(copy))
    shutil.copy(executable(), copy)
    r = run([copy, "-F", jump_config(), "-J", way_of([serve()]), "-p", str(server.port),
             "ann@127.0.0.1", "echo there"])
    assert r.out == "there\n", r
    shutil.rmtree(os.path.dirname(copy))


@pytest.mark.parametrize("hops", ["ours", "ours ours", "openssh", "dropbear", "asyncssh",
                                  "openssh dropbear", "dropbear ours openssh"])
def test_jump(server, serve, hops):
    """every hop has its own host key to check"""
    way = [serve() if name == "ours" else peer(name) for name in hops.split()]
    spec, config = way_of(way), jump_config()
    with open(TEN, "rb") as up, open(DATA + "/back", "wb") as down:
        r = run(transfer.tool("ssh") + ["-F", config, "-J", spec, "-p", str(server.port),
                                        "ann@127.0.0.1", "cat; exit 5"], None, up, down)
    assert r.rc == 5 and sha256(DATA + "/back") == sha256(TEN), r
    assert all("auth succeeded for 'ann'" in s.log() for s, name in zip(way, hops.split())
               if name == "ours")


def test_tools_through_a_jump(server, serve, tmp_path):
    """git push, rsync and sshfs"""
    line = " ".join(transfer.tool("ssh") + ["-F", jump_config(), "-J",
                                            way_of([serve(), peer("openssh")])])
    repo, bare = str(tmp_path / "repo"), "/run/home/ann/jumped.git"
    env = {**os.environ, "GIT_SSH_COMMAND": line, "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b",
           "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
    r = run(["sh", "-c", f"""set -e
        {line} -p {server.port} ann@127.0.0.1 'rm -rf {bare}; git init -q --bare {bare}'
        git init -q {repo}; cd {repo}; cp {TEN} big; git add big; git commit -qm one
        git push -q ssh://ann@127.0.0.1:{server.port}{bare} HEAD:refs/heads/main
        git clone -q -b main ssh://ann@127.0.0.1:{server.port}{bare} again; cmp again/big {TEN}
        rsync -e '{line} -p {server.port}' {TEN} ann@127.0.0.1:jumped"""], env)
    assert r.rc == 0 and sha256("/run/home/ann/jumped") == sha256(TEN), r
    at = str(tmp_path / "at")
    os.mkdir(at)
    wrapper = put(DATA + "/wrap", f'#!/bin/sh\nexec {line} "$@"\n', 0o755)
    r = run(["sshfs", "-o", f"ssh_command={wrapper},port={server.port}", "ann@127.0.0.1:", at])
    if r.rc:
        pytest.skip("sshfs: " + r.err)
    try:
        assert run(["cp", TEN, at + "/by_jump"]).rc == 0
    finally:
        assert run(["fusermount3", "-u", at]).rc == 0
    assert sha256("/run/home/ann/by_jump") == sha256(TEN)


def test_jump_that_fails(server, serve):
    for spec in ("ann@127.0.0.1:1", f"fay@127.0.0.1:{server.port}"):
        r = ssh(server, "-o", "BatchMode=yes", "-J", spec, cmd="true", limit=20)
        assert r.rc == 255 and r.err, r


def test_ipv6_and_names(serve):
    six = serve(host="::1")
    assert run(argv(six)[:-1] + ["ann@::1", "echo six"]).out == "six\n"
    assert run(argv(six)[:-1] + ["-6", "ann@localhost", "echo six"]).out == "six\n"
    r = run(argv(six)[:-1] + ["-4", "ann@localhost", "echo six"])
    assert r.rc == 255 and "refused" in r.err, r


def test_tools_that_use_it(server, tmp_path):
    """git push and rsync by our ssh"""
    line = " ".join(argv(server)[:-1])
    repo, bare = str(tmp_path / "repo"), "/run/home/ann/client.git"
    env = {**os.environ, "GIT_SSH_COMMAND": line, "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b",
           "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
    script = f"""set -e
        git init -q {repo}; cd {repo}; cp {TEN} big; git add big; git commit -qm one
        git push -q ssh://ann@127.0.0.1:{server.port}{bare} HEAD:refs/heads/main
        git ls-remote ssh://ann@127.0.0.1:{server.port}{bare}"""
    assert ssh(server, cmd=f"rm -rf {bare}; git init -q --bare {bare}").rc == 0
    r = run(["sh", "-c", script], env)
    assert r.rc == 0 and "refs/heads/main" in r.out, r
    r = run(["rsync", "-e", line, TEN, "ann@127.0.0.1:synced"])
    assert r.rc == 0 and sha256("/run/home/ann/synced") == sha256(TEN), r
