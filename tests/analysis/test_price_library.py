"""List prices are the library's own, whatever is remembered between questions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("genai_prices", reason="the dev group has it")
from probe.analysis.price_library import PriceLibrary, load_library

NAMES = (
    {"model_ref": "gpt-4.1"},
    {"model_ref": "gpt-5-codex", "provider_api_url": "https://api.openai.com/v1/responses"},
    {"model_ref": "claude-sonnet-4-5"},  # dearer with a long input
    {"model_ref": "gemini-2.5-pro"},
    {"model_ref": "deepseek-chat"},  # cheaper by night
    {"model_ref": "no-such-model"},
)
TOKENS = st.integers(0, 500_000)
TIMES = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))
PRICES = PriceLibrary()


@pytest.mark.parametrize("names", NAMES, ids=lambda names: names["model_ref"])
@settings(max_examples=60, deadline=None)
@given(fresh=TOKENS, read=TOKENS, written=TOKENS, hour=TOKENS, output=TOKENS, when=TIMES, odd=st.booleans())
def test_a_price_is_what_the_library_says(
    names: dict[str, str], fresh: int, read: int, written: int, hour: int, output: int, when: datetime, odd: bool
) -> None:
    hour = hour if PRICES.knows_hours else 0
    sums = {"input_tokens": fresh + (0 if odd else read + written + hour), "cache_read_tokens": read}
    sums |= {"cache_write_tokens": written + hour, "cache_write_1h_tokens": hour, "output_tokens": output}
    counts = {name: count for name, count in sums.items() if count}
    assert PRICES.price(counts, when, names) == asked(counts, when, names)


def asked(counts: dict[str, int], when: datetime, names: dict[str, str]) -> Any:
    library = load_library()
    try:
        found = library.calc_price(library.Usage(**counts), genai_request_timestamp=when, **names)
    except (LookupError, ValueError):
        return None
    return found.total_price, found.provider.name
