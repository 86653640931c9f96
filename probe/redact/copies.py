"""Where redacted copies are: beside the run that they are of, or where the user wants them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from probe.addon.redaction.salt import NAME as SALT
from probe.addon.redaction.salt import make_salt, read_salt
from probe.errors import UserError
from probe.places import SAMPLES
from probe.record.mirrored_runs import bring
from probe.record.open_record import record_sha256
from probe.record.runs import Run, all_runs
from probe.redact.copy_identity import copy_identity
from probe.redact.copying import redacted_copy


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


def copy_to_share(run: Run, data_dir: Path, also: Iterable[str]) -> Run | None:
    """Return the copy that is given away for a run: as one made now, it hides all that any copy of the run hides.

    None where one is to be made. Raises UserError where that would hide fewer words than a copy that is there.
    """
    now = copy_identity(run, also, key_for(run, data_dir))
    copies = [
        (one, redaction)
        for folder in {run.folder.parent.parent, data_dir}
        for one in all_runs(folder, run.target)
        if (redaction := one.manifest.facts.redaction) and redaction.original == now.original
    ]
    hidden = set(now.words).union(*(redaction.words for _, redaction in copies))
    same = (one for one, redaction in copies if redaction.inputs == now.inputs and hidden <= set(redaction.words))
    if (copy := next(same, None)) or hidden == set(now.words):
        if copy:
            bring(copy.folder)
        return copy
    most = max(copies, key=lambda one: len(set(one[1].words) - set(now.words)))[0]
    name = f"{most.target}/{most.name}"
    raise UserError(
        f"{name}, a copy of this run, hides words (--also) that this call does not name",
        f"name that copy in place of the run: {name}; or, where there is --also, its words again",
    )


def original_of(copy: Run, data_dir: Path) -> Run | None:
    """Return the run that a copy was made of, if it is still here and unchanged."""
    redaction = copy.manifest.facts.redaction
    folders = {copy.folder.parent.parent, data_dir, SAMPLES}
    runs = (one for folder in folders for one in all_runs(folder, copy.target) if not one.manifest.facts.redaction)
    named = (one for one in runs if redaction and one.name == redaction.of.rpartition("/")[2])
    same = (one for one in named if redaction and redaction.traffic_sha256 in (None, record_sha256(one.traffic)))
    if found := next(same, None):
        bring(found.folder)
    return found


def _parent(run: Run, data_dir: Path) -> Path:
    """Return the folder for a copy: not among the samples, which are part of the project."""
    return data_dir / run.target if run.bundled else run.folder.parent


def _free_folder(parent: Path, name: str) -> Path:
    numbers = range(2, 10_000)
    names = (name, *(f"{name}-{number}" for number in numbers))
    return next(folder for one in names if not (folder := parent / one).exists())
