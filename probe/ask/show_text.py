"""Lay out what `show` prints of a run: plain text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from probe.ask.block_text import indent, passages_text
from probe.ask.known_run import KnownRun
from probe.ask.look_up import answer_passages, find_item, item_passages
from probe.ask.part_values import item_shown, turn_shown
from probe.ask.run_forms import Costs, Instruction, Overview, Prompt, ToolShown, TouchedFile, TurnLine
from probe.ask.run_values import costs, files, instructions, overview, prompts, tools
from probe.renderers.blocks import Settings
from probe.report.plain_text import RECORDED_ANSWERS, offset, plural, seconds, without_tags
from probe.report.preview import cut
from probe.report.summary_run import Cost, Thread, Tokens
from probe.report.summary_turn import Turn

_BEGINNING = 600
"""Characters of a prompt and of an answer that the overview shows."""
_TURNS = 40
"""Turns that the overview lists from the begin and from the end of a long run."""
_TRIES = 5
"""Failed tries of a turn that are listed."""
_COLUMN = 60
"""Characters of what a turn did, or of a name, that a table shows."""


def overview_text(run: KnownRun) -> str:
    """Write a run in short."""
    return "\n".join(_overview(overview(run), run.name))


def _overview(found: Overview, name: str) -> Iterator[str]:
    facts, counts = found.run, found.counts
    started = datetime.fromtimestamp(facts.started, UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if facts.started else None
    side = plural(counts.side_requests, "side request") if counts.side_requests else None
    took = [plural(counts.turns, "turn"), side, plural(counts.exchanges, "exchange"), seconds(found.time.seconds)]
    yield " · ".join(filter(None, (f"run {name}", facts.agent, started, *took)))
    yield f"cost: {_cost(found.cost)} · tokens: {_tokens(found.tokens)}"
    if facts.replay_of:
        yield f"answered by a replay of {facts.replay_of}"
    yield from _section("asked", [_said(one.text, _where(one)) for one in found.asked] or ["no text of a human"])
    answer = found.answer
    yield from _section("answered", [_said(answer.text, f"turn {answer.turn}")] if answer else ["nothing in text"])
    yield from _section("problems", found.problems)
    yield from _section("threads", list(map(_thread_line, found.threads)) if len(found.threads) > 1 else [])
    yield from _section("turns", list(_turn_lines(found.turns)))
    looks = [
        f"turn {one.turn}: {one.what}" + (f" ({cut(one.about)})" if one.about else "") for one in found.worth_a_look
    ]
    yield from _section("worth a look", looks)
    yield from _section("notes", found.notes)


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"\n{title}:"
        yield from map(indent, lines)


def _where(prompt: Prompt) -> str:
    return f"turn {prompt.turn}" if prompt.turn else "on the command line"


def _said(text: str, where: str) -> str:
    short = text.strip()
    more = f" … ({plural(len(short), 'character')} in all)" if len(short) > _BEGINNING else ""
    return f"({where}) {short[:_BEGINNING]}{more}"


def _thread_line(thread: Thread) -> str:
    who = f"sub-agent {thread.agent or ''}".rstrip() if thread.is_sub_agent else "the agent"
    of = f" of thread {thread.parent}" if thread.parent else ""
    task = f": {cut(thread.task.text)} (asked in turn {thread.task.turn})" if thread.task else ""
    return f"{thread.number}  {who}{of}, {plural(len(thread.turns), 'turn')}{task}"


def _turn_lines(turns: Sequence[TurnLine]) -> Iterator[str]:
    listed = turns if len(turns) <= 2 * _TURNS else [*turns[:_TURNS], *turns[-_TURNS:]]
    width = max((len(one.path) for one in listed), default=0) - len("turn.")
    several = len({one.thread for one in turns}) > 1
    for place, one in enumerate(listed):
        if len(listed) < len(turns) and place == _TURNS:
            yield f"… {plural(len(turns) - 2 * _TURNS, 'turn')} not listed: --json lists them"
        purpose = "" if one.purpose == "turn" else f"({one.purpose}) "
        thread = f"thread {one.thread}  " if several else ""
        did = without_tags(one.did)
        took = [f"{'?' if one.input is None else f'{one.input:,}'} in"]
        took += [f"{'?' if one.output is None else f'{one.output:,}'} out"]
        took += [f"${one.dollars:.4f}"] if one.dollars is not None else []
        number = one.path.removeprefix("turn.").rjust(width)
        yield f"{number}  +{seconds(one.seconds_after_start)}  {thread}{purpose}{did or '-'}  [{', '.join(took)}]"


def _cost(cost: Cost) -> str:
    if not cost.paid:
        return RECORDED_ANSWERS + (f" (their price: {_dollars(cost)})" if cost.dollars is not None else "")
    if cost.dollars is None:
        return f"unknown ({'; '.join(cost.reasons)})" if cost.reasons else "unknown"
    return _dollars(cost) + (f" ({plural(cost.unpriced_turns, 'turn')} without a price)" if cost.unpriced_turns else "")


def _dollars(cost: Cost) -> str:
    return f"{'at least ' if cost.at_least else ''}${cost.dollars:.4f}"


def _tokens(tokens: Tokens | None) -> str:
    if tokens is None or (tokens.input is None and tokens.output is None):
        return "unknown"
    cached = f" ({tokens.cache_read:,} from the cache)" if tokens.cache_read else ""
    reasoning = f" ({tokens.reasoning:,} reasoning)" if tokens.reasoning else ""
    return f"{tokens.input or 0:,} in{cached}, {tokens.output or 0:,} out{reasoning}"


def prompt_text(run: KnownRun) -> str:
    """Write what humans asked, whole."""
    found = prompts(run)
    if not found:
        return "no text of a human is known: the prompt was not given on the command line, and no turn sent one"
    if len(found) == 1:
        return without_tags(found[0].text)
    return "\n\n".join(f"[{_where(one)}{f', {one.path}' if one.path else ''}]\n{indent(one.text)}" for one in found)


def answer_text(run: KnownRun) -> str:
    """Write the last text of the agent's own work, whole."""
    return without_tags(run.understood.final_answer) or "the model said nothing in text"


