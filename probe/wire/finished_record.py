"""What becomes of the record of a finished recording: it is compressed where it is large, and its path is printed."""

from __future__ import annotations

from probe.cli.edge import one_line, say, say_next
from probe.cli.script_process import is_step
from probe.errors import UserError
from probe.record.open_record import record_place, record_size
from probe.record.runs import Run
from probe.wire.started import Started

_MEGABYTE = 1_000_000


def print_record(recording: Started) -> None:
    """Compress a record that is over the size in the settings; print its path unless a pipeline goes on with it."""
    found = Run(folder=recording.folder, target=recording.settings.target_name, manifest=recording.manifest)
    if (limit := recording.settings.compress_over) is not None:
        _compress_if_over(limit * _MEGABYTE, found)
    say_next("analyze", recording.folder)
    if not is_step():
        print(record_place(found.traffic))


def _compress_if_over(limit: int, found: Run) -> None:
    """Compress a record of more bytes than the limit; where that fails, the recording is as good without."""
    try:
        if record_size(found.traffic) <= limit:
            return
        from probe.record.compressed import compress  # Here, since most records are smaller.

        made = compress(found)
    except UserError as error:
        say(f"WARNING: the record is not compressed: {one_line(str(error.args[0]))}")
    except OSError as error:
        say(f"WARNING: the record is not compressed: {error.strerror or error}")
    else:
        if made:
            say(f"the record was compressed (compress_over): {made.record_size:,} bytes in {made.size:,}")
