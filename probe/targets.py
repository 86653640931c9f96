"""Targets: what is known of an agent, out of `<name>.yaml` in targets/ or in a folder of the user's (PROBE_TARGETS)."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec

from probe.errors import UserError, nearest
from probe.record.ids import KINDS, place_problem
from probe.renderers.loader import AUTO, Renderer, load_module, load_renderer
from probe.target_file import Document
from probe.vendors import vendor_of

PROJECT = Path(__file__).resolve().parents[1]
"""The checkout: targets, the default data folder and the demo agent lie in it."""

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][\w-]*(?:\.[a-z]+)?)\}")
_PLAIN_PLACEHOLDERS = ("prompt", "files")
_HOST = re.compile(r"[\w.:*?\[\]!-]+")
"""A host's name or address, with fnmatch's wildcards; no scheme, port or path."""


class ListenerSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One local port in front of one upstream."""

    port: Annotated[int, msgspec.Meta(ge=1, le=65535)]
    """Used by `proxies`; a command that launches the agent takes a free one. In forward mode the same for all."""
    upstream: str = ""
    """Only in forward mode it may be left out: requests then go to the host that the agent asked for."""
    purpose: str = ""
    host: str | None = None
    """In forward mode: the host (fnmatch pattern) whose tunnels are opened for this listener."""


class RendererRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The renderer of the paths that match a pattern."""

    path: str
    renderer: str


class Change(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way in which the agent is not as it would be alone."""

    what: str
    """Names what `args` or `env` set, as it stands there."""
    why: str


