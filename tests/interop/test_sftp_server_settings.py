"""test_sftp_server_settings.py - what sshd_config and authorized_keys say about SFTP.

SPDX-License-Identifier: MIT
"""
import os
import shutil
import stat

import pytest
from lib import CUBSSH, DATA, EMU, HOMES, HOSTKEY, put, slurp, standin_skip
from movers import (make_tree, need, noise, openssh, owned, paramiko_sftp, read_tree, same, sftp,
                    write)
from stock import run

INTERNAL = "sftp internal-sftp"


def ok(r):
    assert r.rc == 0, r
    return r.out


def up_and_down(server, place, user="ann", **kw):
    here, there = place
    write(here + "/f", noise(100000))
    home = f"{HOMES}/{user}" if user != "ann" else there
    r = sftp(server, f"put {here}/f {home}/f\nget {home}/f {here}/g\n", user=user, **kw)
    assert r.rc == 0, r
    assert read_tree(here)[b"g"] == noise(100000)
    os.unlink(home + "/f")


# ---------------------------------------------------------------- Subsystem
def test_by_default(serve, place):
    """without a word about it"""
    standin_skip("has none by default")
    up_and_down(serve(), place)


def test_by_default_as_dropbear(serve, place):
    standin_skip("executes /usr/libexec/sftp-server", "dropbear")
    s = serve(dropbear=["-F", "-E", "-r", "{host}", "-p", "127.0.0.1:{port}"])
    up_and_down(s, place)
    ok(openssh("scp", s, "-O", place[0] + "/f", "{}:place/scp"))


@pytest.mark.parametrize("line", ["internal-sftp", "internal-sftp -f AUTH -l INFO",
                                  "internal-sftp -e", "/usr/lib/openssh/sftp-server",
                                  "/usr/lib/openssh/sftp-server -l ERROR"])
def test_subsystem(serve, place, line):
    need(line.split()[0] if line[0] == "/" else None)
    up_and_down(serve(Subsystem="sftp " + line), place)


def test_config_file(serve, place):
    standin_skip("has one on its command line already")
    path = put(DATA + "/sshd_config", "Subsystem\tsftp\tinternal-sftp -u 027\nX11Forwarding no\n")
    s = serve(config=path)
    write(place[0] + "/f", b"x", 0o666)
    ok(sftp(s, f"put {place[0]}/f place/f\n"))
    assert stat.S_IMODE(os.stat(place[1] + "/f").st_mode) == 0o640


def test_unknown_subsystem(server, ssh):
    argv, env = ssh.command(server)
    r = run([argv[0], "-s", *argv[1:], "nosuch"], env)
    assert r.rc == 255 and "ubsystem request failed" in r.err


def test_bad_flag(serve, place):
    """is said in time, not passed over"""
    r = sftp(serve(Subsystem=INTERNAL + " -Z"), "pwd\n")
    assert r.rc == 255


def test_read_only(serve, place):
    """-R: all that would change something is refused, and nothing is changed"""
    here, there = place
    make_tree(there + "/tree")
    owned(there)
    before = read_tree(there, keep=True)
    s = serve(Subsystem=INTERNAL + " -R")
    ok(sftp(s, f"get -r place/tree {here}/tree\nls -l place\ndf\n"))
    same(there + "/tree", here + "/tree")
    write(here + "/f", b"x")
    f = "place/tree/sizes/32767"
    for line in (f"put {here}/f {f}", f"put {here}/f place/new", f"rm {f}",
                 f"put -a {here}/f place/tree/sizes/0",
                 "mkdir place/d", "rmdir place/tree/a", f"rename {f} place/x", f"ln {f} place/x",
                 f"rename -l {f} place/x", "symlink a place/x", f"chmod 600 {f}", f"cp {f} place/x",
                 f"chgrp 30000 {f}"):
        r = sftp(s, line + "\n")
        said = "ermission denied" in r.err or "does not support" in r.err  # not announced
        assert r.rc == 1 and said, (line, r)
    assert read_tree(there, keep=True) == before


def test_read_only_paramiko(serve, place):
    """each way of opening that writes, truncates or makes"""
    write(place[1] + "/f", b"old")
    owned(place[1])
    with paramiko_sftp(serve(Subsystem=INTERNAL + " -R")) as c:
        for mode in ("w", "a", "r+", "w+", "wx"):
            with pytest.raises(PermissionError):
                c.open("place/f" if mode != "wx" else "place/new", mode)
        for call in (lambda: c.truncate("place/f", 1), lambda: c.utime("place/f", (1, 1)),
                     lambda: c.open("place/f").truncate(0), lambda: c.open("place/f").chmod(0o777),
                     lambda: c.open("place/f").utime((1, 1))):
            with pytest.raises(PermissionError):
                call()
        assert c.open("place/f").read() == b"old"
    assert os.listdir(place[1]) == ["f"] and slurp(place[1] + "/f") == "old"


