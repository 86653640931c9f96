"""One thing that changed is found, named at its path, and nothing else is."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from probe.compare.shown_values import STRING, shown_pair
from probe.compare.text_difference import text_difference
from probe.slots.rules import BUILT_IN, Rule
from tests.compare.comparing import Recording, compare, compare_changed

LOOP, SOCKET = "codex/tool-loop", "codex/tool-loop-websocket"
Found = list[tuple[str, str]]


def each(change: Callable[[dict], object]) -> Callable[[Recording], object]:  # type: ignore[type-arg]
    """Return a change of the body of each request."""
    return lambda run: [change(body) for body in run.bodies]


def another_prompt(run: Recording) -> None:
    prompt = "Count the lines of all files"
    run.replace(run.manifest["prompt"], prompt)
    run.manifest["command"][-1] = run.manifest["prompt"] = prompt


def another_version(run: Recording) -> None:
    run.replace("0.98.0", "0.99.1")
    run.manifest["versions"]["agent"] = "codex-cli 0.99.1"


def interactive(run: Recording) -> None:
    run.manifest |= {"prompt": None, "own_command": ["codex"]}


def interrupted(run: Recording) -> None:
    """Leave out the last call, as a run that was interrupted does."""
    run.records.pop()
    run.manifest["interrupted"] = True


def prompt_in_the_command(run: Recording) -> None:
    """Make it the run of `capture --target codex -- codex exec "the prompt"`."""
    run.manifest["own_command"] = ["codex", "exec", run.manifest["prompt"]]
    run.manifest["prompt"] = None


def without_event(run: Recording) -> None:
    for record in run.records:
        body = record["response"]["body"]
        record["response"]["body"] = re.sub(r"event: response\.in_progress\ndata: .*\n\n", "", body)


def cut_short(run: Recording) -> None:
    """End the last answer as one that reached its limit."""
    response = run.records[-1]["response"]
    *events, last = response["body"].strip().split("\n\n")
    head, _, data = last.partition("data: ")
    completed = json.loads(data)
    completed["type"] = "response.incomplete"
    completed["response"] |= {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    head = head.replace("response.completed", "response.incomplete")
    response["body"] = "\n\n".join([*events, f"{head}data: {json.dumps(completed)}"]) + "\n\n"


def another_endpoint(run: Recording) -> None:
    record = deepcopy(run.records[0])
    record["request"] |= {"method": "GET", "url": record["request"]["url"].replace("responses", "models"), "body": None}
    record["response"] |= {"body": {"data": []}, "body_kind": "json"}
    run.records.append(record | {"timestamp": run.records[-1]["timestamp"] + 1})


def refused_socket(run: Recording) -> None:
    another_endpoint(run)
    record = run.records[-1]
    record["request"]["url"] = record["request"]["url"].replace("models", "responses")
    record["request"]["headers"] |= {"upgrade": "websocket", "sec-websocket-key": "x"}
    record["response"] |= {"status_code": 426, "body": None, "body_kind": "empty"}


def one_more_turn(run: Recording) -> None:
    again = deepcopy(run.records[-1])
    again["timestamp"] += 5
    said = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "And now?"}]}
    again["request"]["body"]["input"].append(said)
    run.records.append(again)


def require(name: str) -> Callable[[dict], object]:  # type: ignore[type-arg]
    return lambda body: body["tools"][0]["parameters"].update(
        required=[*body["tools"][0]["parameters"]["required"], name]
    )


CHANGES: dict[str, tuple[str, Callable[[Recording], object], Found]] = {
    "nothing": (LOOP, lambda run: None, []),
    "nothing on a socket": (SOCKET, lambda run: None, []),
    "the prompt": (LOOP, another_prompt, [("prompt-changed", "input[]")]),
    "the prompt on a socket": (SOCKET, another_prompt, [("prompt-changed", "input[]")]),
    "the agent's version": (LOOP, another_version, [("version-changed", "run.version")]),
    "the model": (LOOP, lambda run: run.replace("gpt-5.2-codex", "gpt-7"), [("model-changed", "model")]),
    "the mode": (LOOP, interactive, [("mode-changed", "run.mode")]),
    "the platform": (
        LOOP,
        lambda run: run.manifest.update(platform="Plan 9"),
        [],  # The sample names none, so nobody knows whether it changed.
    ),
    "a tool's argument": (LOOP, each(require("workdir")), [("argument-required", "tools.exec_command.workdir")]),
    "a tool's description": (
        LOOP,
        each(lambda body: body["tools"][0].update(description="Runs it.")),
        [("tool-description-changed", "tools.exec_command.description")],
    ),
    "a tool's strictness": (
        LOOP,
        each(lambda body: body["tools"][0].update(strict=True)),
        [("tool-changed", "tools.exec_command.strict")],
    ),
    "a tool that is gone": (LOOP, each(lambda body: body["tools"].pop()), [("tools-removed", "tools")]),
    "a tool that is new": (
        LOOP,
        each(lambda body: body["tools"].append({"type": "function", "name": "fly", "parameters": {}})),
        [("tools-added", "tools")],
    ),
    "a member that all tools have": (
        LOOP,
        each(lambda body: [tool.update(defer_loading=True) for tool in body["tools"]]),
        [("tool-changed", "tools[].defer_loading")],
    ),
    "the query": (
        LOOP,
        lambda run: [record["request"].update(url=record["request"]["url"] + "?beta=true") for record in run.records],
        [("query-added", "query.beta")],
    ),
    "the command": (
        LOOP,
        lambda run: run.manifest["command"].insert(-1, "--ephemeral"),
        [("command-changed", "run.command")],
    ),
    "the same command after `--`": (LOOP, prompt_in_the_command, []),
    "a setting": (
        LOOP,
        each(lambda body: body["reasoning"].update(effort="high")),
        [("sent-value-changed", "reasoning.effort")],
    ),
    "a setting of one call": (
        LOOP,
        lambda run: run.bodies[1]["reasoning"].update(effort="high"),
        [("sent-value-changed", "reasoning.effort")],
    ),
    "a long setting": (
        LOOP,
        each(lambda body: body.update(include=["reasoning.encrypted_content", "x" * 200])),
        [("sent-value-changed", "include[1]")],
    ),
    "a field that is new": (
        LOOP,
        each(lambda body: body.update(text={"verbosity": "low"})),
        [("sent-field-required", "text")],
    ),
    "a field that one call lacks": (
        LOOP,
        lambda run: run.bodies[1].pop("include"),
        [("sent-field-optional", "include")],
    ),
    "a field that is gone": (LOOP, each(lambda body: body.pop("store")), [("sent-field-removed", "store")]),
    "a type": (LOOP, each(lambda body: body.update(store="no")), [("sent-type-changed", "store")]),
    "the instructions": (
        LOOP,
        each(lambda body: body.update(instructions=body["instructions"] + "\nBe brief.")),
        [("instructions-changed", "instructions")],
    ),
    "the role of a message": (
        LOOP,
        each(lambda body: body["input"][0].update(role="system")),
        [("instructions-moved", "input[][role=system]")],
    ),
    "a header that is gone": (
        LOOP,
        lambda run: [headers.pop("originator") for headers in run.headers],
        [("header-removed", "headers.originator")],
    ),
    "a header's value": (
        LOOP,
        lambda run: [headers.update(originator="codex_tui") for headers in run.headers],
        [("header-changed", "headers.originator")],
    ),
    "an endpoint": (LOOP, another_endpoint, [("endpoint-added", "/v1/models")]),
    "an event that is gone": (LOOP, without_event, [("event-removed", "event[response.in_progress]")]),
    "the order of the tools": (
        LOOP,
        each(lambda body: body["tools"].reverse()),
        [("tools-reordered", "tools")],
    ),
    "a fault": (
        LOOP,
        lambda run: run.manifest.update(replayed={"calls": 3, "faults_hit": ["fault 429 retry after 1s: call 1"]}),
        [("run-faulted", "run.faults")],
    ),
    "a WebSocket that is refused": (LOOP, refused_socket, [("endpoint-added", "/v1/responses")]),
    "one more turn": (LOOP, one_more_turn, [("turns-added", "turns[3]")]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_found_at_its_path_and_nothing_else_is(name: str, tmp_path: Path) -> None:
    sample, change, found = CHANGES[name]
    comparison = compare_changed(sample, change, tmp_path)
    assert [(one.kind, one.place) for one in comparison.findings] == found


def volatile(run: Recording) -> None:
    """Change all that two recordings of the same differ in."""
    text = json.dumps(run.records, ensure_ascii=False)
    for one in set(re.findall(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", text)):
        text = text.replace(one, str(uuid4()))
    run.records = json.loads(text.replace("/tmp/project", "/home/me/work"))
    run.manifest["folder"] = "/home/me/work"


@pytest.mark.parametrize("sample", [LOOP, SOCKET])
def test_ids_and_folders_are_no_difference(sample: str, tmp_path: Path) -> None:
    assert compare_changed(sample, volatile, tmp_path).findings == ()


def test_what_an_interrupted_run_lacks_breaks_nothing_and_its_state_is_the_first_line(tmp_path: Path) -> None:
    comparison = compare_changed(LOOP, interrupted, tmp_path)
    assert comparison.findings[0].kind == "run-incomplete"
    assert {one.kind for one in comparison.findings if one.polarity == "breaking"} == set()
    assert comparison.after.state == "interrupted, exit code 0"


def test_what_a_run_lacks_that_is_still_being_recorded_breaks_nothing(tmp_path: Path) -> None:
    def live(run: Recording) -> None:
        run.records.pop()
        run.manifest |= {"pid": os.getpid(), "started": datetime.now(UTC).isoformat(), "ended": None}

    comparison = compare_changed(LOOP, live, tmp_path)
    assert comparison.findings[0].line.startswith("the second run is still being recorded: ")
    assert {one.kind for one in comparison.findings if one.polarity == "breaking"} == set()
    assert comparison.after.state == "still being recorded"


def far_along(word: str) -> Callable[[Recording], None]:
    """Return a change of the prompt to one long line with a word at its end."""
    prompt = "Please be careful and list the files. " * 45 + word

    def change(run: Recording) -> None:
        run.replace(run.manifest["prompt"], prompt)
        run.manifest["command"][-1] = run.manifest["prompt"] = prompt

    return change


@pytest.mark.parametrize("known", ["as the prompt", "as a word of the command"])
def test_what_differs_far_along_a_line_is_shown_in_each_form(known: str, tmp_path: Path) -> None:
    folders = []
    for word in ("red", "blue"):
        run = Recording(LOOP)
        far_along(word)(run)
        if known == "as a word of the command":
            prompt_in_the_command(run)
        folders.append(run.write(tmp_path / "codex" / word))
    comparison = compare(folders[0], folders[1], tmp_path / "it.json")
    assert comparison.findings
    for finding in comparison.findings:
        for one, other in ((finding.before, finding.after), (finding.line, finding.line)):
            assert "red" in one
            assert "blue" in other
        signed = [line for line in finding.text if line[0] in "+-"]
        assert not signed or (signed[0].endswith("red") and signed[1].endswith("blue"))
    assert any(finding.text for finding in comparison.findings)


def reminder(*lines: str) -> dict[str, str]:
    return {"type": "input_text", "text": "\n".join(["<system-reminder>", *lines, "</system-reminder>"])}


def test_parts_of_one_tag_are_paired_by_what_they_say(tmp_path: Path) -> None:
    status = ["# gitStatus", "Branch: main", "Status:", "?? a.txt"]
    folders = []
    for name, added in (
        ("before", [reminder(*status)]),
        ("after", [reminder("Be nice to users."), reminder(*status, "?? b.txt"), reminder("Keep it short.")]),
    ):
        run = Recording(LOOP)
        for body in run.bodies:
            next(item for item in body["input"] if item.get("role") == "user")["content"][:0] = added
        folders.append(run.write(tmp_path / "codex" / name))
    changed, new = compare(folders[0], folders[1], tmp_path / "it.json").findings
    assert (changed.kind, new.kind) == ("instructions-changed", "instructions-added")
    assert [line for line in changed.text if line[0] in "+-"] == ["+ ?? b.txt"]
    assert "nice" in str(new.text)
    assert "short" in str(new.text)
    assert "gitStatus" not in str(new.text)


def test_instructions_of_two_places_have_a_line_each(tmp_path: Path) -> None:
    def add(body: dict) -> None:  # type: ignore[type-arg]
        for item in body["input"]:
            if item.get("role") in ("developer", "user"):
                name = item["role"]
                item["content"].insert(0, {"type": "input_text", "text": f"<of_{name}>Be brief.</of_{name}>"})

    found = compare_changed(LOOP, each(add), tmp_path).findings
    assert {(one.place, one.line) for one in found if one.kind == "instructions-added"} == {
        ("input[][role=developer]", "<of_developer> is new"),
        ("input[][role=user]", "<of_user> is new"),
    }


@pytest.mark.parametrize("at", ["instructions", "input[].content[].text", "tools[].description"])
def test_a_rule_counts_at_the_place_of_a_text(at: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def changed(run: Recording, word: str) -> Path:
        for body in run.bodies:
            if at == "instructions":
                body["instructions"] += f"\nBuild {word}"
            elif at == "tools[].description":
                body["tools"][0]["description"] += f"\nBuild {word}"
            else:
                body["input"][0]["content"][0]["text"] += f"\nBuild {word}"
        return run.write(tmp_path / "codex" / word)

    folders = [changed(Recording(LOOP), word) for word in ("abacus", "zebra")]
    assert len(compare(folders[0], folders[1], tmp_path / "it.json").findings) == 1
    rule = Rule(slot="build", pattern="Build ([a-z]+)", at=at)
    monkeypatch.setattr("probe.compare.__main__.slot_rules", lambda target: (*BUILT_IN, rule))
    assert compare(folders[0], folders[1], tmp_path / "it.json").findings == ()


def test_why_an_answer_ended_is_compared_turn_by_turn(tmp_path: Path) -> None:
    found = compare_changed(LOOP, cut_short, tmp_path).findings
    assert [(one.place, one.before, one.after) for one in found if one.kind == "stop-changed"] == [
        ("turns[2].stop", "completed", "max_output_tokens")
    ]


def test_a_member_that_fewer_parts_have_is_found(tmp_path: Path) -> None:
    folders = []
    for name, number in (("two", 2), ("one", 1)):
        run = Recording(LOOP)
        for body in run.bodies:
            for item in body["input"][:number]:
                item["content"][0]["cache_control"] = {"type": "ephemeral"}
        folders.append(run.write(tmp_path / "codex" / name))
    (finding,) = compare(folders[0], folders[1], tmp_path / "it.json").findings
    assert finding.kind == "sent-field-share-changed"
    assert finding.place.endswith("cache_control")
    assert re.fullmatch(r"in 4 of (\d+), now in 2 of \1", finding.evidence)


def test_a_websocket_that_is_refused_is_named(tmp_path: Path) -> None:
    (finding,) = compare_changed(LOOP, refused_socket, tmp_path).findings
    assert finding.line == "a WebSocket (GET /v1/responses, refused with 426) is asked now"


def test_a_fault_is_the_first_line_and_what_follows_breaks_nothing(tmp_path: Path) -> None:
    def faulted(run: Recording) -> None:
        interrupted(run)
        run.manifest["replayed"] = {"calls": 1, "faults_hit": ["fault 429: call 1"]}

    found = compare_changed(LOOP, faulted, tmp_path).findings
    assert found[0].line == "the second run was hit by fault 429: call 1"
    assert [one for one in found if one.polarity == "breaking"] == []


def test_another_namespace_of_a_tool_is_named(tmp_path: Path) -> None:
    folders = []
    for namespace in ("collaboration", "agents"):
        run = Recording(LOOP)
        for body in run.bodies:
            tool = {"type": "function", "name": "spawn", "parameters": {}}
            body["tools"].append({"type": "namespace", "name": namespace, "tools": [tool]})
        folders.append(run.write(tmp_path / "codex" / namespace))
    (finding,) = compare(folders[0], folders[1], tmp_path / "it.json").findings
    assert finding.line == "a tool is in another namespace: collaboration.spawn → agents.spawn"


@pytest.mark.parametrize("differ", [True, False])
def test_the_type_of_a_result_is_no_difference_of_protocols_where_the_results_differ(
    differ: bool, tmp_path: Path
) -> None:
    def change(run: Recording) -> None:
        for body in run.bodies:
            for item in body["input"]:
                if item.get("type") == "function_call_output":
                    text = "other" if differ else item["output"]
                    item["output"] = [{"type": "input_text", "text": text}]

    kinds = [one.kind for one in compare_changed(LOOP, change, tmp_path).findings]
    assert ("sent-type-changed" in kinds) is not differ


def effort_in_several_places(run: Recording) -> None:
    for body, headers in zip(run.bodies, run.headers, strict=True):
        effort = body["reasoning"]["effort"]
        metadata = json.dumps({"thread": "x" * 200, "reasoning_effort": effort})
        headers["x-turn-metadata"] = metadata
        body["client_metadata"] = {"x-turn-metadata": metadata}


def test_one_fact_at_several_places_is_one_line_with_the_inner_places(tmp_path: Path) -> None:
    before = Recording(LOOP)
    effort_in_several_places(before)
    after = Recording(LOOP)
    for body in after.bodies:
        body["reasoning"]["effort"] = "high"
    effort_in_several_places(after)
    folders = before.write(tmp_path / "codex" / "before"), after.write(tmp_path / "codex" / "after")
    (finding,) = compare(folders[0], folders[1], tmp_path / "comparison.json").findings
    assert finding.place == "reasoning.effort"
    assert (
        "client_metadata.x-turn-metadata→.reasoning_effort, headers.x-turn-metadata→.reasoning_effort" in finding.line
    )


def test_the_model_and_what_follows_in_metadata_are_one_line(tmp_path: Path) -> None:
    folders = []
    for model in ("gpt-5.2-codex", "gpt-7"):
        run = Recording(LOOP)
        run.replace("gpt-5.2-codex", model)
        for body, headers in zip(run.bodies, run.headers, strict=True):
            metadata = json.dumps({"thread": "x" * 200, "engine": model})
            headers["x-turn-metadata"], body["client_metadata"] = metadata, {"x-turn-metadata": metadata}
        folders.append(run.write(tmp_path / "codex" / model))
    (finding,) = compare(folders[0], folders[1], tmp_path / "it.json").findings
    assert finding.kind == "model-changed"


def test_a_member_of_metadata_that_is_gone_from_body_and_header_is_one_line(tmp_path: Path) -> None:
    folders = []
    for name, known in (("with", {"effort": "low"}), ("without", {})):
        run = Recording(LOOP)
        for body, headers in zip(run.bodies, run.headers, strict=True):
            metadata = json.dumps({"thread": "x" * 200, **known})
            headers["x-turn-metadata"], body["client_metadata"] = metadata, {"x-turn-metadata": metadata}
        folders.append(run.write(tmp_path / "codex" / name))
    (finding,) = compare(folders[0], folders[1], tmp_path / "it.json").findings
    assert (finding.kind, finding.place) == ("sent-field-removed", "client_metadata.x-turn-metadata→.effort")


def test_long_values_are_shown_where_they_differ() -> None:
    lists = (["a" * 30, "b" * 300, one] for one in ("before", "after"))
    for pair in (shown_pair(*lists), shown_pair({"x" * 300: 1}, {"x" * 300: 2})):
        assert pair[0] != pair[1]
        assert not [one for one in pair if STRING.sub("", one).count('"')]
    long = ["y" * 500 + "\\" * 9 + word + "\\" * 99 for word in ("before", "after")]
    assert not [one for one in shown_pair(*([word] for word in long)) if STRING.sub("", one).count('"')]
    one, other = shown_pair("x" * 300 + "before", "x" * 300 + "after!")
    assert "before" in one
    assert "after!" in other


def test_a_long_line_shows_where_it_differs_beside_new_ones() -> None:
    before, after = ("x" * 900 + word for word in ("before", "after!"))
    found = text_difference(before, f"a new line\n{after}")
    assert [(line[0], line[-6:]) for line in found] == [("-", "before"), ("+", "w line"), ("+", "after!")]
    assert all(len(line) < 500 for line in found)
