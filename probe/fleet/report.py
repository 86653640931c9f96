"""Write what many runs come down to: `report.md` and `summary.json`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from probe.fleet.amounts import amount, bounds_words, dollars, milliseconds, share, size
from probe.fleet.remarks import shown_remarks
from probe.fleet.statistics import FleetStatistics
from probe.fleet.summarize import summary_of
from probe.fleet.summary import DaySummary, FleetSummary, GroupSummary, HostSummary, Numbers, Spread
from probe.fleet.versions import agent_of
from probe.report.markdown.escape import code, inline
from probe.report.markdown.tables import table
from probe.report.plain_text import indented, plural

REPORT, SUMMARY = "report.md", "summary.json"
_MOST_REMARKS = 12
_MOST_GROUPS = 40
_MOST_DAYS = 31
_MOST_NAMES = 20
"""Lines of other tables."""
_LONGEST = 120
"""Characters of a name."""


def analysis_documents(statistics: FleetStatistics) -> list[tuple[str, str]]:
    """Return the documents about many runs, by their names."""
    summary = summary_of(statistics)
    return [(REPORT, markdown_of(summary)), (SUMMARY, indented(summary))]


def markdown_of(summary: FleetSummary) -> str:
    """Return a summary as Markdown."""
    return "\n".join(_lines(summary)).rstrip() + "\n"


def _lines(summary: FleetSummary) -> Iterator[str]:
    yield f"# {_title(summary)}\n"
    yield f"{' '.join(_head(summary))}\n"
    if remarks := shown_remarks(summary.remarks, _MOST_REMARKS):
        yield "## What stands out\n"
        yield "\n".join(f"- {inline(one.line)}" for one in remarks) + "\n"
        yield from _more(len(summary.remarks) - len(remarks), "")
    yield from _groups(summary.groups)
    yield from _tools(summary)
    yield from _errors(summary)
    yield from _models(summary)
    yield from _days(summary.days)
    yield from _hosts(summary.hosts)
    yield from _unread(summary)


def _title(summary: FleetSummary) -> str:
    days = summary.first if summary.first == summary.last else f"{summary.first} to {summary.last}"
    agents = list(dict.fromkeys(agent_of(one.name) for one in summary.groups))
    of = (
        f" of {inline(_name(agents[0]))}"
        if len(agents) == 1
        else f" of {plural(len(agents), 'agent')}"
        if agents
        else ""
    )
    return plural(summary.runs, "run") + of + (f", {days}" if summary.first else "")


def _head(summary: FleetSummary) -> Iterator[str]:
    total = summary.total
    if 0 < summary.replayed_runs == summary.runs:
        took = f"{amount(total.input_tokens)} input and {amount(total.output_tokens)} output tokens"
        yield f"All of them got recorded answers: nothing was paid, and the {took} are those of the recordings."
    elif total.runs:
        yield (
            f"{plural(total.calls, 'call')} of models took {amount(total.input_tokens)} input and "
            f"{amount(total.output_tokens)} output tokens{_price(total)}."
        )
    if 0 < summary.replayed_runs < summary.runs:
        runs = plural(summary.replayed_runs, "run")
        yield f"{runs} got recorded answers: what they took is in their own lines alone, and nothing was paid for it."
    if summary.copies:
        what = "redacted copy" if summary.copies == 1 else "redacted copies"
        yield f"{summary.copies:,} {what} of other runs left out."
    if summary.incomplete:
        yield f"Of {', '.join(summary.incomplete)} more were seen than are kept; what is shown of them is exact."


def _price(total: Numbers) -> str:
    if total.dollars is None:
        return "; no price is known"
    unpriced = total.calls - total.priced_calls
    least = "at least " if unpriced or total.underpriced_calls else ""
    return f", list price {least}{inline(dollars(total.dollars))}" + (
        f" (without {plural(unpriced, 'call')} of unknown price)" if unpriced else ""
    )


def _more(number: int, what: str) -> Iterator[str]:
    if number > 0:
        yield f"… and {number:,} more{what} in {code(SUMMARY)}.\n"


def _name(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


# -- agents and versions -----------------------------------------------------------------------------------------------


def _groups(groups: Sequence[GroupSummary]) -> Iterator[str]:
    """Yield the tables that have a line for each version; those with the most runs where there are too many."""
    if not groups:
        return
    most = sorted(groups, key=lambda one: -one.numbers.runs)[:_MOST_GROUPS]
    shown = [one for one in groups if one in most]
    yield "## Agents and versions\n"
    heads = (
        "agent",
        "runs",
        "first",
        "last",
        "turns of a run",
        "ended with an error",
        "failed exchanges",
        "failed tools",
    )
    yield table(heads, map(_use, shown))
    yield from _more(len(groups) - len(shown), " versions")
    yield "### Tokens and prices\n"
    heads = ("agent", "input", "from the cache", "output", "list price", "a run", "prompt (median)", "largest prompt")
    yield table(heads, map(_cost, shown))
    yield "The prompt is instructions and tools of the request of a run that has most of them.\n"
    if any(one.answer_microseconds or one.first_token_microseconds for one in shown):
        yield "### Latency of calls\n"
        yield "A median is between two bounds; nine of ten calls are not slower than the bounds of 90% allow.\n"
        heads = ("agent", "calls", "first token, median", "90%", "whole answer, median", "90%", "slowest")
        yield table(heads, map(_latency, shown))


def _label(one: GroupSummary) -> str:
    return inline(_name(one.name)) + (" (replays)" if one.is_replayed else "")


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
        share(numbers.failed_tool_calls, numbers.tool_calls),
    )


def _turns(spread: Spread | None) -> str:
    if spread is None:
        return "?"
    largest = f" (largest {amount(spread.largest)})" if spread.largest > spread.median.high else ""
    return bounds_words(spread.median, amount) + largest


def _cost(one: GroupSummary) -> tuple[str, ...]:
    numbers = one.numbers
    price = "not paid" if one.is_replayed else "?" if numbers.dollars is None else dollars(numbers.dollars)
    is_partly = numbers.dollars is not None and (numbers.priced_calls < numbers.calls or numbers.underpriced_calls > 0)
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


# -- what was used, and what went wrong --------------------------------------------------------------------------------


def _tools(summary: FleetSummary) -> Iterator[str]:
    shown = [one for one in summary.tools if one.calls][:_MOST_NAMES]
    if shown:
        yield "## Tools\n"
        rows = (
            (code(_name(one.name)), f"{one.runs:,}", f"{one.calls:,}", share(one.failed, one.calls)) for one in shown
        )
        yield table(("tool", "runs", "calls", "failed"), rows)
        yield from _more(len(summary.tools) - len(shown), " tools")


def _errors(summary: FleetSummary) -> Iterator[str]:
    exchanges = sum(summary.statuses.values())
    odd = {status: count for status, count in summary.statuses.items() if status == "none" or status >= "4"}
    rows = [
        ("no answer" if status == "none" else inline(_name(status)), share(count, exchanges))
        for status, count in sorted(odd.items(), key=lambda pair: (-pair[1], pair[0]))[:_MOST_NAMES]
    ]
    if rows:
        yield "## Errors\n"
        yield table(("status of the answer", "exchanges"), rows)
        if tries := summary.total.failed_tries:
            yield f"{plural(tries, 'call')} failed and {'was' if tries == 1 else 'were'} repeated.\n"
    ends = sorted(summary.stops.items(), key=lambda pair: (-pair[1], pair[0]))[:_MOST_NAMES]
    if len(ends) > 1:
        yield "## Why answers ended\n"
        yield table(("reason", "calls"), ((code(_name(name)), f"{count:,}") for name, count in ends))


def _models(summary: FleetSummary) -> Iterator[str]:
    shown = summary.models[:_MOST_NAMES]
    if len(summary.models) < 2:
        return
    yield "## Models\n"
    rows = (
        (
            code(_name(one.model)) if one.model else "?",
            f"{one.calls:,}",
            amount(one.input_tokens),
            amount(one.output_tokens),
            "?" if one.dollars is None else inline(dollars(one.dollars)),
        )
        for one in shown
    )
    yield table(("model", "calls", "input tokens", "output tokens", "list price"), rows)
    yield from _more(len(summary.models) - len(shown), " models")


def _days(days: Sequence[DaySummary]) -> Iterator[str]:
    if len(days) < 2:
        return
    shown = days[-_MOST_DAYS:]
    yield "## Days\n"
    heads = ("day", "runs", "calls", "input tokens", "list price", "failed exchanges", "failed tools")
    yield table(heads, map(_day, shown))
    yield from _more(len(days) - len(shown), " days")


def _day(one: DaySummary) -> tuple[str, ...]:
    numbers = one.numbers
    return (
        inline(_name(one.day)),
        f"{numbers.runs:,}",
        f"{numbers.calls:,}",
        amount(numbers.input_tokens),
        "?" if numbers.dollars is None else inline(dollars(numbers.dollars)),
        share(numbers.error_answers + numbers.unanswered, numbers.exchanges),
        share(numbers.failed_tool_calls, numbers.tool_calls),
    )


def _hosts(hosts: Sequence[HostSummary]) -> Iterator[str]:
    shown = hosts[:_MOST_NAMES]
    if shown:
        yield "## Hosts\n"
        rows = (
            (
                code(_name(one.name)),
                f"{one.runs:,}",
                f"{one.requests:,}",
                size(one.sent),
                size(one.received),
                f"{one.unreached:,}",
            )
            for one in shown
        )
        yield table(("host", "runs", "requests", "sent", "received", "not reached"), rows)
        yield from _more(len(hosts) - len(shown), " hosts")


def _unread(summary: FleetSummary) -> Iterator[str]:
    yield from _examples("Runs that could not be read", summary.failed.items(), summary.failed_runs, "why")
    lines = ((run, f"{count:,}") for run, count in summary.malformed.items())
    yield from _examples("Runs with malformed lines", lines, summary.malformed_runs, "lines")


def _examples(title: str, found: Iterable[tuple[str, str]], number: int, what: str) -> Iterator[str]:
    rows = [(code(_name(run)), inline(_name(words))) for run, words in found]
    if rows:
        yield f"## {title}\n"
        yield table(("run", what), rows)
        if number > len(rows):
            yield f"… and {number - len(rows):,} more.\n"
