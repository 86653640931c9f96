"""A report shows in a row what each turn did, then what is new in it, and what all of them took."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from probe.analysis.prices import Prices
from probe.record.exchange import Exchange
from probe.renderers.loader import Renderer
from probe.report.markdown.turn_table import ROWS
from tests.analysis.runs import ask, ran, said
from tests.replay.replays import conversation, create, events, post, told
from tests.report.reports import exchange, failing_at, record
from tests.report.reports import report as report_of
from tests.trace.tracing import lines

PROMPT = said("Fix the tests")
IDS = {"session": ["header s"], "agent": ["header a"]}


def report(
    folder: Path,
    run: Sequence[Exchange],
    renderer: Renderer | None = None,
    prices: Prices | None = None,
    ids: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """Write a run and its report."""
    file = folder / "traffic.jsonl"
    file.write_bytes(lines(run))
    return report_of(file, renderer, prices=prices, ids=ids)[0]


def section(text: str, name: str = "What the agent did") -> str:
    """Return a section of a report."""
    return text.split(f"\n## {name}\n")[1].split("\n## ")[0]


def rows(text: str) -> list[dict[str, str]]:
    """Return the cells of each turn's row by the name of their column."""
    found, names = [], list[str]()
    for line in section(text).splitlines():
        cells = [cell.strip() for cell in line.replace("\\|", "¦").strip("|").split("|")]
        if line.startswith("| turn"):
            names = cells
        elif line.startswith("| ["):
            found.append(dict(zip(names, cells, strict=True)))
    return found


def turns(text: str) -> list[str]:
    """Return the text of each turn, heading first."""
    return [part.split("\n## ")[0] for part in text.split("\n### Turn ")[1:]]


def usage(given: int, output: int, cached: int = 0) -> dict[str, Any]:
    """Make the usage of an answer."""
    return {
        "input_tokens": given,
        "input_tokens_details": {"cached_tokens": cached},
        "output_tokens": output,
        "output_tokens_details": {"reasoning_tokens": 2},
        "total_tokens": given + output,
    }


CALL = [{"type": "function_call", "name": "shell", "call_id": "a", "arguments": '{"cmd": "ls"}'}]
LOOP = [
    ask(10, PROMPT, model="gpt-4.1", answer=CALL * 2, usage=usage(1000, 50)),
    ask(12, PROMPT, CALL[0], ran("a")[1], model="gpt-4.1", usage=usage(1200, 30, 1000)),
]
TITLE = ask(9, PROMPT, model="gpt-4.1-nano", tools=False, instructions="Make a title", usage=usage(100, 5))


def test_each_turn_has_a_row(tmp_path: Path) -> None:
    text = report(tmp_path, LOOP)
    assert "2 turns with `gpt-4.1` in 1 session." in section(text)
    first = {"start": "+0.00s", "took": "0.00s", "first token": "", "reasoning": "2"}
    assert rows(text) == [
        {
            "turn": "[1](#turn-1)",
            "what it did": "`shell: ls`, `shell: ls`",
            **first,
            "input": "1,000",
            "cache read": "0",
            "output": "50",
        },
        {
            "turn": "[2](#turn-2)",
            "what it did": "fine",
            **first,
            "start": "+2.00s",
            "input": "1,200",
            "cache read": "1,000",
            "output": "30",
        },
    ]


def test_a_row_links_to_its_turn_whose_heading_says_what_it_did(tmp_path: Path) -> None:
    text = report(tmp_path, LOOP)
    for number, did in ((1, "`shell: ls`, `shell: ls`"), (2, "fine")):
        assert f"[{number}](#turn-{number})" in text
        assert f'<a id="turn-{number}"></a>\n\n### Turn {number}. {did}\n' in text


def test_a_run_of_one_turn_has_no_headings_of_groups(tmp_path: Path) -> None:
    text = section(report(tmp_path, LOOP[:1]))
    assert "1 turn with `gpt-4.1` in 1 session." in text
    assert [line for line in text.splitlines() if line.startswith("#")] == []


def test_a_run_that_never_called_the_model_says_so(tmp_path: Path) -> None:
    text = report(tmp_path, [post(1, {"ok": True}, request={"a": 1}, url="https://x.test/other")])
    assert "It did not call the model" in section(text)
    assert "## Turns" not in text
    assert "### POST `/other` → 200" in section(text, "Exchanges")


REFUSED = "127.0.0.1:9: Connect call failed"


