"""peer - an SSH client that does as it is told, legal or not.

Layers, each usable alone: bytes (raw, slow), packets (seal, send, recv: a packet can be altered,
dropped by not sending what seal gave, or injected), key exchange step by step, authentication,
channels. Nothing is refused on our side; what the *server* may not do raises Unexpected.
"""
# SPDX-License-Identifier: MIT
import itertools
import os
import select
import socket
import time

from wire import *


class Channel:
    """id ours, remote theirs; left: what we may still send; granted: what they may still send"""

    def __init__(self, id, window, packet):
        self.id, self.size, self.granted, self.packet = id, window, window, packet
        self.remote = self.left = self.max = self.refused = None
        self.out, self.err, self.bytes = bytearray(), bytearray(), 0
        self.eof = self.closed = self.sent_close = False
        self.auto = True  # grant again by itself
        self.sink = self.out.extend
        self.status = self.signal = None
        self.replies = []


class Peer:
    mark, other_mark = STRICT_C, STRICT_S
    sources = itertools.count()  # so that the limits per source see us only where a test wants it

    def __init__(self, port, src=None, version=b"SSH-2.0-hostile_1.0", strict=True, timeout=30,
                 cipher=CHACHA, mac=SHA2, kex=b"curve25519-sha256", ext=True, rcvbuf=None):
        n = next(Peer.sources)
        self.sock = socket.socket()
        self.sock.settimeout(timeout)
        if rcvbuf:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        self.sock.bind((src or "127.1.%d.%d" % (n // 250 % 250, n % 250 + 1), 0))
        self.sock.connect(("127.0.0.1", port))
        self.begin(timeout, version, strict, cipher, mac, kex, ext)

    def begin(self, timeout, version, strict, cipher, mac, kex, ext=False):
        """on a socket that is connected"""
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.timeout, self.strict_wanted, self.strict = timeout, strict, False
        self.ext, self.cipher, self.mac, self.kex_names = ext, cipher, mac, [kex]
        self.inbuf, self.version, self.server_version = bytearray(), version, None
        self.seal_with, self.open_with, self.seq_out, self.seq_in = Plain(), Plain(), 0, 0
        self.session_id = self.hash = self.hostkey = None
        self.kex_sent = self.kex_seen = None  # KEXINITs of a kex in progress
        self.server_lists = self.ext_info = None
        self.banner, self.debts, self.channels, self.kexes = b"", [], {}, 0
        self.log = []  # types of all that came

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- bytes
    def raw(self, data, drain=True):
        """all of data; what the server says meanwhile is kept (drain) or left in its socket"""
        end, view = time.monotonic() + self.timeout, memoryview(data)
        while view:
            r, w, _ = select.select([self.sock] if drain else [], [self.sock], [],
                                    max(0, end - time.monotonic()))
            if not r and not w:
                raise TimeoutError("the server does not read")
            if r and not self._fill():
                drain = False
            if w:
                try:
                    view = view[self.sock.send(view[:1 << 18], socket.MSG_DONTWAIT):]
                except BlockingIOError:
                    continue
                except OSError as e:
                    raise Closed(str(e)) from None

    def slow(self, data, gap):
        for b in data:
            self.raw(bytes([b]))
            time.sleep(gap)

    def _fill(self):
        try:
            got = self.sock.recv(1 << 18)
        except ConnectionError:
            got = b""
        self.inbuf += got
        return len(got)

    def _need(self, n):
        while len(self.inbuf) < n:
            if not self._fill():
                raise Closed("")
        return bytes(self.inbuf[:n])

    def readable(self):
        return bool(self.inbuf or select.select([self.sock], [], [], 0)[0])

    # ---- packets
    def seal(self, payload, pad=None):
        """the packet as bytes; the sequence number moves on whether or not it is sent"""
        seq, self.seq_out = self.seq_out, self.seq_out + 1 & 0xffffffff
        return self.seal_with.seal(seq, self.seal_with.pack(payload, pad))

    def send(self, *payload, drain=True):
        b = b"".join(bytes([p]) if isinstance(p, int) else p for p in payload)
        self.raw(self.seal(b), drain)
        return self.seq_out - 1

    def recv(self):
        """the next payload, whatever it is; held to what RFC 4253 7.1 lets the server send now"""
        c = self.open_with
        n = c.length(self.seq_in, self._need(c.head))
        if not 5 <= n <= 1 << 18:
            raise Unexpected("packet of %d bytes" % n)
        whole = self._need(4 + n + c.tag)
        del self.inbuf[:len(whole)]
        body = c.open(self.seq_in, whole)
        self.seq_in = self.seq_in + 1 & 0xffffffff
        payload = body[1:len(body) - body[0]]
        self.log.append(payload[0])
        if self.kex_seen and not (payload[0] in (1, 2, 3, 4) or 21 <= payload[0] <= 49):
            raise Unexpected("message %d between KEXINIT and NEWKEYS" % payload[0])
        return payload

    # ---- key exchange
    def hello(self):
        self.raw(self.version + b"\r\n")
        return self.read_hello()

    def read_hello(self):
        while self.server_version is None:
            while b"\n" not in self.inbuf:
                self._need(len(self.inbuf) + 1)
            line, _, rest = bytes(self.inbuf).partition(b"\n")
            self.inbuf[:] = rest
            if line.startswith(b"SSH-"):
                self.server_version = line.rstrip(b"\r")
        return self

    def kexinit(self, guess=False, kex=None, hostkey=(b"ssh-ed25519",), ciphers=None, macs=None,
                zip=(b"none",), cookie=None, reserved=0):
        """our KEXINIT as a payload"""
        marks = [self.mark] * self.strict_wanted + [b"ext-info-c"] * self.ext
        ciphers, macs = ciphers or [self.cipher], macs or [self.mac]
        lists = [list(kex or self.kex_names) + marks, hostkey, ciphers, ciphers, macs, macs, zip,
                 zip, [], []]
        return (bytes([KEXINIT]) + (cookie or os.urandom(16)) +
                strings(*[b",".join(n) for n in lists]) + bytes([guess]) + u32(reserved))

    def send_kexinit(self, **lists):
        self.kex_sent = self.kexinit(**lists)
        self.send(self.kex_sent)

    def read_kexinit(self):
        """what is sent before the server's KEXINIT (in a rekey) is dispatched"""
        while not self.kex_seen:
            self.dispatch(self.recv())

    def on_kexinit(self, payload):
        if self.kex_seen:
            raise Unexpected("KEXINIT in a key exchange")
        self.kex_seen, r = payload, Reader(payload, 17)
        self.server_lists = [r.string().split(b",") for _ in range(10)]
        if not self.session_id:
            self.strict = self.strict_wanted and self.other_mark in self.server_lists[0]
            if self.strict and self.seq_in != 1:
                raise Unexpected("strict kex and KEXINIT is not the first packet")

    def send_kex(self, public=None):
        ours = [n for n in Reader(self.kex_sent, 17).string().split(b",")]
        self.kex_name = next(n for n in ours if n in self.server_lists[0] and n in KEX)
        self.kex = KEX[self.kex_name]()
        self.send(KEX_INIT, string(public or self.kex.public))

    def read_reply(self):
        payload = self.until(KEX_REPLY)
        r = Reader(payload)
        hostkey, server_public, sig = r.string(), r.string(), r.string()
        self.shared = mpint(int.from_bytes(self.kex.shared(server_public), "big"))
        h = self.kex.hash(strings(self.version, self.server_version, self.kex_sent, self.kex_seen,
                                  hostkey, self.kex.public, server_public) + self.shared).digest()
        k, s = Reader(hostkey, 0), Reader(sig, 0)
        assert (k.string(), s.string()) == (b"ssh-ed25519", b"ssh-ed25519")
        ed25519.Ed25519PublicKey.from_public_bytes(k.string()).verify(s.string(), h)
        if self.hostkey not in (None, hostkey):
            raise Unexpected("another host key in a rekey")
        self.hostkey, self.hash, self.server_public = hostkey, h, server_public
        self.session_id = self.session_id or h
        ours = Reader(self.kex_sent, 17)
        pick = [next((n for n in ours.string().split(b",") if n in theirs), None)
                for theirs in self.server_lists]
        self.next_out = cipher_for(pick[2], pick[4])(*map(self.derive, b"CAE"))
        self.next_in = cipher_for(pick[3], pick[5])(*map(self.derive, b"DBF"))

    def derive(self, letter):
        """RFC 4253 7.2"""
        out = self.kex.hash(self.shared + self.hash + bytes([letter]) + self.session_id).digest()
        while len(out) < 64:
            out += self.kex.hash(self.shared + self.hash + out).digest()
        return out

    def send_newkeys(self):
        self.send(NEWKEYS)
        self.seal_with, self.kex_sent = self.next_out, None
        self.seq_out = 0 if self.strict else self.seq_out

    def read_newkeys(self):
        self.until(NEWKEYS)
        self.open_with, self.kex_seen = self.next_in, None
        self.seq_in = 0 if self.strict else self.seq_in
        self.kexes += 1

    def until(self, kind):
        """in a kex: the next message, which must be this one; IGNORE and DEBUG only where legal"""
        while True:
            p = self.recv()
            if p[0] == kind:
                return p
            if p[0] == DISCONNECT or p[0] not in (IGNORE, DEBUG) or (
                    self.strict and self.kexes == 0):
                self.dispatch(p)
                raise Unexpected("message %d instead of %d" % (p[0], kind))

    def rekey(self, **lists):
        """KEXINIT to NEWKEYS, whoever began"""
        if not self.kex_sent:
            self.send_kexinit(**lists)
        self.read_kexinit()
        self.send_kex()
        self.read_reply()
        self.send_newkeys()
        self.read_newkeys()
        return self

    def start(self, **lists):
        self.hello()
        return self.rekey(**lists)

    # ---- what comes in
    def step(self):
        """one message, handled; returns it. Debts (grants, replies) are paid outside a kex only"""
        p = self.recv()
        self.dispatch(p)
        if self.kex_seen and not self.kex_sent:
            self.rekey()
        if not self.kex_sent:
            debts, self.debts = self.debts, []
            for d in debts:
                self.send(d)
        return p

    def dispatch(self, p):
        t, r = p[0], Reader(p)
        if t == DISCONNECT:
            r.u32()
            raise Closed(r.string().decode("utf-8", "replace"))
        if t == KEXINIT:
            self.on_kexinit(p)
        elif t == EXT_INFO:
            self.ext_info = {k: v for k, v in ((r.string(), r.string()) for _ in range(r.u32()))}
        elif t == AUTH_BANNER:
            self.banner += r.string()
        elif t == GLOBAL_REQUEST:
            r.string()
            if r.u8():
                self.debts.append(bytes([REQUEST_FAILURE]))
        elif t in range(OPEN_OK, FAILURE + 1):
            ch = self.channels.get(r.u32())
            if ch is None:
                raise Unexpected("message %d for a channel that is not" % t)
            self.on_channel(ch, t, r)

    def on_channel(self, ch, t, r):
        if ch.closed:
            raise Unexpected("message %d after CLOSE" % t)
        if t == OPEN_OK:
            ch.remote, ch.left, ch.max = r.u32(), r.u32(), r.u32()
        elif t == OPEN_FAILURE:
            ch.refused, ch.closed = r.u32(), True
        elif t == ADJUST:
            ch.left += r.u32()
        elif t in (DATA, EXT_DATA):
            if ch.eof:
                raise Unexpected("data after EOF")
            kind = r.u32() if t == EXT_DATA else 0
            b = r.string()
            ch.granted -= len(b)
            ch.bytes += len(b)
            if ch.granted < 0 or len(b) > ch.packet:
                raise Unexpected("%d bytes, window then %d" % (len(b), ch.granted))
            (ch.err.extend if kind else ch.sink)(b)
            if ch.auto and ch.granted < ch.size // 2:
                self.debts.append(bytes([ADJUST]) + u32(ch.remote) + u32(ch.size - ch.granted))
                ch.granted = ch.size
        elif t == EOF:
            ch.eof = True
        elif t == CLOSE:
            ch.closed = True
        elif t == REQUEST:
            kind, _ = r.string(), r.u8()
            if kind == b"exit-status":
                ch.status = r.u32()
            elif kind == b"exit-signal":
                ch.signal = r.string().decode()
        else:
            ch.replies.append(t == SUCCESS)

    def wait(self, done):
        while not done():
            self.step()

    def expect(self, *kinds):
        """steps to the next message of one of these; IGNORE, DEBUG, EXT_INFO, banner are passed"""
        while True:
            p = self.step()
            if p[0] in kinds:
                return p
            if p[0] not in (IGNORE, DEBUG, EXT_INFO, AUTH_BANNER, KEXINIT, GLOBAL_REQUEST, ADJUST):
                raise Unexpected("message %d instead of %r: %r" % (p[0], kinds, p[:80]))

    def alive(self):
        """the connection answers: a message that nobody knows is UNIMPLEMENTED, and no other"""
        seq = self.send(UNKNOWN)
        while self.step() != bytes([UNIMPLEMENTED]) + u32(seq):
            pass
        return True

    def ended(self):
        """True once the server has closed, whatever it said before; False if it goes on waiting"""
        try:
            while True:
                self.step()
        except (Closed, ConnectionError):
            return True
        except TimeoutError:
            return False

    # ---- authentication, RFC 4252
    def service(self, name=b"ssh-userauth"):
        self.send(SERVICE_REQUEST, string(name))
        self.expect(SERVICE_ACCEPT)
        return self

    def auth(self, user, method, rest=b"", service=b"ssh-connection"):
        """the answer's payload"""
        user = user.encode() if isinstance(user, str) else user
        self.send(AUTH_REQUEST, strings(user, service, method), rest)
        return self.expect(AUTH_FAILURE, AUTH_SUCCESS, PK_OK)

    def password(self, user, password):
        password = password.encode() if isinstance(password, str) else password
        return self.auth(user, b"password", b"\0" + string(password))

    def query(self, user, key, alg=b"ssh-ed25519"):
        return self.auth(user, b"publickey", b"\0" + strings(alg, key.blob))

    def pubkey(self, user, key, alg=b"ssh-ed25519", blob=None, session_id=None, alter=bytes,
               service=b"ssh-connection"):
        user = user.encode() if isinstance(user, str) else user
        head = strings(user, service, b"publickey") + b"\1" + strings(alg, blob or key.blob)
        sig = key.sign(string(session_id or self.session_id) + bytes([AUTH_REQUEST]) + head)
        self.send(AUTH_REQUEST, head, string(alter(sig)))
        return self.expect(AUTH_FAILURE, AUTH_SUCCESS, PK_OK)

    def login(self, user, key):
        self.service()
        p = self.pubkey(user, key) if isinstance(key, Key) else self.password(user, key)
        assert p[0] == AUTH_SUCCESS, p
        return self

    # ---- channels, RFC 4254
    def open(self, window=1 << 21, packet=1 << 15, kind=b"session", id=None, wait=True, rest=b""):
        id = next(i for i in itertools.count() if i not in self.channels) if id is None else id
        ch = self.channels[id] = Channel(id, window, packet)
        self.send(OPEN, string(kind), u32(id), u32(window), u32(packet), rest)
        if wait:
            self.wait(lambda: ch.remote is not None or ch.refused is not None)
        return ch

    def request(self, ch, kind, rest=b"", reply=True):
        """True or False as answered; None where no reply is wanted"""
        n = len(ch.replies)
        self.send(REQUEST, u32(ch.remote), string(kind), bytes([reply]), rest)
        if reply:
            self.wait(lambda: len(ch.replies) > n)
            return ch.replies[-1]

    def write(self, ch, data):
        """data as the window allows"""
        view = memoryview(data)
        while view:
            self.wait(lambda: ch.left > 0)
            n = min(len(view), ch.left, ch.max)
            ch.left -= n
            self.send(DATA, u32(ch.remote), u32(n), bytes(view[:n]))
            view = view[n:]

    def eof(self, ch):
        self.send(EOF, u32(ch.remote))

    def shut(self, ch):
        """our CLOSE, and theirs awaited; the number may then be used again"""
        if not ch.sent_close:
            ch.sent_close = True
            self.send(CLOSE, u32(ch.remote))
        self.wait(lambda: ch.closed)
        del self.channels[ch.id]
        return ch

    def run(self, command, stdin=b"", **kw):
        """a command to its end"""
        ch = self.open(**kw)
        assert self.request(ch, b"exec", string(command.encode())), "exec refused"
        self.write(ch, stdin)
        self.eof(ch)
        self.wait(lambda: ch.closed)
        return self.shut(ch)
