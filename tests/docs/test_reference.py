"""The reference is whole: it names every key, option, task and folder that there is."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from probe.cli.commands import COMMANDS
from probe.cli.options import OPTIONS, flag
from probe.places import PROJECT
from probe.record.exchange import Exchange, Message, Payload, Request, Response, WebSocket
from probe.targets.finding import load_target, target_names
from probe.targets.target import ListenerSpec, Target
from tests.docs.documents import code_spans, tokens

DOCS = PROJECT / "docs"
EXAMPLES = [token.content for token in tokens(DOCS / "targets.md") if token.info == "yaml"]
NOT_STORED = frozenset({"seq", "span", "whole_text"})


def named(document: str) -> str:
    """Return all code spans of a document."""
    path = PROJECT / document
    return "\n".join(code_spans(path))


def test_targets_md_names_every_key_of_a_target() -> None:
    spans = named("docs/targets.md").splitlines()
    keys = [field.encode_name for kind in (Target, ListenerSpec) for field in msgspec.structs.fields(kind)]
    assert [key for key in keys if key not in spans] == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.splitlines()[0])
def test_an_example_of_a_target_can_be_loaded(example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "example.yaml").write_text(example, encoding="utf-8")
    monkeypatch.setenv("PROBE_TARGETS", str(tmp_path))
    target, _ = load_target("example")
    assert target.listeners


def test_the_references_name_every_option() -> None:
    spans = named("docs/settings.md") + named("docs/targets.md")
    assert [name for name, one in OPTIONS.items() if not one.positional and flag(name) not in spans] == []


@pytest.mark.parametrize("document", ["README.md", "docs/settings.md"])
def test_the_tables_of_tasks_name_every_task(document: str) -> None:
    assert [task for task in COMMANDS if task not in named(document).splitlines()] == []


@pytest.mark.parametrize("document", ["README.md", "docs/agents.md"])
def test_the_tables_of_agents_name_every_target(document: str) -> None:
    spans = named(document)
    forward = "…-forward" in spans
    targets = [name for name in target_names() if not (forward and name.endswith("-forward"))]
    assert [name for name in targets if name not in spans] == []


def test_runs_and_files_md_names_every_field_of_a_record() -> None:
    spans = named("docs/runs-and-files.md").splitlines()
    kinds = (Exchange, Payload, Request, Response, WebSocket, Message)
    fields = {field.name for kind in kinds for field in msgspec.structs.fields(kind)} - NOT_STORED
    assert sorted(fields - set(spans)) == []


def test_inside_md_maps_every_folder_of_the_package() -> None:
    spans = named("docs/inside.md").splitlines()
    folders = [path for path in (PROJECT / "probe").iterdir() if path.is_dir() and (path / "__init__.py").exists()]
    assert [f"probe/{path.name}/" for path in folders if f"probe/{path.name}/" not in spans] == []
