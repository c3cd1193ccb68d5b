"""test_sftp_server_failures.py - transfers that end early, and how they are taken up again.

SPDX-License-Identifier: MIT
"""
import os
import resource
import signal
import subprocess

import pytest
from lib import LIMIT, STANDIN, descendants, gone, kill, sh, slurp, until
from movers import (curl, lftp, need, noise, openssh, owned, paramiko_sftp, psftp, putty, rclone,
                    read_tree, rsync, script, sftp, sshfs, url, write)
from stock import CLIENTS, Background, Result

FILE = noise(6 << 20, 7)


def half_way(path, data=FILE):
    """what is there is how the file begins; its length"""
    with open(path, "rb") as f:
        got = f.read()
    assert data.startswith(got)
    return len(got)


# ---------------------------------------------------------------- the disk fills
@pytest.fixture
def full(place):
    """a disk of 1 MiB in ann's home"""
    where = place[1] + "/disk"
    os.mkdir(where)
    sh(f"mount -t tmpfs -o size=1m,uid=30000,gid=30000,mode=755 tmpfs {where}")
    write(place[0] + "/f", FILE)
    yield place[0] + "/f", where
    sh("umount -l " + where)


def by_paramiko(server, f):
    with paramiko_sftp(server) as c:
        try:
            c.put(f, "place/disk/f")
        except OSError as e:
            return Result(1, "", str(e))
    return Result(0, "", "")


def by_sshfs(server, f):
    with sshfs(server, "place/disk") as point:
        r = subprocess.run(["cp", f, point + "/f"], capture_output=True, text=True, check=False)
    return Result(r.returncode, "", r.stderr)


UPLOADS = {
    "sftp": lambda s, f: sftp(s, f"put {f} place/disk/f\n"),
    "scp": lambda s, f: openssh("scp", s, "-s", f, "{}:place/disk/f"),
    "scp-O": lambda s, f: openssh("scp", s, "-O", f, "{}:place/disk/f"),
    "psftp": lambda s, f: psftp(s, f"put {f} place/disk/f\n"),
    "pscp-scp": lambda s, f: putty("pscp", s, "-scp", f, "{}:place/disk/f"),
    "lftp": lambda s, f: lftp(s, f"put {f} -o place/disk/f"),
    "curl": lambda s, f: curl(s, "-T", f, url(s, "place/disk/f")),
    "rclone": lambda s, f: rclone(s, "copyto", f, "{}place/disk/f"),
    "rsync": lambda s, f: rsync(s, "--inplace", f, "{}:place/disk/f"),
    "paramiko": by_paramiko,
    "sshfs": by_sshfs,
    "libssh": lambda s, f: script("libssh", s, [("put", f, "place/disk/f")]),
    "libssh2": lambda s, f: script("libssh2", s, [("put", f, "place/disk/f")]),
    "ssh2": lambda s, f: script("ssh2", s, [("put", f, "place/disk/f")]),
}


def whole(folder):
    """no comparison for pytest to explain: 6 MB of differences take it an hour"""
    got = read_tree(folder)[b"f"]
    if got == FILE:
        return True
    at = next((i for i, (a, b) in enumerate(zip(got, FILE)) if a != b), min(len(got), len(FILE)))
    pytest.fail(f"{len(got)} bytes for {len(FILE)}, other from {at} on")


@pytest.mark.parametrize("name", UPLOADS)
def test_disk_full(server, full, name):
    """the client says so and fails; with more room `put -a` goes on where it stopped"""
    need(name if name in ("lftp", "curl", "rclone", "rsync", "sshfs") else None)
    path, disk = full
    r = UPLOADS[name](server, path)
    assert r.rc != 0 and (r.err or r.out), r
    if name in ("scp", "ssh2"):  # which give it all its length, or write out of order: holes
        os.unlink(disk + "/f")
    elif name not in ("rclone", "rsync"):  # these take away what is broken
        assert half_way(disk + "/f") > 0
    # requests that the client has sent before it heard of the first that failed
    until(lambda: not descendants(server.pid), "the end of the session")
    sh("mount -o remount,size=8m " + disk)
    command = "put -a" if os.path.exists(disk + "/f") else "put"
    assert sftp(server, f"{command} {path} place/disk/f\n").rc == 0
    assert whole(disk)


def test_disk_full_then_removed(server, full):
    """the same session may make room, and go on"""
    path, disk = full
    r = sftp(server, f"-put {path} place/disk/f\n-mkdir place/disk/d\nrm place/disk/f\n"
             f"put /etc/passwd place/disk/p\n")
    assert r.rc == 0, r
    assert slurp(disk + "/p") == slurp("/etc/passwd")


