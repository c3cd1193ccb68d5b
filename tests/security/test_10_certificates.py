"""SECURITY 8, 10: certificates that a CA of ours made, or that look as if it had."""
# SPDX-License-Identifier: MIT
import os
import subprocess

import lab
import pytest
from peer import *

CERT = b"ssh-ed25519-cert-v01@openssh.com"
CA, OTHER = Key(), Key()
USER, HOST = 1, 2
PTY = strings(b"permit-pty", b"")


def no_certs():
    r = subprocess.run([lab.CUBSSH, "ssh", "-Q", "key"], stdout=subprocess.PIPE,
                       stderr=subprocess.DEVNULL)
    return CERT not in r.stdout.split()


pytestmark = [pytest.mark.ours, pytest.mark.skipif(
    not os.path.exists(lab.CUBSSH) or no_certs(), reason="certificates are not built in")]


class Cert:
    """of a key: what a user, or a host, shows"""

    def __init__(self, key=None, ca=CA, kind=USER, names=(b"alice",), critical=b"",
                 extensions=PTY, after=0, before=(1 << 64) - 1, ca_blob=None, tail=b"", reserved=b"",
                 principals=None, name=CERT, serial=7, sign=None, ident=b"id"):
        self.key = key or Key()
        public = Reader(self.key.blob, 0)
        public.string()
        body = strings(name, os.urandom(32), public.string()) + serial.to_bytes(8, "big") + \
            u32(kind) + strings(ident, strings(*names) if principals is None else principals) + \
            after.to_bytes(8, "big") + before.to_bytes(8, "big") + strings(
                critical, extensions, reserved, ca_blob or ca.blob)
        self.body = body
        self.blob = body + string((sign or ca.sign)(body)) + tail
        self.line = "%s %s" % (name.decode(), base64.b64encode(self.blob).decode())

    def sign(self, data):
        return self.key.sign(data)


@pytest.fixture(scope="module")
def far(tmp_path_factory):
    place = str(tmp_path_factory.mktemp("far"))
    with open(place + "/cas", "w") as f:
        f.write(CA.line + "\n")
    s = lab.Server(place, "TrustedUserCAKeys=" + place + "/cas", "MaxAuthTries=100")
    yield s
    s.stop()


def enters(far, cert, alg=CERT, **kw):
    with far.start() as p:
        p.service()
        try:
            return p.pubkey("alice", cert, alg, **kw)[0] == AUTH_SUCCESS
        except Closed:
            assert AUTH_SUCCESS not in p.log
            return False


def forged(self_signed):
    return lambda body: self_signed.sign(body + b"x")


NESTED = Cert(key=CA, kind=USER)
BAD = {
    "other CA": dict(ca=OTHER),
    "CA's key, another's signature": dict(sign=OTHER.sign),
    "signature of something else": dict(sign=forged(CA)),
    "no signature": dict(sign=lambda b: b""),
    "algorithm of another kind": dict(sign=lambda b: strings(b"rsa-sha2-512", bytes(64))),
    "algorithm ssh-rsa": dict(sign=lambda b: strings(b"ssh-rsa", bytes(64))),
    "algorithm of a certificate": dict(sign=lambda b: strings(CERT, CA.sign(b)[19:])),
    "a certificate as CA": dict(ca_blob=NESTED.blob),
    "host's": dict(kind=HOST),
    "type 0": dict(kind=0), "type 3": dict(kind=3),
    "no names": dict(names=()),
    "beginning of the name": dict(names=(b"alic",)), "longer name": dict(names=(b"alice ",)),
    "NUL in the name": dict(names=(b"alice\0",)), "wildcard": dict(names=(b"*", b"a*", b"al?ce")),
    "empty name": dict(names=(b"",)), "list of names": dict(names=(b"bob,alice",)),
    "other case": dict(names=(b"ALICE",)),
    "names cut": dict(principals=strings(b"alice") + b"\0\0\0"),
    "names too long": dict(principals=strings(b"alice") + b"\0\0\0\xff"),
    "expired": dict(before=1000), "not yet": dict(after=(1 << 63) - 1),
    "nearly for ever": dict(after=(1 << 64) - 1),
    "unknown option": dict(critical=strings(b"new", b"")),
    "unknown option behind a known": dict(critical=strings(b"force-command", strings(b"id"),
                                                           b"zzz", b"")),
    "options not in order": dict(critical=strings(b"source-address", strings(b"127.0.0.1"),
                                                  b"force-command", strings(b"id"))),
    "option twice": dict(critical=strings(b"force-command", strings(b"id")) * 2),
    "extension twice": dict(extensions=PTY * 2),
    "option cut": dict(critical=strings(b"force-command", strings(b"id"))[:-1]),
    "option without data": dict(critical=strings(b"force-command")),
    "empty command": dict(critical=strings(b"force-command", b"")),
    "command that is no string": dict(critical=strings(b"force-command", b"id")),
    "more behind the command": dict(critical=strings(b"force-command", strings(b"id") + b"x")),
    "NUL in the command": dict(critical=strings(b"force-command", strings(b"id\0"))),
    "other address": dict(critical=strings(b"source-address", strings(b"10.0.0.0/8"))),
    "empty address": dict(critical=strings(b"source-address", strings(b""))),
    "bad address": dict(critical=strings(b"source-address", strings(b"127.0.0.1/99"))),
    "bad address, then a good one": dict(critical=strings(
        b"source-address", strings(b"!127.0.0.1/99,127.0.0.1"))),
    "more behind it": dict(tail=b"x"), "a string behind it": dict(tail=strings(b"x")),
    "other name": dict(name=b"ssh-ed25519-cert-v00@openssh.com"),
    "plain name": dict(name=b"ssh-ed25519"),
}


