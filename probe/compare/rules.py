"""The polarity of each kind of finding, with its reason: a table that is data.

As in oasdiff, from the view of who depends on the first protocol: a provider, a proxy or a parser that reads what the
agent sends, a client that sends it in the agent's place, a reader of the answers.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from probe.errors import UserError


class Polarity(StrEnum):
    """How much a change matters to who depends on the first protocol, the most serious first."""

    BREAKING = "breaking"
    """What was written for the first fails with the second."""
    NOTABLE = "notable"
    """Nothing fails, but the agent does something else."""
    INFO = "info"
    """Worth a line, no more."""


class Area(StrEnum):
    """What a finding is about, in the order of a comparison."""

    CONDITIONS = "Conditions"
    TRANSPORT = "Endpoints and transport"
    HEADERS = "Headers"
    INSTRUCTIONS = "Instructions"
    TOOLS = "Tools"
    SENT = "Requests"
    ANSWERS = "Answers"
    IDS = "Ids"
    TURNS = "Turns"


class Rule(NamedTuple):
    """What a kind of finding means."""

    area: Area
    polarity: Polarity
    reason: str


_B, _N, _I = Polarity.BREAKING, Polarity.NOTABLE, Polarity.INFO

RULES: dict[str, Rule] = {
    # What explains the rest comes first.
    "run-faulted": Rule(Area.CONDITIONS, _N, "what follows from a fault that was asked for is not the agent's choice"),
    "run-incomplete": Rule(Area.CONDITIONS, _N, "what a run did not come to is not what the agent no longer does"),
    "replay-differed": Rule(
        Area.CONDITIONS, _N, "what follows from an answer that does not fit is not the agent's choice"
    ),
    "agent-changed": Rule(Area.CONDITIONS, _N, "another agent explains every other difference"),
    "version-changed": Rule(Area.CONDITIONS, _N, "another version explains what follows"),
    "mode-changed": Rule(Area.CONDITIONS, _N, "agents send other tools and instructions where nobody watches"),
    "platform-changed": Rule(Area.CONDITIONS, _I, "agents name their system, and choose tools by it"),
    "command-changed": Rule(Area.CONDITIONS, _N, "an option of the command changes what the agent does"),
    "prompt-changed": Rule(Area.CONDITIONS, _N, "another prompt leads to other turns"),
    "model-changed": Rule(Area.CONDITIONS, _N, "many agents choose instructions, tools and settings by the model"),
    # Endpoints
    "endpoint-removed": Rule(Area.TRANSPORT, _B, "a provider waits for requests that no longer come"),
    "endpoint-added": Rule(Area.TRANSPORT, _N, "a provider or a firewall of the first version does not know it"),
    "transport-changed": Rule(Area.TRANSPORT, _B, "a provider that has the first transport alone is not asked"),
    "status-changed": Rule(Area.TRANSPORT, _N, "requests ended otherwise"),
    "query-removed": Rule(Area.TRANSPORT, _B, "a provider may choose a version of its API by it"),
    "query-added": Rule(Area.TRANSPORT, _N, "a client in the agent's place does not send it"),
    "query-changed": Rule(Area.TRANSPORT, _N, "a provider may choose a version of its API by it"),
    "calls-chained": Rule(Area.TRANSPORT, _B, "who reads one call alone no longer sees the whole conversation"),
    "calls-unchained": Rule(Area.TRANSPORT, _N, "each call holds the whole conversation again"),
    # Headers
    "header-removed": Rule(Area.HEADERS, _B, "a provider or a proxy may route, count or allow by it"),
    "header-renamed": Rule(Area.HEADERS, _B, "who looks for the first name finds nothing"),
    "header-added": Rule(Area.HEADERS, _N, "a client in the agent's place does not send it"),
    "header-changed": Rule(Area.HEADERS, _N, "a provider or a proxy may compare its value"),
    "answer-header-changed": Rule(Area.HEADERS, _I, "headers of answers are the provider's"),
    # Instructions
    "instructions-added": Rule(Area.INSTRUCTIONS, _N, "the model has more to follow"),
    "instructions-removed": Rule(Area.INSTRUCTIONS, _N, "the model has less to follow"),
    "instructions-changed": Rule(Area.INSTRUCTIONS, _N, "the model has something else to follow"),
    "instructions-moved": Rule(Area.INSTRUCTIONS, _B, "who reads or edits them looks in the first place"),
    # Tools
    "tools-removed": Rule(Area.TOOLS, _B, "recorded and remembered calls of it can no longer be run"),
    "tools-added": Rule(Area.TOOLS, _N, "the model can do more"),
    "tools-moved": Rule(Area.TOOLS, _B, "who reads or filters tools looks in the first place"),
    "tool-type-changed": Rule(Area.TOOLS, _B, "a call has another form"),
    "tools-renamed": Rule(Area.TOOLS, _B, "who looks for the first name finds nothing"),
    "tools-reordered": Rule(Area.TOOLS, _I, "a prompt's cached beginning no longer fits"),
    "argument-required": Rule(Area.TOOLS, _B, "a call that was valid is refused"),
    "argument-removed": Rule(Area.TOOLS, _B, "a call that has it may be refused"),
    "argument-type-changed": Rule(Area.TOOLS, _B, "a call that was valid may be refused"),
    "argument-added": Rule(Area.TOOLS, _N, "calls may have it"),
    "argument-optional": Rule(Area.TOOLS, _N, "calls may lack it"),
    "argument-changed": Rule(Area.TOOLS, _N, "calls may have other values"),
    "tool-description-changed": Rule(Area.TOOLS, _N, "the model uses it in another way"),
    "tool-changed": Rule(Area.TOOLS, _N, "its definition says something else"),
    # Requests, from the view of a provider and of a client in the agent's place
    "sent-field-required": Rule(Area.SENT, _B, "a client written for the first version does not always send it"),
    "sent-field-added": Rule(Area.SENT, _N, "requests may have it"),
    "sent-field-removed": Rule(Area.SENT, _B, "a provider that reads it finds nothing"),
    "sent-field-optional": Rule(Area.SENT, _B, "a provider that reads it may find nothing"),
    "sent-field-share-changed": Rule(Area.SENT, _N, "some requests or parts of them lack what they had, or have more"),
    "sent-type-changed": Rule(Area.SENT, _B, "a parser of the first version does not read it"),
    "sent-value-changed": Rule(Area.SENT, _N, "the agent asks for something else"),
    "sent-kind-added": Rule(Area.SENT, _N, "a provider of the first version does not know this kind"),
    "sent-kind-removed": Rule(Area.SENT, _N, "this kind was not sent"),
    "purpose-added": Rule(Area.SENT, _N, "calls beside the work cost tokens and need answers"),
    "purpose-removed": Rule(Area.SENT, _N, "calls beside the work no longer come"),
    # Answers, from the view of who reads them
    "event-removed": Rule(Area.ANSWERS, _B, "a reader waits for an event that no longer comes"),
    "event-added": Rule(Area.ANSWERS, _N, "a reader of the first version does not know it"),
    "event-order-changed": Rule(Area.ANSWERS, _N, "a reader may rely on the order"),
    "answer-field-removed": Rule(Area.ANSWERS, _B, "a reader that needs it finds nothing"),
    "answer-field-optional": Rule(Area.ANSWERS, _B, "a reader that needs it may find nothing"),
    "answer-field-added": Rule(Area.ANSWERS, _I, "a reader may leave it out"),
    "answer-type-changed": Rule(Area.ANSWERS, _B, "a parser of the first version does not read it"),
    "answer-value-changed": Rule(Area.ANSWERS, _N, "a reader may not know the value"),
    "answer-kind-added": Rule(Area.ANSWERS, _N, "a reader of the first version does not know this kind"),
    "answer-kind-removed": Rule(Area.ANSWERS, _N, "this kind did not come"),
    "stop-changed": Rule(Area.ANSWERS, _N, "who reads it goes on, or does not, by this"),
    # Ids
    "id-untied": Rule(Area.IDS, _B, "who groups exchanges by it no longer can"),
    "id-tied": Rule(Area.IDS, _I, "one more way to group exchanges"),
    # Turns
    "turns-parted": Rule(Area.TURNS, _N, "from here on the runs are two different ones"),
    "calls-changed": Rule(Area.TURNS, _N, "the agent did something else in the same place"),
    "turns-added": Rule(Area.TURNS, _N, "the agent took more steps"),
    "turns-removed": Rule(Area.TURNS, _N, "the agent took fewer steps"),
    "thread-added": Rule(Area.TURNS, _N, "the agent started another conversation"),
    "thread-removed": Rule(Area.TURNS, _N, "the agent started one conversation less"),
    "message-changed": Rule(Area.TURNS, _N, "the model reads something else"),
    "result-changed": Rule(Area.TURNS, _I, "the tool returned something else"),
    "answer-changed": Rule(Area.TURNS, _I, "the model said something else"),
}
"""By kind of finding."""

ORDER = tuple(Polarity)
LIMITS = (*(one.value for one in Polarity if one is not Polarity.INFO), "any")
"""What --fail-on takes."""


def check_limit(limit: str | None) -> None:
    """Raise UserError for a word that is no limit of findings."""
    if limit not in (None, *LIMITS):
        raise UserError(f"--fail-on {limit}: no such limit", f"it is one of: {', '.join(LIMITS)}")


def at_least(polarity: Polarity, limit: str) -> bool:
    """Check whether a polarity is as serious as a limit; `any` is the least of limits."""
    return limit == "any" or ORDER.index(polarity) <= ORDER.index(Polarity(limit))
