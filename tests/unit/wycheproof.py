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
COMMAND = sys.argv[1:] or [os.path.join(BUILD, 'tests', 'unit', 'vectors')]


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
    for bits in (1, 256, 512):
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
    for bits, name in (1, 'rfc-2202-sha1.txt'), (256, 'rfc-4231-sha256.txt'), (512, 'rfc-4231-sha512.txt'):
        for r in records(debian('HMAC', name), 'MD'):
            yield r['MD'], line('hmac_sha%d' % bits, r['KEY'], r['MSG'], r['MD']), '-'
            bad = flip(r['MD'], bits // 16)
            yield r['MD'], line('hmac_sha%d' % bits, r['KEY'], r['MSG'], bad), 'refused'


def debian_aes_ctr():
    for bits in (128, 192, 256):
        for r in records(debian('ciphers', 'AES', 'CTR', 'aes-%d-ctr.txt' % bits), 'CIPHERTEXT'):
            whole = len(r['PLAINTEXT']) // 32 * 32
            yield (r['KEY'], line('aes_ctr', r['KEY'], r['IV'], r['PLAINTEXT'][:whole]),
                   r['CIPHERTEXT'][:whole])


def debian_cbc():
    need('WEAK_AES_CBC')
    for kind in 'GFSbox', 'KeySbox', 'MMT', 'VarKey', 'VarTxt':
        for bits in (128, 192, 256):
            text = debian('ciphers', 'AES', 'CBC', 'CBC%s%d.rsp' % (kind, bits))
            # each is given from either side, the plain text first or last
            for r in records(text[:text.index('[DECRYPT]')], 'CIPHERTEXT'):
                fields = r['KEY'], r['IV']
                yield r['KEY'], line('aes_cbc_seal', *fields, r['PLAINTEXT']), r['CIPHERTEXT']
                yield r['KEY'], line('aes_cbc_open', *fields, r['CIPHERTEXT']), r['PLAINTEXT']


def debian_3des():
    need('WEAK_3DES_CBC')
    for kind in 'MMT1', 'MMT2', 'MMT3', 'invperm', 'permop', 'subtab', 'varkey', 'vartext':
        text = debian('ciphers', '3DES', 'CBC', 'TCBC%s.rsp' % kind)
        for r in records(text[:text.index('[DECRYPT]')], 'CIPHERTEXT'):
            key = r['KEYS'] * 3 if 'KEYS' in r else r['KEY1'] + r['KEY2'] + r['KEY3']
            yield key, line('3des_cbc_seal', key, r['IV'], r['PLAINTEXT']), r['CIPHERTEXT']
            yield key, line('3des_cbc_open', key, r['IV'], r['CIPHERTEXT']), r['PLAINTEXT']


def debian_blowfish():
    need('WEAK_BLOWFISH')
    for r in records(debian('ciphers', 'Blowfish', 'bf-cbc.txt'), 'CIPHERTEXT'):
        yield (r['KEY'], line('blowfish_cbc_seal', r['KEY'], r['IV'], r['PLAINTEXT']),
               r['CIPHERTEXT'])


def gcm_cases(name, key, iv, text, sealed, good):
    """a text without associated data: opened, and sealed again where it is good"""
    yield name + ' open', line('aes_gcm_open', key, iv, sealed), (text or '-') if good else 'refused'
    if good:
        yield name + ' seal', line('aes_gcm_seal', key, iv, text), sealed


def wycheproof_aes_gcm():
    need('KEY_PASSPHRASE')
    for g, t in wycheproof('aes_gcm_test.json'):
        # what SSH has no form of: other nonces, other associated data, 192 bits
        if g['keySize'] != 192 and g['ivSize'] == 96 and not t['aad']:
            yield from gcm_cases('%d' % t['tcId'], t['key'], t['iv'], t['msg'],
                                 t['ct'] + t['tag'], t['result'] == 'valid')


def debian_aes_gcm():
    need('KEY_PASSPHRASE')
    for bits in (128, 256):
        form, r = {}, {}
        for text in debian('ciphers', 'AES', 'GCM', 'gcmDecrypt%d.rsp' % bits):
            key, equals, value = text.strip('[]').partition(' =')
            r[key] = value.strip()
            if text[:1] == '[':
                form[key] = value.strip()
            if (key == 'PT' or text == 'FAIL') and (form['IVlen'], form['AADlen'], form['Taglen']) == ('96', '0', '128'):
                yield from gcm_cases('%d %s' % (bits, r['Count']), r['Key'], r['IV'], r.get('PT', ''),
                                     r['CT'] + r['Tag'], key == 'PT')


def debian_chacha20():
    for r in records(debian('ciphers', 'ChaCha20', 'rfc7539.txt'), 'CIPHERTEXT'):
        count = int(r['INITIAL_BLOCK_COUNTER']).to_bytes(4, 'little').hex()
        yield (r['KEY'], line('chacha20', r['KEY'], count + r['NONCE'], r['PLAINTEXT']),
               r['CIPHERTEXT'])


def debian_poly1305():
    for r in records(debian('poly1305', 'rfc7539.txt'), 'TAG'):
        yield r['KEY'], line('poly1305', r['KEY'], r['MSG']), r['TAG']


def number(hexes):
    """without leading zeros, in whole bytes"""
    text = hexes.lstrip('0')
    return text.zfill(len(text) + 1 & -2)


def mpints(*numbers):
    """as private keys and blobs have them"""
    out = ''
    for n in map(number, numbers):
        n = ('00' if int(n[:2], 16) > 127 else '') + n
        out += '%08x' % (len(n) // 2) + n
    return out


def need(symbol):
    """the build that vectors is of has it"""
    with open(os.path.join(os.path.dirname(COMMAND[-1]), '..', '..', 'config.h')) as f:
        if '#define CFG_%s 1\n' % symbol not in f.read():
            raise Absent('%s is not in this build' % symbol)


def wycheproof_rsa():
    need('KEY_RSA')
    for bits in (2048, 3072, 4096):
        for sha in (256, 512):
            for g, t in wycheproof('rsa_signature_%d_sha%d_test.json' % (bits, sha)):
                key = g['publicKey']
                # "acceptable" is what lacks the NULL of its hash: the padding is not ours
                yield ('%d sha%d %d' % (bits, sha, t['tcId']),
                       line('rsa_sha%d' % sha, number(key['modulus']),
                            number(key['publicExponent']), t['msg'], t['sig']),
                       '-' if t['result'] == 'valid' else 'refused')


def debian_rsa():
    """NIST's: signatures that are good or not in many ways, and made again from the private key"""
    need('KEY_RSA')
    key = {}
    for text in debian('asymmetric', 'RSA', 'FIPS_186-2', 'SigVer15_186-3.rsp'):
        name, _, value = text.partition(' = ')
        if name in ('n', 'p', 'q', 'e', 'd', 'Msg', 'S', 'SHAAlg'):
            key[name] = value.strip()
        if name != 'Result' or key['SHAAlg'] not in ('SHA256', 'SHA512'):
            continue
        alg, e = key['SHAAlg'].lower(), number(key['e'])
        case = '%s %s' % (alg, key['S'])
        good = value.startswith('P')
        yield (case, line('rsa_' + alg, number(key['n']), e, key['Msg'], key['S']),
               '-' if good and len(e) <= 16 else 'refused')
        if good and len(e) <= 16:
            blob = mpints(e, key['n'], key['d'], key['p'], key['q'])
            yield case + ' made', line('rsa_sign_' + alg, blob, key['Msg']), key['S'].lower()


def wycheproof_mlkem768():
    # what starts from an expanded key (mlkem_768_semi_expanded_decaps) is not for us: ours are seeds
    for _, t in wycheproof('mlkem_768_keygen_seed_test.json'):
        yield 'keygen %d' % t['tcId'], line('mlkem768_keygen', t['seed']), t['ek']
    for _, t in wycheproof('mlkem_768_encaps_test.json'):
        yield ('encap %d' % t['tcId'], line('mlkem768_encap', t['ek'], t['m']),
               t['c'] + t['K'] if t['result'] == 'valid' else 'refused')
    for _, t in wycheproof('mlkem_768_test.json'):
        good = t['result'] == 'valid'
        yield ('decap %d' % t['tcId'], line('mlkem768_decap', t['seed'], t['c']),
               t['K'] if good else 'refused')
        if good:
            yield 'key %d' % t['tcId'], line('mlkem768_keygen', t['seed']), t['ek']


def debian_sha3():
    for name, alg in (('SHA3_256', 'sha3_256'), ('SHA3_512', 'sha3_512')):
        for kind in 'Short', 'Long':
            for r in records(debian('hashes', 'SHA3', name + kind + 'Msg.rsp'), 'MD'):
                msg = r['MSG'] if int(r['LEN']) else ''
                yield r['MD'], line(alg, msg), r['MD']
    for bits in '128', '256':
        for kind in 'ShortMsg', 'LongMsg', 'VariableOut':
            for r in records(debian('hashes', 'SHAKE', 'SHAKE' + bits + kind + '.rsp'), 'OUTPUT'):
                msg = r['MSG'] if int(r.get('LEN', 1)) else ''
                yield r['OUTPUT'], line('shake' + bits, msg, r['OUTPUT']), r['OUTPUT']


CURVES = ((256, 32, 256), (384, 48, 384), (521, 66, 512))  # bits, bytes, SHA-2


def padded(hexes, n):
    """n bytes of it, whatever zeros are in front"""
    return '%0*x' % (2 * n, int(hexes, 16))


def wycheproof_ecdh():
    for bits, n, _ in CURVES:
        for _, t in wycheproof('ecdh_secp%dr1_ecpoint_test.json' % bits):
            # compressed points are "acceptable"; SSH's are none
            secret = padded(t['private'], n)
            good = t['result'] == 'valid' and t['public'].startswith('04')
            yield ('%d %d' % (bits, t['tcId']), line('ecdh%d' % bits, secret, t['public']),
                   t['shared'] if good else 'refused')


def der_pair(sig):
    """the two numbers of a DER signature; None where only the encoding is what is wrong"""
    b = bytes.fromhex(sig)
    at = 3 if b[1:2] == b'\x81' else 2
    if b[:1] != b'\x30' or len(b) < at or b[at - 1] != len(b) - at or (at == 3 and b[2] < 128):
        return None
    found = []
    for _ in range(2):
        if b[at:at + 1] != b'\x02' or len(b) < at + 2 or not 0 < b[at + 1] < 128:
            return None
        found.append(b[at + 2:at + 2 + b[at + 1]])
        at += 2 + b[at + 1]
        if at > len(b) or (found[-1][0] == 0 and len(found[-1]) > 1 and found[-1][1] < 128):
            return None
    return found if at == len(b) else None


def wycheproof_ecdsa():
    for bits, _, sha in CURVES:
        for g, t in wycheproof('ecdsa_secp%dr1_sha%d_test.json' % (bits, sha)):
            numbers = der_pair(t['sig'])
            if numbers:
                yield ('%d %d' % (bits, t['tcId']),
                       line('ecdsa%d' % bits, g['publicKey']['uncompressed'], t['msg'],
                            numbers[0].hex(), numbers[1].hex()),
                       '-' if t['result'] == 'valid' else 'refused')


def debian_ecdsa():
    """NIST's pairs, and its signatures with the hash that SSH has for the curve"""
    for bits, n, sha in CURVES:
        part, r = '', {}
        for text in debian('asymmetric', 'ECDSA', 'FIPS_186-3', 'KeyPair.rsp'):
            part = text if text[:1] == '[' and text[2:3] == '-' else part
            key, equals, value = text.partition(' = ')
            r[key] = value
            if equals and key == 'Qy' and part == '[P-%d]' % bits:
                yield ('%d pair' % bits, line('ec_public%d' % bits, padded(r['d'], n)),
                       '04' + padded(r['Qx'], n) + padded(value, n))
        for text in debian('asymmetric', 'ECDSA', 'FIPS_186-3', 'SigVer.rsp'):
            part = text if text[:1] == '[' and text[2:3] == '-' else part
            key, equals, value = text.partition(' = ')
            r[key] = value
            if equals and key == 'Result' and part == '[P-%d,SHA-%d]' % (bits, sha):
                point = '04' + padded(r['Qx'], n) + padded(r['Qy'], n)
                yield ('%d verify' % bits,
                       line('ecdsa%d' % bits, point, r['Msg'], padded(r['R'], n + 1), padded(r['S'], n + 1)),
                       '-' if value.startswith('P') else 'refused')


def wycheproof_mldsa44():
    for g, t in wycheproof('mldsa_44_sign_seed_test.json'):
        # signing from mu alone, or with randomness of the vector's, is not for us
        if 'Internal' in t['flags'] or 'Randomized' in t['flags']:
            continue
        seed, good = g['privateSeed'], t['result'] == 'valid'
        yield ('sign %d' % t['tcId'], line('mldsa44_sign', seed, t.get('ctx'), t['msg']),
               t['sig'] if good else 'refused')
        if good:
            yield 'key %d' % t['tcId'], line('mldsa44_public', seed), g['publicKey']
    for g, t in wycheproof('mldsa_44_verify_test.json'):
        yield ('verify %d' % t['tcId'],
               line('mldsa44_verify', t['sig'], g['publicKey'], t.get('ctx'), t['msg']),
               '-' if t['result'] == 'valid' else 'refused')


SOURCES = [
    wycheproof_x25519,
    wycheproof_ed25519,
    debian_x25519,
    debian_ed25519,
    wycheproof_chacha20_poly1305,
    wycheproof_hmac,
    debian_hmac,
    debian_aes_ctr,
    wycheproof_aes_gcm,
    debian_aes_gcm,
    debian_cbc,
    debian_3des,
    debian_blowfish,
    debian_chacha20,
    debian_poly1305,
    wycheproof_rsa,
    debian_rsa,
    wycheproof_mlkem768,
    debian_sha3,
    wycheproof_ecdh,
    wycheproof_ecdsa,
    debian_ecdsa,
    wycheproof_mldsa44,
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
    if not os.path.exists(COMMAND[-1]):
        print('FAIL wycheproof: no %s, `make unit-tests` makes it' % COMMAND[-1])
        sys.exit(1)
    good = True
    for source in SOURCES:
        text, fine = run(COMMAND, source)
        print(text, flush=True)
        good = good and fine
    sys.exit(not good)


main()