def test_good(far):
    for how in (dict(), dict(names=(b"x", b"alice")), dict(critical=strings(
            b"source-address", strings(b"10.0.0.0/8,127.0.0.0/8"))), dict(reserved=b"later"),
            dict(extensions=strings(b"frob", b"any", b"permit-pty", b""))):
        assert enters(far, Cert(**how)), how


@pytest.mark.parametrize("how", list(BAD))
def test_bad(far, how):
    assert not enters(far, Cert(**BAD[how]))
    assert not far.crashes()


def test_algorithm_and_blob_differ(far):
    """a certificate as a plain key, a plain key as a certificate, other kinds"""
    cert = Cert()
    for alg in (b"ssh-ed25519", b"rsa-sha2-512-cert-v01@openssh.com", b"rsa-sha2-512", b"",
                b"ecdsa-sha2-nistp256-cert-v01@openssh.com", CERT + b"x"):
        assert not enters(far, cert, alg), alg
    assert not enters(far, cert.key, CERT)


def test_signature_of_another_key(far):
    cert, other = Cert(), Key()
    cert.key = other
    assert not enters(far, cert)
    assert not enters(far, Cert(key=CA, ca=OTHER))  # the CA's own key, certified by another


def test_ca_is_no_user(far):
    """that a key may sign certificates lets nobody in with it"""
    assert not enters(far, CA, b"ssh-ed25519")
    lab.keys("alice", "cert-authority " + CA.line)
    assert not enters(far, CA, b"ssh-ed25519")
    assert enters(far, Cert())
    lab.keys("alice", lab.KEY.line)


def test_certificate_as_a_line(far):
    """authorized_keys with the certificate itself: it is not what is looked for"""
    cert = Cert(ca=OTHER)
    lab.keys("alice", cert.line, "cert-authority " + cert.line)
    assert not enters(far, cert)
    lab.keys("alice", lab.KEY.line)


def test_bytes_altered(far):
    """another byte anywhere; unit/test_cert.c has every bit"""
    cert = Cert(critical=strings(b"force-command", strings(b"id")))
    good = cert.blob
    for start in range(0, len(good), 70):
        with far.start() as p:
            p.service()
            for at in range(start, min(start + 70, len(good)), 14):
                cert.blob = good[:at] + bytes([good[at] ^ 0x10]) + good[at + 1:]
                try:
                    assert p.pubkey("alice", cert, CERT)[0] == AUTH_FAILURE, at
                except Closed:
                    break
            assert AUTH_SUCCESS not in p.log
    cert.blob = good
    assert enters(far, cert)


def test_queries_say_no_more(far):
    """of a certificate that would not do a query says so"""
    with far.start() as p:
        p.service()
        assert p.query("alice", Cert(), CERT)[0] == PK_OK
        for how in ("other CA", "no names", "expired", "unknown option", "signature of something else"):
            assert p.query("alice", Cert(**BAD[how]), CERT)[0] == AUTH_FAILURE, how


