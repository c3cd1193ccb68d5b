"""Certificates of hosts, and those that our client shows: with OpenSSH, both ways.

SPDX-License-Identifier: MIT
"""
import os
import time

import pytest
from caller import argv as our_line
from certs import (altered, authorities, CA, CA2, CERTS, denied, entered, far, forget,
                   HOSTCA, keygen, krl, MINE, ours, pytestmark, sign, SUFFIX, theirs)  # noqa: F401
from lib import authorize, CUBSSH, DATA, HOSTKEY, KEYS, KNOWN, put, Server, sh, slurp, until
from stock import Background, run

count = 0


# ---------------------------------------------------------------- our client, OpenSSH's server
@pytest.fixture(scope="module")
def sshd():
    put(CERTS + "/cas", slurp(CA + ".pub"))
    authorize("ben", "# none")
    with Server(raw=lambda at: ["/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-h", HOSTKEY, "-o",
                                "ListenAddress=" + at, "-o", "TrustedUserCAKeys=" + CERTS + "/cas",
                                "-o", "LogLevel=VERBOSE"]) as s:
        yield s
    authorize("ben")


@pytest.mark.parametrize("kind", MINE)
def test_ours_to_openssh(sshd, kind):
    r = ours(sshd, sign(kind=kind, names="ben"), user="ben")
    assert (r.rc, r.out) == (0, "in\n"), r


def test_certificate_file(sshd):
    """named, beside nothing, and with a key that is another's first"""
    key = sign(names="ben")
    os.rename(key + "-cert.pub", key + "-elsewhere")
    r = ours(sshd, key, "echo in", "-o", f"CertificateFile={key}-elsewhere", user="ben")
    assert (r.rc, r.out) == (0, "in\n"), r
    r = ours(sshd, key, "echo in", "-o", f"CertificateFile={CERTS}/nothing", user="ben")
    assert r.rc == 255 and "nothing: No such file" in r.err, r
    r = ours(sshd, key, "echo in", "-o", f"CertificateFile={key}.pub", user="ben")
    assert r.rc == 255 and "it is no certificate" in r.err, r


def agent(*keys):
    path = DATA + "/cert-agent.sock"
    if os.path.lexists(path):
        os.remove(path)
    p = Background(["ssh-agent", "-D", "-a", path])
    until(lambda: os.path.exists(path), "the agent's socket")
    sh(["ssh-add", "-q", *keys], env={**os.environ, "SSH_AUTH_SOCK": path})
    return p, path


def test_certificate_of_agent(sshd):
    """ssh-add gives it key and certificate; the files are gone then"""
    key = sign(names="ben")
    p, path = agent(key)
    with p:
        os.remove(key)
        os.remove(key + "-cert.pub")
        r = ours(sshd, None, "echo in", env={"SSH_AUTH_SOCK": path}, user="ben")
        assert (r.rc, r.out) == (0, "in\n"), r


def test_certificate_with_key_of_agent(sshd):
    """the agent has the plain key alone"""
    key = sign(names="ben")
    os.rename(key + "-cert.pub", key + "-elsewhere")
    p, path = agent(key)
    with p:
        os.remove(key)
        r = ours(sshd, None, "echo in", "-o", f"CertificateFile={key}-elsewhere",
                 env={"SSH_AUTH_SOCK": path}, user="ben")
        assert (r.rc, r.out) == (0, "in\n"), r


def test_certificate_before_plain_key(serve):
    """one attempt is enough"""
    far = serve(TrustedUserCAKeys=CA + ".pub", MaxAuthTries="1")
    authorize("dot", "# none")
    entered(far, sign(names="dot"), ours, user="dot")
    authorize("dot")


# ---------------------------------------------------------------- hosts
def host_cert(path, *flags, ca=HOSTCA, names="127.0.0.1", valid="-1h:+1h", kind="ssh-ed25519"):
    """of a host key: its path and the certificate's"""
    global count
    count += 1
    key = f"{CERTS}/h{count}"
    base = HOSTKEY if kind == "ssh-ed25519" else keygen(CERTS + "/host-" + kind, kind)
    for end in ("", ".pub"):
        put(key + end, slurp(base + end), 0o600)
    sh(["ssh-keygen", "-q", "-s", ca, "-h", "-I", "host's", *(["-n", names] if names else []), "-V",
        valid, *flags, key + ".pub"])
    return key, key + "-cert.pub"


def known(*lines):
    return put(f"{CERTS}/known", "".join(line + "\n" for line in lines))


def authority(mark="@cert-authority", who="127.0.0.1", ca=HOSTCA):
    return f"{mark} {who} {slurp(ca + '.pub').strip()}"


def our_sshd(key, cert):
    return Server(raw=lambda at: [CUBSSH, "sshd", "-D", "-e", "-p", at, "-h", key, "-o",
                                  "HostCertificate=" + cert])


