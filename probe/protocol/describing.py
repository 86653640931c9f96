"""Describe statistics of recordings: the form that is written, compared and read."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from probe.protocol.carried_ids import same_ids
from probe.protocol.describe_values import Describer
from probe.protocol.description import Body, Endpoint, EventKind, Follow, Grammar, Protocol, Response, SameId, label
from probe.protocol.endpoint_statistics import Address, BodyStatistics, EndpointStatistics, ResponseStatistics
from probe.protocol.event_order import EventStatistics, Kind, invariants
from probe.protocol.late_parameters import with_late_parameters
from probe.protocol.protocol_statistics import ProtocolStatistics
from probe.protocol.statistics import Values
from probe.protocol.values import Member
from probe.record.agent_versions import version_key


def described(statistics: ProtocolStatistics, *, shareable: bool = False) -> Protocol:
    """Return the description of what recordings show; nothing may be observed after it."""
    describer = Describer(shareable=shareable)
    endpoints = with_late_parameters(statistics.endpoints)
    made = {
        address: _endpoint(describer, address, endpoints[address])
        for address in sorted(endpoints, key=lambda address: address.in_order)
    }
    ids = [same for address, one in made.items() for same in _ids(one, endpoints[address])]
    return Protocol(
        agents=tuple(sorted(statistics.agents, key=version_key)),
        replays=tuple(sorted(statistics.replays)),
        replayed=statistics.replayed or msgspec.UNSET,
        recordings=statistics.recordings,
        exchanges=statistics.exchanges,
        endpoints=tuple(made.values()),
        ids=tuple(ids),
        shareable=shareable,
        cut=statistics.is_cut or msgspec.UNSET,
    )


def _ids(endpoint: Endpoint, found: EndpointStatistics) -> list[SameId]:
    return list(same_ids(endpoint, found.relations)) if found.relations else []


def _endpoint(describer: Describer, address: Address, found: EndpointStatistics) -> Endpoint:
    return Endpoint(
        listener=address.listener,
        method=address.method,
        path="/".join(address.path),
        transport=address.transport,
        api=", ".join(sorted(found.apis)),
        count=found.count,
        calls=found.calls,
        agents=tuple(sorted(found.agents, key=version_key)),
        origins=tuple(sorted(found.origins)),
        parameters={name: describer.value(values) for name, values in sorted(found.parameters.items())},
        query=_flat(describer, found.query),
        request_headers=_flat(describer, found.request_headers),
        requests=_bodies(describer, found.requests),
        responses=tuple(
            _response(describer, status, found.responses[status])
            for status in sorted(found.responses, key=lambda status: -1 if status is None else status)
        ),
        messages=_grammar(describer, found.messages),
    )


def _flat(describer: Describer, values: Values) -> dict[str, Member]:
    """Return the members of headers or of a query, whatever they are called."""
    return describer.members(values.whole()) if values.objects else {}


def _response(describer: Describer, status: int | None, found: ResponseStatistics) -> Response:
    return Response(
        status=status,
        count=found.count,
        headers=_flat(describer, found.headers),
        bodies=_bodies(describer, found.bodies),
    )


def _bodies(describer: Describer, bodies: Mapping[str, BodyStatistics]) -> tuple[Body, ...]:
    return tuple(
        Body(
            media_type=media_type,
            count=one.count,
            value=describer.value(one.values) if one.values.count else None,
            events=_grammar(describer, one.events),
        )
        for media_type, one in sorted(bodies.items())
    )


def _grammar(describer: Describer, events: EventStatistics) -> Grammar | None:
    if not events.kinds:
        return None
    follows = sorted(events.follows.items(), key=lambda pair: tuple(_label(kind) or "" for kind in pair[0]))
    return Grammar(
        sequences=events.sequences,
        count=sum(one.count for one in events.kinds.values()),
        kinds=_kinds(describer, events),
        follows=tuple(
            Follow(before=_label(before), after=_label(after), count=count) for (before, after), count in follows
        ),
    )


def _kinds(describer: Describer, events: EventStatistics) -> tuple[EventKind, ...]:
    order = invariants(events)

    def names(found: Mapping[Kind, set[Kind]], kind: Kind) -> tuple[str, ...]:
        return tuple(sorted(filter(None, map(_label, found.get(kind, ())))))

    return tuple(
        EventKind(
            kind=kind[1],
            direction=kind[0],
            count=one.count,
            sequences=one.sequences,
            first=one.first,
            last=one.last,
            most=max(one.most, 1),
            named=one.named == one.count > 0,
            always_followed_by=names(order.always_followed_by, kind),
            never_followed_by=names(order.never_followed_by, kind),
            always_preceded_by=names(order.always_preceded_by, kind),
            value=describer.value(one.values),
        )
        for kind, one in sorted(events.kinds.items())
    )


def _label(kind: Kind | None) -> str | None:
    return label(*kind) if kind else None
