"""One function opens a record for reading: a module that opened it itself would not read a compressed one."""

from __future__ import annotations

import re

from probe.places import PROJECT

OPENING = re.compile(
    r"\b(?:open_plain|plain_fd)\(|file_sha256\([^)]*(?:TRAFFIC|traffic)|(?:TRAFFIC\)?|traffic)\.(?:open|read_\w+|stat)\("
)
OTHERS = {
    "record/compressed.py": "makes one file out of the other",
    "record/files.py": "is what opens files",
    "record/fold_journals.py": "completes a record that is still written",
    "record/leaks.py": "searches the other files of a run",
    "record/open_record.py": "is the one function",
    "record/runs.py": "checks that no file is a link",
    "record/tunnels.py": "reads the tunnels",
    "remote/copy_run.py": "uploads files as they are",
    "remote/push.py": "copies reports and signatures",
    "share/__main__.py": "writes a plain file for an archive",
    "share/archive.py": "packs files as they are",
    "witness/kept_sessions.py": "reads an agent's own files",
    "witness/signature.py": "reads a statement",
    "witness/statement.py": "reads a statement",
    "wire/proxy.py": "opens the proxies' log",
    "wire/unreachable_upstreams.py": "follows a record that is still written",
}
"""Why a module opens a file of a run in another way."""


def test_a_record_is_opened_in_one_place() -> None:
    files = [path for path in sorted((PROJECT / "probe").rglob("*.py")) if "addon" not in path.parts]
    found = [str(path.relative_to(PROJECT / "probe")) for path in files if OPENING.search(path.read_text())]
    assert found == sorted(OTHERS)
