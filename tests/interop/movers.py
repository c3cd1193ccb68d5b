"""movers.py - programs of other makers that move files, as rows of one table.

SPDX-License-Identifier: MIT

up(server, folder, target) makes target a copy of folder on the server's side,
down(server, target, folder) the other way; a target is relative to the home.
What a program itself cannot do is said in its row, and was seen with OpenSSH's
server too.
"""
import asyncio
import contextlib
import os
import random
import shutil
import stat
import subprocess
import urllib.parse

import pytest
from lib import BUILD, DATA, HERE, HOMES, KEY, USERS, put, until
from stock import CLIENTS, Result, ready, run

SIZES = (0, 1, 32767, 32768, 1 << 20)
LINE, TAB, BYTES = b"new\nline", b"a\ttab", b"no\xff\xfeutf8"
BLANKS, SLASH = b" blanks ", b"a\\b"
NAMES = (b"two words", b"it's", b'say "so"', "h\u00e9l\u00f8 \u2603".encode(), BYTES, LINE, TAB,
         b"-r", b"--", SLASH, b"glob*?[a]{b}", b"~tilde", b"$HOME `id` $(id);|&", BLANKS,
         b"#hash%20", b"@at:colon", b".hidden", b"x" * 255)


# ---------------------------------------------------------------- what is moved
def noise(size, seed=0):
    return random.Random(seed or size).randbytes(size)


def write(path, data, mode=None):
    with open(path, "wb") as f:
        f.write(data)
    if mode is not None:
        os.chmod(path, mode)
    return path


def make_tree(top, without=()):
    """sizes, names, and folders in folders"""
    for sub in ("sizes", "names", "a/b c/d"):
        os.makedirs(f"{top}/{sub}")
    for size in SIZES:
        write(f"{top}/sizes/{size}", noise(size))
    for i, name in enumerate(n for n in NAMES if n not in without):
        write(os.fsencode(top) + b"/names/" + name, name * 3, 0o755 if i % 2 else 0o640)
        os.utime(os.fsencode(top) + b"/names/" + name, (1e9 + i, 1.1e9 + i))
    write(f"{top}/a/b c/d/deep", b"deep")
    return top


def read_tree(top, keep=False):
    """path: content of each file, None for a folder; with keep also mode and time"""
    top, out = os.fsencode(top), {}
    for folder, _, names in os.walk(top):
        out[os.path.relpath(folder, top)] = None
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as f:
                data = f.read()
            st = os.stat(path)
            out[os.path.relpath(path, top)] = data if not keep else (
                data, stat.S_IMODE(st.st_mode), int(st.st_mtime))
    return out


def same(a, b, keep=False):
    """says what differs, by name: contents are too long to be shown"""
    a, b = read_tree(a, keep), read_tree(b, keep)
    bad = [k for k in sorted(a.keys() | b.keys()) if k not in a or k not in b or a[k] != b[k]]
    missing, extra = [k for k in bad if k not in b], [k for k in bad if k not in a]
    assert not bad, f"differ: {bad[:9]}; missing: {missing[:9]}; too many: {extra[:9]}"


def owned(path, user="ann"):
    """the user's own, all of it"""
    uid = 30000 + list(USERS).index(user)
    for p in [path] + [os.path.join(d, n) for d, ds, fs in os.walk(path) for n in ds + fs]:
        os.chown(p, uid, uid, follow_symlinks=False)
    return path


def far(target, user="ann"):
    """where a target really is"""
    return target if target.startswith("/") else f"{HOMES}/{user}/{target}"


# ---------------------------------------------------------------- OpenSSH's
def openssh(program, server, *args, user="ann", options=(), **kw):
    """sftp or scp; {} in args is user@host"""
    argv, env = CLIENTS["openssh"].command(server, user=user)
    words = ["-P" if a == "-p" else a for a in argv[1:-1]]
    return run([program, *words, *options, *(a.replace("{}", argv[-1]) for a in args)], env, **kw)


def sftp(server, batch, *options, user="ann", **kw):
    """what a batch says, line by line; it ends at the first error"""
    return openssh("sftp", server, "-b", "-", "{}", options=options, user=user,
                   stdin=os.fsencode(batch), **kw)


