"""Costs are those of the API itself or list prices, and what is not known is never nothing."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from probe.analysis.price_library import library_version
from probe.analysis.prices import OWN, REPORTED, ModelPrice, Price, Prices
from probe.renderers.blocks import Usage
from probe.trace.facts import TurnFacts
from tests.analysis.runs import ask, facts, said

pytest.importorskip("genai_prices", reason="the dev group has it")
MILLION = 1_000_000
[TURN] = facts([ask(1_790_000_000.0, said("hello"))])
"""In 2026: prices change, and each turn has those of its day."""


def turn(model: str | None, usage: Usage | None, **more: Any) -> TurnFacts:
    """Make a turn."""
    return replace(TURN, **{"model": model, "answered_by": None, "usage": usage, "origin": "", **more})


def used(given: int = 0, output: int = 0, **more: Any) -> Usage:
    """Make a usage."""
    return Usage(input=given, output=output, total=given + output, **more)


# Dollars for a million tokens, as the makers list them.
LISTED: dict[str, tuple[str, Usage, str, str]] = {
    "input": ("gpt-4.1", used(MILLION), "2", "OpenAI"),
    "output": ("gpt-4.1", used(0, MILLION), "8", "OpenAI"),
    "reasoning is within the output": ("o4-mini", used(0, MILLION, reasoning=MILLION), "4.4", "OpenAI"),
    "what is read from the cache is cheaper": ("gpt-4.1", used(MILLION, cache_read=MILLION), "0.5", "OpenAI"),
    "half of it": ("gpt-4.1", used(MILLION, cache_read=MILLION // 2), "1.25", "OpenAI"),
    "a codex model": ("gpt-5.2-codex", used(MILLION), "1.75", "OpenAI"),
    "a dated model": ("gpt-4.1-2025-04-14", used(MILLION), "2", "OpenAI"),
    "what is written to Anthropic's cache is dearer": (
        "claude-opus-4-1-20250805",
        used(100_000, cache_write=100_000),
        "1.875",
        "Anthropic",
    ),
    "what is read from it is cheaper": (
        "claude-haiku-4-5-20251001",
        used(100_000, cache_read=100_000),
        "0.01",
        "Anthropic",
    ),
    "Anthropic's parts add up": (
        "claude-haiku-4-5",
        used(100_000, 10_000, cache_read=50_000, cache_write=20_000),
        # 30,000 fresh at 1, 50,000 at 0.1, 20,000 at 1.25, 10,000 out at 5.
        "0.11",
        "Anthropic",
    ),
    "Gemini": ("gemini-2.5-flash", used(MILLION), "0.3", "Google"),
    "Gemini's cache": ("gemini-2.5-pro", used(100_000, cache_read=100_000), "0.0125", "Google"),
    "a long prompt costs more": ("gemini-2.5-pro", used(MILLION), "2.5", "Google"),
    "a path as a name": ("models/gemini-2.5-flash", used(MILLION), "0.3", "Google"),
    "a maker before the name": ("openai/gpt-4.1", used(MILLION), "2", "OpenAI"),
    "DeepSeek": ("deepseek-chat", used(MILLION), "0.27", "Deepseek"),
}


@pytest.mark.parametrize(("model", "usage", "dollars", "maker"), LISTED.values(), ids=LISTED.keys())
def test_a_turn_costs_what_its_maker_lists(model: str, usage: Usage, dollars: str, maker: str) -> None:
    price = Prices().of(turn(model, usage))
    assert price == Price(dollars=Decimal(dollars), source=maker)


def test_a_model_of_bedrock_is_found_under_its_own_name() -> None:
    price = Prices().of(turn("us.anthropic.claude-sonnet-4-20250514-v1:0", used(100_000)))
    assert price is not None
    assert price.dollars > 0


def test_the_upstream_tells_whose_list_it_is() -> None:
    price = Prices().of(turn("gpt-4.1", used(MILLION), origin="https://api.openai.com", path="/v1/responses"))
    assert price == Price(dollars=Decimal(2), source="OpenAI")


@pytest.mark.parametrize("origin", ["http://127.0.0.1:9", "https://chatgpt.com", "https://gateway.example.test", ""])
def test_behind_another_upstream_the_model_tells(origin: str) -> None:
    price = Prices().of(turn("gpt-4.1", used(MILLION), origin=origin, path="/v1/responses"))
    assert price == Price(dollars=Decimal(2), source="OpenAI")


def test_the_model_that_answered_counts_where_it_has_a_price() -> None:
    answered = Prices().of(turn("fast", used(MILLION), answered_by="gpt-4.1"))
    assert answered == Price(dollars=Decimal(2), source="OpenAI")
    asked = Prices().of(turn("gpt-4.1", used(MILLION), answered_by="something"))
    assert asked == answered


UNKNOWN: dict[str, TurnFacts] = {
    "a model that nobody lists": turn("no-such-model-1", used(10, 10)),
    "a model of a maker that does not list it": turn("claude-no-such", used(10, 10)),
    "no model": turn(None, used(10, 10)),
    "no usage": turn("gpt-4.1", None),
    "an input that is not told": turn("gpt-4.1", Usage(input=None, output=5, total=None)),
    "an output that is not told": turn("gpt-4.1", Usage(input=5, output=None, total=None)),
    "a sum that is smaller than its part": turn("gpt-4.1", used(10, 1, cache_read=100)),
    "a time that is none": turn("gpt-4.1", used(10, 1), started=1e300),
    "less than nothing": turn("gpt-4.1", used(-10, 1)),
}


@pytest.mark.parametrize("unknown", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_is_not_known_is_not_nothing(unknown: TurnFacts) -> None:
    assert Prices().of(unknown) is None


def test_a_turn_that_took_nothing_costs_nothing() -> None:
    assert Prices().of(turn("gpt-4.1", used())) == Price(dollars=Decimal(0), source="OpenAI")


def test_what_the_api_tells_itself_counts_before_any_list() -> None:
    usage = used(10, 10, cost=0.00095)
    assert Prices().of(turn("gpt-4.1", usage)) == Price(dollars=Decimal("0.00095"), source=REPORTED)
    assert Prices(installed=False).of(turn("anything", usage)) == Price(dollars=Decimal("0.00095"), source=REPORTED)


def test_what_is_kept_for_an_hour_is_priced_or_said_to_cost_more() -> None:
    usage = used(100_000, cache_write=100_000, cache_write_1h=100_000)
    price = Prices().of(turn("claude-haiku-4-5", usage))
    assert price is not None
    # Twice the input's price; the library's versions for mitmproxy 11 know one price for all writes.
    expected = (Decimal("0.125"), True) if price.at_least else (Decimal("0.2"), False)
    assert (price.dollars, price.at_least) == expected
    assert price.at_least is (library_version() or "").startswith("0.0.")


def test_without_the_library_no_list_is_known() -> None:
    assert Prices(installed=False).of(turn("gpt-4.1", used(10))) is None


OWN_PRICES = (
    ModelPrice(model="big-*", input=Decimal(2), output=Decimal(10), cache_read=Decimal("0.5"), cache_write=Decimal(4)),
    ModelPrice(model="big-1", input=Decimal(1), output=Decimal(5)),
    ModelPrice(model="gpt-4.1", input=Decimal(100), output=Decimal(100)),
)
CHARGED: dict[str, tuple[TurnFacts, str | None]] = {
    "a pattern": (turn("big-2", used(MILLION, MILLION)), "12"),
    "a name before a pattern": (turn("big-1", used(MILLION, MILLION)), "6"),
    "the model that answered": (turn("big-1", used(MILLION), answered_by="big-2"), "2"),
    "the model that was asked": (turn("big-1", used(MILLION), answered_by="other"), "1"),
    "parts of the input": (turn("big-2", used(10 * MILLION, cache_read=5 * MILLION, cache_write=MILLION)), "14.5"),
    "parts that have no price of their own": (turn("big-1", used(10, cache_read=5, cache_write=5)), "0.00001"),
    "own prices before any list": (turn("gpt-4.1", used(MILLION)), "100"),
    "a part that is larger than its sum": (turn("big-1", used(10, cache_read=11)), None),
    "an input that is not reported": (turn("big-1", Usage(input=None, output=5, total=None)), None),
}


@pytest.mark.parametrize(("charged", "dollars"), CHARGED.values(), ids=CHARGED.keys())
@pytest.mark.parametrize("installed", [True, False])
def test_prices_of_ones_own_count_before_any_list(charged: TurnFacts, dollars: str | None, installed: bool) -> None:
    price = Prices(own=OWN_PRICES, installed=installed).of(charged)
    assert price == (Price(dollars=Decimal(dollars), source=OWN) if dollars else None)


def test_what_the_api_reports_counts_before_prices_of_ones_own() -> None:
    price = Prices(own=OWN_PRICES).of(turn("big-1", used(10, 10, cost=3.5)))
    assert price == Price(dollars=Decimal("3.5"), source=REPORTED)


REASONS: dict[str, tuple[TurnFacts, str]] = {
    "a failed call": (turn("gpt-4.1", None, status=429), "failed calls have no usage"),
    "no answer": (turn("gpt-4.1", None, status=None), "failed calls have no usage"),
    "no usage": (turn("gpt-4.1", None), "the API did not report the tokens"),
    "half of a usage": (turn("m", Usage(input=5, output=None, total=None)), "the API did not report the tokens"),
    "nobody lists it": (
        turn("no-such", used(1)),
        "no list price is known for no-such: PROBE_PRICES can name a file of prices of your own",
    ),
    "no name": (turn(None, used(1)), "no model is named"),
}


@pytest.mark.parametrize(("unpriced", "reason"), REASONS.values(), ids=REASONS.keys())
def test_a_price_that_is_not_known_has_a_reason(unpriced: TurnFacts, reason: str) -> None:
    assert Prices(installed=True).of(unpriced) is None
    assert Prices(installed=True).reasons([unpriced, unpriced]) == [reason]


def test_a_library_that_is_missing_is_the_reason() -> None:
    assert (
        Prices(installed=False).why_unknown(turn("gpt-4.1", used(1)))
        == "the price library genai-prices is not installed"
    )


def run(code: str) -> str:
    """Run code in a Python of its own."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


