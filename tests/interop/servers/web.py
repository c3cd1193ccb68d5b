"""web.py FOLDER PORT SOCKET - HTTP on 127.0.0.1, ::1 and a unix socket.

SPDX-License-Identifier: MIT

GET gives the folder's files; POST gives back the SHA-256 of what was sent.
"""
import functools
import hashlib
import http.server
import os
import socket
import socketserver
import sys
import threading

folder, port, path = sys.argv[1:]


class Handler(http.server.SimpleHTTPRequestHandler):
    def address_string(self):
        return "somebody"

    def log_message(self, *_):
        pass

    def do_POST(self):
        left, h = int(self.headers["Content-Length"]), hashlib.sha256()
        while left:
            got = self.rfile.read(min(left, 65536))
            left -= len(got)
            h.update(got)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(h.hexdigest().encode())


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address, request_queue_size, daemon_threads = True, 512, True

    def __init__(self, family, address):
        self.address_family = family
        super().__init__(address, functools.partial(Handler, directory=folder))


four = Server(socket.AF_INET, ("127.0.0.1", int(port)))
six = Server(socket.AF_INET6, ("::1", int(port)))
unix = Server(socket.AF_UNIX, path)
os.chmod(path, 0o777)
for s in (four, six):
    threading.Thread(target=s.serve_forever, daemon=True).start()
unix.serve_forever()
