"""What is known of an agent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec

from probe.renderers.loader import AUTO
from probe.slots.rules import Rule
from probe.targets.modes import MODES, Mode

PLACEHOLDER = re.compile(r"\{([A-Za-z_][\w-]*(?:\.[a-z]+)?)\}")
"""`{prompt}`, `{model.url}` and the like."""


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
    """Names what `args` or `env` set, as written there."""
    why: str


class Target(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An agent as this project knows it. docs/targets.md describes each key."""

    description: str
    listeners: dict[str, ListenerSpec]
    mode_name: Literal["reverse", "forward"] = msgspec.field(default="reverse", name="mode")
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
    unattended: str | None = None
    """What the agent does with a prompt where it would ask otherwise; shown before such a run starts."""
    interactive_command: list[str] | None = None
    env: dict[str, str] = {}
    files: dict[str, Any] = {}
    """Settings files that are written into the run's folder, by name: text, or a value that is written as YAML or
    TOML where the name ends so, else as JSON.
    `{files}` is the folder."""
    ca_env: list[str] = []
    """Variables by which the agent takes a certificate authority; set in forward mode."""
    ids: dict[str, list[str]] = {}
    """Places of the agent's own ids in a request, by kind of group; see `probe.record.ids`."""
    keys: list[str] | dict[str, list[str]] = []
    """Variables with the agent's key; the first that is set is handed on under the first name. By listener where the
    agent has keys of several vendors: a key is handed on under a name of the same listener only."""
    manual_steps: list[str] = []
    upstream_proxy: str | None = None
    upstream_ca: str | None = None
    output_dir: str | None = None
    redact_headers: list[str] = []
    allow_hosts: list[str] = []
    """Hosts (fnmatch patterns) of web pages that may use the listeners, and other names of the listeners; all else that
    a browser sends, or that asks by another name, is refused."""
    fresh_folders: list[str] = []
    """Variables that name a folder of the agent's own (settings, history); in a replay each is an empty one."""
    coverage: bool = False
    """Whether to watch by default connections that bypass the listeners."""
    changes: list[Change] = []
    """What `args` and `env` change about the agent, and why; a run's manifest and report list it."""
    slots: list[Rule] = []
    """What changes from run to run of this agent, beside what is known of all; see `probe.slots.rules`."""
    compress_over: Annotated[int, msgspec.Meta(ge=0)] | Literal["never"] | None = None
    """Megabytes over which the record of a finished run is compressed."""
    replay: str | None = None
    """A run that replaces the upstreams, unless one is given on the command line."""

    @property
    def mode(self) -> Mode:
        """Return what the mode means."""
        return MODES[self.mode_name]

    @property
    def key_groups(self) -> list[list[str]]:
        """Return the variables with keys; those of one group are names of one key."""
        groups = list(self.keys.values()) if isinstance(self.keys, dict) else [self.keys]
        return [group for group in groups if group]

    @property
    def key_variables(self) -> list[str]:
        """Return all variables with keys."""
        return list(dict.fromkeys(name for group in self.key_groups for name in group))


def expand(text: str, values: dict[str, str]) -> str:
    """Fill `{prompt}`, `{model.url}` and the like in one pass: what is filled in is not expanded again."""
    return PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)


def set_by(words: Sequence[str]) -> list[str]:
    """Name what the words of a command set: `a.b` of `-c a.b=1`, `--flag`; a change explains each by its name."""
    names = []
    for word, following in zip(words, [*words, ""][1:], strict=True):
        name, equals, _ = word.partition("=")
        # `-c` alone sets nothing; the next word does.
        if equals or (word.startswith("-") and not (len(word) == 2 and "=" in following)):
            names.append(name)
    return names


def explains(change: Change, name: str) -> bool:
    """Check whether a change names what a word or a variable sets."""
    return bool(re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", change.what))


def _texts_in(value: Any) -> Iterator[str]:
    """Yield every text in a value that was read from YAML, except the keys of mappings."""
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


def url_problem(url: str) -> str | None:
    """Return what is wrong with an upstream's URL; None when nothing is."""
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
