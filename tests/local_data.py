"""Data for tests: a web server on this machine only, and The Time Machine where a copy is at hand."""

import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from rnnlib.data import TIME_MACHINE, Source, load_time_machine
from rnnlib.data.translation import TATOEBA, load_tatoeba

SMALL_TEXT = (
    "The river keeps what it is given. A stone, a coin, a name said once over the water: it keeps them.\n"
    "In spring it is given the snow, and it carries the snow to the sea, and the sea is none the colder.\n"
    "What was given in spring is not asked for in autumn. The boats that went down do not come up again,\n"
    "and the men who row them say that the river is not to be blamed, since it was never asked.\n"
) * 12


@dataclass
class Server:
    """What a local server answers; tests change it between requests."""

    url: str
    body: bytes
    promised: int | None = None  # Content-Length, where it is not the body's
    status: int = 200
    pause_at: int | None = None  # stop sending after so many bytes until `go_on` is set
    paused: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    requests: list[str] = field(default_factory=list)


@contextmanager
def serve(body: bytes) -> Iterator[Server]:
    """A server on 127.0.0.1 that answers every request with `body`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.requests.append(self.path)
            self.send_response(server.status)
            self.send_header("Content-Length", str(server.promised or len(server.body)))
            self.end_headers()
            if server.pause_at is not None:
                self.wfile.write(server.body[: server.pause_at])
                server.paused.set()
                server.go_on.wait()
                return
            self.wfile.write(server.body)

        def log_message(self, *args: object) -> None:
            """Says nothing: pytest's output is for results."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = Server(f"http://127.0.0.1:{http.server_port}/small.txt", body)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def source_of(server: Server, body: bytes) -> Source:
    """A published file of that content, to be had from the server."""
    return Source("small.txt", server.url, hashlib.sha256(body).hexdigest())


def time_machine_folder() -> Path | None:
    """The folder with a copy of The Time Machine: `RNNLIB_DATA`, or the data folder beside the repository."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    for folder in (os.environ.get("RNNLIB_DATA"), beside):
        if folder and (Path(folder) / TIME_MACHINE.name).is_file():
            return Path(folder)
    return None


@dataclass(frozen=True)
class Corpus:
    """A text that went through `load_time_machine`: the real one, or a small one off a local server."""

    text: str
    real: bool


@contextmanager
def corpus(root: Path, monkeypatch) -> Iterator[Corpus]:
    """The Time Machine from a local copy; without one, a small text through the same function, downloaded."""
    folder = time_machine_folder()
    if folder is not None:
        monkeypatch.setenv("RNNLIB_DATA", str(folder))
        yield Corpus(load_time_machine(download=False), real=True)
        return
    monkeypatch.delenv("RNNLIB_DATA", raising=False)
    body = SMALL_TEXT.encode()
    with serve(body) as server:
        yield Corpus(load_time_machine(root, source=source_of(server, body)), real=False)


def translation_pairs() -> tuple[list[tuple[str, str]], bool]:
    """Tatoeba's pairs where a copy is at hand, else a few of our own; whether they are the real ones."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    for folder in (os.environ.get("RNNLIB_DATA"), beside):
        if folder and (Path(folder) / TATOEBA.name).is_file():
            return load_tatoeba(folder, download=False), True
    english = [f"I see {number} boats." for number in range(2, 40)]
    return [(sentence, f"Je vois {sentence.split()[2]} bateaux !") for sentence in english], False
