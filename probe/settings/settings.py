"""The settings of one run, resolved: what it uses, and where each value came from."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from probe.errors import UserError
from probe.places import default_data_dir
from probe.record.mirror_place import mirror_of, shown_place
from probe.settings.sources import COMMAND_LINE, DEFAULT
from probe.settings.upstream_proxy import without_credentials
from probe.store.store import is_url
from probe.targets.target import Target


class Route(NamedTuple):
    """What one listener does in this run."""

    port: int
    chosen: bool
    """True when the user named the port; else a command that launches the agent takes a free one."""
    upstream: str
    upstream_proxy: str | None
    purpose: str
    drop: str = ""
    """Prefix removed from a request's path before the upstream's path is added."""
    own: str | None = None
    """The user's own variable that names the upstream (OPENAI_BASE_URL and the like); None otherwise."""
    host: str | None = None
    """In forward mode: the listener's host (pattern)."""
    as_asked: bool = False
    """In forward mode: whether requests go to the host that the agent asks for; `upstream` is then only shown."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run uses, and where each setting came from."""

    target_name: str
    target: Target
    routes: dict[str, Route]
    upstream_ca: str | None
    system_store: str | None
    """The system's CA file; None if it is not in a known place."""
    data_dir: Path
    run_parent: Path
    """Folder of this target's runs."""
    output_dir: Path | None
    """Exactly this run's folder; None for a new one."""
    keep_secrets: bool
    compress_over: int | None
    """Megabytes over which the record is compressed at the end; None for never."""
    coverage: bool
    """Whether to watch connections that bypass the listeners."""
    coverage_upstream_proxy: str | None
    """Proxy for these; None for direct connections."""
    replay: str | None
    speed: float = math.inf
    """How many times faster than recorded a replay answers; infinite without any pause."""
    fault: tuple[str, ...] = ()
    """What goes wrong in the replay's answers, as the user wrote it."""
    strict: bool = False
    """Whether a replay ends with the first call that differs from the recording."""
    sources: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    """What the user should know about them before a run, a line each."""

    def described(self) -> dict[str, dict[str, Any]]:
        """Return every setting with its source, without credentials."""
        values: dict[str, Any] = {
            "target": self.target_name,
            "upstream_ca": self.upstream_ca,
            "data_dir": shown_place(self.data_dir),
            "output_dir": str(self.output_dir or self.run_parent),
            "keep_secrets": self.keep_secrets,
            "compress_over": self.compress_over,
            "coverage": self.coverage,
            "replay": self.replay,
        }
        if self.replay:
            values |= {
                "speed": "max" if self.speed == math.inf else self.speed,
                "strict": self.strict,
                "fault": list(self.fault),
            }
        for name, route in self.routes.items():
            values[f"upstream.{name}"] = route.upstream
            values[f"upstream_proxy.{name}"] = without_credentials(route.upstream_proxy)
            values[f"port.{name}"] = route.port
            if route.drop:
                values[f"drop.{name}"] = route.drop
        return {
            name: {"value": value, "source": self.sources.get(name, DEFAULT)} for name, value in sorted(values.items())
        }

    def repeated_options(self) -> str:
        """Return the options with which another task reaches the same upstreams, without credentials."""
        words = ["--target", self.target_name]
        for name, route in self.routes.items():
            if self.sources.get(f"upstream.{name}") == COMMAND_LINE:
                words += ["--upstream", f"{name}={without_credentials(route.upstream)}"]
        if self.sources.get("upstream_proxy") == COMMAND_LINE:
            proxy = next((route.upstream_proxy for route in self.routes.values()), None)
            words += ["--upstream-proxy", without_credentials(proxy) or ""]
        return shlex.join(words)


def data_dir(given: str | None, environ: Mapping[str, str]) -> Path:
    """Return the folder of all runs, for a script that needs no other setting. Raises UserError for a file."""
    return checked_data_dir(given or environ.get("PROBE_DATA_DIR") or str(default_data_dir()))


def checked_data_dir(path: str) -> Path:
    """Return a path as the folder of all runs, which need not be there yet; of a bucket, its mirror.

    Raises UserError for a file, and for an address that cannot be used.
    """
    if is_url(path):
        return mirror_of(path)
    folder = Path(path).expanduser().resolve()
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is not a folder", "name the folder of all runs with --data-dir")
    return folder
