"""SECURITY 16: ids, windows, sizes; open, EOF and close in any order."""
# SPDX-License-Identifier: MIT
import lab
import pytest
from peer import *

TOP = 0xffffffff


@pytest.fixture
def p(server):
    with server.login() as p:
        yield p
    assert server.serves()


def ok(p):
    return p.run("echo ok").out == b"ok\n"


def start(p, command, **kw):
    ch = p.open(**kw)
    assert p.request(ch, b"exec", string(command.encode()))
    return ch


def end(p, ch):
    """EOF and the rest"""
    p.eof(ch)
    p.wait(lambda: ch.closed)
    return p.shut(ch)


def test_thousand_opens_and_closes(p):
    for i in range(1000):
        p.shut(p.open(wait=i % 2 == 0) if i % 2 == 0 else p.open())
    for _ in range(20):
        assert ok(p)


def test_opens_in_a_row(p):
    """100 times 8 at once, closed in the other order"""
    for _ in range(100):
        many = [p.open(wait=False) for _ in range(8)]
        p.wait(lambda: all(c.remote is not None or c.refused is not None for c in many))
        for c in reversed([c for c in many if c.refused is None]):
            p.shut(c)
        for c in many:
            p.channels.pop(c.id, None)
    assert ok(p)


def test_more_than_the_table_holds(p):
    """refused with a reason; the connection and the open ones live"""
    many = [p.open(wait=False) for _ in range(300)]
    p.wait(lambda: all(c.remote is not None or c.refused is not None for c in many))
    good = [c for c in many if c.refused is None]
    assert good and all(c.refused in (1, 2, 4) for c in many if c not in good)
    assert len(good) < 300 or lab.STANDIN
    assert len({c.remote for c in good}) == len(good)
    assert p.request(good[-1], b"exec", string(b"echo last"))
    p.wait(lambda: good[-1].closed)
    assert good[-1].out == b"last\n"
    for c in good:
        p.shut(c)
    assert ok(p)


def test_our_own_numbers(p):
    """our channel's number is ours: any 32 bits"""
    for id in (0, 1, 0x7fffffff, 0x80000000, TOP):
        ch = p.open(id=id)
        assert p.request(ch, b"exec", string(b"cat"))
        p.write(ch, b"data")
        assert end(p, ch).out == b"data"


def dead_or_fine(p):
    """what cannot be right: the connection ends, or goes on unharmed"""
    try:
        return ok(p)
    except (Closed, ConnectionError):
        return True


def test_double_close(p):
    ch = p.open()
    p.send(CLOSE, u32(ch.remote))
    p.send(CLOSE, u32(ch.remote))
    p.wait(lambda: ch.closed)
    assert dead_or_fine(p)


@pytest.mark.parametrize("after", ["eof", "close"])
@pytest.mark.parametrize("message", [DATA, EXT_DATA, EOF, ADJUST, REQUEST, OPEN_OK, OPEN_FAILURE])
def test_after_the_end(server, after, message):
    """nothing sent after EOF or CLOSE reaches the program or another channel"""
    with server.login() as p:
        ch = start(p, "cat")
        try:
            p.eof(ch) if after == "eof" else p.send(CLOSE, u32(ch.remote))
            p.send(message, u32(ch.remote), {
                DATA: string(b"late"), EXT_DATA: u32(1) + string(b"late"), EOF: b"",
                ADJUST: u32(10), REQUEST: string(b"signal") + b"\0" + string(b"TERM"),
                OPEN_OK: u32(0) + u32(1 << 20) + u32(1 << 15),
                OPEN_FAILURE: u32(1) + strings(b"", b"")}[message])
            p.wait(lambda: ch.closed)
        except (Closed, ConnectionError):
            return
        assert b"late" not in ch.out or lab.STANDIN
        p.shut(ch)
        assert dead_or_fine(p)
    assert server.serves()


@pytest.mark.parametrize("message", [OPEN_OK, OPEN_FAILURE, ADJUST, DATA, EXT_DATA, EOF, CLOSE,
                                     REQUEST, SUCCESS, FAILURE])
@pytest.mark.parametrize("number", [1, 7, 64, 1000, 0x7fffffff, 0x80000000, TOP])
def test_unknown_numbers(server, message, number):
    if lab.STANDIN and number not in (7, TOP):
        return
    with server.login() as p:
        ch = start(p, "cat")
        rest = {REQUEST: string(b"exec") + b"\1" + string(b"echo x"), DATA: string(b"x")}
        p.send(message, u32(ch.remote + number), rest.get(message, u32(1) * 3))
        try:
            p.write(ch, b"mine")
            assert end(p, ch).out == b"mine"
        except (Closed, ConnectionError):
            pass


