"""A change that is planted into the runs of a version is found, with how many runs show it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest

from probe.fleet.comparison import Step
from probe.fleet.comparison_markdown import markdown_of
from tests.compare.comparing import Recording
from tests.fleet_report.groups import Change, Fleet, each_body

SAMPLE = "codex/tool-loop"
OLD, NEW = "codex-cli 0.98.0", "codex-cli 0.169.0"


def set_header(name: str, value: str) -> Change:
    return lambda recording: [headers.update({name: value}) for headers in recording.headers]


def without_header(name: str) -> Change:
    return lambda recording: [headers.pop(name) for headers in recording.headers]


def without_first(name: str) -> Change:
    return lambda recording: recording.bodies[0].pop(name)


def replaced(before: str, after: str) -> Change:
    return lambda recording: recording.replace(before, after)


def tool(body: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in body["tools"] if one.get("name") == name)
    return found


def without_tool(name: str) -> Change:
    return each_body(lambda body: body["tools"].remove(tool(body, name)))


def environment(text: str) -> Change:
    return replaced("<environment_context>", f"<environment_context> {text}")


class Planted(NamedTuple):
    """Changes in so many of 9 runs of the second version; all 12 of the first are the sample."""

    change: Change
    runs: int
    findings: tuple[str, ...]
    """`polarity kind place (evidence)`."""
    shares: tuple[str, ...] = ()


PLANTED = {
    "a member of requests is new": Planted(
        each_body(lambda body: body.update(fancy=1)),
        9,
        ("breaking sent-field-required fancy (in 0 of 12 runs, now in 9 of 9)",),
    ),
    "a member of requests vanished": Planted(
        each_body(lambda body: body.pop("store")),
        9,
        ("breaking sent-field-removed store (in 12 of 12 runs, now in 0 of 9)",),
    ),
    "a member is missing in most runs": Planted(
        each_body(lambda body: body.pop("store")),
        7,
        ("breaking sent-field-optional store (in 12 of 12 runs, now in 2 of 9)",),
    ),
    "a member is missing in one run": Planted(
        each_body(lambda body: body.pop("store")), 1, (), ("store: 12 of 12, 8 of 9",)
    ),
    "a member is missing in some requests of all runs": Planted(
        without_first("include"), 9, ("breaking sent-field-optional include (in 24 of 24, now in 9 of 18)",)
    ),
    "a member of a kind of items": Planted(
        each_body(
            lambda body: [one.update(mark=True) for one in body["input"] if one.get("type") == "function_call_output"]
        ),
        9,
        ("breaking sent-field-required input[][type=function_call_output].mark (in 0 of 12 runs, now in 9 of 9)",),
    ),
    "a kind of items": Planted(
        each_body(lambda body: body["input"].append({"type": "marker", "at": "end"})),
        9,
        ("notable sent-kind-added input[] (in 0 of 12 runs, now in 9 of 9)",),
    ),
    "a setting changed": Planted(
        each_body(lambda body: body["reasoning"].update(effort="low")),
        9,
        ("notable sent-value-changed reasoning.effort (in 12 of 12 runs, now in 0 of 9)",),
    ),
    "a setting is another one in one run": Planted(
        each_body(lambda body: body["reasoning"].update(effort="low")),
        1,
        (),
        ('reasoning.effort = "low": 0 of 12, 1 of 9',),
    ),
    "a setting is null in one run": Planted(
        each_body(lambda body: body["reasoning"].update(summary=None)),
        1,
        (),
        ("reasoning.summary = null: 0 of 12, 1 of 9",),
    ),
    "a header is new": Planted(
        set_header("x-new", "1"), 9, ("notable header-added headers.x-new (in 0 of 12 runs, now in 9 of 9)",)
    ),
    "a header is new in one run": Planted(set_header("x-new", "1"), 1, (), ("header x-new: 0 of 12, 1 of 9",)),
    "a header vanished": Planted(
        without_header("originator"),
        9,
        ("breaking header-removed headers.originator (in 12 of 12 runs, now in 0 of 9)",),
    ),
    "a header is missing in most runs": Planted(
        without_header("originator"),
        7,
        ("breaking header-removed headers.originator (in 12 of 12 runs, now in 2 of 9)",),
    ),
    "a header is missing in one run": Planted(
        without_header("originator"), 1, (), ("header originator: 12 of 12, 8 of 9",)
    ),
    "a header has another value": Planted(
        set_header("user-agent", "other"),
        9,
        ("notable header-changed headers.user-agent (in 12 of 12 runs, now in 0 of 9)",),
    ),
    "a header has another value in one run": Planted(set_header("user-agent", "other"), 1, ()),
    "a tool is gone": Planted(
        without_tool("view_image"),
        9,
        ("breaking tools-removed tools (in 12 of 12 runs with tools, now in 0 of 9)",),
    ),
    "a tool is missing in one run": Planted(without_tool("view_image"), 1, (), ("tool view_image: 12 of 12, 8 of 9",)),
    "a tool is offered in one run": Planted(
        each_body(lambda body: body["tools"].append({"type": "function", "name": "extra", "parameters": {}})),
        1,
        (),
        ("tool extra: 0 of 12, 1 of 9",),
    ),
    "a tool's argument is required": Planted(
        each_body(lambda body: tool(body, "write_stdin")["parameters"]["required"].append("chars")),
        9,
        ("breaking argument-required tools.write_stdin.chars (in 12 of 12 runs, now in 0 of 9)",),
    ),
    "a tool is described otherwise": Planted(
        each_body(lambda body: tool(body, "update_plan").update(description="Look.")),
        9,
        ("notable tool-description-changed tools.update_plan.description (in 12 of 12 runs, now in 0 of 9)",),
    ),
    "a tool is described otherwise in one run": Planted(
        each_body(lambda body: tool(body, "update_plan").update(description="Look.")), 1, ()
    ),
    "a part of the instructions changed": Planted(
        environment("new"), 9, ("notable instructions-changed input[][role=user] (in 12 of 12 runs, now in 0 of 9)",)
    ),
    "a part of the instructions changed in one run": Planted(environment("new"), 1, ()),
    "a member of events has another name": Planted(
        replaced("incomplete_details", "unfinished_details"),
        9,
        (
            "breaking answer-field-removed event.response.incomplete_details (in 12 of 12 runs, now in 0 of 9)",
            "info answer-field-added event.response.unfinished_details (in 0 of 12 runs, now in 9 of 9)",
        ),
    ),
    "a member of events has another name in one run": Planted(
        replaced("incomplete_details", "unfinished_details"),
        1,
        (),
        ("event.response.incomplete_details: 12 of 12, 8 of 9", "event.response.unfinished_details: 0 of 12, 1 of 9"),
    ),
    "an event is new": Planted(
        replaced("response.in_progress", "response.working"),
        9,
        (
            "breaking event-removed event[response.in_progress] (in 12 of 12 runs, now in 0 of 9)",
            "notable event-added event[response.working] (in 0 of 12 runs, now in 9 of 9)",
        ),
    ),
    "an event is new in one run": Planted(
        replaced("response.in_progress", "response.working"),
        1,
        (),
        ("event response.working: 0 of 12, 1 of 9",),
    ),
    "another model": Planted(
        replaced("gpt-5.2-codex", "gpt-9"),
        9,
        (
            "notable model-changed model (gpt-5.2-codex in 12 of 12 runs, now in 0 of 9, "
            "gpt-9 in 0 of 12 runs, now in 9 of 9)",
        ),
    ),
    "another model in one run": Planted(replaced("gpt-5.2-codex", "gpt-9"), 1, (), ("model gpt-9: 0 of 12, 1 of 9",)),
}


@cache
def step_of(runs: int) -> Step:
    """Return what changed to a version of which so many runs have all the changes of the table."""
    with TemporaryDirectory() as folder:
        fleet = Fleet(Path(folder))
        fleet.add(OLD, SAMPLE, 12)
        fleet.add(NEW, SAMPLE, runs, *(one.change for one in PLANTED.values() if one.runs == runs))
        if runs < 9:
            fleet.add(NEW, SAMPLE, 9 - runs)
        return fleet.step()


def found(runs: int) -> list[str]:
    """Return the findings as the table has them."""
    return [f"{one.polarity.value} {one.kind} {one.place} ({one.evidence})" for one in step_of(runs).findings]


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_change_is_found_with_its_runs(planted: Planted) -> None:
    step = step_of(planted.runs)
    assert {*planted.findings} <= {*found(planted.runs)}
    shares = {
        f"{one.place}: {one.before[0]} of {one.before[1]}, {one.after[0]} of {one.after[1]}" for one in step.shares
    }
    assert {*planted.shares} <= shares


@pytest.mark.parametrize("runs", sorted({planted.runs for planted in PLANTED.values()}))
def test_nothing_is_found_but_what_was_planted(runs: int) -> None:
    planted = [line for one in PLANTED.values() if one.runs == runs for line in one.findings]
    assert sorted(found(runs)) == sorted(planted)


def test_two_versions_that_do_the_same_differ_in_nothing(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path)
    fleet.add(OLD, SAMPLE, 12)
    fleet.add(NEW, SAMPLE, 9)
    step = fleet.step()
    assert (step.findings, step.shares) == ((), ())


def test_what_some_runs_of_the_first_version_show_is_not_called_vanished(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path)
    fleet.add(OLD, SAMPLE, 2, each_body(lambda body: body.update(rare=True)), set_header("x-rare", "1"))
    fleet.add(OLD, SAMPLE, 10)
    fleet.add(NEW, SAMPLE, 9)
    step = fleet.step()
    assert step.findings == ()
    assert {(one.place, one.before, one.after) for one in step.shares} == {
        ("rare", (2, 12), (0, 9)),
        ("header x-rare", (2, 12), (0, 9)),
    }


def test_what_differs_in_most_runs_is_data_of_theirs(tmp_path: Path) -> None:
    def data(number: int) -> list[Change]:
        return [
            environment(f"of user {number}"),
            set_header("x-own", f"value {number}"),
            each_body(lambda body: body.update(own=f"value {number}")),
            each_body(lambda body: tool(body, "update_plan").update(description=f"Plan of user {number}.")),
            each_body(lambda body: body["reasoning"].update(own={"of": number})),
        ]

    fleet = Fleet(tmp_path)
    for number in range(12):
        fleet.add(OLD if number < 6 else NEW, SAMPLE, 1, *data(number))
    step = fleet.step()
    assert (step.findings, step.shares) == ((), ())


def test_names_in_runs_cannot_break_the_comparison(tmp_path: Path) -> None:
    hostile = "a|b`c\n# Title <script> \u202e [x](http://y)"
    fleet = Fleet(tmp_path)
    fleet.add(OLD, SAMPLE, 3)
    fleet.add(
        NEW,
        SAMPLE,
        2,
        each_body(lambda body: body.update({hostile: hostile})),
        each_body(lambda body: tool(body, "update_plan").update(name=hostile)),
        set_header(hostile, hostile),
        replaced("gpt-5.2-codex", "gpt <script>|`"),
    )
    fleet.add(NEW, SAMPLE, 1)
    text = markdown_of(fleet.compared())
    assert "<script>" not in text
    assert "\u202e" not in text
    assert [line for line in text.splitlines() if line.startswith("# ")] == text.splitlines()[:1]


def test_one_run_of_each_version_is_compared_as_two_runs_are(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path)
    fleet.add(OLD, SAMPLE, 1)
    fleet.add(NEW, SAMPLE, 1, each_body(lambda body: body.pop("store")), without_tool("view_image"))
    assert [one.kind for one in fleet.step().findings] == ["tools-removed", "sent-field-removed"]


def test_the_members_of_a_recording_are_those_of_the_sample() -> None:
    # What the table above plants is in a sample whose parts have these names.
    recording = Recording(SAMPLE)
    assert {"store", "reasoning", "tools", "input"} <= recording.bodies[0].keys()
    assert "originator" in recording.headers[0]
