"""The documents are of use to a client's author: no connection's headers, credentials apart, names of any language."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from probe.protocol.asyncapi import asyncapi
from probe.protocol.component_names import component_names, unique
from probe.protocol.describing import described
from probe.protocol.json_schema import bodies_schema
from probe.protocol.openapi import openapi
from probe.protocol.servers import UNKNOWN, asyncapi_server, public_origin
from tests.protocol.recorded import RECORDS, protocol, statistics_of

OF_CONNECTION = re.compile(
    "connection|content-length|host|user-agent|accept-encoding|sec-.*|upgrade|transfer-encoding|authorization|.*api-key"
)


@pytest.mark.parametrize("case", RECORDS)
def test_headers_of_the_connection_and_credentials_are_no_parameters(case: str) -> None:
    document = openapi(protocol(case))
    operations = [one for path in document["paths"].values() for one in path.values() if "responses" in one]
    names = [parameter["name"] for one in operations for parameter in one["parameters"]]
    names += [name for one in operations for answer in one["responses"].values() for name in answer.get("headers", ())]
    for channel in (asyncapi(protocol(case)) or {"channels": {}})["channels"].values():
        names += channel["bindings"]["ws"].get("headers", {"properties": {}})["properties"]
    assert [name for name in names if OF_CONNECTION.fullmatch(name)] == []


def test_credentials_are_security_schemes() -> None:
    document = openapi(protocol("codex/tool-loop"))
    assert document["components"]["securitySchemes"] == {"authorization": {"type": "http", "scheme": "bearer"}}
    assert document["paths"]["/v1/responses"]["post"]["security"] == [{"authorization": []}]


def test_a_websockets_credentials_are_those_of_its_operations() -> None:
    document: Any = asyncapi(protocol("codex/tool-loop-websocket"))
    assert document["components"]["securitySchemes"] == {"authorization": {"type": "http", "scheme": "bearer"}}
    for operation in document["operations"].values():
        assert operation["security"] == [{"$ref": "#/components/securitySchemes/authorization"}]


@pytest.mark.parametrize(
    ("origin", "public"),
    [
        ("https://api.example.org", "https://api.example.org"),
        ("https://user:word@api.example.org:8443", "https://api.example.org:8443"),
        ("http://[2001:db8::1]:80", "http://[2001:db8::1]:80"),
        ("http://127.0.0.1:19117", None),
        ("http://127.1.2.3", None),
        ("http://localhost:8080", None),
        ("http://[::1]:8080", None),
        ("http://0.0.0.0:1", None),
        ("https://api.example.org:port", None),
        ("", None),
    ],
)
def test_a_server_is_never_the_recordings_own_machine(origin: str, public: str | None) -> None:
    assert public_origin(origin) == public


@pytest.mark.parametrize("case", RECORDS)
def test_the_servers_address_is_a_variable(case: str) -> None:
    document = openapi(protocol(case))
    for server in document["servers"]:
        assert server["url"] == "{baseUrl}"
        assert not re.search("127|localhost", server["variables"]["baseUrl"]["default"])
    assert asyncapi_server(UNKNOWN)["protocol"] == "wss"


@pytest.mark.parametrize("lines", [True, False])
def test_a_client_awaits_names_of_events_only_where_the_stream_has_them(tmp_path: Path, *, lines: bool) -> None:
    exchange = json.loads(RECORDS["codex/tool-loop"].read_text().splitlines()[1])
    if not lines:
        exchange["response"]["body"] = re.sub(r"(?m)^event: .*\n", "", exchange["response"]["body"])
    (tmp_path / "traffic.jsonl").write_text(json.dumps(exchange) + "\n")
    document = openapi(described(statistics_of(tmp_path / "traffic.jsonl")))
    answer = document["paths"]["/v1/responses"]["post"]["responses"]["200"]["content"]["text/event-stream"]
    assert len(answer["itemSchema"]["anyOf"]) > 5
    assert {"event" in one["required"] for one in answer["itemSchema"]["anyOf"]} == {lines}


def test_messages_of_a_websocket_have_no_names_besides_their_types() -> None:
    grammars = [one.messages for one in protocol("codex/tool-loop-websocket").endpoints if one.messages]
    assert {kind.named for grammar in grammars for kind in grammar.kinds} == {False}


@pytest.mark.parametrize("case", RECORDS)
def test_names_of_components_are_letters_digits_and_underscores_and_unique(case: str) -> None:
    names = [*component_names(protocol(case)).values()]
    assert [name for name in names if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name)] == []
    assert len({name.replace("_", "").lower() for name in names}) == len(names)
    assert bodies_schema(protocol(case))["$defs"].keys() <= {*names}


def test_names_that_a_generator_takes_for_one_are_numbered() -> None:
    taken: set[str] = set()
    assert [unique(name, taken) for name in ("a_b", "A_B", "ab", "ab_2", "c")] == [
        "a_b",
        "A_B_2",
        "ab_3",
        "ab_2_2",
        "c",
    ]
