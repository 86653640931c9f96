"""A recording that has begun: its settings and the processes that write it; immutable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from probe.addon.redaction.redactor import Redactor
from probe.record.manifest import Manifest
from probe.record.manifest_fields import ObserverChange
from probe.record.runs import PROXY_LOG, Run
from probe.settings.settings import Settings
from probe.settings.upstream_proxy import without_credentials
from probe.targets.target import Change, expand
from probe.wire import agent_folders
from probe.wire.helper_process import Child
from probe.wire.modes import mode_of
from probe.wire.ports import Ports


@dataclass(frozen=True, kw_only=True)
class ServedRun:
    """A recorded run that is served instead of the upstreams."""

    run: Run
    child: Child
    url: str
    listeners: frozenset[str]
    """Listeners with recorded answers."""


@dataclass(frozen=True, kw_only=True)
class Started:
    """Proxies that write into a run's folder; `probe.wire.finish` ends them."""

    settings: Settings
    folder: Path
    manifest: Manifest
    environ: Mapping[str, str]
    """The environment whose credentials are kept off the disk."""
    redactor: Redactor
    marker: str
    """Marks the processes of the run's agent."""
    ports: Ports
    proxy: Child
    served: ServedRun | None
    """None when the upstreams themselves answer."""
    trusted: dict[str, str]
    """The agent's variables that name a file of certificates; empty in reverse mode."""

    @property
    def replay_url(self) -> str | None:
        """Return the address of the replay server; None where the upstreams themselves answer."""
        return self.served.url if self.served else None

    @property
    def answered(self) -> frozenset[str]:
        """Return the listeners for which a replayed run has answers."""
        return self.served.listeners if self.served else frozenset()

    @property
    def placeholders(self) -> dict[str, str]:
        """Return the values of `{model.url}`, `{files}` and the like."""
        addresses = mode_of(self.settings).addresses(self.ports)
        return {"files": str(agent_folders.files_folder(self.folder)), **addresses}

    def expanded(self, texts: Sequence[str], **more: str) -> list[str]:
        """Return some of the target's texts with placeholders filled."""
        return [expand(text, self.placeholders | more) for text in texts]

    def trouble(self) -> str | None:
        """Return why the agent cannot continue; None while all is well."""
        if not self.proxy.alive:
            return f"the proxies ended unexpectedly; see {self.folder / PROXY_LOG}"
        if self.served:
            if (heard := self.served.child.heard()) and heard.get("event") == "missed":
                return f"it asked for something else than the recording has: {heard.get('text')}"
            if not self.served.child.alive:
                return "the replay server ended unexpectedly"
        return None

    def note_changes(self, *changes: Iterable[Change]) -> None:
        """Add changes by the observer to the manifest."""
        noted = [
            ObserverChange(self.redactor.text(expand(change.what, self.placeholders)), self.redactor.text(change.why))
            for change in chain.from_iterable(changes)
        ]
        self.manifest.update(observer_changes=[*(self.manifest.facts.observer_changes or []), *noted])

    def described_listeners(self) -> dict[str, dict[str, Any]]:
        """Return each listener in the manifest's form."""
        return {
            name: {
                "address": f"127.0.0.1:{self.ports.listeners[name]}",
                "upstream": self.replay_url or route.upstream,
                "upstream_proxy": without_credentials(route.upstream_proxy),
                **({"host": route.host} if route.host else {}),
            }
            for name, route in self.settings.routes.items()
        }

    def described_coverage(self) -> dict[str, Any]:
        """Return in the manifest's form whether connections that bypass the listeners are watched."""
        url, proxy = self.ports.coverage_url, coverage_proxy(self.settings, self.replay_url)
        address = {"address": urlsplit(url).netloc, "upstream_proxy": without_credentials(proxy)} if url else {}
        return {"watched": self.settings.coverage, "source": self.settings.sources["coverage"], **address}


def coverage_proxy(settings: Settings, replay_url: str | None) -> str | None:
    """Return the proxy for connections that bypass the listeners: in a replay its server, which refuses them."""
    return replay_url or settings.coverage_upstream_proxy
