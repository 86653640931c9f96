"""What the archive of a shared run lists of its files: unpacked, they stay as they were given."""

from __future__ import annotations

from pathlib import Path

from probe.addon.plain_files import read_plain

SUMS = "SHA256SUMS"
_LARGEST = 1 << 16


def listed_sums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file that a run's folder lists, by name; of a folder without a list, nothing."""
    try:
        text = read_plain(folder / SUMS, _LARGEST).decode("utf-8", "replace")
    except OSError:
        return {}
    pairs = (line.partition("  ") for line in text.splitlines())
    return {name: digest for digest, _, name in pairs if name}
