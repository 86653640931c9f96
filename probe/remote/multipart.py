"""Write a large file to S3 in parts: those that are there, with the same hash, are not sent again."""

from __future__ import annotations

from typing import Any, BinaryIO

from probe.errors import UserError
from probe.remote.digests import Digests, encoded, pieces
from probe.remote.kept_uploads import KeptUploads, Sent
from probe.remote.s3_requests import TRIES, S3Requests, agrees, other_bytes


def write_in_parts(
    requests: S3Requests, name: str, file: BinaryIO, digests: Digests, kept: KeptUploads, sent: Sent
) -> None:
    """Write a file, or go on with it where that was cut. Raises UserError.

    What the object is then has to be checked: its end may have been answered to nobody, or written by another process.
    """
    upload, there = _begun(requests, name, digests, kept)
    parts = []
    try:
        for number in range(len(digests.md5s)):
            part = digests.part(number)
            answer = there.get(number + 1)
            if answer is None or answer["Size"] != part.size or agrees(answer, part) is not True:
                file.seek(number * digests.part_size)
                answer = _send(requests, name, upload, number + 1, b"".join(pieces(file, part.size)), part)
            parts.append({"PartNumber": number + 1, "ETag": answer["ETag"], "ChecksumSHA256": encoded(part.sha256s[0])})
            sent(part.size)
        requests.about("complete_multipart_upload", name, UploadId=upload, MultipartUpload={"Parts": parts})
    except FileNotFoundError:
        # The upload is there no more: another process, or a request whose answer was lost, has ended it.
        kept.forget(requests.url(name))
        if requests.store.info(name) is None:
            raise UserError(f"{requests.url(name)}: its upload was aborted by another program", code=1) from None
    kept.forget(requests.url(name))


def _begun(
    requests: S3Requests, name: str, digests: Digests, kept: KeptUploads
) -> tuple[str, dict[int, dict[str, Any]]]:
    """Return the id of an upload, and the parts that it has: of one that was cut, or of a new one."""
    if upload := kept.get(requests.url(name), digests):
        try:
            return upload, _parts(requests, name, upload)
        except FileNotFoundError:
            kept.forget(requests.url(name))
    upload = str(requests.about("create_multipart_upload", name, ChecksumAlgorithm="SHA256")["UploadId"])
    kept.keep(requests.url(name), digests, upload)
    return upload, {}


def _parts(requests: S3Requests, name: str, upload: str) -> dict[int, dict[str, Any]]:
    """Return what the server has of an upload, by number. Raises FileNotFoundError."""
    found: dict[int, dict[str, Any]] = {}
    more: dict[str, int] = {}
    while True:
        page = requests.about("list_parts", name, UploadId=upload, **more)
        encrypted = {key: page[key] for key in ("ServerSideEncryption", "SSECustomerAlgorithm") if key in page}
        found |= {one["PartNumber"]: one | encrypted for one in page.get("Parts", ())}
        if not page.get("IsTruncated"):
            return found
        more = {"PartNumberMarker": int(page["NextPartNumberMarker"])}


def _send(requests: S3Requests, name: str, upload: str, number: int, data: bytes, part: Digests) -> dict[str, Any]:
    """Send a part until the server has its very bytes; return the answer. Raises UserError."""
    words = {"UploadId": upload, "PartNumber": number, "Body": data, "ChecksumSHA256": part.checksum}
    for _ in range(TRIES):
        answer = requests.about("upload_part", name, **words)
        if agrees(answer, part) is not False:
            return answer
    raise other_bytes(f"{requests.url(name)}, part {number}")
