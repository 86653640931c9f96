"""Find what stands out in many runs: a version that costs more, errors that began on a day, a tool that fails more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby, pairwise
from math import sqrt

from probe.fleet.capped import Counts, add_counts
from probe.fleet.measures import SUMS, Measures
from probe.fleet.summary import Remark
from probe.record.agent_versions import agent_of, group_name, number_of_version
from probe.report.plain_text import plural

KINDS = {
    "runs-failed": "runs that could not be read",
    "errors-began": "a day from which on answers of errors are frequent that were rare before",
    "errors-rose": "a version of whose exchanges more end with an error than of the version before",
    "cost-rose": "a version whose runs cost more than those of the version before",
    "tokens-rose": "a version whose runs take more tokens than those of the version before, where prices are not known",
    "cache-fell": "a version of whose input less is read from the cache than of the version before",
    "prompt-grew": "a version whose instructions and tools are larger than those of the version before",
    "latency-rose": "a version whose answers take longer than those of the version before",
    "failures-rose": "a version of which more runs end with an error than of the version before",
    "tool-fails-more": "a tool that fails more in a version than in the version before",
    "tool-fails": "a tool that fails often",
}
"""Kinds of remarks, in the order in which they are listed."""
_RISE = 1.25
"""By how much a number of a version is larger where that stands out."""
_SLOWER = 1.5
_FEWEST_RUNS = 5
_FEWEST_CALLS = 20
_SURE = 3.0
"""Standard errors that two shares differ by where that is no chance."""
_FREQUENT, _RARE = 0.05, 0.01
"""Shares of exchanges with errors, of a day and of all days before it."""
_OFTEN = 0.25
_CACHED = 0.1
"""By how much the share of the input that comes from the cache is smaller where that stands out."""


def remarks_of(groups: Mapping[str, Measures], runs: Mapping[str, int]) -> Iterator[Remark]:
    """Yield what stands out, in the order of kinds; `groups` are in the order of agents and versions."""
    began = dict(_errors(groups))
    found = [*_failed(runs), *began.values(), *_tools(groups)]
    for agent, same in groupby(groups, agent_of):
        known = [name for name in same if number_of_version(name) and groups[name].number("runs") >= _FEWEST_RUNS]
        for one, other in pairwise(known):
            versions = group_name(one), groups[one], group_name(other), groups[other]
            found += _of_versions(*versions)
            if agent not in began:  # The day says more.
                found += _more_errors(*versions)
    order = [*KINDS]
    yield from sorted(found, key=lambda one: order.index(one.kind))


def _failed(runs: Mapping[str, int]) -> Iterator[Remark]:
    if count := runs.get("failed", 0):
        yield Remark(kind="runs-failed", of="", line=f"{plural(count, 'run')} could not be read: see the end")


# -- days --------------------------------------------------------------------------------------------------------------


def _errors(groups: Mapping[str, Measures]) -> Iterator[tuple[str, Remark]]:
    """Yield each agent for which errors became frequent, with the first day."""
    for agent, names in groupby(groups, agent_of):
        days: Counts = {}
        for name in names:
            add_counts(days, groups[name].tables["days"], (1 << 30, len(SUMS)))
        if day := _began(days):
            numbers, (failed, of) = days[day], _until(days, day)
            seen = f"{_errors_of(numbers):,} of {plural(_asked(numbers), 'exchange')} that day"
            line = f"{agent}: errors began on {day}: {seen}, {failed:,} of {of:,} before"
            yield agent, Remark(kind="errors-began", of=day, line=line)


def _began(days: Counts) -> str | None:
    for day in sorted(one for one in days if one[:1].isdigit()):
        errors, asked = _errors_of(days[day]), _asked(days[day])
        before, of = _until(days, day)
        is_frequent = errors >= 3 and errors >= _FREQUENT * asked
        if is_frequent and of >= _FEWEST_CALLS and before <= _RARE * of and rose((before, of), (errors, asked)):
            return day
    return None


def _errors_of(numbers: Mapping[str, int]) -> int:
    return numbers.get("error_answers", 0) + numbers.get("unanswered", 0)


def _asked(numbers: Mapping[str, int]) -> int:
    return numbers.get("exchanges", 0)


def _until(days: Counts, end: str) -> tuple[int, int]:
    before = [days[day] for day in days if day[:1].isdigit() and day < end]
    return sum(map(_errors_of, before)), sum(map(_asked, before))


# -- versions ----------------------------------------------------------------------------------------------------------


def _of_versions(name: str, old: Measures, name_now: str, new: Measures) -> Iterator[Remark]:
    """Yield what is worse in a version than in the one before."""
    yield from _cost(name, old, name_now, new)
    cached = [(one.number("cache_read_tokens"), one.number("input_tokens")) for one in (old, new)]
    if all(of for _, of in cached) and _share(cached[0]) - _share(cached[1]) >= _CACHED:
        was, now = (f"{round(100 * _share(one))}%" for one in cached)
        line = f"{now} of the input of {name_now} came from the cache, {was} of {name}"
        yield Remark(kind="cache-fell", of=name_now, line=line)
    for kind, of, words, limit, unit in (
        ("prompt-grew", "prompt_bytes", "instructions and tools of {} are about {}", _RISE, "bytes"),
        ("latency-rose", "answer_microseconds", "answers to {} take about {}", _SLOWER, "s"),
    ):
        middles = [one.histograms[of].at(0.5) for one in (old, new)]
        if middles[0] and middles[1] and middles[1][0] > limit * middles[0][1]:
            shown = [_amount(sum(middle) / 2, unit) for middle in middles if middle]
            line = f"{words.format(name_now, shown[1])} (median), those of {name} about {shown[0]}"
            yield Remark(kind=kind, of=name_now, line=line)
    failures = [(one.number("agent_failures"), one.number("runs")) for one in (old, new)]
    if rose(failures[0], failures[1]) and _share(failures[1]) - _share(failures[0]) >= _FREQUENT:
        line = f"{_of(failures[1])} runs of {name_now} ended with an error, {_of(failures[0])} of {name}"
        yield Remark(kind="failures-rose", of=name_now, line=line)
    for tool in sorted(old.tables["tools"].keys() & new.tables["tools"].keys()):
        shares = [_failures(one.tables["tools"][tool]) for one in (old, new)]
        is_known = min(of for _, of in shares) >= _FEWEST_CALLS
        if is_known and rose(shares[0], shares[1]) and _share(shares[1]) - _share(shares[0]) >= 2 * _FREQUENT:
            line = f"{tool} fails more in {name_now}: {_of(shares[1])} calls, {_of(shares[0])} in {name}"
            yield Remark(kind="tool-fails-more", of=tool, line=line)


def _more_errors(name: str, old: Measures, name_now: str, new: Measures) -> Iterator[Remark]:
    errors = [(_errors_of(one.sums), _asked(one.sums)) for one in (old, new)]
    if rose(errors[0], errors[1]) and _share(errors[1]) - _share(errors[0]) >= _FREQUENT:
        line = f"{_of(errors[1])} exchanges of {name_now} ended with an error, {_of(errors[0])} of {name}"
        yield Remark(kind="errors-rose", of=name_now, line=line)


def _cost(name: str, old: Measures, name_now: str, new: Measures) -> Iterator[Remark]:
    both = (old, new)
    # Where some prices are not known, the sums are those of a part of the calls; a failed call costs nothing.
    if all(one.number("priced_calls") and not one.number("unpriced_calls") for one in both):
        kind, word, (was, now) = "cost-rose", "costs", [one.number("nano_dollars") / one.number("runs") for one in both]
        words = [f"${number / 10**9:,.4f}" for number in (was, now)]
    elif all(one.number("calls_with_usage") and _is_counted(one) for one in both):
        sums = [(one.number("input_tokens") + one.number("output_tokens")) / one.number("runs") for one in both]
        kind, word, (was, now) = "tokens-rose", "takes", sums
        words = [f"{number:,.0f} tokens" for number in (was, now)]
    else:
        return
    if was and now >= _RISE * was:
        percent = round(100 * (now / was - 1))
        line = f"a run of {name_now} {word} {words[1]} on average, one of {name} {words[0]} (+{percent:,}%)"
        yield Remark(kind=kind, of=name_now, line=line)


def _is_counted(one: Measures) -> bool:
    """Check whether the tokens of all calls that did not fail are known."""
    return one.number("calls_with_usage") >= one.number("priced_calls") + one.number("unpriced_calls")


def _amount(number: float, unit: str) -> str:
    return f"{number / 10**6:,.1f} s" if unit == "s" else f"{number:,.0f} bytes"


# -- tools -------------------------------------------------------------------------------------------------------------


def _tools(groups: Mapping[str, Measures]) -> Iterator[Remark]:
    """Yield the tools that fail often, whatever the version."""
    tools: Counts = {}
    for one in groups.values():
        add_counts(tools, one.tables["tools"], (1 << 30, 8))
    often = [name for name in tools if _failures(tools[name])[1] >= _FEWEST_CALLS]
    often = [name for name in often if _share(_failures(tools[name])) >= _OFTEN]
    for name in sorted(often, key=lambda name: (-_failures(tools[name])[0], name))[:3]:
        line = f"{name} fails often: {_of(_failures(tools[name]))} calls"
        yield Remark(kind="tool-fails", of=name, line=line)


def _failures(tool: Mapping[str, int]) -> tuple[int, int]:
    return tool.get("failed", 0), tool.get("calls", 0)


def _of(seen: tuple[int, int]) -> str:
    return f"{seen[0]:,} of {seen[1]:,}"


def _share(seen: tuple[int, int]) -> float:
    return seen[0] / seen[1] if seen[1] else 0.0


def rose(before: tuple[int, int], after: tuple[int, int]) -> bool:
    """Check whether a share is larger, and not by chance."""
    if not before[1] or not after[1]:
        return False
    whole = (before[0] + after[0]) / (before[1] + after[1])
    error = sqrt(whole * (1 - whole) * (1 / before[1] + 1 / after[1]))
    return _share(after) - _share(before) > _SURE * error > 0


def shown_remarks(remarks: Iterable[Remark], most: int) -> list[Remark]:
    """Return at most so many; of one kind no more than a third while others wait."""
    found = list(remarks)
    first = [one for _, same in groupby(found, lambda one: one.kind) for one in list(same)[: max(1, most // 3)]]
    chosen = [*first, *(one for one in found if one not in first)][:most]
    return [one for one in found if one in chosen]
