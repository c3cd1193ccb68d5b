"""wire - SSH's types, message numbers, packet formats and key exchanges; no state but keys.

Curve25519 and the NIST curves, Ed25519, chacha20-poly1305@openssh.com, aes128-ctr with
hmac-sha2-256 and hmac-sha2-256-etm@openssh.com.
"""
# SPDX-License-Identifier: MIT
import base64
import hashlib
import hmac
import struct

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, x25519
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.poly1305 import Poly1305

DISCONNECT, IGNORE, UNIMPLEMENTED, DEBUG, SERVICE_REQUEST, SERVICE_ACCEPT, EXT_INFO = range(1, 8)
KEXINIT, NEWKEYS, KEX_INIT, KEX_REPLY = 20, 21, 30, 31
AUTH_REQUEST, AUTH_FAILURE, AUTH_SUCCESS, AUTH_BANNER, PK_OK = 50, 51, 52, 53, 60
GLOBAL_REQUEST, REQUEST_SUCCESS, REQUEST_FAILURE = 80, 81, 82
(OPEN, OPEN_OK, OPEN_FAILURE, ADJUST, DATA, EXT_DATA, EOF, CLOSE, REQUEST, SUCCESS,
 FAILURE) = range(90, 101)
PING, PONG, UNKNOWN = 192, 193, 120  # UNKNOWN: nobody has given it a meaning

CHACHA, AES = b"chacha20-poly1305@openssh.com", b"aes128-ctr"
SHA2, SHA2_ETM = b"hmac-sha2-256", b"hmac-sha2-256-etm@openssh.com"
STRICT_C, STRICT_S = b"kex-strict-c-v00@openssh.com", b"kex-strict-s-v00@openssh.com"


class Closed(Exception):
    """the server ended the connection; args[0] is its DISCONNECT text or empty"""


class Unexpected(AssertionError):
    """the server sent what it may not send now"""


# ---------------------------------------------------------------- RFC 4251 5
def u32(n):
    return struct.pack(">I", n & 0xffffffff)


def string(b):
    return u32(len(b)) + b


def strings(*many):
    return b"".join(string(b) for b in many)


def mpint(n):
    return string(n.to_bytes(n.bit_length() // 8 + 1, "big") if n else b"")


class Reader:
    def __init__(self, b, skip=1):
        self.b, self.at = b, skip

    def take(self, n):
        self.at += n
        if self.at > len(self.b):
            raise Unexpected("message is cut: %r" % self.b[:80])
        return bytes(self.b[self.at - n:self.at])

    def u8(self):
        return self.take(1)[0]

    def u32(self):
        return int.from_bytes(self.take(4), "big")

    def string(self):
        return self.take(self.u32())

    def rest(self):
        return bytes(self.b[self.at:])


# what has no place in a strict first key exchange
EXTRA = {"ignore": bytes([IGNORE]) + string(b""), "debug": bytes([DEBUG, 0]) + strings(b"", b""),
         "unimplemented": bytes([UNIMPLEMENTED]) + u32(0), "unknown": bytes([UNKNOWN]),
         "ext-info": bytes([EXT_INFO]) + u32(0), "ping": bytes([PING]) + string(b"")}


# ---------------------------------------------------------------- packets, RFC 4253 6
class Plain:
    """head: bytes to see before the length is known; outside: bytes that padding does not count"""
    head, outside, block, tag = 4, 0, 8, 0

    def pack(self, payload, pad=None):
        """length, padding length, payload, padding: the least that is legal where pad is None"""
        if pad is None:
            pad = -(5 - self.outside + len(payload) + 4) % self.block + 4
        return struct.pack(">IB", 1 + len(payload) + pad, pad) + payload + bytes(pad)

    def seal(self, seq, packet):
        return packet

    def length(self, seq, head):
        return int.from_bytes(head, "big")

    def open(self, seq, packet):
        return packet[4:]


class ChaCha(Plain):
    outside, tag = 4, 16

    def __init__(self, key, iv, mac):
        self.main, self.lengths = key[:32], key[32:64]

    @staticmethod
    def run(key, seq, counter, data):
        nonce = struct.pack("<Q", counter) + struct.pack(">Q", seq)
        return Cipher(algorithms.ChaCha20(key, nonce), None).encryptor().update(data)

    def seal(self, seq, packet):
        out = self.run(self.lengths, seq, 0, packet[:4]) + self.run(self.main, seq, 1, packet[4:])
        return out + Poly1305.generate_tag(self.run(self.main, seq, 0, bytes(32)), out)

    def length(self, seq, head):
        return int.from_bytes(self.run(self.lengths, seq, 0, head), "big")

    def open(self, seq, packet):
        Poly1305.verify_tag(self.run(self.main, seq, 0, bytes(32)), packet[:-16], packet[-16:])
        return self.run(self.main, seq, 1, packet[4:-16])


class AesCtr(Plain):
    block, tag = 16, 32

    def __init__(self, key, iv, mac, etm=False):
        self.run = Cipher(algorithms.AES(key[:16]), modes.CTR(iv[:16])).encryptor().update
        self.key, self.etm, self.begun = mac[:32], etm, b""
        self.head, self.outside = (4, 4) if etm else (16, 0)

    def mac(self, seq, data):
        return hmac.digest(self.key, u32(seq) + data, "sha256")

    def seal(self, seq, packet):
        if self.etm:
            out = packet[:4] + self.run(packet[4:])
            return out + self.mac(seq, out)
        return self.run(packet) + self.mac(seq, packet)

    def length(self, seq, head):
        self.begun = head if self.etm else self.begun or self.run(head)
        return int.from_bytes(self.begun[:4], "big")

    def open(self, seq, packet):
        if self.etm:
            seen, body = packet[:-32], self.run(packet[4:-32])
        else:
            seen = self.begun + self.run(packet[16:-32])
            body = seen[4:]
        self.begun = b""
        if self.mac(seq, seen) != packet[-32:]:
            raise Unexpected("bad MAC from the server")
        return body


def cipher_for(name, mac):
    return ChaCha if name == CHACHA else lambda k, i, m: AesCtr(k, i, m, mac == SHA2_ETM)


# ---------------------------------------------------------------- key exchange
class X25519:
    hash = hashlib.sha256

    def __init__(self):
        self.key = x25519.X25519PrivateKey.generate()
        self.public = self.key.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw)

    def shared(self, peer):
        return self.key.exchange(x25519.X25519PublicKey.from_public_bytes(peer))


class Nist:
    def __init__(self, curve, hash):
        self.hash, self.key = hash, ec.generate_private_key(curve)
        self.public = self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)

    def shared(self, peer):
        return self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(
            self.key.curve, peer))


KEX = {b"curve25519-sha256": X25519,
       b"curve25519-sha256@libssh.org": X25519,
       b"ecdh-sha2-nistp256": lambda: Nist(ec.SECP256R1(), hashlib.sha256),
       b"ecdh-sha2-nistp384": lambda: Nist(ec.SECP384R1(), hashlib.sha384),
       b"ecdh-sha2-nistp521": lambda: Nist(ec.SECP521R1(), hashlib.sha512)}


class Key:
    """an Ed25519 user key"""
    name = b"ssh-ed25519"

    def __init__(self):
        self.key = ed25519.Ed25519PrivateKey.generate()
        raw = self.key.public_key().public_bytes(serialization.Encoding.Raw,
                                                 serialization.PublicFormat.Raw)
        self.blob = strings(self.name, raw)
        self.line = "ssh-ed25519 " + base64.b64encode(self.blob).decode()

    def sign(self, data):
        return strings(self.name, self.key.sign(data))
