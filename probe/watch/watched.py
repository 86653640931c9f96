"""Watch one target: run its newest version offline against each recording, and compare it with the one before."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec.structs import replace

from probe.addon.private_files import private_folder
from probe.cli.edge import say
from probe.cli.script_process import run_script
from probe.compare.comparison import Comparison
from probe.errors import UserError
from probe.record.manifest import Manifest, utc_now
from probe.record.runs import Run, new_run
from probe.record.runs_of_version import version_number
from probe.store.store import Store
from probe.watch.old_runs import delete_old, run_name
from probe.watch.outcome import Outcome, State, reason_of
from probe.watch.seen import Seen, last_version, read_seen, write_seen
from probe.watch.verdict import counted
from probe.watch.version_run import ENDED_BY_SIGNAL, StoppedError, copied, run_version
from probe.wire.agent_versions import NoSuchVersionError, Package, installed_program, is_installed, locked

FOLDER = ".fleet/watch"
_UNKNOWN = "recorded"
"""In the name of a comparison, where the version of the recording is not known."""


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What all that is watched has in common."""

    data_dir: Path
    given_data_dir: str | None
    """As the user wrote it."""
    data: Store
    """The data folder, or the bucket that it is a mirror of."""
    work: Path | None
    """Folder of which each version gets a copy; None for a fresh one."""
    seconds: float
    """How long a version may run."""
    force: bool

    @property
    def store(self) -> Store:
        """Return where states and comparisons are kept."""
        return self.data.sub(FOLDER)


def watched(watch: Watch, package: Package, newest: str, recordings: Sequence[Run]) -> Iterator[Outcome]:
    """Yield what became of each recording of a target; a failure costs itself alone. Raises StoppedError."""
    for recording in recordings:
        key = f"{recording.target}/{recording.name}"
        folder = watch.data_dir / FOLDER / key
        try:
            private_folder(folder)
            with locked(folder):
                yield _Watched(watch, package, newest, recording).outcome()
        except StoppedError:
            raise
        except (UserError, OSError) as error:
            yield Outcome(
                target=recording.target, recording=key, state=State.FAILED, after=newest, why=reason_of(error)
            )


def mark_reported(watch: Watch, outcome: Outcome) -> None:
    """Note that a change was reported; a call that is killed before is followed by one that reports it."""
    if outcome.state is not State.CHANGED or outcome.recording is None:
        return
    with locked(watch.data_dir / FOLDER / outcome.recording):
        seen = read_seen(watch.store, outcome.recording)
        if seen and seen.version == outcome.after and not seen.reported:
            write_seen(watch.store, outcome.recording, replace(seen, reported=True))


