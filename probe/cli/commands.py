"""Every script, once: its help, its example, and the names of its options; each is an Invoke task as well."""

from __future__ import annotations

from typing import NamedTuple

from probe.places import IS_CHECKOUT

RECORDING = (
    "target", "upstream", "port", "upstream_proxy", "upstream_ca", "coverage", "no_coverage", "data_dir", "output_dir",
    "keep_secrets", "compress_over",
)  # fmt: skip
"""The options of everything that records."""

LAUNCHING = ("prompt", "replay", "speed", "strict", "fault", "env", "cwd")
"""The options of everything that starts the agent."""

BOUNDING = ("limit", "offset", "all")
"""The options of everything that prints a part of what it has."""


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
        ("run", "target", "data_dir", "strict", "against_agent", "root", "signature", "proof", "json"),
    ),
    "sign": Command(
        "Sign a run's record with an SSH key.",
        "invoke sign latest",
        ("run", "target", "data_dir", "key"),
    ),
    "redact": Command(
        "Copy a run without credentials and personal data.",
        "invoke redact latest --also 'Project Falcon'",
        ("run", "also", "target", "data_dir", "output_dir"),
    ),
    "share": Command(
        "Make a .zip of a run that is safe to give away, or refuse.",
        "invoke share latest",
        ("run", "also", "accept", "target", "data_dir", "output", "json"),
    ),
    "export": Command(
        "Write a run in another tool's format: HAR, mitmproxy flows, …",
        "invoke export --run latest --to har",
        ("run", "to", "output", "raw", "target", "data_dir"),
    ),
    "import": Command(
        "Make a run of another tool's file: HAR, mitmproxy flows, …",
        "invoke import recorded.har",
        ("file", "from", "target", "keep_secrets", "data_dir", "output_dir"),
    ),
    "upload": Command(
        "Copy finished runs into a bucket; go on with what was cut.",
        "invoke upload --runs 'codex/*' --to s3://bucket/prefix",
        ("runs", "to", "data_dir"),
    ),
    "fleet": Command(
        "Analyze many runs at once; compare versions, show trends.",
        "invoke fleet analyze --runs 'codex/*'",
        (
            *("words", "runs", "scheduler", "workers", "before", "after", "output", "json"),
            *("fail_on", "force", "target", "data_dir"),
        ),
    ),
    "sql": Command(
        "Answer questions about all analyzed runs in SQL.",
        'invoke sql "select target, count(*) from runs group by target"',
        ("words", "limit", "json", "csv", "data_dir"),
    ),
    "slots": Command(
        "Learn from two runs of one prompt which values are volatile.",
        "invoke slots latest latest~1",
        ("before", "after", "target", "data_dir"),
    ),
    "compress": Command(
        "Compress a run's record, which every command still reads.",
        "invoke compress --run latest",
        ("run", "target", "data_dir", "undo"),
    ),
    "runs": Command(
        "List the recorded runs, newest first.",
        "invoke runs --target codex",
        ("target", "data_dir", "json", "prune"),
    ),
    "show": Command(
        "Show a run in short, or a part of it: a turn, its costs.",
        "invoke show latest turn 1",
        ("words", "run", "target", "data_dir", *BOUNDING, "json"),
    ),
    "grep": Command(
        "Search what all runs say, streams joined, a text once a run.",
        'invoke grep -i "list the files"',
        (
            "words",
            "role",
            "tool",
            "run",
            "target",
            "since",
            "until",
            "ignore_case",
            "fixed",
            "data_dir",
            *BOUNDING,
            "json",
        ),
    ),
    "get": Command(
        "Print the value or the bytes at one place of a run.",
        "invoke get latest turn.3.answer",
        ("words", "run", "target", "data_dir", *BOUNDING, "raw", "json"),
    ),
    "skill": Command(
        "Teach a coding agent to answer questions about runs.",
        "invoke skill install --agent claude-code",
        ("words", "agent", "dir", "force"),
    ),
    "doctor": Command(
        "Check what a target needs, and how to fix what is missing.",
        "invoke doctor --target codex",
        ("target", "upstream", "port", "upstream_proxy", "upstream_ca", "data_dir", "output_dir", "replay"),
    ),
    "new-target": Command(
        "Write the file of a target for an agent that has none yet.",
        "invoke new-target mine --command 'my-agent run {prompt}' --api openai",
        ("name", "command", "api", "upstream", "base_url", "key", "file", "setting", "env", "install", "agent"),
    ),
    "bench": Command(
        "Measure what the proxies cost, compared with others and none.",
        "invoke bench --json > bench.json",
        ("rounds", "exchanges", "only", "without", "json"),
    ),
}
COMMANDS = {name: command._replace(options=(*command.options, "version")) for name, command in COMMANDS.items()}
if not IS_CHECKOUT:
    # It measures with what only a checkout holds.
    del COMMANDS["bench"]