def unread_call(time: float) -> dict[str, Any]:
    """Make a call whose body was never read, as there was no upstream to send it to."""
    request: dict[str, Any] = {"method": "POST", "url": "http://127.0.0.1:9/v1/responses", "headers": {}, "body": None}
    return {"timestamp": time, "listener": "model", "request": request, "response": None, "error": REFUSED}


@pytest.mark.parametrize(
    ("answered", "words"),
    [
        (0, "No request was answered: 2 tries (`POST /v1/responses` ×2) failed."),
        (1, "No call of the model was answered: 2 tries (`POST /v1/responses` ×2) of 3 requests failed."),
    ],
)
def test_an_upstream_that_is_not_reached_is_no_model_that_was_not_called(
    tmp_path: Path, answered: int, words: str
) -> None:
    text, _ = report_of(record(tmp_path, unread_call(1), unread_call(2), *[exchange(3, "/other")] * answered))
    assert section(text).strip() == f"{words} Why: {REFUSED}."
    assert "| `127.0.0.1:9` | not reached | `model` | 2 | 0 | 0 |" in section(text, "Hosts")


def test_what_was_sent_before_is_a_link(tmp_path: Path) -> None:
    first, second = turns(report(tmp_path, LOOP))
    assert "**Request**: 1 message, 1 tool" in first
    assert "Fix the tests" in first
    summary = "compared with [turn 1](#turn-1): 2 new messages, #1 from its answer (1 as before); 1 tool as before"
    assert f"**Request**, {summary}" in second
    assert "Fix the tests" not in second
    assert "Tool definitions" not in second


def test_what_another_thread_had_been_answered_is_a_link_too(tmp_path: Path) -> None:
    handed = [said("Go on with this"), CALL[0], ran("a")[1]]
    _, second = turns(report(tmp_path, [LOOP[0], ask(14, *handed)]))
    assert "**Request**: 3 messages" in second
    assert "Message #1: the answer of [turn 1](#turn-1)" in second
    assert ("Go on with this" in second, "**Tool call:**" in second) == (True, False)


def test_of_a_setting_that_is_an_object_only_what_changed_is_shown(tmp_path: Path) -> None:
    same = {"session_id": "s" * 60, "installation": "i" * 60}
    inner = [json.dumps({"window": "w" * 60, "turn": turn}) for turn in (1, 2)]
    first = same | {"turn_id": "one", "started": "now", "inner": inner[0]}
    second = same | {"turn_id": "two", "inner": inner[1], "long": "l" * 90}
    run = [ask(time, PROMPT, client_metadata=data) for time, data in ((1, first), (3, second))]
    shown = turns(report(tmp_path, run))[1].split("**Answer**")[0]
    changed = (
        "turn_id:** `two`",
        "inner.turn:** `2`",
        "started:** *dropped*",
        f"long</summary>\n\n```text\n{'l' * 90}",
    )
    assert all(f"client_metadata.{one}" in shown for one in changed)
    assert ("s" * 60 in shown, "w" * 60 in shown) == (False, False)


SCRIPT = 'const r = await tools.exec_command({"cmd": "ls"}); text(r.output);'
ARGUMENTS = {
    "a script that calls tools": (SCRIPT, '`exec: exec_command({"cmd": "ls"}); text(r.output);`'),
    "any other script": ("python -m tools.py", "`exec: python -m tools.py`"),
}


@pytest.mark.parametrize(("script", "shown"), ARGUMENTS.values(), ids=ARGUMENTS.keys())
def test_a_row_shows_what_says_most_of_a_script(tmp_path: Path, script: str, shown: str) -> None:
    call = {"type": "custom_tool_call", "name": "exec", "call_id": "a", "input": script}
    assert rows(report(tmp_path, [ask(1, PROMPT, answer=[call])]))[0]["what it did"] == shown


def test_a_call_that_goes_on_from_a_stored_answer_names_its_turn(tmp_path: Path) -> None:
    calls = [create(1, model="m", input=[PROMPT]), *told(2, events("r0"))]
    calls += [create(3, model="m", input=[said("More")], previous_response_id="r0"), *told(4, events("r1"))]
    calls += [create(5, model="m", input=[said("Else")], previous_response_id="gone"), *told(6, events("r2"))]
    _, second, third = turns(report(tmp_path, [conversation(calls)]))
    assert "**Request**, going on from the answer of [turn 1](#turn-1): 1 new message" in second
    assert "Fix the tests" not in second
    assert "**Request**, going on from what the API has stored and this record does not show: 1 message" in third


