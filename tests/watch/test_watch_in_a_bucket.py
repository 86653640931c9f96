"""`fleet watch` on a data folder in a bucket of a real server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from probe.store.store import Store, store_at
from tests.support.s3_server import S3Server, s3_server
from tests.watch.watching import Watching, watching

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(shutil.which("npm") is None, reason="npm is missing"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    """Yield a server with an empty bucket."""
    with s3_server() as found:
        yield found


@pytest.fixture
def bucket(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Return the data folder in the bucket."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return store_at(server.url)


def test_states_comparisons_and_runs_are_kept_in_the_bucket_for_all_machines(
    tmp_path: Path, server: S3Server, bucket: Store
) -> None:
    with watching(tmp_path) as place:
        record(place, bucket)

        def value(machine: str, code: int = 0) -> dict[str, Any]:
            env = {**server.environment, "PROBE_MIRRORS": str(tmp_path / machine)}
            return place.value("--target=talker", f"--data-dir={server.url}", code=code, env=env)[0]

        place.publish("1.0.0", "1.1.0")
        comparison = ".fleet/watch/talker/one/1.0.0..1.1.0.md"
        first = value("one")
        assert (first["state"], first["markdown"]) == ("changed", f"{server.url}/{comparison}")
        assert b"x-new" in (bucket.read(comparison) or b"")
        assert versions(bucket) == ["1.0.0", "1.1.0"]
        assert value("two")["state"] == "unchanged"
        place.publish("3.0.0")
        later = value("two", code=1)
        assert (later["before"], later["verdict"]) == ("1.1.0", "breaking")
        assert versions(bucket) == ["1.1.0", "3.0.0"]


def record(place: Watching, bucket: Store) -> None:
    """Put a recording of the small agent into the bucket."""
    folder = place.add()
    for path in sorted(folder.iterdir(), reverse=True):
        bucket.write(f"talker/one/{path.name}", path.read_bytes())
    shutil.rmtree(place.data)


def versions(bucket: Store) -> list[str]:
    """Return the versions of the runs of watches in the bucket."""
    names = bucket.names("talker/", "/manifest.json")
    return [name.split("-")[2] for name in names if "-watch-" in name]
