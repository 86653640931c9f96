"""Prices of the user's own, out of the YAML file that PROBE_PRICES names."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probe.did_you_mean import did_you_mean
from probe.errors import UserError
from probe.places import guide

if TYPE_CHECKING:
    from probe.targets.document import Document

VARIABLE = "PROBE_PRICES"
_NEEDED = ("input", "output")
_NAMES = (*_NEEDED, "cache_read", "cache_write")
_EXAMPLE = "a model is like `gpt-x: {input: 1.25, output: 10}`, in dollars per million tokens"


def own_prices(environ: Mapping[str, str]) -> dict[str, dict[str, Decimal]]:
    """Return the prices by model of the file that the environment names, if it names one. Raises UserError."""
    path = environ.get(VARIABLE, "")
    if not path:
        return {}
    from probe.targets.document import Document  # Here, since it loads YAML.

    try:
        document = Document(Path(path).expanduser(), "a file of prices")
    except UserError as error:
        hint = error.hint or f"{guide('settings.md')} describes the file, under Prices"
        raise UserError(f"{VARIABLE}: {error.args[0]}", hint) from error
    return {name: _prices(document, name, value) for name, value in document.data.items()}


def _prices(document: Document, name: Any, value: Any) -> dict[str, Decimal]:
    if not isinstance(name, str):
        raise document.error((str(name),), f"{name!r} is no text", "put the model's name in quotes")
    if not isinstance(value, dict):
        raise document.error((name,), f"{name!r} has no prices", _EXAMPLE)
    for field in value:
        if field not in _NAMES:
            hint = f"{did_you_mean(str(field), _NAMES)}prices are: {', '.join(_NAMES)}"
            raise document.error((name, str(field)), f"unknown price {field!r}", hint)
    for field in _NEEDED:
        if field not in value:
            raise document.error((name,), f"{name!r} has no price for {field}", _EXAMPLE)
    return {field: _dollars(document, (name, field), price) for field, price in value.items()}


def _dollars(document: Document, place: tuple[str, str], price: Any) -> Decimal:
    if isinstance(price, bool) or not isinstance(price, int | float) or not 0 <= price < math.inf:
        raise document.error(place, f"{place[1]}: {price!r} is no price", "dollars per million tokens, such as 1.25")
    return Decimal(str(price))
