"""Ask the optional library of list prices, loaded without the parts of it that pricing a turn does not need."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from types import ModuleType
from typing import Any

LIBRARY = "genai_prices"
_MILLION = 1_000_000
_INPUT, _READ, _WRITE, _HOUR = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens")
_WITHIN = {_INPUT: (), _READ: (_INPUT,), _WRITE: (_INPUT,), _HOUR: (_INPUT, _WRITE), "output_tokens": ()}
"""The library's kinds of tokens, with those whose number includes each."""
_PARTS = {_INPUT: (_READ, _WRITE), _READ: (), _WRITE: (_HOUR,), _HOUR: (), "output_tokens": ()}
"""The other way round: the kinds that each includes, and that do not include each other."""
_FEW = 1000
"""Tokens of a question; a price that depends on their number changes at more of them."""
_UNUSED = {
    f"{LIBRARY}.update_prices": ("UpdatePrices", "wait_prices_updated_async", "wait_prices_updated_sync"),
    "pydantic": ("ConfigDict", "Discriminator", "Field", "Tag", "TypeAdapter"),
    "importlib.metadata": ("version",),
}
"""What asks for new prices (it loads an HTTP client), checks them, and says which version this is, with the names that
the library imports. It loads in a quarter of the time without them."""


class PriceLibrary:
    """List prices. The library is asked once for each kind of token of a price, unless that depends on their number.

    Asking for each turn takes as long as reading ten kilobytes of the record for each.
    """

    def __init__(self) -> None:
        self._library = load_library()
        self.knows_hours = importlib.util.find_spec(f"{LIBRARY}.units") is not None
        """Whether it prices what is kept for an hour; the versions for mitmproxy 11 do not."""
        self._found: dict[tuple[tuple[str, str], ...], Any] = {}
        """What it has by names; None where that is nothing."""
        self._rates: dict[int, tuple[dict[str, Decimal] | None, int | None]] = {}
        """By the identity of a price: dollars per million tokens, None where only the library knows what a turn costs;
        and the number of tokens up to which it costs that, None where any number does."""

    def price(self, counts: Mapping[str, int], when: datetime, names: Mapping[str, str]) -> tuple[Decimal, str] | None:
        """Return what tokens cost in dollars, and whose list price that is; None where it is not known."""
        key = tuple(names.items())
        if key not in self._found:
            self._found[key] = self._asked({}, when, names)
        found = self._found[key]
        if found is None:
            return None
        rates, most = self._rates_at(found.model.get_prices(when), when, names)
        alone = {kind: counts.get(kind, 0) - sum(counts.get(one, 0) for one in _PARTS[kind]) for kind in _WITHIN}
        few = most is None or max(counts.values(), default=0) < most
        if rates and few and min(alone.values()) >= 0:
            dollars = sum((rates[kind] * count for kind, count in alone.items() if count), Decimal(0)) / _MILLION
            return dollars, found.provider.name
        asked = self._asked(counts, when, names)
        return None if asked is None else (asked.total_price, asked.provider.name)

    def _asked(self, counts: Mapping[str, int], when: datetime, names: Mapping[str, str]) -> Any:
        """Ask the library; return None where it has no price, or the counts contradict each other."""
        try:
            return self._library.calc_price(self._library.Usage(**counts), genai_request_timestamp=when, **names)
        except (LookupError, ValueError):
            return None

    def _rates_at(
        self, prices: Any, when: datetime, names: Mapping[str, str]
    ) -> tuple[dict[str, Decimal] | None, int | None]:
        if id(prices) not in self._rates:
            values = [one for one in vars(prices).values() if one is not None]
            most = min((tier.start for one in values for tier in getattr(one, "tiers", ())), default=None)
            per_token = all(isinstance(one, Decimal) or hasattr(one, "tiers") for one in values)
            per_token = per_token and (most is None or most > _FEW)
            # Some charge for each call as well.
            per_token = per_token and not self._asked({}, when, names).total_price
            self._rates[id(prices)] = self._asked_for_each_kind(when, names) if per_token else None, most
        return self._rates[id(prices)]

    def _asked_for_each_kind(self, when: datetime, names: Mapping[str, str]) -> dict[str, Decimal] | None:
        kinds = [kind for kind in _WITHIN if kind != _HOUR or self.knows_hours]
        asked = {kind: self._asked(dict.fromkeys((*_WITHIN[kind], kind), _FEW), when, names) for kind in kinds}
        if None in asked.values():
            return None
        return {kind: one.total_price * (_MILLION // _FEW) for kind, one in asked.items()}


def load_library() -> Any:
    """Return the library; one that cannot price without those parts is loaded whole."""
    try:
        with _stand_ins():
            library = importlib.import_module(LIBRARY)
            # Loads the prices too.
            library.calc_price(library.Usage(input_tokens=1), "gpt-4o")
    except Exception:
        _forget()
        library = importlib.import_module(LIBRARY)
    return library


@contextlib.contextmanager
def _stand_ins() -> Iterator[None]:
    """Put an empty module in the place of each of those parts that is not loaded yet."""
    names = _UNUSED.keys() - sys.modules.keys()
    for name in names:
        sys.modules[name] = module = ModuleType(name)
        vars(module).update(dict.fromkeys(_UNUSED[name], lambda *_, **__: None))
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]


def _forget() -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == LIBRARY]:
        del sys.modules[name]


def library_version() -> str | None:
    """Return the version of the price library; None when there is none."""
    import importlib.metadata  # Here, since it takes as long as reading ten megabytes.

    try:
        return importlib.metadata.version(LIBRARY)
    except importlib.metadata.PackageNotFoundError:
        return None
