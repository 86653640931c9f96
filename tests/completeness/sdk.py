"""Walk the types of an official SDK: what its unions admit, samples of each, and what of a sample is not told.

A test per union is all that an API needs:

    types = sdk.load("openai.types.chat")
    found = sdk.samples(types.ChatCompletionMessageParam)
    sdk.check(sdk.gaps(found, lambda message: request_blocks({"messages": [message]})), ACCEPTED)

where ACCEPTED maps `Type.field` (or a pattern of it) to the reason why a reader need not see it.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any

import pytest

from probe.renderers.blocks import Block, Conversation, Instructions, Raw, ToolResult
from probe.renderers.markdown import markdown
from tests.completeness.annotations import fields, variants
from tests.completeness.samples import Sample, is_among, samples

__all__ = ["check", "fields", "gaps", "load", "raws", "samples", "variants"]


def load(name: str) -> ModuleType:
    """Import a module of an SDK; skip the test where it is not installed, fail where it must be."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        reason = f"{name} is not installed ({error}): uv run --group sdks pytest tests/completeness, on Python 3.13+"
        if os.environ.get("PROBE_REQUIRE_SDKS"):
            pytest.fail(reason)
        pytest.skip(reason, allow_module_level=True)


def gaps(found: Iterable[Sample], tell: Callable[[Any], Iterable[Block]]) -> dict[str, str]:
    """Render samples and give what falls short: `Type.field` that is not told, or `Type` that ends up raw."""
    short: dict[str, str] = {}
    for sample in found:
        blocks = list(tell(sample.value))
        text = markdown(blocks)
        for raw in raws(blocks):
            short.setdefault(sample.name, f"not understood: {raw.reason}: {sample.value}")
        for leaf in sample.leaves:
            if not _is_told(leaf.value, text):
                short.setdefault(leaf.field, f"not told: {leaf.value!r} of {sample.name}: {sample.value}")
    return short


def check(short: Mapping[str, str], accepted: Mapping[str, str]) -> None:
    """Fail for each gap that is not accepted, and for what is accepted without need; names are fnmatch patterns."""
    left = {name: why for name, why in short.items() if not is_among(name, accepted)}
    needless = [known for known in accepted if not any(is_among(name, [known]) for name in short)]
    lines = [f"{name}: {why}" for name, why in sorted(left.items())]
    lines += [f"{known}: accepted, but there is no such gap" for known in needless]
    assert not lines, f"{len(lines)} gaps:\n" + "\n".join(lines)


def raws(blocks: Iterable[Block]) -> Iterator[Raw]:
    """Yield what is told raw, at any depth."""
    for block in blocks:
        match block:
            case Raw():
                yield block
            case ToolResult() | Instructions():
                yield from raws(block.content)
            case Conversation():
                for entry in block.entries:
                    yield from raws(entry.content)


def _is_told(value: str | int | float | bool, text: str) -> bool:
    if isinstance(value, bool):
        return str(value).lower() in text
    return str(value) in text or (isinstance(value, int) and f"{value:,}" in text)
