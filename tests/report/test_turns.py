"""A report tells each turn in a row, and what all of them took."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from probe.analysis.prices import Prices
from probe.record.exchange import Exchange
from probe.renderers import Renderer
from probe.renderers.loader import AUTO, load_renderer
from probe.report import write_report
from probe.report.turns import ROWS
from tests.analysis.runs import ask, ran, said
from tests.replay.replays import conversation, create, events, post, told
from tests.report.test_report import failing

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
    file, out = folder / "traffic.jsonl", io.StringIO()
    file.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in run))
    write_report(
        out,
        file,
        title="T",
        source="s",
        generated_at=datetime(2026, 1, 1, tzinfo=UTC),
        renderer=renderer or load_renderer(AUTO),
        prices=prices,
        ids=ids,
    )
    return out.getvalue()


def section(text: str) -> str:
    """Give the part that tells turns."""
    return text.split("\n## Turns\n")[1].split("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """Give the cells of each turn's row."""
    lines = [line for line in section(text).splitlines() if line.startswith("| [")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def usage(given: int, output: int, cached: int = 0) -> dict[str, Any]:
    """Make the usage of an answer."""
    return {
        "input_tokens": given,
        "input_tokens_details": {"cached_tokens": cached},
        "output_tokens": output,
        "output_tokens_details": {"reasoning_tokens": 2},
        "total_tokens": given + output,
    }


CALL = [{"type": "function_call", "name": "shell", "call_id": "a", "arguments": "{}"}]
LOOP = [
    ask(10, PROMPT, model="gpt-4.1", answer=CALL * 2, usage=usage(1000, 50)),
    ask(12, PROMPT, *ran("a"), model="gpt-4.1", usage=usage(1200, 30, 1000)),
]
TITLE = ask(9, PROMPT, model="gpt-4.1-nano", tools=False, instructions="Make a title", usage=usage(100, 5))


def test_each_turn_has_a_row(tmp_path: Path) -> None:
    text = report(tmp_path, LOOP)
    assert "2 turns in 1 session." in section(text)
    took = "0.0s"
    assert rows(text) == [
        ["[1](#exchange-1)", "+0.0s", took, "turn", "`gpt-4.1`", "1,000", "0", "?", "50", "2", "1,050", "`shell` ×2"],
        ["[2](#exchange-2)", "+2.0s", took, "turn", "`gpt-4.1`", "1,200", "1,000", "?", "30", "2", "1,230", "fine"],
    ]


def test_a_row_links_to_the_heading_of_its_exchange(tmp_path: Path) -> None:
    text = report(tmp_path, LOOP)
    for number in (1, 2):
        assert f"[{number}](#exchange-{number})" in text
        assert f'<a id="exchange-{number}"></a>\n\n### {number}. POST' in text


def test_a_run_of_one_turn_is_told_without_headings_of_groups(tmp_path: Path) -> None:
    text = section(report(tmp_path, LOOP[:1]))
    assert "1 turn in 1 session." in text
    assert [line for line in text.splitlines() if line.startswith("#")] == ["### Totals"]


def test_nothing_is_told_where_no_model_was_called(tmp_path: Path) -> None:
    assert "## Turns" not in report(tmp_path, [])


def test_requests_beside_the_work_are_marked_and_added_up_apart(tmp_path: Path) -> None:
    text = section(report(tmp_path, [TITLE, *LOOP]))
    assert "2 turns and 1 request beside the work in 1 session." in text
    assert "| *title* | `gpt-4.1-nano` |" in text
    totals = text.split("### Totals")[1]
    for line in (
        "| `gpt-4.1` | 2 | 2,200 | 1,000 | ? | 80 | 4 | 2,280 |",
        "| `gpt-4.1-nano` *(beside)* | 1 | 100 | 0 | ? | 5 | 2 | 105 |",
        "| **the work** | 2 | 2,200 | 1,000 | ? | 80 | 4 | 2,280 |",
        "| **beside it** | 1 | 100 | 0 | ? | 5 | 2 | 105 |",
        "| **all** | 3 | 2,300 | 1,000 | ? | 85 | 6 | 2,385 |",
    ):
        assert line in totals


def test_usage_that_is_not_told_is_no_zero(tmp_path: Path) -> None:
    text = report(tmp_path, [LOOP[0], ask(12, PROMPT, *ran("a"), model="gpt-4.1")])
    assert rows(text)[1][5:11] == ["?"] * 6
    assert "| **all** | 2 | 1,000 | 0 | ? | 50 | 2 | 1,050 (1 not told) |" in section(text)


INCOMPLETE = {"id": "r", "status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "output": []}


@pytest.mark.parametrize(("most", "told_so"), [(1, False), (400, True)])
def test_an_answer_that_was_cut_is_told_but_of_a_warm_up(tmp_path: Path, most: int, told_so: bool) -> None:
    run = post(3, INCOMPLETE, request={"model": "big-1", "input": [PROMPT], "max_output_tokens": most})
    row = rows(report(tmp_path, [run]))[0]
    assert ("**incomplete:** " in row[-1], "error" in row[-1]) == (told_so, False)


def test_threads_that_no_id_tells_are_not_said_to_be_one_session(tmp_path: Path) -> None:
    text = section(report(tmp_path, [ask(1, PROMPT), ask(2, said("Something else"))]))
    assert "2 turns in 2 threads." in text


def test_sessions_threads_and_sub_agents_have_headings(tmp_path: Path) -> None:
    run = [
        ask(1, PROMPT, headers={"s": "x"}),
        ask(2, said("Look"), headers={"s": "x", "a": "explorer"}),
        ask(3, PROMPT, headers={"s": "y"}),
    ]
    text = section(report(tmp_path, run, ids=IDS))
    assert "3 turns in 2 sessions, 3 threads (1 sub-agent)." in text
    assert [line for line in text.splitlines() if line.startswith(("#", "Id "))] == [
        "### Session 1 · Thread 1",
        "Id `x`",
        "### Session 1 · Thread 2 · sub-agent `explorer` of thread 1",
        "### Session 2 · Thread 3",
        "Id `y`",
        "### Totals",
    ]


def test_prompts_are_numbered_where_there_are_several(tmp_path: Path) -> None:
    run = [*LOOP, ask(20, PROMPT, *ran("a"), said("fine", "assistant"), said("And now the docs"))]
    assert [row[3] for row in rows(report(tmp_path, run))] == ["1", "1", "2"]


def test_a_websockets_turns_are_numbered_within_their_exchange(tmp_path: Path) -> None:
    calls = [create(1, model="m", generate=False), *told(1.5, events("r0"))]
    calls += [create(2, model="m", input=[PROMPT]), *told(4, events("done"))]
    text = report(tmp_path, [conversation(calls)])
    assert [[row[0], row[1], row[2], row[3], row[-1]] for row in rows(text)] == [
        ["[1.1](#exchange-1)", "+0.0s", "0.5s", "*warm-up*", "r0"],
        ["[1.2](#exchange-1)", "+1.0s", "2.0s", "turn", "done"],
    ]
    assert "#### Turn 2 (+1.0s" in text


def test_costs_are_list_prices_and_say_so(tmp_path: Path) -> None:
    pytest.importorskip("genai_prices", reason="the dev group has it")
    unknown = ask(14, PROMPT, *ran("a"), *ran("b"), model="no-such-model", usage=usage(10, 1))
    text = report(tmp_path, [TITLE, *LOOP, unknown], prices=Prices())
    # 1,000 at 2, 50 at 8; then 200 at 2, 1,000 at 0.5, 30 at 8.
    assert [row[-2] for row in rows(text)][1:] == ["\\$0.0024", "\\$0.0011", "unknown"]
    assert "| `no-such-model` | 1 | 10 | 0 | ? | 1 | 2 | 11 | unknown |" in text
    assert "\\$0.0035 + 1 unknown |" in text.split("**the work**")[1].splitlines()[0]
    assert "Cost: at list price of OpenAI, for tokens alone." in text


def test_without_the_library_the_report_says_how_to_get_it(tmp_path: Path) -> None:
    text = section(report(tmp_path, LOOP))
    assert text.count("uv sync --extra cost") == 1
    assert "cost |" not in text


def test_what_the_api_charged_is_told_without_the_library(tmp_path: Path) -> None:
    charged = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12, "cost": 0.5}
    answer = {"id": "c", "model": "m", "choices": [], "usage": charged}
    chat = ask(1, PROMPT)
    request = msgspec.structs.replace(
        chat.request, url="https://x.test/v1/chat/completions", body={"model": "m", "messages": [PROMPT]}
    )
    assert chat.response is not None
    response = msgspec.structs.replace(chat.response, body=answer, body_kind="json", headers={})
    text = report(tmp_path, [msgspec.structs.replace(chat, request=request, response=response)])
    assert rows(text)[0][-2] == "\\$0.5000"
    assert "Cost: as the API itself told it." in text


def test_a_turn_whose_renderer_raises_costs_itself_only(tmp_path: Path) -> None:
    bad = failing()
    bad.__dict__["turns"] = load_renderer(AUTO).module("/v1/responses").turns
    renderer = Renderer((("/v1/responses", bad),))
    text = report(tmp_path, LOOP, renderer)
    assert [row[4:11] for row in rows(text)] == [["?"] * 7] * 2
    assert [row[-1] for row in rows(text)] == ["*(its body was not rendered; see the log)*"] * 2
    mixed = Renderer((("/bad/responses", bad), *load_renderer(AUTO).routes))
    moved = msgspec.structs.replace(LOOP[0].request, url="https://x.test/bad/responses")
    text = report(tmp_path, [msgspec.structs.replace(LOOP[0], request=moved), LOOP[1]], mixed)
    assert [row[-1] for row in rows(text)] == ["*(its body was not rendered; see the log)*", "fine"]


def test_a_renderer_that_cannot_tell_turns_is_counted(tmp_path: Path) -> None:
    bad = failing()
    bad.__dict__["turns"] = bad.format_request_body
    text = report(tmp_path, LOOP[:1], Renderer((("*", bad),)))
    assert "## Turns" not in text
    assert "- Bodies shown raw because the renderer failed: 3" in text


def test_errors_and_cuts_are_told(tmp_path: Path) -> None:
    whole = ask(1, PROMPT)
    assert whole.response is not None
    failed = msgspec.structs.replace(
        whole.response, status_code=500, headers={}, body={"error": {"message": "out of order"}}, body_kind="json"
    )
    cut = msgspec.structs.replace(whole.response, body=str(whole.response.body)[:40])
    run = [
        msgspec.structs.replace(whole, response=failed),
        msgspec.structs.replace(whole, response=cut, timestamp=2.0),
        msgspec.structs.replace(whole, response=None, timestamp=3.0),
    ]
    found = rows(report(tmp_path, run))
    assert found[0][-1] == "**error:** out of order"
    assert found[1][-1] == "**cut short**"
    assert (found[2][2], found[2][-1]) == ("no answer", "**cut short**")


def test_many_turns_are_told_up_to_a_bound_and_added_up_all(tmp_path: Path) -> None:
    run = [ask(number, said(f"Thing {number}"), usage=usage(1, 1)) for number in range(ROWS + 20)]
    text = report(tmp_path, run)
    assert len(rows(text)) == ROWS
    assert "20 further turns: see the log below; the totals have all of them." in text
    assert f"| **all** | {ROWS + 20} | {ROWS + 20} |" in text


HOSTILE = "</a>|<script>`x`\n# no [l](http://x) \x1b[31m $x$"


def test_names_and_texts_cannot_break_the_table(tmp_path: Path) -> None:
    call = [{"type": "function_call", "name": HOSTILE, "call_id": "a", "arguments": "{}"}]
    text = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": HOSTILE}]}
    run = [ask(1, PROMPT, model=HOSTILE, answer=[*call, text], headers={"s": "x`y|<b>", "a": HOSTILE})]
    told_rows = section(report(tmp_path, [*run, *run], ids=IDS))
    table = [line for line in told_rows.splitlines() if line.startswith("|")]
    assert not any("<script>" in line or "\x1b" in line for line in told_rows.splitlines())
    assert {line.replace("\\|", "").count("|") for line in table if line.startswith("| [")} == {13}
    assert not any(line.startswith("# no") for line in told_rows.splitlines())
