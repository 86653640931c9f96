"""Put a report together: what the run was for and what came of it first, then what is new in each turn."""

from __future__ import annotations

from collections.abc import Iterator

from probe.analysis.retries import Tries
from probe.report.actions import Actions, Style
from probe.report.markdown.alike import Alike
from probe.report.markdown.anatomy import prompt_anatomy
from probe.report.markdown.escape import code, fence, inline
from probe.report.markdown.exchange_texts import ExchangeTexts
from probe.report.markdown.full_log import FullLog
from probe.report.markdown.hosts import host_table, observer_changes
from probe.report.markdown.overview import Front, front, no_call, numbers, time_line
from probe.report.markdown.payload_structure import payload_structure
from probe.report.markdown.turn_log import TurnLog
from probe.report.markdown.turn_table import TurnTable
from probe.report.understood import Understood
from probe.trace.facts import TurnFacts
from probe.trace.trace import ExchangeFacts

_PROMPT = 1500
"""Characters of a prompt that the head of a report shows."""

_MORE = "- More: `analyze --full` writes every exchange whole, `analyze --html` a page to search and look around in\n"
_AFTER_THE_LOG = ("Totals", "Hosts", "Payload structure")
_STYLE = Style(text=inline, code=code, strong=lambda text: f"**{text}**", emphasis=lambda text: f"*{text}*")


class Document:
    """Writes the report of a run from what was found and the texts of its exchanges."""

    def __init__(self, found: Understood, texts: ExchangeTexts) -> None:
        self._found, self._run, self._findings, self._texts = found, found.run, found.findings, texts
        self._actions = Actions({one.line: one for one in found.trace.exchanges}, found.findings.started, _STYLE)
        self._table = TurnTable(found.findings, self._actions, is_replay=found.run.replay_server is not None)

    def parts(self, *, full: bool) -> Iterator[str]:
        """Yield the report, part by part."""
        run = self._run
        page = Front(
            title=run.title,
            source=run.source,
            about=run.about,
            notes=run.notes,
            differing=run.differing,
            nearest=run.nearest,
            generated_at=run.generated_at,
            totals=self._findings.exchange_totals,
            problems=self._found.problems,
            remarks=self._found.remarks,
        )
        yield "\n".join(filter(None, [front(page) + self._links(full=full), *self._head()]))
        if full:
            yield "\n## Conversation log\n"
            yield from (f"\n{entry}" for entry in self._full())
        else:
            if self._findings.exchanges:
                yield "\n## Turns\n" if self._findings.threads else "\n## Exchanges\n"
            yield from (f"\n{entry}" for entry in self._log())
        yield "\n" + "\n".join(filter(None, self._tail()))

    def _links(self, *, full: bool) -> str:
        """Return the facts that lead to the parts of a report."""
        log = "- Form: the full log, with every exchange whole\n" if full else _MORE if self._findings.exchanges else ""
        if not self._findings.threads:
            return log
        sections = ("What the agent did", "Final answer", "Conversation log" if full else "Turns", *_AFTER_THE_LOG)
        links = (f"[{name[0].lower()}{name[1:]}](#{name.lower().replace(' ', '-')})" for name in sections)
        return f"{log}- Go to: {', '.join(links)}\n"

    def _head(self) -> Iterator[str]:
        """Yield what the run was for, what the agent did, what came of it, and what that took."""
        if self._run.prompt:
            cut = len(self._run.prompt) > _PROMPT
            yield f"## Prompt\n\n{fence(self._run.prompt[:_PROMPT] + ('…' if cut else ''))}"
        if not self._findings.threads:
            if self._findings.exchanges:
                yield f"## What the agent did\n\n{no_call(self._findings.exchanges)}"
            return
        is_replay = self._run.replay_server is not None
        yield f"{self._table.cost()}\n{time_line(self._findings.time, is_replay=is_replay)}"
        yield f"## What the agent did\n\n{self._table.actions()}"
        yield f"## Final answer\n\n{self._final_answer()}"

    def _final_answer(self) -> str:
        """Return the last text of the agent's own work, and where it is from."""
        final = self._findings.final
        if final is None:
            return "None: the model said nothing.\n"
        numbers = self._findings.numbers
        number, last = numbers[final.index], numbers[self._findings.work[-1].index]
        said = f"Said in [turn {number}](#turn-{number}); the turns after it said nothing.\n\n"
        text = fence(self._found.final_answer)
        return text if number == last else said + text

    def _tail(self) -> Iterator[str]:
        if self._findings.threads:
            yield f"## Totals\n\n{self._table.totals()}"
            yield self._anatomy()
        if self._findings.exchanges:
            yield numbers(self._findings.exchange_totals, self._run.replay_server)
        yield host_table(self._findings.hosts)
        yield observer_changes(self._run.changes)
        if not self._findings.exchanges:
            return
        requests, responses = self._found.trace.structures()
        yield payload_structure({"Requests": requests, "Responses": responses})

    def _anatomy(self) -> str:
        parts = self._found.prompt_parts
        if not parts:
            return ""
        turn = parts[0].turn
        sizes = self._findings.contexts[turn].sizes
        return prompt_anatomy(parts, sizes, self._findings.numbers[turn], measured=self._run.measured)

    def _full(self) -> Iterator[str]:
        turns: dict[int, list[TurnFacts]] = {}
        for turn in self._found.trace.turns:
            turns.setdefault(turn.line, []).append(turn)
        anchors: dict[int, str] = {}
        for tries in self._findings.turns:
            # The rows of turns link to them.
            anchor = f'<a id="turn-{self._findings.numbers[tries.turn.index]}"></a>\n\n'
            anchors[tries.turn.facts.line] = anchors.get(tries.turn.facts.line, "") + anchor
        entries = FullLog(self._texts, self._findings.started).entries(self._findings.exchanges, turns)
        return (anchors.get(one.line, "") + entry for one, entry in zip(self._findings.exchanges, entries, strict=True))

    def _log(self) -> Iterator[str]:
        """Yield turns and side exchanges in the order in which they started."""
        log = TurnLog(self._texts, self._findings, self._actions)
        exchanges = {one.line: one for one in self._findings.exchanges}
        entries: list[tuple[float, int, int, Tries | ExchangeFacts]] = [
            (tries.turn.facts.started, tries.turn.facts.line, tries.turn.facts.part or 0, tries)
            for tries in self._findings.turns
        ]
        # A WebSocket is closed behind its turns.
        entries += [
            (one.ended if one.turns else one.started, one.line, one.turns + 1, one)
            for one in self._findings.exchanges
            if one.turns == 0 or one.websocket_messages
        ]
        alike = Alike()
        for _, line, _, entry in sorted(entries, key=lambda entry: entry[:3]):
            if isinstance(entry, Tries):
                yield log.turn(entry, exchanges[line])
            elif not alike.add(entry):
                yield log.side(entry)
        yield from alike.left_out()