class Target(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An agent as this project knows it. DESIGN of each key: README, "Adding a target"."""

    description: str
    listeners: dict[str, ListenerSpec]
    mode: Literal["reverse", "forward"] = "reverse"
    """How the agent is led to the listeners: by a base URL, or by HTTPS_PROXY and a certificate authority."""
    renderer: str | list[RendererRule] = AUTO
    report_title: str = "Agent Traffic Analysis Report"
    agent: str | None = None
    """The program; None when it can only be started by hand."""
    install: str | None = None
    """How to install it, shown when it is missing."""
    args: list[str] = []
    """Put after the program's name in every command that runs this agent."""
    prompt_command: list[str] | None = None
    interactive_command: list[str] | None = None
    env: dict[str, str] = {}
    files: dict[str, Any] = {}
    """Settings files that are written into the run's folder, by name: text, or a value that is written as JSON.
    `{files}` is the folder."""
    ca_env: list[str] = []
    """Variables by which the agent takes a certificate authority; set in forward mode."""
    ids: dict[str, list[str]] = {}
    """Where the agent's own ids stand in a request, by kind of group; see `probe.record.ids`."""
    keys: list[str] | dict[str, list[str]] = []
    """Variables with the agent's key; the first that is set is handed on under the first name. By listener where the
    agent has keys of several vendors: a key is handed on under a name of the same listener only."""
    manual_steps: list[str] = []
    upstream_proxy: str | None = None
    upstream_ca: str | None = None
    output_dir: str | None = None
    redact_headers: list[str] = []
    fresh_folders: list[str] = []
    """Variables that name a folder of the agent's own (settings, history); in a replay each is an empty one."""
    coverage: bool = False
    """Whether to watch by default what goes around the listeners."""
    changes: list[Change] = []
    """What `args` and `env` change about the agent, and why; a run's manifest and report tell it."""
    replay: str | None = None
    """A run that stands in for the upstreams, unless one is given on the command line."""

    @property
    def key_groups(self) -> list[list[str]]:
        """Give the variables with keys; those of one group are names of one key."""
        groups = list(self.keys.values()) if isinstance(self.keys, dict) else [self.keys]
        return [group for group in groups if group]

    @property
    def key_variables(self) -> list[str]:
        """Give all variables with keys."""
        return list(dict.fromkeys(name for group in self.key_groups for name in group))


def target_folders() -> list[Path]:
    """Give the folders of targets: the user's own (PROBE_TARGETS), then ours; of two of one name the first counts."""
    own = [Path(one).expanduser().absolute() for one in os.environ.get("PROBE_TARGETS", "").split(os.pathsep) if one]
    return list(dict.fromkeys([*own, PROJECT / "targets"]))


def target_files(name: str) -> list[Path]:
    """Give the files of a target's name: the one that is read, then those that it hides."""
    plain = name and Path(name).name == name and not name.endswith(".local")
    return [folder / f"{name}.yaml" for folder in target_folders() if plain and (folder / f"{name}.yaml").is_file()]


def target_names() -> list[str]:
    """Give the names of all targets."""
    files = {file.stem for folder in target_folders() for file in folder.glob("*.yaml")}
    return sorted(name for name in files if not name.endswith(".local"))


def load_target(name: str) -> tuple[Target, dict[str, str]]:
    """Read a target, with the `<name>.local.yaml` beside it over it; give it with the file that each key is from.

    Raises UserError that names file, line, key and the nearest known word.
    """
    file = next(iter(target_files(name)), None)
    if file is None:
        raise _no_target(name)
    documents = [Document(file)]
    local = file.with_name(f"{name}.local.yaml")
    if local.is_file():
        documents.append(Document(local))
    sources: dict[str, str] = {}
    merged: dict[str, Any] = {}
    for document in documents:
        _check_keys(document)
        merged = _merge(merged, document.data)
        sources |= dict.fromkeys(map(".".join, document.lines), document.name)
    target = _converted(merged, documents)
    _check_values(target, documents)
    return target, sources


def _no_target(name: str) -> UserError:
    known = target_names()
    if name.endswith((".yaml", ".yml")) or os.sep in name:
        path = Path(name).expanduser()
        hint = f"a target is a name: PROBE_TARGETS={path.parent} and --target {path.stem}"
        return UserError(f"no target {name!r}", hint)
    places = [str(folder) + ("" if folder.is_dir() else " (no such folder)") for folder in target_folders()]
    hint = nearest(name, known) + f"targets are: {', '.join(known)}"
    return UserError(f"no target {name!r} in {' or '.join(places)}", hint)


def output_dirs() -> dict[str, Path]:
    """Give the run folders of the targets that do not use the data folder."""
    dirs = {}
    for name in target_names():
        # A file with a mistake in it is told of where it is used.
        with contextlib.suppress(UserError):
            target, _ = load_target(name)
            if target.output_dir:
                dirs[name] = output_dir(target.output_dir)
    return dirs


def output_dir(given: str) -> Path:
    """Give the folder that a target's file names: relative to the project."""
    return (PROJECT / Path(given).expanduser()).resolve()


def renderer_spec(target: Target) -> str | list[dict[str, str]]:
    """Give a target's renderer as `probe.renderers.loader` takes it."""
    if isinstance(target.renderer, str):
        return target.renderer
    return [{"path": rule.path, "renderer": rule.renderer} for rule in target.renderer]


def renderer_of(name: str) -> Renderer:
    """Give the renderer of a target's runs; found by path when its file is gone."""
    try:
        return load_renderer(renderer_spec(load_target(name)[0]))
    except UserError:
        return load_renderer(AUTO)


def expand(text: str, values: dict[str, str]) -> str:
    """Fill `{prompt}`, `{model.url}` and the like in one pass: what is filled in is not expanded again."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)


def set_by(words: Sequence[str]) -> list[str]:
    """Name what the words of a command set: `a.b` of `-c a.b=1`, `--flag`; a change explains each by its name."""
    names = []
    for word, following in zip(words, [*words, ""][1:], strict=True):
        name, equals, _ = word.partition("=")
        # `-c` alone says nothing, what follows does.
        if equals or (word.startswith("-") and not (len(word) == 2 and "=" in following)):
            names.append(name)
    return names


def explains(change: Change, name: str) -> bool:
    """Tell whether a change names what a word or a variable sets."""
    return bool(re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", change.what))


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Lay one file's keys over another's; mappings (listeners, env) key by key."""
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _check_keys(document: Document) -> None:
    known = [field.name for field in msgspec.structs.fields(Target)]
    listener_keys = [field.name for field in msgspec.structs.fields(ListenerSpec)]
    _check_known(document, (), document.data, known)
    listeners = document.data.get("listeners")
    for name, listener in listeners.items() if isinstance(listeners, dict) else ():
        _check_known(document, ("listeners", str(name)), listener, listener_keys)
    for key, kind in (("renderer", RendererRule), ("changes", Change)):
        items, item_keys = document.data.get(key), [field.name for field in msgspec.structs.fields(kind)]
        for number, item in enumerate(items if isinstance(items, list) else ()):
            _check_known(document, (key, str(number)), item, item_keys)


def _check_known(document: Document, path: tuple[str, ...], value: Any, known: list[str]) -> None:
    for key in value if isinstance(value, dict) else ():
        if key not in known:
            where = (*path, str(key))
            hint = nearest(str(key), known) + f"known keys are: {', '.join(known)}"
            raise document.error(where, f"unknown key {str(key)!r}", hint)


def _converted(data: dict[str, Any], documents: list[Document]) -> Target:
    try:
        return msgspec.convert(data, Target)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at `$")
        path = tuple(re.findall(r"\w+|\.\.\.", place))
        if path[1:2] == ("...",):
            path = (path[0], _unconvertible(data[path[0]], _VALUES[path[0]]), *path[2:])
        raise _owner(documents, path).error(path, f"{'.'.join(path) or 'target'}: {problem}", _meant(path)) from error


def _meant(path: tuple[str, ...]) -> str | None:
    """Say how the value of a key is written, where that is not what everybody would write first."""
    key = path[0] if path else ""
    if key.endswith("_command") or key == "args":
        return 'a list of words, for example [my-agent, run, "{prompt}"]; a word with braces stands in quotes'
    return {"mode": "modes are: reverse, forward", "env": 'a text, in quotes: NAME: "1"'}.get(key)


_VALUES: dict[str, Any] = {"listeners": ListenerSpec, "env": str, "ids": list[str]}
"""What the values of each mapping are."""


def _unconvertible(mapping: dict[str, Any], kind: Any) -> str:
    """Give the first key whose value does not convert: msgspec does not name it."""
    for key, value in mapping.items():
        try:
            msgspec.convert(value, kind)
        except msgspec.ValidationError:
            return str(key)
    # It is the key itself that is of the wrong kind: 1 instead of "1".
    return next(str(key) for key in mapping if not isinstance(key, str))


def _owner(documents: list[Document], path: tuple[str, ...]) -> Document:
    """Give the file that a value is from: the uppermost that has it."""
    return next((document for document in reversed(documents) if path in document.lines), documents[0])


def _check_values(target: Target, documents: list[Document]) -> None:
    for path, problem, hint in _problems(target):
        raise _owner(documents, path).error(path, problem, hint)


def _problems(target: Target) -> Iterator[tuple[tuple[str, ...], str, str | None]]:
    """Yield what is wrong although its type is right: the key's path, the problem, a hint."""
    if not target.listeners:
        yield ("listeners",), "a target needs at least one listener", None
    for name, listener in target.listeners.items():
        where = ("listeners", name, "upstream")
        if not listener.upstream:
            if target.mode == "reverse":
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
            load_module(module)
        except UserError as error:
            yield place, str(error.args[0]), error.hint
    yield from _misfits(target)
    yield from _misfits_of_mode(target)
    yield from _misplaced_files(target)
    yield from _mixed_keys(target)
    yield from _misplaced_ids(target)
    yield from _unknown_placeholders(target)


def _misfits(target: Target) -> Iterator[tuple[tuple[str, ...], str, str | None]]:
    """Yield keys that do nothing without another."""
    if target.prompt_command is not None and not any("{prompt}" in word for word in target.prompt_command):
        yield ("prompt_command",), "prompt_command has no {prompt}", 'for example [thing, run, "{prompt}"]'
    if target.args and not target.agent:
        yield ("args",), "args are put behind the name of the agent, and there is no agent", "add: agent: PROGRAM"
    ports: dict[int, str] = {}
    for name, listener in target.listeners.items() if target.mode == "reverse" else ():
        if listener.port in ports:
            yield (
                ("listeners", name, "port"),
                f"port {listener.port} is listener {ports[listener.port]!r} already",
                None,
            )
        ports[listener.port] = name


def _misplaced_ids(target: Target) -> Iterator[tuple[tuple[str, ...], str, str | None]]:
    """Yield kinds of ids that there are not, and places that are none."""
    for kind, places in target.ids.items():
        if kind not in KINDS:
            yield ("ids", kind), f"unknown kind of id {kind!r}", nearest(kind, KINDS) + f"kinds are: {', '.join(KINDS)}"
        for number, place in enumerate(places):
            if problem := place_problem(place):
                yield ("ids", kind, str(number)), f"{place!r}: {problem}", "for example body client_metadata.turn_id"


def _mixed_keys(target: Target) -> Iterator[tuple[tuple[str, ...], str, str | None]]:
    """Yield keys of two vendors that would be handed on for one another, or that are of no listener."""
    named = target.keys if isinstance(target.keys, dict) else {"": target.keys}
    for listener, names in named.items():
        where = ("keys", listener) if listener else ("keys",)
        if listener and listener not in target.listeners:
            hint = nearest(listener, target.listeners) + f"listeners are: {', '.join(target.listeners)}"
            yield where, f"keys of a listener {listener!r} that there is not", hint
        vendors = {vendor: name for name in names if (vendor := vendor_of(name))}
        if len(vendors) > 1:
            problem = f"{' and '.join(vendors.values())} are of two vendors, and would be handed on for one another"
            yield where, problem, "write them by listener: keys: {LISTENER: [VARIABLE], …}"


def _misfits_of_mode(target: Target) -> Iterator[tuple[tuple[str, ...], str, str | None]]:
    """Yield what forward mode needs, and what means nothing in the mode that the target has."""
    if target.mode == "reverse":
        told: list[tuple[str, ...]] = [("ca_env",)] if target.ca_env else []
        told += [("listeners", name, "host") for name, listener in target.listeners.items() if listener.host]
        for place in told:
            yield place, f"{place[-1]} does nothing in reverse mode", "add: mode: forward"
        return
    if not target.agent:
        yield ("mode",), "forward mode needs an agent: it is led to the listeners by its environment", "add: agent: …"
    if not target.ca_env:
        hint = "ca_env names the variables by which the agent takes a CA, for example ca_env: [SSL_CERT_FILE]"
        yield ("mode",), "forward mode needs ca_env", hint
    if target.coverage:
        yield ("coverage",), "in forward mode all that goes around the listeners is seen anyway", "leave it out"
    first = next(iter(target.listeners.values()), None)
    for name, listener in target.listeners.items():
        where = ("listeners", name)
        if not listener.host or not _HOST.fullmatch(listener.host):
            hint = "for example host: api.openai.com, or host: '*.example.com'"
            yield (*where, "host"), f"listener {name!r} names no host", hint
        if first and listener.port != first.port:
            yield (*where, "port"), f"in forward mode all listeners share one port; the first has {first.port}", None


def _misplaced_files(target: Target) -> Iterator[tuple[tuple[str, ...], str, str | None]]:
    """Yield settings files that would lie elsewhere than in the run's own folder, or that cannot be written."""
    for name, value in target.files.items():
        path, where = PurePosixPath(name), ("files", name)
        if str(path) != name or path.is_absolute() or not path.name or ".." in path.parts or "\0" in name:
            yield where, f"file {name!r} is no plain relative path", "for example settings.json or .thing/settings.json"
        if above := next((one for one in target.files if PurePosixPath(one) in path.parents), None):
            yield where, f"file {above!r} cannot be a folder too", None
        if not isinstance(value, str | dict | list) or not _is_json(value):
            yield where, f"file {name!r} is neither a text nor what JSON has: mappings, lists, texts, numbers", None


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


def _texts_in(value: Any) -> Iterator[str]:
    """Yield every text in a value as YAML gives it, but the keys of mappings."""
    if isinstance(value, str):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts_in(one)


def texts(target: Target) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield all that is filled in for the agent, with the path of its key: words of commands, variables, files."""
    lists = {"args": target.args, "prompt_command": target.prompt_command}
    lists["interactive_command"] = target.interactive_command
    for key, items in lists.items():
        yield from (((key, str(place)), text) for place, text in enumerate(items or ()))
    yield from ((("env", key), text) for key, text in target.env.items())
    yield from ((("files", name), text) for name, value in target.files.items() for text in _texts_in(value))


def _unknown_placeholders(target: Target) -> Iterator[tuple[tuple[str, ...], str, str | None]]:
    # In forward mode the agent asks the hosts themselves: there is no other URL.
    names = target.listeners if target.mode == "reverse" else ()
    known = [*_PLAIN_PLACEHOLDERS, *(f"{name}.{part}" for name in names for part in ("url", "port"))]
    told: list[tuple[tuple[str, ...], str]] = [
        (("manual_steps", str(place)), text) for place, text in enumerate(target.manual_steps)
    ]
    told += [(("changes", str(place), "what"), change.what) for place, change in enumerate(target.changes)]
    for where, text in (*texts(target), *told):
        for name in _PLACEHOLDER.findall(text):
            if name not in known:
                yield where, f"unknown placeholder {{{name}}}", nearest(name, known) + f"known: {', '.join(known)}"


def url_problem(url: str) -> str | None:
    """Say what is wrong with an upstream's URL; None when nothing is."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return str(error)
    if parts.scheme not in ("http", "https"):
        return "it must begin with http:// or https://"
    if not parts.hostname or port == 0:
        return "it names no host or no usable port"
    if parts.query or parts.fragment or parts.username is not None:
        return "a query, a fragment or credentials cannot be part of it"
    return None
