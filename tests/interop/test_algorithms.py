"""test_algorithms.py - every algorithm with every other, our client and server with OpenSSH's.

SPDX-License-Identifier: MIT

What there is comes from `ssh -Q` of both sides, so this grows with the build. Each
combination is a login and 1 MB each way. Every key exchange meets every host key, and
every cipher every MAC; CUBSSH_BIG=1: the whole product. What OpenSSH does not know is
ours on both sides.

The old and insecure ones are in a build of their own, made here once.
"""
import functools
import hashlib
import itertools
import os
import re
import shutil
import subprocess
import sys

import pytest
import stock
import transfer
from lib import (BUILD, CUBSSH, DATA, EMU, HOSTKEY, KEY, KEYS, KNOWN, LIMIT, PASSWORD, STANDIN,
                 TOP, Server, authorize, put, sh, slurp)
from stock import run

pytestmark = pytest.mark.skipif(bool(STANDIN or transfer.THEIRS), reason="it is about ours")
SSH, SSHD = "/usr/bin/ssh", "/usr/sbin/sshd"
ALL_KNOWN = DATA + "/known_all"
WAYS = ["ours-openssh", "openssh-ours", "ours-ours"]
# host key and user key algorithm: the file of such a key, and how to make one
KINDS = {
    "ssh-ed25519": ("ed25519", []),
    "ecdsa-sha2-nistp256": ("ecdsa256", ["-t", "ecdsa", "-b", "256"]),
    "ecdsa-sha2-nistp384": ("ecdsa384", ["-t", "ecdsa", "-b", "384"]),
    "ecdsa-sha2-nistp521": ("ecdsa521", ["-t", "ecdsa", "-b", "521"]),
    "rsa-sha2-512": ("rsa", ["-t", "rsa", "-b", "2048"]),
    "rsa-sha2-256": ("rsa", ["-t", "rsa", "-b", "2048"]),
    "ssh-rsa": ("rsa", ["-t", "rsa", "-b", "2048"]),
    "ssh-mldsa44-ed25519@openssh.com": ("mldsa44", ["-t", "mldsa44-ed25519"]),
}
AEAD = "chacha20-poly1305@openssh.com", "aes128-gcm@openssh.com", "aes256-gcm@openssh.com"
WEAK = ["WEAK_AES_CBC", "WEAK_3DES_CBC", "WEAK_BLOWFISH", "WEAK_SHA1_96", "WEAK_DH_SHA1"]


def ours(name, exe=CUBSSH):
    """the command line of an applet"""
    folder = DATA + "/bin." + hashlib.sha256(exe.encode()).hexdigest()[:8]
    os.makedirs(folder, exist_ok=True)
    if not os.path.lexists(f"{folder}/{name}"):
        os.symlink(exe, f"{folder}/{name}")
    return EMU + [f"{folder}/{name}"]


@functools.cache
def known_to(who, exe=CUBSSH):
    """kex, key, cipher, mac: what that side has"""
    line = [SSH] if who == "openssh" else ours("ssh", exe)
    out = {}
    for kind in "kex", "key", "cipher", "mac":
        what = "HostKeyAlgorithms" if who == "openssh" and kind == "key" else kind
        r = run([*line, "-Q", what])
        assert r.rc == 0, r.err
        out[kind] = [a for a in r.out.split() if "-cert-" not in a and not a.startswith("sk-")]
    return out


def suites(cipher_list, mac_list):
    """cipher with MAC; a cipher that has its own integrity is alone"""
    return [(c, m) for c in cipher_list for m in ([""] if c in AEAD else mac_list)]


def product(way, exe=CUBSSH):
    """kex, host key, cipher, MAC"""
    us, them = known_to("ours", exe), known_to("openssh")
    here = {k: [a for a in us[k] if k != "key" or a in KINDS] for k in us}
    both = {k: [a for a in v if a in them[k]] for k, v in here.items()}
    lists = here if way == "ours-ours" else both
    if not os.path.exists(CUBSSH):
        return []
    pairs = suites(lists["cipher"], lists["mac"])
    keys = list(itertools.product(lists["kex"], lists["key"]))
    if transfer.BIG:
        out = [k + p for k in keys for p in pairs]
    else:
        out = [k + pairs[0] for k in keys] + [keys[0] + p for p in pairs]
    if way == "ours-ours":
        def alien(row):
            return any(a and a not in them[k] for a, k in zip(row, ("kex", "key", "cipher", "mac")))
        out = [row for row in out if alien(row)]
    return out


