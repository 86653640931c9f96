"""Price turns: what the API itself says, else the user's own prices, else the list price of an optional library.

The library's prices are those that it was released with: nothing is asked of the network.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from importlib.util import find_spec

import msgspec

from probe.analysis.price_library import LIBRARY, PriceLibrary
from probe.renderers.blocks import Usage
from probe.trace.facts import TurnFacts

REPORTED = "the API itself"
OWN = "your own prices"
PACKAGE = "genai-prices"
NOT_INSTALLED = f"the price library {PACKAGE} is not installed"
_MILLION = 1_000_000


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """What one turn cost."""

    dollars: Decimal
    source: str
    """Whose list price it is, `OWN`, or `REPORTED`."""
    at_least: bool = False
    """True where a part of it is dearer than the library knows."""


class ModelPrice(msgspec.Struct, frozen=True, kw_only=True):
    """What a model costs, in dollars per million tokens."""

    model: str
    """Its name, or a pattern (fnmatch)."""
    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    """None where it costs as much as other input."""
    cache_write: Decimal | None = None

    def of(self, usage: Usage) -> Decimal | None:
        """Return what tokens cost; None where their sums contradict each other."""
        read, written = usage.cache_read or 0, usage.cache_write or 0
        fresh, output = (usage.input or 0) - read - written, usage.output or 0
        if min(fresh, read, written, output) < 0:
            return None
        by_price = (
            (fresh, self.input),
            (read, self.input if self.cache_read is None else self.cache_read),
            (written, self.input if self.cache_write is None else self.cache_write),
            (output, self.output),
        )
        return sum((tokens * price for tokens, price in by_price), Decimal(0)) / _MILLION


class Prices:
    """Prices turns; the library is loaded when the first one needs it."""

    def __init__(self, *, installed: bool | None = None, own: Sequence[ModelPrice] = ()) -> None:
        self.installed = find_spec(LIBRARY) is not None if installed is None else installed
        """Whether there is a price library; without it only what APIs tell themselves is known."""
        self._own = own
        """Prices of the user's own, which count before any list; a name before a pattern, then the first."""
        self._library: PriceLibrary | None = None

    def of(self, turn: TurnFacts) -> Price | None:
        """Return a turn's price; None when it is not known."""
        usage = turn.usage
        if usage is None:
            return None
        if usage.cost is not None:
            return Price(dollars=Decimal(str(usage.cost)), source=REPORTED)
        if usage.input is None or usage.output is None:
            return None
        own = self._own_price(turn)
        if own:
            dollars = own.of(usage)
            return None if dollars is None else Price(dollars=dollars, source=OWN)
        if not self.installed:
            return None
        return self._listed(turn, usage)

    def _listed(self, turn: TurnFacts, usage: Usage) -> Price | None:
        if self._library is None:
            self._library = PriceLibrary()
        try:
            when = datetime.fromtimestamp(turn.started, UTC)
        except (ValueError, OverflowError, OSError):
            return None
        hour = usage.cache_write_1h or 0
        counts = _counts(usage, hour if self._library.knows_hours else 0)
        for names in _names(turn):
            price = self._library.price(counts, when, names)
            if price is not None:
                at_least = hour > 0 and not self._library.knows_hours
                return Price(dollars=price[0], source=price[1], at_least=at_least)
        return None

    def reasons(self, turns: Iterable[TurnFacts]) -> list[str]:
        """Return why the prices of turns are not known, each reason once."""
        return list(dict.fromkeys(map(self.why_unknown, turns)))

    def why_unknown(self, turn: TurnFacts) -> str:
        """Return why a turn has no price."""
        if turn.status is None or turn.status >= 400:
            return "failed calls have no usage"
        if turn.usage is None or turn.usage.input is None or turn.usage.output is None:
            return "the API did not report the tokens"
        if not self.installed:
            return NOT_INSTALLED
        name = turn.answered_by or turn.model
        own = "PROBE_PRICES can name a file of prices of your own"
        return f"no list price is known for {name}: {own}" if name else "no model is named"

    def _own_price(self, turn: TurnFacts) -> ModelPrice | None:
        for name in filter(None, (turn.answered_by, turn.model)):
            exact = (price for price in self._own if price.model == name)
            matching = (price for price in self._own if fnmatchcase(name, price.model))
            if found := next(exact, None) or next(matching, None):
                return found
        return None


def _counts(usage: Usage, hour: int) -> dict[str, int]:
    """Map our usage to the library's, whose sums are the same: input with the cache, output with the reasoning."""
    counts = {
        "input_tokens": usage.input,
        "cache_read_tokens": usage.cache_read,
        "cache_write_tokens": usage.cache_write,
        "cache_write_1h_tokens": hour,
        "output_tokens": usage.output,
    }
    return {name: count for name, count in counts.items() if count}


def _names(turn: TurnFacts) -> Iterator[dict[str, str]]:
    """Return what to look a turn up by, the surest first: its upstream and the model that answered."""
    for model in dict.fromkeys(filter(None, (turn.answered_by, turn.model))):
        if turn.origin:
            yield {"model_ref": model, "provider_api_url": f"{turn.origin}{turn.path}"}
        yield {"model_ref": model}
        maker, _, name = model.rpartition("/")
        if maker:
            # `models/NAME` of Gemini, `MAKER/NAME` of gateways.
            yield {"model_ref": name, "provider_id": maker.rpartition("/")[2]}
            yield {"model_ref": name}
            yield {"model_ref": model, "provider_id": "openrouter"}
        if ".anthropic." in f".{model}":
            yield {"model_ref": model, "provider_id": "aws"}