def as_openssh(batch, *options, user="ann"):
    """the same batch with OpenSSH's sftp-server, which runs as the user in its home"""
    exe = "/usr/lib/openssh/sftp-server"
    need(exe)
    uid = 30000 + list(USERS).index(user)
    command = f"setpriv --reuid={uid} --regid={uid} --clear-groups {exe} -d {HOMES}/{user}"
    return run(["sftp", "-D", command, "-b", "-", *options], stdin=os.fsencode(batch),
               env={**os.environ, "TZ": "UTC"})


def ssh_line(server, user="ann", program="ssh"):
    """for programs that call ssh themselves and add the host"""
    argv, _ = CLIENTS["openssh"].command(server, user=user)
    return program + " " + " ".join(argv[1:-1])


def scp(*flags):
    return (lambda server, a, b, **kw: openssh("scp", server, *flags, "-rq", a, "{}:" + b, **kw),
            lambda server, a, b, **kw: openssh("scp", server, *flags, "-rq", "{}:" + a, b, **kw))


# ---------------------------------------------------------------- PuTTY's
def putty(program, server, *args, user="ann", **kw):
    argv, env = CLIENTS["plink"].command(server, user=user)
    return run([program, *argv[1:-1], *(a.replace("{}", argv[-1]) for a in args)], env, **kw)


def psftp(server, batch, **kw):
    return putty("psftp", server, "-b", put(DATA + "/psftp.batch", batch), "{}", **kw)


def pscp(flag):
    """up: its target must be there already, so that is the folder above one of the same name"""
    return (lambda server, a, b, **kw: putty("pscp", server, flag, "-r", "-q", a,
                                             "{}:" + os.path.dirname(b), **kw),
            lambda server, a, b, **kw: putty("pscp", server, flag, "-r", "-q", "{}:" + a, b, **kw))


# ---------------------------------------------------------------- others with a command line
def lftp(server, commands, user="ann", **kw):
    connect = ssh_line(server, user, "ssh -a -x")
    settings = ["cmd:fail-exit yes", "net:max-retries 1", "net:reconnect-interval-base 1",
                "xfer:clobber yes", f'sftp:connect-program "{connect}"']
    script = "".join(f"set {s}\n" for s in settings) + f"open sftp://{user}:@{server.host}\n"
    return run(["lftp", "-c", script + commands], **kw)


def rclone(server, *args, user="ann", **kw):
    """the remote is {}"""
    env = {f"RCLONE_SFTP_{k}": v for k, v in (
        ("HOST", server.host), ("PORT", str(server.port)), ("USER", user), ("KEY_FILE", KEY))}
    return run(["rclone", "--config", "/dev/null", "--retries", "1", "--low-level-retries", "1",
                *(a.replace("{}", ":sftp:") for a in args)], {**os.environ, **env}, **kw)


def restic(server, repository, *args, user="ann", **kw):
    command = f"{ssh_line(server, user)} {user}@{server.host} -s sftp"
    env = {**os.environ, "RESTIC_PASSWORD": "x", "RESTIC_CACHE_DIR": DATA + "/restic"}
    return run(["restic", "-q", "-o", f"sftp.command={command}", "-r",
                f"sftp:{user}@{server.host}:{repository}", *args], env, **kw)


def rsync(server, *args, user="ann", **kw):
    argv, env = CLIENTS["openssh"].command(server, user=user)
    return run(["rsync", "-e", ssh_line(server, user),
                *(a.replace("{}", argv[-1]) for a in args)], env, **kw)


def url(server, path, user="ann"):
    path = os.fsencode(path)
    root = "" if path[:1] == b"/" else "/~/"
    return f"sftp://{user}@{server.host}:{server.port}{root}{urllib.parse.quote(path)}"


def curl(server, *args, stdin=b"", **kw):
    return run(["curl", "-sS", "--key", KEY, "--pubkey", KEY + ".pub", "-k", *args],
               stdin=stdin, **kw)


def curl_config(lines):
    """pairs of option and value, as curl's -K takes them, a file after the other"""
    out = b""
    for key, value in lines:
        value = os.fsencode(value).replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        value = value.replace(b"\n", b"\\n").replace(b"\t", b"\\t")
        out += key.encode() + b' = "' + value + b'"\n'
    return out


