"""Write the page of trends out of the tables that `fleet analyze` has written."""

from __future__ import annotations

import os
import shlex
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path

from probe.addon.private_files import private_folder
from probe.cli.called_as import as_called
from probe.cli.edge import one_line, printable, say
from probe.errors import UserError
from probe.fleet.tables import local_tables, published
from probe.questions.connection import load_duckdb
from probe.questions.hints import keeping_data_dir
from probe.record.files import private_file
from probe.record.mirror_place import store_of
from probe.settings.settings import data_dir
from probe.trends.data import trends_of
from probe.trends.page import page_of

PAGE = "trends.html"


def main(arguments: Namespace) -> int:
    """Run `fleet trends`; return the exit code."""
    with keeping_data_dir(arguments.data_dir):
        return _written(arguments)


def _written(arguments: Namespace) -> int:
    load_duckdb()  # First: without it nothing is copied.
    data = data_dir(arguments.data_dir, os.environ)
    tables = local_tables(store_of(data))
    numbers, about = trends_of(tables, arguments.runs or "*"), one_line(published(tables).described())
    if not numbers["runs"]["name"]:
        raise UserError(
            f"no run fits {arguments.runs or '*'} in the {about}; replays are left out",
            "name others with --runs, or add runs to the tables: invoke fleet analyze",
        )
    out = _output(arguments.output, data)
    page = page_of({**numbers, "tables": about}, f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", _view(arguments.data_dir))
    try:
        private_folder(out.parent)
        with private_file(out) as file:
            file.write(page)
    except OSError as error:
        raise UserError(f"{out}: {error.strerror or error}", "name another file with --output") from error
    say(f"{numbers['about']['shown']:,} runs, from {about}; the page is one file, opened by any browser")
    print(printable(str(out)))
    return 0


def _view(given: str | None) -> str:
    """Return the command that opens the page of a run, up to the run's name."""
    folder = ["--data-dir", given] if given else []
    return " ".join([as_called("invoke view"), *map(shlex.quote, folder), "--run"])


def _output(given: str | None, data: Path) -> Path:
    """Return the page's file; a folder gets it under its usual name."""
    if not given:
        return data / ".fleet" / "reports" / PAGE
    out = Path(given).expanduser()
    return out if out.suffix in (".html", ".htm") and not out.is_dir() else out / PAGE
