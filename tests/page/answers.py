"""What a reader has to see on the page of any run: taken from the summary of the same run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.page.pages import see, until_shown
from tests.support.browsers import Tab
from tests.support.page_files import PageFile

_MANY = 30
"""Rows that a list shows at first."""
_CUT = 60
"""Characters of a text that a line shows for certain."""


def summary_of(page: str) -> Any:
    """Return the summary in a page."""
    return PageFile(Path(unquote(urlsplit(page).path)).read_text()).summary


def answers(summary: Any) -> Iterator[tuple[str, str, list[str]]]:
    """Yield each question, the place of its answer, and what has to be in sight there."""
    run, turns = summary["run"], summary["turns"]
    called = [turn for turn in turns if turn["tool_calls"]]
    yield "what was asked", "#overview", [run["prompt"][:_CUT]] if run["prompt"] else []
    yield "what it did", "#overview", [_line(turn["tool_calls"][0]["name"]) for turn in called[:_MANY]]
    yield "what the tokens were", "#overview", [f"{summary['tokens']['input']:,}"] if summary["tokens"]["input"] else []
    yield "who the sub-agents are", "#overview", ["sub-agent"] if summary["counts"]["sub_agents"] else []
    yield "what went wrong", "#overview", [_line(one) for one in summary["problems"]]
    for turn in turns[:3]:
        place = f"#turn-{turn['number']}"
        yield "what a turn called", place, [call["name"] for call in turn["tool_calls"]]
        yield "what failed before it", place, [_line(one["problem"]) for one in turn["tries"]]
    tools = [tool["name"] for tool in summary["tools"]]
    yield "what its tools are", "#tools", tools[:_MANY]
    unused = [tool for tool in summary["tools"] if not tool["calls"]]
    yield "which were never called", "#tools", ["never called"] if unused else []
    yield "what was injected", "#tools", [one["what"] for one in summary["injected"]]
    kinds = turns[-1]["context"] if turns else {}
    names = {"tool_results": "tool results", "tool_calls": "tool calls"}
    last = f"#context/turn-{turns[-1]['number']}" if turns else "#context"
    yield "what the context consists of", last, [names.get(kind, kind) for kind in kinds]
    yield "why it cost what it did", "#cost", [_line(one) for one in summary["cost"]["reasons"]]
    reasons = [turn["cache"]["reason"] for turn in turns if turn["cache"] and turn["cache"]["reason"]]
    yield "why the cache missed", "#cost", [_line(one) for one in reasons[:_MANY]]
    yield "where time went", "#time", ["model", "tools", "agent", "idle"] if turns else []
    yield "which hosts", "#network", [one["name"] for one in summary["hosts"]["hosts"][:_MANY]]
    yield "what the observer changed", "#network", [_line(one["what"]) for one in summary["observer_changes"]]
    yield "where secrets were", "#network", [one["place"] for one in summary["secrets"]]
    yield "whether it is proved", "#network", [summary["proof"]["traffic_sha256"] or ""]


def _line(text: str) -> str:
    """Return as much of a text as a line of the page shows for certain."""
    return " ".join(text[:_CUT].split())


def ask_everything(tab: Tab, page: str) -> None:
    """Check that every question is answered in sight; fail with the question."""
    for question, place, texts in answers(summary_of(page)):
        see(tab, place)
        try:
            until_shown(tab, texts)
        except AssertionError as error:
            raise AssertionError(f"{question} ({place}): {json.dumps(texts)[:500]}: {error}") from None