def loop_of(calls: int) -> list[Exchange]:
    """Make a run that sends its instructions and its growing history again with each call, as agents do."""
    history: list[dict[str, Any]] = [PROMPT]
    run = []
    for number in range(calls):
        call = {**CALL[0], "call_id": f"c{number}"}
        run.append(ask(number, *history, answer=[call], instructions="Work with care. " * 3000))
        output = {"type": "function_call_output", "call_id": f"c{number}", "output": f"line {number}\n" * 100}
        history += [call, output]
    return run


def test_a_run_of_21_calls_takes_a_tenth_of_its_full_log(tmp_path: Path) -> None:
    file = tmp_path / "traffic.jsonl"
    file.write_bytes(lines(loop_of(21)))
    short, full = (report_of(file, full=form)[0] for form in (False, True))
    assert len(short) < len(full) / 10
    assert all(f"line {number}\n" in short for number in range(20))


def test_side_requests_are_marked_and_added_up_apart(tmp_path: Path) -> None:
    text = report(tmp_path, [TITLE, *LOOP])
    assert "2 turns and 1 side request in 1 session." in section(text)
    assert (rows(text)[0]["what it did"], rows(text)[0]["model"]) == ("*title*: fine", "`gpt-4.1-nano`")
    assert "### Turn 1 (title). fine\n" in text
    for line in (
        "| `gpt-4.1` | 2 | 2,200 | 1,000 | ? | 80 | 4 | 2,280 |",
        "| `gpt-4.1-nano` *(side)* | 1 | 100 | 0 | ? | 5 | 2 | 105 |",
        "| **the work** | 2 | 2,200 | 1,000 | ? | 80 | 4 | 2,280 |",
        "| **side requests** | 1 | 100 | 0 | ? | 5 | 2 | 105 |",
        "| **all** | 3 | 2,300 | 1,000 | ? | 85 | 6 | 2,385 |",
    ):
        assert line in section(text, "Totals")


def test_usage_that_is_not_reported_is_no_zero(tmp_path: Path) -> None:
    text = report(tmp_path, [LOOP[0], ask(12, PROMPT, *ran("a"), model="gpt-4.1")])
    assert [rows(text)[1][name] for name in ("input", "output", "reasoning")] == ["?"] * 3
    assert "| **all** | 2 | 1,000 | 0 | ? | 50 | 2 | 1,050 (1 not reported) |" in section(text, "Totals")


