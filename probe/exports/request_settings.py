"""The settings of requests for which OpenTelemetry's conventions have names."""

from __future__ import annotations

from typing import Any

from probe.exports import gen_ai_names as names

_NUMBERS = {
    "temperature": names.REQUEST_TEMPERATURE,
    "top_p": names.REQUEST_TOP_P,
    "topp": names.REQUEST_TOP_P,
    "top_k": names.REQUEST_TOP_K,
    "topk": names.REQUEST_TOP_K,
    "frequency_penalty": names.REQUEST_FREQUENCY_PENALTY,
    "frequencypenalty": names.REQUEST_FREQUENCY_PENALTY,
    "presence_penalty": names.REQUEST_PRESENCE_PENALTY,
    "presencepenalty": names.REQUEST_PRESENCE_PENALTY,
}
_COUNTS = {"seed": names.REQUEST_SEED}
_STOPS = ("stop", "stop_sequences", "stopsequences")
_GROUPS = ("generationconfig", "inferenceconfig", "options")
"""Settings that are objects of such settings."""


def settings_of(name: str, value: Any) -> dict[str, Any]:
    """Return a setting by the conventions' name; nothing where they have none, or the value is of another type."""
    key = name.lower()
    if key in _GROUPS and isinstance(value, dict):
        found: dict[str, Any] = {}
        for inner, one in value.items():
            found |= settings_of(inner, one)
        return found
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if key in _NUMBERS and is_number:
        return {_NUMBERS[key]: float(value)}
    if key in _COUNTS and is_number:
        return {_COUNTS[key]: int(value)}
    if key in _STOPS and value:
        return {names.REQUEST_STOP_SEQUENCES: [str(one) for one in (value if isinstance(value, list) else [value])]}
    return {}
