"""Check a target's files; an error names file, line, key and the nearest known word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import msgspec

from probe.did_you_mean import did_you_mean
from probe.errors import UserError
from probe.record.ids import KINDS, place_problem
from probe.renderers.loader import AUTO, load_api
from probe.slots.rules import Rule, rule_problem
from probe.targets.document import Document
from probe.targets.file_formats import written_value
from probe.targets.target import PLACEHOLDER, Change, ListenerSpec, RendererRule, Target, texts, url_problem
from probe.targets.vendors import vendor_of

_PLAIN_PLACEHOLDERS = ("prompt", "files")
_RULE = "for example {slot: chunk, at: 'input[].output', pattern: 'Chunk ID: ([0-9a-f]{6})'}"
_HOST = re.compile(r"[\w.:*?\[\]!-]+")
"""A host's name or address, with fnmatch's wildcards; no scheme, port or path."""


def check_keys(document: Document) -> None:
    known = [field.encode_name for field in msgspec.structs.fields(Target)]
    listener_keys = [field.name for field in msgspec.structs.fields(ListenerSpec)]
    _check_known(document, (), document.data, known)
    listeners = document.data.get("listeners")
    for name, listener in listeners.items() if isinstance(listeners, dict) else ():
        _check_known(document, ("listeners", str(name)), listener, listener_keys)
    for key, kind in (("renderer", RendererRule), ("changes", Change), ("slots", Rule)):
        items, item_keys = document.data.get(key), [field.name for field in msgspec.structs.fields(kind)]
        for number, item in enumerate(items if isinstance(items, list) else ()):
            _check_known(document, (key, str(number)), item, item_keys)
    _check_slots(document)


def _check_slots(document: Document) -> None:
    """Check the rules of one file: those of a target's files are put together, and lose their numbers."""
    rules = document.data.get("slots", [])
    if not isinstance(rules, list):
        raise document.error(("slots",), "slots is a list of rules", _RULE)
    for number, value in enumerate(rules):
        try:
            problem = rule_problem(msgspec.convert(value, Rule))
        except msgspec.ValidationError as error:
            problem = str(error)
        if problem:
            raise document.error(("slots", str(number)), f"slots.{number}: {problem}", _RULE)


def _check_known(document: Document, path: tuple[str, ...], value: Any, known: list[str]) -> None:
    for key in value if isinstance(value, dict) else ():
        if key not in known:
            where = (*path, str(key))
            hint = did_you_mean(str(key), known) + f"known keys are: {', '.join(known)}"
            raise document.error(where, f"unknown key {str(key)!r}", hint)