def instructions_text(run: KnownRun) -> str:
    """Write the instructions, whole."""

    def one_text(one: Instruction) -> str:
        of = f"first in turn {one.first_turn}, in {plural(one.turns, 'request')}, {plural(one.bytes, 'byte')}"
        return f"[{one.path}] {of}\n{indent(one.text)}"

    return "\n\n".join(map(one_text, instructions(run))) or "no request has instructions"


def tools_text(run: KnownRun) -> str:
    """Write the tools, one line each."""
    found = tools(run)
    if not found:
        return "no tool was offered or called"
    width = min(max(len(one.facts.name) for one in found), _COLUMN)
    return "\n".join(_tool_line(one, width) for one in found)


def _tool_line(tool: ToolShown, width: int) -> str:
    facts = tool.facts
    failed = f", {facts.failed} failed" if facts.failed else ""
    calls = plural(facts.calls, "call") + failed
    where = f"{tool.path}, {facts.bytes:,} bytes" if tool.path else "never offered"
    return f"{facts.name:<{width}}  {calls:<18}  [{where}]  {cut(tool.description or '')}"


def costs_text(run: KnownRun) -> str:
    """Write what a run took, by model and by turn."""
    return "\n".join(_costs(costs(run)))


def _costs(found: Costs) -> Iterator[str]:
    cost = found.cost
    yield f"cost: {_cost(replace(cost, reasons=[]))}"
    yield from (f"  {reason}" for reason in cost.reasons)
    yield from (f"  prices: {source}" for source in cost.sources)
    yield f"tokens: {_tokens(found.tokens)}"
    models = [
        f"{one.model or 'no model named'}{' (side requests)' if one.side else ''}: {plural(one.turns, 'call')}, "
        f"{_tokens(one.tokens)}, {'unknown' if one.dollars is None else f'${one.dollars:.4f}'}"
        for one in found.models
    ]
    yield from _section("models, failed tries included", models)
    turns = [
        f"turn {one.turn}: {_tokens(one.tokens)}, {'unknown' if one.dollars is None else f'${one.dollars:.4f}'}"
        for one in found.turns
    ]
    yield from _section("turns", turns)


