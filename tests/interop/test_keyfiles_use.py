"""Logins with keys from files: passphrases, and what goes to the agent.

SPDX-License-Identifier: MIT
"""
import os
import re
import shutil

import pytest
from agents import fingerprint
from caller import peer, ssh, terminal
from keyforms import agent, asked, asking, built_in, made, openssh, PASS, plain, public
from lib import slurp, until
from stock import run
from transfer import THEIRS, tool


# ---------------------------------------------------------------- logins
@pytest.fixture
def dot_takes(dot):
    def take(*kinds):
        dot("\n".join(slurp(plain(k) + ".pub").strip() for k in kinds))
    return take


def login(path, *flags, env=None, far="openssh", cmd="echo in"):
    return ssh(peer(far), "-o", "IdentityAgent=none", "-o", "PreferredAuthentications=publickey",
               *flags, user="dot", key=path, cmd=cmd, env=env)


@pytest.mark.parametrize("how", ["openssh", "pem", "pkcs8", "dropbear", "ppk2", "ppk3"])
@pytest.mark.parametrize("kind", ["rsa-2048", "ecdsa-256", "ecdsa-521", "ed25519"])
def test_login(dot, tmp_path, kind, how):
    path = made(tmp_path, kind, how)
    dot(public(path, how))
    r = built_in(login(path))
    assert (r.rc, r.out, r.err) == (0, "in\n", ""), r


@pytest.mark.parametrize("far", ["openssh", "dropbear", "ours"])
def test_login_with_passphrase(dot_takes, tmp_path, far):
    path = made(tmp_path, "ed25519", "openssh")
    openssh(path, PASS)
    dot_takes("ed25519")
    r = built_in(login(path, env=asking(tmp_path, "another", PASS), far=far))
    assert (r.rc, r.out) == (0, "in\n"), r
    assert asked(tmp_path) == [f"Enter passphrase for key '{path}': "] * 2


@pytest.fixture
def locked(dot_takes, tmp_path):
    path = made(tmp_path, "ed25519", "openssh")
    openssh(path, PASS)
    dot_takes("ed25519")
    return path


def test_on_the_terminal(locked):
    with terminal(peer("openssh"), user="dot", key=locked, cmd="echo i''n") as t:
        t.expect(f"Enter passphrase for key '{locked}': ")
        t.send("wrong\n")
        t.expect(f"Enter passphrase for key '{locked}': ")
        t.send(PASS + "\n")
        t.expect("in\r\n")
        assert PASS not in t.text and t.wait() == 0


def test_as_often_as_asked_for(locked, tmp_path):
    r = built_in(login(locked, "-o", "NumberOfPasswordPrompts=2", env=asking(tmp_path, *"abc")))
    assert r.rc == 255 and "Permission denied" in r.err and len(asked(tmp_path)) == 2


def test_no_answer_goes_on(dot_takes, locked, tmp_path):
    """the next key serves"""
    dot_takes("ed25519", "rsa-2048")
    r = built_in(login(locked, "-i", plain("rsa-2048"), env=asking(tmp_path, "")))
    assert (r.rc, r.out) == (0, "in\n") and len(asked(tmp_path)) == 1, r


def test_no_key_goes_on_to_passwords(locked, tmp_path):
    r = ssh(peer("openssh"), "-o", "IdentityAgent=none", user="ann", key=locked, cmd="echo in",
            env=asking(tmp_path, "Open Sesame!"))
    assert (r.rc, r.out) == (0, "in\n"), r
    assert len(asked(tmp_path)) == 1 and "password" in asked(tmp_path)[0]


def test_batch_mode_asks_nobody(locked, tmp_path):
    r = built_in(login(locked, "-o", "BatchMode=yes", env=asking(tmp_path, PASS)))
    assert r.rc == 255 and "Permission denied" in r.err and not asked(tmp_path)


def test_not_asked_for_a_key_that_does_not_serve(dot_takes, locked, tmp_path):
    dot_takes("rsa-2048")
    r = built_in(login(locked, env=asking(tmp_path, PASS)))
    assert r.rc == 255 and not asked(tmp_path), r


