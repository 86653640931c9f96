"""Every difference of two versions of Codex that docs/protocols/codex.md states by hand is found, and little else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from probe.compare.comparison import Comparison, Finding
from tests.compare.comparing import SAMPLES, compare


class Stated(NamedTuple):
    """A difference that the page states, and the finding that has it."""

    kind: str
    place: str
    words: str
    """A regular expression for what the finding says, its values included."""


DIFFERENCES = {
    # Its table of differences
    "transport": Stated("transport-changed", "/v1/responses", r"over a WebSocket at /v1/responses"),
    "one record for all calls": Stated(
        "transport-changed", "/v1/responses", r"2 calls in 2 exchanges, now 3 calls in 1 exchange"
    ),
    "warm-up": Stated("purpose-added", "purposes.warm-up", r"asks for a warm-up"),
    "the second call sends one item": Stated("calls-chained", "previous_response_id", r"send only what is new"),
    "base instructions": Stated("instructions-removed", "instructions", r"You are a coding agent.* is gone"),
    "tools are an input item": Stated("tools-moved", "input[].tools", r"no longer in tools\[\]"),
    "tools are sent once": Stated("tools-moved", "input[].tools", r"in 2 of 2 calls, now in 1 of 3"),
    "tools are in namespaces": Stated("tools-moved", "tools", r"namespaces: clock, collaboration, functions"),
    "the shell is reached through a script": Stated("tools-added", "tools", r"functions\.exec\b"),
    "parallel tool calls": Stated("sent-value-changed", "parallel_tool_calls", r"is false, no longer true"),
    "reasoning summary": Stated("sent-field-removed", "reasoning.summary", r"no longer sent"),
    "ids of sent items": Stated("sent-field-required", "input[][type=message]", r"\bid\b"),
    "name of the session's header": Stated("header-renamed", "headers.session-id", r"session_id is named session-id"),
    "client metadata": Stated("sent-field-required", "body", r"client_metadata"),
    "installation id": Stated("sent-field-required", "body", r"x-codex-installation-id"),
    "the model": Stated("model-changed", "model", r"gpt-6\.1-sol, no longer gpt-5\.2-codex"),
    # Its tables of headers
    "headers of the handshake": Stated(
        "transport-changed", "/v1/responses", r"(?s)accept.*content-type.*connection.*sec-websocket-extensions.*upgrade"
    ),
    "openai-beta": Stated("header-added", "headers", r"openai-beta"),
    "thread-id": Stated("header-added", "headers", r"thread-id"),
    "x-client-request-id": Stated("header-added", "headers", r"x-client-request-id"),
    "x-codex-beta-features": Stated("header-added", "headers", r"x-codex-beta-features"),
    "x-codex-turn-metadata": Stated("header-added", "headers", r"x-codex-turn-metadata"),
    "x-codex-window-id": Stated("header-added", "headers", r"x-codex-window-id"),
    "x-oai-web-search-eligible": Stated("header-removed", "headers.x-oai-web-search-eligible", r"no longer sent"),
    "the user agent names itself twice": Stated("header-changed", "headers.user-agent", r"xterm \(codex_exec; "),
    # Its table of fields
    "version": Stated("version-changed", "run.version", r"0\.169\.0"),
    "previous_response_id": Stated("sent-field-added", "previous_response_id", r"in 0 of 2|sent now"),
    "effort": Stated("sent-value-changed", "reasoning.effort", r'"low", no longer "medium"'),
    "reasoning context": Stated("sent-field-required", "reasoning.context", r"all_turns"),
    "text": Stated("sent-field-required", "body", r"verbosity"),
    "generate": Stated("sent-field-added", "generate", r"sent now"),
    # Its tables of items and tools
    "prose in the user's name": Stated(
        "instructions-moved", "input[][role=developer]", r"Rules of this session.* from input\[\], role user"
    ),
    "new tagged instructions": Stated(
        "instructions-added",
        "input[][role=developer]",
        "<skills_instructions>, <collaboration_mode>, <multi_agent_role>, <multi_agent_mode>",
    ),
    "date, time zone and file permissions": Stated(
        "instructions-changed", "input[][role=user]", r"(?s)\+   <current_date>.*\+   <timezone>.*\+   <filesystem>"
    ),
    "metadata of items": Stated(
        "sent-field-required", "input[][type=message]", r"internal_chat_message_metadata_passthrough"
    ),
    "the answer is not sent back": Stated(
        "sent-kind-added", "input[]", r"function_call,.*reasoning are no longer sent"
    ),
    "additional tools": Stated("sent-kind-added", "input[]", r"additional_tools"),
    "tools of 0.98.0": Stated("tools-removed", "tools", r"exec_command, write_stdin,.*apply_patch, web_search"),
    "tools of 0.169.0": Stated("tools-added", "tools", r"clock\.sleep, collaboration\.followup_task"),
    # Its tables of events and of the tool loop
    "events of the call that went": Stated(
        "event-removed",
        "event[response.function_call_arguments.delta]",
        r"function_call_arguments\.delta, response\.function_call_arguments\.done",
    ),
    "events of the call that came": Stated(
        "event-added",
        "event[response.custom_tool_call_input.delta]",
        r"custom_tool_call_input\.delta, response\.custom_tool_call_input\.done",
    ),
    "kind of the call": Stated("answer-kind-added", "event.response.output[]", r"custom_tool_call is answered now"),
    "tool and arguments of the call": Stated("calls-changed", "turns[2].calls", r"exec_command ls -la; .*exec const"),
    "kind of the output": Stated("sent-kind-added", "input[]", r"custom_tool_call_output.*function_call_output"),
    # What groups exchanges
    "the session's id": Stated("id-tied", "", r"headers\.session-id.*prompt_cache_key|prompt_cache_key.*session-id"),
    "the thread's id": Stated("id-tied", "", r"headers\.thread-id"),
    "one call after another": Stated("id-tied", "", r"answer id = previous_response_id"),
    "Codex's turn": Stated("id-tied", "", r"client_metadata\.root_turn_id = client_metadata\.turn_id"),
    "the window": Stated("id-tied", "", r"x-codex-turn-metadata\.context_window_id"),
}
"""By what the page calls it."""
NOISE: set[tuple[str, str]] = set()
"""Findings that the page does not state: it says nothing of texts, which are the project's own words in the samples."""
MOST_NOISE = 0.1


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    codex = SAMPLES / "codex"
    return compare(codex / "tool-loop", codex / "tool-loop-websocket", tmp_path_factory.mktemp("out") / "it.json")


