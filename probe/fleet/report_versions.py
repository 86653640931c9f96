"""Write the tables of a report that have a line for each version of an agent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from probe.fleet.amounts import amount, bounds_words, dollars, milliseconds, share, size
from probe.fleet.summary import GroupSummary, Numbers, Spread
from probe.report.markdown.escape import code, inline
from probe.report.markdown.tables import table

SUMMARY = "summary.json"
_USE = (
    *("agent", "runs", "first", "last", "turns of a run"),
    *("ended with an error", "failed exchanges", "failed tools"),
)
_COST = ("agent", "input", "from the cache", "output", "list price", "a run", "prompt (median)", "largest prompt")
_LATENCY = ("agent", "calls", "first token, median", "90%", "whole answer, median", "90%", "slowest")
"""The heads of tables with a line for each version."""
_MOST_GROUPS = 40
_LONGEST = 120
"""Characters of a name."""


def version_tables(groups: Sequence[GroupSummary]) -> Iterator[str]:
    """Yield the tables that have a line for each version; those with the most runs where there are too many."""
    if not groups:
        return
    most = sorted(groups, key=lambda one: -one.numbers.runs)[:_MOST_GROUPS]
    shown = [one for one in groups if one in most]
    yield "## Agents and versions\n"
    yield table(_USE, map(_use, shown))
    yield from more(len(groups) - len(shown), " versions")
    yield "### Tokens and prices\n"
    yield table(_COST, map(_cost, shown))
    yield "The prompt is instructions and tools of the request of a run that has most of them.\n"
    if any(one.answer_microseconds or one.first_token_microseconds for one in shown):
        yield "### Latency of calls\n"
        yield "A median is between two bounds; nine of ten calls are not slower than the bounds of 90% allow.\n"
        yield table(_LATENCY, map(_latency, shown))


def _label(one: GroupSummary) -> str:
    return inline(bounded(one.name)) + (" (replays)" if one.is_replayed else "")


def _use(one: GroupSummary) -> tuple[str, ...]:
    numbers = one.numbers
    return (
        _label(one),
        f"{numbers.runs:,}",
        one.first or "?",
        one.last or "?",
        _turns(one.turns),
        share(numbers.agent_failures, numbers.runs),
        share(numbers.error_answers + numbers.unanswered, numbers.exchanges),
        failed_tools(numbers),
    )


def _turns(spread: Spread | None) -> str:
    if spread is None:
        return "?"
    largest = f" (largest {amount(spread.largest)})" if spread.largest > spread.median.high else ""
    return bounds_words(spread.median, amount) + largest


def _cost(one: GroupSummary) -> tuple[str, ...]:
    numbers = one.numbers
    price = "not paid" if one.is_replayed else "?" if numbers.dollars is None else dollars(numbers.dollars)
    is_partly = numbers.dollars is not None and (numbers.unpriced_calls or numbers.underpriced_calls)
    each = "" if one.is_replayed or numbers.dollars is None else dollars(numbers.dollars / numbers.runs)
    return (
        _label(one),
        amount(numbers.input_tokens),
        share(numbers.cache_read_tokens, numbers.input_tokens),
        amount(numbers.output_tokens),
        *(inline(f"≥ {words}" if is_partly and words and not one.is_replayed else words) for words in (price, each)),
        bounds_words(one.prompt_bytes.median, size) if one.prompt_bytes else "?",
        size(one.prompt_bytes.largest) if one.prompt_bytes else "?",
    )


def _latency(one: GroupSummary) -> tuple[str, ...]:
    first, whole = one.first_token_microseconds, one.answer_microseconds
    times = [
        bounds_words(bounds, milliseconds) if bounds else "?"
        for spread in (first, whole)
        for bounds in ((spread.median, spread.p90) if spread else (None, None))
    ]
    return _label(one), f"{one.numbers.calls:,}", *times, milliseconds(whole.largest) if whole else "?"


def failed_tools(numbers: Numbers) -> str:
    """Return how many calls of tools failed; a dash where no result says whether it did."""
    return share(numbers.failed_tool_calls, numbers.tool_calls if numbers.known_tool_calls else 0)


def more(number: int, what: str) -> Iterator[str]:
    """Yield that there are more in the summary; nothing where there are not."""
    if number > 0:
        yield f"… and {number:,} more{what} in {code(SUMMARY)}.\n"


def bounded(text: str) -> str:
    """Return a name that may be of any length."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
