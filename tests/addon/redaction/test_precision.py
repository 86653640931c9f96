"""No hash, id, image or line of source code is taken for a credential."""

from __future__ import annotations

import base64
import json
import random
import sysconfig
import uuid
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from urllib.parse import quote

import pytest

from probe.addon.redaction import patterns as shapes

RANDOM = random.Random(41)
ENOUGH = 5_000_000


def source_files() -> Iterator[Path]:
    """Yield Python's own source files, without its tests: those hold passwords."""
    for path in sorted(Path(sysconfig.get_path("stdlib")).rglob("*.py")):
        if not {"test", "tests", "idle_test", "site-packages"} & set(path.parts):
            yield path


def test_five_megabytes_of_source_code_come_through_untouched() -> None:
    found: dict[str, list[bytes]] = {}
    size = 0
    for path in source_files():
        data = path.read_bytes()
        size += len(data)
        for form in (data, json.dumps({"text": data.decode("latin-1")}).encode()):
            if places := [form[one.start : one.end] for one in shapes.find(form)]:
                found[path.name] = places
        if size > ENOUGH:
            break
    assert size > ENOUGH
    assert found == {}


def hexadecimal() -> str:
    return RANDOM.randbytes(RANDOM.choice((8, 16, 20, 32, 48, 64))).hex()


def image() -> str:
    return base64.b64encode(RANDOM.randbytes(20_000)).decode()


MATERIAL: dict[str, Callable[[], str]] = {
    "hashes": lambda: f"{hexadecimal()}  file.txt\n" * 20,
    "hashes with prefixes": lambda: f'{{"digest":"sha256:{hexadecimal()}","etag":"W/\\"{hexadecimal()}\\""}}',
    "UUIDs": lambda: json.dumps([str(uuid.UUID(int=RANDOM.getrandbits(128))) for _ in range(20)]),
    "ids": lambda: json.dumps({f"{kind}_id": f"{kind}_{hexadecimal()}" for kind in ("msg", "resp", "call", "toolu")}),
    "images": lambda: f'{{"url":"data:image/png;base64,{image()}"}}',
    "images in lines": lambda: "\n".join(base64.encodebytes(RANDOM.randbytes(20_000)).decode().splitlines()),
    "images in the URL's base64": lambda: base64.urlsafe_b64encode(RANDOM.randbytes(20_000)).decode(),
    "images of .NET": lambda: image().replace("+", "\\u002B"),
    "images of PHP": lambda: image().replace("/", "\\/"),
    "images in a form": lambda: f"image={quote(image(), safe='')}",
    "sound that begins with silence": lambda: f'{{"delta":"{"EAAA" + image()}","audio":"{"AAAA" * 40 + image()}"}}',
}


@pytest.mark.parametrize("make", MATERIAL.values(), ids=MATERIAL.keys())
def test_random_material_comes_through_untouched(make: Callable[[], str]) -> None:
    size = 0
    for text in islice(iter(make, None), 5000):
        data = text.encode()
        size += len(data)
        assert [data[one.start : one.end] for one in shapes.find(data)] == []
        if size > ENOUGH // 10:
            return
