"""host - an SSH server that does as it is told, legal or not, for one connection of a client.

The other side of peer: the same layers, with the roles changed. A test is a function of a Host; it
runs in this process while the client runs in another.
"""
# SPDX-License-Identifier: MIT
import os
import re
import select
import socket
import subprocess
import time

import lab
from peer import *

HOSTKEY = Key()
EVIL = b"\x1b]0;evil\x07\x1b[2J\x9b31m\xc2\x9b31m\r\0\x7fshown"
TOOLS = lab.ROOT + "/tools"


class Host(Peer):
    """the connection that a listener has accepted"""

    def __init__(self, sock, version=b"SSH-2.0-hostile_1.0", strict=True, timeout=10,
                 cipher=CHACHA, mac=SHA2, kex=b"curve25519-sha256", key=HOSTKEY):
        self.sock, self.key = sock, key
        self.sock.settimeout(timeout)
        self.begin(timeout, version, strict, cipher, mac, kex)

    # ---- key exchange, from the server's side; `server_*` of Peer is the other side's
    mark, other_mark = STRICT_S, STRICT_C

    def reply(self, key=None, alter=bytes, sign=None, public=None):
        """the client's KEX_INIT, and our KEX_REPLY; alter: of the signature"""
        key = key or self.key
        client = Reader(self.until(KEX_INIT)).string()
        kex = KEX[self.kex_names[0]]()
        public = public or kex.public
        self.shared = mpint(int.from_bytes(kex.shared(client), "big"))
        self.kex = kex
        h = kex.hash(strings(self.server_version, self.version, self.kex_seen, self.kex_sent,
                             key.blob, client, public) + self.shared).digest()
        self.session_id = self.session_id or h
        self.hash = h
        self.send(KEX_REPLY, strings(key.blob, public, alter(sign(h) if sign else key.sign(h))))
        make = cipher_for(self.cipher, self.mac)
        self.next_out = make(*map(self.derive, b"DBF"))
        self.next_in = make(*map(self.derive, b"CAE"))

    def newkeys(self):
        self.send_newkeys()
        self.read_newkeys()

    def exchange(self, **kw):
        self.send_kexinit()
        self.read_kexinit()
        self.reply(**kw)
        self.newkeys()
        return self

    def rekey(self, **lists):
        if not self.kex_sent:
            self.send_kexinit(**lists)
        self.read_kexinit()
        self.reply()
        self.newkeys()
        return self

    def start(self, **kw):
        self.hello()
        return self.exchange(**kw)

    # ---- after it
    def service(self):
        self.expect(SERVICE_REQUEST)
        self.send(SERVICE_ACCEPT, string(b"ssh-userauth"))
        return self

    def request_of(self):
        """(method, rest) of the client's next request for authentication"""
        r = Reader(self.expect(AUTH_REQUEST))
        r.string(), r.string()
        return r.string(), r.rest()

    def login(self, banner=b""):
        """any key will do"""
        self.service()
        if banner:
            self.send(AUTH_BANNER, strings(banner, EVIL))
        while True:
            method, rest = self.request_of()
            if method == b"publickey" and rest[0]:
                self.send(AUTH_SUCCESS)
                return self
            if method == b"publickey":
                r = Reader(rest)
                self.send(PK_OK, strings(r.string(), r.string()))
            else:
                self.send(AUTH_FAILURE, string(b"publickey"), b"\0")

    def session(self, **kw):
        """the client's session channel, its command begun; returns the channel"""
        self.login(**kw)
        r = Reader(self.expect(OPEN))
        r.string()
        ch = Channel(0, 1 << 21, 1 << 15)
        ch.remote, ch.left, ch.max = r.u32(), r.u32(), r.u32()
        self.channels[0] = ch
        self.send(OPEN_OK, u32(ch.remote), u32(0), u32(1 << 21), u32(1 << 15))
        while True:
            r = Reader(self.expect(REQUEST))
            r.u32()
            kind, reply = r.string(), r.u8()
            if reply:
                self.send(SUCCESS, u32(ch.remote))
            if kind in (b"exec", b"shell", b"subsystem"):
                return ch

    def finish(self, ch, status=0):
        """a good end"""
        self.send(REQUEST, u32(ch.remote), string(b"exit-status"), b"\0", u32(status))
        self.send(EOF, u32(ch.remote))
        self.send(CLOSE, u32(ch.remote))

    def open_to(self, kind, rest=b"", number=77):
        """a channel that we open: the answer, OPEN_OK or OPEN_FAILURE"""
        self.send(OPEN, string(kind), u32(number), u32(1 << 20), u32(1 << 15), rest)
        while True:
            p = self.recv()
            if p[0] in (OPEN_OK, OPEN_FAILURE):
                return p
            if p[0] == DISCONNECT:
                raise Closed("")

    def ended(self):
        """True once the client has closed, whatever it says before; it may be in another key"""
        try:
            while self.sock.recv(1 << 18):
                pass
        except ConnectionError:
            pass
        except TimeoutError:
            return False
        return True

    def dispatch(self, p):
        if p[0] in (OPEN, REQUEST, SERVICE_REQUEST, AUTH_REQUEST, GLOBAL_REQUEST):
            return
        super().dispatch(p)


