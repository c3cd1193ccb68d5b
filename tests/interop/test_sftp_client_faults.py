"""test_sftp_client_faults.py - transfers that break off, and how they are completed.

SPDX-License-Identifier: MIT

A full disk here or there, an ssh or a server that dies: what is there is a part of
the file, under its name, the message is clear, the exit status is not 0; -a goes on
where it stopped, after a look at what is there.
"""
import os
import signal
import subprocess

import pytest
import transfer
from lib import alive, kill, put, sh, until
from stock import run
from transfer import CONFIG, MIB, SSH, at, get, host, noise, scp, sftp_servers, theirs_skip, \
    tmpfs, tool


SIZE = 6 * MIB
WHOLE = noise(SIZE)


@pytest.fixture
def small(at):
    """small(folder) -> a disk of 1 MiB there, large()"""
    mounted = []

    def mount(folder):
        path = folder + "/disk"
        tmpfs(path, "1m")
        mounted.append(path)
        return path
    yield mount
    for path in mounted:
        sh(["umount", "-l", path])


def grow(path):
    sh(["mount", "-o", "remount,size=64m", path])


def part_of(path):
    """what is there is a beginning of the whole"""
    got = get(path)
    assert 0 < len(got) < SIZE and WHOLE.startswith(got), len(got)
    return len(got)


# both programs, by one face: down(host, from, to), up(from, host, to), resumed where again
class Scp:
    @staticmethod
    def argv(extra=(), ssh=SSH):
        return tool("scp") + ["-S", ssh, "-F", CONFIG, *extra]

    @classmethod
    def down(cls, host, a, b, again=False, **kw):
        return cls.argv(["-a"] * again, **kw) + [f"{host}:{a}", b], b""

    @classmethod
    def up(cls, a, host, b, again=False, **kw):
        return cls.argv(["-a"] * again, **kw) + [a, f"{host}:{b}"], b""


class Old(Scp):
    @staticmethod
    def argv(extra=(), ssh=SSH):
        return tool("scp") + ["-O", "-S", ssh, "-F", CONFIG, *extra]


class Sftp:
    @staticmethod
    def argv(host, extra=(), ssh=SSH):
        return tool("sftp") + ["-S", ssh, "-F", CONFIG, "-b", "-", *extra, host]

    @classmethod
    def down(cls, host, a, b, again=False, **kw):
        return cls.argv(host, **kw), f"{'reget' if again else 'get'} {a} {b}\n".encode()

    @classmethod
    def up(cls, a, host, b, again=False, **kw):
        return cls.argv(host, **kw), f"{'reput' if again else 'put'} {a} {b}\n".encode()


@pytest.fixture(params=[Scp, Old, Sftp], ids=["scp", "old", "sftp"])
def way(request):
    return request.param


def broke(r, name=None, words=()):
    """a clear end: no crash, no success, something said"""
    assert r.rc > 0 and r.err.strip() or transfer.THEIRS and r.rc == -signal.SIGPIPE, r
    assert name is None or name in r.err, r
    assert not words or any(w in r.err.lower() for w in words), r


def completes(way, call, *args):
    """the same again with -a; the old protocol and OpenSSH's scp cannot: by our or its sftp"""
    how = Sftp if way is Old or transfer.THEIRS else way
    argv, stdin = getattr(how, call)(*args, again=True)
    r = run(argv, stdin=stdin)
    assert r.rc == 0 and r.err == "", r


def test_disk_full_here(host, way, at, small):
    far, disk = at.far("f", WHOLE), small(at.here)
    argv, stdin = way.down(host, far, disk + "/f")
    broke(run(argv, stdin=stdin), disk + "/f", ["no space left on device"])
    part_of(disk + "/f")
    grow(disk)
    completes(way, "down", host, far, disk + "/f")
    assert get(disk + "/f") == WHOLE


def test_disk_full_there(host, way, at, small):
    near, disk = at.near("f", WHOLE), small(at.there)
    argv, stdin = way.up(near, host, disk + "/f")
    broke(run(argv, stdin=stdin), disk + "/f", ["failure", "no space left", "space"])
    if way is Scp:
        theirs_skip("leaves the whole length, with a hole at its end")
    part_of(disk + "/f")
    grow(disk)
    completes(way, "up", near, host, disk + "/f")
    assert get(disk + "/f") == WHOLE


# ---------------------------------------------------------------- what dies on the way
def brake(at):
    """an ssh that says who it is"""
    return put(at.here + "/brake", f"#!/bin/sh\necho $$ >{at.here}/pid\nexec {SSH} \"$@\"\n", 0o755)


def size(path):
    return os.path.getsize(path) if os.path.exists(path) else 0


def broken(argv, stdin, grows, kill_what):
    """runs it until the file grows; stops what carries, so that it ends within; its result"""
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, start_new_session=True) as p:
        try:
            p.stdin.write(stdin)
            p.stdin.flush()
            until(lambda: size(grows) > 200000 or p.poll() is not None, "a part of " + grows)
            assert p.poll() is None, "too fast: " + repr(p.communicate())
            kill_what()
            out, err = p.communicate(timeout=20)
        finally:
            kill([p.pid])
    return transfer.Result(p.returncode, out.decode(), err.decode())


def limited(argv):
    """4 MiB a second, so that there is a middle"""
    return argv[:1] + ["-l", "32768"] + argv[1:]


