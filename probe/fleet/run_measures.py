"""The numbers of one run, as integers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from probe.analysis.groups import PlacedTurn
from probe.analysis.prices import Price
from probe.analysis.retries import has_failed
from probe.analysis.totals import TOKENS
from probe.exports.reading import ReadRun
from probe.exports.times import microseconds
from probe.fleet.capped import Counts
from probe.fleet.measures import CAPS, Measures, add

_MOST = 1 << 40
"""What is larger is no number of tokens or microseconds of one call: sums of many such have to fit into 64 bits."""
_LONGEST = 300
"""Characters of a name."""


def measures_of(found: ReadRun, day: str) -> Measures:
    """Return the numbers of a run that began on a day; `unknown` is none."""
    one = Measures()
    for _, turn, failed in found.placed():
        _add_call(one, turn, found.findings.costs.prices[turn.index], failed=failed)
    add(one.sums, _of_run(found))
    _add_exchanges(one, found)
    _add_tools(one, found)
    _add_hosts(one, found)
    one.histograms["turns"].add(one.number("turns"))
    one.histograms["prompt_bytes"].add(sum(part.bytes for part in found.summary.prompt))
    one.tables["days"][day] = dict(one.sums)
    if day[:1].isdigit():
        one.seen(day, day)
    if found.summary.run.replay_of:
        one.tables["replays"][name_of(found.summary.run.replay_of)] = 1
    capped = Measures()
    # Merging applies the caps.
    capped.merge(one)
    return capped


def nano_dollars(dollars: Decimal) -> int:
    """Return billionths of a dollar, rounded once."""
    return _bounded(int((dollars * 10**9).to_integral_value(ROUND_HALF_EVEN)))


def name_of(text: str | None) -> str:
    """Return a name as it is counted; the one of none is empty."""
    # Half a surrogate pair has no UTF-8 form.
    return (text or "")[:_LONGEST].encode("utf-8", "backslashreplace").decode()


def _bounded(number: int) -> int:
    return max(0, min(number, _MOST))


def _of_run(found: ReadRun) -> dict[str, int]:
    run, counts = found.summary.run, found.summary.counts
    took = microseconds(run.ended) - microseconds(run.started) if run.ended and run.started else 0
    return {
        "runs": 1,
        "run_microseconds": _bounded(took),
        "agent_failures": int(bool(run.agent_exit_code)),
        "malformed_runs": int(counts.malformed_lines > 0),
        "malformed_lines": counts.malformed_lines,
        "exchanges": counts.exchanges,
        "cut_short": counts.cut_short,
        "websocket_messages": counts.websocket_messages,
        "redactions": counts.redactions,
        "request_bytes": _bounded(counts.request_bytes),
        "response_bytes": _bounded(counts.response_bytes),
        "sessions": counts.sessions,
        "threads": counts.threads,
        "sub_agents": counts.sub_agents,
        "turns": counts.turns,
        "side_requests": counts.side_requests,
        "failed_tries": counts.failed_tries,
    }


def _add_call(one: Measures, turn: PlacedTurn, price: Price | None, *, failed: bool) -> None:
    facts, usage = turn.facts, turn.facts.usage
    values = {"calls": 1, "calls_with_usage": int(usage is not None), "tool_calls": len(facts.calls) + facts.more_calls}
    values |= {f"{name}_tokens": _bounded(getattr(usage, name, None) or 0) for name in TOKENS}
    values["unpriced_calls"] = int(price is None and not has_failed(facts))
    if price:
        values |= {"priced_calls": 1, "nano_dollars": nano_dollars(price.dollars)}
        values["underpriced_calls"] = int(price.at_least)
    for names, time in ((("first_tokens", "first_token"), facts.first_part), (("answers", "answer"), facts.ended)):
        if time is not None and facts.complete:
            took = _bounded(microseconds(time) - microseconds(facts.started))
            values |= {names[0]: 1, f"{names[1]}_microseconds": took}
            one.histograms[f"{names[1]}_microseconds"].add(took)
    if usage is not None and usage.input is not None:
        one.histograms["input_tokens"].add(_bounded(usage.input))
    add(one.sums, values)
    # A failed try is a call of its model too, but no turn.
    _add_named(one, "models", facts.model, values)
    _add_named(one, "purposes", turn.purpose, {**values, "failed_tries": int(failed)})
    add(one.tables["stops"], {name_of(facts.stop.value if facts.stop else "none"): 1})


def _add_exchanges(one: Measures, found: ReadRun) -> None:
    for exchange in found.findings.exchanges:
        status = exchange.status
        add(one.tables["statuses"], {"none" if status is None else str(status): 1})
        add(one.sums, {"unanswered": int(status is None), "error_answers": int(status is not None and status >= 400)})


def _add_tools(one: Measures, found: ReadRun) -> None:
    for tool in found.findings.tools:
        if tool.calls:
            known = {"failed": tool.failed, "known": tool.known}
            _add_named(one, "tools", tool.name, {"calls": tool.calls, **known, "runs": 1})
            add(one.sums, {f"{name}_tool_calls": number for name, number in known.items()})


def _add_hosts(one: Measures, found: ReadRun) -> None:
    for host in found.summary.hosts.hosts:
        name = _host(host.name) if host.captured else f"{_host(host.name)} (not captured)"
        numbers = {"requests": host.requests, "sent": _bounded(host.sent), "received": _bounded(host.received)}
        _add_named(one, "hosts", name, {"runs": 1, "unreached": host.unreached, **numbers})


def _host(name: str) -> str:
    """Return a host as it is counted: on this machine, each run has ports of its own."""
    host = name.rpartition(":")[0]
    return host if host in ("127.0.0.1", "localhost", "[::1]") else name


def _add_named(one: Measures, table: str, name: str | None, values: Mapping[str, int]) -> None:
    assert len(CAPS[table]) > 1, table
    of_name: Counts = one.tables[table].setdefault(name_of(name), {})
    add(of_name, values)