# ---------------------------------------------------------------- the client
class Result:
    def __init__(self, rc, out, err, seconds):
        self.rc, self.out, self.err, self.seconds = rc, out, err, seconds

    def __repr__(self):
        return "%r %r %r in %.1f s" % (self.rc, self.out[-500:], self.err[-1500:], self.seconds)


def clean(text):
    """nothing in it steers a terminal: C0 but for line ends and tabs, DEL, C1"""
    assert not re.search(rb"[\0-\x08\x0b\x0c\x0e-\x1f\x7f]", text), text[:2000]
    shown = text.decode("utf-8", "surrogateescape")
    assert not re.search("[\x80-\x9f\udc80-\udc9f]", shown), text[:2000]


class Client:
    """
    Client(place).meets(f) runs our ssh against f, a function of a Host; the end of f closes the
    connection. Its Result, once it has ended; what f raised of its own is raised here.
    """

    def __init__(self, place):
        self.place = place
        self.known = place + "/known_hosts"
        self.id = place + "/id"
        if not os.path.exists(self.id):
            lab.sh("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.id)
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(5)
        self.port = self.listener.getsockname()[1]
        self.knows(HOSTKEY)

    def knows(self, *keys, marker=""):
        with open(self.known, "w") as f:
            for k in keys:
                f.write("%s[127.0.0.1]:%d %s\n" % (marker, self.port, k.line))

    def argv(self, *flags, cmd="true"):
        if lab.THEIRS:
            ssh = ["/usr/bin/ssh"]
        else:
            os.makedirs(TOOLS, exist_ok=True)
            if not os.path.lexists(TOOLS + "/ssh"):
                os.symlink(lab.CUBSSH, TOOLS + "/ssh")
            ssh = [TOOLS + "/ssh"]
        options = ["StrictHostKeyChecking=yes", "UserKnownHostsFile=" + self.known,
                   "GlobalKnownHostsFile=none", "IdentityAgent=none", "IdentitiesOnly=yes"]
        line = ssh + ["-F", "none", "-i", self.id, "-p", str(self.port)]
        if "-A" in flags:
            options.remove("IdentityAgent=none")
        line += [w for o in options if not any(o.split("=")[0] + "=" in f for f in flags)
                 for w in ("-o", o)]
        return line + list(flags) + ["alice@127.0.0.1"] + ([cmd] if cmd else [])

    def meets(self, play, *flags, cmd="true", limit=15, env=None, stdin=subprocess.DEVNULL,
              host=None):
        begun = time.monotonic()
        p = subprocess.Popen(self.argv(*flags, cmd=cmd), stdin=stdin, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, env={**os.environ, **(env or {})},
                             start_new_session=True)
        self.p = p
        try:
            assert select.select([self.listener], [], [], limit)[0], p.communicate()
            with Host(self.listener.accept()[0], **(host or {})) as h:
                try:
                    play(h)
                except (Closed, ConnectionError):
                    pass
                except TimeoutError:
                    if p.poll() is None:
                        raise
            out, err = p.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            raise AssertionError("ssh does not end") from None
        finally:
            p.kill()
            p.wait()
        clean(err)
        return Result(p.returncode, out, err, time.monotonic() - begun)

    def refuses(self, play, *words, flags=(), **kw):
        """255 and a message with one of the words, if there are any; nothing on stdout"""
        r = self.meets(play, *flags, **kw)
        assert r.rc == 255 and r.out == b"" and r.err, r
        assert not words or lab.THEIRS or any(w.encode() in r.err.lower() for w in words), r
        return r


def good(h):
    """an honest server, whose command says hello"""
    h.start()
    ch = h.session()
    h.write(ch, b"hello\n")
    h.finish(ch, 3)
    h.ended()