def test_adjust_past_the_top(p):
    """window sums saturate at 2^32-1, or it ends; never wraps to a small one"""
    ch = start(p, "head -c 300000 /dev/zero; cat", window=1000)
    ch.auto = False
    try:
        for _ in range(5):
            p.send(ADJUST, u32(ch.remote), u32(TOP))
        ch.granted = 5 << 32
        p.wait(lambda: ch.bytes == 300000)
        p.write(ch, b"more")
        assert end(p, ch).bytes == 300004
        assert ok(p)
    except (Closed, ConnectionError):
        pass


@pytest.mark.parametrize("window", [0, 1, 2, 7, 100, TOP])
@pytest.mark.parametrize("packet", [1, 2, 100, TOP])
def test_windows_and_packets(p, window, packet):
    """tiny and huge: as many bytes as were granted, on() in Channel looks"""
    ch = start(p, "head -c 500 /dev/zero", window=window, packet=packet)
    ch.auto = False
    while ch.bytes < 500:
        if ch.granted == 0:
            ch.granted = max(1, window)
            p.send(ADJUST, u32(ch.remote), u32(ch.granted))
        p.step()
    ch.granted += 1  # OpenSSH sees no end while the window is shut
    p.send(ADJUST, u32(ch.remote), u32(1))
    p.wait(lambda: ch.closed)
    p.shut(ch)
    assert ok(p)


def test_packet_size_zero(p):
    """an answer, but no data can ever go: refused, ended or silent"""
    ch = p.open(packet=0)
    try:
        if ch.refused is None:
            p.request(ch, b"exec", string(b"echo x; echo y >&2"))
            p.send(CLOSE, u32(ch.remote))
            p.wait(lambda: ch.closed)
            assert ch.bytes == 0
            del p.channels[ch.id]
        assert dead_or_fine(p)
    except (Closed, ConnectionError):
        pass


def test_window_of_zero_then_gone(p):
    """a session that nobody reads does not keep others"""
    stuck = start(p, "head -c 100000000 /dev/zero", window=0)
    for _ in range(10):
        assert ok(p)
    p.shut(stuck)
    assert ok(p)


@pytest.mark.parametrize("over", [1, 1000, 30000])
def test_data_past_the_window(server, over):
    """what was not granted is not taken"""
    with server.login() as p:
        ch = start(p, "sleep 100")
        try:
            while ch.left:  # grants that follow are on their way before alive() is answered
                p.write(ch, bytes(ch.left))
                p.alive()
            p.send(DATA, u32(ch.remote), string(bytes(over)))
            assert lab.STANDIN or p.ended()
        except (Closed, ConnectionError):
            pass
    assert server.serves()


def test_data_past_the_packet_size(p):
    ch = start(p, "wc -c")
    assert ch.max >= 32768 or ch.left < 32768
    try:
        p.send(DATA, u32(ch.remote), string(bytes(min(ch.max + 1, 34000))))
        assert int(end(p, ch).out) in (0, min(ch.max + 1, 34000))
    except (Closed, ConnectionError):
        pass


def test_lying_lengths(server):
    """a string longer than its packet, at every message with one"""
    for body in (bytes([DATA]) + u32(0) + u32(1000) + b"x", bytes([DATA]) + u32(0) + u32(TOP),
                 bytes([DATA]) + u32(0), bytes([EXT_DATA]) + u32(0) + u32(1), bytes([DATA, 0]),
                 bytes([REQUEST]) + u32(0) + u32(TOP) + b"exec", bytes([REQUEST]) + u32(0) +
                 string(b"exec") + b"\1" + u32(5000) + b"x", bytes([REQUEST]) + u32(0) +
                 string(b"pty-req") + b"\1" + string(b"vt"), bytes([OPEN]) + u32(TOP),
                 bytes([OPEN]) + string(b"session") + u32(0), bytes([ADJUST]) + u32(0) + b"\0",
                 bytes([GLOBAL_REQUEST]) + u32(100) + b"x", bytes([EOF]), bytes([CLOSE, 0, 0])):
        with server.login() as p:
            p.open()
            p.send(body)
            assert dead_or_fine(p)
    assert server.serves()


def test_unknown_channel_types(p):
    for kind in (b"unknown@example.com", b"", b"session2", b"x" * 30000, b"%n%n", b"SESSION"):
        ch = p.open(kind=kind)
        assert ch.refused in ((2,) if lab.STANDIN else (1, 3)), kind[:20]
        del p.channels[ch.id]
    assert ok(p)


def test_unknown_requests(p):
    ch = p.open()
    for kind in (b"unknown@example.com", b"", b"x" * 30000, b"exec2", b"exit-status"):
        assert p.request(ch, kind, b"\1\2\3") is False
        p.request(ch, kind, reply=False)
    assert p.request(ch, b"exec", string(b"echo ok"))
    p.wait(lambda: ch.closed)
    assert ch.out == b"ok\n"
    p.shut(ch)


def test_requests_without_a_program(p):
    """signal, window-change, break and EOF before there is anything to have them"""
    ch = p.open()
    p.request(ch, b"signal", string(b"KILL"), reply=False)
    p.request(ch, b"window-change", u32(1) * 4, reply=False)
    p.request(ch, b"break", u32(1000))
    early = b"early"[:ch.left]  # OpenSSH grants nothing yet
    p.write(ch, early)
    assert p.request(ch, b"exec", string(b"cat"))
    p.write(ch, b" late")
    assert end(p, ch).out == early + b" late"


