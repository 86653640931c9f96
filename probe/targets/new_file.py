"""The text of a new target's file, with what each key is for."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import yaml

from probe.places import guide
from probe.targets.target import set_by

NONE = "-"
"""The answer for something that the agent does not have."""
BASE_URL = re.compile(r"([A-Za-z_]\w*)((?:/[\w.~%-]+)*)/?")
"""A variable, and the path behind the address in it."""


def yaml_text(name: str, answers: Mapping[str, str], files: Mapping[str, Any], env: Mapping[str, str]) -> str:
    """Return the file's text; `files` are settings files, `env` variables besides the base URL's."""
    words = shlex.split(answers["command"])
    agent, install, key = answers["agent"], answers["install"], answers["key"]
    led = any(name in answers["command"] for name in ("{model.url}", "{files}"))
    by_hand = [word for word in words if "{prompt}" not in word] if led else [agent]
    variables = _base_url(answers["base_url"]) | dict(env)
    lines = [
        f"# What each key means, and which others there are: {guide('targets.md')}.",
        f"description: {_quoted(agent)}",
        f"agent: {_quoted(agent)}",
        f"install: {_quoted(install)}" if install != NONE else "# install: how to install it, for those who miss it",
        "# What --prompt runs, and what runs without; args would be put behind the program's name in both.",
        f"prompt_command: {_list(words)}",
        f"interactive_command: {_list(by_hand)}",
        "listeners:",
        "  # The port is for `proxies`; a run takes a free one.",
        f'  model: {{port: 8080, upstream: {_quoted(answers["upstream"])}, purpose: "Model API"}}',
    ]
    if files:
        lines += ["# Settings files, in the folder {files}, as long as a run lasts; {key} is the agent's key."]
        lines += ["files:", *(f"  {_quoted(file)}: {_content(text)}" for file, text in files.items())]
    if variables:
        lines += ["# Set for the agent; a URL that you have set there yourself becomes the listener's upstream."]
        lines += [f"env: {{{', '.join(f'{one}: {_quoted(value)}' for one, value in variables.items())}}}"]
    if key != NONE:
        lines += ["# Kept off the disk. Of several, the first that is set is handed on under the first name."]
        lines += [f"keys: [{key}]"]
    lines += ["# In which ways the agent is not as it would be alone, for manifest and report.", "changes:"]
    lines += [f"  - {{what: {_quoted(what)}, why: {_quoted(why)}}}" for what, why in _changes(words, files, variables)]
    lines += [
        f"manual_steps: [{_quoted('Start it with: ' + ' '.join(by_hand))}]",
        "# true watches connections that bypass the listener, if that changes nothing for the agent.",
        "coverage: false",
        f"report_title: {_quoted(f'{name} Traffic Analysis Report')}",
    ]
    return "\n".join(lines) + "\n"


def _base_url(answer: str) -> dict[str, str]:
    match = None if answer == NONE else BASE_URL.fullmatch(answer)
    return {match[1]: f"{{model.url}}{match[2]}"} if match else {}


def _changes(words: Sequence[str], files: Mapping[str, Any], variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the entries of `changes`: what leads to the listener, what the settings files are, what else there is."""
    # A flag's value may be in the word behind it.
    in_words = [(name, pair[1]) for pair in pairwise(words) for name in set_by(pair)]
    for placeholder, what_for in (
        ("{model.url}", "calls of the model go to the listener"),
        ("{files}", "its settings are read from a folder of the run, the user's own are not"),
    ):
        named = [f"{name} = {value}" for name, value in variables.items() if placeholder in value]
        named += [name for name, value in in_words if placeholder in value]
        named += [f"{name} ({placeholder})" for name, value in files.items() if placeholder in json.dumps(value)]
        if named:
            yield ", ".join(dict.fromkeys(named)), what_for
    explained = {name for name, value in in_words if "{model.url}" in value or "{files}" in value}
    others = [name for name in dict.fromkeys(set_by(words[1:])) if name not in explained]
    if others:
        yield ", ".join(others), "it is how this agent is given a prompt"
    plain = [f"{name}={value}" for name, value in variables.items() if "{" not in value]
    if plain:
        yield ", ".join(plain), "it is set for this agent"


def _content(value: Any) -> str:
    """Write a file's text or value; JSON so that it can be read and changed."""
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            parsed = json.loads(value)
            value = parsed if isinstance(parsed, dict | list) else value
    if isinstance(value, str):
        return _quoted(value)
    return str(
        yaml.safe_dump(value, default_flow_style=True, width=1 << 20, allow_unicode=True, sort_keys=False)
    ).strip()


def _list(words: Sequence[str]) -> str:
    return f"[{', '.join(map(_quoted, words))}]"


def _quoted(text: str) -> str:
    """Write a text so that YAML reads the very same."""
    return str(yaml.safe_dump(text, default_style='"', width=1 << 20, allow_unicode=True)).strip()