def groups(way):
    """rows by the key exchange, so that a test is neither one login nor hundreds"""
    rows = product(way) if os.path.exists(CUBSSH) else []
    return sorted({row[0] for row in rows})


# ---------------------------------------------------------------- keys and servers
@functools.cache
def key_of(alg):
    """a file with a key for that algorithm; None: it cannot be made here"""
    name, how = KINDS[alg]
    path = f"{KEYS}/alg_{name}"
    if name == "ed25519":
        return HOSTKEY
    if not os.path.exists(path):
        tool = ["ssh-keygen"] if name != "mldsa44" else ours("ssh-keygen")
        r = run([*tool, "-q", "-N", "", "-C", "test", *how, "-f", path])
        if r.rc:
            return None
    return path


def host_keys(algs):
    files = list(dict.fromkeys(filter(None, map(key_of, algs))))
    with open(ALL_KNOWN, "w") as f:
        for path in files:
            f.write("* " + slurp(path + ".pub"))
    return files


def option(**kw):
    return [w for k, v in kw.items() for w in ("-o", f"{k}={v}")]


MOST = 4  # host keys of a server of ours, see HOSTKEYS in Kconfig
_servers = {}


def server(who, exe=CUBSSH, weak=False, host="ssh-ed25519"):
    """with every algorithm that it has, and host keys; that for the algorithm host among them"""
    has = known_to("openssh") if who == "openssh" else known_to("ours", exe)
    keys = [a for a in KINDS if a in has["key"] and
            (a != "ssh-rsa" or (weak and who == "openssh"))]  # our server never
    files = host_keys([a for a in KINDS if a in known_to("ours", exe)["key"]])
    if who == "openssh":
        files = [f for f in files if "mldsa" not in f]
    else:
        at = files.index(key_of(host)) // MOST * MOST
        files = files[at:at + MOST]
    if (who, weak, files[0]) in _servers:
        return _servers[who, weak, files[0]]
    lists = {"KexAlgorithms": [a for a in has["kex"] if "sha1" not in a or weak],
             "Ciphers": has["cipher"], "MACs": has["mac"], "HostKeyAlgorithms": keys}
    if who == "openssh":
        lists["PubkeyAcceptedAlgorithms"] = keys
    options = option(**{k: ",".join(v) for k, v in lists.items()})

    def line(listen):
        if who == "openssh":
            return [SSHD, "-D", "-e", "-f", "/dev/null", *option(ListenAddress=listen), *options,
                    *option(MaxStartups="100"), *[w for f in files for w in ("-h", f)]]
        return [*ours("sshd", exe), "-D", "-e", "-p", listen, "-f", "none", *options,
                *[w for f in files for w in ("-h", f)]]
    transfer.hurry()
    s = _servers[who, weak, files[0]] = Server(raw=line)
    return s


@pytest.fixture(scope="module")
def megabyte():
    data = os.urandom(1 << 20)
    put_bytes(DATA + "/1m", data)
    return data


def put_bytes(path, data):
    with open(path, "wb") as f:
        f.write(data)


def login(client, s, row, data, exe=CUBSSH, key=KEY, more=()):
    """1 MB there and back; "" or what went wrong"""
    kex, host, cipher, mac = row
    line = ours("ssh", exe) if client == "ours" else [SSH]
    flags = option(StrictHostKeyChecking="yes", UserKnownHostsFile=ALL_KNOWN, IdentitiesOnly="yes",
                   GlobalKnownHostsFile="none", IdentityAgent="none", KexAlgorithms=kex,
                   HostKeyAlgorithms=host, Ciphers=cipher, LogLevel="ERROR",
                   UpdateHostKeys="no", PreferredAuthentications="publickey", **dict(more))
    if mac:
        flags += option(MACs=mac)
    argv = [*line, "-F", "none", *flags, "-i", key, "-p", str(s.port), "ann@127.0.0.1", "cat"]
    with open(DATA + "/1m", "rb") as here, open(DATA + "/back", "wb+") as out:
        r = run(argv, None, here, out)
        out.seek(0)
        same = out.read() == data
    if r.rc == 0 and same:
        return ""
    return "%s: status %d, %s%s" % ("/".join(filter(None, row)), r.rc,
                                    "" if same else "other data, ", r.err[-200:])


