#!/usr/bin/env python3
# ge_table.py - makes the table of crypto/ge_base.c, or says whether a file holds that table.
# SPDX-License-Identifier: MIT
#
#   ge_table.py                     prints the rows
#   ge_table.py crypto/ge_base.c    prints ok or FAIL
import re
import sys

P = 2**255 - 19
D = -121665 * pow(121666, P - 2, P) % P


def base():
    y = 4 * pow(5, P - 2, P) % P
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    return (x if x % 2 == 0 else P - x, y)


def add(a, b):
    (x1, y1), (x2, y2) = a, b
    k = D * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + k, P - 2, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - k, P - 2, P) % P
    return (x, y)


def rows():
    teeth = [base()]  # 2^(32 i) B
    for i in range(7):
        p = teeth[-1]
        for _ in range(32):
            p = add(p, p)
        teeth.append(p)
    for block in (teeth[:4], teeth[4:]):
        for digit in range(8):
            p = block[3]
            for i in range(3):
                x, y = block[i]
                p = add(p, (x, y) if digit >> i & 1 else (P - x, y))
            x, y = p
            for v in ((y + x) % P, (y - x) % P, 2 * D * x * y % P):
                yield [v >> 32 * i & 0xffffffff for i in range(8)]


def main():
    words = [w for row in rows() for w in row]
    if len(sys.argv) > 1:
        text = open(sys.argv[1]).read()
        found = [int(h, 16) for h in re.findall(r'\b0x([0-9a-f]{8})\b', text)]
        print('ok ge_table' if found == words else 'FAIL ge_table: the table is not the one computed')
        sys.exit(found != words)
    for i in range(0, len(words), 8):
        print('\t' + ', '.join('0x%08x' % w for w in words[i:i + 8]) + ',')


main()
