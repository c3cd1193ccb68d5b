"""test_keygen_cert.py - ssh-keygen: certificates and lists of revoked keys, next to OpenSSH's.

SPDX-License-Identifier: MIT
"""
import shutil
import struct

import pytest

from keytool import CERTS, KINDS, MARKS, both, good, make, ours, public, real, run

pytestmark = MARKS + [pytest.mark.skipif(not CERTS, reason="KEYGEN_CERT is not built in")]


@pytest.fixture
def ca(tmp_path):
    return make(real, tmp_path / "ca")


@pytest.fixture
def key(tmp_path):
    return make(real, tmp_path / "user")


def cert(tool, ca, key, *flags):
    """what is in the certificate, but for nonce and signature, as OpenSSH shows it"""
    tool("-q", "-s", ca, "-I", "an id", *flags, f"{key}.pub")
    return real("-L", "-f", f"{key}-cert.pub")


SIGN = [
    [],
    ["-n", "root,me"],
    ["-z", "12345678901234567"],
    ["-V", "20300101:20310203040506Z"],
    ["-V", "always:20310203"],
    ["-V", "20300101:forever"],
    ["-h", "-n", "host.example"],
    ["-O", "clear"],
    ["-O", "clear", "-O", "permit-pty", "-O", "permit-X11-forwarding"],
    ["-O", "no-x11-forwarding", "-O", "no-agent-forwarding", "-O", "no-port-forwarding", "-O",
     "no-pty", "-O", "no-user-rc"],
    ["-O", "force-command=/bin/date -u", "-O", "source-address=10.0.0.0/8,::1/128"],
    ["-O", "verify-required", "-O", "no-touch-required"],
    ["-O", "critical:a@b=x y", "-O", "extension:z@c=1", "-O", "extension:flag@d"],
]


@pytest.mark.parametrize("flags", SIGN)
def test_alike(ca, key, flags):
    mine = cert(good, ca, key, *flags)
    other = cert(real, ca, key, *flags)
    assert mine == other
    assert good("-L", "-f", f"{key}-cert.pub") == other
    text = open(f"{key}-cert.pub").read()
    assert text.endswith(" me@here\n")
    for f in (["-l"], ["-lv"], ["-B"]):
        a, b = both(*f, "-f", f"{key}-cert.pub")
        assert a == b
    a, b = both("-L", "-f", "-", input=text)
    assert a == b


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ca_kind", KINDS)
def test_kinds(tmp_path, kind, ca_kind):
    ca = make(real, tmp_path / "ca", ca_kind)
    key = make(real, tmp_path / "k", kind)
    assert cert(good, ca, key, "-n", "x") == cert(real, ca, key, "-n", "x")


@pytest.mark.parametrize("times", ["-1d:+52w", "+1w", "-5m:+1h30m"])
def test_relative(ca, key, times):
    assert ours("-s", ca, "-I", "x", "-V", times, f"{key}.pub")[0] == 0
    mine = real("-L", "-f", f"{key}-cert.pub")
    other = cert(real, ca, key, "-V", times)
    pick = [x for x in (mine, other)]
    get = [next(x for x in p.splitlines() if "Valid:" in x)[:-3] for p in pick]
    assert get[0][:35] == get[1][:35]  # the seconds may differ


def test_said(ca, key):
    status, out, err = ours("-s", ca, "-I", "the id", "-n", "a,b", "-z", "+7", "-V",
                            "20300101:20310101", f"{key}.pub", f"{ca}.pub")
    assert (status, out) == (0, "")
    assert err.splitlines() == [
        f'Signed user key {p}-cert.pub: id "the id" serial {n} for a,b valid from '
        "2030-01-01T00:00:00 to 2031-01-01T00:00:00" for p, n in ((key, 7), (ca, 8))]


@pytest.mark.parametrize("flags", [
    ["-I", "x", "-O", "nonsense"], ["-I", "x", "-O", "force-commands=x"], ["-I", "x", "-V", "x:y"],
    ["-I", "x", "-V", "20310101:20300101"], ["-I", "x", "-V", "20301332"], ["-I", "x", "-z", "-1"],
    []])
def test_refused(ca, key, flags):
    status, _, err = ours("-s", ca, *flags, f"{key}.pub")
    assert status == 255 and err
    assert not (key.parent / "user-cert.pub").exists()


