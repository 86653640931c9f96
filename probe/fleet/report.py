"""Write what many runs come down to: `report.md` and `summary.json`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from probe.fleet.amounts import amount, dollars, share, size
from probe.fleet.remarks import shown_remarks
from probe.fleet.report_versions import SUMMARY, bounded, failed_tools, more, version_tables
from probe.fleet.statistics import FleetStatistics
from probe.fleet.summarize import summary_of
from probe.fleet.summary import DaySummary, FleetSummary, HostSummary, Numbers
from probe.record.agent_versions import agent_of
from probe.report.markdown.escape import code, inline
from probe.report.markdown.tables import table
from probe.report.plain_text import indented, plural

REPORT = "report.md"
_MOST_REMARKS = 12
_MOST_DAYS = 31
_MOST_NAMES = 20
"""Lines of other tables."""


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
        yield from more(len(summary.remarks) - len(remarks), "")
    yield from version_tables(summary.groups)
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
        f" of {inline(bounded(agents[0]))}"
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
    unpriced = total.unpriced_calls
    least = "at least " if unpriced or total.underpriced_calls else ""
    return f", list price {least}{inline(dollars(total.dollars))}" + (
        f" (without {plural(unpriced, 'call')} of unknown price)" if unpriced else ""
    )


# -- what was used, and what went wrong --------------------------------------------------------------------------------


def _tools(summary: FleetSummary) -> Iterator[str]:
    shown = [one for one in summary.tools if one.calls][:_MOST_NAMES]
    if shown:
        yield "## Tools\n"
        rows = (
            (
                code(bounded(one.name)),
                f"{one.runs:,}",
                f"{one.calls:,}",
                share(one.failed, one.calls if one.known else 0),
            )
            for one in shown
        )
        yield table(("tool", "runs", "calls", "failed"), rows)
        yield from more(len(summary.tools) - len(shown), " tools")


def _errors(summary: FleetSummary) -> Iterator[str]:
    exchanges = sum(summary.statuses.values())
    odd = {status: count for status, count in summary.statuses.items() if status == "none" or status >= "4"}
    rows = [
        ("no answer" if status == "none" else inline(bounded(status)), share(count, exchanges))
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
        yield table(("reason", "calls"), ((code(bounded(name)), f"{count:,}") for name, count in ends))


def _models(summary: FleetSummary) -> Iterator[str]:
    shown = summary.models[:_MOST_NAMES]
    if len(summary.models) < 2:
        return
    yield "## Models\n"
    rows = (
        (
            code(bounded(one.model)) if one.model else "?",
            f"{one.calls:,}",
            amount(one.input_tokens),
            amount(one.output_tokens),
            "?" if one.dollars is None else inline(dollars(one.dollars)),
        )
        for one in shown
    )
    yield table(("model", "calls", "input tokens", "output tokens", "list price"), rows)
    yield from more(len(summary.models) - len(shown), " models")


def _days(days: Sequence[DaySummary]) -> Iterator[str]:
    if len(days) < 2:
        return
    shown = days[-_MOST_DAYS:]
    yield "## Days\n"
    heads = ("day", "runs", "calls", "input tokens", "list price", "failed exchanges", "failed tools")
    yield table(heads, map(_day, shown))
    yield from more(len(days) - len(shown), " days")


def _day(one: DaySummary) -> tuple[str, ...]:
    numbers = one.numbers
    return (
        inline(bounded(one.day)),
        f"{numbers.runs:,}",
        f"{numbers.calls:,}",
        amount(numbers.input_tokens),
        "?" if numbers.dollars is None else inline(dollars(numbers.dollars)),
        share(numbers.error_answers + numbers.unanswered, numbers.exchanges),
        failed_tools(numbers),
    )


def _hosts(hosts: Sequence[HostSummary]) -> Iterator[str]:
    shown = hosts[:_MOST_NAMES]
    if shown:
        yield "## Hosts\n"
        rows = (
            (
                code(bounded(one.name)),
                f"{one.runs:,}",
                f"{one.requests:,}",
                size(one.sent),
                size(one.received),
                f"{one.unreached:,}",
            )
            for one in shown
        )
        yield table(("host", "runs", "requests", "sent", "received", "not reached"), rows)
        yield from more(len(hosts) - len(shown), " hosts")


def _unread(summary: FleetSummary) -> Iterator[str]:
    yield from _examples("Runs that could not be read", summary.failed.items(), summary.failed_runs, "why")
    lines = ((run, f"{count:,}") for run, count in summary.malformed.items())
    yield from _examples("Runs with malformed lines", lines, summary.malformed_runs, "lines")


def _examples(title: str, found: Iterable[tuple[str, str]], number: int, what: str) -> Iterator[str]:
    rows = [(code(bounded(run)), inline(bounded(words))) for run, words in found]
    if rows:
        yield f"## {title}\n"
        yield table(("run", what), rows)
        if number > len(rows):
            yield f"… and {number - len(rows):,} more.\n"
