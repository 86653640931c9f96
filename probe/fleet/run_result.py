"""What one run contributes to a fleet: rows of tables, and statistics. Its record is read once."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from datetime import UTC, date
from types import ModuleType
from typing import Any

import msgspec

from probe import smallest_hashes
from probe.analysis.price_library import library_version
from probe.compare.conditions import conditions_of
from probe.compare.noting import Notes
from probe.errors import UserError
from probe.exports.json_text import unicode_only
from probe.exports.parquet_rows import Rows, event_rows
from probe.exports.parquet_tables import TABLES
from probe.exports.reading import ReadRun, read_run
from probe.fleet.plain_bytes import DamagedBytesError, from_bytes, to_bytes
from probe.fleet.run_measures import measures_of
from probe.fleet.run_sides import sides_of_run
from probe.fleet.statistics import FleetStatistics, GroupStatistics
from probe.protocol.protocol_statistics import ProtocolStatistics
from probe.protocol.reading import ProtocolReader, replay_of
from probe.record.frame_table import DamagedRecordError
from probe.record.manifest import project_version, text_sha256
from probe.record.runs import Run, is_alive
from probe.record.source_hash import source_sha256
from probe.renderers.loader import load_renderer
from probe.settings.own_prices import own_prices
from probe.slots.environment import environment_of
from probe.slots.slots import Slots
from probe.targets.finding import renderer_spec, slot_rules
from probe.targets.target import Target
from probe.trace.facts import TurnFacts
from probe.trace.items import NewItem
from probe.trace.turns import Traced

UNKNOWN = "unknown"
_ROOMS = (
    *("record", "renderers", "slots", "trace", "analysis", "report", "exports", "protocol", "compare", "fleet"),
    *("targets", "addon/redaction"),
)
_LONGEST = 200
"""Characters of the name of an agent with its version, and of the reason of a failure."""
_ENVIRONMENT = frozenset(
    {
        *(errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC, errno.EDQUOT, errno.ESTALE, errno.EINTR),
        *(errno.ETIMEDOUT, errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ECONNRESET, errno.EPIPE),
    }
)
"""Errors that say something of this machine, and nothing of the run."""


class RunResult(msgspec.Struct, kw_only=True):
    """What one run contributes."""

    run: str
    """`codex/20261122T101500Z`."""
    target: str
    name: str
    date: str
    """Day of the start in UTC, `2026-11-22`; `unknown` where it is not known."""
    agent: str
    """With its version, where that is known: `codex 0.98.0`."""
    is_copy: bool = False
    """Whether it is a redacted copy of another run: then it is in no statistics and has no rows."""
    replay_of: str | None = None
    """The run that answered instead of the real upstreams."""
    malformed: int = 0
    """Lines of the record that are no exchange."""
    failed: str | None = None
    """Why the run could not be read: it has no rows then, and no numbers."""
    statistics: bytes = b""
    """`FleetStatistics` of this one run."""
    rows: dict[str, list[dict[str, Any]]] = {}
    """By the names of `probe.exports.parquet_tables.TABLES`, all of them; times are microseconds."""


def code_key(target: Target | None) -> str:
    """Return a hash of all that results depend on besides the run: code, prices, and what the target says."""
    spec = renderer_spec(target)
    known = [spec, target.ids if target else {}, slot_rules(target), project_version(), library_version()]
    modules: list[ModuleType] = []
    try:
        modules = load_renderer(spec).modules
    except Exception as error:  # A renderer may be any module of a user. Its runs fail, with this reason.
        known.append(repr(error))
    return text_sha256(str([*known, own_prices(os.environ), source_sha256(_ROOMS, [smallest_hashes, *modules])]))


def result_of(run: Run, target: Target | None) -> RunResult:
    """Read a run; whatever is in it, there is a result. Raises OSError and UserError for what is not of the run."""
    facts = run.manifest.facts
    result = RunResult(
        run=f"{run.target}/{run.name}",
        target=run.target,
        name=run.name,
        date=_date(run),
        agent=" ".join(filter(None, (run.target, facts.versions.get("agent"))))[:_LONGEST],
        is_copy=facts.redaction is not None,
        replay_of=facts.replay_of,
    )
    statistics = FleetStatistics()
    if result.is_copy:
        statistics.runs["copies"] = 1
    else:
        try:
            _read(run, target, result, statistics)
            result.statistics = statistics.to_bytes()
        except Exception as error:
            if _is_of_environment(error):
                raise
            statistics = _failed(result, error)
    result.statistics = result.statistics or statistics.to_bytes()
    return result


def encode(result: RunResult) -> bytes:
    """Return a result as compressed bytes, the same for equal results."""
    return to_bytes(msgspec.structs.asdict(result))


def decode(data: bytes) -> RunResult:
    """Return the result that `encode` made bytes of. Raises DamagedBytesError."""
    try:
        return msgspec.convert(from_bytes(data), RunResult)
    except msgspec.ValidationError as error:
        raise DamagedBytesError(f"no result of a run: {error}") from error


def _is_of_environment(error: Exception) -> bool:
    """Check whether an error says nothing of the run: a lost connection, a full disk."""
    if isinstance(error, UserError):
        return not isinstance(error, DamagedRecordError)
    known = isinstance(error, OSError) and error.errno in _ENVIRONMENT
    return known or isinstance(error, MemoryError | ConnectionError | TimeoutError)


def _failed(result: RunResult, error: Exception) -> FleetStatistics:
    """Note that a run could not be read; nothing of it counts."""
    said = error.args[0] if isinstance(error, UserError) else str(error)
    reason = f"{type(error).__name__}: {said}" if not isinstance(error, UserError | OSError) else str(said)
    result.failed, result.rows, result.malformed = reason[:_LONGEST], {}, 0
    statistics = FleetStatistics()
    statistics.runs["failed"] = 1
    statistics.failed[result.run] = result.failed
    return statistics


def _read(run: Run, target: Target | None, result: RunResult, statistics: FleetStatistics) -> None:
    """Read a run into its result and its statistics."""
    if damaged := run.manifest.facts.damaged:
        # Nobody knows of which version it is, or whether a recording answered.
        raise DamagedRecordError(damaged.replace(f"{run.folder}/", ""))
    try:
        load_renderer(renderer_spec(target))
    except UserError as error:
        raise ValueError(error.args[0]) from error
    slots = Slots(environment_of(run.manifest), slot_rules(target))
    notes, protocol = Notes(slots), ProtocolReader(slots, result.agent)
    events: list[dict[str, Any]] = []

    def add(traced: Traced, turns: Sequence[TurnFacts], new: Sequence[NewItem]) -> None:
        events.extend(map(dict, event_rows(run, traced)))
        notes.add(traced, new)
        protocol.add(traced, turns, new)

    found = read_run(run, target, None, also=add, hashed=False)
    rows = Rows(found)
    result.rows = {name: events if name == "events" else list(map(dict, getattr(rows, name)())) for name in TABLES}
    result.rows = _encodable(result.rows)
    result.malformed = len(found.malformed)
    _add(result, found, statistics, _group(run, found, notes, slots, protocol.finish()))


def _encodable(rows: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Return rows without what no table can hold: halves of surrogate pairs, and integers of more than 64 bits."""
    try:
        msgspec.msgpack.encode(rows)
    except (UnicodeEncodeError, OverflowError):
        return {name: [_without_large(unicode_only(row)) for row in found] for name, found in rows.items()}
    return rows