def test_not_keys(ca, key, tmp_path):
    assert ours("-s", ca, "-I", "x")[0] == 1
    assert ours("-s", ca, "-I", "x", tmp_path / "none.pub")[0] == 255
    assert ours("-s", f"{tmp_path}/none", "-I", "x", f"{key}.pub")[0] == 255
    good("-q", "-s", ca, "-I", "x", f"{key}.pub")
    assert ours("-s", ca, "-I", "x", f"{key}-cert.pub")[0] == 255
    assert ours("-s", f"{key}-cert.pub", "-I", "x", f"{ca}.pub")[0] == 255
    assert ours("-L", "-f", f"{key}.pub")[0] == 1


def test_agent(ca, key, tmp_path):
    """-U: the CA's key is in an agent"""
    if not shutil.which("ssh-agent"):
        pytest.skip("ssh-agent is not installed")
    sock = tmp_path / "s"
    agent = run("ssh-agent", "-a", sock)[1]
    try:
        env = {"SSH_AUTH_SOCK": str(sock)}
        assert run("ssh-add", ca, env=env)[0] == 0
        (tmp_path / "ca").rename(tmp_path / "away")
        status, _, err = ours("-q", "-U", "-s", f"{ca}.pub", "-I", "x", f"{key}.pub", env=env)
        assert status == 0, err
        assert "Signing CA" in real("-L", "-f", f"{key}-cert.pub")
        run("ssh-add", "-D", env=env)
        assert ours("-q", "-U", "-s", f"{ca}.pub", "-I", "x", f"{key}.pub", env=env)[0] == 255
    finally:
        run("kill", agent.split("SSH_AGENT_PID=")[1].split(";")[0])


# ---- revocation lists --------------------------------------------------------

def krl_bytes(path):
    """without the date"""
    b = path.read_bytes()
    return b[:20] + b[28:]


def krl_text(path):
    return [x for x in real("-Q", "-l", "-f", path).splitlines() if not x.startswith("# Gen")]


@pytest.fixture
def keys(tmp_path):
    return [make(real, tmp_path / f"k{i}") for i in range(4)]


def spec(tmp_path, text):
    path = tmp_path / "spec"
    path.write_text(text)
    return path


@pytest.mark.parametrize("what", ["key", "sha1", "sha256", "plain", "cert0", "cert7", "id", "one",
                                  "range", "hash"])
def test_krl_bytes(tmp_path, keys, ca, what):
    pubs = [f"{k}.pub" for k in keys]
    flags = ["-s", f"{ca}.pub"]
    if what in ("key", "sha1", "sha256"):
        files = [spec(tmp_path, "".join(f"{what}: {public(k)}" for k in keys))]
    elif what == "plain":
        files, flags = pubs, []
    elif what == "hash":
        prints = [real("-l", "-f", p).split()[1] for p in pubs]
        files = [spec(tmp_path, "".join(f"hash: {p}\n" for p in prints))]
    elif what.startswith("cert"):
        files, flags = [], []
        for i, k in enumerate(keys[:2]):
            real("-q", "-s", ca, "-I", f"id {i}", "-z", str(int(what[4:]) * (i * 100 + 1)),
                 f"{k}.pub")
            files.append(f"{k}-cert.pub")
        if what == "cert7":
            files = files[:1]
    else:
        files = [spec(tmp_path, {"id": "id: one\nid: two words # not this\n id:\tan\n",
                                 "one": "serial: 99\n", "range": "serial: 1000-2000000\n"}[what])]
    made = []
    for tool, name in ((good, "mine"), (real, "other")):
        tool("-q", "-k", "-f", tmp_path / name, "-z", "42", *flags, *files)
        made.append(krl_bytes(tmp_path / name))
    assert made[0] == made[1]


def test_krl_serials(tmp_path, ca):
    """the same serials, though not in the same sections"""
    path = spec(tmp_path, "serial: 5\nserial: 7-9\nserial: 8-20\nserial: 3\nserial: 4\n"
                          "serial: 100-101\nserial: 9223372036854775808\nserial: 5\n")
    for tool, name in ((good, "mine"), (real, "other")):
        tool("-q", "-k", "-f", tmp_path / name, "-s", f"{ca}.pub", path)
    assert krl_text(tmp_path / "mine") == krl_text(tmp_path / "other")


