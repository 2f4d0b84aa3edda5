"""A real HTTP server on loopback that follows a script: it cuts, ignores ranges, fails, redirects and lies."""

import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

BODY = np.random.default_rng(0).bytes(900_000)


MD5 = f"md5:{hashlib.md5(BODY).hexdigest()}"


SHA256 = f"sha256:{hashlib.sha256(BODY).hexdigest()}"


CUT = 400_000


Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers each request with the next function of the server's script."""

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        server.ranges.append(self.headers.get("Range"))
        server.script.pop(0)(self)
        self.close_connection = True

    def answer(self, status: int, length: int, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    script: list[Answer]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script, self.ranges = [], []
        self.url = f"http://127.0.0.1:{self.server_address[1]}/archive.tar.gz"


@contextmanager
def serving() -> Iterator[Server]:
    """The server, answering in a thread of its own."""
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def full(handler: Handler) -> None:
    handler.answer(200, len(BODY))
    handler.wfile.write(BODY)


def cut(handler: Handler) -> None:
    handler.answer(200, len(BODY))
    handler.wfile.write(BODY[:CUT])


def rest(handler: Handler) -> None:
    match = re.fullmatch(r"bytes=(\d+)-", handler.headers["Range"])
    assert match is not None
    start = int(match[1])
    handler.answer(206, len(BODY) - start, Content_Range=f"bytes {start}-{len(BODY) - 1}/{len(BODY)}")
    handler.wfile.write(BODY[start:])


def rest_of_another_file(handler: Handler) -> None:
    start = CUT
    handler.answer(206, len(BODY) - start, Content_Range=f"bytes {start}-{len(BODY) - 1}/{len(BODY)}")
    handler.wfile.write(bytes(len(BODY) - start))


def wrong_part(handler: Handler) -> None:
    handler.answer(206, 10, Content_Range=f"bytes 0-9/{len(BODY)}")
    handler.wfile.write(BODY[:10])


def page(handler: Handler) -> None:
    text = b"\n<!DOCTYPE html><html><body>Please log in</body></html>"
    handler.answer(200, len(text), Content_Type="text/html")
    handler.wfile.write(text)


def status(code: int) -> Answer:
    return lambda handler: handler.answer(code, 0)


def redirect(handler: Handler) -> None:
    handler.answer(302, 0, Location="/elsewhere")
