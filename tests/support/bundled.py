"""The runs that are part of the project; the user's own in the same folder are no matter of the tests."""

from __future__ import annotations

from probe.places import PROJECT
from probe.record.runs import all_runs

BUNDLED = {f"{run.target}/{run.name}": run for run in all_runs(PROJECT / "data") if run.bundled}
RECORDS = {name: run.traffic for name, run in sorted(BUNDLED.items())}
