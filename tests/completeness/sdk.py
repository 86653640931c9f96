"""Walk the types of an official SDK: what its unions admit, samples of each, and what of a sample is not shown.

A test per union is all that an API needs:

    types = sdk.load("openai.types.chat")
    found = sdk.samples(types.ChatCompletionMessageParam)
    sdk.check(sdk.gaps(found, lambda message: read_request(API, {"messages": [message]})), ACCEPTED)

where ACCEPTED maps `Type.field` (or a pattern of it) to the reason why a reader need not see it.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any

import pytest

from probe.renderers.blocks import Block
from tests.completeness.annotations import fields, variants
from tests.completeness.samples import Sample, is_among, samples
from tests.renderers.reading import unknowns

__all__ = ["check", "fields", "gaps", "load", "samples", "variants"]


def load(name: str) -> ModuleType:
    """Import a module of an SDK; skip the test where it is not installed, fail where it must be."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        reason = f"{name} is not installed ({error}): uv run --group sdks pytest tests/completeness, on Python 3.13+"
        if os.environ.get("PROBE_REQUIRE_SDKS"):
            pytest.fail(reason)
        pytest.skip(reason, allow_module_level=True)


def gaps(found: Iterable[Sample], read: Callable[[Any], Iterable[Block] | None]) -> dict[str, str]:
    """Read samples and return what falls short: `Type.field` that is in no block, or `Type` that is unknown."""
    short: dict[str, str] = {}
    for sample in found:
        blocks = list(read(sample.value) or ())
        text = repr(blocks)
        for what in unknowns(blocks):
            short.setdefault(sample.name, f"not understood: {what}: {sample.value}")
        for leaf in sample.leaves:
            if str(leaf.value) not in text:
                short.setdefault(leaf.field, f"not shown: {leaf.value!r} of {sample.name}: {sample.value}")
    return short


def check(short: Mapping[str, str], accepted: Mapping[str, str]) -> None:
    """Fail for each gap that is not accepted, and for what is accepted without need; names are fnmatch patterns."""
    left = {name: why for name, why in short.items() if not is_among(name, accepted)}
    needless = [known for known in accepted if not any(is_among(name, [known]) for name in short)]
    lines = [f"{name}: {why}" for name, why in sorted(left.items())]
    lines += [f"{known}: accepted, but there is no such gap" for known in needless]
    assert not lines, f"{len(lines)} gaps:\n" + "\n".join(lines)
