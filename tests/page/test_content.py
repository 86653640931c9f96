"""The page's way to its content, in real browsers: bodies prove themselves, and all of it is searched."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.report.html.test_exact_bodies import BODIES, LONG, SECRET, TEXT, call, exchange
from tests.support.browsers import Browser, Tab
from tests.support.bundled import RECORDS
from tests.support.page_files import exposed, page

pytestmark = pytest.mark.browsers

RUNS = list(RECORDS.values())
QUOTED = 'She said "no",\nthen é'
STORE = "const store = new Store(new EmbeddedContents()); await store.index();"


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Callable[[Path], Tab]]:
    """Open the page of a record."""
    tabs: list[Tab] = []

    def open_page(record: Path) -> Tab:
        file = tmp_path / "exposed.html"
        file.write_text(exposed(page(record).text))
        tabs.append(browser.open(file.as_uri()))
        return tabs[-1]

    yield open_page
    for tab in tabs:
        tab.close()


def run(tab: Tab, code: str) -> Any:
    """Return what code of the page returns that has a store."""
    return tab.js(f"(async () => {{ {STORE} {code} }})()")


@pytest.mark.parametrize("record", RUNS, ids=[*RECORDS])
def test_every_body_of_a_bundled_run_is_proved_in_the_browser(opened: Callable[[Path], Tab], record: Path) -> None:
    tab = opened(record)
    found = run(tab, "const summary = await unpackedJson(document.getElementById('summary').textContent);"
                     "return proveAll({ store, summary }, () => {});")  # fmt: skip
    assert found["wrong"] == []
    assert found["unproved"] == 0
    assert found["proved"] > 0


@pytest.fixture
def searched(opened: Callable[[Path], Tab], tmp_path: Path) -> Tab:
    """Open a page with something of everything in it."""
    lines = [exchange(tmp_path, *body) for body in BODIES.values()]
    lines.append(exchange(tmp_path, json.dumps(call([{"role": "user", "content": QUOTED}, *LONG])).encode(), b"{}"))
    arguments = json.dumps({"arguments": json.dumps({"text": QUOTED + " again"})})
    lines.append(exchange(tmp_path, b"{}", arguments.encode()))
    record = tmp_path / "traffic.jsonl"
    record.write_text("".join(lines))
    return opened(record)


def found(tab: Tab, text: str) -> list[Any]:
    """Return the hits of a search."""
    hits: list[Any] = run(
        tab,
        f"const hits = []; await search(store, {json.dumps(text)}, {{ onHit: (hit) => hits.push(hit) }}); return hits;",
    )
    return hits


SEARCHES = {
    "a text with quotes and a new line": (QUOTED, {("item", None), ("exchange", len(BODIES) + 2)}),
    "any case": (QUOTED.upper(), {("item", None), ("exchange", len(BODIES) + 2)}),
    "JSON within JSON": (QUOTED + " again", {("exchange", len(BODIES) + 2)}),
    "a header": ("octet-stream", {("exchange", list(BODIES).index("bytes") + 1)}),
    "text of a body": (TEXT * 2, {("item", None), ("exchange", list(BODIES).index("text") + 1)}),
    "nothing": ("is in no place of it", set()),
}


@pytest.mark.parametrize(("text", "owners"), SEARCHES.values(), ids=SEARCHES.keys())
def test_a_search_finds_who_has_a_text(searched: Tab, text: str, owners: set[Any]) -> None:
    hits = found(searched, text)
    assert owners <= {(hit["owner"]["kind"], hit["owner"]["number"]) for hit in hits} | {
        (hit["owner"]["kind"], None) for hit in hits
    }
    assert bool(hits) == bool(owners)
    assert len({json.dumps(hit["owner"]) for hit in hits}) == len(hits)


def test_a_cancelled_search_reports_nothing_more(searched: Tab) -> None:
    code = """const control = new AbortController(); let hits = 0;
    await search(store, "a", { onHit: () => { hits += 1; control.abort(); }, signal: control.signal });
    const before = hits; await new Promise((resolve) => setTimeout(resolve, 200)); return [before, hits];"""
    before, after = run(searched, code)
    assert before == after > 0
    assert len(found(searched, "e")) > after


def test_a_search_that_another_one_replaces_ends_and_its_workers_with_it(searched: Tab) -> None:
    code = f"""const text = {json.dumps(QUOTED)}, Real = Worker;
    let begun = 0, ended = 0;
    Worker = class extends Real {{
      constructor(address) {{ super(address); begun += 1; }}
      terminate() {{ super.terminate(); ended += 1; }}
    }};
    const count = async (text) => {{
      let hits = 0;
      await search(store, text, {{ onHit: () => (hits += 1) }});
      return hits;
    }};
    const [, both] = await Promise.all([count("a"), count(text)]);
    return [both, begun, ended, await count(text)];"""
    before, begun, ended, after = run(searched, code)
    assert before == after > 0
    assert begun == ended > 0


def test_a_changed_body_is_wrong_and_a_redacted_one_says_so(searched: Tab) -> None:
    redacted, body = list(BODIES).index("a secret"), list(BODIES).index("text")
    code = f"""const [one, other] = await Promise.all([store.detail({redacted}), store.detail({body})]);
    const changed = {{ ...other.response, body: ["changed"] }};
    const none = {{ ...other.response, sha256: null }};
    return Promise.all([one.request, other.response, changed, none].map((payload) => proveBody(store, payload)));"""
    assert [proof["state"] for proof in run(searched, code)] == ["redacted", "proved", "wrong", "unproved"]
    assert found(searched, SECRET) == []


def test_a_page_that_is_cut_short_says_so(browser: Browser, tmp_path: Path) -> None:
    text = exposed(page(RUNS[0]).text)
    file = tmp_path / "cut.html"
    file.write_text(text[: text.index('<script type="text/plain" id="c0">')])
    tab = browser.open(file.as_uri())
    tab.wait("document.readyState === 'complete'")
    assert run(tab, "return store.bytes(0).catch((error) => error.message);") == "The page is cut short: c0 is missing."
    tab.close()


def test_without_its_own_function_the_browser_decodes_base64_all_the_same(opened: Callable[[Path], Tab]) -> None:
    code = "Uint8Array.fromBase64 = undefined; return [...fromBase64('AP9/gA==')];"
    assert run(opened(RUNS[0]), code) == [0, 255, 127, 128]


def test_a_page_without_its_summary_says_so(browser: Browser, tmp_path: Path) -> None:
    text = page(RUNS[0]).text
    file = tmp_path / "damaged.html"
    file.write_text(text.replace('id="summary">', 'id="summary">AAAA', 1))
    tab = browser.open(file.as_uri())
    tab.wait("document.getElementById('pane-view').textContent.startsWith('This page cannot be shown: ')")
    tab.close()
