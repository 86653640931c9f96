"""What a server says of the bytes that it has is compared with the hashes of what was sent."""

from __future__ import annotations

import base64
import hashlib
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.errors import UserError
from probe.remote.digests import PART, Digests, digests_of
from probe.remote.s3_requests import agrees
from tests.support.s3_server import BUCKET, S3Server
from tests.support.stored_runs import client

DATA = bytes(range(250))


def of(data: bytes, part_size: int = PART) -> Digests:
    """Return the hashes of bytes."""
    return digests_of(io.BytesIO(data), len(data), part_size)


@given(st.binary(max_size=300), st.integers(1, 100))
def test_hashes_of_parts_are_those_that_s3_documents(data: bytes, part_size: int) -> None:
    found = of(data, part_size)
    parts = [data[begin : begin + part_size] for begin in range(0, len(data), part_size)] or [b""]
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    assert [(found.part(number).size, found.part(number).etag) for number in range(len(parts))] == [
        (len(part), hashlib.md5(part).hexdigest()) for part in parts
    ]
    if len(parts) == 1:
        assert (found.etag, found.checksum) == (hashlib.md5(data).hexdigest(), _base64(hashlib.sha256(data).digest()))
    else:
        md5 = hashlib.md5(b"".join(hashlib.md5(part).digest() for part in parts)).hexdigest()
        sha256 = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).digest()
        assert (found.etag, found.checksum) == (f"{md5}-{len(parts)}", f"{_base64(sha256)}-{len(parts)}")


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def test_a_server_answers_with_the_same(s3: S3Server) -> None:
    server, key, found = client(s3), "hashes", of(DATA, 100)
    made = server.create_multipart_upload(Bucket=BUCKET, Key=key, ChecksumAlgorithm="SHA256")
    parts = []
    for number in range(3):
        part = {"PartNumber": number + 1, "ChecksumSHA256": found.part(number).checksum}
        body = DATA[number * 100 : number * 100 + 100]
        answer = server.upload_part(Bucket=BUCKET, Key=key, UploadId=made["UploadId"], Body=body, **part)
        parts.append(part | {"ETag": answer["ETag"]})
    server.complete_multipart_upload(
        Bucket=BUCKET, Key=key, UploadId=made["UploadId"], MultipartUpload={"Parts": parts}
    )
    answer = server.head_object(Bucket=BUCKET, Key=key, ChecksumMode="ENABLED")
    assert answer["ETag"].strip('"') == found.etag
    assert answer["ChecksumSHA256"].partition("-")[0] == found.checksum.removesuffix("-3")
    assert agrees(answer, found) is True


ETAG, CHECKSUM = of(DATA).etag, of(DATA).checksum
ANSWERS: dict[str, tuple[dict[str, Any], bool | None]] = {
    "both are right": ({"ETag": f'"{ETAG}"', "ChecksumSHA256": CHECKSUM}, True),
    "only an ETag": ({"ETag": f'"{ETAG}"'}, True),
    "another ETag": ({"ETag": '"0"', "ChecksumSHA256": CHECKSUM}, False),
    "another checksum": ({"ETag": f'"{ETAG}"', "ChecksumSHA256": "AA=="}, False),
    "with a key of KMS, an ETag means nothing": (
        {"ETag": '"0"', "ChecksumSHA256": CHECKSUM, "ServerSideEncryption": "aws:kms"},
        True,
    ),
    "nor does it with a key of a customer": ({"ETag": '"0"', "SSECustomerAlgorithm": "AES256"}, None),
    "with the server's own key it does": ({"ETag": f'"{ETAG}"', "ServerSideEncryption": "AES256"}, True),
    "nothing is said": ({}, None),
}


@pytest.mark.parametrize(("answer", "expected"), ANSWERS.values(), ids=ANSWERS.keys())
def test_an_answer_proves_something_or_nothing(answer: dict[str, Any], expected: bool | None) -> None:
    assert agrees(answer, of(DATA)) is expected


SIZES = {
    "a small file is one part": (5, PART, 1),
    "a part is 8 MiB": (PART + 1, PART, 2),
    "parts grow where there would be too many": (200 * PART * 10_000, 200 * PART, 10_000),
}


@pytest.mark.parametrize(("size", "part_size", "count"), SIZES.values(), ids=SIZES.keys())
def test_the_size_of_parts(size: int, part_size: int, count: int) -> None:
    from probe.remote.digests import part_size_of

    found = part_size_of(size, PART)
    assert (found, -(-size // found)) == (part_size, count)


def test_a_file_that_becomes_shorter_is_an_error() -> None:
    with pytest.raises(UserError, match="became shorter while it was read"):
        digests_of(io.BytesIO(b"x"), 2)