class _Watched:
    """One recording of a target, and the newest version."""

    def __init__(self, watch: Watch, package: Package, newest: str, recording: Run) -> None:
        self._watch, self._package, self._newest, self._recording = watch, package, newest, recording
        self._target, self._key = recording.target, f"{recording.target}/{recording.name}"
        self._seen = read_seen(watch.store, self._key)
        self._own = version_number(recording.manifest.facts.versions.get("agent"))

    def outcome(self) -> Outcome:
        """Return what became of it. Raises UserError."""
        seen = self._seen
        if seen and seen.version == self._newest and not self._watch.force:
            return self._of(seen, State.UNCHANGED if seen.reported else State.CHANGED)
        older = self._older()
        if older == self._newest and not self._watch.force:
            write_seen(self._watch.store, self._key, now := Seen(version=self._newest, at=utc_now()))
            return replace(self._of(now, State.UNCHANGED), is_first=True)
        return self._compared(older if older != self._newest else None)

    def _older(self) -> str | None:
        """Return the version to compare with: the last that was watched, or else the recording's own."""
        if seen := self._seen:
            return seen.version if seen.version != self._newest else seen.before
        last = last_version(self._watch.store, self._target)
        return last if last not in (None, self._newest) else self._own

    def _of(self, seen: Seen, state: State, problem: str | None = None) -> Outcome:
        return Outcome(
            target=self._target,
            recording=self._key,
            state=state,
            before=seen.before,
            after=seen.version,
            counts=seen.counts,
            comparison=seen.comparison and f"{self._watch.store.url}/{seen.comparison}",
            why=problem or seen.note,
        )

    def _compared(self, older: str | None) -> Outcome:
        """Run both versions, or the newest alone where no other is known, and compare."""
        watch, kept = self._watch, self._seen.runs if self._seen else ()
        delete_old(watch.data_dir, watch.data, self._recording, (), kept)
        program = self._installed(self._newest)
        older_run, note = self._older_run(older)
        newest_run = self._run(self._newest, program)
        before = older if older_run else self._own
        comparison = f"{self._key}/{before or _UNKNOWN}..{self._newest}"
        seen = Seen(
            version=self._newest,
            before=before,
            counts=self._comparison(older_run or self._recording.folder, newest_run, comparison),
            comparison=comparison,
            note=note,
            runs=tuple(one.name for one in (older_run, newest_run) if one),
            at=utc_now(),
            reported=False,
        )
        if problems := [problem for one in (older_run, newest_run) if one and (problem := self._why_failed(one))]:
            return self._of(seen, State.FAILED, "; ".join(problems))
        write_seen(watch.store, self._key, seen)
        delete_old(watch.data_dir, watch.data, self._recording, kept, seen.runs)
        return self._of(seen, State.CHANGED)

    def _older_run(self, older: str | None) -> tuple[Path | None, str | None]:
        """Return the run of the older version and None; or None, for the recording itself, and what is to be known."""
        if older is None:
            return None, "compared with the recording itself: no older version is known"
        try:
            program = self._installed(older)
        except NoSuchVersionError:
            return None, f"compared with the recording itself: {older} cannot be installed any more"
        return self._run(older, program), None

    def _installed(self, version: str) -> Path:
        if not is_installed(version, self._target):
            say(f"installing {self._target} {version} …")
        return installed_program(self._package, version, self._target)

    def _run(self, version: str, program: Path) -> Path:
        """Run a version against the recording; return the folder of its run. Raises UserError."""
        watch, facts = self._watch, self._recording.manifest.facts
        parent = watch.data_dir / self._target
        folder = new_run(parent, parent / run_name(version, self._recording.name))
        options = {
            "target": self._target,
            "prompt": facts.prompt,
            "replay": self._recording.folder,
            "data_dir": watch.given_data_dir,
        }
        command = [] if facts.prompt is not None else facts.own_command or []
        with copied(watch.work) as cwd:
            name = f"{self._target} {version}"
            run_version(name, program, folder, {**options, "cwd": cwd}, command, seconds=watch.seconds)
        return folder

    def _why_failed(self, folder: Path) -> str | None:
        facts = Manifest.read(folder).facts
        if facts.agent_exit_code == 0:
            return None
        return f"{facts.versions.get('agent') or self._target} ended with exit code {facts.agent_exit_code}: {folder}"

    def _comparison(self, before: Path, after: Path, name: str) -> dict[str, int]:
        """Compare two runs, keep the comparison, and return how many findings it has. Raises UserError."""
        with tempfile.TemporaryDirectory(prefix="probe-") as made:
            files = {end: Path(made, f"comparison.{end}") for end in ("md", "json")}
            words = [str(before), str(after), f"--markdown={files['md']}", f"--json={files['json']}"]
            words += [f"--data-dir={given}"] if (given := self._watch.given_data_dir) else []
            code = run_script("probe.compare", words, step=True, stdout=subprocess.DEVNULL)
            if code in ENDED_BY_SIGNAL:
                raise StoppedError(f"the comparison of {name} was stopped", code=code)
            if code:
                raise UserError(f"{before} and {after} cannot be compared", "the reason is above", code=1)
            data = {end: path.read_bytes() for end, path in files.items()}
        for end, content in data.items():
            self._watch.store.write(f"{name}.{end}", content)
        return counted(msgspec.json.decode(data["json"], type=Comparison).findings)
