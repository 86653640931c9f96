"""Schemas made from recordings reject what the SDKs' types reject: a member less, another type, another tag."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import jsonschema_rs
import pytest

from probe.protocol.json_schema import DIALECT, bodies_schema
from probe.protocol.opaque_places import is_opaque
from tests.completeness import sdk
from tests.protocol.recorded import RECORDS, protocol, recorded

pytestmark = pytest.mark.timeout(300)
LEAST = 0.95
TAGS = ("type", "event", "role", "object")
MOST = 400
"""Places of one body that are mutated."""
APIS = {
    "openai_responses": ("openai_responses/", "codex/", "demo/"),
    "openai_chat_completions": ("openai_chat_completions/",),
    "anthropic_messages": ("anthropic_messages/",),
    "gemini_generate_content": ("gemini_generate_content/",),
}


class Types(NamedTuple):
    """The SDK's types of what crosses the wire."""

    request: Any
    answer: Any
    event: Any


def _openai_responses() -> Types:
    types = sdk.load("openai.types.responses")
    params = sdk.load("openai.types.responses.response_create_params")
    return Types(params.ResponseCreateParams, types.Response, types.ResponseStreamEvent)


def _openai_chat_completions() -> Types:
    types = sdk.load("openai.types.chat")
    params = sdk.load("openai.types.chat.completion_create_params")
    return Types(params.CompletionCreateParams, types.ChatCompletion, types.ChatCompletionChunk)


def _anthropic_messages() -> Types:
    types = sdk.load("anthropic.types")
    return Types(types.MessageCreateParams, types.Message, types.RawMessageStreamEvent)


def _gemini_generate_content() -> Types:
    types: Any = sdk.load("google.genai.types")
    pydantic = sdk.load("pydantic")
    fields = {
        "contents": (list[types.Content], ...),
        "tools": (list[types.Tool] | None, None),
        "systemInstruction": (types.Content | None, None),
        "generationConfig": (types.GenerationConfig | None, None),
        "toolConfig": (types.ToolConfig | None, None),
    }
    return Types(pydantic.create_model("Request", **fields), *[types.GenerateContentResponse] * 2)


TYPES: Mapping[str, Callable[[], Types]] = {
    "openai_responses": _openai_responses,
    "openai_chat_completions": _openai_chat_completions,
    "anthropic_messages": _anthropic_messages,
    "gemini_generate_content": _gemini_generate_content,
}


@pytest.mark.parametrize("api", APIS)
def test_what_the_sdk_rejects_is_rejected(api: str) -> None:
    rejects = _rejects(TYPES[api]())
    rejected, passed, sides = 0, [], set()
    for case in (case for case in RECORDS if case.startswith(APIS[api])):
        schemas = bodies_schema(protocol(case))["$defs"]
        validators: dict[str, Any] = {}
        for name, value in _distinct(case):
            if rejects(name, value):
                continue
            if name not in validators:
                validators[name] = jsonschema_rs.validator_for({"$schema": DIALECT, **schemas[name]})
            sides.add(_side(name))
            for what, mutated in _mutations(value):
                if rejects(name, mutated):
                    rejected += 1
                    if validators[name].is_valid(mutated):
                        passed.append(f"{case} {name}: {what}")
    share = 1 - len(passed) / rejected
    print(f"{api}: {share:.2%} of {rejected} mutations that the SDK rejects")
    assert rejected > 800
    assert sides >= {0, 2}
    assert share >= LEAST, "\n".join([f"{share:.1%} of {rejected}", *passed[:60]])


def _distinct(case: str) -> Iterator[tuple[str, Any]]:
    """Yield bodies and events, of those that are alike the first."""
    seen = set()
    for name, value in recorded(RECORDS[case]):
        key = name, _shape(value)
        if key not in seen and isinstance(value, dict):
            seen.add(key)
            yield name, value


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple(
            (name, one if name in TAGS and isinstance(one, str) else _shape(one)) for name, one in value.items()
        )
    return tuple(sorted({repr(_shape(one)) for one in value})) if isinstance(value, list) else type(value).__name__


def _rejects(types: Types) -> Callable[[str, Any], bool]:
    """Return a check whether the SDK's types reject a body or an event with a definition's name."""
    pydantic = sdk.load("pydantic")
    adapters = [pydantic.TypeAdapter(one) for one in types]

    def rejects(name: str, value: Any) -> bool:
        try:
            _exhaust(adapters[_side(name)].validate_python(value))
        except (pydantic.ValidationError, AttributeError):  # The latter where an enum is given a number.
            return True
        return False

    return rejects


def _side(name: str) -> int:
    """Return which of `Types` a definition's name is about."""
    if "_request" in name or "_message_client_" in name:
        return 0
    return 2 if "_server_" in name else 1


def _exhaust(value: Any) -> None:
    """Read what pydantic checks only when it is read."""
    if isinstance(value, dict):
        for one in value.values():
            _exhaust(one)
    elif isinstance(value, list | tuple) or type(value).__name__ == "ValidatorIterator":
        for one in value:
            _exhaust(one)


def _mutations(value: Any) -> Iterator[tuple[str, Any]]:
    places = [*_places(value, (), None)][:MOST]
    for path in places:
        *above, last = path
        mutated = copy.deepcopy(value)
        inner = mutated
        for step in above:
            inner = inner[step]
        one = inner[last]
        if isinstance(inner, dict):
            without = copy.deepcopy(value)
            holder = without
            for step in above:
                holder = holder[step]
            del holder[last]
            yield f"{path} left out", without
        if one is None:
            continue
        if last in TAGS and isinstance(one, str):
            inner[last] = "no_such_tag"
            yield f"{path} of another tag", copy.deepcopy(mutated)
        inner[last] = 12345 if isinstance(one, str) else "another"
        yield f"{path} of another type", mutated


def _places(value: Any, path: tuple[Any, ...], parent: Any) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, one in inner:
        yield (*path, step)
        if not (isinstance(step, str) and is_opaque(step, one, value)):
            yield from _places(one, (*path, step), value)