def their_sshd(key, cert):
    return Server(raw=lambda at: ["/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-h", key, "-o",
                                  "HostCertificate=" + cert, "-o", "ListenAddress=" + at])


def our_ssh(server, known_hosts, *flags):
    return ours(server, KEYS + "/id", "echo in", "-o", "BatchMode=yes", *flags,
                known_hosts=known_hosts)


def their_ssh(server, known_hosts, *flags):
    return theirs(server, KEYS + "/id", "echo in", *flags, known=known_hosts)


WAYS = {"theirs to ours": (our_sshd, their_ssh), "ours to theirs": (their_sshd, our_ssh),
        "ours to ours": (our_sshd, our_ssh)}


@pytest.fixture(params=list(WAYS))
def way(request):
    return WAYS[request.param]


@pytest.mark.parametrize("kind", MINE)
def test_host(way, kind):
    serve_it, call = way
    with serve_it(*host_cert(DATA, kind=kind)) as s:
        for who in ("127.0.0.1", f"[127.0.0.1]:{s.port}", "*.org,127.*"):
            r = call(s, known(authority(who=who)))
            assert (r.rc, r.out) == (0, "in\n"), r
        r = call(s, known(authority()), "-o", "HostKeyAlgorithms=" + kind + SUFFIX)
        assert (r.rc, r.out) == (0, "in\n"), r


def test_host_by_alias(way):
    serve_it, call = way
    with serve_it(*host_cert(DATA, names="box.example.org")) as s:
        lines = known(authority(who="box.*"))
        r = call(s, lines, "-o", "HostKeyAlias=box.example.org")
        assert (r.rc, r.out) == (0, "in\n"), r
        assert call(s, lines).rc == 255


HOSTS = {
    "wrong host": (dict(names="example.org"), r"for another name"),
    "no name": (dict(names=""), r"for another name"),
    "expired": (dict(valid="-2h:-1h"), r"has expired"),
    "not yet valid": (dict(valid="+1h:+2h"), r"not yet valid"),
    "other CA": (dict(ca=CA2), r""),
}


@pytest.mark.parametrize("name", list(HOSTS))
def test_host_refused(name, way):
    """without a plain key in the files nobody is let on; with it, as for any other"""
    how, why = HOSTS[name]
    serve_it, call = way
    if name == "no name" and call is their_ssh:
        pytest.skip("openssh 9.2 takes it for every host")
    with serve_it(*host_cert(DATA, **how)) as s:
        r = call(s, known(authority()))
        assert r.rc == 255 and r.out == "", r
        assert call is their_ssh or why in r.err and "No ED25519 host key is known" in r.err, r
        r = call(s, known(authority(), f"[127.0.0.1]:{s.port} " + slurp(HOSTKEY + ".pub").strip()))
        assert (r.rc, r.out) == (0, "in\n"), r
        assert call is their_ssh or why in r.err, r
        other = slurp(CERTS + "/ca2.pub").strip()
        r = call(s, known(authority(), f"[127.0.0.1]:{s.port} {other}"))
        assert r.rc == 255 and "CHANGED" in r.err, r


def test_host_ca_for_others(way):
    """the line is about another host"""
    serve_it, call = way
    with serve_it(*host_cert(DATA)) as s:
        r = call(s, known(authority(who="example.org")))
        assert r.rc == 255 and r.out == "", r


@pytest.mark.parametrize("what", ["ca", "key"])
def test_host_revoked(way, what):
    serve_it, call = way
    path = HOSTCA if what == "ca" else HOSTKEY
    with serve_it(*host_cert(DATA)) as s:
        r = call(s, known(authority(), authority("@revoked", "*", path)))
        assert r.rc == 255 and r.out == "" and "revoked" in r.err.lower(), r
        for spec in (slurp(path + ".pub"), None):
            if spec is None:
                forget()
                krl("key: " + slurp(path + ".pub"), ca=None)
            else:
                put(CERTS + "/revoked", spec)
            r = call(s, known(authority()), "-o", f"RevokedHostKeys={CERTS}/revoked")
            assert r.rc == 255 and r.out == "" and "revoked" in r.err.lower(), r
        r = call(s, known(authority()), "-o", f"RevokedHostKeys={CERTS}/nothing")
        assert r.rc == 255 and r.out == "", r
        put(CERTS + "/revoked", "")


def test_host_plain_key_where_no_ca_is_known(way):
    serve_it, call = way
    with serve_it(*host_cert(DATA)) as s:
        line = f"[127.0.0.1]:{s.port} " + slurp(HOSTKEY + ".pub").strip()
        r = call(s, known(line))
        assert (r.rc, r.out) == (0, "in\n"), r