@pytest.mark.parametrize("umask", ["077", "027", "0002"])
def test_umask(serve, place, umask):
    here, there = place
    s = serve(Subsystem=INTERNAL + " -u " + umask)
    write(here + "/f", b"x", 0o777)
    with paramiko_sftp(s) as c:
        c.open("place/p", "w").close()
    ok(sftp(s, f"put {here}/f place/f\nmkdir place/d\nput -p {here}/f place/kept\n"))
    cut = lambda mode: mode & ~int(umask, 8)  # noqa: E731
    assert [stat.S_IMODE(os.stat(f"{there}/{n}").st_mode) for n in ("f", "d", "p", "kept")] == [
        cut(0o777), cut(0o777), cut(0o666), 0o777]


@pytest.mark.parametrize("start,want", [("/etc", "/etc"), ("%d/place", "{home}/place"),
                                        ("/run/home/%u", "{home}"), ("/nothing", "{home}")])
def test_start_directory(serve, place, start, want):
    out = ok(sftp(serve(Subsystem=f"{INTERNAL} -d {start}"), "pwd\n"))
    assert "directory: " + want.format(home=HOMES + "/ann") in out


@pytest.mark.parametrize("flag,cannot", [("-P remove,rmdir", "rm"), ("-p realpath,stat,lstat,open,"
                                         "read,close,limits,fstat,write,fsetstat,setstat", "rm")])
def test_lists_of_requests(serve, place, flag, cannot):
    here = place[0]
    write(here + "/f", b"x")
    s = serve(Subsystem=f"{INTERNAL} {flag}")
    ok(sftp(s, f"put {here}/f place/f\nget place/f {here}/g\n"))
    r = sftp(s, cannot + " place/f\n")
    assert r.rc == 1 and "ermission denied" in r.err


# ---------------------------------------------------------------- forced
def test_force_command(serve, place, ssh):
    """SFTP and nothing else: no shell, no command, no scp of the old kind; they are told why"""
    s = serve(ForceCommand="internal-sftp")
    up_and_down(s, place)
    ok(openssh("scp", s, place[0] + "/f", "{}:place/new"))
    for r in (ssh(s, "id"), ssh(s), ssh(s, "cat /etc/passwd; touch place/evil"),
              openssh("scp", s, "-O", place[0] + "/f", "{}:place/old", limit=10)):
        assert "uid=" not in r.out and "root:" not in r.out and r.rc != 0, r
    assert "sftp connections only" in ssh(s, "id").out
    assert sorted(os.listdir(place[1])) == ["new"]


def test_force_command_read_only(serve, place):
    s = serve(ForceCommand="internal-sftp -R -d /etc")
    assert "directory: /etc" in ok(sftp(s, "pwd\n"))
    assert sftp(s, f"mkdir {place[1]}/d\n").rc == 1


def test_key_with_internal_sftp(server, dot, place, ssh):
    dot('command="internal-sftp",restrict {}')
    up_and_down(server, place, user="dot")
    r = ssh(server, "id", user="dot")
    assert "uid=" not in r.out and r.rc != 0
    dot('command="internal-sftp -R -u 077" {}')
    assert sftp(server, "mkdir d\n", user="dot").rc == 1
    assert not os.path.exists(HOMES + "/dot/d")


def test_key_with_another_command(server, dot, place):
    """no SFTP, and no scp, of whatever protocol"""
    dot('command="echo no" {}')
    write(place[0] + "/f", b"x")
    assert sftp(server, f"put {place[0]}/f f\n", user="dot").rc == 255
    for flag in ("-s", "-O"):
        assert openssh("scp", server, flag, place[0] + "/f", "{}:f", user="dot").rc != 0
    assert not os.path.exists(HOMES + "/dot/f")
    dot('restrict {}')
    up_and_down(server, place, user="dot")


def test_key_with_old_scp(server, dot, place):
    """command="scp -t ..." as backup scripts have it"""
    os.chmod(place[1], 0o777)
    dot(f'command="scp -t {place[1]}" {{}}')
    write(place[0] + "/f", b"hello")
    ok(openssh("scp", server, "-O", place[0] + "/f", "{}:/elsewhere/g", user="dot"))
    assert read_tree(place[1])[b"f"] == b"hello"


def test_root(server, place):
    """may give files away"""
    write(place[0] + "/f", b"x")
    ok(sftp(server, f"put {place[0]}/f {place[1]}/f\nchown 30001 {place[1]}/f\n", user="root"))
    assert os.stat(place[1] + "/f").st_uid == 30001