def files_of(top):
    top = os.fsencode(top)
    return sorted(os.path.relpath(os.path.join(d, n), top) for d, _, ns in os.walk(top) for n in ns)


def curl_up(server, a, b, **kw):
    lines = [p for f in files_of(a) for p in (
        ("upload-file", os.fsencode(a) + b"/" + f), ("url", url(server, os.fsencode(b + "/") + f)))]
    return curl(server, "--ftp-create-dirs", "-g", "-K", "-", stdin=curl_config(lines), **kw)


def curl_down(server, a, b, **kw):
    lines = [p for f in files_of(far(a)) for p in (
        ("output", os.fsencode(b) + b"/" + f), ("url", url(server, os.fsencode(a + "/") + f)))]
    return curl(server, "--create-dirs", "-g", "-K", "-", stdin=curl_config(lines), **kw)


# ---------------------------------------------------------------- sshfs
@contextlib.contextmanager
def sshfs(server, target, *options, user="ann"):
    """the target as a folder here"""
    if not os.path.exists("/dev/fuse"):
        pytest.skip("/dev/fuse is not there")
    try:
        os.close(os.open("/dev/fuse", os.O_RDWR))
    except OSError as e:
        pytest.skip("/dev/fuse: " + e.strerror)
    point = f"{DATA}/mnt.{target.replace('/', '.')}"
    os.makedirs(point)
    argv = ["sshfs", f"{user}@{server.host}:{target}", point, "-f", *options,
            "-o", "ssh_command=" + ssh_line(server, user).replace(",", "\\,")]
    before = os.stat(point).st_dev
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as p:
        try:
            until(lambda: os.stat(point).st_dev != before or p.poll() is not None, "a mount")
            if p.poll() is not None:
                pytest.fail("sshfs: " + p.stderr.read().decode())
            yield point
        finally:
            subprocess.run(["umount", "-l", point], check=False, stderr=subprocess.DEVNULL)
            try:
                p.wait(10)
            except subprocess.TimeoutExpired:
                p.kill()
            os.rmdir(point)


def sshfs_copy(server, target, command):
    os.makedirs(far(target), exist_ok=True)
    os.chown(far(target), 30000, 30000)
    with sshfs(server, target) as point:
        return run(["sh", "-c", command, point, point])


# ---------------------------------------------------------------- libraries
@contextlib.contextmanager
def paramiko_sftp(server, user="ann"):
    why = ready("paramiko")
    if why:
        pytest.skip(why)
    import paramiko
    with contextlib.closing(paramiko.Transport((server.host, server.port))) as t:
        t.connect(username=user, pkey=paramiko.Ed25519Key.from_private_key_file(KEY))
        with paramiko.SFTPClient.from_transport(t) as c:
            yield c


def paramiko_up(server, a, b, user="ann"):
    with paramiko_sftp(server, user) as c:
        for name, data in read_tree(a).items():
            path = os.fsencode(b) + (b"" if name == b"." else b"/" + name)
            c.mkdir(path) if data is None else c.put(os.fsencode(a) + b"/" + name, path)
    return Result(0, "", "")


def paramiko_down(server, a, b, user="ann"):
    def fetch(remote, local):
        os.mkdir(local)
        for e in c.listdir_attr(remote):
            step = fetch if stat.S_ISDIR(e.st_mode) else c.get
            step(remote + "/" + e.filename, local + "/" + e.filename)
    with paramiko_sftp(server, user) as c:
        fetch(a, b)
    return Result(0, "", "")


def asyncssh_sftp(server, work, user="ann"):
    """what the coroutine work(sftp) gives"""
    why = ready("asyncssh")
    if why:
        pytest.skip(why)
    import asyncssh

    async def session():
        async with asyncssh.connect(server.host, server.port, username=user, known_hosts=None,
                                    agent_path=None, config=None, client_keys=[KEY]) as conn:
            async with conn.start_sftp_client(path_encoding=None) as c:
                return await asyncio.wait_for(work(c), 60)
    return asyncio.run(session())


def asyncssh_move(method):
    def move(server, a, b, user="ann"):
        asyncssh_sftp(server, lambda c: getattr(c, method)(a.encode(), b.encode(), recurse=True),
                      user)
        return Result(0, "", "")
    return move