def all_of(way, rows, data, **kw):
    client, who = way.split("-")
    weak = kw.pop("weak", False)
    bad = [w for w in (login(client, server(who, kw.get("exe", CUBSSH), weak, row[1]), row, data,
                             **kw) for row in rows if key_of(row[1])) if w]
    assert not bad, f"{len(bad)} of {len(rows)}: " + "; ".join(bad[:10])


@pytest.mark.parametrize("way,kex", [(w, k) for w in WAYS for k in groups(w)])
def test_product(way, kex, megabyte):
    all_of(way, [row for row in product(way) if row[0] == kex], megabyte)


# ---------------------------------------------------------------- user keys
def users():
    return [a for a in known_to("ours")["key"] if a in KINDS] if os.path.exists(CUBSSH) else []


@pytest.mark.parametrize("way", WAYS)
def test_user_keys(way, megabyte):
    """every kind of user key; RSA with 3072 and 4096 bits too, and 1024 at ours"""
    client, who = way.split("-")
    s = server(who)
    row = known_to("ours")["kex"][0], "ssh-ed25519", known_to("ours")["cipher"][0], ""
    if way != "ours-ours":
        row = next(r for r in product(way))
    todo = [(a, key_of(a)) for a in users() if way == "ours-ours" or
            a in known_to("openssh")["key"]]
    if "rsa-sha2-512" in users():
        for bits in ["1024"] * (who == "ours") + ["3072", "4096"]:
            path = f"{KEYS}/user_rsa{bits}"
            if not os.path.exists(path):
                sh(["ssh-keygen", "-q", "-N", "", "-t", "rsa", "-b", bits, "-f", path])
            todo.append(("rsa-sha2-512", path))
    bad = []
    try:
        for alg, path in todo:
            if not path:
                continue
            authorize("ann", slurp(path + ".pub").strip())
            bad.append(login(client, s, row, megabyte, key=path,
                             more=[("PubkeyAcceptedAlgorithms", alg)] +
                             [("RequiredRSASize", "1024")] * (client == "openssh")))
    finally:
        authorize("ann")
    assert not any(bad), "; ".join(filter(None, bad))


def test_user_keys_dropbear():
    """our keys at dropbear, in its own format and in OpenSSH's; its client's at ours"""
    if not shutil.which("dropbear") or not shutil.which("dropbearconvert"):
        pytest.skip("dropbear is not installed")
    ours_, theirs = server("ours"), transfer.peer("dropbear")
    bad = []
    try:
        for alg in [a for a in users() if a != "ssh-rsa" and "mldsa" not in a]:
            path = key_of(alg)
            sh(["dropbearconvert", "openssh", "dropbear", path, path + ".db"])
            authorize("ann", slurp(path + ".pub").strip())
            flags = option(StrictHostKeyChecking="no", UserKnownHostsFile="none",
                           IdentityAgent="none", PubkeyAcceptedAlgorithms=alg)
            # dropbear 2022.83 knows no rsa-sha2-512
            if alg != "rsa-sha2-512":
                for key in path, path + ".db":
                    r = run([*ours("ssh"), "-F", "none", *flags, "-i", key, "-p", str(theirs.port),
                             "ann@127.0.0.1", "echo in"])
                    bad += [f"{key}: {r.err}"] * (r.out != "in\n")
            r = run(["dbclient", "-y", "-y", "-i", path + ".db", "-p", str(ours_.port),
                     "ann@127.0.0.1", "echo in"])
            bad += [f"dbclient {alg}: {r.err}"] * (r.out != "in\n")
    finally:
        authorize("ann")
    assert not bad, bad


def test_user_keys_plink():
    """PuTTY's client with RSA keys, by .ppk"""
    if "rsa-sha2-512" not in users():
        pytest.skip("RSA is not in this build")
    if not shutil.which("plink") or not shutil.which("puttygen"):
        pytest.skip("plink is not installed")
    s, path = server("ours"), key_of("rsa-sha2-512")
    sh(["puttygen", path, "-o", path + ".ppk", "-O", "private"])
    fp = sh(["ssh-keygen", "-l", "-f", HOSTKEY + ".pub"]).split()[1]
    authorize("ann", slurp(path + ".pub").strip())
    try:
        r = run(["plink", "-batch", "-ssh", "-noagent", "-hostkey", fp, "-P", str(s.port), "-i",
                 path + ".ppk", "ann@127.0.0.1", "echo in"])
    finally:
        authorize("ann")
    assert r.out == "in\n", r.err