@pytest.mark.parametrize("what", ["ssh", "server"])
@pytest.mark.parametrize("call", ["up", "down"])
def test_death_on_the_way(host, way, call, what, at):
    if way is Old and what == "server":
        what = "session"
    near, far = (at.near("f", WHOLE), at.there + "/g") if call == "up" else (
        at.here + "/g", at.far("f", WHOLE))
    args = (near, host, far) if call == "up" else (host, far, near)
    grows = far if call == "up" else near
    argv, stdin = getattr(way, call)(*args, ssh=brake(at))

    def end():
        if what == "ssh":
            kill([int(get(at.here + "/pid"))])
        elif what == "server":
            pids = sftp_servers(transfer.peer(host))
            assert pids, "no sftp-server found"
            kill(pids)
        else:
            pids = [p for p in transfer.descendants(transfer.peer(host).pid)
                    if {b"-t", b"-f"} & set(get(f"/proc/{p}/cmdline").split(b"\0"))]
            assert pids, "no scp found"
            kill(pids)
    r = broken(limited(argv), stdin, grows, end)
    broke(r)
    until(lambda: not sftp_servers(transfer.peer(host)), "the end of the server's process")
    part_of(grows)
    completes(way, call, *args)
    assert get(grows) == WHOLE


def test_terminated(host, at):
    """TERM ends it, and its ssh; the part stays"""
    near = at.near("f", WHOLE)
    argv, _ = Scp.up(near, host, at.there + "/g", ssh=brake(at))
    p = subprocess.Popen(limited(argv), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    until(lambda: size(at.there + "/g") > 200000, "a part")
    p.send_signal(signal.SIGTERM)
    p.communicate(timeout=20)
    assert p.returncode != 0
    until(lambda: not alive(int(get(at.here + "/pid"))), "the end of ssh")
    until(lambda: not sftp_servers(transfer.peer(host)), "the end of the server's process")
    part_of(at.there + "/g")
    completes(Scp, "up", near, host, at.there + "/g")
    assert get(at.there + "/g") == WHOLE


# ---------------------------------------------------------------- going on
@pytest.fixture(params=[Scp, Sftp], ids=["scp", "sftp"])
def again(request):
    theirs_skip("does not look at what is there")
    return request.param


PARTS = {"last byte": lambda: WHOLE[:2 * MIB - 1] + b"#", "longer": lambda: WHOLE + b"more",
         "same size": lambda: WHOLE[:-1] + b"#", "other": lambda: noise(MIB, 1)}


@pytest.mark.parametrize("part", list(PARTS))
@pytest.mark.parametrize("call", ["up", "down"])
def test_not_the_same(host, again, call, part, at):
    """a part that differs is refused, and left as it was"""
    assert WHOLE[2 * MIB - 1:2 * MIB] != b"#" != WHOLE[-1:]
    other = PARTS[part]()
    if call == "up":
        near, far = at.near("f", WHOLE), at.far("g", other, mtime=10 ** 9)
        argv, stdin = again.up(near, host, far, again=True)
        left = far
    else:
        near, far = at.near("g", other, mtime=10 ** 9), at.far("f", WHOLE)
        argv, stdin = again.down(host, far, near, again=True)
        left = near
    r = run(argv, stdin=stdin)
    broke(r, "g")
    assert get(left) == other and os.stat(left).st_mtime == 10 ** 9


@pytest.mark.parametrize("call", ["up", "down"])
def test_not_the_same_in_front(again, call, at):
    """our server hashes what is there: the first byte counts, too"""
    transfer.peer("ours")
    other = b"#" + WHOLE[1:2 * MIB]
    near = at.near("f", WHOLE if call == "up" else other)
    far = at.far("f", WHOLE if call == "down" else other)
    argv, stdin = (again.up(near, "ours", far, again=True) if call == "up" else
                   again.down("ours", far, near, again=True))
    broke(run(argv, stdin=stdin), "f")
    assert get(far if call == "up" else near) == other


def test_nothing_left_to_do(host, again, at):
    near, far = at.near("f", WHOLE), at.far("f", WHOLE)
    for argv, stdin in (again.up(near, host, far, again=True),
                        again.down(host, far, near, again=True)):
        assert run(argv, stdin=stdin).rc == 0
        assert get(near) == get(far) == WHOLE


def test_nothing_there_yet(host, again, at):
    near = at.near("f", WHOLE)
    argv, stdin = again.up(near, host, at.there + "/f", again=True)
    assert run(argv, stdin=stdin).rc == 0 and get(at.there + "/f") == WHOLE
    argv, stdin = again.down(host, at.there + "/f", at.here + "/g", again=True)
    assert run(argv, stdin=stdin).rc == 0 and get(at.here + "/g") == WHOLE


def test_a_tree_goes_on(host, at):
    """scp -ra: what is whole stays, what is not is completed"""
    theirs_skip("has no scp -a")
    at.near("d", None)
    at.far("d", None)
    for i, n in enumerate((0, 1, MIB, 2 * MIB)):
        at.near(f"d/{i}", WHOLE[:2 * MIB])
        at.far(f"d/{i}", WHOLE[:n])
    at.near("d/new", b"new")
    r = scp("-ra", at.here + "/d/", f"{host}:{at.there}")
    assert r.rc == 0 and transfer.tree(at.there) == transfer.tree(at.here), r
    os.truncate(at.here + "/d/2", 77777)
    os.remove(at.here + "/d/new")
    r = scp("-ra", f"{host}:{at.there}/d", at.here)
    assert r.rc == 0 and transfer.tree(at.there) == transfer.tree(at.here), r


def test_old_protocol_has_no_resume(at):
    """-a with -O is refused rather than forgotten"""
    theirs_skip("has no -a")
    transfer.peer("openssh")
    near, far = at.near("f", WHOLE[:MIB]), at.far("f", WHOLE)
    r = scp("-O", "-a", f"openssh:{far}", near)
    assert r.rc > 0 and r.err and get(near) == WHOLE[:MIB] or r.rc == 0 and get(near) == WHOLE
