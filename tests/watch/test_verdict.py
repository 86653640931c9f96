"""How much a new version differs."""

from __future__ import annotations

import pytest

from probe.compare.comparison import finding
from probe.compare.rules import RULES
from probe.watch.verdict import LIMITS, counted, is_drift, verdict_of

VERDICTS = {
    "another version alone": (["version-changed", "replay-differed"], {}, "none", []),
    "information": (["tools-reordered"], {"info": 1}, "none", ["any"]),
    "more in the protocol": (["header-added", "sent-field-added"], {"additive": 2}, "additive", ["additive", "any"]),
    "more to follow": (["instructions-added"], {"notable": 1}, "notable", ["notable", "additive", "any"]),
    "another step": (["turns-added", "header-added"], {"notable": 1, "additive": 1}, "notable", [*LIMITS[1:]]),
    "a field that is gone": (["sent-field-removed"], {"breaking": 1}, "breaking", [*LIMITS]),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_the_most_serious_finding_decides(name: str) -> None:
    kinds, counts, verdict, limits = VERDICTS[name]
    found = counted(finding(kind, "place", "line") for kind in kinds)
    assert (found, verdict_of(found)) == (counts, verdict)
    assert [limit for limit in LIMITS if is_drift(found, limit)] == limits


@pytest.mark.parametrize("kind", RULES)
def test_each_kind_has_a_level(kind: str) -> None:
    expected = 0 if kind in ("version-changed", "replay-differed") else 1
    assert sum(counted([finding(kind, "place", "line")]).values()) == expected
