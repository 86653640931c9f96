"""Write what a capture covers of all that its agent said, and in which ways it changed the agent."""

from __future__ import annotations

from collections.abc import Sequence

from probe.analysis.hosts import Host, Hosts
from probe.record.manifest_fields import ObserverChange
from probe.report.markdown.escape import code, inline
from probe.report.markdown.tables import table
from probe.report.plain_text import plural

_SEEN = (
    "\nCaptured: bytes of bodies and messages. Only seen: all bytes of tunnels that were passed through unopened; "
    "a program that does not heed HTTPS_PROXY is not seen.\n"
)


def host_table(hosts: Hosts) -> str:
    """Write which hosts the agent talked to, and which of them were captured."""
    names = ("host", "captured or only seen", "listener", "requests", "bytes up", "bytes down")
    rows = (
        (code(one.name), _how(one), ", ".join(map(code, sorted(one.listeners))), *_numbers(one)) for one in hosts.hosts
    )
    words = hosts.in_words()
    return f"## Hosts\n\n{inline(words[0].upper() + words[1:])}.\n\n{table(names, rows)}" + (
        _SEEN if hosts.watched else ""
    )


def _how(host: Host) -> str:
    if host.captured:
        silent = "captured, never answered" if host.unreached == host.requests else "captured"
        return "not reached" if host.never_reached else silent
    return f"only seen, {plural(host.unreached, 'time')} not reached" if host.unreached else "only seen"


def _numbers(host: Host) -> tuple[str, ...]:
    return tuple(f"{number:,}" for number in (host.requests, host.sent, host.received))


def observer_changes(changes: Sequence[ObserverChange]) -> str:
    """Write how the agent differed from itself running alone; nothing where the manifest does not say."""
    if not changes:
        return ""
    rows = ((inline(one.what), inline(one.why)) for one in changes)
    return f"## What the observer changed\n\n{table(('what', 'why'), rows)}"
