"""The checked download: broken, half-written, refused, read-only, then good."""

import hashlib
import multiprocessing
import os
import random
import re
import socket
import stat
import time
import zipfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from local_data import SMALL_TEXT, corpus, serve, source_of, time_machine_folder

from rnnlib.data import (
    TIME_MACHINE,
    DataUnavailable,
    DigestMismatch,
    Source,
    UnsafeArchive,
    fetch,
    load_time_machine,
)
from rnnlib.data.corpora import ABANDONED
from rnnlib.data.translation import TATOEBA, load_tatoeba

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


@pytest.fixture(scope="module")
def processes():
    """Starts processes that have what `fetch` imports, where the system can copy a process: that is quick."""
    can_copy = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if can_copy else "spawn")
    if can_copy:
        context.set_forkserver_preload(["rnnlib.data", "pooch", "requests"])
    return context


def test_a_download_killed_at_any_byte_leaves_nothing_under_its_name_and_the_next_one_succeeds(
    tmp_path, processes
):
    body = random.Random(0).randbytes(200_000)
    for count in random.Random(1).sample(range(len(body)), 10):
        with serve(body) as server:
            server.pause_at = count
            source = source_of(server, body)
            process = processes.Process(target=fetch, args=(source, tmp_path))
            process.start()
            assert server.paused.wait(60), f"nothing was asked for before byte {count}"
            process.kill()  # SIGKILL: no handler of Python's runs
            process.join()
            server.go_on.set()
            assert process.exitcode not in (0, 1)  # killed, neither done nor failed by itself
            assert not (tmp_path / source.name).exists()
            server.pause_at = None
            assert fetch(source, tmp_path).read_bytes() == body
        (tmp_path / source.name).unlink()
    assert len(list(tmp_path.iterdir())) == 10  # each left the beginning that it had, under another name


def test_what_a_killed_download_left_goes_with_a_later_one(tmp_path):
    old, new = tmp_path / "small.txt.01234567.part", tmp_path / "small.txt.89abcdef.part"
    other = tmp_path / "other.txt.01234567.part"
    for part in (old, new, other):
        part.write_bytes(BODY[:100])
    for part in (old, other):
        os.utime(part, times=(time.time() - ABANDONED - 1,) * 2)
    with serve(BODY) as server:
        fetch(source_of(server, BODY), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"small.txt", new.name, other.name}


def link(name: str) -> zipfile.ZipInfo:
    """A member that is a symbolic link."""
    member = zipfile.ZipInfo(name)
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return member


@pytest.mark.parametrize(
    "member",
    [
        "../evil.txt",
        "fra-eng/../../evil.txt",
        "/evil.txt",
        "..\\evil.txt",
        "C:\\evil.txt",
        link("fra-eng/link"),
    ],
)
def test_an_archive_that_leads_out_of_its_folder_is_refused_and_nothing_written(
    tmp_path, member, monkeypatch
):
    made, root = tmp_path / "made" / "fra-eng.zip", tmp_path / "kept" / "data"
    made.parent.mkdir()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("fra-eng/fra.txt", "Go.\tVa !\n")
        archive.writestr(member, "../../evil.txt")
    body = made.read_bytes()
    name = re.escape(repr(getattr(member, "filename", member)))
    with serve(body) as server:
        source = Source("fra-eng.zip", server.url, hashlib.sha256(body).hexdigest())
        with pytest.raises(UnsafeArchive, match=f"fra-eng.zip holds {name}.*nothing was unpacked"):
            load_tatoeba(root, source=source)
    assert list(root.iterdir()) == [] and [path.name for path in root.parent.iterdir()] == ["data"]
    monkeypatch.setenv("RNNLIB_DATA", str(made.parent))  # nor is a local copy read
    with pytest.raises(UnsafeArchive):
        load_tatoeba(root, source=source)
    assert not Path("/evil.txt").exists() and not (tmp_path / "evil.txt").exists()


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


@pytest.mark.posix
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


@pytest.mark.parametrize("source", [TIME_MACHINE, TATOEBA])
def test_a_published_file_is_asked_for_over_https_and_has_a_digest(source):
    assert source.url.startswith("https://") and re.fullmatch("[0-9a-f]{64}", source.sha256)


def test_the_time_machine_or_its_stand_in_loads(tmp_path, monkeypatch):
    """The real file where there is a copy (it is 178,979 bytes); else the same function on a local server."""
    with corpus(tmp_path, monkeypatch) as book:
        assert book.real == (time_machine_folder() is not None)
        wanted = (
            ("The Time Machine, by H. G. Wells [1898]", 178_979) if book.real else ("The river", len(BODY))
        )
        assert book.text.startswith(wanted[0])
        assert len(book.text.encode()) == wanted[1]
