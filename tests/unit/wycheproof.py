#!/usr/bin/env python3
# wycheproof.py - drives tests/unit/vectors with Wycheproof's vectors and Debian's.
# SPDX-License-Identifier: MIT
#
#   wycheproof.py [COMMAND...]      COMMAND is vectors, perhaps with an emulator before it
#
# CUBSSH_VECTORS is the folder of Wycheproof's *_test.json; without it that part
# is skipped. The package python3-cryptography-vectors must be there.
#
# A source is a function that yields (name of the case, line for vectors, answer
# that is expected); SOURCES lists them.
import json
import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.environ.get('CUBSSH_VECTORS', os.path.join(TOP, '..', 'shared', 'vectors'))
DEBIAN = '/usr/lib/python3/dist-packages/cryptography_vectors'
BUILD = os.path.join(TOP, os.environ.get('B', 'build'))


class Absent(Exception):
    """the vectors are not on this machine, which is no fault"""


def line(alg, *fields):
    return ' '.join([alg] + [f or '-' for f in fields])


def wycheproof(name):
    """the groups and tests of a file"""
    path = os.path.join(FOLDER, name)
    if not os.path.isdir(FOLDER):
        raise Absent('no folder %s; CUBSSH_VECTORS names it' % os.path.relpath(FOLDER, TOP))
    with open(path) as f:
        groups = json.load(f)['testGroups']
    return [(g, t) for g in groups for t in g['tests']]


def debian(*names):
    """the lines of a file of python3-cryptography-vectors"""
    with open(os.path.join(DEBIAN, *names)) as f:
        return f.read().splitlines()


def flip(hexes, byte):
    """the same with one bit changed"""
    b = bytearray.fromhex(hexes)
    b[byte] ^= 1
    return b.hex()


# ---- sources ---------------------------------------------------------------

def wycheproof_x25519():
    for _, t in wycheproof('x25519_test.json'):
        # "acceptable" are odd points; of them only those that lead to zero are to be refused
        zero = not int(t['shared'], 16)
        yield ('%d' % t['tcId'], line('x25519', t['private'], t['public']),
               'refused' if zero or t['result'] == 'invalid' else t['shared'])


def wycheproof_ed25519():
    for g, t in wycheproof('ed25519_test.json'):
        yield ('%d' % t['tcId'],
               line('ed25519_verify', t['sig'], g['publicKey']['pk'], t['msg']),
               '-' if t['result'] == 'valid' else 'refused')


def debian_x25519():
    scalar = u = None
    for text in debian('asymmetric', 'X25519', 'rfc7748.txt'):
        key, _, value = text.partition(' = ')
        if key == 'INPUT_SCALAR':
            scalar = value
        elif key == 'INPUT_U':
            u = value
        elif key == 'OUTPUT_U':
            yield scalar, line('x25519', scalar, u), value
            if u == '09' + 62 * '0':
                yield scalar, line('x25519_base', scalar), value


