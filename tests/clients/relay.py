"""A relay between the proxy and the sandbox that keeps every byte the proxy sends, or spoils each request.

The proxy reaches it in the clear, through `[connect_to]`, and it speaks TLS to the sandbox. It reads no more of HTTP than
where a head ends: what it keeps is what would have reached the cloud. One thread does it all, since a TLS connection is not
to be read and written by two at once.
"""

import asyncio
import socket
import ssl
import threading


class Relay:
    """Listens from the start; `lead_to` says where to, once that is known. `spoil` makes another head of a head."""

    def __init__(self, spoil=None):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.spoil = spoil
        self.sent = []
        self.target = None
        threading.Thread(target=lambda: asyncio.run(self.serve()), daemon=True).start()

    def lead_to(self, address):
        """`127.0.0.1:PORT` of the sandbox."""
        host, port = address.rsplit(":", 1)
        self.target = (host, int(port))

    def heard(self):
        """All bytes so far, one connection after the other."""
        return b"".join(bytes(connection) for connection in list(self.sent))

    async def serve(self):
        server = await asyncio.start_server(self.carry, sock=self.listener)
        await server.serve_forever()

    async def carry(self, near_reader, near_writer):
        # The sandbox's authority is made anew at every start and shown to nobody. This stands in for a wire, which
        # checks no certificate; that the proxy does is tested elsewhere.
        trusting = ssl.create_default_context()
        trusting.check_hostname = False
        trusting.verify_mode = ssl.CERT_NONE
        far_reader, far_writer = await asyncio.open_connection(
            *self.target, ssl=trusting, server_hostname="sandbox.invalid"
        )
        kept = bytearray()
        self.sent.append(kept)
        try:
            if self.spoil:
                far_writer.write(self.spoilt(await near_reader.readuntil(b"\r\n\r\n")))
            directions = [
                asyncio.create_task(pump(near_reader, far_writer, kept)),
                asyncio.create_task(pump(far_reader, near_writer, None)),
            ]
            # Once one side has ended, nothing more is asked or answered.
            await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
            for direction in directions:
                direction.cancel()
        except asyncio.IncompleteReadError:
            pass  # A connection that was made ahead of any request.
        finally:
            near_writer.close()
            far_writer.close()

    def spoilt(self, head):
        """One request a connection: the next one's head would have to be found behind a body."""
        return self.spoil(head).removesuffix(b"\r\n") + b"Connection: close\r\n\r\n"


async def pump(reader, writer, kept):
    """Carries one direction until it ends."""
    try:
        while part := await reader.read(65536):
            if kept is not None:
                kept += part
            writer.write(part)
            await writer.drain()
    except OSError:
        pass  # The other side is gone, and so the connection is over.
