"""Statistics of what is exchanged at each address; they can be added up."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple, TypeVar
from urllib.parse import unquote

from probe.protocol.event_order import EventStatistics
from probe.protocol.statistics import Values
from probe.slots.relations import Relations
from probe.smallest_hashes import drop_beyond

_T = TypeVar("_T", "BodyStatistics", "ResponseStatistics", "EndpointStatistics")
MOST_NAMES = 200
"""Agents, origins, parameters, statuses and media types at one address; of more, those with the smallest hashes."""
_MODEL = re.compile(r"(?P<name>[^:]+)(?P<verb>:[A-Za-z]+)?")


class Address(NamedTuple):
    """What distinguishes endpoints."""

    listener: str | None
    path: tuple[str, ...]
    """The words of the path; a parameter is `{name}`."""
    method: str
    transport: str

    @property
    def in_order(self) -> tuple[str, bool, tuple[str, ...], str, str]:
        """Return what addresses are sorted by."""
        return self.listener or "", self.listener is None, *self[1:]


class BodyStatistics:
    """Bodies of one media type."""

    __slots__ = ("count", "events", "values")

    def __init__(self) -> None:
        self.count = 0
        self.values = Values("")
        self.events = EventStatistics()

    def merge(self, other: BodyStatistics) -> None:
        """Add other bodies."""
        self.count += other.count
        self.values.merge(other.values)
        self.events.merge(other.events)


class ResponseStatistics:
    """Answers with one status."""

    __slots__ = ("bodies", "count", "cut", "headers")

    def __init__(self) -> None:
        self.count = 0
        self.headers = Values("headers")
        self.bodies: dict[str, BodyStatistics] = {}
        """By media type."""
        self.cut = False
        """True where there were more media types than are kept."""

    def merge(self, other: ResponseStatistics) -> None:
        """Add other answers."""
        self.count += other.count
        self.headers.merge(other.headers)
        merge_all(self.bodies, other.bodies, BodyStatistics)
        self.cut |= other.cut
        self.bound()

    def bound(self) -> None:
        """Drop what is beyond the limits."""
        self.cut |= drop_beyond(self.bodies, MOST_NAMES)


class EndpointStatistics:
    """What is asked at one address in one way."""

    __slots__ = (
        "agents",
        "apis",
        "calls",
        "count",
        "cut",
        "messages",
        "origins",
        "parameters",
        "query",
        "relations",
        "request_headers",
        "requests",
        "responses",
    )

    def __init__(self) -> None:
        self.count = self.calls = 0
        self.agents: set[str] = set()
        self.apis: set[str] = set()
        self.origins: set[str] = set()
        self.parameters: dict[str, Values] = {}
        self.query = Values("query")
        self.request_headers = Values("headers")
        self.requests: dict[str, BodyStatistics] = {}
        self.responses: dict[int | None, ResponseStatistics] = {}
        self.messages = EventStatistics()
        self.relations: Relations | None = None
        """None where nothing calls the model."""
        self.cut = False
        """True where there were more agents, origins, parameters, statuses or media types than are kept."""

    @property
    def is_cut(self) -> bool:
        """Check whether there were more names of any kind than are kept."""
        more = self.relations is not None and self.relations.more
        return self.cut or more or any(one.cut for one in self.responses.values())

    def merge(self, other: EndpointStatistics) -> None:
        """Add what else is asked here."""
        self.count += other.count
        self.calls += other.calls
        self.agents |= other.agents
        self.apis |= other.apis
        self.origins |= other.origins
        for name, values in other.parameters.items():
            self.parameters.setdefault(name, Values(f"path.{name}")).merge(values)
        self.query.merge(other.query)
        self.request_headers.merge(other.request_headers)
        merge_all(self.requests, other.requests, BodyStatistics)
        merge_all(self.responses, other.responses, ResponseStatistics)
        self.messages.merge(other.messages)
        if other.relations:
            self.relations = self.relations or Relations()
            self.relations.merge(other.relations)
        self.cut |= other.cut
        self.bound()

    def bound(self) -> None:
        """Drop what is beyond the limits."""
        for named in (self.agents, self.origins, self.parameters, self.requests, self.responses):
            self.cut |= drop_beyond(named, MOST_NAMES)


_K = TypeVar("_K")


def merge_all(here: dict[_K, _T], there: dict[_K, _T], new: Callable[[], _T]) -> None:
    """Add statistics to those of the same name."""
    for key, one in there.items():
        known = here.get(key)
        if known is None:
            known = here[key] = new()
        known.merge(one)


class Path(NamedTuple):
    """A path with its parameters."""

    words: tuple[str, ...]
    values: dict[str, str]


def path_of(path: str, normal: Callable[[str], str]) -> Path:
    """Return a path of which each word that looks like an id, and each model's name, is a parameter."""
    words: list[str] = []
    values: dict[str, str] = {}
    before = ""
    for word in path.split("/"):
        match = _MODEL.fullmatch(word) if before in ("model", "models") else None
        if match:
            words.append(parameter("model", match["name"], values) + (match["verb"] or ""))
        elif word and (word.isdigit() or normal(unquote(word)) != unquote(word)):
            words.append(parameter(f"{singular(before)}_id" if before else "id", word, values))
        else:
            words.append(word)
        before = word
    return Path(tuple(words), values)


def parameter(name: str, value: str, values: dict[str, str]) -> str:
    """Add a parameter and its value; return how it is written in a path."""
    name = re.sub(r"\W", "_", name)
    while name in values:
        name += "_"
    values[name] = unquote(value)
    return f"{{{name}}}"


def singular(word: str) -> str:
    """Return what one of several things is called."""
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word
