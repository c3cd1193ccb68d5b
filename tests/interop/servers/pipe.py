"""pipe.py HOST PORT - that connection on stdin and stdout.

SPDX-License-Identifier: MIT
"""
import os
import socket
import sys
import threading

s = socket.create_connection((sys.argv[1], int(sys.argv[2])))


def up():
    while data := os.read(0, 65536):
        s.sendall(data)
    s.shutdown(1)


threading.Thread(target=up, daemon=True).start()
while data := s.recv(65536):
    while data:
        data = data[os.write(1, data):]
