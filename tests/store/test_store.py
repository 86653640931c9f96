"""A local folder and a bucket are one kind of place for objects."""

from __future__ import annotations

import io
import os
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probe.errors import UserError
from probe.store.bucket import BucketStore
from probe.store.range_file import RangeFile
from probe.store.store import Store, is_url, store_at
from tests.support.s3_server import S3Server, s3_server


@pytest.fixture(params=["folder", "memory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Return an empty store of each kind."""
    if request.param == "folder":
        return store_at(tmp_path / "data")
    if request.param == "memory":
        return store_at(f"memory://{token_hex(6)}/data")
    server: S3Server = request.getfixturevalue("s3")
    return store_at(server.url)


def test_what_is_written_is_read_listed_and_deleted(store: Store) -> None:
    written = {
        "codex/a/manifest.json": b"{}",
        "codex/a/traffic.jsonl": b"line\n",
        "codex/b/manifest.json": b"",
        "x": b"1",
    }
    for name, data in written.items():
        store.write(name, data)
    assert {name: store.read(name) for name in store.names()} == written
    assert list(store.names()) == sorted(written)
    assert list(store.names("codex/", "manifest.json")) == ["codex/a/manifest.json", "codex/b/manifest.json"]
    assert list(store.names("codex/a/t")) == ["codex/a/traffic.jsonl"]
    assert list(store.sub("codex").names("a/")) == ["a/manifest.json", "a/traffic.jsonl"]
    assert store.sub("codex/a").read("traffic.jsonl") == b"line\n"
    store.delete("x")
    store.delete("x")
    assert store.read("x") is None
    assert store.info("x") is None
    assert store.size("codex/a/traffic.jsonl") == 5


def test_nothing_is_where_nothing_was_written(store: Store) -> None:
    assert (store.read("none/at/all"), store.info("none"), list(store.names()), list(store.names("none/"))) == (
        None,
        None,
        [],
        [],
    )
    with pytest.raises(FileNotFoundError):
        store.read_range("none", 0, 5)


def test_a_range_is_read_alone_and_of_a_changed_object_none(store: Store) -> None:
    data = os.urandom(100_000)
    store.write("a", data)
    info = store.info("a")
    assert info
    size, stamp = info
    assert size == len(data)
    assert store.read_range("a", 70_000, 10, stamp) == data[70_000:70_010]
    assert store.read_range("a", 99_990, 100) == data[99_990:]
    assert dict(store.stamps())["a"] == stamp
    store.write("a", data[:-1])
    with pytest.raises(UserError, match="was changed while it was read"):
        store.read_range("a", 0, 5, stamp)


def test_a_reader_sees_the_old_or_the_whole_new_object(store: Store) -> None:
    sizes, stop, failed = {300_000, 500_000}, threading.Event(), list[str]()
    store.write("a", b"a" * 300_000)

    def read() -> None:
        while not stop.is_set():
            data = store.read("a")
            if data is None or len(data) not in sizes or len({*data}) != 1:
                failed.append(f"{data and len(data)}")

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(20):
        store.write("a", b"ab"[number % 2 :][:1] * (500_000 if number % 2 else 300_000))
    stop.set()
    reader.join(timeout=30)
    assert not failed


def test_another_process_can_use_the_same_store(store: Store) -> None:
    store.write("a", b"1")
    other: Store = pickle.loads(pickle.dumps(store))
    assert (other.url, other.read("a"), other.is_remote) == (store.url, b"1", store.is_remote)


class Counting:
    """A store of one object that counts what is read of it."""

    def __init__(self, data: bytes) -> None:
        self.data, self.ranges, self.url = data, list[int](), "counting"

    def read_range(self, name: str, offset: int, length: int, stamp: str | None = None) -> bytes:
        """Return some bytes."""
        self.ranges.append(length)
        return self.data[offset : offset + length]


def _open(data: bytes) -> tuple[io.BufferedReader, Counting]:
    counting = Counting(data)
    return io.BufferedReader(RangeFile(counting, "a", len(data))), counting  # type: ignore[arg-type]


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 300_000), st.lists(st.tuples(st.integers(0, 320_000), st.integers(0, 200_000)), max_size=8))
def test_a_range_file_reads_as_a_file_does(size: int, steps: list[tuple[int, int]]) -> None:
    data = bytes(i * 7 % 251 for i in range(size))
    file, _ = _open(data)
    expected = io.BytesIO(data)
    for offset, length in steps:
        file.seek(offset)
        expected.seek(offset)
        assert file.read(length) == expected.read(length)
    assert file.seek(0, os.SEEK_END) == size


def test_one_line_of_a_large_object_costs_one_small_range_and_all_of_it_few() -> None:
    file, counting = _open(b"x" * (20 << 20))
    file.seek(7 << 20)
    file.read(100)
    assert counting.ranges == [64 << 10]
    file, counting = _open(b"x" * (20 << 20))
    assert len(file.read()) == 20 << 20
    assert len(counting.ranges) < 12


def test_an_object_that_is_shorter_than_it_was_is_an_error() -> None:
    file, counting = _open(b"x" * 1000)
    counting.data = b"x" * 10
    with pytest.raises(EOFError, match="ends at 10 of 1000 bytes"):
        file.read()


@pytest.mark.parametrize(
    ("url", "message", "hint"),
    [
        ("s3://no-such-bucket-here/x", "there is no such bucket", "--data-dir"),
        ("s3://", "names no bucket", "s3://bucket/prefix"),
        ("unknown://a/b", "Protocol not known", "s3://bucket/prefix"),
    ],
)
@pytest.mark.usefixtures("s3")
@pytest.mark.parametrize(
    "act", [lambda store: store.read("a"), lambda store: store.write("a", b""), lambda store: list(store.names())]
)
def test_an_address_that_leads_nowhere_says_what_to_do(
    url: str, message: str, hint: str, act: Callable[[Store], object]
) -> None:
    with pytest.raises(UserError, match=message) as error:
        act(store_at(url))
    assert hint in str(error.value.hint)


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}, "there are no credentials"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "cannot be reached: Could not connect"),
    ],
)
@pytest.mark.slow
def test_a_server_that_cannot_be_used_says_why(
    environment: dict[str, str | None], message: str, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    import s3fs

    for name, value in environment.items():
        monkeypatch.delenv(name) if value is None else monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()  # what was connected stays connected
    try:
        with pytest.raises(UserError, match=message):
            store_at(s3.url).read("a")
    finally:
        s3fs.S3FileSystem.clear_instance_cache()


def test_a_bug_is_not_taken_for_a_lost_connection() -> None:
    store = store_at(f"memory://{token_hex(6)}")
    assert isinstance(store, BucketStore)
    tries = []

    def wrong() -> None:
        tries.append(1)
        raise TypeError("no such argument")

    with pytest.raises(TypeError, match="no such argument"):
        store.tried(wrong, "a")
    assert len(tries) == 1


def test_another_server_is_another_store(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    store_at(s3.url).write("a", b"1")
    with s3_server() as other:
        monkeypatch.setenv("AWS_ENDPOINT_URL", other.endpoint)
        assert store_at(s3.url).read("a") is None
        monkeypatch.setenv("AWS_ENDPOINT_URL", s3.endpoint)
        assert store_at(s3.url).read("a") == b"1"


@pytest.mark.parametrize(("word", "is_one"), [("s3://a/b", True), ("/a/b", False), ("a://", True), ("C:/a", False)])
def test_an_address_is_known_by_its_form(word: str, is_one: bool) -> None:
    assert is_url(word) is is_one
