"""A stretch of wire in front of the sandbox, on which accidents happen. It counts the requests that come over it.

An SDK reaches it as a forward proxy and signs for itself, or countersign does through `[connect_to]`: so that the same
accident is met without countersign and with it. It carries one request a connection.
"""

import asyncio
import contextlib
import re
import socket
import struct

from between import Between, last, pump

# What may happen to every request.
RESET = "the connection is reset when the request has arrived"
SILENCE = "nothing is answered"
REDIRECT = "every answer is a redirect to the same place"
CUT = "the answer ends in the middle of its body"


class Wire(Between):
    """`pinned`: the host that is meant by requests that name none of their own."""

    def __init__(self, target, accident=None, pinned=None):
        self.accident = accident
        self.pinned = pinned
        self.requests = 0
        super().__init__(target)

    async def carry(self, near_reader, near_writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await near_reader.readuntil(b"\r\n\r\n")
            self.requests += 1
            if self.accident == RESET:
                hang_up_hard(near_writer)
            elif self.accident == SILENCE:
                await near_reader.read()
            elif self.accident == REDIRECT:
                near_writer.write(self.redirect(head))
                await near_reader.read()
            else:
                await self.ask(self.towards_the_cloud(head), near_reader, near_writer)
        near_writer.close()

    def towards_the_cloud(self, head):
        """In origin form, the last on its connection, and named after the pinned host."""
        head = re.sub(rb"^(\S+) http://[^/ ]*/?", rb"\1 /", head)
        head = re.sub(rb"(?i)\r\n(?:proxy-)?connection:[^\r]*", b"", head)
        if self.pinned:
            head = re.sub(rb"(?i)\r\nhost:[^\r]*", f"\r\nHost: {self.pinned}".encode(), head)
        return last(head)

    def redirect(self, head):
        target = re.search(rb"^\S+ (?:http://[^/ ]*)?(\S*)", head)[1] or b"/"
        host = re.search(rb"(?i)\r\nhost: *([^\r]*)", head)[1]
        return (
            b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://%s%s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            % (host, target)
        )

    async def ask(self, head, near_reader, near_writer):
        far_reader, far_writer = await self.sandbox()
        far_writer.write(head)
        body = asyncio.create_task(pump(near_reader, far_writer))
        try:
            answered = await far_reader.readuntil(b"\r\n\r\n")
            while answered.startswith(b"HTTP/1.1 100 "):
                near_writer.write(answered)
                answered = await far_reader.readuntil(b"\r\n\r\n")
            if self.accident == CUT:
                near_writer.write(answered + (await far_reader.read(65536))[:-1])
                await near_writer.drain()
                return
            near_writer.write(answered)
            await pump(far_reader, near_writer)
        finally:
            body.cancel()
            far_writer.close()


def hang_up_hard(writer):
    """RST in place of FIN."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