@pytest.mark.parametrize("name", [b"KILL", b"TERM", b"INT", b"HUP", b"SIGKILL", b"9", b"", b"-1",
                                  b"STOP", b"x" * 1000, b"CHLD", b"KILL2"])
def test_signal_names(server, name):
    """the RFC's names reach the program, others nothing"""
    with server.login() as p:
        ch = start(p, "trap '' HUP; echo up; exec sleep 30")
        p.wait(lambda: b"up" in ch.out)
        p.request(ch, b"signal", string(name), reply=False)
        if name in (b"KILL", b"TERM", b"INT"):
            p.wait(lambda: ch.closed)
            assert ch.signal == name.decode() and ch.status is None
        else:
            assert ok(p) and not ch.closed


def test_half_close_ours(p):
    """our EOF ends the program's input, not its output"""
    ch = start(p, "cat; sleep 0.3; echo after")
    p.write(ch, b"before\n")
    assert end(p, ch).out == b"before\nafter\n" and ch.status == 0


def test_half_close_theirs(p):
    """the program closes its output and reads on; nothing that we send is lost"""
    path = lab.home("alice", "taken")
    ch = start(p, "exec >&- 2>&-; cat >taken")
    if not lab.STANDIN:
        p.wait(lambda: ch.eof)
    p.write(ch, b"x" * 100000)
    end(p, ch)
    with open(path) as f:
        assert len(f.read()) == 100000
    assert ch.status == 0


def test_program_closes_its_input(p):
    """what we go on sending is thrown away, and does not block others"""
    ch = start(p, "exec <&-; sleep 1; echo end")
    p.write(ch, bytes(20000))
    assert ok(p)
    p.wait(lambda: ch.closed)
    assert ch.out == b"end\n" and ch.status == 0


def test_order_at_the_end(p):
    """data, then EOF, exit-status and CLOSE; no byte after EOF (on_channel looks), none lost"""
    for n in (0, 1, 70000, 3000000):
        for code in (0, 1, 255):
            ch = p.run("head -c %d /dev/zero; exit %d" % (n, code))
            assert (ch.bytes, ch.status, ch.eof) == (n, code, True)
    assert p.run("kill -9 $$").signal == "KILL"


def test_background_program_holds_the_output(p):
    """no byte of it is lost, the status comes"""
    ch = p.run("(sleep 0.5; echo late) & echo early; exit 7")
    assert ch.out.startswith(b"early\n") and ch.status == 7


@pytest.mark.ours
def test_close_kills_or_frees(p, server):
    """CLOSE while the program runs: hung up, its number free again"""
    for _ in range(5):
        ch = start(p, "echo $$; exec sleep 1000")
        p.wait(lambda: b"\n" in ch.out)
        p.shut(ch)
    assert ok(p)


def test_connection_dies_children_hang_up(server):
    """with a pty the program gets its hangup; no process of the server stays"""
    p = server.login()
    ch = p.open()
    size = u32(80) + u32(24) + u32(0) * 2
    assert p.request(ch, b"pty-req", string(b"vt100") + size + string(b""))
    assert p.request(ch, b"exec", string(b"echo $$; exec sleep 1000"))
    p.wait(lambda: b"\n" in ch.out)
    pid = int(ch.out.split()[0])
    p.close()
    assert lab.eventually(lambda: lab.status(pid, "State")[:1] in ("", "Z"))
    assert server.settled()


def test_cancel_of_no_forward(p):
    for name in (b"cancel-tcpip-forward", b"cancel-streamlocal-forward@openssh.com"):
        p.send(GLOBAL_REQUEST, string(name), b"\1", string(b"127.0.0.1"), u32(7))
        assert p.expect(REQUEST_SUCCESS, REQUEST_FAILURE)[0] == REQUEST_FAILURE
    assert ok(p)


def test_unreachable_target(p):
    """port 1 of loopback: refused with a reason, whether forwards are known or not"""
    ch = p.open(kind=b"direct-tcpip", rest=string(b"127.0.0.1") + u32(1) + string(b"::1") + u32(1))
    assert ch.refused in (1, 2, 3)
    del p.channels[ch.id]
    assert ok(p)


def test_slow_reader_blocks_nobody(p):
    """one session full in both directions, others go on"""
    full = start(p, "sleep 1000")
    p.write(full, bytes(min(full.left, 1 << 20)))
    stuck = start(p, "cat /dev/zero", window=1 << 16)
    stuck.auto = False
    p.wait(lambda: stuck.granted == 0)
    data = bytes(range(256)) * 4000
    assert p.run("cat", data).out == data
    p.shut(stuck)
    if not lab.STANDIN:
        p.shut(full)
    assert ok(p)
