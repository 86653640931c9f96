"""The manifest of a redacted copy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from probe.addon.redaction.redactor import Redactor
from probe.record.manifest import Manifest
from probe.record.manifest_fields import NAMES
from probe.redact.cut_values import CUT, without_cut_values

_OWN = frozenset(
    {"pid", "steps", "damaged", "bundled", "run", "redaction", "schema", "target"}
    | {"traffic_sha256", "merkle_root", "merkle_leaves", "compressed", "session_folder", "agent_sessions"}
)
"""What is true of the original alone."""


def copied_facts(original: Manifest, redactor: Redactor, pseudonym_of: Mapping[str, str]) -> dict[str, Any]:
    """Return what a manifest holds, redacted, without what is true of the original alone."""

    def clean(text: str) -> str:
        # First what is cut off: of an address without its end, the rest has no form.
        return redactor.text(without_cut_values(text, pseudonym_of) if CUT in text else text)

    kept = {name: value for name, value in original.data.items() if name in NAMES - _OWN}
    for name in ("command", "own_command"):
        if kept.get(name):
            kept[name] = redactor.words(kept[name])
    facts: dict[str, Any] = _walked(kept, clean)
    if keeps := facts.get("settings", {}).get("keep_secrets"):
        keeps["value"] = False
    return facts


def _walked(value: Any, clean: Callable[[str], str]) -> Any:
    match value:
        case str():
            return clean(value)
        case dict():
            return {clean(name): _walked(one, clean) for name, one in value.items()}
        case list():
            return [_walked(one, clean) for one in value]
        case _:
            return value
