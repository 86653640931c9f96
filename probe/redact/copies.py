"""Where redacted copies are: beside the run that they are of, or where the user wants them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from probe.addon.redaction.salt import NAME as SALT
from probe.addon.redaction.salt import make_salt, read_salt
from probe.errors import UserError
from probe.places import SAMPLES
from probe.record.open_record import record_sha256
from probe.record.runs import Run, all_runs
from probe.redact.copying import copy_inputs, redacted_copy


def key_for(run: Run, data_dir: Path) -> bytes:
    """Return the key of the pseudonyms: of the data folder that a run is in, else of the user's. Raises UserError."""
    try:
        return read_salt(run.folder.parent.parent / SALT)
    except OSError:
        pass
    try:
        return make_salt(data_dir / SALT)
    except OSError as error:
        place = data_dir / SALT
        raise UserError(f"{place}: {error.strerror}", "it is the key of the pseudonyms; name a --data-dir") from error


def new_copy(
    run: Run, data_dir: Path, output_dir: Path | None, also: Iterable[str], report: Callable[[str], None]
) -> Run:
    """Make a redacted copy of a run in a new folder. Raises UserError."""
    folder = output_dir or _free_folder(_parent(run, data_dir), f"{run.name}-redacted")
    try:
        return redacted_copy(run, folder, report, also=also, salt=key_for(run, data_dir))
    except OSError as error:
        why = f"{error.filename or folder}: {error.strerror or error}"
        raise UserError(
            f"the copy cannot be written: {why}", "name another folder with --output-dir", code=1
        ) from error


def same_copy(run: Run, data_dir: Path, also: Iterable[str]) -> Run | None:
    """Return a copy of a run as `new_copy` would make it now; None where there is none."""
    inputs = copy_inputs(run, also, key_for(run, data_dir))
    folders = {run.folder.parent.parent, data_dir}
    runs = (one for folder in folders for one in all_runs(folder, run.target))
    copies = (one for one in runs if one.manifest.facts.redaction and one.manifest.facts.redaction.inputs == inputs)
    return next(copies, None)


def original_of(copy: Run, data_dir: Path) -> Run | None:
    """Return the run that a copy was made of, if it is still here and unchanged."""
    redaction = copy.manifest.facts.redaction
    folders = {copy.folder.parent.parent, data_dir, SAMPLES}
    runs = (one for folder in folders for one in all_runs(folder, copy.target) if not one.manifest.facts.redaction)
    named = (one for one in runs if redaction and one.name == redaction.of.rpartition("/")[2])
    same = (one for one in named if redaction and redaction.traffic_sha256 in (None, record_sha256(one.traffic)))
    return next(same, None)


def _parent(run: Run, data_dir: Path) -> Path:
    """Return the folder for a copy: not among the samples, which are part of the project."""
    return data_dir / run.target if run.bundled else run.folder.parent


def _free_folder(parent: Path, name: str) -> Path:
    numbers = range(2, 10_000)
    names = (name, *(f"{name}-{number}" for number in numbers))
    return next(folder for one in names if not (folder := parent / one).exists())
