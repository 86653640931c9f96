"""Prices of one's own are read from a file, whose mistakes are named with their line."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from probe.analysis.prices import ModelPrice
from probe.analyze import main as analyze
from probe.errors import UserError
from probe.places import PROJECT
from probe.settings.own_prices import own_prices

SAMPLE = PROJECT / "data" / "demo" / "sample" / "traffic.jsonl"


def write(folder: Path, text: str) -> dict[str, str]:
    """Write a file of prices; return the environment that names it."""
    path = folder / "prices.yaml"
    path.write_text(text)
    return {"PROBE_PRICES": str(path)}


def test_prices_are_dollars_by_name_or_pattern(tmp_path: Path) -> None:
    text = "gpt-x: {input: 1.25, output: 10, cache_read: 0.1}\n'local/*':\n  input: 0\n  output: 0\n  cache_write: 1\n"
    found = own_prices(write(tmp_path, text))
    assert found == {
        "gpt-x": {"input": Decimal("1.25"), "output": Decimal(10), "cache_read": Decimal("0.1")},
        "local/*": {"input": Decimal(0), "output": Decimal(0), "cache_write": Decimal(1)},
    }
    assert [ModelPrice(model=model, **prices).model for model, prices in found.items()] == ["gpt-x", "local/*"]


@pytest.mark.parametrize("environ", [{}, {"PROBE_PRICES": ""}])
def test_without_a_file_there_are_none(environ: dict[str, str]) -> None:
    assert own_prices(environ) == {}


MISTAKES: dict[str, tuple[str, str, str]] = {
    "an unknown price": ("m:\n  input: 1\n  outptu: 2\n", "3: unknown price 'outptu'", "did you mean 'output'?"),
    "no price for the output": ("a: {input: 1, output: 2}\nm: {input: 1}\n", "2: 'm' has no price for", "gpt-x:"),
    "less than nothing": ("m:\n  input: -1\n  output: 2\n", "2: input: -1 is no price", "dollars per million"),
    "without end": ("m:\n  input: .inf\n  output: 2\n", "2: input: inf is no price", "dollars per million"),
    "a word": ("m:\n  input: 1\n  output: free\n", "3: output: 'free' is no price", "dollars per million"),
    "yes": ("m:\n  input: 1\n  output: yes\n", "3: output: True is no price", "dollars per million"),
    "a number alone": ("m: 3\n", "1: 'm' has no prices", "gpt-x:"),
    "a name that is a number": ("4: {input: 1, output: 1}\n", "1: 4 is no text", "quotes"),
    "a model twice": ("m: {input: 1, output: 1}\nm: {input: 2, output: 1}\n", "2: key 'm' appears twice", ""),
    "no YAML": ("m: {input\n", "2: not YAML", ""),
    "a list": ("- m\n", "1: a file of prices is a mapping", ""),
}  # fmt: skip


@pytest.mark.parametrize(("text", "problem", "hint"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, problem: str, hint: str) -> None:
    with pytest.raises(UserError) as caught:
        own_prices(write(tmp_path, text))
    assert f"prices.yaml:{problem}" in caught.value.args[0]
    assert hint in (caught.value.hint or "")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "prices.yaml"
    with pytest.raises(UserError) as caught:
        own_prices({"PROBE_PRICES": str(path)})
    assert caught.value.args[0] == f"PROBE_PRICES: {path}: cannot be read: No such file or directory"
    assert "docs/settings.md" in (caught.value.hint or "")


def test_a_report_is_at_ones_own_prices_and_new_when_they_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "data" / "demo" / "20260101T000000Z"
    folder.mkdir(parents=True)
    shutil.copy(SAMPLE, folder)

    def report(price: str) -> tuple[str, bool]:
        monkeypatch.setenv("PROBE_PRICES", write(tmp_path, f"'*': {{input: {price}, output: 0}}\n")["PROBE_PRICES"])
        assert analyze(["--run", str(folder)]) == 0
        return (folder / "report.md").read_text(), "up to date" in capsys.readouterr().err

    first, known = report("1000000")
    assert "at your own prices (PROBE_PRICES)" in first
    assert not known
    assert report("1000000") == (first, True)
    assert report("2000000")[0] != first
