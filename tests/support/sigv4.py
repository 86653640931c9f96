"""AWS Signature Version 4, as far as tests need it: a client signs, a server checks what reached it."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

KEY_ID = "AKIAPLANTED012345678"
SECRET = "planted/secret+of+nobody+0123456789abcdef"
_ALGORITHM = "AWS4-HMAC-SHA256"
_AUTHORIZATION = re.compile(rf"{_ALGORITHM} Credential=([^/]+)/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)")


def signed(method: str, url: str, headers: Mapping[str, str], body: bytes, region: str) -> dict[str, str]:
    """Return the headers of a signed request."""
    parts = urlsplit(url)
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
    all_headers = {"Host": parts.netloc, "X-Amz-Date": stamp, **headers}
    names = sorted(name.lower() for name in all_headers)
    scope = f"{stamp[:8]}/{region}/bedrock/aws4_request"
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    signature = _signature(
        method, target, {name.lower(): value for name, value in all_headers.items()}, names, body, scope
    )
    credential = f"Credential={KEY_ID}/{scope}, SignedHeaders={';'.join(names)}, Signature={signature}"
    return all_headers | {"Authorization": f"{_ALGORITHM} {credential}"}


def is_signed(method: str, target: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Check whether a request is as it was signed; `headers` have names in lower case."""
    found = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if not found:
        return False
    key_id, scope, names, signature = found.groups()
    return key_id == KEY_ID and signature == _signature(method, target, headers, names.split(";"), body, scope)


def _signature(method: str, target: str, headers: Mapping[str, str], names: list[str], body: bytes, scope: str) -> str:
    path, _, query = target.partition("?")
    lines = [f"{name}:{' '.join(headers[name].split())}" for name in names]
    # What is quoted on the wire is quoted once more, in all services but S3.
    asked = [method, quote(path, safe="/~"), "&".join(sorted(query.split("&"))) if query else "", *lines, ""]
    canonical = "\n".join([*asked, ";".join(names), hashlib.sha256(body).hexdigest()])
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{SECRET}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = "\n".join([_ALGORITHM, headers["x-amz-date"], scope, digest])
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
