"""Slow callers that the product does not refuse at once, as it does those of slowhttptest behind their first head.

    callers.py bodies|readers CONNECTIONS PORT HOST TARGET

Opens the connections and sends each a request for `HOST`: bodies come a byte at a time, answers are read 32 bytes at a
time, with three seconds in between. Goes on until it is ended.
"""

import selectors
import socket
import sys
import time

PAUSE = 3


def connected(kind, port, host, target):
    caller = socket.socket()
    if kind == "readers":
        # Before connecting, so that the window is small from the start; and so are the segments, since what the system
        # buffers on the other side grows with them.
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
    caller.connect(("127.0.0.1", port))
    method, target = target.split(":", 1)
    body = "Content-Length: 8192\r\n\r\nx" if kind == "bodies" else "\r\n"
    caller.sendall(f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n{body}".encode())
    caller.setblocking(False)
    return caller


def main():
    kind, count, port, host, target = sys.argv[1:]
    callers = [connected(kind, int(port), host, target) for _ in range(int(count))]
    selector = selectors.DefaultSelector()
    for caller in callers:
        selector.register(caller, selectors.EVENT_READ)
    while True:
        time.sleep(PAUSE)
        if kind == "bodies":
            for caller in callers:
                caller.send(b"x")
        else:
            for key, _ in selector.select(0):
                key.fileobj.recv(32)


if __name__ == "__main__":
    main()
