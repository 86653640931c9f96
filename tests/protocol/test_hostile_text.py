"""Nothing that crossed the wire breaks out of a table of protocol.md."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from probe.protocol.describing import described
from probe.protocol.documents import DESCRIPTION, documents
from probe.protocol.markdown import markdown
from tests.protocol.recorded import RECORDS, protocol, statistics_of

BROKEN_OUT = {"html_block", "html_inline", "link_open", "image", "fence", "code_block"}


@pytest.mark.parametrize("case", RECORDS)
def test_tables_stay_tables_and_hold_no_html(case: str) -> None:
    text = markdown(protocol(case))
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    inner = [token for token in tokens for token in (token, *(token.children or ()))]
    assert {token.type for token in inner} & BROKEN_OUT == set()
    rows = sum(line.startswith("| ") and not line.startswith("| ---") for line in text.splitlines())
    assert rows == sum(token.type == "tr_open" for token in tokens)
    assert not any(character < " " for character in text if character != "\n")


def test_half_a_surrogate_pair_is_written_as_it_came(tmp_path: Path) -> None:
    exchange = json.loads(RECORDS["codex/tool-loop"].read_text().splitlines()[0])
    # As a text, which is kept as it came.
    body = json.dumps(exchange["request"]["body"] | {"cut": "\ud83d", "\ude00": 1})
    exchange["request"] |= {"body": body, "body_kind": "text"}
    (tmp_path / "traffic.jsonl").write_text(json.dumps(exchange) + "\n")
    texts = dict(documents(described(statistics_of(tmp_path / "traffic.jsonl"))))
    (request,) = json.loads(texts[DESCRIPTION])["endpoints"][0]["requests"]
    assert request["value"]["members"]["cut"]["value"]["constant"] == "\ud83d"
    assert "\ude00" in request["value"]["members"]
