"""The search before sharing finds planted values of every kind in every file, without any pattern of the redactor."""

from __future__ import annotations

import ast
import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from probe.leaks.detect_secrets_plugins import Secrets
from probe.leaks.known_personal import Known, known_of
from probe.leaks.search import Finding, LeakCheck
from probe.places import PROJECT
from probe.share.reports import write_reports
from tests.support import bundled
from tests.support.planted import Mint
from tests.support.planted_run import body_fields, conversation, exchange, message, planted_run

MINT = Mint(31)
TOKENS = MINT.tokens()
CANARY = Known("canary", "Käthe Canary-7")
FORMS = {
    "mail": ("write to alice.x@corp.io now", "an e-mail address"),
    "a home folder": ("in /home/alicexy/x", "a home folder"),
    "a home folder of a Mac": ("in /Users/alicexy/x", "a home folder"),
    "an author": ("Author: Alice Xylander <a@x.io>", "an author"),
    "OpenAI": (TOKENS["OpenAI, of a user"], "OpenAI Token (detect-secrets)"),
    "GitHub": (TOKENS["GitHub, personal"], "GitHub Token (detect-secrets)"),
    "AWS": (TOKENS["AWS access key id"], "AWS Access Key (detect-secrets)"),
    "the example of AWS's guides, which verify does not count": (
        "AKIA" + "IOSFODNN7EXAMPLE",
        "AWS Access Key (detect-secrets)",
    ),
    "Stripe": (TOKENS["Stripe"], "Stripe Access Key (detect-secrets)"),
    "a JWT": (TOKENS["JWT"], "JSON Web Token (detect-secrets)"),
    "a private key": (MINT.private_key(), "Private Key (detect-secrets)"),
    "a password in a URL": (f"https://alice:{MINT.some(12)}@corp.io", "Basic Auth Credentials (detect-secrets)"),
    "a value by its name": (f'db_password = "{MINT.some(16)}"', "Secret Keyword (detect-secrets)"),
}


def findings(folder: Path, *records: dict[str, object], known: tuple[Known, ...] = ()) -> list[Finding]:
    run = planted_run(folder / "run", *records)
    return LeakCheck(known, b"key").findings([run.traffic])


@pytest.mark.parametrize(("text", "kind"), FORMS.values(), ids=FORMS.keys())
def test_what_has_a_form_is_found_and_its_place_is_named(text: str, kind: str, tmp_path: Path) -> None:
    found = findings(tmp_path, exchange(), exchange(response=body_fields(text, "text"), answer_type="text/plain"))
    assert ("traffic.jsonl", "line 2, response body", kind) in [one[:3] for one in found]
    assert not any(text in str(one) for one in found)


def streamed(text: str) -> str:
    return "".join(f"data: {json.dumps({'index': 0, 'delta': one})}\n\n" for one in text)


WAYS = {
    "plain": exchange(body_fields({"a": f"of {CANARY.value}."}, "json")),
    "a name of JSON": exchange(body_fields({CANARY.value: 1}, "json")),
    "JSON in JSON in JSON": exchange(body_fields({"a": json.dumps({"b": json.dumps({"c": CANARY.value})})}, "json")),
    "a URL": exchange(url=f"https://api.openai.com/{quote(CANARY.value)}"),
    "a URL in a URL": exchange(url=f"https://api.openai.com/?u={quote(quote(CANARY.value))}"),
    "a header": exchange(headers={"x": CANARY.value.upper()}),
    "base64": exchange(body_fields({"a": base64.b64encode(f"x{CANARY.value}yz".encode()).decode()}, "json")),
    "HTML": exchange(response=body_fields(CANARY.value.replace("ä", "&auml;"), "text")),
    "a stream in pieces": exchange(response=body_fields(streamed(CANARY.value), "sse")),
    "a WebSocket in pieces": conversation(*(message(json.dumps({"delta": one})) for one in CANARY.value)),
    "cut off": exchange(error=f"no file {CANARY.value[:9]}…"),
    "an error": exchange(error=CANARY.value),
}


@pytest.mark.parametrize("record", WAYS.values(), ids=WAYS.keys())
def test_a_known_value_is_found_in_every_encoding(record: dict[str, object], tmp_path: Path) -> None:
    assert findings(tmp_path, record, known=(CANARY,))
    assert findings(tmp_path / "other", exchange(), known=(CANARY,)) == []


