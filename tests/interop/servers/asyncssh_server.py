"""asyncssh_server.py ADDRESS PORT HOSTKEY AUTHORIZED - asyncssh as a server.

SPDX-License-Identifier: MIT

The password is $PASSWORD. Everybody is let in, and is us. Commands are the shell's; every kind of forward is allowed.
"""
import asyncio
import os
import signal
import sys

import asyncssh

address, port, hostkey, authorized = sys.argv[1:]


class Server(asyncssh.SSHServer):
    def password_auth_supported(self):
        return True

    def validate_password(self, user, password):
        return password == os.environ["PASSWORD"]

    def kbdint_auth_supported(self):
        return True

    def get_kbdint_challenge(self, user, lang, submethods):
        return "Gate", "Two questions", "", [("Password: ", False), ("Colour: ", True)]

    def validate_kbdint_response(self, user, responses):
        return responses == [os.environ["PASSWORD"], "blue"]

    def connection_requested(self, *_):
        return True

    server_requested = unix_connection_requested = unix_server_requested = connection_requested


async def pump(read, out):
    while data := await read(65536):
        out.write(data)
        await out.drain()


async def feed(process, p):
    try:
        await pump(process.stdin.read, p.stdin)
    except OSError:  # it has ended
        pass
    p.stdin.close()


async def session(process):
    env = dict(os.environ, USER=process.get_extra_info("username"), **process.env)
    if process.channel.get_agent_path():
        env["SSH_AUTH_SOCK"] = process.channel.get_agent_path()
    p = await asyncio.create_subprocess_shell(
        process.command or "sh", env=env, stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    task = asyncio.create_task(feed(process, p))
    await asyncio.gather(pump(p.stdout.read, process.stdout), pump(p.stderr.read, process.stderr))
    status = await p.wait()
    task.cancel()
    if status < 0:
        process.exit_with_signal(signal.Signals(-status).name[3:])
    else:
        process.exit(status)


async def main():
    await asyncssh.create_server(
        Server, address, int(port), server_host_keys=[hostkey], process_factory=session,
        encoding=None, agent_forwarding=True, authorized_client_keys=authorized)
    await asyncio.Event().wait()


asyncio.run(main())