SCRIPTED = {"libssh": [BUILD + "/libssh_sftp"], "libssh2": [BUILD + "/libssh2_sftp"],
            "ssh2": ["node", HERE + "/clients/ssh2_sftp.js"]}


def script(name, server, steps, user="ann", limit=60, all_well=True):
    """steps: tuples of an operation and two words; what each says ends with ok or `status N`"""
    why = ready(name)
    if why:
        pytest.skip(why)
    words = [os.fsencode(w) for s in steps for w in (*s, "", "")[:3]]
    r = run([*SCRIPTED[name], "-p", str(server.port), "-i", KEY, f"{user}@{server.host}"],
            stdin=b"".join(w + b"\0" for w in words), limit=limit)
    bad = [l for l in r.out.splitlines() if l.startswith("status ")]
    return r if not bad or not all_well else Result(1, r.out, f"{r.err}{bad}")


def scripted(name):
    def up(server, a, b, **kw):
        a, steps = os.fsencode(a), []
        for path, data in read_tree(a).items():
            there = os.fsencode(b) + b"/" + path
            steps.append(("mkdir", there) if data is None else ("put", a + b"/" + path, there))
        steps[0] = ("mkdir", b)
        return script(name, server, steps, **kw)

    def down(server, a, b, **kw):
        b, steps = os.fsencode(b), []
        for path, data in read_tree(far(a)).items():
            if data is None:
                os.makedirs(b + b"/" + path)
            else:
                steps.append(("get", os.fsencode(a) + b"/" + path, b + b"/" + path))
        return script(name, server, steps, **kw)
    return up, down


# ---------------------------------------------------------------- the table
class Mover:
    """cannot: names that the program refuses or spoils, whoever the server"""

    def __init__(self, moves, program=None, cannot=()):
        (self.up, self.down), self.program, self.cannot = moves, program, cannot


BATCH = (lambda s, a, b, **kw: sftp(s, f"put -r {a} {b}", **kw),
         lambda s, a, b, **kw: sftp(s, f"get -r {a} {b}", **kw))
MOVERS = {
    "sftp": Mover(BATCH, "sftp"),
    "scp": Mover(scp("-s"), "scp"),
    "scp-O": Mover(scp("-O"), "scp", {LINE}),
    "psftp": Mover((lambda s, a, b, **kw: psftp(s, f"put -r {a} {b}\n", **kw),
                    lambda s, a, b, **kw: psftp(s, f"get -r {a} {b}\n", **kw)), "psftp"),
    "pscp-sftp": Mover(pscp("-sftp"), "pscp", {SLASH}),
    "pscp-scp": Mover(pscp("-scp"), "pscp", {LINE, BLANKS, SLASH}),
    "lftp": Mover((lambda s, a, b, **kw: lftp(s, f"mirror -R {a} {b}", **kw),
                   lambda s, a, b, **kw: lftp(s, f"mirror {a} {b}", **kw)), "lftp"),
    "sshfs": Mover((lambda s, a, b: sshfs_copy(s, b, f"cp -r {a}/. $0"),
                    lambda s, a, b: sshfs_copy(s, a, f"mkdir {b} && cp -r $0/. {b}")), "sshfs"),
    "rsync": Mover((lambda s, a, b, **kw: rsync(s, "-r", a + "/", "{}:" + b, **kw),
                    lambda s, a, b, **kw: rsync(s, "-r", "{}:" + a + "/", b, **kw)), "rsync"),
    "rclone": Mover((lambda s, a, b, **kw: rclone(s, "copy", a, "{}" + b, **kw),
                     lambda s, a, b, **kw: rclone(s, "copy", "{}" + a, b, **kw)), "rclone",
                    {LINE, TAB}),
    "curl": Mover((curl_up, curl_down), "curl"),
    "paramiko": Mover((paramiko_up, paramiko_down), None, {BYTES}),
    "asyncssh": Mover((asyncssh_move("put"), asyncssh_move("get"))),
    "libssh": Mover(scripted("libssh")),
    "libssh2": Mover(scripted("libssh2")),
    "ssh2": Mover(scripted("ssh2"), "node", {BYTES}),
}


def need(program):
    if program and not shutil.which(program):
        pytest.skip(program + " is not installed")
