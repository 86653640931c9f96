"""Write AWS's binary event stream: frames of headers and a payload, each with two checksums.

https://smithy.io/2.0/aws/amazon-eventstream.html
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping

TEXT = 7
"""The type of a header's value that is a text."""


def frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    """Write one frame; all its headers are texts."""
    told = b"".join(_header(name.encode(), value.encode()) for name, value in headers.items())
    # Two lengths with their checksum, then the rest with a checksum of all that stands before it.
    lengths = struct.pack(">II", 12 + len(told) + len(payload) + 4, len(told))
    start = lengths + struct.pack(">I", zlib.crc32(lengths)) + told + payload
    return start + struct.pack(">I", zlib.crc32(start))


def _header(name: bytes, value: bytes) -> bytes:
    return struct.pack(">B", len(name)) + name + struct.pack(">BH", TEXT, len(value)) + value