def _without_large(row: dict[str, Any]) -> dict[str, Any]:
    return {name: None if type(one) is int and abs(one) >= 1 << 63 else one for name, one in row.items()}


def _group(run: Run, found: ReadRun, notes: Notes, slots: Slots, protocol: ProtocolStatistics) -> GroupStatistics:
    group, facts = GroupStatistics(), run.manifest.facts
    replay = replay_of(facts)
    protocol.answered_by(replay)
    group.protocol = protocol
    conditions = conditions_of(facts, run.target, slots, live=is_alive(run))
    group.sides = sides_of_run(
        found.findings, notes, slots, protocol, facts.prompt, conditions, is_replay=replay is not None
    )
    return group


def _add(result: RunResult, found: ReadRun, statistics: FleetStatistics, group: GroupStatistics) -> None:
    """Add what was found in a run to its statistics."""
    measures = measures_of(found, result.date)
    kind = "replayed" if result.replay_of is not None else "real"
    # Merging applies the caps.
    getattr(group, kind).merge(measures)
    one = FleetStatistics()
    one.groups[result.agent], one.runs["counted"] = group, 1
    one.totals[kind] = dict(measures.sums)
    if result.malformed:
        one.malformed[result.run] = result.malformed
    statistics.merge(one)


def _date(run: Run) -> str:
    started = run.manifest.facts.started
    text = started.astimezone(UTC).date().isoformat() if started else run.started[:10]
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return UNKNOWN