# ---------------------------------------------------------------- into the agent
@pytest.fixture
def keep(agent):
    def go(path, value, folder, *answers):
        return ssh(peer("openssh"), "-o", "IdentityAgent=" + agent.path, "-i", path,
                   "-o", f"AddKeysToAgent={value}", user="dot", key=None, cmd="echo in",
                   env=asking(folder, *answers))
    return go


def test_agent_gets_it(agent, keep, locked, tmp_path):
    r = built_in(keep(locked, "yes", tmp_path, PASS))
    assert (r.rc, r.out) == (0, "in\n"), r
    assert agent.listed() == [fingerprint(locked)]
    # and so it is not asked for again
    r = keep(locked, "yes", tmp_path)
    assert (r.rc, r.out) == (0, "in\n") and len(asked(tmp_path)) == 1, r


@pytest.mark.parametrize("value, n", [("no", 0), ("ask", 1), ("confirm", 1), ("1h", 1)])
def test_agent_values(agent, keep, locked, tmp_path, value, n):
    r = built_in(keep(locked, value, tmp_path, PASS, "yes"))
    assert (r.rc, r.out) == (0, "in\n"), r
    assert len(agent.listed()) == n
    assert len(asked(tmp_path)) == 1 + (value == "ask")


def test_agent_not_wanted(agent, keep, locked, tmp_path):
    r = built_in(keep(locked, "ask", tmp_path, PASS, "no"))
    assert (r.rc, r.out) == (0, "in\n") and agent.listed() == []
    assert asked(tmp_path)[1].startswith(f"Add key {locked} (a ed25519 key) to agent?")


@pytest.mark.parametrize("value", ["2", "confirm 2s"])
def test_agent_for_a_time(agent, keep, locked, tmp_path, value):
    r = built_in(keep(locked, value, tmp_path, PASS))
    assert r.rc == 0 and len(agent.listed()) == 1, r
    until(lambda: not agent.listed(), "the end of the key", 10)


@pytest.mark.parametrize("value, shown", [
    ("yes", "true"), ("no", "false"), ("ask", "ask"), ("confirm", "confirm"), ("5m", "300"),
    ("confirm 1h", "confirm 3600")])
def test_setting_is_shown(value, shown):
    r = run(tool("ssh") + ["-G", "-o", f"AddKeysToAgent={value}", "host"])
    assert f"\naddkeystoagent {shown}\n" in r.out, r


@pytest.mark.parametrize("value", ["maybe", "yes 5m", "confirm x", "5m confirm"])
def test_setting_is_refused(value):
    assert run(tool("ssh") + ["-G", "-o", f"AddKeysToAgent={value}", "host"]).rc == 255


# ---------------------------------------------------------------- elsewhere
def test_one_passphrase_for_all(agent, locked, tmp_path):
    other = str(tmp_path / "other")
    shutil.copy(plain("rsa-2048"), other)
    openssh(other, PASS)
    r = built_in(agent(locked, other, **asking(tmp_path, PASS)))
    assert r.rc == 0 and len(agent.listed()) == 2 and len(asked(tmp_path)) == 1, r


def test_no_passphrase_given(agent, locked, tmp_path):
    r = built_in(agent(locked, **asking(tmp_path)))
    assert r.rc == 1 and agent.listed() == [] and len(asked(tmp_path)) == 1


def test_removed_without_passphrase(agent, locked, tmp_path):
    assert built_in(agent("-q", locked, **asking(tmp_path, PASS))).rc == 0
    os.path.exists(locked + ".pub") and os.remove(locked + ".pub")
    assert agent("-d", locked, **asking(tmp_path)).rc == 0
    assert agent.listed() == [] and len(asked(tmp_path)) == 1


def test_host_key_with_passphrase(serve, locked):
    if THEIRS:
        pytest.skip("openssh: asks for it")
    s = serve(HostKey=locked)
    assert re.search(f"host key {locked}: protected by a passphrase", s.log())