# ---------------------------------------------------------------- old and insecure
@pytest.fixture(scope="module")
def weak():
    """a binary with all of it, both sides"""
    folder = BUILD + "/weak"
    os.makedirs(folder, exist_ok=True)
    clean = {k: v for k, v in os.environ.items() if k not in ("O", "B", "TARGET", "MAKEFLAGS")}
    make = ["make", "-s", "-C", TOP, "O=" + folder]
    try:
        sh([*make, "full_defconfig"], env=clean)
        names = [f"{n}_{side}" for n in WEAK for side in ("SERVER", "CLIENT")] + [
            "WEAK_SSH_RSA", "KEY_RSA", "KEY_ECDSA", "KEX_DH", "KEX_ECDH", "MAC_SHA1"]
        with open(folder + "/.config") as f:
            rest = [l for l in f if not any(re.search(rf"\bCONFIG_{n}\b", l) for n in names)]
        put(folder + "/.config", "".join(rest) + "".join(f"CONFIG_{n}=y\n" for n in names))
        sh([*make, "olddefconfig"], env=clean)
        sh([*make, "-j2"], env=clean)
    except subprocess.CalledProcessError as e:
        pytest.fail("the build with weak algorithms: " + e.stderr[-2000:])
    return shutil.copy(folder + "/cubssh", "/run/cubssh-weak")


def weak_rows(exe, them):
    """each weak algorithm with strong others; only those that they know as well"""
    us = known_to("ours", exe)
    kex = "curve25519-sha256"
    rows = [("diffie-hellman-group14-sha1", "ssh-ed25519", "aes128-ctr", "hmac-sha2-256")]
    rows += [(kex, "ssh-ed25519", c, m) for c in us["cipher"] if "cbc" in c or "blowfish" in c
             for m in ("hmac-sha2-256", "hmac-sha2-256-etm@openssh.com", "hmac-sha1")]
    rows += [(kex, "ssh-ed25519", "aes128-ctr", "hmac-sha1-96")]
    rows += [(kex, "ssh-ed25519", "3des-cbc", "hmac-sha1-96")]
    kinds = ("kex", "key", "cipher", "mac")
    here = [r for r in rows if all(a in us[k] for a, k in zip(r, kinds))]
    return [r for r in here if all(a in them[k] for a, k in zip(r, kinds))]


@pytest.mark.parametrize("way", WAYS)
def test_weak(way, weak, megabyte):
    us = known_to("ours", weak)
    for what in "3des-cbc", "aes256-cbc", "blowfish-cbc", "blowfish-ctr":
        assert what in us["cipher"], us
    assert "hmac-sha1-96" in us["mac"] and "diffie-hellman-group14-sha1" in us["kex"], us
    rows = weak_rows(weak, us if way == "ours-ours" else known_to("openssh"))
    all_of(way, rows, megabyte, exe=weak, weak=True)


def test_weak_ssh_rsa(weak, megabyte):
    """ssh-rsa with SHA-1: our client by its name alone; our server never"""
    s = server("openssh", exe=weak, weak=True)
    row = "curve25519-sha256", "ssh-rsa", "aes128-ctr", "hmac-sha2-256"
    path = key_of("ssh-rsa")
    authorize("ann", slurp(path + ".pub").strip())
    try:
        w = login("ours", s, row, megabyte, exe=weak, key=path,
                  more=[("PubkeyAcceptedAlgorithms", "ssh-rsa")])
        assert not w, w
        mine = server("ours", exe=weak, weak=True)
        w = login("openssh", mine, ("curve25519-sha256", "ssh-ed25519", "aes128-ctr", ""), megabyte,
                  key=path, more=[("PubkeyAcceptedAlgorithms", "ssh-rsa")])
        assert "status 255" in w, w
        assert login("openssh", mine, row, megabyte)
    finally:
        authorize("ann")


def test_weak_are_off(weak):
    """built in, but in no list before somebody names them"""
    with Server(exe=weak) as s:
        line = [SSH, "-F", "none", "-vv", "-i", KEY, "-p", str(s.port), "ann@127.0.0.1",
                *option(StrictHostKeyChecking="yes", UserKnownHostsFile=KNOWN)]
        r = run([*line, *option(Ciphers="3des-cbc"), "true"])
        assert r.rc == 255 and "no matching cipher" in r.err, r.err
        r = run([*line, "true"])
        assert r.rc == 0, r.err
        offered = r.err.split("peer server KEXINIT proposal")[1].split("first_kex_follows")[0]
        assert not re.search(r"cbc|blowfish|sha1-96|group14-sha1|ssh-rsa\b", offered), offered
    r = run([*ours("ssh", weak), "-F", "none", "-G", "somewhere"])
    assert r.rc == 0
    assert not re.search(r"cbc|blowfish|sha1-96|group14-sha1|[ ,]ssh-rsa\b", r.out), r.out


