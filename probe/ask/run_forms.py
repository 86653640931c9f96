"""The forms of what can be asked of a run as a whole."""

from __future__ import annotations

from probe.ask.worth_a_look import Notable
from probe.report.summary_part import Part
from probe.report.summary_run import Cost, Counts, FinalAnswer, ModelTotal, RunFacts, Thread, TimeSpent, Tokens
from probe.report.summary_traffic import ToolFacts


class Prompt(Part, frozen=True, kw_only=True):
    """What a human asked."""

    text: str
    """The whole text."""
    turn: int | None
    """The first turn that sent it; null where none sent it as it is."""
    path: str | None
    """Its item; null where no turn sent it."""


class TurnLine(Part, frozen=True, kw_only=True):
    """A turn in one line."""

    path: str
    """`turn.N`."""
    thread: int
    """Number of its thread."""
    purpose: str
    """`turn`, or what a side request is for."""
    seconds_after_start: float
    """When its request was sent."""
    did: str
    """What it did."""
    input: int | None
    """Tokens; null where the API reported none."""
    output: int | None
    """Tokens; null where the API reported none."""
    dollars: float | None
    """null where the price is not known."""


class Overview(Part, frozen=True, kw_only=True):
    """A run in short."""

    run: RunFacts
    """What was recorded."""
    asked: list[Prompt]
    """What a human asked."""
    answer: FinalAnswer | None
    """The last text of the agent's own work; null where the model said nothing."""
    problems: list[str]
    """What is wrong with the run or its record."""
    notes: list[str]
    """What else a reader should know."""
    counts: Counts
    """How much there is."""
    cost: Cost
    """What it cost."""
    tokens: Tokens
    """Of all calls."""
    time: TimeSpent
    """Where the time went."""
    threads: list[Thread]
    """Conversations with the model, as in summary.json: what sub-agents were asked and reported."""
    turns: list[TurnLine]
    """In the order of their numbers."""
    worth_a_look: list[Notable]
    """In the order of the turns."""


class Instruction(Part, frozen=True, kw_only=True):
    """Instructions: a system prompt, or a message in the system's name."""

    path: str
    """Its item."""
    first_turn: int
    """The first turn that sent it."""
    turns: int
    """How many requests sent it, failed tries included."""
    bytes: int
    """Of its JSON."""
    text: str
    """Its texts."""


class ToolShown(Part, frozen=True, kw_only=True):
    """A tool that the model was offered, or called."""

    path: str | None
    """The item with its definition; null where it was never offered."""
    facts: ToolFacts
    """As in summary.json."""
    description: str | None
    """What the model reads of it."""


class TurnCost(Part, frozen=True, kw_only=True):
    """What one turn took."""

    turn: int
    """Its number."""
    model: str | None
    """As it was asked for."""
    tokens: Tokens | None
    """null where the API reported none."""
    dollars: float | None
    """null where the price is not known."""


class Costs(Part, frozen=True, kw_only=True):
    """What a run took; each member as in summary.json."""

    cost: Cost
    """What it cost."""
    tokens: Tokens
    """Of all calls."""
    models: list[ModelTotal]
    """The work first, then side requests."""
    turns: list[TurnCost]
    """In the order of their numbers."""


class Touched(Part, frozen=True, kw_only=True):
    """What a tool call did with a file."""

    turn: int
    """The turn whose answer has the call."""
    path: str
    """The call."""
    tool: str
    """Name of the tool."""
    action: str
    """read, written, edited, deleted, searched, or named where the tool's name does not say it."""
    guess: bool
    """True where it was found in a shell command."""


class TouchedFile(Part, frozen=True, kw_only=True):
    """A file that tool calls named."""

    file: str
    """As the calls have it."""
    touched: list[Touched]
    """In the order of the turns."""
