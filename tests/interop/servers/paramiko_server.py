"""paramiko_server.py ADDRESS PORT HOSTKEY AUTHORIZED - paramiko as a server.

SPDX-License-Identifier: MIT

The password is $PASSWORD. Everybody is let in, and is us. Commands are the shell's; TCP is forwarded either way.
"""
import base64
import os
import socket
import subprocess
import sys
import threading

import paramiko

address, port, hostkey, authorized = sys.argv[1:]
KEYS = {line.split()[1] for line in open(authorized)}
SHUT = 1


def pump(read, write, end):
    try:
        while data := read(32768):
            write(data)
    except (OSError, EOFError):
        pass
    try:
        end()
    except (OSError, EOFError):
        pass


def splice(channel, sock):
    """both ways, until both are at their end"""
    ways = [(channel.recv, sock.sendall, lambda: sock.shutdown(SHUT)),
            (sock.recv, channel.sendall, channel.shutdown_write)]
    todo = [threading.Thread(target=pump, args=way, daemon=True) for way in ways]
    for t in todo:
        t.start()
    for t in todo:
        t.join()
    channel.close()
    sock.close()


def run(channel, command, env):
    p = subprocess.Popen(["sh", "-c", command], env=env, stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    ways = [(channel.recv, lambda b: (p.stdin.write(b), p.stdin.flush()), p.stdin.close),
            (lambda n: p.stdout.read1(n), channel.sendall, lambda: None),
            (lambda n: p.stderr.read1(n), channel.sendall_stderr, lambda: None)]
    todo = [threading.Thread(target=pump, args=way, daemon=True) for way in ways]
    for t in todo:
        t.start()
    for t in todo[1:]:
        t.join()
    channel.send_exit_status(p.wait() & 255)
    channel.close()


class Server(paramiko.ServerInterface):
    def __init__(self, transport):
        self.transport, self.user, self.env, self.listeners = transport, "", {}, {}

    def get_allowed_auths(self, user):
        return "publickey,password,keyboard-interactive"

    def check_auth_password(self, user, password):
        self.user = user
        return (paramiko.AUTH_SUCCESSFUL if password == os.environ["PASSWORD"]
                else paramiko.AUTH_FAILED)

    def check_auth_publickey(self, user, key):
        self.user = user
        good = base64.b64encode(key.asbytes()).decode() in KEYS
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def check_auth_interactive(self, user, submethods):
        self.user = user
        return paramiko.InteractiveQuery("Gate", "Two questions", ("Password: ", False),
                                         ("Colour: ", True))

    def check_auth_interactive_response(self, responses):
        good = responses == [os.environ["PASSWORD"], "blue"]
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED if kind == "session" else 1

    def check_channel_env_request(self, channel, name, value):
        self.env[name.decode()] = value.decode()
        return True

    def check_channel_exec_request(self, channel, command):
        env = dict(os.environ, USER=self.user, **self.env)
        # not before the request has been answered, which is when we return
        threading.Timer(0.03, run, args=(channel, command.decode(), env)).start()
        return True

    def check_channel_direct_tcpip_request(self, chanid, origin, target):
        try:
            sock = socket.create_connection(target)
        except OSError:
            return paramiko.OPEN_FAILED_CONNECT_FAILED
        threading.Thread(target=self.direct, args=(chanid, sock), daemon=True).start()
        return paramiko.OPEN_SUCCEEDED

    def direct(self, chanid, sock):
        channel = None
        while channel is None:
            channel = self.transport.accept(1)
        splice(channel, sock)

    def check_port_forward_request(self, host, port):
        try:
            s = socket.create_server((host or "127.0.0.1", port))
        except OSError:
            return False
        self.listeners[(host, s.getsockname()[1])] = s
        threading.Thread(target=self.listen, args=(s,), daemon=True).start()
        return s.getsockname()[1]

    def cancel_port_forward_request(self, host, port):
        self.listeners.pop((host, port)).close()

    def listen(self, s):
        while True:
            try:
                sock, peer = s.accept()
            except OSError:
                return
            try:
                channel = self.transport.open_forwarded_tcpip_channel(peer, s.getsockname())
            except (OSError, EOFError, paramiko.SSHException):
                sock.close()
                continue
            threading.Thread(target=splice, args=(channel, sock), daemon=True).start()


def serve(sock):
    t = paramiko.Transport(sock)
    t.add_server_key(paramiko.Ed25519Key(filename=hostkey))
    server = Server(t)
    try:
        t.start_server(server=server)
        t.join()
    except (EOFError, paramiko.SSHException):
        pass
    for s in server.listeners.values():
        s.shutdown(2)
        s.close()


with socket.create_server((address, int(port)), backlog=100) as listener:
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
