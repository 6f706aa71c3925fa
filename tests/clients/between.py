"""What stands between a caller and the sandbox: it listens in the clear, and speaks TLS to the sandbox.

One thread does it all, since a TLS connection is not to be read and written by two at once.
"""

import asyncio
import socket
import ssl
import threading


class Between:
    """Listens from the start. `carry(near_reader, near_writer)` is what is done with each connection."""

    def __init__(self, target=None):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.target = target
        threading.Thread(target=lambda: asyncio.run(self.serve()), daemon=True).start()

    async def serve(self):
        server = await asyncio.start_server(self.carry, sock=self.listener)
        await server.serve_forever()

    async def sandbox(self):
        """A connection to it."""
        # Its authority is made anew at every start and shown to nobody. This stands in for a wire, which checks no
        # certificate; that the proxy does is tested elsewhere.
        trusting = ssl.create_default_context()
        trusting.check_hostname = False
        trusting.verify_mode = ssl.CERT_NONE
        return await asyncio.open_connection(*self.target, ssl=trusting, server_hostname="sandbox.invalid")


def last(head):
    """The same head, for a connection that ends with the answer: the next one's would have to be found behind a body."""
    return head.removesuffix(b"\r\n") + b"Connection: close\r\n\r\n"


async def pump(reader, writer, kept=None):
    """Carries one direction until it ends, and keeps what it carries if it is to."""
    try:
        while part := await reader.read(65536):
            if kept is not None:
                kept += part
            writer.write(part)
            await writer.drain()
    except OSError:
        pass  # The other side is gone, and so the connection is over.