def debian_ed25519():
    for n, text in enumerate(debian('asymmetric', 'Ed25519', 'sign.input'), 1):
        key, pub, msg, sig = text.split(':')[:4]
        seed, sig = key[:64], sig[:128]
        yield '%d key' % n, line('ed25519_public', seed), pub
        yield '%d sign' % n, line('ed25519_sign', seed, pub, msg), sig
        yield '%d verify' % n, line('ed25519_verify', sig, pub, msg), '-'
        bad = flip(sig, n % 64)
        yield '%d bad signature' % n, line('ed25519_verify', bad, pub, msg), 'refused'
        bad = flip(msg, n % (len(msg) // 2)) if msg else '00'
        yield '%d bad message' % n, line('ed25519_verify', sig, pub, bad), 'refused'


def wycheproof_chacha20_poly1305():
    for g, t in wycheproof('chacha20_poly1305_test.json'):
        fields = t['key'], t['iv'], t['aad']
        good = t['result'] == 'valid'
        yield ('%d open' % t['tcId'], line('aead_open', *fields, t['ct'], t['tag']),
               (t['msg'] or '-') if good else 'refused')
        if good:
            yield '%d seal' % t['tcId'], line('aead_seal', *fields, t['msg']), t['ct'] + t['tag']


def wycheproof_hmac():
    for bits in (256, 512):
        for _, t in wycheproof('hmac_sha%d_test.json' % bits):
            # a packet has four bytes of sequence number at least
            if len(t['msg']) >= 8:
                yield ('%d' % t['tcId'],
                       line('hmac_sha%d' % bits, t['key'], t['msg'], t['tag']),
                       '-' if t['result'] == 'valid' else 'refused')


def records(text, last):
    """dictionaries of NAME = VALUE lines, each ended by the name `last`"""
    found = {}
    for row in text:
        key, equals, value = row.partition('=')
        if equals:
            found[key.strip().upper()] = value.strip().lower()
            if key.strip().upper() == last:
                yield found


def debian_hmac():
    for bits in (256, 512):
        for r in records(debian('HMAC', 'rfc-4231-sha%d.txt' % bits), 'MD'):
            yield r['MD'], line('hmac_sha%d' % bits, r['KEY'], r['MSG'], r['MD']), '-'
            bad = flip(r['MD'], bits // 16)
            yield r['MD'], line('hmac_sha%d' % bits, r['KEY'], r['MSG'], bad), 'refused'


def debian_aes_ctr():
    for bits in (128, 256):
        for r in records(debian('ciphers', 'AES', 'CTR', 'aes-%d-ctr.txt' % bits), 'CIPHERTEXT'):
            whole = len(r['PLAINTEXT']) // 32 * 32
            yield (r['KEY'], line('aes_ctr', r['KEY'], r['IV'], r['PLAINTEXT'][:whole]),
                   r['CIPHERTEXT'][:whole])


def debian_chacha20():
    for r in records(debian('ciphers', 'ChaCha20', 'rfc7539.txt'), 'CIPHERTEXT'):
        count = int(r['INITIAL_BLOCK_COUNTER']).to_bytes(4, 'little').hex()
        yield (r['KEY'], line('chacha20', r['KEY'], count + r['NONCE'], r['PLAINTEXT']),
               r['CIPHERTEXT'])


def debian_poly1305():
    for r in records(debian('poly1305', 'rfc7539.txt'), 'TAG'):
        yield r['KEY'], line('poly1305', r['KEY'], r['MSG']), r['TAG']


SOURCES = [
    wycheproof_x25519,
    wycheproof_ed25519,
    debian_x25519,
    debian_ed25519,
    wycheproof_chacha20_poly1305,
    wycheproof_hmac,
    debian_hmac,
    debian_aes_ctr,
    debian_chacha20,
    debian_poly1305,
]


# ---- the test --------------------------------------------------------------

def run(command, source):
    """what to print of a source, and whether it is good"""
    name = source.__name__.replace('_', ' ')
    try:
        cases = list(source())
    except Absent as e:
        return 'skip %s: %s' % (name, e), True
    except (OSError, KeyError, ValueError) as e:
        return 'FAIL %s: %s' % (name, e), False
    done = subprocess.run(command + ['-'], input=''.join(c[1] + '\n' for c in cases), text=True,
                          stdout=subprocess.PIPE, check=False)
    answers = done.stdout.splitlines()
    if done.returncode or len(answers) != len(cases) or not cases:
        return 'FAIL %s: exit status %d, %d answers to %d questions' % (
            name, done.returncode, len(answers), len(cases)), False
    bad = [(case, got) for case, got in zip(cases, answers) if got != case[2]]
    if bad:
        (case, _, wanted), got = bad[0]
        return 'FAIL %s: %d of %d, the first is %s: %s instead of %s' % (
            name, len(bad), len(cases), case, got[:160], wanted[:160]), False
    refused = answers.count('refused')
    return 'ok %s: %d, of them %d to be refused' % (name, len(cases), refused), True


def main():
    command = sys.argv[1:] or [os.path.join(BUILD, 'tests', 'unit', 'vectors')]
    if not os.path.exists(command[-1]):
        print('FAIL wycheproof: no %s, `make unit-tests` makes it' % command[-1])
        sys.exit(1)
    good = True
    for source in SOURCES:
        text, fine = run(command, source)
        print(text, flush=True)
        good = good and fine
    sys.exit(not good)


main()
