"""A server for the built book: under a path of its own, with the published policy as a header."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PREFIX = "/some/path/"


class _Handler(SimpleHTTPRequestHandler):
    """Files of a folder under `PREFIX`, each with the header; nothing else is found."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *args: Any, policy: str, **how: Any) -> None:
        self.policy = policy
        super().__init__(*args, **how)

    def translate_path(self, path: str) -> str:
        inside = path.removeprefix(PREFIX[:-1]) if path.startswith(PREFIX) else "/nothing-here"
        return super().translate_path(inside)

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", self.policy)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the browser's record tells what was not found."""


@contextmanager
def serve(folder: Path, policy: str) -> Iterator[str]:
    """Serve a folder with a Content-Security-Policy until the end of the `with`; its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder), policy=policy))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{PREFIX}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
