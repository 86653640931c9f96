"""Objects in a bucket, through fsspec."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from probe.errors import UserError
from probe.missing_library import missing_library
from probe.store.store import Store, changed

_T = TypeVar("_T")
_TRIES = 6
"""The last comes about six seconds after the first."""
_BUGS = (TypeError, AttributeError, LookupError, NameError, AssertionError)
"""What says nothing of the server: to try it again, and to call it a lost connection, would hide a bug."""
_PATIENCE = {"connect_timeout": 10, "read_timeout": 60}


class BucketStore(Store):
    """Objects below an address; what fails for the moment is tried again."""

    is_remote = True

    def __init__(self, url: str) -> None:
        self._fs, self.root = _file_system(url)
        self.url = url.rstrip("/")
        self.is_s3 = "s3" in self._fs.protocol

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how another process makes the same."""
        return BucketStore, (self.url,)

    @property
    def file_system(self) -> Any:
        """Return fsspec's file system."""
        return self._fs

    def path(self, name: str) -> str:
        """Return an object's path as fsspec takes it."""
        return f"{self.root}/{name}" if name else self.root

    def read(self, name: str) -> bytes | None:
        """Return an object's bytes; None where there is none."""
        # fsspec would ask for the size first.
        read = partial(self._s3_read, name) if self.is_s3 else partial(self._fs.cat_file, self.path(name))
        try:
            return bytes(self.tried(read, name))
        except FileNotFoundError:
            return None

    def read_range(self, name: str, offset: int, length: int, stamp: str | None = None) -> bytes:
        """Return some bytes of an object. Raises FileNotFoundError, and UserError for another stamp."""
        if self.is_s3:
            return self.tried(lambda: self._s3_range(name, offset, length, stamp), name)
        if stamp is not None and (self.info(name) or ("", ""))[1] != stamp:
            raise changed(f"{self.url}/{name}")
        return bytes(self.tried(lambda: self._fs.cat_file(self.path(name), start=offset, end=offset + length), name))

    def _s3_read(self, name: str, **limits: str) -> bytes:
        from fsspec.asyn import sync

        bucket, key, _ = self._fs.split_path(self.path(name))

        async def read() -> bytes:
            answer = await self._fs._call_s3("get_object", Bucket=bucket, Key=key, **limits)
            async with answer["Body"] as body:
                return bytes(await body.read())

        return bytes(sync(self._fs.loop, read))

    def _s3_range(self, name: str, offset: int, length: int, stamp: str | None) -> bytes:
        condition = {"IfMatch": stamp} if stamp else {}
        try:
            return self._s3_read(name, Range=f"bytes={offset}-{offset + length - 1}", **condition)
        except OSError as error:
            if "PreconditionFailed" in str(error.__cause__ or error):
                raise changed(f"{self.url}/{name}") from error
            raise

    def info(self, name: str) -> tuple[int, str] | None:
        """Return an object's size and stamp; None where there is none."""
        try:
            found = self.tried(lambda: self._fs.info(self.path(name)), name)
        except FileNotFoundError:
            return None
        return None if found.get("type") == "directory" else (int(found["size"]), _stamp(found))

    def write(self, name: str, data: bytes) -> None:
        """Write an object in one step, as buckets do."""
        self.tried(lambda: self._fs.pipe_file(self.path(name), data), name)

    def delete(self, name: str) -> None:
        """Delete an object, where there is one."""
        try:
            self.tried(lambda: self._fs.rm_file(self.path(name)), name)
        except FileNotFoundError:
            return

    def stamps(self, prefix: str = "", suffix: str = "") -> Iterator[tuple[str, str]]:
        """Yield names that begin and end like this, each with its stamp, in the order of names."""
        return (
            one for one in (self._s3_stamps(prefix) if self.is_s3 else self._stamps(prefix)) if one[0].endswith(suffix)
        )

    def _s3_stamps(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Yield from one page of the listing at a time, so that the length of it does not matter."""
        bucket, root, _ = self._fs.split_path(self.path(""))
        begin = f"{root}/" if root else ""
        more: dict[str, str] = {}
        while True:
            page = self.tried(
                partial(self._fs.call_s3, "list_objects_v2", Bucket=bucket, Prefix=begin + prefix, **more), prefix
            )
            for one in page.get("Contents", ()):
                yield one["Key"][len(begin) :], one["ETag"].strip('"')
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def folders(self) -> list[str]:
        """Return the names of the folders directly below, without those that begin with a dot."""
        if not self.is_s3:
            return sorted({first for name in self.names() if (first := _folder(name))})
        bucket, root, _ = self._fs.split_path(self.path(""))
        begin = f"{root}/" if root else ""
        request = partial(self._fs.call_s3, "list_objects_v2", Bucket=bucket, Prefix=begin, Delimiter="/")
        found, more = [], dict[str, str]()
        while True:
            page = self.tried(partial(request, **more), "")
            found += [one["Prefix"][len(begin) :] for one in page.get("CommonPrefixes", ())]
            if not page.get("IsTruncated"):
                return [first for name in found if (first := _folder(name))]
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def _stamps(self, prefix: str) -> Iterator[tuple[str, str]]:
        parent = prefix.rpartition("/")[0]
        try:
            found = self.tried(lambda: self._fs.find(self.path(parent), detail=True), prefix)
        except FileNotFoundError:
            return
        begin = len(self.root) + 1
        for path in sorted(found):
            if path[begin:].startswith(prefix):
                yield path[begin:], _stamp(found[path])

    def sub(self, name: str) -> BucketStore:
        """Return the store of all names below one."""
        return BucketStore(f"{self.url}/{name}")

    def tried(self, operation: Callable[[], _T], name: str) -> _T:
        """Return what an operation returns, after some tries. Raises FileNotFoundError, and UserError for the rest."""
        for left in reversed(range(_TRIES)):
            try:
                return operation()
            except (UserError, *_BUGS):
                raise
            except Exception as error:
                place = f"{self.url}/{name}".rstrip("/")
                if isinstance(error, FileNotFoundError) and not _lacks_bucket(error):
                    raise
                if problem := _final(error, place, self.url):
                    raise problem from error
                if not left:
                    hint = (
                        "check the network, and AWS_ENDPOINT_URL if the server is not AWS; then call the command again"
                    )
                    raise UserError(f"{place} cannot be reached: {_short(error)}", hint, code=1) from error
                time.sleep(0.1 * 2 ** (_TRIES - 1 - left) * random.uniform(0.8, 1.2))
        raise AssertionError("the last try returns or raises")


def _file_system(url: str) -> tuple[Any, str]:
    """Return the file system of an address, and the path there. Raises UserError."""
    try:
        import fsspec  # Here: an extra.
    except ImportError as error:
        raise missing_library("s3fs") from error
    kind, _, rest = url.partition("://")
    if not rest.strip("/"):
        raise UserError(f"{url} names no bucket", "write it as s3://bucket/prefix")
    # Listings change while other machines write.
    options: dict[str, Any] = {"use_listings_cache": False}
    if kind in ("s3", "s3a"):
        options |= {"config_kwargs": {"retries": {"max_attempts": 2, "mode": "standard"}, **_PATIENCE}}
        # fsspec keeps what is connected, by its options: where a server is named in a variable, it is one of them.
        if server := os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL"):
            options["endpoint_url"] = server
    try:
        fs, path = fsspec.url_to_fs(url, **options)
    except ImportError as error:
        if kind in ("s3", "s3a"):
            raise missing_library("s3fs") from error
        raise UserError(f"{url}: this needs a library that is not installed", str(error)) from error
    except ValueError as error:
        raise UserError(f"{url}: {error}", "name a folder, or an address such as s3://bucket/prefix") from error
    if hasattr(fs, "retries"):
        # Every operation is tried again here; tries within tries take minutes.
        fs.retries = 1
    return fs, str(path).rstrip("/")


def _folder(name: str) -> str:
    """Return the folder that a name begins with; empty where there is none, or one that begins with a dot."""
    first, slash, _ = name.partition("/")
    return first if slash and not first.startswith(".") else ""


def _stamp(found: dict[str, Any]) -> str:
    when = found.get("mtime") or found.get("created") or ""
    # A listing may have seconds where a single object has a date.
    when = when.timestamp() if isinstance(when, datetime) else when
    return str(found.get("ETag") or f"{found.get('size')}-{when}").strip('"')


def _final(error: Exception, place: str, url: str) -> UserError | None:
    """Return the error to end with where trying again helps nothing; None where it may."""
    kind, text = type(error).__name__, _short(error)
    if kind in ("NoCredentialsError", "PartialCredentialsError", "TokenRetrievalError", "ProfileNotFound"):
        return UserError(
            f"{url}: there are no credentials ({text})",
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
        )
    if isinstance(error, PermissionError):
        return UserError(
            f"{place}: access is refused ({text})", "check the credentials, and what they are allowed in this bucket"
        )
    if isinstance(error, FileNotFoundError):
        return UserError(f"{url}: there is no such bucket", "create it first, or name another with --data-dir")
    if kind == "ParamValidationError":
        return UserError(f"{url}: {text}", "write it as s3://bucket/prefix")
    return None


def _lacks_bucket(error: Exception) -> bool:
    # The error about a missing object holds its path, and with it the bucket's name.
    return "NoSuchBucket" in repr(error.__cause__) or "bucket does not exist" in str(error)


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