INCOMPLETE = {"id": "r", "status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "output": []}


@pytest.mark.parametrize(("most", "reported"), [(1, False), (400, True)])
def test_an_answer_that_was_ended_early_is_reported_but_of_a_warm_up(tmp_path: Path, most: int, reported: bool) -> None:
    run = post(3, INCOMPLETE, request={"model": "big-1", "input": [PROMPT], "max_output_tokens": most})
    text = report(tmp_path, [run])
    did = rows(text)[0]["what it did"]
    assert ("**incomplete:** " in did, "error" in did) == (reported, False)
    assert ("1 answer ended early (max_output_tokens)" in text.splitlines()[2]) == reported


def test_threads_without_an_id_are_not_said_to_be_one_session(tmp_path: Path) -> None:
    text = section(report(tmp_path, [ask(1, PROMPT), ask(2, said("Something else"))]))
    assert "2 turns with `big-1` in 2 threads." in text


def test_sessions_threads_and_sub_agents_have_headings(tmp_path: Path) -> None:
    run = [
        ask(1, PROMPT, headers={"s": "x"}),
        ask(2, said("Look"), headers={"s": "x", "a": "explorer"}),
        ask(3, PROMPT, headers={"s": "y"}),
    ]
    text = section(report(tmp_path, run, ids=IDS))
    assert "3 turns with `big-1` in 2 sessions, 3 threads (1 sub-agent)." in text
    assert [line for line in text.splitlines() if line.startswith(("#", "Id "))] == [
        "### Session 1 · Thread 1",
        "Id `x`",
        "### Session 1 · Thread 2 · sub-agent `explorer` of thread 1",
        "### Session 2 · Thread 3",
        "Id `y`",
    ]


def test_the_final_answer_is_the_agents_own_and_no_sub_agents(tmp_path: Path) -> None:
    answer = {**said("", "assistant"), "content": [{"type": "output_text", "text": "found it"}]}
    run = [
        ask(1, PROMPT, headers={"s": "x"}),
        ask(2, said("Look"), answer=[answer], headers={"s": "x", "a": "explorer"}),
    ]
    assert section(report(tmp_path, run, ids=IDS), "Final answer").strip() == "```text\nfine\n```"


def test_prompts_are_numbered_where_there_are_several(tmp_path: Path) -> None:
    run = [*LOOP, ask(20, PROMPT, *ran("a"), said("fine", "assistant"), said("And now the docs"))]
    assert [row["prompt"] for row in rows(report(tmp_path, run))] == ["1", "1", "2"]
    assert "prompt" not in rows(report(tmp_path, LOOP))[0]


def test_each_call_over_a_websocket_is_a_turn(tmp_path: Path) -> None:
    calls = [create(1, model="m", generate=False), *told(1.5, events("r0"))]
    calls += [create(2, model="m", input=[PROMPT]), *told(4, events("done"))]
    text = report(tmp_path, [conversation(calls)])
    assert [[row["turn"], row["start"], row["took"], row["what it did"]] for row in rows(text)] == [
        ["[1](#turn-1)", "+0.00s", "0.50s", "*warm-up*: r0"],
        ["[2](#turn-2)", "+1.00s", "2.00s", "done"],
    ]
    assert "(+1.00s) · took 2.00s · call 2 of the WebSocket in line 1 of the record" in turns(text)[1]
    assert "Ended without a close frame (1006)." in text


def failed(at: float, status: int, message: str) -> Exchange:
    """Make a call that the API refused."""
    whole = ask(at, PROMPT)
    assert whole.response is not None
    body = {"error": {"message": message}}
    response = msgspec.structs.replace(whole.response, status_code=status, headers={}, body=body, body_kind="json")
    return msgspec.structs.replace(whole, response=response)


def unanswered(at: float, error: str | None = None) -> Exchange:
    """Make a call that got no answer."""
    return msgspec.structs.replace(ask(at, PROMPT), response=None, error=error)


def test_failed_tries_are_one_turn_with_the_call_that_they_lead_to(tmp_path: Path) -> None:
    run = [failed(1, 529, "busy"), failed(2, 529, "busy"), unanswered(3, "reset"), ask(4, PROMPT)]
    text = report(tmp_path, run)
    assert "1 turn and 3 failed tries with `big-1` in 1 session." in section(text)
    assert [row["what it did"] for row in rows(text)] == ["fine; after 3 failed tries (529: busy; no answer: reset)"]
    (turn,) = turns(text)
    assert "2 failed tries before it (+0.00s to +1.00s, lines 1 to 2 of the record): 529: busy" in turn
    assert "1 failed try before it (+2.00s, line 3 of the record): no answer: reset" in turn
    assert "Fix the tests" in turn
    assert "#turn-2" not in text


def test_tries_of_a_side_request_come_between_those_of_the_work(tmp_path: Path) -> None:
    def title(at: float) -> Exchange:
        return ask(at, PROMPT, tools=False, model="small-1", instructions="Generate a short title")

    refused = failed(1, 503, "busy").response
    first = msgspec.structs.replace(title(1), response=refused)
    text = report(tmp_path, [first, failed(2, 503, "busy"), title(3), failed(4, 503, "busy"), ask(5, PROMPT)])
    assert [row["what it did"] for row in rows(text)] == [
        "*title*: fine; after 1 failed try (503: busy)",
        "fine; after 2 failed tries (503: busy)",
    ]
    assert "2 failed tries before it (+1.00s to +3.00s, lines 2 and 4 of the record): 503: busy" in text


def test_a_call_that_never_succeeds_is_one_turn(tmp_path: Path) -> None:
    text = report(tmp_path, [unanswered(at, "connection refused") for at in range(30)])
    assert [row["what it did"] for row in rows(text)] == ["**30 tries failed:** no answer: connection refused"]
    assert len(turns(text)) == 1
    assert "30 of 30 exchanges got no answer: connection refused" in text.splitlines()[2]
    assert "**Cost:** unknown (no call was answered)" in text
    assert "None: the model said nothing." in section(text, "Final answer")


def test_costs_are_list_prices_and_say_so(tmp_path: Path) -> None:
    pytest.importorskip("genai_prices", reason="the dev group has it")
    unknown = ask(14, PROMPT, *ran("a"), *ran("b"), model="no-such-model", usage=usage(10, 1))
    text = report(tmp_path, [TITLE, *LOOP, unknown], prices=Prices())
    # 1,000 at 2, 50 at 8; then 200 at 2, 1,000 at 0.5, 30 at 8.
    assert [row["cost"] for row in rows(text)][1:] == ["\\$0.0024", "\\$0.0011", "unknown"]
    why = "no list price is known for no-such-model: PROBE_PRICES can name a file of prices of your own"
    assert f"+ 1 turn unknown ({why})" in text
    totals = section(text, "Totals")
    assert "| `no-such-model` | 1 | 10 | 0 | ? | 1 | 2 | 11 | unknown |" in totals
    assert "\\$0.0035 + 1 turn unknown |" in totals.split("**the work**")[1].splitlines()[0]
    assert "Cost: at list price of OpenAI, for tokens alone." in totals


def test_without_the_library_the_report_says_how_to_get_it(tmp_path: Path) -> None:
    text = report(tmp_path, LOOP)
    assert text.count("**Cost:** unknown (the price library genai-prices is not installed)") == 1
    assert "cost" not in rows(text)[0]


def test_what_the_api_charged_is_reported_without_the_library(tmp_path: Path) -> None:
    charged = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12, "cost": 0.5}
    answer = {"id": "c", "model": "m", "choices": [], "usage": charged}
    chat = ask(1, PROMPT)
    request = msgspec.structs.replace(
        chat.request, url="https://x.test/v1/chat/completions", body={"model": "m", "messages": [PROMPT]}
    )
    assert chat.response is not None
    response = msgspec.structs.replace(chat.response, body=answer, body_kind="json", headers={})
    text = report(tmp_path, [msgspec.structs.replace(chat, request=request, response=response)])
    assert rows(text)[0]["cost"] == "\\$0.5000"
    assert "Cost: as the API reported it." in text
    assert "12 total | \\$0.5 charged" in text


