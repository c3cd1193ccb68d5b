"""test_sftp_interactive.py - the sftp client on a terminal: editing, history, interrupts.

SPDX-License-Identifier: MIT

No network: -D runs a server next to it.
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

import pytest

import lib

SERVERS = {"ours": lib.CUBSSH + " sftp-server", "openssh": "/usr/lib/openssh/sftp-server"}
PROMPT = "sftp> "
UP, DOWN, RIGHT, LEFT = "\033[A", "\033[B", "\033[C", "\033[D"

pytestmark = pytest.mark.skipif(bool(lib.STANDIN or lib.EMU), reason="a client of ours, run natively")


class Screen:
    """What a terminal makes of \\r, \\n, ESC[K and ESC[nC: its last line."""

    def __init__(self):
        self.line, self.at, self.widest = [], 0, 0

    def put(self, text):
        for part in re.findall(r"\033\[\d*[A-Z]|\033|[^\033]", text):
            if part == "\r":
                self.at = 0
            elif part == "\n":
                self.line, self.at = [], 0
            elif part == "\033[K":
                del self.line[self.at:]
            elif part[0] == "\033" and part[-1] == "C":
                self.at += int(part[2:-1])
            elif part[0] != "\033":
                self.line[len(self.line):] = " " * (self.at - len(self.line))
                self.line[self.at:self.at + 1] = part
                self.at += 1
                self.widest = max(self.widest, self.at)


class Sftp:
    """A session on a terminal of its own."""

    def __init__(self, *args, server="ours", width=80, cwd="/", jobs=False):
        argv = [lib.CUBSSH, "sftp", *args, "-D", SERVERS[server]]
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            os.environ["SHELL"] = "/bin/sh"
            with_jobs(argv) if jobs else os.execv(argv[0], argv)
        self.size(width)
        self.text, self.screen = "", Screen()
        self.status = None

    def __enter__(self):
        self.wait(PROMPT)
        return self

    def __exit__(self, *_):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)

    def size(self, width):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))

    def sane(self):
        """1: lines are edited by the terminal, as programs expect."""
        flags = termios.tcgetattr(self.fd)[3]
        wanted = termios.ICANON | termios.ECHO | termios.ISIG
        return flags & wanted == wanted

    def read(self, seconds):
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        # a character may be cut here: tests do not look that closely
        new = data.decode(errors="replace")
        self.text += new
        self.screen.put(new)
        return bool(data)

    def wait(self, what, seconds=10):
        """What came until the pattern, which is taken off."""
        end = time.time() + seconds
        while not (hit := re.search(what, self.text)):
            left = end - time.time()
            assert left > 0, f"no {what!r} in {self.text!r}"
            if not self.read(left):
                assert re.search(what, self.text), f"end, no {what!r} in {self.text!r}"
        before, self.text = self.text[:hit.start()], self.text[hit.end():]
        return before

    def settle(self):
        """The last line, once nothing more comes."""
        while self.read(0.1):
            pass
        return "".join(self.screen.line)

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def run(self, line):
        """What a command says; echoes of the line's editing are not in it."""
        self.settle()
        self.text = ""
        self.type(line + "\r")
        self.wait("\n")
        said = self.wait(r"\r?sftp> ")
        return said.replace("\r\n", "\n")

    def end(self, seconds=10):
        last = time.time() + seconds
        while self.read(max(0, last - time.time())):
            pass
        _, self.status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(self.status)


def with_jobs(argv):
    """A shell with job control, as far as ^Z needs one."""
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        time.sleep(0.1)
        os.execv(argv[0], argv)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    os.setpgid(pid, pid)
    os.tcsetpgrp(0, pid)
    while True:
        _, status = os.waitpid(pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            os._exit(os.waitstatus_to_exitcode(status) & 255)
        os.tcsetpgrp(0, os.getpid())
        flags = termios.tcgetattr(0)[3]
        os.write(1, b"STOPPED %d\n" % bool(flags & termios.ICANON))
        time.sleep(0.2)
        os.tcsetpgrp(0, pid)
        os.kill(-pid, signal.SIGCONT)


@pytest.fixture
def room(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "here").mkdir()
    return tmp_path


@pytest.fixture(params=SERVERS)
def sftp(request, room):
    if not os.path.exists(SERVERS[request.param].split()[0]):
        pytest.skip("not installed")
    with Sftp(server=request.param, cwd=room / "here") as s:
        s.run("cd ../there")
        yield s


@pytest.fixture
def mine(room):
    with Sftp(cwd=room / "here") as s:
        s.run("cd ../there")
        yield s


def test_commands(sftp, room):
    assert sftp.run("pwd") == f"Remote working directory: {room}/there\n"
    assert sftp.run("lpwd") == f"Local working directory: {room}/here\n"
    assert sftp.run("mkdir a") == "" and (room / "there/a").is_dir()
    assert sftp.run("nonsense") == "Invalid command.\n"
    assert "mkdir" in sftp.run("mkdir a")  # the session goes on
    assert sftp.run("get none") == f'remote get "{room}/there/none": No such file or directory\n'
    assert sftp.run("!echo $((6 * 7))") == "42\n"
    assert sftp.run("lls -a").split() == [".", ".."]
    assert re.match(r"/\S+/a: size \d+, mode 0755 \(drwxr-xr-x\), owner \d+, group \d+, modified \w+ ",
                    sftp.run("stat a"))
    sftp.type("bye\r")
    assert sftp.end() == 0


def test_transfer(sftp, room):
    data = os.urandom(300000)
    (room / "here/up").write_bytes(data)
    assert "Uploading up to" in sftp.run("put up")
    assert (room / "there/up").read_bytes() == data
    said = sftp.run("get up down")
    assert "Fetching" in said and "100%" in said  # the meter
    assert (room / "here/down").read_bytes() == data


@pytest.mark.parametrize("keys, name", [
    ("mkdir ac" + LEFT + "b", "abc"),
    ("mkdir axb" + LEFT + "\x7f", "ab"),
    ("dir ab\x01mk", "ab"),
    ("kdir ab\x01m\x05c", "abc"),
    ("mkdir abc\033[D\033[D\033[3~", "ac"),
    ("rmdir x\x15mkdir y", "y"),
    ("mkdir one two\x17\x17one", "one"),
    ("mkdir a/b\x02\x02\x0b", "a"),
    ("junk\x03mkdir c", "c"),
    ("mkdir \u00e4\u20ac\x7f\u00fc", "\u00e4\u00fc"),
    ("mkdir \u00e4\u20ac" + LEFT + LEFT + "x", "x\u00e4\u20ac"),
    ("mkdir \U0001f600\033[H\033[4~!", "\U0001f600!"),
    ("\033OHmkdir k\033[99~\033x", "k"),
])
def test_editing(mine, room, keys, name):
    mine.run(keys)
    assert os.listdir(room / "there") == [name]


def test_history(mine, room):
    for name in "abc":
        mine.run("mkdir " + name)
    mine.run(UP + UP + UP + "1")
    mine.run(UP + UP + DOWN + "2")
    mine.run("rmdir a" + UP + DOWN + "\x7fb")  # what was being written comes back
    assert sorted(os.listdir(room / "there")) == ["a", "a1", "a12", "c"]


def test_cursor(mine):
    mine.type("abc \u00e4\u20acd" + LEFT + LEFT)
    assert mine.settle() == PROMPT + "abc \u00e4\u20acd"
    assert mine.screen.at == len(PROMPT) + 5
    mine.type("\x7f")
    assert mine.settle() == PROMPT + "abc \u20acd"
    assert mine.screen.at == len(PROMPT) + 4


def test_long_line(room):
    with Sftp(cwd=room, width=40) as s:
        s.settle()
        s.screen.widest = 0
        name = "".join(chr(97 + i % 26) for i in range(200))
        s.type("mkdir there/" + name)
        assert s.settle().endswith(name[-20:])
        s.type("\x01")
        assert s.settle().startswith(PROMPT + "mkdir there/abc") and s.screen.at == len(PROMPT)
        s.type(RIGHT * 100)
        assert "def" in s.settle()
        assert s.screen.widest < 40
        s.run("")
        assert os.listdir(room / "there") == [name]


def test_paste(mine, room):
    mine.type("mkdir a\rmkdir b\nmkdir c\r")
    mine.run("mkdir d")
    assert sorted(os.listdir(room / "there")) == ["a", "b", "c", "d"]
    assert mine.run("lpwd").startswith("Local")


def test_columns(mine, room):
    for i in range(12):
        (room / f"there/name{i:02}").touch()
    assert mine.run("ls").count("\n") == 2  # 12 of 8 and 2 in 80
    mine.size(20)
    assert mine.run("ls").count("\n") == 6
    mine.size(200)
    assert mine.run("ls").count("\n") == 1
    assert mine.run("ls -1").count("\n") == 12
    assert mine.run("ls -1r").startswith("name11\n")
    assert mine.run("ls -l name0[12]").count("\n") == 2


def test_names_shown(mine, room):
    for name in (b"a\033[2Jb", b"\xff", b"\xc2\x9b", "\u00e4".encode(), b"new\nline"):
        open(os.fsencode(room / "there") + b"/" + name, "w").close()
    said = mine.run("ls -1")
    assert sorted(said.split("\n")) == ["", r"\xc2\x9b", r"\xff", r"a\x1b[2Jb", r"new\x0aline", "\u00e4"]
    assert "\033" not in mine.run("ls -l") and mine.run("ls -l").count("\n") == 5


def test_end(mine):
    assert not mine.sane()
    mine.type("abc\x04")  # deletes forward, where there is nothing
    mine.settle()
    mine.type("\x03\x04")
    assert mine.end() == 0


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGHUP])
def test_killed(mine, sig):
    mine.type("mkdir x")
    mine.settle()
    assert not mine.sane()
    os.kill(mine.pid, sig)
    assert mine.end() == -sig
    assert mine.sane()


def test_stopped(room):
    with Sftp(cwd=room, jobs=True) as s:
        s.type("mkdir th\x1a")
        s.wait("STOPPED 1")
        s.wait(PROMPT)
        s.run("ere/z")
        assert os.listdir(room / "there") == ["z"]
        s.type("\x04")
        assert s.end() == 0


def test_sane_for_others(mine):
    said = mine.run("!stty -a")
    assert {"icanon", "isig", "echo"} <= set(said.split())
    assert not mine.sane()  # the editor has it again


def test_interrupt_child(mine):
    begun = time.time()
    mine.type("!sleep 8\r")
    mine.settle()
    mine.type("\x03")
    mine.wait("Interrupt")
    assert time.time() - begun < 5
    assert mine.run("version") == "SFTP protocol version 3\n"


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("command", ["get big got", "put big got"])
def test_interrupt_transfer(room, server, command):
    here, there = room / "here", room / "there"
    data = os.urandom(1 << 20)
    (here / "big").write_bytes(data)
    (there / "big").write_bytes(data)
    with Sftp("-l", "2000", server=server, cwd=here) as s:
        s.run("cd ../there")
        s.type(command + "\r")
        s.settle()
        time.sleep(0.3)
        s.type("\x03")
        s.wait("Interrupt", 5)
        got = ((here if command.startswith("get") else there) / "got").read_bytes()
        assert 0 < len(got) < len(data) and data.startswith(got)
        assert "there" in s.run("pwd")
        s.type("\x04")
        assert s.end() == 0


def test_complete_commands(mine):
    mine.type("ver\t")
    assert mine.settle() == PROMPT + "version "
    mine.type("\x15l\t")
    mine.settle()
    for name in ("lcd", "lls", "lmkdir", "ln", "lpwd", "ls", "lumask"):
        assert re.search(rf"\b{name}\b", mine.text)
    assert "".join(mine.screen.line) == PROMPT + "l"


@pytest.mark.parametrize("keys, line", [
    ("cd d\t", "cd dir/"),
    ("ls dir/in\t", "ls dir/inner "),
    ("get sp\t", "get sp\\ a\\'ce "),
    ("get 'sp\t", "get 'sp a\\'ce' "),
    ('get "sp\t', "get \"sp a'ce\" "),
    ("get na\t", "get name"),
    ("get name1 lo\t", "get name1 local\\[1] "),
    ("put lo\t", "put local\\[1] "),
    ("put -r loc\t x\t", "put -r local\\[1]  x"),
    ("rm st\t", "rm st\\*r "),
    ("rm \u00e4\t", "rm \u00e4\u00f6"),
    ("version x\t", "version x"),
    ("rm no\t", "rm no"),
])
def test_complete_paths(mine, room, keys, line):
    for name in ("dir/inner", "sp a'ce", "name1", "name2", "st*r", "\u00e4\u00f6\u00fc", "\u00e4\u00f6\u00e4"):
        path = room / "there" / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    (room / "here/local[1]").touch()
    mine.type(keys)
    assert mine.settle() == PROMPT + line


def test_complete_lists(mine, room):
    for name in ("name1", "name2"):
        (room / "there" / name).touch()
    mine.type("get name\t")
    mine.settle()
    assert re.search(r"name1 +name2\r\n", mine.text)
    assert "".join(mine.screen.line) == PROMPT + "get name"
