"""Remove from a bucket what uploads left that nobody goes on with: parts cost money, and no listing shows them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from probe.record.manifest import NAME as MANIFEST
from probe.remote.claims import CLAIMS, release
from probe.remote.s3_requests import S3Requests
from probe.store.store import Store

_AGE = timedelta(days=7)


def drop_stale(store: Store, kept: Collection[str], now: datetime | None = None) -> int:
    """Abort uploads that began a week ago, but for those of these ids; return how many. Raises UserError.

    Names that are kept for runs which are there are released.
    """
    for name in list(store.names(f"{CLAIMS}/")):
        key = name.removeprefix(f"{CLAIMS}/")
        if store.info(f"{key}/{MANIFEST}"):
            release(store, key)
    from probe.store.bucket import BucketStore  # Here: it needs libraries of an extra.

    if not isinstance(store, BucketStore) or not store.is_s3:
        return 0
    requests, latest = S3Requests(store), (now or datetime.now(UTC)) - _AGE
    old = [one for one in _uploads(requests) if one["Initiated"] < latest and one["UploadId"] not in kept]
    for one in old:
        requests.about("abort_multipart_upload", requests.name(one["Key"]), UploadId=one["UploadId"])
    return len(old)


def _uploads(requests: S3Requests) -> Iterator[dict[str, Any]]:
    """Yield the uploads to the files of runs that have not come to their end."""
    more: dict[str, str] = {}
    while True:
        page = requests.bucket("list_multipart_uploads", "", Prefix=requests.key(""), **more)
        for one in page.get("Uploads", ()):
            # Others may use the bucket too.
            if one["Key"].startswith(requests.key("")) and requests.name(one["Key"]).count("/") >= 2:
                yield one
        if not page.get("IsTruncated"):
            return
        more = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}
