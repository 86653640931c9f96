"""Markdown, JSON and page of a comparison; exit codes; how the two are named."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from probe.compare.__main__ import main
from probe.compare.comparison import Comparison, Finding, json_of
from probe.compare.comparison_schema import comparison_schema
from probe.compare.html.page import page_of
from probe.compare.markdown import NONE, markdown_of
from probe.compare.rules import RULES
from probe.errors import UserError
from probe.places import PROJECT
from probe.redact.copying import redacted_copy
from tests.compare.comparing import SAMPLES, Recording, compare
from tests.conftest import GOLDEN
from tests.support.bundled import BUNDLED

BEFORE, AFTER = SAMPLES / "codex" / "tool-loop", SAMPLES / "codex" / "tool-loop-websocket"
SCHEMA = PROJECT / "docs" / "comparison.schema.json"


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return compare(BEFORE, AFTER, tmp_path_factory.mktemp("out") / "it.json")


def without_prices(comparison: Comparison) -> Comparison:
    """Leave out what changes with the list of prices that is installed."""
    measures = tuple(one for one in comparison.measures if one.unit != "dollars")
    return msgspec.structs.replace(comparison, measures=measures)


def test_the_markdown_is_the_golden_one(comparison: Comparison, golden: Callable[[Path, str], None]) -> None:
    golden(GOLDEN / "compare" / "codex.md", markdown_of(without_prices(comparison)))


def test_the_json_is_the_golden_one_and_fits_its_form(
    comparison: Comparison, golden: Callable[[Path, str], None]
) -> None:
    golden(GOLDEN / "compare" / "codex.json", json_of(without_prices(comparison)))
    assert msgspec.json.decode(json_of(comparison), type=Comparison, strict=True) == comparison


def test_the_schema_is_the_one_of_the_source(golden: Callable[[Path, str], None]) -> None:
    golden(SCHEMA, json.dumps(comparison_schema(), indent=2, ensure_ascii=False) + "\n")


def test_each_field_of_the_form_is_described() -> None:
    missing = [
        f"{name}.{field}"
        for name, part in comparison_schema()["$defs"].items()
        for field, schema in part.get("properties", {}).items()
        if "description" not in schema
    ]
    named = {
        "before",
        "after",
        "prompt",
        "exchanges",
        "findings",
        "total",
        "median",
        "low",
        "high",
        "what",
        "purpose",
        "thread",
    }
    assert [one for one in missing if one.partition(".")[2] not in named] == []


def test_every_kind_of_finding_has_a_reason() -> None:
    assert [kind for kind, rule in RULES.items() if not rule.reason] == []
    source = "".join(path.read_text() for path in (PROJECT / "probe" / "compare").glob("*.py") if path.stem != "rules")
    made = ("sent-", "answer-")
    """Prefixes of kinds that are put together from a side and a change."""
    assert [kind for kind in RULES if f'"{kind}"' not in source and not kind.startswith(made)] == []


def test_equal_runs_have_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(BEFORE), str(BEFORE), "--fail-on", "any"]) == 0
    assert capsys.readouterr().out == f"{NONE}\n"


LIMITS = {"breaking": 1, "notable": 1, "any": 1}


@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_sets_the_exit_code(limit: str, tmp_path: Path) -> None:
    assert main([str(BEFORE), str(AFTER), "--json", str(tmp_path / "it.json"), "--fail-on", limit]) == LIMITS[limit]


def test_what_is_less_serious_than_the_limit_does_not_fail(tmp_path: Path) -> None:
    run = Recording("codex/tool-loop")
    for body in run.bodies:
        body["reasoning"]["effort"] = "high"
    changed = run.write(tmp_path / "codex" / "changed")
    out = str(tmp_path / "it.json")
    assert main([str(BEFORE), str(changed), "--json", out, "--fail-on", "breaking"]) == 0
    assert main([str(BEFORE), str(changed), "--json", out, "--fail-on", "notable"]) == 1


def test_without_a_form_each_finding_is_one_line(comparison: Comparison, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(BEFORE), str(AFTER)]) == 0
    printed = capsys.readouterr()
    findings = [line for line in printed.out.splitlines() if re.match(r"  (breaking|notable|info) ", line)]
    assert len(findings) == len(comparison.findings)
    sections = list(dict.fromkeys(one.area.value for one in comparison.findings))
    assert [line for line in printed.out.splitlines()[1:] if line and line not in findings] == sections
    assert "--markdown FILE" in printed.err


def test_versions_name_their_newest_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, run in BUNDLED.items():
        shutil.copytree(run.folder, tmp_path / name)
    monkeypatch.setenv("PROBE_DATA_DIR", str(tmp_path))
    # The name of a copy sorts behind that of its run.
    redacted_copy(BUNDLED["codex/tool-loop"], tmp_path / "codex" / "tool-loop-redacted", pytest.fail)
    assert main(["codex@0.98.0", "codex@0.169.0"]) == 0
    assert "codex/tool-loop → codex/tool-loop-websocket" in capsys.readouterr().out


ERRORS = {
    "an unknown version": (["codex@0.98.1", "codex/tool-loop"], "codex@0.98.0, codex@0.169.0"),
    "an unknown target": (["codax@1.0", "codex/tool-loop"], "did you mean 'codex'"),
    "an unknown limit": (["codex/tool-loop", "codex/tool-loop", "--fail-on", "all"], "breaking, notable, any"),
    "no run": (["no-such-run", "codex/tool-loop"], "existing runs"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_names_what_would_have_worked(name: str) -> None:
    arguments, hint = ERRORS[name]
    with pytest.raises(UserError) as error:
        main(arguments)
    assert hint in str(error.value.hint)


def test_a_file_from_elsewhere_can_be_compared(tmp_path: Path) -> None:
    file = tmp_path / "elsewhere.jsonl"
    file.write_bytes((BEFORE / "traffic.jsonl").read_bytes())
    assert compare(file, file, tmp_path / "it.json").findings == ()


def test_the_page_runs_its_own_script_alone_and_escapes_what_came_over_the_wire(comparison: Comparison) -> None:
    hostile = Finding(
        kind="event-added",
        place="<img src=x>",
        polarity=comparison.findings[0].polarity,
        line="<script>alert(1)</script>\u202e",
    )
    page = page_of(msgspec.structs.replace(comparison, findings=(*comparison.findings, hostile)))
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "\u202e" not in page
    assert len(re.findall(r"<script>", page)) == 1
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    assert "default-src &#x27;none&#x27;" in policy[1]
    assert not re.search(r"https?://", page)


def test_what_is_shareable_has_no_long_text(comparison: Comparison, tmp_path: Path) -> None:
    shared = compare(BEFORE, AFTER, tmp_path / "shared.json", "--shareable")
    assert (shared.turns, shared.measures) == ((), ())
    assert len(shared.findings) < len(comparison.findings)
    assert all(len(text) <= 40 for one in shared.findings for text in _texts((one.before, one.after)))
    assert "say briefly" not in json_of(shared)


LONG = 'Words of a vendor, and more of them, so that they are "long" enough to be cut somewhere: {}'
PLACES: dict[str, Callable[[Recording, str], object]] = {
    "a setting": lambda run, text: [body.update(extra=text) for body in run.bodies],
    "a setting that becomes an object": lambda run, text: [
        body.update(extra={"a": 1, "b": text} if "new" in text else [text]) for body in run.bodies
    ],
    "a header": lambda run, text: [headers.update(extra=text) for headers in run.headers],
    "a tool": lambda run, text: [body["tools"][0].update(extra=text) for body in run.bodies],
    "instructions": lambda run, text: [body.update(instructions=f"“You”! {text}") for body in run.bodies],
    "an argument": lambda run, text: [
        body["tools"][0]["parameters"]["properties"]["cmd"].update(description=text) for body in run.bodies
    ],
}


@pytest.mark.parametrize("place", PLACES)
def test_no_part_of_a_long_text_is_shareable(place: str, tmp_path: Path) -> None:
    folders = []
    for word in ("old", "new"):
        run = Recording("codex/tool-loop")
        PLACES[place](run, LONG.format(word))
        folders.append(run.write(tmp_path / "codex" / word))
    shared = compare(folders[0], folders[1], tmp_path / "it.json", "--shareable")
    assert shared.findings
    assert [word for word in ("Words", "vendor", "enough", "somewhere") if word in json_of(shared)] == []


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return [text for one in inner for text in _texts(one)]


def test_a_dash_prints_the_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(BEFORE), str(AFTER), "--json", "-"]) == 0
    printed = capsys.readouterr().out
    assert msgspec.json.decode(printed, type=Comparison).findings
    assert "codex codex-cli" not in printed