def said(one: Finding) -> str:
    """Return all that a finding says."""
    return "\n".join([one.line, one.evidence, str(one.before), str(one.after), *one.text])


def of(stated: Stated, comparison: Comparison) -> Iterator[Finding]:
    """Yield the findings that have a stated difference."""
    for one in comparison.findings:
        at = one.place == stated.place or (stated.kind == "id-tied" and one.kind == stated.kind)
        if one.kind == stated.kind and at and re.search(stated.words, said(one)):
            yield one


@pytest.mark.parametrize("name", DIFFERENCES)
def test_a_stated_difference_is_found(name: str, comparison: Comparison) -> None:
    assert list(of(DIFFERENCES[name], comparison))


def test_nearly_all_that_is_found_is_stated(comparison: Comparison) -> None:
    """Each finding is one of those that the page states, but for the few that are listed as noise."""
    stated = {id(one) for row in DIFFERENCES.values() for one in of(row, comparison)}
    others = {(one.kind, one.place) for one in comparison.findings if id(one) not in stated}
    assert others == NOISE
    assert len(others) <= MOST_NOISE * len(comparison.findings)


def test_the_page_of_the_protocol_is_the_one_that_the_table_was_made_of() -> None:
    page = (Path(SAMPLES).parent / "docs" / "protocols" / "codex.md").read_text()
    rows = page.partition("## What differs between the versions")[2].partition("\n\nThe models differ")[0]
    assert sum(line.startswith("| ") for line in rows.splitlines()) == 13  # With its head.
