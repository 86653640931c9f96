"""Nothing that crossed the wire breaks out of a table of protocol.md."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from probe.protocol.markdown import markdown
from tests.protocol.recorded import RECORDS, protocol

BROKEN_OUT = {"html_block", "html_inline", "link_open", "image", "fence", "code_block"}


@pytest.mark.parametrize("case", RECORDS)
def test_tables_stay_tables_and_hold_no_html(case: str) -> None:
    text = markdown(protocol(case))
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    inner = [token for token in tokens for token in (token, *(token.children or ()))]
    assert {token.type for token in inner} & {
        "html_block",
        "html_inline",
        "link_open",
        "image",
        "fence",
        "code_block",
    } == set()
    rows = sum(line.startswith("| ") and not line.startswith("| ---") for line in text.splitlines())
    assert rows == sum(token.type == "tr_open" for token in tokens)
    assert not any(character < " " for character in text if character != "\n")
