"""Compare recordings, changed ones too, as the script does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from probe.compare.__main__ import main
from probe.compare.comparison import Comparison
from probe.places import PROJECT

SAMPLES = PROJECT / "data"


class Recording:
    """A recording that a test may change before it is compared."""

    def __init__(self, sample: str) -> None:
        folder = SAMPLES / sample
        self.manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
        self.records = [json.loads(line) for line in (folder / "traffic.jsonl").read_text().splitlines()]

    @property
    def bodies(self) -> list[Any]:
        """Return the bodies of all requests."""
        return [record["request"]["body"] for record in self.records]

    @property
    def headers(self) -> list[dict[str, Any]]:
        """Return the headers of all requests."""
        return [record["request"]["headers"] for record in self.records]

    def replace(self, before: str, after: str) -> None:
        """Replace a text wherever it is in the record."""
        text = json.dumps(self.records, ensure_ascii=False)
        assert before in text
        self.records = json.loads(text.replace(before, after))

    def write(self, folder: Path) -> Path:
        """Write it as a run of its own."""
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(json.dumps(self.manifest))
        lines = [json.dumps(record, ensure_ascii=False) + "\n" for record in self.records]
        (folder / "traffic.jsonl").write_text("".join(lines))
        return folder


def compare(before: Path, after: Path, out: Path, *options: str) -> Comparison:
    """Return what the script finds."""
    assert main([str(before), str(after), "--json", str(out), *options]) == 0
    return msgspec.json.decode(out.read_bytes(), type=Comparison)


def compare_changed(sample: str, change: Callable[[Recording], object], tmp_path: Path) -> Comparison:
    """Return what differs between a sample and the sample with a change."""
    changed = Recording(sample)
    change(changed)
    return compare(SAMPLES / sample, changed.write(tmp_path / "codex" / "changed"), tmp_path / "comparison.json")
