"""`fleet watch` on a data folder in a bucket of a real server."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from probe.store.store import Store, store_at
from tests.support.s3_server import S3Server
from tests.watch.watching import Watching, watching

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(shutil.which("npm") is None, reason="npm is missing"),
]


@pytest.fixture
def bucket(s3: S3Server) -> Store:
    """Return the data folder in the bucket."""
    return store_at(s3.url)


def test_states_comparisons_and_runs_are_kept_in_the_bucket_for_all_machines(
    tmp_path: Path, s3: S3Server, bucket: Store
) -> None:
    with watching(tmp_path) as place:
        record(place, bucket)

        def value(machine: str, code: int = 0) -> dict[str, Any]:
            env = {**s3.environment, "PROBE_MIRRORS": str(tmp_path / machine)}
            return place.value("--target=talker", f"--data-dir={s3.url}", code=code, env=env)[0]

        place.publish("1.0.0", "1.1.0")
        comparison = ".fleet/watch/talker/one/1.0.0..1.1.0.md"
        first = value("one")
        assert (first["state"], first["markdown"]) == ("changed", f"{s3.url}/{comparison}")
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
