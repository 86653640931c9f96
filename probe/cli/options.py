"""Every option of every script, once: scripts and Invoke tasks get name, short form and help from here."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from probe.cli.called_as import as_called

if TYPE_CHECKING:
    import argparse


class Option(NamedTuple):
    """One command-line option."""

    help: str
    short: str | None = None
    metavar: str | None = None
    """None for a switch."""
    many: bool = False
    positional: bool = False


OPTIONS = {
    "target": Option("Name of a file in targets/, or in a folder that PROBE_TARGETS names.", "t", "NAME"),
    "prompt": Option("What the agent is asked to do; fills {prompt} in the target's command.", "p", "TEXT"),
    "run": Option("A run: latest, latest~1, its name or a prefix of it, target/name, or a path.", "r", "RUN"),
    "replay": Option("Answer the agent from this recorded run instead of the real API.", "R", "RUN"),
    "fault": Option(
        "Put a fault into the replay's answers, any number of times: '429 once', 'cut after 12 events'.",
        None,
        "FAULT",
        True,
    ),
    "speed": Option(
        "Times of a replay: 1 as recorded, 10 ten times as fast, max (the default) without pauses.", None, "FACTOR"
    ),
    "upstream": Option(
        "Send a listener elsewhere (a gateway, Azure, a local model): NAME=URL, any number of times.",
        "u",
        "NAME=URL",
        True,
    ),
    "port": Option("Use this local port for a listener: NAME=PORT, any number of times.", "P", "NAME=PORT", True),
    "upstream_proxy": Option("Reach upstreams through http://user:pass@host:port; '' switches it off.", "x", "URL"),
    "upstream_ca": Option("Trust this CA file for upstreams instead of the system's store.", "a", "FILE"),
    "data_dir": Option("Folder of all runs (default: data/ of this project).", "d", "DIR"),
    "output_dir": Option("Exactly this run's folder, instead of a new one in the data folder.", "o", "DIR"),
    "env": Option("Set a variable in the agent's environment: K=V, any number of times.", "e", "K=V", True),
    "cwd": Option("Folder in which the agent works (default: this one; a fresh one in a replay).", "C", "DIR"),
    "coverage": Option(
        "Give the agent an HTTPS_PROXY too that notes, undecrypted, connections that bypass the listeners.", "c"
    ),
    "no_coverage": Option("Do not watch connections that bypass the listeners, whatever the target's file says."),
    "keep_secrets": Option("Write credentials as they are. The run's files are then secrets themselves."),
    "force": Option("Do a step again although its inputs have not changed.", "f"),
    "input": Option("Analyse this file instead of a run.", "i", "FILE"),
    "output": Option("Write the report to this file.", "O", "FILE"),
    "full": Option("Write report-full.md: every exchange whole, with headers and all that was sent again."),
    "html": Option("Write report.html: a page for a browser, with every exchange whole."),
    "view": Option("Open the run's page in the browser at the end.", "v"),
    "live": Option("Show the run while it is being recorded, from a local server; Ctrl-C ends it.", "l"),
    "jobs": Option("Read the record with this many processes (default: 1).", None, "NUMBER"),
    "json": Option("Print JSON.", "j"),
    "strict": Option("Also fail where the agent itself left an exchange before its end.", "s"),
    "name": Option("Name of the new target.", None, "NAME", positional=True),
    "command": Option("The agent's command with a prompt: 'my-agent run {prompt}'.", None, "COMMAND"),
    "api": Option("The API that it speaks: openai, anthropic or gemini, or the address of another.", None, "API"),
    "base_url": Option(
        "Variable for its base URL, with the path after it: OPENAI_BASE_URL/v1; - for none.", None, "VARIABLE"
    ),
    "key": Option("Variable with its key; - for none.", "k", "VARIABLE"),
    "file": Option(
        "A settings file of the agent's in {files}: NAME=TEXT, or NAME=@PATH; any number of times.",
        None,
        "NAME=TEXT",
        True,
    ),
    "install": Option("Command that installs it.", None, "COMMAND"),
    "agent": Option("Its program; the first word of the command if not given.", None, "PROGRAM"),
    "before": Option("What was: a run, TARGET@VERSION (its newest run), or a file.", None, "BEFORE", positional=True),
    "after": Option("What is now: in the same words.", None, "AFTER", positional=True),
    "prune": Option(
        "Delete all but the newest KEEP recordings of each target, and KEEP replays of them.", None, "KEEP"
    ),
    "rounds": Option("How often each contender is measured (default 5).", None, "NUMBER"),
    "exchanges": Option(
        "How many exchanges memory is watched for (default 3000); no other round has more.", "n", "NUMBER"
    ),
    "only": Option(
        "Measure only this: stream, latency, request, memory, large or capture; any number of times.",
        None,
        "WORKLOAD",
        True,
    ),
    "without": Option(
        "Leave this contender out: claude-tap or mitmdump -w; any number of times.", "w", "CONTENDER", True
    ),
    "versions": Option("Two versions of the agent, or latest: 0.98.0,latest.", None, "OLD,NEW"),
    "markdown": Option("Write the comparison as Markdown to this file.", "m", "FILE"),
    "fail_on": Option("Exit with 1 where a finding is breaking, notable (or breaking), or any.", None, "LIMIT"),
    "shareable": Option("Leave out examples, and values of more than 40 characters, so that it can be published."),
    "version": Option("Print the versions of agent-probe, mitmproxy and Python."),
}
"""By their names in tasks; `_` is `-` on the command line."""

_SPECIAL = {
    ("compare", "html"): Option("Write the comparison as a page to this file.", None, "FILE"),
    ("compare", "json"): Option("Write the comparison as JSON to this file.", "j", "FILE"),
    ("drift", "html"): Option("Write the comparison as a page to this file.", None, "FILE"),
    ("drift", "json"): Option("Write the comparison as JSON to this file.", "j", "FILE"),
    ("drift", "cwd"): Option("Folder of which each version gets a copy to work in (default: a fresh one).", "C", "DIR"),
    ("compare", "target"): Option("Read both as this target; without, each as its own.", "t", "NAME"),
    ("protocol", "run"): Option(
        "A run, as everywhere; any number of times: what they show is added up.", "r", "RUN", True
    ),
    ("protocol", "output"): Option("Folder of the documents (default: the run's own).", "O", "DIR"),
    ("replay", "port"): Option("Local port to serve on; 0 (the default) takes a free one.", "P", "PORT"),
    **dict.fromkeys(
        [(script, "strict") for script in ("capture", "pipeline", "replay")],
        Option("In a replay: end with exit code 1 at the first call that differs from the recording.", "s"),
    ),
    ("view", "port"): Option("Local port of --live; 0 (the default) takes a free one.", "P", "PORT"),
    ("slots", "before"): Option("A run: latest, its name, target/name, or a path.", None, "RUN", positional=True),
    ("slots", "after"): Option("Another of the same agent with the same prompt.", None, "RUN", positional=True),
    ("new-target", "upstream"): Option("Address of the API, if it is not the API's own.", "u", "URL"),
}
"""Options that mean something else in one script."""

RECORDING = (
    "target", "upstream", "port", "upstream_proxy", "upstream_ca", "coverage", "no_coverage", "data_dir", "output_dir",
    "keep_secrets",
)  # fmt: skip
"""The options of everything that records."""

LAUNCHING = ("prompt", "replay", "speed", "strict", "fault", "env", "cwd")
"""The options of everything that starts the agent."""


class Command(NamedTuple):
    """One script, and the task of the same name."""

    help: str
    example: str
    options: tuple[str, ...]


COMMANDS = {
    "proxies": Command(
        "Start a target's proxies only; the agent is started by hand.",
        "invoke proxies --target codex",
        RECORDING,
    ),
    "capture": Command(
        "Run an agent behind its proxies; record all it exchanges.",
        'invoke capture --target codex -- codex exec "explain this repo"',
        (*RECORDING, *LAUNCHING),
    ),
    "analyze": Command(
        "Write the report of a captured run, or of another file.",
        "invoke analyze --run latest",
        ("run", "target", "data_dir", "input", "output", "full", "html", "jobs", "force"),
    ),
    "pipeline": Command(
        "Capture, analyze, verify; only what is not up to date yet.",
        'invoke pipeline --target demo --prompt "Write a prime checker"',
        (*RECORDING, *LAUNCHING, "run", "force", "view"),
    ),
    "view": Command(
        "Open a run's page in the browser; it is made if need be.",
        "invoke view --run latest",
        ("run", "target", "data_dir", "live", "port"),
    ),
    "replay": Command(
        "Serve a recorded run's answers to an agent started by hand.",
        "invoke replay --run codex/tool-loop-websocket --port 8090",
        ("run", "target", "data_dir", "port", "speed", "strict", "fault"),
    ),
    "replay-check": Command(
        "Run an agent on its recording; check that it does the same.",
        "invoke replay-check --run latest",
        ("run", "target", "prompt", "speed", "fault", "env", "cwd", "port", "data_dir", "output_dir"),
    ),
    "compare": Command(
        "Show what changed between two runs, versions or agents.",
        "invoke compare codex@0.98.0 codex@0.169.0",
        ("before", "after", "markdown", "html", "json", "fail_on", "shareable", "target", "data_dir"),
    ),
    "drift": Command(
        "Compare two versions of an agent, both run offline.",
        'invoke drift --target codex --versions 0.98.0,latest --prompt "List the files"',
        ("target", "versions", "prompt", "replay", "cwd", "markdown", "html", "json", "fail_on", "data_dir"),
    ),
    "protocol": Command(
        "Describe the protocol that runs show: Markdown, JSON, schemas.",
        "invoke protocol --run latest",
        ("run", "target", "data_dir", "output", "shareable", "force"),
    ),
    "verify": Command(
        "Check that a run holds what crossed its proxies, unchanged.",
        "invoke verify --run latest",
        ("run", "target", "data_dir", "strict", "json"),
    ),
    "slots": Command(
        "Learn from two runs of one prompt which values are volatile.",
        "invoke slots latest latest~1",
        ("before", "after", "target", "data_dir"),
    ),
    "runs": Command(
        "List the recorded runs, newest first.",
        "invoke runs --target codex",
        ("target", "data_dir", "json", "prune"),
    ),
    "doctor": Command(
        "Check what a target needs, and how to fix what is missing.",
        "invoke doctor --target codex",
        ("target", "upstream", "port", "upstream_proxy", "upstream_ca", "data_dir", "output_dir", "replay"),
    ),
    "new-target": Command(
        "Write the file of a target for an agent that has none yet.",
        "invoke new-target mine --command 'my-agent run {prompt}' --api openai",
        ("name", "command", "api", "upstream", "base_url", "key", "file", "env", "install", "agent"),
    ),
    "bench": Command(
        "Measure what the proxies cost, compared with others and none.",
        "invoke bench --json > bench.json",
        ("rounds", "exchanges", "only", "without", "json"),
    ),
}
COMMANDS = {name: command._replace(options=(*command.options, "version")) for name, command in COMMANDS.items()}


def flag(name: str) -> str:
    """Return an option's long form on the command line."""
    return "--" + name.replace("_", "-")