def test_a_turn_whose_renderer_raises_costs_itself_only(tmp_path: Path) -> None:
    moved = msgspec.structs.replace(LOOP[0].request, url="https://x.test/bad/responses")
    text = report(tmp_path, [msgspec.structs.replace(LOOP[0], request=moved), LOOP[1]], failing_at("/bad/responses"))
    assert [row["what it did"] for row in rows(text)] == ["fine"]
    assert "a renderer failed" in text.splitlines()[2]
    assert "### POST `/bad/responses` → 200" in text


def test_errors_and_cuts_are_reported(tmp_path: Path) -> None:
    whole = ask(2, said("Other"))
    assert whole.response is not None
    cut = msgspec.structs.replace(whole.response, body=str(whole.response.body)[:40])
    run = [failed(1, 500, "out of order"), msgspec.structs.replace(whole, response=cut), unanswered(3)]
    text = report(tmp_path, run)
    assert sorted(row["what it did"] for row in rows(text)) == [
        "**2 tries failed:** 500: out of order; no answer",
        "**cut short**",
    ]
    problems = text.splitlines()[2]
    for words in (
        "1 of 3 exchanges got no answer",
        "1 call of the model failed (500: out of order)",
        "1 answer cut short",
    ):
        assert words in problems


def test_many_turns_have_rows_up_to_a_bound_and_are_added_up_all(tmp_path: Path) -> None:
    run = [ask(number, said(f"Thing {number}"), usage=usage(1, 1)) for number in range(ROWS + 20)]
    text = report(tmp_path, run)
    assert len(rows(text)) == ROWS
    assert "20 further turns: see below; the totals have all of them." in text
    assert f"| **all** | {ROWS + 20} | {ROWS + 20} |" in text


HOSTILE = "</a>|<script>`x`\n# no [l](http://x) \x1b[31m $x$"


def test_names_and_texts_cannot_break_the_table(tmp_path: Path) -> None:
    call = [{"type": "function_call", "name": HOSTILE, "call_id": "a", "arguments": "{}"}]
    text = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": HOSTILE}]}
    run = [ask(1, PROMPT, model=HOSTILE, answer=[*call, text], headers={"s": "x`y|<b>", "a": HOSTILE})]
    shown = section(report(tmp_path, [*run, *run], ids=IDS))
    table = [line.replace("\\|", "") for line in shown.splitlines() if line.startswith("|")]
    assert not any("<script>" in line or "\x1b" in line for line in shown.splitlines())
    assert {line.count("|") for line in table} == {table[0].count("|")}
    assert not any(line.startswith("# no") for line in shown.splitlines())
