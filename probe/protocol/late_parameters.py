"""Find words of paths that are parameters although they look like words: there are many, and all lead to the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from probe.protocol.endpoint_statistics import Address, EndpointStatistics, parameter, singular
from probe.protocol.scalars import Texts
from probe.protocol.statistics import STRING, Values

_VALUES = 4
"""Words of one shape in one place from which they are values (demystify)."""


def with_late_parameters(endpoints: Mapping[Address, EndpointStatistics]) -> dict[Address, EndpointStatistics]:
    """Return endpoints of which those are one whose paths differ in one word and that have bodies alike."""
    found = dict(endpoints)
    for template, position, alike in _groups(endpoints):
        if len(alike) < _VALUES or not all(address in found for address in alike) or not _same(endpoints, alike):
            continue
        whole, values = EndpointStatistics(), Values("path")
        values.texts = Texts()
        for address in alike:
            one = found.pop(address)
            whole.merge(one)
            values.counts[STRING] += one.count
            word = address.path[position]
            values.texts.add(word, word, len(word))
        taken: dict[str, str] = dict.fromkeys(whole.parameters, "")
        before = template.path[position - 1] if position else ""
        word = parameter(f"{singular(before) or 'path'}_name", "", taken)
        whole.parameters[word[1:-1]] = values
        path = (*template.path[:position], word, *template.path[position + 1 :])
        found[template._replace(path=path)] = whole
    return found


def _groups(endpoints: Mapping[Address, EndpointStatistics]) -> Iterator[tuple[Address, int, list[Address]]]:
    groups: dict[tuple[Address, int], list[Address]] = {}
    for address in endpoints:
        for position, word in enumerate(address.path):
            if word and "{" not in word:
                path = (*address.path[:position], "", *address.path[position + 1 :])
                groups.setdefault((address._replace(path=path), position), []).append(address)
    for (template, position), alike in sorted(groups.items(), key=lambda group: repr(group[0])):
        yield template, position, sorted(alike, key=lambda address: address.path)


def _same(endpoints: Mapping[Address, EndpointStatistics], alike: Sequence[Address]) -> bool:
    """Check whether all have JSON bodies, with half of their members the same."""
    names = [_names(endpoints[address]) for address in alike]
    shared, either = frozenset.intersection(*names), frozenset.union(*names)
    return bool(shared) and 2 * len(shared) >= len(either)


def _names(endpoint: EndpointStatistics) -> frozenset[str]:
    bodies = [("request", body) for body in endpoint.requests.values()]
    bodies += [(f"{status}", body) for status, one in endpoint.responses.items() for body in one.bodies.values()]
    return frozenset(
        f"{side} {name}"
        for side, body in bodies
        for objects in (body.values.objects or {}).values()
        for name in objects.members
    )
