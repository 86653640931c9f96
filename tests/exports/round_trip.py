"""Export a record, import the file, and compare what came back."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import msgspec

from probe.addon.redaction.redactor import Redactor
from probe.exports.bodies import stored_chunks
from probe.exports.formats import exporter
from probe.exports.losses import LOSSES, Loss
from probe.imports.formats import reader
from probe.imports.recording import Recording
from probe.record.exchange import Exchange, Payload
from probe.record.manifest import Manifest
from probe.record.reader import read_exchanges
from probe.record.runs import TRAFFIC, Run

KEEPING = Redactor(b"salt", keep=True)
EMPTY: tuple[object, ...] = (None, "", [], {}, 0, False)
"""What a field may be where there is nothing of it."""


def run_of(folder: Path, target: str = "demo") -> Run:
    """Return the run in a folder."""
    return Run(folder=folder, target=target, manifest=Manifest.read(folder))


def there_and_back(run: Run, format: str, folder: Path, redactor: Redactor = KEEPING) -> list[Exchange]:
    """Return the exchanges of a run after an export and an import."""
    folder.mkdir(parents=True, exist_ok=True)
    exporter(format)(run, None, folder / "exported")
    source = reader(format)[0](folder / "exported")
    recording = Recording(folder / TRAFFIC, redactor, "a file")
    for exchange in source.exchanges:
        recording.add(exchange)
    recording.close()
    assert source.problems == []
    return exchanges(folder / TRAFFIC)


def exchanges(traffic: Path) -> list[Exchange]:
    """Return the exchanges of a file without their places in it."""
    found = read_exchanges(traffic, lambda line, why: None, whole=True)
    return [msgspec.structs.replace(one, seq=0) for one in found]


def differences(before: Exchange, after: Exchange) -> Iterator[str]:
    """Yield the places at which an exchange came back otherwise.

    What an older record, or one of another program, does not have may have been added.
    """
    older = before.schema == 0 or before.request.sha256 is None
    places = _differences(msgspec.to_builtins(before), msgspec.to_builtins(after), "", older=older)
    parts = {"request.body": (before.request, after.request), "response.body": (before.response, after.response)}
    # Such a record may have JSON as text.
    yield from (place for place in places if not (older and place in parts and _same_bytes(*parts[place])))


def _same_bytes(before: Payload | None, after: Payload | None) -> bool:
    return bool(before and after) and len({b"".join(stored_chunks(one, Path())) for one in (before, after) if one}) == 1


def _differences(before: dict[str, Any], after: dict[str, Any], above: str, *, older: bool) -> Iterator[str]:
    for name in before.keys() | after.keys():
        old, new, place = before.get(name), after.get(name), f"{above}{name}"
        if not above and isinstance(old, dict) and isinstance(new, dict):
            yield from _differences(old, new, f"{name}.", older=older)
        elif old != new and not (old in EMPTY and (new in EMPTY or older)) and not (older and _has_all(old, new)):
            yield place


def _has_all(old: Any, new: Any) -> bool:
    """Check whether a list of messages holds all that the older one has."""
    if not isinstance(old, list) or not isinstance(new, list) or len(old) != len(new):
        return False
    pairs = zip(old, new, strict=True)
    return all(isinstance(one, dict) and all(other[key] == one[key] for key in one if one[key]) for one, other in pairs)


def unlisted(before: Exchange, places: Iterator[str], format: str) -> tuple[list[str], set[Loss]]:
    """Return the differences that no row of the table names, and the rows of which each alone names another."""
    rows = [loss for loss in LOSSES if format in loss.formats and loss.is_in(before)]
    missing, used = [], set()
    for place in places:
        naming = {
            loss for loss in rows if any(fnmatch(place, one) or place.startswith(f"{one}.") for one in loss.places)
        }
        used |= naming if len(naming) == 1 else set()
        missing += [] if naming else [place]
    return missing, used
