"""A relay between the proxy and the sandbox that keeps every byte the proxy sends.

The proxy reaches it in the clear, through `[connect_to]`, and it speaks TLS to the sandbox. It reads no HTTP: what it
keeps is what would have reached the cloud.
"""

import socket
import ssl
import threading


class Relay:
    """Listens from the start; `lead_to` says where to, once that is known."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.sent = []
        self.target = None
        threading.Thread(target=self.accept, daemon=True).start()

    def lead_to(self, address):
        """`127.0.0.1:PORT` of the sandbox."""
        host, port = address.rsplit(":", 1)
        self.target = (host, int(port))

    def heard(self):
        """All bytes so far, one connection after the other."""
        return b"".join(bytes(connection) for connection in list(self.sent))

    def accept(self):
        # The sandbox's authority is made anew at every start and shown to nobody. This stands in for a wire, which
        # checks no certificate; that the proxy does is tested elsewhere.
        trusting = ssl.create_default_context()
        trusting.check_hostname = False
        trusting.verify_mode = ssl.CERT_NONE
        while True:
            near, _ = self.listener.accept()
            far = trusting.wrap_socket(socket.create_connection(self.target), server_hostname="sandbox.invalid")
            kept = bytearray()
            self.sent.append(kept)
            threading.Thread(target=pump, args=(near, far, kept), daemon=True).start()
            threading.Thread(target=pump, args=(far, near, None), daemon=True).start()


def pump(source, sink, kept):
    """Carries one direction until it ends."""
    try:
        while part := source.recv(65536):
            if kept is not None:
                kept += part
            sink.sendall(part)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        # One side is gone: so is the other.
        for end in (source, sink):
            end.close()
