"""What is personal is found, whatever says so; what tells nothing about anybody stays."""

from __future__ import annotations

import pytest

from probe.redact import personal_patterns, personal_places
from probe.redact.personal_values import PersonalValues
from probe.redact.pseudonyms import Pseudonyms
from probe.redact.redactors import CountingRedactor

SALT = b"s" * 32


def redacted(text: str, *known: tuple[str, str]) -> str:
    """Learn from a text, then redact it."""
    values = PersonalValues(Pseudonyms(SALT))
    data = text.encode()
    for kind, value in (*known, *personal_places.in_text(data)):
        values.learn(kind, value)
    for place in personal_patterns.places(data):
        values.learn(place.kind, data[place.start : place.end].decode())
    return CountingRedactor(SALT, values).text(text)


PERSONAL = {
    "a mail address": ("write to alice.x@corp.io today", "alice.x@corp.io"),
    "a mail address behind an escaped line's end": ('{"a":"x\\nalice.x@corp.io"}', "alice.x@corp.io"),
    "a mail address in an escaped bracket": ("\\u003calice.x@corp.io\\u003e", "alice.x@corp.io"),
    "a mail address in a URL": ("?to=alice.x%40corp.io&x=1", "alice.x%40corp.io"),
    "a home folder": ("see /home/alicexy/notes", "alicexy"),
    "a home folder of a Mac": ("see /Users/alicexy.", "alicexy"),
    "a home folder of Windows, in JSON": ("C:\\\\Users\\\\alicexy\\\\x", "alicexy"),
    "a private IPv4 address": ("at 192.168.7.31:80", "192.168.7.31"),
    "a public IPv4 address": ("from 84.75.12.9.", "84.75.12.9"),
    "an IPv6 address": ("at [2a02:1210:1:2::9]:80", "2a02:1210:1:2::9"),
    "a device's address": ("ether aa:bb:cc:11:22:33 txqueuelen", "aa:bb:cc:11:22:33"),
    "a private host": ("ping xylbox.lan now", "xylbox"),
    "a private host in a URL": ("http://llm.internal:8080/v1", "llm.internal"),
    "a Mac's own name": ("on Alices-MacBook.local it", "Alices-MacBook"),
    "an author of a commit": ("Author: Alice Xylander <alice.x@corp.io>\nAlice wrote", "Alice"),
    "a name before a mail address": ("for Alice Xylander <alice.x@corp.io>\nAlice", "Alice"),
    "git's settings": ("user.name=Alice Xylander\n", "Xylander"),
    "a section of git's settings": ("[user]\n\tname = Alice Xylander\n", "Xylander"),
    "a variable": ("PWD=/x\nUSER=alicexy\nalicexy is", "alicexy"),
    "a variable with the host": ("HOSTNAME=xylbox\nxylbox is", "xylbox"),
    "a line of passwd": ("alicexy:x:1000:1000:Alice Xylander,,,:/home/alicexy:/bin/bash", "Xylander"),
    "what uname prints": ("Linux xylbox 6.1.0-13-amd64 #1 SMP", "xylbox"),
    "a prompt of a shell": ("alicexy@xylbox:~/x$ ls", "xylbox"),
    "an owner of a file": ("-rw-r--r-- 1 alicexy staff 12 Nov 21 10:00 a\nalicexy", "alicexy"),
    "an account of a remote": ("origin\tgit@github.com:alicexy/repo.git (fetch)", "alicexy"),
    "a name beside a mail address": ('{"name":"Alice Xylander","email":"a@b.io"}', "Xylander"),
    "an account's id": ('{"account_uuid":"0198aaaa-1111-7222-8333-444455556666"}', "0198aaaa"),
    "a device's id, in JSON inside JSON": ('"{\\"device_id\\":\\"8d2c1f00aa118d2c1f00aa11\\"}"', "8d2c1f00aa11"),
    "the ids in a user's id": ('"user_id":"user_8d2c1f00aa118d2c_account__session_1"', "8d2c1f00aa118d2c"),
    "an organization": ('{"organization_id":"org-Ab3dEf6hIj9kLm"}', "Ab3dEf6hIj9kLm"),
    "an account in an ARN": ("arn:aws:bedrock:us-east-1:123456789012:model/x", "123456789012"),
    "a working folder": ("<cwd>/srv/falcon-site</cwd> then /srv/falcon-site/a.py", "falcon-site"),
}


@pytest.mark.parametrize(("text", "value"), PERSONAL.values(), ids=PERSONAL.keys())
def test_personal_values_are_replaced(text: str, value: str) -> None:
    assert value.lower() not in redacted(text).lower()


SENTENCES = ["Ask", "Please", "Please Ask", "Contact", "Email"]


@pytest.mark.parametrize("opening", SENTENCES)
def test_a_word_that_begins_the_sentence_is_no_part_of_the_name_behind_it(opening: str) -> None:
    text = redacted(f"{opening} Erika Mustermann <erika.m@corp.io>. Erika Mustermann knows. {opening} anybody.")
    name = Pseudonyms(SALT).of("name", "Erika Mustermann")
    assert text.startswith(f"{opening} {name} <email-")
    assert text.endswith(f"{name} knows. {opening} anybody.")


PUBLIC = {
    "addresses of nobody": "git@github.com noreply@anthropic.com user@example.com",
    "files and packages": "logo@2x.png pkg@1.2.3 @app.route settings.local.json .env.local src/app.internal.py",
    "versions": "Chrome/138.0.0.0 v1.2.3.4 version: 10.0.0.1234 1.2.3.4.5",
    "this machine itself": "http://127.0.0.1:8080 ::1 localhost 0.0.0.0",
    "code": "std::string fe::add 12:34:56 a::b::c ab:cd",
    "accounts of images": "/home/user/x /home/node/.npm /Users/runner/work USER=root",
    "hosts of APIs": "https://api.openai.com/v1 https://bedrock-runtime.us-east-1.amazonaws.com",
    "hosts of Docker and Google": "http://host.docker.internal:80 http://metadata.google.internal/x",
    "ids of answers": '{"id":"resp_0123456789abcdef01","call_id":"call_Ab3dEf6hIj9kLm12"}',
    "schemas": '{"properties":{"user_id":{"type":"string"},"session_id":{"type":"string","maxLength":80}}}',
    "models": '{"display_name":"Claude Sonnet 4","name":"gpt-5"}',
    "signatures of agents": "Co-Authored-By: Claude <noreply@anthropic.com>",
}


@pytest.mark.parametrize("text", PUBLIC.values(), ids=PUBLIC.keys())
def test_what_tells_nothing_about_anybody_stays(text: str) -> None:
    assert redacted(text) == text


def test_a_known_user_whose_name_is_a_word_is_replaced_in_paths_only() -> None:
    text = redacted("the max_tokens of /home/max/x: max is 5", ("user", "max"))
    assert "/home/max" not in text
    assert "max_tokens" in text
    assert "max is 5" in text


@pytest.mark.parametrize("spelled", ["ALICEXY", "_alicexy_", "\\nalicexy", "%2Falicexy%2F", "-home-alicexy-x"])
def test_a_known_user_is_found_in_every_spelling(spelled: str) -> None:
    assert "alicexy" not in redacted(spelled, ("user", "alicexy")).lower()
