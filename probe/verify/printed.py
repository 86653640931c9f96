"""What is printed of a check, in lines or as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probe.analysis.hosts import Hosts
from probe.record.manifest_fields import CoverageFacts, Imported
from probe.record.replaced_values import replaced_in_words
from probe.record.runs import (
    Run,
)
from probe.verify.checking import is_public
from probe.verify.findings import Findings
from probe.witness.by_request import FAILED

CHECKS = {
    "lines": "every line is a record",
    "bodies": "every body and message matches its size and hash, and every stream ended or says why not",
    "ends": "no upstream and no proxy cut an exchange short",
    "ids": "no exchange is missing its id or there twice",
    "counts": "what the proxies saw is what was written",
    "file": "the files are as the capture left them",
    "replay": "each call of the model, asked again, gets its own answer",
    "permissions": "nobody else can read the run",
    "secrets": "nothing that looks like a credential is left",
}
"""In the order of the output."""
_IMPORTED_CHECKS = {
    "counts": "what the imported file holds is what was written",
    "file": "the record is as the import left it",
}
"""What these checks mean for a run that was imported."""


def lines_of(found: Run, findings: Findings) -> Iterator[str]:
    """Yield a line for each check, its problems below it."""
    counted = f"{findings.exchanges} exchange{'' if findings.exchanges == 1 else 's'}"
    counted += f" ({findings.cut_short} cut short), {findings.bodies} bodies"
    counted += f", {findings.messages} WebSocket messages"
    yield f"{found.target}/{found.name}: {counted}"
    imported = found.manifest.facts.imported
    for check, text in _checks(found, findings).items():
        problems = findings.problems.get(check, [])
        if check == "secrets" and findings.keeps_secrets:
            yield "KEPT credentials are in it on request (--keep-secrets); they were not looked for"
            continue
        if check == "permissions" and is_public(found):
            yield "     permissions are not checked: a bundled run and a redacted copy are for others to read"
            continue
        yield _heading(check, text, findings)
        yield from (f"       {problem}" for problem in problems[:20])
        if len(problems) > 20:
            yield f"       … and {len(problems) - 20} more (--json lists all)"
    yield from findings.requested.lines() if findings.requested else ()
    if recovered := found.manifest.facts.recovered:
        folded = recovered.exchanges
        yield f"the recording did not come to its end; exchanges that were folded in afterwards, cut short: {folded}"
    if redaction := found.manifest.facts.redaction:
        counts = replaced_in_words(redaction.replaced)
        yield f"a redacted copy of {redaction.of}; different values that were replaced in it: {counts}"
    if findings.faulted.count:
        yield f"cut short by a fault that the replay was asked for (--fault): {findings.faulted.count}"
    yield from (f"the recording itself said: {problem.text}" for problem in found.manifest.facts.problems)
    if imported:
        yield _about_import(imported)
        yield from (f"       not in it: {what}" for what in imported.missing)
    else:
        yield _coverage(found, findings).in_words()
    if findings.redacted:
        yield f"redacted, so only what is kept can be checked: {len(findings.redacted)} bodies or messages"
        yield from (f"       {text}" for text in findings.redacted[:20])


def _heading(check: str, text: str, findings: Findings) -> str:
    if check not in findings.problems:
        return f"OK   {text}"
    if check == "against_agent" and findings.requested and findings.requested.not_checked:
        return f"     not checked: {FAILED[check]}"
    return f"FAIL {FAILED.get(check, text)}"


def _about_import(imported: Imported) -> str:
    by = f" by {imported.by}" if imported.by else ""
    written = f"{imported.file} ({imported.format}{by}, SHA-256 {imported.sha256})"
    return f"imported from {written}: all bytes are as the import found them there, not as they crossed the wire"


def described(found: Run, findings: Findings) -> dict[str, Any]:
    """Return the result for programs."""
    return {
        "run": f"{found.target}/{found.name}",
        "ok": not findings.problems,
        "exchanges": findings.exchanges,
        "cut_short": findings.cut_short,
        "bodies": findings.bodies,
        "websocket_messages": findings.messages,
        "redaction": found.manifest.data.get("redaction"),
        "recovered": found.manifest.data.get("recovered"),
        "said_by_the_recording": [problem.text for problem in found.manifest.facts.problems],
        "redacted": findings.redacted,
        "keeps_secrets": findings.keeps_secrets,
        "coverage": _coverage(found, findings).as_dict(),
        "imported": found.manifest.data.get("imported"),
        **(findings.requested.as_dict() if findings.requested else {}),
        "problems": {check: findings.problems.get(check, []) for check in _checks(found, findings)},
    }


def _coverage(found: Run, findings: Findings) -> Hosts:
    return findings.hosts.hosts(found.manifest.facts.coverage or CoverageFacts())


def _checks(found: Run, findings: Findings) -> dict[str, str]:
    """Return the checks that were made, in the order of the output."""
    usual = CHECKS | (_IMPORTED_CHECKS if found.manifest.facts.imported else {})
    return usual | (findings.requested.checks if findings.requested else {})
