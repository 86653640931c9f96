"""What surrounded a run: folders, hosts, its day. Its values are slots wherever they occur."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path

import msgspec

from probe.record.frame_table import DamagedRecordError
from probe.record.manifest import Manifest
from probe.record.open_record import read_range
from probe.record.remote_pointer import POINTER
from probe.record.runs import TRAFFIC

_FIRST_BYTES = 4 << 20
_WORKING_FOLDER = re.compile(rb"(?:<cwd>|[Ww]orking directory(?: is)?: ?|working in the directory: ?)(/[^\s<>\"\\`]+)")
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "0.0.0.0")


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """What surrounded a run."""

    folders: Mapping[str, str] = {}
    """Slot's name → absolute path."""
    hosts: tuple[str, ...] = ()
    """`127.0.0.1:8080`: listeners and upstreams."""
    started: float | None = None
    """Epoch seconds; None when it is unknown, and then no date is a slot."""
    facts: Mapping[str, str] = {}
    """What is checked as a precondition, not a key: os, platform, agent, utc_offset."""


NOWHERE = Environment()
"""Nothing is known of what surrounded a run."""


def environment_of(manifest: Manifest) -> Environment:
    """Return what a manifest knows of a run's environment; for one that lacks the working folder, it is looked for in
    the record."""
    facts, run = manifest.facts, manifest.path.parent
    # Of a run in a bucket, this folder is where this machine keeps its pointer.
    here = {} if (run / POINTER).exists() else {"run": str(run.resolve())}
    folders = here | {name.lower(): path for name, path in facts.folders.items()}
    folders["cwd"] = facts.folder or _named_folder(run / TRAFFIC)
    folders["program"] = _program((facts.command or [""])[0])
    hosts = [address for one in facts.listeners.values() for address in (one.address, _host(one.upstream))]
    known = {
        "os": (facts.platform or "").split("-")[0],
        "platform": facts.platform,
        "agent": facts.versions.get("agent"),
        "target": facts.target,
        "timezone": facts.timezone,
        "utc_offset": None if facts.utc_offset is None else str(facts.utc_offset),
    }
    return Environment(
        folders={name: path for name, path in folders.items() if path},
        hosts=tuple(dict.fromkeys(host for host in hosts if ":" in host)),
        started=facts.started.timestamp() if facts.started else None,
        facts={name: value for name, value in known.items() if value},
    )


def completed(environment: Environment, other: Environment) -> Environment:
    """Return the environment of an imported run, with that of the run it is compared with where nothing is known."""
    own = {name: path for name, path in environment.folders.items() if name != "run"}
    return Environment(
        folders={**other.folders, **own},
        hosts=environment.hosts or other.hosts,
        started=environment.started or other.started,
        facts={**other.facts, **environment.facts},
    )


def known_patterns(environment: Environment) -> Iterator[tuple[str, str]]:
    """Yield slots and patterns of folders, the longest first, and of hosts."""
    yield from folder_patterns(environment)
    for host in environment.hosts:
        name, _, port = host.rpartition(":")
        before = "|".join(rf"(?<={re.escape(one)}:)" for one in dict.fromkeys((name, *_LOOPBACK)))
        yield "port", rf":(?:{before})({re.escape(port)})(?!\d)"


def folder_patterns(*environments: Environment) -> Iterator[tuple[str, str]]:
    """Yield slots and patterns of the folders of several runs, the longest first."""
    known = [(path.rstrip("/"), name) for one in environments for name, path in one.folders.items()]
    known += [found for one in environments for found in _relative(one)]
    for path, name in sorted(set(known), key=lambda one: (-len(one[0]), one)):
        if path.startswith("/"):
            yield from ((name, pattern) for pattern in _folder_patterns(path))
        elif path.startswith("../"):
            yield name, next(_folder_patterns(path))


def _relative(environment: Environment) -> Iterator[tuple[str, str]]:
    """Yield folders as an agent may name them from where it works: `../home/.agent`."""
    cwd = environment.folders.get("cwd", "")
    for name, path in environment.folders.items():
        if cwd.startswith("/") and path.startswith("/"):
            relative = os.path.relpath(path, cwd)
            # More dots than names are no name of a folder.
            if relative.rpartition("/")[2] != "..":
                yield relative, name


def _named_folder(traffic: Path) -> str:
    """Return the working folder that the first requests name; empty where they name none."""
    try:
        match = _WORKING_FOLDER.search(read_range(traffic, 0, _FIRST_BYTES))
    except (OSError, DamagedRecordError):
        return ""
    return match[1].decode("utf-8", "replace") if match else ""


def _program(path: str) -> str:
    """Return the folder into which a package registry's client has installed a program; empty for any other."""
    folder, installed, _ = path.partition("/node_modules/.bin/")
    return folder if installed else ""


def _host(url: str) -> str:
    """Return the host of a URL, with its port."""
    return url.split("://")[-1].split("/")[0]


def _folder_patterns(path: str) -> Iterator[str]:
    """Yield patterns of a folder: as a path, in JSON within a text, and with dashes as in names of other folders."""
    dashed = (path.replace("/", "-"), re.sub(r"[^A-Za-z0-9]", "-", path))
    spelled = [(path, r"(?![\w⟨-])(?!\.\w)"), (path.replace("/", "\\/"), r"(?![\w⟨-])(?!\.\w)")]
    for text, end in dict(spelled + [(one, r"(?![A-Za-z0-9_⟨])") for one in dashed]).items():
        # What is before it is checked last: a search for a literal is fast.
        yield rf"{re.escape(text)}(?<![\w⟩.-]{'.' * len(text)}){end}"


def date_patterns(environment: Environment) -> Iterator[str]:
    """Yield the usual spellings of the day on which a run started, and of the next one."""
    if environment.started is None:
        return
    offset = environment.facts.get("utc_offset", "")
    seconds = int(offset) if offset.lstrip("-").isdigit() else 0
    try:
        start = datetime.fromtimestamp(environment.started, timezone(timedelta(seconds=seconds)))
        days = (start, start + timedelta(days=1))
    except (ValueError, OverflowError):
        # What a damaged manifest has is no time of a calendar.
        return
    for day in days:
        year, month, number = f"{day.year}", f"{day.month:02}", f"{day.day:02}"
        numeric = [f"{year}-{month}-{number}", f"{year}/{month}/{number}", f"{year}{month}{number}"]
        numeric += [f"{month}/{number}/{year}", f"{day.month}/{day.day}/{year}"]
        numeric += [f"{number}/{month}/{year}", rf"{number}\.{month}\.{year}"]
        for text in dict.fromkeys(numeric):
            yield rf"{text}(?<![\w⟩./-]{'.' * len(text.replace(chr(92), ''))})(?![\w⟨/]|-\d)"
        name, short, weekday = (day.strftime(form) for form in ("%B", "%b", "%a"))
        written = [rf"{short}(?:{name[3:]})? 0?{day.day}(?:st|nd|rd|th)?,? {year}(?![\w⟨])"]
        written += [rf"{one} {short}(?:{name[3:]})?,? {year}(?![\w⟨])" for one in dict.fromkeys((number, str(day.day)))]
        yield from (rf"{weekday}[a-z]*,? {one}" for one in written)
        yield from written
