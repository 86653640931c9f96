"""Every option of every script, once: scripts and Invoke tasks get name, short form and help from here."""

from __future__ import annotations

from typing import NamedTuple


class Option(NamedTuple):
    """One command-line option."""

    help: str
    short: str | None = None
    metavar: str | None = None
    """None for a switch."""
    many: bool = False
    positional: bool = False
    optional: bool = False
    """Whether it may be given without its value."""


_RUN = "A run: latest, latest~1, its name or a prefix of it, target/name, or a path."

OPTIONS = {
    "target": Option("Name of a file in targets/, or in a folder that PROBE_TARGETS names.", "t", "NAME"),
    "prompt": Option("What the agent is asked to do; fills {prompt} in the target's command.", "p", "TEXT"),
    "run": Option(_RUN, "r", "RUN"),
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
    "data_dir": Option(
        "Folder of all runs, or s3://bucket/prefix (default: data/ in a checkout, else the user's data folder).",
        "d",
        "DIR",
    ),
    "output_dir": Option("Exactly this run's folder, instead of a new one in the data folder.", "o", "DIR"),
    "env": Option("Set a variable in the agent's environment: K=V, any number of times.", "e", "K=V", True),
    "cwd": Option("Folder in which the agent works (default: this one; a fresh one in a replay).", "C", "DIR"),
    "coverage": Option(
        "Give the agent an HTTPS_PROXY too that notes, undecrypted, connections that bypass the listeners.", "c"
    ),
    "no_coverage": Option("Do not watch connections that bypass the listeners, whatever the target's file says."),
    "keep_secrets": Option("Write credentials as they are. The run's files are then secrets themselves."),
    "compress_over": Option(
        "Compress the record at the end if it is over this many megabytes (default: 256), or never.", None, "MB"
    ),
    "undo": Option("Make the record plain again."),
    "force": Option("Do a step again although its inputs have not changed.", "f"),
    "input": Option("Analyse this file instead of a run.", "i", "FILE"),
    "output": Option("Write the report to this file.", "O", "FILE"),
    "full": Option("Write report-full.md: every exchange whole, with headers and all that was sent again."),
    "html": Option("Write report.html: a page for a browser, with every exchange whole."),
    "view": Option("Open the run's page in the browser at the end.", "v"),
    "live": Option("Show the run while it is being recorded, from a local server; Ctrl-C ends it.", "l"),
    "jobs": Option("Read the record with this many processes (default: 1).", None, "NUMBER"),
    "json": Option("Print JSON.", "j"),
    "csv": Option("Print CSV."),
    "strict": Option("Also fail where the agent itself left an exchange before its end.", "s"),
    "against_agent": Option(
        "Compare with the agent's own session files; name a file or a folder where they are not found.",
        None,
        "PATH",
        optional=True,
    ),
    "root": Option(
        "Compare the Merkle root with this one; without a value, with the manifest's.", None, "HEX", optional=True
    ),
    "signature": Option(
        "Check the signature of `sign`: by a file of allowed signers, else by its own key alone.",
        None,
        "SIGNERS",
        optional=True,
    ),
    "proof": Option("Print the proof that the exchange of this line belongs to the Merkle root.", None, "LINE"),
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
    "setting": Option(
        "A key of a settings file (.json, .yaml, .toml) in {files}: FILE:KEY=VALUE; any number of times.",
        None,
        "FILE:KEY=VALUE",
        True,
    ),
    "install": Option("Command that installs it.", None, "COMMAND"),
    "agent": Option("Its program; the first word of the command if not given.", None, "PROGRAM"),
    "before": Option("What was: a run, TARGET@VERSION (its newest run), or a file.", None, "BEFORE", positional=True),
    "after": Option("What is now: in the same words.", None, "AFTER", positional=True),
    "prune": Option(
        "Delete all but the newest KEEP recordings of each target, and KEEP replays of them.", None, "KEEP"
    ),
    "also": Option("Hide this word or phrase as well: any number of times.", None, "TEXT", True),
    "accept": Option(
        "Share in spite of this finding, named by its fingerprint; any number of times.", None, "FINGERPRINT", True
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
    "limit": Option("Print at most so much: characters, or hits of grep.", "n", "NUMBER"),
    "offset": Option("Leave out so much at the beginning: characters, or hits of grep.", "o", "NUMBER"),
    "all": Option("Print all of it, however long.", "a"),
    "raw": Option("Write the exact bytes, unchanged and whole, for a file or another program."),
    "role": Option(
        "Search only these: system, user, assistant, tool (results), definition (of tools), setting, error, other.",
        None,
        "ROLE",
    ),
    "tool": Option("Search only calls, results and the definition of this tool.", None, "NAME"),
    "since": Option("Leave out what was sent earlier: 2026-01-31, 2026-01-31T14:30, or 2h, 3d ago.", "s", "TIME"),
    "until": Option("Leave out what was sent then or later; as --since.", "u", "TIME"),
    "ignore_case": Option("Take small and capital letters for the same.", "i"),
    "fixed": Option("Take the pattern as it is, and not as a regular expression.", "F"),
    "runs": Option("Runs by a pattern of target/name: 'codex/*', '*/202611*' (default: all).", None, "PATTERN"),
    "scheduler": Option(
        "Use this scheduler of Dask, such as tcp://127.0.0.1:8786, instead of processes of this machine.", None, "URL"
    ),
    "workers": Option("Number of worker processes on this machine (default: one a processor).", None, "NUMBER"),
    "words": Option("Words.", None, "WORD …", many=True, positional=True),
    "dir": Option("Folder of skills to write it to, instead of the agent's own.", None, "DIR"),
    "to": Option("Format: har, flows, claude-trace, claude-tap, otlp, atif or parquet.", None, "FORMAT"),
    "from": Option(
        "Format of the file, if its content does not show it: har, flows, claude-trace, claude-tap.", None, "FORMAT"
    ),
    "version": Option("Print the versions of agent-probe, mitmproxy and Python."),
}
"""By their names in tasks; `_` is `-` on the command line."""

_SPECIAL = {
    ("redact", "output_dir"): Option("Exactly the copy's folder, instead of one beside the run.", "o", "DIR"),
    ("share", "output"): Option("Write this .zip, instead of one beside the redacted run.", "O", "FILE"),
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
    ("sign", "key"): Option("File of the key that signs (default: ~/.ssh/id_ed25519).", "k", "FILE"),
    ("export", "raw"): Option("Export the run as it is, without a redacted copy of it."),
    ("export", "output"): Option("Write this file (default: beside the run's report).", "O", "FILE"),
    ("export", "target"): Option("Read it as this target, not as the one that it was recorded with.", "t", "NAME"),
    ("import", "file"): Option(
        "A HAR, flows of mitmproxy, or the JSON lines of claude-trace or claude-tap.", None, "FILE", positional=True
    ),
    ("import", "target"): Option("Target of the new run (default: found by its requests, or `imported`).", "t", "NAME"),
    ("slots", "before"): Option("A run: latest, its name, target/name, or a path.", None, "RUN", positional=True),
    ("slots", "after"): Option("Another of the same agent with the same prompt.", None, "RUN", positional=True),
    ("show", "words"): Option(
        "A run (default: latest), then what of it: prompt, answer, instructions, tools, turn 3, item 12, costs, files.",
        None,
        "RUN WHAT …",
        many=True,
        positional=True,
    ),
    ("grep", "words"): Option("A regular expression, as Python has them.", None, "PATTERN", many=True, positional=True),
    ("grep", "target"): Option("Search only runs of this target.", "t", "NAME"),
    ("grep", "run"): Option("Search only this run; a bundled sample is searched only so.", "r", "RUN"),
    ("get", "words"): Option(
        "A run (default: latest), then a path: turn.3.answer, item.12/content, exchange.4.request.body/model.",
        None,
        "RUN PATH",
        many=True,
        positional=True,
    ),
    ("skill", "words"): Option("What to do: install.", None, "install", many=True, positional=True),
    ("skill", "agent"): Option(
        "The agent that gets it: claude-code or codex (default: each that has ~/.claude or ~/.codex here).",
        None,
        "AGENT",
    ),
    ("skill", "force"): Option("Replace a file that was changed, or that others wrote.", "f"),
    ("upload", "to"): Option("Copy them to this data folder in a bucket: s3://bucket/prefix.", None, "URL"),
    ("upload", "data_dir"): Option(
        "Folder of the runs; of a bucket, what was left unfinished is uploaded.", "d", "DIR"
    ),
    ("fleet", "words"): Option(
        "What to do: analyze, protocol, compare, trends or watch.", None, "WORD", many=True, positional=True
    ),
    ("fleet", "target"): Option(
        "Read the runs as this target, not as the one that each was recorded with.", "t", "NAME"
    ),
    ("fleet", "output"): Option("Folder of the documents (default: .fleet/reports/ in the data folder).", "O", "DIR"),
    ("fleet", "before"): Option("Of compare: what was: codex@0.98.0, or codex for its newest version.", None, "GROUP"),
    ("fleet", "after"): Option("Of compare: what is now, in the same words.", None, "GROUP"),
    ("fleet", "force"): Option("Read runs again that were read before.", "f"),
    ("sql", "words"): Option(
        "A statement of SQL, or the name of a question (default: list what can be asked).",
        None,
        "SQL",
        many=True,
        positional=True,
    ),
    ("sql", "limit"): Option("Print at most so many rows (default: 1000).", "n", "NUMBER"),
    ("new-target", "upstream"): Option("Address of the API, if it is not the API's own.", "u", "URL"),
}
"""Options that mean something else in one script."""


def flag(name: str) -> str:
    """Return an option's long form on the command line."""
    return "--" + name.replace("_", "-")


def option_of(command: str, name: str) -> Option:
    """Return an option of a script."""
    return _SPECIAL.get((command, name)) or OPTIONS[name]
