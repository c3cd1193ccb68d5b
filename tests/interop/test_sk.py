"""Security keys: logins with a FIDO token that an agent of ours plays (PROTOCOL.u2f).

SPDX-License-Identifier: MIT
"""
import base64
import hashlib
import os
import socket
import struct
import threading

import pytest
from caller import ssh
from lib import CUBSSH, DATA, KNOWN, authorize
from stock import run
from transfer import peer

pytest.importorskip("cryptography.hazmat.primitives.asymmetric")
from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils  # noqa: E402

TOUCHED, VERIFIED = 1, 4
ED25519, ECDSA = "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"


def string(b):
    return struct.pack(">I", len(b)) + b


def mpint(n):
    return string(n.to_bytes(n.bit_length() // 8 + 1, "big"))


def take(b):
    n = struct.unpack(">I", b[:4])[0]
    return b[4:4 + n], b[4 + n:]


class Token:
    """a key in a token; what it says of a touch is for the test to choose"""

    def __init__(self, kind, app=b"ssh:"):
        self.kind, self.app, self.flags, self.counter = kind.encode(), app, TOUCHED, 0
        self.asked = self.forge = 0
        raw = serialization.Encoding
        if kind == ED25519:
            self.key = ed25519.Ed25519PrivateKey.generate()
            fields = string(self.key.public_key().public_bytes(raw.Raw,
                                                               serialization.PublicFormat.Raw))
        else:
            self.key = ec.generate_private_key(ec.SECP256R1())
            fields = string(b"nistp256") + string(self.key.public_key().public_bytes(
                raw.X962, serialization.PublicFormat.UncompressedPoint))
        self.blob = string(self.kind) + fields + string(app)
        self.line = f"{kind} {base64.b64encode(self.blob).decode()} token"

    def plain(self, message):
        if self.kind.decode() == ED25519:
            return string(self.key.sign(message))
        r, s = utils.decode_dss_signature(self.key.sign(message, ec.ECDSA(hashes.SHA256())))
        return string(mpint(r) + mpint(s))

    def sign(self, data):
        self.asked += 1
        self.counter += 1
        state = struct.pack(">BI", self.flags, self.counter)
        message = (hashlib.sha256(self.app).digest() + state + hashlib.sha256(data).digest())
        state = bytes([state[0] ^ self.forge]) + state[1:]
        return string(self.kind) + self.plain(message) + state


class Agent(threading.Thread):
    """ssh-agent's two messages that matter, over a socket"""
    count = 0

    def __init__(self, token):
        super().__init__(daemon=True)
        Agent.count += 1
        self.token, self.path = token, f"{DATA}/sk-agent.{Agent.count}"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(8)
        self.start()

    def answer(self, request):
        if request[0] == 11:  # REQUEST_IDENTITIES
            return struct.pack(">BI", 12, 1) + string(self.token.blob) + string(b"token")
        if request[0] == 13:  # SIGN_REQUEST
            blob, rest = take(request[1:])
            if blob == self.token.blob:
                return b"\x0e" + string(self.token.sign(take(rest)[0]))
        return b"\x05"  # FAILURE

    def run(self):
        while True:
            try:
                s = self.listener.accept()[0]
            except OSError:
                return
            with s, s.makefile("rb") as f:
                while True:
                    head = f.read(4)
                    if len(head) < 4:
                        break
                    s.sendall(string(self.answer(f.read(struct.unpack(">I", head)[0]))))

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@pytest.fixture(params=[ED25519, ECDSA])
def token(request):
    if request.param not in run([CUBSSH, "ssh", "-Q", "key"]).out.split():
        pytest.skip("not built in")
    return Token(request.param)


@pytest.fixture(params=["openssh", "ours"])
def client(request):
    """ssh's command line with an agent"""
    def call(server, agent):
        flags = ["-o", "IdentityAgent=" + agent.path, "-o", "BatchMode=yes"]
        if request.param == "ours":
            return ssh(server, *flags, key=None, user="dot", cmd="echo in")
        return run(["ssh", "-F", "none", "-o", "UserKnownHostsFile=" + KNOWN, *flags, "-p",
                    str(server.port), "dot@" + server.host, "echo in"], {**os.environ})
    return call


@pytest.fixture(params=["ours", "openssh"])
def far(request):
    return peer(request.param)


@pytest.fixture
def login(token, client, far):
    """login(options): what the client says, with that line in authorized_keys"""
    agent = Agent(token)

    def call(options=""):
        authorize("dot", (options + " " + token.line).strip())
        return client(far, agent)
    yield call
    agent.close()
    authorize("dot")


def test_login(login, token):
    for _ in range(3):
        r = login()
        assert (r.rc, r.out) == (0, "in\n"), r
    assert token.asked == 3


def test_restricted(login):
    r = login('command="echo forced"')
    assert (r.rc, r.out) == (0, "forced\n"), r


def refused(r):
    assert r.rc == 255 and "Permission denied" in r.err and not r.out, r


def test_another_key(login, token):
    """the one that signs is not the one that is allowed"""
    token.key = Token(token.kind.decode()).key
    refused(login())
    assert token.asked


def test_another_application(login, token):
    token.app = b"ssh:elsewhere"
    refused(login())
    assert token.asked


def test_forged_flags(login, token):
    """what the token signed was without a touch, what is sent says there was one"""
    token.flags, token.forge = 0, TOUCHED
    refused(login())
    assert token.asked


def test_touch(login, token):
    token.flags = 0
    refused(login())
    r = login("no-touch-required")
    assert (r.rc, r.out) == (0, "in\n"), r


def test_verified(login, token):
    refused(login("verify-required"))
    token.flags |= VERIFIED
    r = login("verify-required")
    assert (r.rc, r.out) == (0, "in\n"), r