def option_of(command: str, name: str) -> Option:
    """Return an option of a script."""
    return _SPECIAL.get((command, name)) or OPTIONS[name]


def usage(command: str) -> str:
    """Return what is typed: the words that a script needs, and a command where it starts one."""
    names = COMMANDS[command].options
    words = [option_of(command, name).metavar or "" for name in names if option_of(command, name).positional]
    started = ["[-- COMMAND …]"] if {"env", "cwd"} <= set(names) else []
    return " ".join([f"invoke {command}", *words, "[options]", *started])


def parser(command: str, argv: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Return the argument parser of `python -m probe.<command>`; it knows versions where `argv` asks for them."""
    import argparse  # Here: `tasks.py` does not need it.

    text = COMMANDS[command]
    made = argparse.ArgumentParser(
        prog=as_called(f"invoke {command}"),
        usage=as_called(usage(command)),
        description=text.help,
        epilog=f"example: {as_called(text.example)}",
        allow_abbrev=False,
    )
    for name in text.options:
        option = option_of(command, name)
        if option.positional:
            made.add_argument(name, help=option.help, metavar=option.metavar)
            continue
        flags = [flag(name), *([f"-{option.short}"] if option.short else [])]
        kind: dict[str, Any] = {"action": "store_true"}
        if option.metavar:
            kind = {"metavar": option.metavar, "action": "append" if option.many else "store"}
            kind["default"] = [] if option.many else None
        if name == "version":
            kind = {"action": "version", "version": _versions() if flags[0] in argv else ""}
        made.add_argument(*flags, dest=name, help=option.help.replace("%", "%%"), **kind)
    return made


def _versions() -> str:
    from importlib.metadata import PackageNotFoundError, version  # Here: `tasks.py` does not need it.

    shown = []
    for package in ("agent-probe", "mitmproxy"):
        try:
            shown.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            shown.append(f"{package} (not installed)")
    return ", ".join([*shown, f"Python {sys.version.split()[0]}"])


def parse(command: str, argv: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """Parse a script's arguments; return them, and the unchanged words after `--`."""
    own, rest = _split(list(argv))
    return parser(command, own).parse_args(own), rest


def command_line(command: str, options: Mapping[str, Any]) -> list[str]:
    """Return options as the arguments of a script, without unset ones and those that it does not have."""
    arguments = []
    for name in COMMANDS[command].options:
        value = options.get(name)
        if option_of(command, name).positional:
            arguments.append(str(value))
        elif value is True:
            arguments.append(flag(name))
        elif value is not None and value is not False:
            arguments += [f"{flag(name)}={one}" for one in (value if option_of(command, name).many else [value])]
    return arguments


def _split(argv: list[str]) -> tuple[list[str], list[str]]:
    if "--" not in argv:
        return argv, []
    place = argv.index("--")
    return argv[:place], argv[place + 1 :]
