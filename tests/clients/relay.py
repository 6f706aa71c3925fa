"""A relay between the proxy and the sandbox that keeps every byte the proxy sends, or spoils each request.

The proxy reaches it through `[connect_to]`. It reads no more of HTTP than where a head ends: what it keeps is what would have
reached the cloud.
"""

import asyncio

from between import Between, last, pump


class Relay(Between):
    """Listens from the start; `lead_to` says where to, once that is known. `spoil` makes another head of a head."""

    def __init__(self, spoil=None):
        self.spoil = spoil
        self.sent = []
        super().__init__()

    def lead_to(self, address):
        """`127.0.0.1:PORT` of the sandbox."""
        host, port = address.rsplit(":", 1)
        self.target = (host, int(port))

    def heard(self):
        """All bytes so far, one connection after the other."""
        return b"".join(bytes(connection) for connection in list(self.sent))

    async def carry(self, near_reader, near_writer):
        far_reader, far_writer = await self.sandbox()
        kept = bytearray()
        self.sent.append(kept)
        try:
            if self.spoil:
                far_writer.write(last(self.spoil(await near_reader.readuntil(b"\r\n\r\n"))))
            directions = [
                asyncio.create_task(pump(near_reader, far_writer, kept)),
                asyncio.create_task(pump(far_reader, near_writer)),
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
