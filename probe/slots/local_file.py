"""Add learned rules to a target's local file, and leave all else of it as it is."""

from __future__ import annotations

import json
from collections.abc import Iterable

import msgspec
import yaml

from probe.slots.rules import Rule


def rule_line(rule: Rule) -> str:
    """Return a rule as one line of YAML: JSON texts are YAML texts too."""
    values = {"slot": rule.slot, "at": rule.at, "pattern": rule.pattern}
    members = (f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in values.items() if value)
    return f"- {{{', '.join(members)}}}"


def with_rules(text: str, rules: Iterable[Rule]) -> str:
    """Return the text of a target's file with more rules under `slots:`; comments and all other lines stay."""
    lines = [rule_line(rule) for rule in rules]
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    node = next((value for key, value in pairs if key.value == "slots"), None)
    if node is None:
        block = "".join(f"  {line}\n" for line in lines)
        return f"{text.rstrip()}\nslots:\n{block}".lstrip()
    start, indent = node.start_mark, " " * node.start_mark.column
    if isinstance(node, yaml.SequenceNode) and not node.flow_style:
        # In front of the first: where the last one ends is hard to see behind comments.
        return text[: start.index] + "".join(f"{line}\n{indent}" for line in lines) + text[start.index :]
    old = msgspec.convert(yaml.safe_load(text)["slots"] or [], list[Rule])
    block = "".join(f"\n  {line}" for line in [*map(rule_line, old), *lines])
    return text[: start.index].rstrip(" ") + block + text[node.end_mark.index :]