def converted(data: dict[str, Any], documents: list[Document]) -> Target:
    try:
        return msgspec.convert(data, Target)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at `$")
        path = tuple(re.findall(r"\w+|\.\.\.", place))
        if path[1:2] == ("...",):
            path = (path[0], _unconvertible(data[path[0]], _VALUES[path[0]]), *path[2:])
        raise _owner(documents, path).error(path, f"{'.'.join(path) or 'target'}: {problem}", _meant(path)) from error


def _meant(path: tuple[str, ...]) -> str | None:
    """Return a hint on how to write the value of a key, if it is not obvious."""
    key = path[0] if path else ""
    if key.endswith("_command") or key == "args":
        return 'a list of words, for example [my-agent, run, "{prompt}"]; quote a word with braces'
    return {"mode": "modes are: reverse, forward", "env": 'a text, in quotes: NAME: "1"'}.get(key)


_VALUES: dict[str, Any] = {"listeners": ListenerSpec, "env": str, "ids": list[str]}
"""The type of each mapping's values."""


def _unconvertible(mapping: dict[str, Any], kind: Any) -> str:
    """Return the first key whose value does not convert: msgspec does not name it."""
    for key, value in mapping.items():
        try:
            msgspec.convert(value, kind)
        except msgspec.ValidationError:
            return str(key)
    # The key itself has the wrong type: 1 instead of "1".
    return next(str(key) for key in mapping if not isinstance(key, str))


def _owner(documents: list[Document], path: tuple[str, ...]) -> Document:
    """Return the file that a value is from: the last one that has it."""
    return next((document for document in reversed(documents) if path in document.lines), documents[0])


def check_values(target: Target, documents: list[Document]) -> None:
    for path, problem, hint in _problems(target):
        raise _owner(documents, path).error(path, problem, hint)


def _problems(target: Target) -> Iterator[tuple[tuple[str, ...], str, str | None]]:
    """Yield errors other than wrong types: the key's path, the problem, a hint."""
    if not target.listeners:
        yield ("listeners",), "a target needs at least one listener", None
    for name, listener in target.listeners.items():
        where = ("listeners", name, "upstream")
        if not listener.upstream:
            if target.mode.listeners_have_urls:
                yield where, f"listener {name!r} has no upstream", "for example https://api.openai.com"
        elif problem := url_problem(listener.upstream):
            yield where, f"upstream {listener.upstream!r}: {problem}", "for example https://api.openai.com"
    rules = target.renderer if isinstance(target.renderer, list) else []
    modules: list[tuple[tuple[str, ...], str]] = []
    if isinstance(target.renderer, str) and target.renderer != AUTO:
        modules.append((("renderer",), target.renderer))
    modules += [(("renderer", str(number)), rule.renderer) for number, rule in enumerate(rules)]
    for place, module in modules:
        try:
            load_api(module)
        except UserError as error:
            yield place, str(error.args[0]), error.hint
    yield from _misfits(target)
    yield from _misfits_of_mode(target)
    yield from _misplaced_files(target)
    yield from _mixed_keys(target)
    yield from _misplaced_ids(target)
    yield from _unknown_placeholders(target)


def _misfits(target: Target) -> Iterator[tuple[tuple[str, ...], str, str | None]]:
    """Yield keys that have no effect without another."""
    if target.prompt_command is not None and not any("{prompt}" in word for word in target.prompt_command):
        yield ("prompt_command",), "prompt_command has no {prompt}", 'for example [thing, run, "{prompt}"]'
    if target.args and not target.agent:
        yield ("args",), "args are put behind the name of the agent, and there is no agent", "add: agent: PROGRAM"
    ports: dict[int, str] = {}
    for name, listener in target.listeners.items() if not target.mode.shares_port else ():
        if listener.port in ports:
            yield (
                ("listeners", name, "port"),
                f"port {listener.port} is listener {ports[listener.port]!r} already",
                None,
            )
        ports[listener.port] = name


def _misplaced_ids(target: Target) -> Iterator[tuple[tuple[str, ...], str, str | None]]:
    """Yield unknown kinds of ids, and invalid places."""
    for kind, places in target.ids.items():
        if kind not in KINDS:
            yield (
                ("ids", kind),
                f"unknown kind of id {kind!r}",
                did_you_mean(kind, KINDS) + f"kinds are: {', '.join(KINDS)}",
            )
        for number, place in enumerate(places):
            if problem := place_problem(place):
                yield ("ids", kind, str(number)), f"{place!r}: {problem}", "for example body client_metadata.turn_id"


def _mixed_keys(target: Target) -> Iterator[tuple[tuple[str, ...], str, str | None]]:
    """Yield keys of two vendors in one list, and keys of unknown listeners."""
    named = target.keys if isinstance(target.keys, dict) else {"": target.keys}
    for listener, names in named.items():
        where = ("keys", listener) if listener else ("keys",)
        if listener and listener not in target.listeners:
            hint = did_you_mean(listener, target.listeners) + f"listeners are: {', '.join(target.listeners)}"
            yield where, f"keys of a listener {listener!r} that there is not", hint
        vendors = {vendor: name for name in names if (vendor := vendor_of(name))}
        if len(vendors) > 1:
            problem = f"{' and '.join(vendors.values())} are of two vendors, and would be handed on for one another"
            yield where, problem, "write them by listener: keys: {LISTENER: [VARIABLE], …}"


def _misfits_of_mode(target: Target) -> Iterator[tuple[tuple[str, ...], str, str | None]]:
    """Yield keys that forward mode requires, and keys without effect in the target's mode."""
    if not target.mode.opens_tls:
        unused: list[tuple[str, ...]] = [("ca_env",)] if target.ca_env else []
        unused += [("listeners", name, "host") for name, listener in target.listeners.items() if listener.host]
        for place in unused:
            yield place, f"{place[-1]} does nothing in reverse mode", "add: mode: forward"
        return
    if not target.agent:
        yield ("mode",), "forward mode needs an agent: it is led to the listeners by its environment", "add: agent: …"
    if not target.ca_env:
        hint = "ca_env names the variables by which the agent takes a CA, for example ca_env: [SSL_CERT_FILE]"
        yield ("mode",), "forward mode needs ca_env", hint
    if target.coverage:
        yield ("coverage",), "in forward mode all connections are seen anyway", "leave it out"
    first = next(iter(target.listeners.values()), None)
    for name, listener in target.listeners.items():
        where = ("listeners", name)
        if not listener.host or not _HOST.fullmatch(listener.host):
            hint = "for example host: api.openai.com, or host: '*.example.com'"
            yield (*where, "host"), f"listener {name!r} names no host", hint
        if first and listener.port != first.port:
            yield (*where, "port"), f"in forward mode all listeners share one port; the first has {first.port}", None


def _misplaced_files(target: Target) -> Iterator[tuple[tuple[str, ...], str, str | None]]:
    """Yield settings files with paths outside of the run's folder, or with values that cannot be written."""
    for name, value in target.files.items():
        path, where = PurePosixPath(name), ("files", name)
        if str(path) != name or path.is_absolute() or not path.name or ".." in path.parts or "\0" in name:
            yield where, f"file {name!r} is no plain relative path", "for example settings.json or .thing/settings.json"
        if above := next((one for one in target.files if PurePosixPath(one) in path.parents), None):
            yield where, f"file {above!r} cannot be a folder too", None
        problem = _unwritable(name, value)
        if problem or not isinstance(value, str | dict | list):
            of = "TOML" if path.suffix == ".toml" else "JSON"
            yield where, f"file {name!r} is neither a text nor what {of} has: mappings, lists, texts, numbers", problem


def _unwritable(name: str, value: Any) -> str | None:
    """Return why a value cannot be written in the format of a file; None for a text and for one that can."""
    try:
        if not isinstance(value, str):
            written_value(name, value)
    except (TypeError, ValueError) as error:
        return str(error)
    return None


def _unknown_placeholders(target: Target) -> Iterator[tuple[tuple[str, ...], str, str | None]]:
    # In forward mode the agent calls the hosts themselves: there is no other URL.
    names = target.listeners if target.mode.listeners_have_urls else ()
    known = [*_PLAIN_PLACEHOLDERS, *(f"{name}.{part}" for name in names for part in ("url", "port"))]
    described: list[tuple[tuple[str, ...], str]] = [
        (("manual_steps", str(place)), text) for place, text in enumerate(target.manual_steps)
    ]
    described += [(("changes", str(place), "what"), change.what) for place, change in enumerate(target.changes)]
    keys = [f"{name}.key" for name in target.keys] if isinstance(target.keys, dict) else ["key"] * bool(target.keys)
    for where, text in (*texts(target), *described):
        for name in PLACEHOLDER.findall(text):
            if name in keys and where[0] != "files":
                yield where, f"{{{name}}} is for files alone", "the agent gets its key in the environment anyway"
            elif name not in (known if where[0] != "files" else [*known, *keys]):
                yield where, f"unknown placeholder {{{name}}}", did_you_mean(name, known) + f"known: {', '.join(known)}"
