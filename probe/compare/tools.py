"""What the agent offers to the model: tools that are new, gone, moved or defined otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from probe.compare.comparison import Finding, finding
from probe.compare.shown_values import are, bounded, changed_words, listed, shown, shown_pair
from probe.compare.side import OfferedTool, Side
from probe.compare.text_difference import text_difference
from probe.slots.differences import differences


class Arguments(NamedTuple):
    """One change of a tool's arguments."""

    kind: str
    path: str
    before: Any
    after: Any


def tool_findings(before: Side, after: Side) -> Iterator[Finding]:
    """Yield what differs in the tools of all requests."""
    old, new = _by_name(before.tools), _by_name(after.tools)
    for kind, names, sides, word in (
        ("tools-removed", [name for name in old if name not in new], (before, after), "gone"),
        ("tools-added", [name for name in new if name not in old], (after, before), "new"),
    ):
        if names:
            tools = old if kind == "tools-removed" else new
            yield _alone(kind, word, [tools[name][0] for name in names], sides)
    both = [(old[name][0], new[name][0]) for name in old if name in new]
    if all(any(tool.namespace for tool in side.tools) for side in (before, after)):
        yield from _renamed(both)
    yield from _moved(before, after)
    yield from _reordered([name for name in old if name in new], [name for name in new if name in old])
    of_all = list(_members(before.tools, after.tools))
    yield from of_all
    yield from _changed(both, {one.place.rpartition(".")[2] for one in of_all})


def _renamed(pairs: Iterable[tuple[OfferedTool, OfferedTool]]) -> Iterator[Finding]:
    """Yield one finding for tools of which the namespace is another one."""
    other = [(one, two) for one, two in pairs if one.namespace != two.namespace]
    names = [f"{_full(one)} → {_full(two)}" for one, two in other]
    if other:
        line = f"{'a tool is' if len(names) == 1 else f'{len(names)} tools are'} in another namespace: {listed(names)}"
        values = {"before": [_full(one) for one, _ in other], "after": [_full(two) for _, two in other]}
        yield finding("tools-renamed", "tools", line, **values)


def _by_name(tools: Iterable[OfferedTool]) -> dict[str, list[OfferedTool]]:
    found: dict[str, list[OfferedTool]] = {}
    for tool in tools:
        found.setdefault(tool.name, []).append(tool)
    return {name: sorted(same, key=lambda one: -one.uses) for name, same in found.items()}


def _full(tool: OfferedTool) -> str:
    return f"{tool.namespace}.{tool.name}" if tool.namespace else tool.name


def _alone(kind: str, word: str, tools: list[OfferedTool], sides: tuple[Side, Side]) -> Finding:
    names = [_full(tool) for tool in tools]
    line = are(names, word)
    uses, calls = max(tool.uses for tool in tools), sides[0].offering
    was, now = f"{uses} of {calls}", f"0 of {sides[1].offering}"
    first, second = (was, now) if word == "gone" else (now, was)
    seen = f"in {first} {sides[0].counted} with tools, now in {second}"
    values = {"before": names} if word == "gone" else {"after": names}
    return finding(kind, "tools", line, evidence=seen, **values)


def _moved(before: Side, after: Side) -> Iterator[Finding]:
    """Yield where tools are in a request, and whether they are in namespaces, if that differs."""
    for name, places in {
        "place": [{tool.at for tool in side.tools} for side in (before, after)],
        "namespaces": [{tool.namespace for tool in side.tools if tool.namespace} for side in (before, after)],
    }.items():
        old, new = (sorted(one) for one in places)
        if not before.tools or not after.tools or old == new or (name == "namespaces" and old and new):
            continue
        if name == "place":
            line = f"tools are sent in {listed(new)}, no longer in {listed(old)}"
        else:
            line = f"tools are in namespaces: {listed(new)}" if new else "tools are no longer in namespaces"
        if name == "namespaces":
            counts = [_in_namespaces(side) for side in (before, after)]
        else:
            counts = [side.offering for side in (before, after)]
        yield finding(
            "tools-moved",
            "tools" if name == "namespaces" else listed(new),
            line,
            before=old,
            after=new,
            evidence=f"in {counts[0]} of {before.calls} {before.counted}, now in {counts[1]} of {after.calls}",
        )


def _reordered(before: list[str], after: list[str]) -> Iterator[Finding]:
    if before != after:
        first = next(place for place, name in enumerate(before) if after[place] != name)
        line = f"the order of the tools differs: {after[first]} is in the place of {before[first]}"
        yield finding("tools-reordered", "tools", line, before=before, after=after)


def _in_namespaces(side: Side) -> int:
    return max((tool.uses for tool in side.tools if tool.namespace), default=0)


