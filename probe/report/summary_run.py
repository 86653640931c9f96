"""What `summary.json` says of a run as a whole: what was recorded, what it took, which conversations there were."""

from __future__ import annotations

from probe.report.summary_part import Part


class Project(Part, frozen=True, kw_only=True):
    """The program that wrote the summary."""

    name: str
    """Always `agent-probe`."""
    version: str
    """Its version."""


class RunFacts(Part, frozen=True, kw_only=True):
    """What was recorded, and how."""

    title: str
    """Title of the report."""
    source: str
    """The record that the summary was made from."""
    target: str | None
    """None for a file from elsewhere."""
    name: str | None
    """Name of the run's folder; None for a file from elsewhere."""
    agent: str | None
    """The agent with its version; None where it is not known."""
    command: list[str] | None
    """The user's own command; None where the target's was used, or is not known."""
    prompt: str | None
    """What the agent was asked on its command line; None where it was started otherwise."""
    replay_of: str | None
    """The run that answered instead of the real upstreams; None where these did."""
    agent_exit_code: int | None
    """None where the agent was not started by the capture, or its end is not known."""
    keeps_secrets: bool
    """True where credentials were written as they are, on request."""
    live: bool
    """True while the run is being recorded, so that the summary is partial."""
    started: float | None
    """When the agent was started, else the first request; None where there is none."""
    ended: float | None
    """When the agent ended, else the last thing known; None where there is none."""


class FinalAnswer(Part, frozen=True, kw_only=True):
    """The last text of the agent's own work."""

    text: str
    """The whole text."""
    turn: int
    """The turn that said it."""


class Counts(Part, frozen=True, kw_only=True):
    """How much there is of everything."""

    exchanges: int
    """Requests with all that came back for each."""
    turns: int
    """Calls of the model for the agent's own work, each with its failed tries."""
    side_requests: int
    """Calls of the model beside the work: titles, summaries, checks."""
    failed_tries: int
    """Failed calls that the agent repeated; each belongs to the turn that it led to."""
    sessions: int
    """Uses of the agent."""
    threads: int
    """Conversations with the model."""
    sub_agents: int
    """Threads that work for another thread."""
    websocket_messages: int
    """Messages over WebSockets, in both directions."""
    request_bytes: int
    """Bodies, and what the agent sent over WebSockets."""
    response_bytes: int
    """Bodies, and what the upstreams sent over WebSockets."""
    cut_short: int
    """Exchanges whose answer did not come to its end."""
    redactions: int
    """Places in bodies and messages where something was redacted."""
    malformed_lines: int
    """Lines that are no record."""


class Cost(Part, frozen=True, kw_only=True):
    """What the run cost."""

    dollars: float | None
    """Sum of the known prices; None where none is known."""
    at_least: bool
    """True where a part of it costs more than the price list says."""
    paid: bool
    """False for a replay: the price is that of the recorded answers."""
    unpriced_turns: int
    """Calls whose price is not in the sum; failed ones are not counted."""
    reasons: list[str]
    """Why the sum is not the price of all calls."""
    sources: list[str]
    """Whose prices they are."""


class Tokens(Part, frozen=True, kw_only=True):
    """Tokens as the API reported them; None where it did not."""

    input: int | None
    """Includes what was read from and written to the cache."""
    output: int | None
    """Includes the reasoning."""
    cache_read: int | None
    """Part of the input that the API had in its cache."""
    cache_write: int | None
    """Part of the input that it wrote to its cache."""
    reasoning: int | None
    """Part of the output."""
    total: int | None
    """As the API adds it up."""


class ModelTotal(Part, frozen=True, kw_only=True):
    """What the calls of one model took, failed tries included."""

    model: str | None
    """As it was asked for; None where no request names one."""
    side: bool
    """True for side requests, which are counted apart from the work."""
    turns: int
    """Calls, failed tries included."""
    tokens: Tokens
    """Sums of what the API reported."""
    dollars: float | None
    """Sum of the known prices; None where none is known."""


class Slot(Part, frozen=True, kw_only=True):
    """Values of one kind that change from run to run."""

    slot: str
    """Its kind: cwd, home, date, uuid, time and others."""
    count: int
    """How often such a value is there."""
    bytes: int
    """Of all of them."""
    example: str
    """The first of them."""


class PromptPart(Part, frozen=True, kw_only=True):
    """Instructions, or tools, of a request."""

    part: str
    """`instructions` or `tools`."""
    turn: int
    """The turn that sent them."""
    bytes: int
    """Their size."""
    share: float
    """Of the bytes of all that the request is made of, from 0 to 1; that of tokens is about the same."""
    tokens: int | None
    """An estimate: the reported input tokens, divided as the bytes are; None where they are not known."""
    fixed_bytes: int
    """Bytes that are the same in each run."""
    slots: list[Slot]
    """What is not, in the order in which it appears."""


class TimeSpent(Part, frozen=True, kw_only=True):
    """Seconds of the run by who took them; their sum is `seconds`."""

    seconds: float
    """The duration of the run."""
    model: float
    """From a request to the end of its answer."""
    tool: float
    """From an answer that calls tools to the request with their results."""
    agent: float
    """Between other turns, before the first and after the last one."""
    idle: float
    """From an answer to the user's next prompt."""
    median_to_first_token: float | None
    """Seconds from a request to the first piece of its answer: the median; None where no answer has one."""


class Session(Part, frozen=True, kw_only=True):
    """One use of the agent."""

    id: str | None
    """The agent's own; None where it sends none."""
    threads: list[int]
    """Numbers of its threads."""


class Said(Part, frozen=True, kw_only=True):
    """A text, and the turn that said it."""

    text: str
    """Its beginning."""
    turn: int
    """Its number."""


class Thread(Part, frozen=True, kw_only=True):
    """One conversation with the model."""

    number: int
    """In the order in which threads began, from 1."""
    session: int
    """Place of its session in the list of sessions, from 1."""
    id: str | None
    """The agent's own; None where it has none."""
    agent: str | None
    """What the agent calls this sub-agent; None when it is none, or has no name."""
    parent: int | None
    """Number of the thread that it works for."""
    is_sub_agent: bool
    """True where it works for another thread."""
    kind: str | None
    """What kind of sub-agent the call that started it names."""
    task: Said | None
    """What a sub-agent was asked for; None where no call of the record did."""
    report: Said | None
    """What it said last; None where it said nothing."""
    prompts: int
    """How many prompts of the user it answers."""
    tokens: Tokens
    """Sums of what the API reported, failed tries included."""
    dollars: float | None
    """Sum of the known prices; None where none is known."""
    seconds: float
    """From its first request to the end of its last answer."""
    turns: list[int]
    """Numbers of its turns."""
