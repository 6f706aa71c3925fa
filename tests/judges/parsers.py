"""Other people's HTTP parsers, each made to say what it heard: method, target, headers, body.

nginx and haproxy pass what they heard on to an echo behind them; Node and h11 say it themselves.
"""

import contextlib
import hashlib
import json
import queue
import socket
import subprocess
import threading
import time
from pathlib import Path

import h11


HERE = Path(__file__).resolve().parent
PATIENCE = 20
READY_SECONDS = 30
# What follows each request on its connection: it shows where the body of the first was thought to end.
MARKER = b"GET /marker HTTP/1.1\r\nHost: marker.example\r\nConnection: close\r\n\r\n"


def said(method, target, headers, body):
    """What was heard, in the one form in which it is compared: headers by name, those of one name in their order."""
    headers = sorted(((name.lower(), value) for name, value in headers), key=lambda header: header[0])
    return {"method": method, "target": target, "headers": headers, "length": len(body), "sha256": hashlib.sha256(body).hexdigest()}


class H11:
    """In this process."""

    name = "h11"

    def __init__(self, _):
        pass

    def hear(self, text):
        heard = []
        while text:
            connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
            connection.receive_data(text)
            event, body = connection.next_event(), b""
            while type(part := connection.next_event()) is h11.Data:
                body += bytes(part.data)
            if type(part) is not h11.EndOfMessage:
                raise h11.RemoteProtocolError(f"the body has no end: {part}")
            heard.append(said(event.method, event.target, event.headers.raw_items(), body))
            text = connection.trailing_data[0]
        return heard

    def stop(self):
        pass


class Server:
    """A parser in a process of its own, on a unix socket, which nobody else can have taken. What it hears comes into a
    queue, by one way or another."""

    def __init__(self, command, path):
        self.path = path
        self.heard = queue.Queue()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def connected(self):
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(PATIENCE)
            connection.connect(str(self.path))
        except OSError:
            connection.close()
            raise
        return connection

    def wait(self):
        """Returns once it listens."""
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            try:
                self.connected().close()
                return
            except OSError:
                time.sleep(0.05)
        ended = self.process.poll()
        self.stop()
        raise SystemExit(f"{self.name} did not come up within {READY_SECONDS} s, or ended with {ended}")

    def hear(self, text):
        answers = b""
        with self.connected() as connection:
            connection.sendall(text)
            while piece := connection.recv(1 << 16):
                answers += piece
        statuses = [line.split()[1] for line in answers.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]
        if statuses != [b"200", b"200"]:
            while not self.heard.empty():
                self.heard.get()
            raise ValueError(f"{self.name} answered {statuses}")
        heard = [self.heard.get(timeout=PATIENCE) for _ in statuses]
        if not self.heard.empty():
            raise ValueError(f"{self.name} heard more than it answered")
        return heard

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Node(Server):
    """Node's own parser, strict as it comes."""

    name = "node"

    def __init__(self, scratch):
        path = scratch / "node.sock"
        super().__init__(["node", "--max-http-header-size=65536", HERE / "node.js", path], path)
        threading.Thread(target=self.listen, daemon=True).start()
        self.wait()

    def listen(self):
        for line in self.process.stdout:
            told = json.loads(line)
            raw = [part.encode("latin-1") for part in told["headers"]]
            heard = said(told["method"].encode(), told["target"].encode("latin-1"), zip(raw[::2], raw[1::2]), bytes.fromhex(told["body"]))
            self.heard.put(heard)


class Behind(Server):
    """A proxy, with an echo behind it."""

    def __init__(self, command, path):
        super().__init__(command, path)
        threading.Thread(target=self.drain, daemon=True).start()
        self.wait()

    def drain(self):
        self.log = b"".join(self.process.stdout)

    def echo(self):
        """Listens, and returns its port."""
        listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.accept, args=(listener,), daemon=True).start()
        return listener.getsockname()[1]

    def accept(self, listener):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection):
        """One request a connection: neither proxy is asked to keep any. Of what is no request it says nothing, and the
        proxy then answers with an error."""
        parser = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
        request, body = None, b""
        with connection, contextlib.suppress(h11.RemoteProtocolError):
            while True:
                event = parser.next_event()
                if event is h11.NEED_DATA:
                    parser.receive_data(connection.recv(1 << 16))
                elif type(event) is h11.Request:
                    request = event
                elif type(event) is h11.Data:
                    body += bytes(event.data)
                else:
                    break
            if request is not None and type(event) is h11.EndOfMessage:
                self.heard.put(said(request.method, request.target, request.headers.raw_items(), body))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


class Nginx(Behind):
    name = "nginx"

    def __init__(self, scratch):
        path = scratch / "nginx.sock"
        configuration = scratch / "nginx.conf"
        configuration.write_text(f"""
daemon off; master_process off; pid {scratch}/nginx.pid; error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {scratch}/nginx-body; proxy_temp_path {scratch}/nginx-proxy;
    large_client_header_buffers 8 64k; client_max_body_size 0; client_body_buffer_size 1m;
    # As they come: what is not passed on cannot be compared.
    ignore_invalid_headers off; underscores_in_headers on;
    proxy_headers_hash_max_size 4096;
    server {{
        listen unix:{path};
        location / {{
            proxy_pass http://127.0.0.1:{self.echo()};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
        }}
    }}
}}
""")
        super().__init__(["nginx", "-p", scratch, "-c", configuration], path)


class Haproxy(Behind):
    name = "haproxy"

    def __init__(self, scratch):
        path = scratch / "haproxy.sock"
        configuration = scratch / "haproxy.cfg"
        configuration.write_text(f"""
global
    tune.bufsize 131072
    tune.http.maxhdr 500
defaults
    mode http
    timeout connect 10s
    timeout client 20s
    timeout server 20s
frontend near
    bind unix@{path}
    default_backend far
backend far
    http-reuse never
    server echo 127.0.0.1:{self.echo()}
""")
        super().__init__(["haproxy", "-db", "-f", configuration], path)


ALL = [Nginx, Haproxy, Node, H11]
