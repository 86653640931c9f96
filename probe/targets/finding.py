"""Find and read targets."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from probe.did_you_mean import did_you_mean
from probe.errors import UserError
from probe.places import TARGETS, base, own_targets
from probe.renderers.loader import AUTO, Renderer, load_renderer
from probe.slots.rules import BUILT_IN, Rule
from probe.targets.target import Target

IMPORTED = "imported"
"""Target of imported runs whose agent is not known: it has no file, and each request is read by its path."""


def target_folders() -> list[Path]:
    """Return the folders of targets: PROBE_TARGETS, the user's own, then the project's; the first match counts."""
    named = [Path(one).expanduser().absolute() for one in os.environ.get("PROBE_TARGETS", "").split(os.pathsep) if one]
    return list(dict.fromkeys([*named, own_targets(), TARGETS]))


def target_files(name: str) -> list[Path]:
    """Return the files with a target's name: the one that is read, then those that it hides."""
    plain = name and Path(name).name == name and not name.endswith(".local")
    return [folder / f"{name}.yaml" for folder in target_folders() if plain and (folder / f"{name}.yaml").is_file()]


def is_shipped(file: Path) -> bool:
    """Check whether a target's file came with the project, and may be replaced by its next version."""
    return file.parent == TARGETS


def local_file(file: Path) -> Path:
    """Return the file that changes a target's file: next to it, or in the user's own folder for one that is shipped."""
    folder = own_targets() if is_shipped(file) else file.parent
    return folder / f"{file.stem}.local.yaml"


def target_names() -> list[str]:
    """Return the names of all targets."""
    files = {file.stem for folder in target_folders() for file in folder.glob("*.yaml")}
    return sorted(name for name in files if not name.endswith(".local"))


def load_target(name: str) -> tuple[Target, dict[str, str]]:
    """Return a target, merged with its `local_file`, and the file of each key.

    Raises UserError with file, line, key and the nearest known word.
    """
    # Here, since they load YAML, which a file from elsewhere does not need.
    from probe.targets.checks import check_keys, check_values, converted
    from probe.targets.document import Document

    file = next(iter(target_files(name)), None)
    if file is None:
        raise _no_target(name)
    documents = [Document(file)]
    local = local_file(file)
    if local.is_file():
        documents.append(Document(local))
    sources: dict[str, str] = {}
    merged: dict[str, Any] = {}
    for document in documents:
        check_keys(document)
        merged = _merge(merged, document.data)
        sources |= dict.fromkeys(map(".".join, document.lines), document.name)
    target = converted(merged, documents)
    check_values(target, documents)
    return target, sources


def _no_target(name: str) -> UserError:
    known = target_names()
    if name.endswith((".yaml", ".yml")) or os.sep in name:
        path = Path(name).expanduser()
        place = "" if path.stem in known else f"PROBE_TARGETS={path.parent} and "
        return UserError(f"no target {name!r}", f"a target is a name: {place}--target {path.stem}")
    places = [str(folder) + ("" if folder.is_dir() else " (no such folder)") for folder in target_folders()]
    hint = did_you_mean(name, known) + f"targets are: {', '.join(known)}"
    return UserError(f"no target {name!r} in {' or '.join(places)}", hint)


def output_dirs() -> dict[str, Path]:
    """Return the run folders of the targets that do not use the data folder."""
    dirs = {}
    for name in filter(_names_output_dir, target_names()):
        # Errors in a file are reported where it is used.
        with contextlib.suppress(UserError):
            target, _ = load_target(name)
            if target.output_dir:
                dirs[name] = output_dir(target.output_dir)
    return dirs


def _names_output_dir(name: str) -> bool:
    """Check whether the file of a target, or its local one, may name a run folder: reading YAML takes far longer."""
    file = target_files(name)[0]
    files = (file, file.with_name(f"{name}.local.yaml"))
    return any(b"output_dir" in one.read_bytes() for one in files if os.access(one, os.R_OK))


def output_dir(given: str) -> Path:
    """Return the run folder that a target's file names, which may be relative."""
    return (base() / Path(given).expanduser()).resolve()


def target_of_run(recorded: str | None, named: str | None, warn: Callable[[str], None]) -> Target | None:
    """Return the target that a user named, or else that a run was recorded with; None where the latter is gone.

    `warn` gets the sentence about that. Raises UserError for a named one.
    """
    if named or recorded in (None, "", IMPORTED):
        return load_target(named)[0] if named else None
    assert recorded is not None
    try:
        return load_target(recorded)[0]
    except UserError as error:
        warn(f"WARNING: {error.args[0]}; the run is read without it")
        return None


def renderer_spec(target: Target | None) -> str | list[dict[str, str]]:
    """Return a target's renderer in the form of `probe.renderers.loader`; that by path without a target."""
    if target is None:
        return AUTO
    if isinstance(target.renderer, str):
        return target.renderer
    return [{"path": rule.path, "renderer": rule.renderer} for rule in target.renderer]


def slot_rules(target: Target | None) -> tuple[Rule, ...]:
    """Return the rules that find volatile values in a target's runs: the built-in ones, then its own."""
    return (*BUILT_IN, *(target.slots if target else ()))


def renderer_of(name: str) -> Renderer:
    """Return the renderer of a target's runs; found by path when its file is gone."""
    try:
        return load_renderer(renderer_spec(load_target(name)[0]))
    except UserError:
        return load_renderer(AUTO)


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Return one file's keys merged over another's: mappings (listeners, env) key by key, rules of slots added."""
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            merged[key] = _merge(old, value)
        else:
            merged[key] = [*old, *value] if key == "slots" and old else value
    return merged
