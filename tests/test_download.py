"""The checked download: broken, half-written, refused, read-only, then good."""

import hashlib
import os
import socket
from contextlib import contextmanager

import pytest
from local_data import SMALL_TEXT, corpus, serve, source_of, time_machine_folder

from rnnlib.data import TIME_MACHINE, DataUnavailable, DigestMismatch, Source, fetch, load_time_machine

BODY = SMALL_TEXT.encode()


@pytest.fixture(autouse=True)
def no_local_copy(monkeypatch):
    """Each test says itself whether there is a local copy."""
    monkeypatch.delenv("RNNLIB_DATA", raising=False)


def test_a_download_is_kept_and_used_again(tmp_path):
    with serve(BODY) as server:
        source = source_of(server, BODY)
        assert load_time_machine(tmp_path / "new" / "folder", source=source) == SMALL_TEXT
        assert load_time_machine(tmp_path / "new" / "folder", source=source) == SMALL_TEXT
        assert len(server.requests) == 1
    assert load_time_machine(tmp_path / "new" / "folder", download=False, source=source) == SMALL_TEXT


def test_wrong_bytes_name_file_expected_and_got_then_a_good_one_succeeds(tmp_path):
    with serve(b"<html>sign in to this network</html>") as server:
        source = source_of(server, BODY)
        with pytest.raises(DigestMismatch) as caught:
            fetch(source, tmp_path)
        wrong = hashlib.sha256(server.body).hexdigest()
        assert all(part in str(caught.value) for part in ("small.txt", source.sha256, wrong, "36 bytes"))
        assert list(tmp_path.iterdir()) == []
        server.body = BODY
        assert fetch(source, tmp_path).read_bytes() == BODY
        assert [path.name for path in tmp_path.iterdir()] == ["small.txt"]


def test_a_body_cut_short_leaves_nothing_then_a_good_one_succeeds(tmp_path):
    with serve(BODY[:1000]) as server:
        server.promised = len(BODY)
        source = source_of(server, BODY)
        with pytest.raises(DataUnavailable, match="could not download .*small.txt.*RNNLIB_DATA=/that/folder"):
            fetch(source, tmp_path)
        assert list(tmp_path.iterdir()) == []
        server.body = BODY
        assert fetch(source, tmp_path).read_bytes() == BODY


def test_a_body_cut_short_that_claims_to_be_whole_is_refused(tmp_path):
    with serve(BODY[:1000]) as server, pytest.raises(DigestMismatch, match="broken.*1000 bytes"):
        fetch(source_of(server, BODY), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_page_is_an_error(tmp_path):
    with serve(b"gone") as server:
        server.status = 404
        with pytest.raises(DataUnavailable, match="404"):
            fetch(source_of(server, BODY), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_a_network_the_reader_is_told_what_to_do(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]  # nobody listens there once this socket is closed
    source = Source("small.txt", f"http://127.0.0.1:{port}/small.txt", "0" * 64)
    with pytest.raises(DataUnavailable) as caught:
        load_time_machine(tmp_path, source=source)
    for part in (
        "could not download",
        "put small.txt into a folder",
        "RNNLIB_DATA=/that/folder",
        "load_story()",
    ):
        assert part in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_download_leaves_nothing(tmp_path, monkeypatch):
    import pooch

    def interrupted(self, url, output_file, _):
        with open(output_file, "wb") as file:
            file.write(BODY[:100])
        raise KeyboardInterrupt

    with serve(BODY) as server:
        source = source_of(server, BODY)
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(pooch.HTTPDownloader, "__call__", interrupted)
            fetch(source, tmp_path)
        assert list(tmp_path.iterdir()) == []
        assert fetch(source, tmp_path).read_bytes() == BODY


def test_a_broken_copy_in_the_cache_is_fetched_again(tmp_path):
    (tmp_path / "small.txt").write_bytes(BODY[:50])
    with serve(BODY) as server:
        source = source_of(server, BODY)
        with pytest.raises(
            DigestMismatch, match="small.txt is not the published small.txt: expected SHA-256"
        ):
            fetch(source, tmp_path, download=False)
        assert fetch(source, tmp_path).read_bytes() == BODY


def test_download_false_without_a_copy(tmp_path):
    with pytest.raises(DataUnavailable, match="not in root=.*download=False.*RNNLIB_DATA"):
        load_time_machine(tmp_path, download=False)


def test_a_root_that_is_a_file_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    with serve(BODY) as server:
        with pytest.raises(DataUnavailable, match="root is .*file.*nothing can be written.*pass root="):
            fetch(source_of(server, BODY), tmp_path / "file")
        assert server.requests == []  # found out before anything was fetched


@contextmanager
def no_right_to_write(folder):
    """Takes the right to write to `folder` away, from root as well (by being somebody else meanwhile)."""
    is_root = os.geteuid() == 0
    closed = [parent for parent in folder.parents if not parent.stat().st_mode & 0o001] if is_root else []
    modes = [(path, path.stat().st_mode) for path in (folder, *closed)]
    for parent in closed:  # somebody else may pass, and still not write
        parent.chmod(0o755)
    folder.chmod(0o555)
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        for path, mode in modes:
            path.chmod(mode)


def test_a_read_only_cache_is_an_error_and_an_old_copy_in_it_works(tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir()
    with serve(BODY) as server:
        source = source_of(server, BODY)
        with (
            no_right_to_write(cache),
            pytest.raises(DataUnavailable, match=r"nothing can be written \(Permission denied\).*pass root="),
        ):
            fetch(source, cache)
        assert server.requests == [] and list(cache.iterdir()) == []
        fetch(source, cache)
        with no_right_to_write(cache):
            assert fetch(source, cache).read_bytes() == BODY


def test_a_local_copy_is_used_and_checked(tmp_path, monkeypatch):
    source = Source("small.txt", "https://example.invalid/small.txt", hashlib.sha256(BODY).hexdigest())
    monkeypatch.setenv("RNNLIB_DATA", str(tmp_path))
    (tmp_path / "small.txt").write_bytes(BODY)
    assert load_time_machine(tmp_path / "unused", source=source) == SMALL_TEXT
    assert not (tmp_path / "unused").exists()
    (tmp_path / "small.txt").write_bytes(BODY + b"!")
    with pytest.raises(
        DigestMismatch, match=f"expected SHA-256 {source.sha256}, got .*{len(BODY) + 1} bytes"
    ):
        load_time_machine(tmp_path / "unused", source=source)
    monkeypatch.setenv("RNNLIB_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataUnavailable, match="RNNLIB_DATA is .*nowhere.*, which is no folder"):
        load_time_machine(source=source)


def test_the_published_file_is_asked_for_over_https():
    assert TIME_MACHINE.url.startswith("https://") and len(TIME_MACHINE.sha256) == 64


def test_the_time_machine_or_its_stand_in_loads(tmp_path, monkeypatch):
    """The real file where there is a copy (it is 178,979 bytes); else the same function on a local server."""
    with corpus(tmp_path, monkeypatch) as book:
        assert book.real == (time_machine_folder() is not None)
        wanted = (
            ("The Time Machine, by H. G. Wells [1898]", 178_979) if book.real else ("The river", len(BODY))
        )
        assert book.text.startswith(wanted[0])
        assert len(book.text.encode()) == wanted[1]