# ---------------------------------------------------------------- ChrootDirectory
@pytest.fixture
def jail():
    """root's, with a folder that is the user's, and nothing besides"""
    top = DATA + "/jail"
    shutil.rmtree(top, ignore_errors=True)
    os.makedirs(top + "/in")
    os.chown(top + "/in", 30000, 30000)
    write(top + "/hello", b"hello")
    return top


@pytest.mark.parametrize("how", ["Subsystem", "ForceCommand"])
def test_chroot(serve, place, jail, how):
    """no program, device or library in there; and no way out"""
    options = {"Subsystem": INTERNAL} if how == "Subsystem" else {"ForceCommand": "internal-sftp"}
    s = serve(ChrootDirectory=jail, **options)
    here = place[0]
    write(here + "/f", noise(200000))
    out = ok(sftp(s, f"pwd\nls -ln /\ncd in\nput {here}/f f\nget f {here}/g\nsymlink /f l\n"
                  "cd ../../..\npwd\nls -1 /\n-get /etc/passwd\n-get ../../../etc/passwd\n"
                  "-get in/l\nrename in/f in/e\nln in/e in/h\ncp in/e in/c\ndf /\n"))
    assert out.count("directory: /\n") == 2 and "/in" in out and "hello" in out
    assert read_tree(here)[b"g"] == noise(200000)
    assert sorted(os.listdir(jail)) == ["hello", "in"]
    assert sorted(os.listdir(jail + "/in")) == ["c", "e", "h", "l"]
    assert sorted(os.listdir(here)) == ["f", "g"]


def test_chroot_scp(serve, place, jail):
    """of the new kind, which asks for the subsystem"""
    s = serve(ChrootDirectory=jail, Subsystem=INTERNAL)
    make_tree(place[0] + "/tree")
    ok(openssh("scp", s, "-rpq", place[0] + "/tree", "{}:/in"))
    same(place[0] + "/tree", jail + "/in/tree", keep=True)


def test_chroot_of_each_user(serve, place, jail):
    """%u in it, and -d within it"""
    os.makedirs(jail + "/ann/inner")
    s = serve(ChrootDirectory=jail + "/%u", Subsystem=INTERNAL + " -d /inner")
    out = ok(sftp(s, "pwd\nls -1 /\n"))
    assert "directory: /inner" in out and "hello" not in out


def test_chroot_writable_by_others(serve, jail):
    """is refused: who may write there could put an /etc of their own"""
    os.chmod(jail, 0o777)
    assert sftp(serve(ChrootDirectory=jail, Subsystem=INTERNAL), "pwd\n").rc == 255


# ---------------------------------------------------------------- the applet alone
@pytest.fixture
def applet():
    """our binary under the name of the applet, where anybody may run it"""
    standin_skip("is not ours")
    if EMU:
        pytest.skip("others cannot run what needs an emulator")
    os.makedirs(DATA + "/applet", exist_ok=True)
    return shutil.copy(CUBSSH, DATA + "/applet/sftp-server")


def test_for_other_servers(serve, place, applet):
    """Debian's sshd runs it as its sftp-server"""
    need("/usr/sbin/sshd")
    s = serve(raw=lambda at: ["/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-h", HOSTKEY, "-o",
                              "ListenAddress=" + at, "-o", f"Subsystem=sftp {applet} -u 077"])
    up_and_down(s, place)
    make_tree(place[0] + "/tree")
    ok(sftp(s, f"put -r {place[0]}/tree place/tree\nln -s a place/tree/l\n"))
    assert os.readlink(place[1] + "/tree/l") == "a"
    os.unlink(place[1] + "/tree/l")
    same(place[0] + "/tree", place[1] + "/tree")


def test_for_dropbear(serve, place, applet):
    """which runs /usr/lib/sftp-server (Debian) by that path alone"""
    need("dropbear")
    s = serve(raw=lambda at: ["dropbear", "-F", "-E", "-r", HOSTKEY + ".db", "-p", at,
                              "-c", applet])
    up_and_down(s, place)


def test_by_hand(applet, place):
    """sftp -D, with flags, and no sshd at all"""
    r = run(["sftp", "-D", applet + " -d /etc", "-b", "-"], stdin=b"pwd\nget passwd " +
            os.fsencode(place[0]) + b"/p\n")
    assert r.rc == 0 and "directory: /etc" in r.out, r
    assert slurp(place[0] + "/p") == slurp("/etc/passwd")
    assert run([applet, "-Q", "requests"]).out.split()[:4] == ["open", "close", "read", "write"]
    assert run([applet, "-Z"]).rc != 0