def test_queries_cost_no_more_than_their_cap(far):
    with far.start() as p:
        p.service()
        cert, n = Cert(), 0
        try:
            while n < 100:
                p.query("alice", cert, CERT)
                n += 1
        except (Closed, ConnectionError):
            pass
        assert 1 <= n <= 15


# ---------------------------------------------------------------- two factors
def test_options_of_the_certificate_stick(serve, place):
    """its command, after a password too, whatever keys come between"""
    with open(place + "/cas", "w") as f:
        f.write(CA.line + "\n")
    server = serve("TrustedUserCAKeys=" + place + "/cas",
                   "AuthenticationMethods=publickey,password")
    cert = Cert(critical=strings(b"force-command", strings(b"echo forced")), extensions=b"")
    for between in ((), (lab.KEY, Cert())):
        with server.start() as p:
            p.service()
            assert p.pubkey("alice", cert, CERT)[0] == AUTH_FAILURE
            for k in between:
                alg = CERT if isinstance(k, Cert) else b"ssh-ed25519"
                assert p.pubkey("alice", k, alg)[0] == AUTH_FAILURE
            assert p.password("alice", lab.PASSWORD)[0] == AUTH_SUCCESS
            assert p.run("echo free").out == b"forced\n"


def test_options_of_an_unproven_certificate_do_not(serve, place):
    """asked about, or signed for wrongly: then a plain key has its own"""
    with open(place + "/cas", "w") as f:
        f.write(CA.line + "\n")
    server = serve("TrustedUserCAKeys=" + place + "/cas")
    cert = Cert(critical=strings(b"force-command", strings(b"echo forced")))
    with server.start() as p:
        p.service()
        assert p.query("alice", cert, CERT)[0] == PK_OK
        assert p.pubkey("alice", cert, CERT, session_id=bytes(32))[0] == AUTH_FAILURE
        assert p.pubkey("alice", lab.KEY)[0] == AUTH_SUCCESS
        assert p.run("echo free").out == b"free\n"


# ---------------------------------------------------------------- hosts, to our client
HOSTS = {
    "other CA": dict(ca=OTHER), "another's signature": dict(sign=OTHER.sign),
    "no signature": dict(sign=lambda b: b""), "a user's": dict(kind=USER),
    "other name": dict(names=(b"localhost",)), "no name": dict(names=()),
    "beginning of the name": dict(names=(b"127.0.0",)), "expired": dict(before=1000),
    "not yet": dict(after=(1 << 63) - 1),
    "critical option": dict(critical=strings(b"force-command", strings(b"id"))),
    "a certificate as CA": dict(ca_blob=NESTED.blob), "more behind it": dict(tail=b"x"),
    "type 0": dict(kind=0), "NUL in the name": dict(names=(b"127.0.0.1\0",)),
}


def shows(cert, alg=CERT):
    def play(h):
        h.hello()
        h.send_kexinit(hostkey=[alg])
        h.read_kexinit()
        h.reply(key=cert)
        h.newkeys()
        ch = h.session()
        h.write(ch, b"hello\n")
        h.finish(ch, 3)
        h.ended()
    return play


def test_host(client):
    client.knows(CA, marker="@cert-authority ")
    for names in ((b"127.0.0.1",), (b"x", b"127.0.*")):
        r = client.meets(shows(Cert(kind=HOST, names=names)))
        assert r.out == b"hello\n" and r.rc == 3, r


@pytest.mark.parametrize("how", list(HOSTS))
def test_bad_host(client, how):
    """strict: it is refused; what was asked never sees the host"""
    client.knows(CA, marker="@cert-authority ")
    cert = Cert(**{"kind": HOST, "names": (b"127.0.0.1",), **HOSTS[how]})
    for strict in ("yes", "ask"):
        client.refuses(shows(cert), flags=("-o", "StrictHostKeyChecking=" + strict))


def test_host_that_has_not_the_key(client):
    client.knows(CA, marker="@cert-authority ")
    cert = Cert(kind=HOST, names=(b"127.0.0.1",))
    cert.key = Key()
    client.refuses(shows(cert))


def test_plain_key_as_certificate(client):
    client.knows(CA, marker="@cert-authority ")
    client.refuses(shows(CA))
    client.knows(CA)
    client.refuses(shows(CA))


def test_ca_is_no_host(client):
    """the line of a CA trusts nobody who shows the CA's own key"""
    client.knows(CA, marker="@cert-authority ")
    client.refuses(shows(CA, b"ssh-ed25519"))
