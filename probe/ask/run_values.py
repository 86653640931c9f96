"""What can be asked of a run as a whole: the values that `show --json` and `get` print."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from probe.analysis.origins import HUMAN
from probe.analysis.prices import NOT_INSTALLED
from probe.ask.block_content import SYSTEM, Passage, calls_of, main_value, passages
from probe.ask.known_run import KnownRun
from probe.ask.run_forms import (
    Costs,
    Instruction,
    Overview,
    Prompt,
    ToolShown,
    Touched,
    TouchedFile,
    TurnCost,
    TurnLine,
)
from probe.ask.touched_files import Touch, touched
from probe.ask.worth_a_look import worth_a_look
from probe.renderers.blocks import Message, Text, Tool, Tools
from probe.trace.context import ContextKind
from probe.trace.facts import TurnFacts
from probe.trace.items import Known, NewItem
from probe.trace.turns import Traced


def prompts(run: KnownRun) -> list[Prompt]:
    """Return what humans asked, in the order in which it was sent; the prompt of the command line is always there."""
    findings = run.findings
    found: dict[str, Prompt] = {}
    for number in sorted(findings.origins.of_items, key=lambda one: (findings.origins.first[one], one)):
        if HUMAN not in findings.origins.of_items[number]:
            continue
        turn = findings.numbers[findings.origins.first[number]]
        for text in _texts_of(run.item(number), findings.origins.of_items[number]):
            found.setdefault(text.strip(), Prompt(text=text, turn=turn, path=path_of_item(run, number)))
    prompt = run.source.described.prompt
    if prompt and prompt.strip() not in found:
        return [Prompt(text=prompt, turn=None, path=None), *found.values()]
    return list(found.values())


def _texts_of(item: NewItem, origins: Sequence[str]) -> Iterator[str]:
    """Yield the texts of a user's message that a human wrote."""
    message = next((block for block in item.blocks if type(block) is Message), None)
    texts = [block.text for block in message.content if type(block) is Text] if message else []
    yield from (text for text, origin in zip(texts, origins, strict=False) if origin == HUMAN)


def overview(run: KnownRun) -> Overview:
    """Return a run in short."""
    summary = run.summary
    started = run.findings.started
    return Overview(
        run=summary.run,
        asked=prompts(run),
        answer=summary.final_answer,
        problems=summary.problems,
        notes=summary.notes,
        counts=summary.counts,
        cost=summary.cost,
        tokens=summary.tokens,
        time=summary.time,
        threads=summary.threads,
        turns=[
            TurnLine(
                path=f"turn.{turn.number}",
                thread=turn.thread,
                purpose=turn.purpose,
                seconds_after_start=round(turn.started - started, 6),
                did=turn.did,
                input=turn.tokens.input if turn.tokens else None,
                output=turn.tokens.output if turn.tokens else None,
                dollars=turn.dollars,
            )
            for turn in summary.turns
        ],
        worth_a_look=worth_a_look(summary.turns, summary.time.median_to_first_token),
    )


def instructions(run: KnownRun) -> list[Instruction]:
    """Return the instructions that requests sent, each once, in the order of first appearance."""
    found = []
    for number in _numbers_of(run, ContextKind.INSTRUCTIONS):
        known, turn = run.trace.items.known[number], run.findings.numbers[run.findings.origins.first[number]]
        texts = [str(main_value(one.block)) for one in _system(run.item(number))]
        found.append(
            Instruction(
                path=path_of_item(run, number),
                first_turn=turn,
                turns=known.uses,
                bytes=known.size,
                text="\n\n".join(texts),
            )
        )
    return found


def _system(item: NewItem) -> Iterator[Passage]:
    return (one for one in passages(item.blocks, SYSTEM, {}) if type(one.block) is Text)


def _numbers_of(run: KnownRun, kind: ContextKind) -> list[int]:
    """Return the items of a kind that turns sent, by first appearance."""
    first = run.findings.origins.first
    of_kind = (number for number, sizes in enumerate(run.findings.item_contexts) if kind in dict(sizes))
    return sorted((number for number in of_kind if number in first), key=lambda one: (first[one], one))


