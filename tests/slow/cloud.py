"""The cloud, for whoever is slow: it reads requests to their end and answers 200; `/…large` with a mebibyte.

Run as a program it prints its port and serves until it is ended: over TLS if it is given a file with a certificate and
its key. It sends no more than is taken, so that the memory that
slow readers cost is the product's.
"""

import asyncio
import logging
import socket
import ssl
import sys

LARGE = memoryview(b"x" * (1024 * 1024))
PIECE = 16 * 1024


class Request(asyncio.Protocol):
    """One connection, one request after another."""

    def connection_made(self, transport):
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, PIECE)
        transport.set_write_buffer_limits(high=0)
        self.transport, self.is_full = transport, False
        self.arrived, self.left = bytearray(), LARGE[:0]

    def data_received(self, data):
        self.arrived += data
        while (end := self.arrived.find(b"\r\n\r\n")) >= 0:
            head = bytes(self.arrived[:end]).lower()
            length = 0
            for line in head.split(b"\r\n")[1:]:
                name, _, value = line.partition(b":")
                if name == b"content-length":
                    length = int(value)
            if len(self.arrived) < end + 4 + length:
                return
            del self.arrived[: end + 4 + length]
            self.left = LARGE if b"large" in head.split(b"\r\n")[0] else memoryview(b"ok")
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(self.left))
            self.go_on()

    def pause_writing(self):
        self.is_full = True

    def resume_writing(self):
        self.is_full = False
        self.go_on()

    def go_on(self):
        while self.left and not self.is_full and not self.transport.is_closing():
            piece, self.left = self.left[:PIECE], self.left[PIECE:]
            self.transport.write(piece)


async def main():
    # That a slow one is gone is no news.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    context = None
    if sys.argv[1:]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1])
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Request, "127.0.0.1", 0, backlog=4096, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
