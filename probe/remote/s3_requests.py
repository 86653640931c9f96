"""Requests to a bucket of S3 that may be repeated, and what their answers say of the bytes that arrived."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from probe.errors import UserError
from probe.remote.digests import Digests
from probe.store.bucket import BucketStore

TRIES = 3
"""How often bytes are sent of which the server has others."""
_EXISTS = ("PreconditionFailed", "412")
_UNCONDITIONAL = ("NotImplemented", "501")
"""What servers answer that cannot write on a condition."""


class S3Requests:
    """Sends requests about the objects of a store."""

    def __init__(self, store: BucketStore) -> None:
        self.store = store
        self._bucket, self._root, _ = store.file_system.split_path(store.path(""))

    def url(self, name: str) -> str:
        """Return an object's address."""
        return f"{self.store.url}/{name}"

    def name(self, key: str) -> str:
        """Return the name in the store of a key in the bucket."""
        return key.removeprefix(f"{self._root}/") if self._root else key

    def key(self, name: str) -> str:
        """Return an object's key in the bucket."""
        return f"{self._root}/{name}" if self._root else name

    def about(self, method: str, name: str, **words: Any) -> dict[str, Any]:
        """Return what is answered to a request about one object, as `bucket` does."""
        return self.bucket(method, name, Key=self.key(name), **words)

    def bucket(self, method: str, name: str, **words: Any) -> dict[str, Any]:
        """Return what is answered. Raises FileNotFoundError, FileExistsError, UnconditionalError and UserError."""
        send = partial(self.store.file_system.call_s3, method, Bucket=self._bucket, **words)

        def sent() -> Any:
            try:
                return send()
            except OSError as error:
                # Trying these again helps nothing.
                if (code := _code(error)) in (*_EXISTS, *_UNCONDITIONAL):
                    return code
                raise

        answer = self.store.tried(sent, name)
        if answer in _EXISTS:
            raise FileExistsError(self.url(name))
        if isinstance(answer, str):
            raise UnconditionalError(answer)
        return dict(answer)


class UnconditionalError(Exception):
    """The server knows no conditional writes."""


def agrees(answer: Mapping[str, Any], digests: Digests) -> bool | None:
    """Check whether the hashes in an answer are those of a file, or of a part; None where it has none to compare."""
    signs = []
    encrypted = answer.get("ServerSideEncryption", "AES256") != "AES256" or answer.get("SSECustomerAlgorithm")
    # With keys of KMS or of a customer, an ETag is no MD5.
    if (etag := str(answer.get("ETag", "")).strip('"')) and not encrypted:
        signs.append(etag == digests.etag)
    if checksum := answer.get("ChecksumSHA256"):
        # Not every server adds the number of parts.
        signs.append(checksum.partition("-")[0] == digests.checksum.partition("-")[0])
    return all(signs) if signs else None


def other_bytes(place: str) -> UserError:
    """Return the error about a server that has other bytes than were sent, again and again."""
    return UserError(f"{place}: the server has other bytes than were sent", "check the network to it", code=1)


def _code(error: BaseException) -> str:
    """Return S3's own word for an error; empty where it is none of a server."""
    response = getattr(error.__cause__ or error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))