def files_text(run: KnownRun) -> str:
    """Write which files tool calls touched."""
    found = files(run)
    if not found:
        return "no tool call names a file"
    guesses = any(one.guess for file in found for one in file.touched)
    note = ["", "? is a guess from a shell command"] if guesses else []
    return "\n".join([*map(_file_line, found), *note])


def _file_line(file: TouchedFile) -> str:
    did = [f"{one.action}{'?' if one.guess else ''} ({one.path} {one.tool})" for one in file.touched]
    return f"{file.file}: {', '.join(did)}"


def turn_text(run: KnownRun, number: int) -> str:
    """Write a turn: its facts, what is new in its request, its answer. Raises UserError."""
    return "\n".join(_turn(run, number))


def _turn(run: KnownRun, number: int) -> Iterator[str]:
    shown = turn_shown(run, number)
    turn, facts = shown.facts, run.tries(number).turn.facts
    yield from _turn_head(run, turn)
    before = f" since turn {turn.before}" if turn.before else ""
    new = [
        f"[{one.path}] {one.kind.value} {one.name or one.role or ''}".rstrip()
        + f", {plural(one.bytes, 'byte')}: {one.beginning}"
        for one in shown.new
    ]
    yield f"\nrequest: {plural(len(new), 'new item')}{before}, {shown.same_items} as before"
    yield from map(indent, new)
    # The id of an answer and its like: `get` has them.
    passages = [one for one in answer_passages(run, facts) if type(one.block) is not Settings]
    yield f"\nanswer: {turn.stop or 'no reason to stop'}" + ("" if turn.complete else ", cut short")
    yield passages_text(passages, f"turn.{number}") if passages else "  nothing"


def _turn_head(run: KnownRun, turn: Turn) -> Iterator[str]:
    place = f"line {turn.line} of the record" + (f", call {turn.part} of its WebSocket" if turn.part else "")
    ended = f", took {seconds(turn.ended - turn.started)}" if turn.ended is not None else ", no answer came"
    model = turn.model or "no model named"
    model += f" (answered by {turn.answered_by})" if turn.answered_by not in (None, turn.model) else ""
    yield f"turn {turn.number} of run {run.name} ({turn.purpose}, thread {turn.thread}), {place}"
    status = f"status {turn.status}" if turn.status is not None else "no status"
    yield f"{model} · {status} · {offset(turn.started, run.findings.started)}{ended}"
    price = "unknown" if turn.dollars is None else f"${turn.dollars:.4f}"
    yield f"tokens: {_tokens(turn.tokens)} · cost: {price}"
    for number, one in enumerate(turn.tries[:_TRIES], 1):
        yield f"[turn.{turn.number}.try.{number}] failed try before it: {cut(one.problem)}"
    if len(turn.tries) > _TRIES:
        yield f"… {len(turn.tries)} failed tries in all"
    if turn.problem:
        yield f"error: {turn.problem}"
    if turn.cache and turn.cache.reason:
        yield f"cache: {turn.cache.reason}"
    for call in turn.tool_calls:
        result = f"result in turn {call.result_turn}" if call.result_turn else "no result"
        yield f"calls {call.name}: {cut(call.argument)} ({result}{', failed' if call.failed else ''})"


def item_text(run: KnownRun, word: str) -> str:
    """Write an item. Raises UserError."""
    known = find_item(run, word)
    shown = item_shown(run, known)
    name = shown.name or shown.role or ""
    sent = f"first sent in turn {shown.first_turn}, " if shown.first_turn else ""
    head = f"{shown.path} (number {shown.number}): {shown.kind.value} {name}".rstrip()
    facts = f"{sent}in {plural(shown.requests, 'request')}, {plural(shown.bytes, 'byte')} at {shown.place}"
    return (
        f"{head}\n{facts}, sha256 {shown.sha256}\n\n{passages_text(item_passages(run.item(known.number)), shown.path)}"
    )
