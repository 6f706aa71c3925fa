"""The product between a caller of ours and a tap that keeps the exact bytes of what would have reached the cloud."""

import os
import socket
import threading

from harness.program import Program

# Keys that open nothing.
KEYS = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "STS.JudgesKeyId",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "judgesSecret1",
    "ALIBABA_CLOUD_SECURITY_TOKEN": "judgesToken7+/=",
}


class Stream:
    """Reads from a socket by marks and lengths."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = b""

    def more(self):
        piece = self.sock.recv(1 << 16)
        self.buffer += piece
        return bool(piece)

    def until(self, mark):
        """Up to and with the mark. Nothing: the connection ended before it."""
        while mark not in self.buffer:
            if not self.more():
                return b""
        at = self.buffer.index(mark) + len(mark)
        text, self.buffer = self.buffer[:at], self.buffer[at:]
        return text

    def exactly(self, length):
        while len(self.buffer) < length:
            if not self.more():
                raise SystemExit("the connection ended inside a body")
        text, self.buffer = self.buffer[:length], self.buffer[length:]
        return text


def split_head(head):
    """First line and headers of a head, by the plainest reading there is."""
    first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    headers = []
    for line in lines:
        name, value = line.split(b":", 1)
        headers.append((name.lower(), value.strip(b" \t")))
    return first, headers


class Tap:
    """Stands where the cloud is: keeps each request as it came and answers it with nothing."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.kept = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(Stream(connection),), daemon=True).start()

    def serve(self, stream):
        while head := stream.until(b"\r\n\r\n"):
            headers = dict(split_head(head)[1])
            text = head
            if b"transfer-encoding" in headers:
                size = None
                while size != 0:
                    line = stream.until(b"\r\n")
                    size = int(line, 16)
                    text += line + stream.exactly(size + 2)
            else:
                text += stream.exactly(int(headers.get(b"content-length", 0)))
            self.kept.append(text)
            stream.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


class Product:
    """`countersign run`, with one forward listener; every host that is asked is dialled at the tap."""

    def __init__(self, binary, scratch, hosts, tap):
        settings = scratch / "countersign.toml"
        lines = ['drain_timeout = "1s"\n[[listen]]\naddress = "127.0.0.1:0"', '[admin]\naddress = "127.0.0.1:0"']
        lines += ['[tenants]\noss = ["bkt1"]', '[log]\naccess = "off"', "[connect_to]"]
        lines += [f'"{host}" = "http://127.0.0.1:{tap.port}"' for host in hosts]
        settings.write_text("\n".join(lines) + "\n")
        settings.chmod(0o600)
        environment = {"PATH": os.environ["PATH"], **KEYS}
        self.program = Program([binary, "run", "--config", settings], scratch, environment)
        self.port = int(self.program.listening()[0].rpartition(":")[2])
        self.stream = None

    def ask(self, text):
        """Sends one request and returns the answer's status and head."""
        if self.stream is None:
            self.stream = Stream(socket.create_connection(("127.0.0.1", self.port), timeout=10))
        self.stream.sock.sendall(text)
        try:
            head = self.stream.until(b"\r\n\r\n")
        except TimeoutError:
            raise SystemExit(f"FAILED no answer: the tap cannot read what was made of {text!r}") from None
        first, headers = split_head(head)
        headers = dict(headers)
        if not text.startswith(b"HEAD "):
            self.stream.exactly(int(headers.get(b"content-length", 0)))
        if headers.get(b"connection", b"").lower() == b"close":
            self.stream.sock.close()
            self.stream = None
        return int(first.split()[1]), headers

    def stop(self):
        self.program.stop()
