"""Fill in the turns of `summary.json`."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from probe.analysis.cache import CacheUse
from probe.analysis.groups import PlacedTurn
from probe.analysis.retries import Tries
from probe.renderers.blocks import Usage
from probe.report.actions import Actions, Style
from probe.report.cache_reasons import cache_reason
from probe.report.plain_text import without_tags
from probe.report.summary_run import Tokens
from probe.report.summary_turn import CacheFacts, FailedTry, FirstChange, NewItems, Shortened, Silence, ToolCall, Turn
from probe.report.understood import Understood


def turns_of(found: Understood) -> list[Turn]:
    """Return the turns of a run in the order of their numbers."""
    findings = found.findings
    actions = Actions({one.line: one for one in findings.exchanges}, findings.started, Style())
    thread = {one.turn.index: number for number, tries in findings.tries.items() for one in tries}
    return [_turn(found, actions, one, thread[one.turn.index]) for one in findings.turns]


def _turn(found: Understood, actions: Actions, tries: Tries, thread: int) -> Turn:
    findings, turn, facts = found.findings, tries.turn, tries.turn.facts
    before = findings.before[turn.index]
    price, context = findings.costs.prices[turn.index], findings.contexts[turn.index]
    return Turn(
        number=findings.numbers[turn.index],
        line=facts.line,
        part=facts.part,
        thread=thread,
        purpose=turn.purpose,
        is_side=turn.is_side,
        prompt=turn.prompt,
        before=findings.numbers[before.index] if before else None,
        transport="websocket" if facts.websocket else "http",
        listener=facts.listener,
        path=facts.path,
        api=facts.api,
        started=facts.started,
        first_token=facts.first_part,
        ended=facts.ended,
        longest_silence=Silence(seconds=rounded(facts.silence[0]), at=facts.silence[1]) if facts.silence else None,
        status=facts.status,
        complete=facts.complete,
        model=facts.model,
        answered_by=facts.answered_by,
        response_id=facts.response_id,
        stop=facts.stop.value if facts.stop else None,
        stop_word=facts.stop_word,
        problem=shown(facts.problem),
        incomplete=shown(facts.incomplete),
        did=actions.row(Tries(turn=turn)),
        text=without_tags(facts.text),
        tool_calls=list(_tool_calls(found, turn)),
        more_tool_calls=facts.more_calls,
        tokens=_tokens(facts.usage),
        dollars=float_of(price.dollars) if price else None,
        context=dict(context.sizes),
        context_tokens=dict(context.tokens) if context.tokens is not None else None,
        new=_new_items(found, turn),
        cache=_cache(found, findings.cache.get(turn.index)),
        shortened=_shortened(found, turn),
        tries=[_failed_try(actions, one) for one in tries.failed],
    )


def _shortened(found: Understood, turn: PlacedTurn) -> Shortened | None:
    one = found.findings.shortened.get(turn.index)
    return Shortened(turn=found.findings.numbers[one.before], messages=one.messages) if one else None


def _failed_try(actions: Actions, turn: PlacedTurn) -> FailedTry:
    facts = turn.facts
    return FailedTry(
        line=facts.line,
        part=facts.part,
        started=facts.started,
        ended=facts.ended,
        status=facts.status,
        problem=without_tags(facts.problem or actions.failure(facts)),
    )


def _tool_calls(found: Understood, turn: PlacedTurn) -> Iterator[ToolCall]:
    for call in turn.facts.calls:
        result = found.findings.results.of(turn, call.call_id)
        yield ToolCall(
            name=call.name,
            argument=without_tags(call.argument),
            call_id=call.call_id,
            agent=call.agent,
            failed=result.failed if result else None,
            result_turn=found.findings.numbers[result.turn] if result else None,
        )


def _new_items(found: Understood, turn: PlacedTurn) -> NewItems:
    changes = found.findings.changes[turn.index]
    return NewItems(
        instructions=len(changes.instructions),
        tools=len(changes.tools),
        messages=len(changes.messages),
        settings=len(changes.settings),
        dropped=len(changes.dropped_messages) + len(changes.dropped_tools) + len(changes.dropped_settings),
    )


def _cache(found: Understood, use: CacheUse | None) -> CacheFacts | None:
    if use is None:
        return None
    number, difference = found.findings.numbers[use.before], use.difference
    return CacheFacts(
        before=number,
        expected=use.expected,
        read=use.read,
        missed=use.missed,
        cause=use.cause,
        reason=shown(cache_reason(use, number)),
        first_change=FirstChange(
            kind=difference.kind.value, place=difference.place, among=difference.among, dropped=difference.dropped
        )
        if difference
        else None,
    )


def _tokens(usage: Usage | None) -> Tokens | None:
    names = Tokens.__struct_fields__
    return Tokens(**{name: getattr(usage, name) for name in names}) if usage else None


def shown(text: str | None) -> str | None:
    """Return a text that came over the wire without the tags of what was redacted."""
    return without_tags(text) if text is not None else None


def float_of(dollars: Decimal | None) -> float | None:
    """Return a sum of money as JSON has it."""
    return None if dollars is None else float(dollars)


def rounded(seconds: float) -> float:
    """Return a duration without the noise of its last digits: clocks count microseconds."""
    return round(seconds, 6)