def _members(before: Sequence[OfferedTool], after: Sequence[OfferedTool]) -> Iterator[Finding]:
    """Yield members of definitions that no tool of the other side has, among tools of types that both have."""
    types = {tool.type for tool in before} & {tool.type for tool in after}
    old, new = ([tool for tool in tools if tool.type in types] for tools in (before, after))
    for word, one, other in (("gone", old, new), ("new", new, old)):
        known = {name for tool in other for name in tool.rest}
        for name in dict.fromkeys(name for tool in one for name in tool.rest if name not in known):
            having = [tool for tool in one if name in tool.rest]
            counts = f"{len(having)} of {len(one)}"
            seen = f"in {counts} tools, now in 0 of {len(other)}"
            if word == "new":
                seen = f"in 0 of {len(other)} tools, now in {counts}"
            value = bounded(having[0].rest[name])
            line = f"{having[0].at}.{name} is {word}: {shown(value)}"
            side = {"before" if word == "gone" else "after": value}
            yield finding("tool-changed", f"{having[0].at}.{name}", line, evidence=seen, **side)


def _changed(pairs: Iterable[tuple[OfferedTool, OfferedTool]], known: set[str]) -> Iterator[Finding]:
    described: list[str] = []
    texts: list[str] = []
    seen: dict[str, None] = {}
    for one, other in pairs:
        name = _full(other)
        if one.type != other.type:
            line = f"{name} is of type {other.type}, no longer {one.type}"
            values = {"before": one.type, "after": other.type}
            yield finding("tool-type-changed", f"tools.{name}.type", line, **values, evidence=one.seen)
        elif one.schema != other.schema:
            yield from _arguments(name, list(argument_changes(one.schema, other.schema)), one.seen)
        if one.description != other.description:
            described.append(name)
            seen[one.seen] = None
            texts += [f"@ {name}", *text_difference(one.description or "", other.description or "")]
        if one.type == other.type and one.rest != other.rest:
            for change in differences(_without(one.rest, known), _without(other.rest, known)):
                place = f"tools.{name}.{change.at}"
                line = f"{name}: {change.at} {changed_words(change.before, change.after)}"
                values = {"before": bounded(change.before), "after": bounded(change.after)}
                yield finding("tool-changed", place, line, **values, evidence=one.seen)
    if described:
        place = f"tools.{described[0]}.description" if len(described) == 1 else "tools.*.description"
        words = "description of" if len(described) == 1 else f"descriptions of {len(described)} tools changed:"
        line = f"the {words} {listed(described)}" + (" changed" if len(described) == 1 else "")
        evidence = " and ".join(filter(None, seen))
        yield finding("tool-description-changed", place, line, evidence=evidence, text=tuple(texts))


_WORDS = {
    "argument-required": "{} must be given now",
    "argument-optional": "{} may be left out now",
    "argument-removed": "no longer takes {}",
    "argument-added": "takes {} now",
    "argument-type-changed": "takes another type for {}",
    "argument-changed": "takes other values for, or describes otherwise, {}",
}


def _arguments(name: str, changes: list[Arguments], seen: str) -> Iterator[Finding]:
    """Yield one finding for each kind of change."""
    for kind, words in _WORDS.items():
        some = [one for one in changes if one.kind == kind]
        if not some:
            continue
        paths = list(dict.fromkeys(one.path for one in some))
        place = f"tools.{name}.{paths[0]}" if len(paths) == 1 else f"tools.{name}"
        line = f"{name} {words.format(listed(paths))}"
        one = some[0]
        values = {"before": bounded(one.before), "after": bounded(one.after)} if len(some) == 1 else {}
        if values and kind in ("argument-type-changed", "argument-changed"):
            line += f": {' → '.join(shown_pair(one.before, one.after))}"
        yield finding(kind, place, line, **values, evidence=seen)


def argument_changes(before: Any, after: Any, at: str = "") -> Iterator[Arguments]:
    """Yield what differs in two JSON Schemas of arguments."""
    old, new = before if isinstance(before, dict) else {}, after if isinstance(after, dict) else {}
    properties, others = _mapping(old.get("properties")), _mapping(new.get("properties"))
    required, now = (set(_names(one.get("required"))) for one in (old, new))
    for name in dict.fromkeys([*properties, *others]):
        path = f"{at}.{name}" if at else name
        if name not in others:
            yield Arguments("argument-removed", path, properties[name], None)
        elif name not in properties:
            kind = "argument-required" if name in now else "argument-added"
            yield Arguments(kind, path, None, others[name])
        else:
            if (name in required) != (name in now):
                kind = "argument-required" if name in now else "argument-optional"
                yield Arguments(kind, path, name in required, name in now)
            yield from argument_changes(properties[name], others[name], path)
    if old.get("type") != new.get("type"):
        yield Arguments("argument-type-changed", at or "arguments", old.get("type"), new.get("type"))
    if "items" in old and "items" in new:
        yield from argument_changes(old["items"], new["items"], f"{at}[]")
    for change in differences(_unwalked(old), _unwalked(new)):
        path = ".".join(filter(None, (at or "arguments", change.at)))
        yield Arguments("argument-changed", path, change.before, change.after)


def _without(members: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if name not in names}


def _unwalked(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name not in _WALKED}


_WALKED = ("properties", "required", "type", "items")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _names(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