def test_the_other_files_are_searched_too_and_what_is_packed_into_the_page(tmp_path: Path) -> None:
    run = planted_run(tmp_path / "run", exchange(body_fields({"input": f"I am {CANARY.value}"}, "json")))
    (tmp_path / "reports").mkdir()
    files = write_reports(run, tmp_path / "reports")
    found = LeakCheck([CANARY], b"").findings(files)
    assert {(one.file, one.place) for one in found} >= {("report.html", "what is packed into the page")}
    assert CANARY.value not in (tmp_path / "reports" / "report.html").read_text()
    assert LeakCheck([CANARY], b"").in_name(f"codex-{CANARY.value}")


def test_a_fingerprint_is_the_values_and_tells_nothing_without_the_key(tmp_path: Path) -> None:
    records = [exchange(error=f"{place} a.x@corp.io") for place in ("one", "two")]
    run = planted_run(tmp_path / "run", *records)
    one, two = (LeakCheck([], key).findings([run.traffic]) for key in (b"1", b"2"))
    assert len({found.fingerprint for found in one}) == 1
    assert len(one) == 2
    assert one[0].fingerprint != two[0].fingerprint


NOTHING = {
    "hashes": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "ids": "resp_0123456789abcdef0123456789abcdef call_Ab3dEf6hIj9kLm12 018f-facade",
    "encrypted reasoning": json.dumps({"encrypted_content": base64.b64encode(bytes(range(256)) * 4).decode()}),
    "pseudonyms": "user-1a2b3c4d email-1a2b3c4d@example.invalid /home/user-1a2b3c4d/x Author: name-1a2b3c4d <",
    "pseudonyms that are cut off": "in /home/user-1a2… of email-1a2b3c4d@example.inv…",
    "marks": "authorization: [REDACTED:1a2b3c4d] api_key=[REDACTED:1a2b3c4d]",
    "addresses of nobody": "git@github.com noreply@anthropic.com user@example.com logo@2x.png",
    "accounts of images": "/home/user/x /home/node/.npm /Users/runner/work",
    "schemas": '{"api_key": {"type": "string"}, "password": {"type": "string"}}',
}


@pytest.mark.parametrize("text", NOTHING.values(), ids=NOTHING.keys())
def test_what_traffic_has_anyway_is_no_finding(text: str, tmp_path: Path) -> None:
    assert findings(tmp_path, exchange(response=body_fields(text, "text"), answer_type="text/plain")) == []


@pytest.mark.parametrize("name", sorted(bundled.BUNDLED))
def test_nothing_is_found_in_a_sample(name: str) -> None:
    assert LeakCheck([], b"").findings([bundled.RECORDS[name]]) == []


def test_the_personal_values_of_an_original_are_collected_from_manifest_record_and_words(tmp_path: Path) -> None:
    git = "Author: Alice Xylander <alice.x@corp.io>"
    record = exchange(body_fields({"a": f"{git}\n/home/bobbyz/notes", "account_id": "0198aaaa11117222"}, "json"))
    run = planted_run(tmp_path / "run", record, folders={"home": "/home/alicexy"}, folder="/srv/clients/falcon")
    known = set(known_of(run, ["Blue Heron"]))
    assert known >= {
        Known("user", "alicexy"),
        Known("folder", "/srv/clients/falcon"),
        Known("name", "Alice Xylander"),
        Known("email", "alice.x@corp.io"),
        Known("home folder", "/home/bobbyz"),
        Known("id", "0198aaaa11117222"),
        Known("word to hide", "Blue Heron"),
    }


def test_the_check_imports_nothing_of_the_redactor() -> None:
    for file in (PROJECT / "probe" / "leaks").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(name.startswith(("probe.redact", "probe.addon.redaction")) for name in names), file


def test_the_plugins_for_random_texts_are_the_only_ones_left_out_besides_addresses() -> None:
    assert {type(plugin).__name__ for plugin in Secrets().plugins} >= {"KeywordDetector", "JwtTokenDetector"}
    assert len(Secrets().plugins) >= 20


BOT = "8123456789:" + "AA" + "b3" * 16 + "c"


def test_a_token_of_telegram_begins_a_word() -> None:
    kind = "Telegram Bot Token (detect-secrets)"
    assert list(Secrets().found(f'"token": "{BOT}"')) == [(kind, BOT)]
    assert list(Secrets().found(f'"session": "4fe1-9a{BOT}"')) == []
