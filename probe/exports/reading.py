"""Read a run once, for a writer: its content while it passes, then its numbers, which are those of its report."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from probe.analysis.findings import Findings
from probe.analysis.groups import PlacedTurn, Thread
from probe.analysis.prices import ModelPrice, Prices
from probe.exports.contents import Contents
from probe.exports.pointers import Pointers
from probe.record.open_record import record_sha256
from probe.record.runs import Run
from probe.renderers.loader import load_renderer
from probe.report.described import described_run
from probe.report.plain_text import plural
from probe.report.prompt_parts import PromptSlots
from probe.report.summarize import summary_of
from probe.report.summary import Summary
from probe.report.understood import understand
from probe.settings.own_prices import own_prices
from probe.slots.environment import NOWHERE
from probe.slots.slots import Slots
from probe.targets.finding import renderer_spec
from probe.targets.target import Target
from probe.trace.facts import TurnFacts
from probe.trace.items import NewItem
from probe.trace.trace import read_trace
from probe.trace.turns import Traced

OnExchange = Callable[[Traced, Sequence[TurnFacts], Sequence[NewItem]], None]


NEVER_HELD = "headers, the bytes of bodies (of images and files too), and when each event arrived"
"""What no format of conversations has of any run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRun:
    """A run that was read."""

    run: Run
    findings: Findings
    summary: Summary
    """As `analyze` writes it into `summary.json`, but for the slots of its prompt."""
    contents: Contents | None
    """None where the writer wants no texts."""
    pointers: Pointers
    malformed: Sequence[tuple[int, str]]
    """Number of each line that is no record, and why."""

    @property
    def agent(self) -> str:
        """Return the name of the agent."""
        return self.run.target

    @property
    def agent_version(self) -> str | None:
        """Return the agent's version, if it is known."""
        return self.run.manifest.facts.versions.get("agent")

    def placed(self) -> Iterator[tuple[Thread, PlacedTurn, bool]]:
        """Yield the calls of all threads in the order of their numbers, and whether each is a failed try."""
        findings = self.findings
        threads = {thread.number: thread for thread in findings.threads}
        of_turn = {one.turn.index: number for number, tries in findings.tries.items() for one in tries}
        for tries in findings.turns:
            thread = threads[of_turn[tries.turn.index]]
            yield from ((thread, one, True) for one in tries.failed)
            yield thread, tries.turn, False

    def not_held(self) -> list[str]:
        """Return what no format of conversations has a place for."""
        sentences = [NEVER_HELD]
        others = sum(not one.turns for one in self.findings.exchanges)
        if others:
            sentences.append(f"{plural(others, 'exchange')} that call no model")
        if self.malformed:
            number, why = self.malformed[0]
            sentences.append(
                f"{plural(len(self.malformed), 'line')} of the record that hold no exchange (line {number}: {why})"
            )
        return sentences


def read_run(
    run: Run,
    target: Target | None,
    contents: Contents | None,
    also: OnExchange | None = None,
    *,
    hashed: bool = True,
) -> ReadRun:
    """Read a run; `contents` keeps what was said, `also` gets each exchange with its content.

    Without `hashed` the record's hash is taken from the manifest, and not checked.
    """
    malformed: list[tuple[int, str]] = []
    pointers = Pointers()

    def add(traced: Traced, turns: Sequence[TurnFacts], new: Sequence[NewItem]) -> None:
        pointers.add(traced, new)
        for one in filter(None, (contents.add if contents else None, also)):
            one(traced, turns, new)

    trace = read_trace(
        run.traffic,
        load_renderer(renderer_spec(target)),
        ids=target.ids if target else None,
        on_exchange=add,
        on_malformed=lambda number, why: malformed.append((number, why)),
        structured=False,
    )
    sha256 = record_sha256(run.traffic) if hashed else run.manifest.facts.traffic_sha256
    described = described_run(run, "", str(run.traffic), lambda number, why: None, sha256)
    prices = Prices(own=[ModelPrice(model=model, **of) for model, of in own_prices(os.environ).items()])
    slots = PromptSlots(Slots(NOWHERE, ()))
    understood = understand(
        trace, described, prices, [number for number, _ in malformed], lambda facts: facts.text, slots
    )
    return ReadRun(
        run=run,
        findings=understood.findings,
        summary=summary_of(understood),
        contents=contents,
        pointers=pointers,
        malformed=malformed,
    )
