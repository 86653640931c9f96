"""The typed content of a manifest, and the migration of older ones."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec

from probe.record.differing_place import DifferingPlace
from probe.record.problem import Problem, ProblemKind

SCHEMA = 2
_Time = Annotated[datetime, msgspec.Meta(tz=True)]
_FileName = Annotated[str, msgspec.Meta(pattern=r"^[\w-][\w.-]{0,199}\Z")]
"""A file of the run, never a path to another folder."""


class Step(msgspec.Struct, frozen=True):
    """Inputs and outputs of a step of the pipeline: file or setting → SHA-256."""

    inputs: dict[str, str]
    outputs: dict[_FileName, str]
    finished: str | None = None


class Recovered(msgspec.Struct, frozen=True):
    """How a recording that was killed was recovered."""

    exchanges: int
    """Those that were folded in."""
    at: str | None = None


class Setting(msgspec.Struct, frozen=True):
    """A setting, and where it came from."""

    value: Any = None
    source: str = ""


class Counts(msgspec.Struct, frozen=True):
    """How much was recorded; None where it was not counted."""

    seen: int | None = None
    """Exchanges that the proxies saw."""
    written: int | None = None
    refused: int | None = None
    """Exchanges whose request the proxy refused."""
    cut_short: int | None = None
    websocket_messages: int | None = None


class ListenerFacts(msgspec.Struct, frozen=True):
    """One listener of a run."""

    address: str
    upstream: str
    upstream_proxy: str | None = None
    host: str | None = None


class CoverageFacts(msgspec.Struct, frozen=True):
    """Whether connections that bypass the listeners were watched, and how many there were."""

    watched: bool = False
    source: str = ""
    address: str | None = None
    upstream_proxy: str | None = None
    seen: int | None = None
    """None before the end of the run, and where they were not watched."""
    noted: int | None = None
    sha256: str | msgspec.UnsetType | None = msgspec.UNSET
    """Of the file of tunnels; None where there was none, unset where it was not checked."""


class Replayed(msgspec.Struct, frozen=True):
    """How a replay went."""

    calls: int = 0
    """Calls of the model that the agent made."""
    unasked: int = 0
    """Recorded calls that it did not make."""
    differing: list[DifferingPlace] = []
    """Where calls differed from the recorded ones, each place once."""
    faults_hit: list[str] = []
    """Which calls were hit by which fault."""
    faults_missed: list[str] = []
    """Which faults hit no call."""


class CompressedFile(msgspec.Struct, frozen=True, kw_only=True):
    """The file that has the record compressed; `traffic_sha256` stays the hash of the record itself."""

    file: _FileName
    sha256: str
    size: int
    record_size: int
    """Bytes of the record, decompressed."""


class ObserverChange(msgspec.Struct, frozen=True):
    """One way in which recording changed the agent or its environment."""

    what: str = ""
    why: str = ""


class AgentSession(msgspec.Struct, frozen=True):
    """A session file of the agent, as it was at the end of the run."""

    path: str
    sha256: str


class Redaction(msgspec.Struct, frozen=True):
    """Of which run this one is a redacted copy, and what was replaced in it; never a value."""

    of: str
    """Target and name of that run."""
    traffic_sha256: str | None = None
    """Of its record; None where values that were replaced could be guessed and checked by it."""
    replaced: dict[str, int] = {}
    """How many different values of each kind."""
    inputs: str | None = None
    """What it was made from but for `words`, hashed with the key of the data folder."""
    original: str | None = None
    """The record of that run, hashed with the same key: all copies of a run have the same."""
    words: list[str] = []
    """Words of the user's own that it hides, each hashed with the same key."""


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """The file of another tool that a run was made of."""

    file: str
    """Its name, without its folder."""
    format: str
    sha256: str
    size: int
    by: str | None = None
    """Name and version of the tool that wrote it, where it says so."""
    missing: list[str] = []
    """What it does not hold."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a run. Other types are errors: the run's agent may have written into the file."""

    schema: int = 0
    target: Annotated[str, msgspec.Meta(pattern=r"^[\w.-]{1,200}\Z")] | None = None
    """A file's name without its ending, never a path to another folder."""
    run: str | None = None
    bundled: bool = False
    """Whether it is a sample that is part of the project."""
    damaged: str | None = None
    """Why the file cannot be read; never on the disk."""
    started: _Time | None = None
    ended: _Time | None = None
    """End of the recording; None while it runs, or when it was killed."""
    finished: _Time | None = None
    agent_started: _Time | None = None
    """When the agent's process began; None where no agent was started by the capture."""
    agent_ended: _Time | None = None
    interrupted: bool = False
    pid: Annotated[int, msgspec.Meta(ge=1, lt=1 << 31)] | None = None
    """Of the process that records; None afterwards."""
    versions: dict[str, str | None] = {}
    platform: str | None = None
    timezone: str | None = None
    """Name of the agent's time zone."""
    utc_offset: int | None = None
    """Its offset from UTC at the start, in seconds."""
    settings: dict[str, Setting] = {}
    listeners: dict[str, ListenerFacts] = {}
    folder: str | None = None
    """Where the agent worked."""
    folders: dict[str, str] = {}
    """Others that an agent may name: `home`, `run`, and by its variable each folder of its own (`CODEX_HOME`)."""
    command: list[str] | None = None
    own_command: list[str] | None = None
    """The user's own; empty when the target's was used."""
    prompt: str | None = None
    not_kept: list[str] = []
    """Which of prompt and own_command held a credential, so that they cannot be used again."""
    redaction: Redaction | None = None
    """None where it is no redacted copy."""
    replay_of: str | None = None
    replayed: Replayed | None = None
    """How the replay went; None before its end, and where nothing was replayed."""
    imported: Imported | None = None
    """None for a run that was recorded."""
    exit_code: int | None = None
    agent_exit_code: int | None = None
    counts: Counts | None = None
    traffic_sha256: str | None = None
    compressed: CompressedFile | None = None
    """None while the record is plain."""
    merkle_root: str | None = None
    """Of the record's exchanges, by RFC 6962 over RFC 8785; None in a run of an earlier version."""
    merkle_leaves: int | None = None
    session_folder: str | None = None
    """Folder below which the agent has its session files; None for an agent of which that is not known."""
    agent_sessions: list[AgentSession] = []
    """Its session files of this run."""
    problems: list[Problem] = []
    notes: list[str] = []
    coverage: CoverageFacts | None = None
    observer_changes: list[ObserverChange] | None = None
    files: dict[str, str] = {}
    """Settings files that the agent was given, by name."""
    recovered: Recovered | None = None
    steps: dict[str, Step] = {}

    @property
    def keeps_secrets(self) -> bool:
        """Return whether credentials were written as they are."""
        setting = self.settings.get("keep_secrets")
        return bool(setting and setting.value)

    @property
    def is_asked_replay(self) -> bool:
        """Return whether it is a replay that a user asked for; of a target that always replays, runs are recordings."""
        setting = self.settings.get("replay")
        return bool(self.replay_of) and not (setting and setting.source.endswith(".yaml"))


NAMES = frozenset(field.name for field in msgspec.structs.fields(Facts))


def migrated(data: dict[str, Any]) -> dict[str, Any]:
    """Return a manifest's data in the newest schema; data of a later version is unchanged."""
    if not data or data.get("schema", 0) >= SCHEMA:
        return data
    new = data | {"schema": SCHEMA}
    if "problems" in data:
        kind = ProblemKind.UNKNOWN.value
        new["problems"] = [{"kind": kind, "text": one} if isinstance(one, str) else one for one in data["problems"]]
    held = [name for name in ("prompt", "own_command") if "[REDACTED" in str(data.get(name))]
    return new | ({"not_kept": held} if held else {})