def test_weak_blowfish_plink(weak, megabyte):
    """OpenSSH has no Blowfish any more; PuTTY has it"""
    if not shutil.which("plink"):
        pytest.skip("plink is not installed")
    fp = sh(["ssh-keygen", "-l", "-f", HOSTKEY + ".pub"]).split()[1]
    sessions = os.environ["HOME"] + "/.putty/sessions"
    os.makedirs(sessions, exist_ok=True)
    put(sessions + "/old", "Cipher=blowfish,3des,aes,chacha20,WARN\n")
    for cipher in "blowfish-ctr", "blowfish-cbc", "3des-cbc", "aes256-cbc":
        with Server(raw=lambda listen, c=cipher: [
                *ours("sshd", weak), "-D", "-e", "-p", listen, "-h", HOSTKEY, "-f", "none",
                *option(Ciphers=c)]) as s:
            argv = ["plink", "-load", "old", "-batch", "-ssh", "-noagent", "-hostkey", fp, "-P",
                    str(s.port), "-l", "ann", "-pw", PASSWORD, "127.0.0.1", "cat"]
            with open(DATA + "/back", "wb+") as f:
                r = run(argv, None, megabyte, f)
                f.seek(0)
                assert r.rc == 0 and f.read() == megabyte, (cipher, r.err)


def test_weak_blowfish_asyncssh(weak):
    """our client's side of it, at asyncssh's server where its library has the cipher"""
    code = "import asyncssh.encryption as e; print(*[a.decode() for a in e.get_encryption_algs()])"
    r = run([sys.executable, "-W", "ignore", "-c", code])
    if "blowfish-cbc" not in r.out:
        pytest.skip("asyncssh here has no blowfish-cbc")
    path = put(DATA + "/blowfish_server.py", f"""
import asyncio, sys, asyncssh
async def go(p):
    p.stdout.write(await p.stdin.read()); p.exit(0)
async def main():
    await asyncssh.listen(sys.argv[1], int(sys.argv[2]), server_host_keys=[{HOSTKEY!r}],
        authorized_client_keys={KEY + ".pub"!r}, process_factory=go, encoding=None,
        encryption_algs=["blowfish-cbc"])
    await asyncio.Event().wait()
asyncio.run(main())
""")
    data = os.urandom(300000)
    with Server(raw=lambda l: [sys.executable, "-W", "ignore", path, *l.rsplit(":", 1)]) as s:
        r = subprocess.run([*ours("ssh", weak), "-F", "none", "-c", "blowfish-cbc",
                            *option(StrictHostKeyChecking="yes", UserKnownHostsFile=KNOWN,
                                    IdentityAgent="none"), "-i", KEY, "-p", str(s.port),
                            "ann@127.0.0.1", "cat"], input=data, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, timeout=LIMIT, check=False)
        assert r.returncode == 0 and r.stdout == data, r.stderr


# ---------------------------------------------------------------- ssh-audit
def test_ssh_audit(serve):
    """what it says of the default server is what docs/ALGORITHMS.md says of it"""
    if not shutil.which("ssh-audit"):
        pytest.skip("ssh-audit is not installed")
    s = serve()
    r = run(["ssh-audit", "-n", "-p", str(s.port), "127.0.0.1"])
    said = [" ".join(l.split()) for l in r.out.splitlines()]
    assert any("chacha20-poly1305" in l or "aes" in l for l in said), r.out + r.err
    docs = slurp(TOP + "/docs/ALGORITHMS.md")
    expected = re.findall(r"^\| `(\S+)` \| (\w+: [^|]+?) \|", docs, re.M)
    name, bad = "", []
    for l in said:
        named = re.match(r"\((?:kex|key|enc|mac)\) (\S+)", l)
        name = named.group(1) if named else name
        marks = [f"{a}: {b.strip()}" for a, b in re.findall(r"\[(warn|fail)\] (.*)$", l)]
        bad += [f"{name}: {m}" for m in marks if (name, m) not in expected]
    assert not bad, "\n".join(bad)
