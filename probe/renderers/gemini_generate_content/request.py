"""The items of a request, and what it asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from probe.renderers.api import Api, Asked, ItemField, Kind, listed_items
from probe.renderers.blocks import Block, Instructions, Settings, Unknown
from probe.renderers.gemini_generate_content.content import content_blocks
from probe.renderers.gemini_generate_content.names import camel_case, spelled
from probe.renderers.json_reader import Json, json_of
from probe.renderers.parts import grouped, schema_fields

_MODEL = re.compile(r"/(?:models|tunedModels|endpoints)/([^/:]+):")
_WRAPPERS = ("request", "generateContentRequest", "generate_content_request")
"""Where Code Assist and countTokens have the request itself."""
_CONFIG = ("generationConfig", "generation_config")
_INSTRUCTIONS = ("systemInstruction", "system_instruction")
_SPECIAL = ("contents", "tools", *_CONFIG, *_INSTRUCTIONS)
_SETTINGS = frozenset(
    {
        *("model", "toolConfig", "safetySettings", "cachedContent", "labels", "serviceTier", "store"),
        "generationConfig",
        # within generationConfig
        *("audioTimestamp", "audioTranscriptionConfig", "candidateCount", "enableAffectiveDialog"),
        *("enableEnhancedCivicAnswers", "frequencyPenalty", "imageConfig", "logprobs", "maxOutputTokens"),
        *("mediaResolution", "modelSelectionConfig", "presencePenalty", "responseFormat", "responseJsonSchema"),
        *("responseLogprobs", "responseMimeType", "responseModalities", "responseSchema", "routingConfig", "seed"),
        *("speechConfig", "stopSequences", "temperature", "thinkingConfig", "topK", "topP", "translationConfig"),
        # what the SDK accepts in addition, or sends for Vertex
        *("automaticContinuation", "automaticFunctionCalling", "continuationToken", "generationOutputConfig"),
        *("httpOptions", "modelArmorConfig", "shouldReturnHttpResponse"),
        # Code Assist
        *("project", "userPromptId", "sessionId", "requestId", "requestType", "userAgent", "enabledCreditTypes"),
    }
)


def items(body: Json) -> list[ItemField] | None:
    """Return the items of a request; None where it has no contents."""
    found = _request(body)
    return None if found is None else list(_items(body, *found))


def asked(path: str, body: Json) -> Asked:
    """Return what a call asks for."""
    request, at = _request(body) or (body, "")
    model = request.get("model") or (body.get("model") if at else None)
    by_path = None if model else model_in(path)
    given = next((request.members[name].members for name in _CONFIG if name in request.members), {})
    # The very values of the items, each read once.
    config = spelled({name: value.value for name, value in given.items()})
    most = config.get("maxOutputTokens")
    return Asked(
        model=model if isinstance(model, str) else by_path,
        most_output=most if type(most) is int else None,
        schema_fields=_schema_fields(config),
        elsewhere=bool(request.get("cachedContent") or request.get("cached_content")),
        notes=(Settings(pairs=(("model", by_path),)),) if by_path else (),
    )


def model_in(path: str) -> str | None:
    """Return the model that a path names: `…/models/gemini-x:generateContent`; None where it names none."""
    found = _MODEL.search(path)
    return found and found[1]


def setting_blocks(name: str, value: Any) -> Iterator[Block]:
    """Yield one setting; one that the API does not document is unknown."""
    known = name in _SETTINGS or camel_case(name) in _SETTINGS
    yield Settings(pairs=((name, value),)) if known else Unknown(what=f"setting {name!r}", value=value)


def instructions(value: Any) -> Iterator[Block]:
    """Yield the system instruction."""
    if value is None:
        return
    yield Instructions(content=tuple(content_blocks(value)))
    role = spelled(value).get("role")
    if isinstance(role, str) and role not in ("", "user", "system"):
        yield Settings(pairs=(("role of the system instruction", role),))


def request_blocks(api: Api, path: str, body: Any) -> list[Block] | None:
    """Return the blocks of a request with contents that does not call the model."""
    value = json_of(body) if isinstance(body, dict) else None
    found = items(value) if value else None
    if value is None or found is None:
        return None
    made = (block for field in found for block in field.blocks(api.item_blocks))
    return [*asked(path, value).notes, *grouped(made, "Contents")]


def _request(body: Json) -> tuple[Json, str] | None:
    """Return the object with the contents and its path, ending in a dot; None if there is none."""
    members = body.members
    if "contents" not in members:
        for name in _WRAPPERS:
            if name in members and "contents" in members[name].members:
                return _with_contents(members[name], f"{name}.")
        return None
    return _with_contents(body, "")


def _with_contents(request: Json, at: str) -> tuple[Json, str] | None:
    contents = request.members["contents"]
    return (request, at) if contents.is_array or contents.value is not None else None


def _items(body: Json, request: Json, at: str) -> Iterator[ItemField]:
    settings = [(at, name, value) for name, value in request.members.items() if name not in _SPECIAL]
    if at:
        settings += [("", name, value) for name, value in body.members.items() if f"{name}." != at]
    for name in _CONFIG:
        if name in request.members:
            config = request.members[name]
            within = [(f"{at}{name}.", inner, value) for inner, value in config.members.items()]
            settings += within or [(at, name, config)]
    settings.sort(key=lambda setting: setting[1] != "model")
    yield from (ItemField(Kind.SETTING, name, f"{place}{name}", value) for place, name, value in settings)
    for name in _INSTRUCTIONS:
        if name in request.members:
            yield ItemField(Kind.INSTRUCTIONS, "", f"{at}{name}", request.members[name])
    yield listed_items(Kind.MESSAGE, f"{at}contents", request.members["contents"])
    if "tools" in request.members:
        yield listed_items(Kind.TOOL, f"{at}tools", request.members["tools"])


def _schema_fields(config: dict[str, Any]) -> tuple[str, ...] | None:
    schema = next((config[name] for name in ("responseJsonSchema", "responseSchema") if config.get(name)), None)
    if schema is None and config.get("responseMimeType") != "application/json":
        return None
    return schema_fields(schema)