def test_new_host_is_kept_as_plain_key():
    with our_sshd(*host_cert(DATA)) as s:
        path = known()
        line = our_line(s, "-o", "BatchMode=yes", cmd="echo in")
        r = run([w.replace(KNOWN, path).replace("Checking=yes", "Checking=no") for w in line])
        assert (r.rc, r.out) == (0, "in\n"), r
        assert slurp(path).split()[1:] == slurp(HOSTKEY + ".pub").split()[:2]


def test_certified_host_is_not_written_down():
    """UpdateHostKeys is for hosts that are known by their keys"""
    with our_sshd(*host_cert(DATA)) as s:
        path = known(authority())
        before = slurp(path)
        assert our_ssh(s, path, "-o", "UpdateHostKeys=yes").rc == 0
        assert slurp(path) == before


@pytest.mark.parametrize("what", ["user", "other key", "missing", "junk"])
def test_bad_host_certificate(what):
    """said in the log, and the plain key is there"""
    key, cert = host_cert(DATA)
    if what == "user":
        cert = sign() + "-cert.pub"
    elif what == "other key":
        cert = CERTS + "/ca2-cert.pub"
        sh(["ssh-keygen", "-q", "-s", HOSTCA, "-h", "-I", "x", "-n", "x", CA2 + ".pub"])
    else:
        cert = put(CERTS + "/junk", "junk\n") if what == "junk" else CERTS + "/nothing"
    why = {"user": "it is a user's", "junk": "it is no certificate",
           "other key": "none of the host keys", "missing": "No such file"}[what]
    with our_sshd(key, cert) as s:
        r = our_ssh(s, known("* " + slurp(HOSTKEY + ".pub").strip()))
        assert (r.rc, r.out) == (0, "in\n"), r
        s.wait_log(f"HostCertificate {cert}: .*{why}")


def test_host_certificate_is_read_anew():
    """one that is renewed needs no signal"""
    key, cert = host_cert(DATA, valid="-2h:-1h")
    with our_sshd(key, cert) as s:
        assert our_ssh(s, known(authority())).rc == 255
        put(cert, slurp(host_cert(DATA)[1]))
        assert our_ssh(s, known(authority())).rc == 0


# ---------------------------------------------------------------- what OpenSSH 9 does not know
def test_mldsa44(serve):
    """key, certificate and CA of our tool, ours to ours, both kinds of certificate"""
    kind = "ssh-mldsa44-ed25519"
    names = run([CUBSSH, "ssh", "-Q", "key"]).out.split()
    tool = [CUBSSH, "ssh-keygen", "-q"]
    ca, key, host = (f"{CERTS}/mldsa-{n}" for n in ("ca", "user", "host"))
    if kind + SUFFIX not in names or run(tool + ["-t", kind[4:], "-N", "", "-f", ca]).rc:
        pytest.skip("not built in")
    for path in (key, host):
        sh(tool + ["-t", kind[4:], "-N", "", "-f", path])
    if run(tool + ["-s", ca, "-I", "pq", "-n", "dot", key + ".pub"]).rc:
        pytest.skip("our tool signs no certificates")
    sh(tool + ["-s", ca, "-I", "pq host", "-h", "-n", "127.0.0.1", host + ".pub"])
    authorize("dot", "# none")
    with Server(raw=lambda at: [CUBSSH, "sshd", "-D", "-e", "-p", at, "-h", host, "-o",
                                f"HostCertificate={host}-cert.pub", "-o",
                                f"TrustedUserCAKeys={ca}.pub"]) as s:
        r = ours(s, key, "echo in", known_hosts=known(authority(ca=ca)), user="dot")
        assert (r.rc, r.out) == (0, "in\n"), r
        s.wait_log(f"with {kind}{SUFFIX} key .* CA mldsa44-ed25519 SHA256:")
        altered(key, -1)
        r = ours(s, key, "echo in", known_hosts=known(authority(ca=ca)), user="dot")
        assert r.rc == 255, r
        s.wait_log("its signature is not good")
    authorize("dot")


# ---------------------------------------------------------------- time
def test_kept_time(serve):
    """a clock that has been seen later than it is now"""
    key, folder = sign(), CERTS + "/kept"
    os.makedirs(folder, exist_ok=True)
    put(folder + "/host", slurp(HOSTKEY), 0o600)
    authorize("ann", "# none")
    with Server(raw=lambda at: [CUBSSH, "sshd", "-D", "-e", "-p", at, "-h", folder + "/host", "-o",
                                "TrustedUserCAKeys=" + CA + ".pub"]) as s:
        entered(s, key)
        kept = int(slurp(folder + "/clock"))
        assert abs(kept - time.time()) < 100
        entered(s, key)
        assert int(slurp(folder + "/clock")) == kept  # once a day
        put(folder + "/clock", str(int(time.time()) + 7200) + "\n")
        since = len(s.log())
        denied(s, key, r"it has expired")
        s.wait_log(r"the clock is behind: certificates are judged by " + folder + "/clock", since)
        put(folder + "/clock", "nonsense")
        entered(s, key)
    authorize("ann")
