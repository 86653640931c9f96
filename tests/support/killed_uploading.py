"""Kill a process while it uploads a run: before each request and each change to a file. Nothing happens in between.

    python -m tests.support.killed_uploading URL FOLDER

It prints a line of JSON for each point: what the bucket shows then, and what it has once another process went on.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import s3fs

from probe.record.remote_pointer import POINTER
from probe.remote import digests
from probe.remote.upload import pending, upload_run
from probe.store.store import store_at
from tests.support.s3_server import S3Server
from tests.support.stored_runs import KEY, in_bucket, own_run

_CHANGES = ("open", "os.rename", "os.remove")
"""Events of Python's audit; see the table of them in its documentation."""
_REQUEST = s3fs.S3FileSystem._call_s3


def _upload(url: str, folder: Path) -> None:
    upload_run(store_at(url), folder, KEY, lambda text: None)


def _in_another_process(work: Callable[[], None]) -> bool:
    """Do it in another process; return whether that was killed."""
    if pid := os.fork():
        status = os.waitpid(pid, 0)[1]
        assert status == 0 or os.WTERMSIG(status) == signal.SIGKILL, status
        return status != 0
    code = 1
    try:
        work()
        code = 0
    finally:
        os._exit(code)


def _killed_at(point: int, url: str, folder: Path) -> bool:
    """Upload a run in another process, which is killed at a point; return whether it came that far."""
    left = point

    def reached() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    async def request(*words: Any, **named: Any) -> Any:
        reached()
        return await _REQUEST(*words, **named)

    def changed(event: str, arguments: Any) -> None:
        # Of the files that are opened, those of the run alone.
        if event in _CHANGES and (event != "open" or str(folder) in str(arguments[0])):
            reached()

    def work() -> None:
        s3fs.S3FileSystem._call_s3 = request
        s3fs.S3FileSystem.call_s3 = _as_method(request)
        sys.addaudithook(changed)
        _upload(url, folder)

    return _in_another_process(work)


def _as_method(request: Any) -> Any:
    from fsspec.asyn import sync

    return lambda self, *words, **named: sync(self.loop, lambda: request(self, *words, **named))


def _small_run(parent: Path) -> Path:
    """Make a run of a record in two parts, a report and a manifest."""
    folder = own_run(parent)
    shutil.rmtree(folder / "workspace")
    (folder / "proxy.log").unlink()
    return folder


def main() -> int:
    """Kill it at every point, each time with a fresh run and an empty place in the bucket."""
    url, parent = sys.argv[1], Path(sys.argv[2])
    server = S3Server(os.environ["AWS_ENDPOINT_URL"], {})
    digests.PART = 16_000
    for point in range(1000):
        place, data = f"{url}/{point}", parent / str(point)
        folder = _small_run(data)
        record = (folder / "traffic.jsonl").read_bytes()
        came_so_far = _killed_at(point, place, folder)
        seen = in_bucket(server, place)
        files = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
        _in_another_process(partial(_upload, place, folder))
        after = in_bucket(server, place)
        result = {
            "killed": came_so_far,
            "visible": f"{KEY}/manifest.json" in seen,
            "there": seen.get(f"{KEY}/traffic.jsonl") == record,
            "seen": sorted(seen),
            "here": "traffic.jsonl" in files,
            "pointer": POINTER in files,
            "after": sorted(after),
            "went_on": after.get(f"{KEY}/traffic.jsonl") == record and not pending(data),
            "here_after": sorted(path.name for path in folder.iterdir()),
        }
        print(json.dumps(result), flush=True)
        if not came_so_far:
            return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