def test_file_size_limit(serve, place):
    """RLIMIT_FSIZE: an error, not a SIGXFSZ that nobody hears of"""
    write(place[0] + "/f", FILE)
    s = serve(preexec=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)))
    r = sftp(s, f"put {place[0]}/f place/f\n")
    assert r.rc != 0 and half_way(place[1] + "/f") <= 1 << 20


# ---------------------------------------------------------------- something is killed
def uid(pid):
    return int(slurp(f"/proc/{pid}/status").split("Uid:")[1].split()[0])


def processes(server):
    """of the one session: sftp-server, and the process that holds the socket"""
    pids = descendants(server.pid)
    users = [p for p in pids if uid(p) == 30000]
    others = [p for p in pids if uid(p) not in (0, 30000)]
    return users[-1], (others + users)[0]


def begin(server, program, *args):
    """slow, on purpose: 2 MB a second"""
    argv, env = CLIENTS["openssh"].command(server)
    words = ["-P" if a == "-p" else a for a in argv[1:-1]]
    return Background([program, *words, "-l", "16000", *(a.replace("{}", argv[-1]) for a in args)],
                      env=env, start_new_session=True, stdin=subprocess.PIPE,
                      stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def size(path):
    return os.stat(path).st_size if os.path.exists(path) else 0


VICTIMS = ["sftp-server", "net", "client", "ssh"]


@pytest.mark.parametrize("victim", VICTIMS)
@pytest.mark.parametrize("way", ["up", "down"])
def test_killed(serve, place, way, victim):
    """a part stays, the client fails, nothing is left running, and -a completes it"""
    here, there = place
    src, dst = place if way == "up" else (there, here)
    write(src + "/f", FILE)
    owned(there)
    server = serve()
    batch = (f"put {here}/f place/f\n" if way == "up" else f"get place/f {here}/f\n").encode()
    with begin(server, "sftp", "-b", "-", "{}") as p:
        p.stdin.write(batch)
        p.stdin.flush()
        until(lambda: size(dst + "/f") > 200000, "the first part of the file")
        server_side, net = processes(server)
        if victim == "client":
            os.killpg(p.pid, signal.SIGKILL)
        elif victim == "ssh":  # ssh alone: sftp sees its pipe end
            kill(descendants(p.pid))
        else:
            kill([server_side if victim == "sftp-server" else net])
        p.communicate(timeout=LIMIT)
        assert p.returncode != 0
    gone(server_side)
    gone(net)
    assert 0 < half_way(dst + "/f") < len(FILE)
    r = sftp(server, f"put -a {here}/f place/f\n" if way == "up" else f"get -a place/f {here}/f\n")
    assert r.rc == 0 and whole(dst)


@pytest.mark.parametrize("victim", ["scp", "net", "client"])
@pytest.mark.parametrize("way", ["up", "down"])
def test_old_scp_killed(serve, place, way, victim):
    here, there = place
    src, dst = place if way == "up" else (there, here)
    write(src + "/f", FILE)
    owned(there)
    server = serve()
    args = [here + "/f", "{}:place/f"] if way == "up" else ["{}:place/f", here + "/f"]
    with begin(server, "scp", "-O", *args) as p:
        until(lambda: size(dst + "/f") > 200000, "the first part of the file")
        server_side, net = processes(server)
        if not STANDIN:  # not the scp that is in PATH
            assert os.path.samefile(f"/proc/{server_side}/exe", f"/proc/{server.pid}/exe")
        if victim == "client":
            os.killpg(p.pid, signal.SIGKILL)
        else:
            kill([server_side if victim == "scp" else net])
        p.communicate(timeout=LIMIT)
        assert p.returncode != 0
    gone(server_side)
    assert 0 < half_way(dst + "/f") < len(FILE) or way == "up" and victim != "scp"


@pytest.mark.parametrize("name", ["lftp", "curl", "psftp"])
def test_taken_up_by_others(server, place, name):
    """each has its own way to go on with a part"""
    need(name)
    here, there = place
    write(here + "/f", FILE)
    write(there + "/f", FILE[:1111111])
    owned(there)
    r = {"lftp": lambda: lftp(server, f"put -c {here}/f -o place/f"),
         "curl": lambda: curl(server, "-C", "-", "-T", here + "/f", url(server, "place/f")),
         "psftp": lambda: psftp(server, f"reput {here}/f place/f\n")}[name]()
    assert r.rc == 0 and whole(there)


def test_old_file_until_the_first_byte(server, place):
    """what cannot be opened for writing is as it was"""
    here, there = place
    write(here + "/f", FILE)
    write(there + "/f", b"old", 0o444)
    os.chown(there + "/f", 0, 0)
    for r in (sftp(server, f"put {here}/f place/f\n"),
              openssh("scp", server, "-O", here + "/f", "{}:place/f")):
        assert r.rc == 1 and "ermission denied" in r.err
    assert read_tree(there)[b"f"] == b"old"