def tools(run: KnownRun) -> list[ToolShown]:
    """Return the tools that the model was offered or called, each with the newest definition."""
    offers: dict[str, Known] = {}
    for number in _numbers_of(run, ContextKind.TOOLS):
        known = run.trace.items.known[number]
        offers.update(dict.fromkeys(known.features.offered, known))
    found = []
    for facts in run.summary.tools:
        offer = offers.get(facts.name)
        description = _description(run.item(offer.number), facts.name) if offer else None
        path = path_of_item(run, offer.number) if offer else None
        found.append(ToolShown(path=path, facts=facts, description=description))
    return found


def _description(item: NewItem, name: str) -> str | None:
    def every(blocks: Any) -> Iterator[Tool]:
        for block in blocks:
            if type(block) is Tool:
                yield block
                yield from every(block.tools)
            elif type(block) is Tools:
                yield from every(block.tools)
            elif type(block) is Message:
                yield from every(block.content)

    # Of a namespace's tool, calls have both names.
    return next((one.description for one in every(item.blocks) if name in (one.name, f".{one.name}")), None) or next(
        (one.description for one in every(item.blocks) if name.endswith(f".{one.name}")), None
    )


def costs(run: KnownRun) -> Costs:
    """Return what a run took, by model and by turn."""
    summary = run.summary
    turns = [
        TurnCost(turn=one.number, model=one.model, tokens=one.tokens, dollars=one.dollars) for one in summary.turns
    ]
    return Costs(cost=summary.cost, tokens=summary.tokens, models=summary.models, turns=turns)


def lacks_price_library(run: KnownRun) -> bool:
    """Check whether somebody paid for a run, and only a library that is not installed knows how much."""
    return run.summary.cost.paid and NOT_INSTALLED in run.summary.cost.reasons


class FileCollector:
    """Collects the files that tool calls touch while the record is read."""

    def __init__(self) -> None:
        self.found: list[tuple[int, int | None, int, str, Touch]] = []
        """Line, number within a WebSocket, number of the call in its answer, tool, and what it touched."""

    def __call__(self, traced: Traced, turns: Sequence[TurnFacts], _new: Sequence[NewItem]) -> None:
        for turn in traced.turns:
            for number, call in enumerate(calls_of(turn.response), 1):
                for touch in touched(call):
                    self.found.append((traced.exchange.seq, turn.part, number, call.name, touch))


def files(run: KnownRun) -> list[TouchedFile]:
    """Return the files that tool calls touched, in the order in which that began."""
    collector = FileCollector()
    run.observe(collector)
    found: dict[str, list[Touched]] = {}
    for line, part, number, tool, touch in sorted(collector.found, key=lambda one: run.numbers[one[:2]][0]):
        turn, path = run.numbers[line, part]
        found.setdefault(touch.path, []).append(
            Touched(turn=turn, path=f"{path}.call.{number}", tool=tool, action=touch.action, guess=touch.guess)
        )
    return [TouchedFile(file=name, touched=all_of) for name, all_of in found.items()]


def answer(run: KnownRun) -> str:
    """Return the last text of the agent's own work, whole; empty where the model said nothing."""
    return run.understood.final_answer


def prompt(run: KnownRun) -> str:
    """Return what humans asked, whole."""
    return "\n\n".join(one.text for one in prompts(run))


def path_of_item(run: KnownRun, number: int) -> str:
    """Return the path of an item: its hash, which is the same in other runs, where no other item has that."""
    known = run.trace.items.known[number]
    return f"item.{known.sha256[:12]}" if run.hashes[known.sha256] == 1 else f"item.{number}"


WHOLE_VALUES: dict[str, Callable[[KnownRun], Any]] = {
    "prompt": prompt,
    "answer": answer,
    "instructions": instructions,
    "tools": tools,
    "costs": costs,
    "files": files,
    "summary": lambda run: run.summary,
    "manifest": lambda run: run.source.manifest,
}
"""What each word for something of the whole run leads to."""