def test_krl_update(tmp_path, keys, ca):
    paths = []
    for tool in (good, real):
        path = tmp_path / f"krl_{tool.__name__}"
        tool("-q", "-k", "-f", path, "-z", "5", f"{keys[0]}.pub")
        tool("-q", "-k", "-u", "-f", path, f"{keys[1]}.pub")
        tool("-q", "-k", "-u", "-f", path, "-s", f"{ca}.pub", spec(tmp_path, "serial: 12\n"))
        paths.append(path)
    assert krl_text(paths[0]) == krl_text(paths[1])
    for p in paths:
        for tool in (ours, lambda *a: run("ssh-keygen", *a)):
            assert [tool("-Q", "-f", p, f"{k}.pub")[0] for k in keys] == [1, 1, 0, 0]
    assert ours("-k", "-u", "-f", tmp_path / "none", f"{keys[0]}.pub")[0] == 255


def test_krl_query(tmp_path, keys, ca):
    for i, k in enumerate(keys):
        real("-q", "-s", ca, "-I", f"id{i}", "-z", str(i), f"{k}.pub")
    path = tmp_path / "krl"
    text = f"serial: 1\nid: id2\nsha256: {public(keys[3])}"
    good("-q", "-k", "-f", path, "-s", ca, spec(tmp_path, text))
    files = [f"{k}-cert.pub" for k in keys] + [f"{k}.pub" for k in keys]
    mine, other = both("-Q", "-f", path, *files)
    assert mine == other
    assert mine[0] == 1 and mine[1].count("REVOKED") == 4
    mine, other = both("-Q", "-f", path, files[0])
    assert mine == other and mine[0] == 0


@pytest.mark.parametrize("text", ["serial: 0\n", "serial: x\n", "serial: 5-4\n", "nonsense\n",
                                  "key: ssh-ed25519 AAAA\n", "hash: SHA256:abc\n", "hash: MD5:x\n",
                                  "sha256: x\n", "id: x\n\0\n"])
def test_krl_refused(tmp_path, ca, text):
    assert ours("-q", "-k", "-f", tmp_path / "krl", "-s", ca, spec(tmp_path, text))[0] == 255
    assert not (tmp_path / "krl").exists()


def test_krl_without_ca(tmp_path, keys):
    for text in ("serial: 1\n", "id: x\n"):
        assert ours("-q", "-k", "-f", tmp_path / "krl", spec(tmp_path, text))[0] == 255
    assert ours("-q", "-k", f"{keys[0]}.pub")[0] == 255
    assert ours("-Q", "-f", f"{keys[0]}.pub", f"{keys[0]}.pub")[0] == 255


def test_krl_damaged(tmp_path, keys):
    path = tmp_path / "krl"
    good("-q", "-k", "-f", path, *(f"{k}.pub" for k in keys))
    whole = path.read_bytes()
    for cut in list(range(0, 48, 7)) + [len(whole) - 1]:
        path.write_bytes(whole[:cut])
        assert ours("-Q", "-f", path, f"{keys[0]}.pub")[0] == 255
        assert ours("-k", "-u", "-f", path, f"{keys[0]}.pub")[0] == 255


def test_krl_large(tmp_path, ca):
    """thousands of serials, in no order"""
    rows = [f"serial: {(i * 7919) % 9973 + 1}\n" for i in range(3000)]
    path = spec(tmp_path, "".join(rows))
    for tool, name in ((good, "mine"), (real, "other")):
        tool("-q", "-k", "-f", tmp_path / name, "-s", f"{ca}.pub", path)
    assert krl_text(tmp_path / "mine") == krl_text(tmp_path / "other")
    assert struct.unpack(">Q", (tmp_path / "mine").read_bytes()[12:20]) == (0,)


def test_private_file_as_subject(tmp_path, ca, key):
    """the subject's private half must not be what signs"""
    good("-q", "-p", "-N", "", "-m", "dropbear", "-f", key)
    (tmp_path / "user.pub").unlink()
    good("-q", "-s", ca, "-I", "x", key)
    assert real("-l", "-f", f"{ca}.pub").split()[1] in real("-L", "-f", f"{key}-cert.pub")
