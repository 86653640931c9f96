"""Links between the documents resolve, and the README stays short."""

from __future__ import annotations

from pathlib import Path

import pytest

from probe.places import PROJECT
from tests.docs.documents import DOCUMENTS, GUIDES, README, anchors, links, name, tokens

MOST_WORDS = 1200
"""Of the README; whatever is longer is in docs/."""


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_every_link_leads_to_a_file_and_a_heading(path: Path) -> None:
    broken = []
    for link in links(path):
        file, _, anchor = link.partition("#")
        if "://" in link:
            continue
        goal = (path.parent / file).resolve() if file else path
        if not goal.is_relative_to(PROJECT) or not goal.exists() or (anchor and anchor not in anchors(goal)):
            broken.append(link)
    assert broken == []


def linked(path: Path) -> set[Path]:
    """Return the files that a document links to."""
    return {(path.parent / link.partition("#")[0]).resolve() for link in links(path)}


def test_the_readme_leads_to_every_guide() -> None:
    guides = [path for path in DOCUMENTS if path.parent != PROJECT]
    overview = PROJECT / "docs" / "protocols" / "README.md"
    # Protocols are many, and made by machine: their overview leads to each.
    found = linked(README) | linked(overview)
    assert [name(path) for path in guides if path not in found] == []
    assert overview in linked(README)


def test_the_readme_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").split()) < MOST_WORDS


@pytest.mark.parametrize("path", [README, *GUIDES], ids=name)
def test_a_document_has_one_title(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# ")
    assert [token.type for token in tokens(path) if token.tag == "h1"] == ["heading_open", "heading_close"]