PRICED = """
from tests.analysis.test_prices import turn, used
from probe.analysis.prices import Prices
price = Prices().of(turn("gpt-4.1", used(1000)))
assert price is not None and price.dollars > 0
"""


def test_pricing_opens_no_socket() -> None:
    watched = """
import sys
def watch(event, arguments):
    if event.startswith("socket.") and event not in ("socket.__new__", "socket.gethostname"):
        raise SystemExit(f"{event} {arguments}")
sys.addaudithook(watch)
"""
    assert run(watched + PRICED + "print('priced')") == "priced\n"
    with pytest.raises(AssertionError, match=r"socket\.(connect|getaddrinfo)"):
        run(watched + "import socket\nsocket.create_connection(('127.0.0.1', 9), 1)")


def test_the_library_is_loaded_by_the_first_price_alone() -> None:
    check = "import sys, probe.analyze\nprint('genai_prices' in sys.modules)"
    assert run(f"from probe.analysis.prices import Prices\nPrices()\n{check}") == "False\n"
    assert run(f"{PRICED}{check}") == "True\n"


ASKED = """
import sys
from probe.analysis.price_library import load_library
library = load_library()
assert library.calc_price(library.Usage(input_tokens=1000), "gpt-4.1").total_price > 0
"""


def test_the_library_prices_without_the_parts_that_look_for_new_prices() -> None:
    parts = "'pydantic', 'genai_prices.update_prices'"
    assert run(f"{ASKED}print([name for name in ({parts}) if name in sys.modules])") == "[]\n"


def test_a_library_that_needs_all_of_its_parts_is_loaded_whole() -> None:
    without = "import probe.analysis.price_library as price_library\nprice_library._UNUSED['genai_prices.types'] = ()\n"
    assert run(f"{without}{ASKED}print('pydantic' in sys.modules)") == "True\n"


def test_a_report_loads_nothing_that_only_recording_needs() -> None:
    unwanted = ("mitmproxy", "probe.addon.redaction.patterns", "ssl", "psutil")
    loaded = "import sys, probe.analyze\nfrom probe.renderers.loader import AUTO, load_renderer\nload_renderer(AUTO)\n"
    assert run(f"{loaded}print([name for name in {unwanted} if name in sys.modules])") == "[]\n"
