"""The tables of a run, with what each column means. None holds a body: they say where in the record it is."""

from __future__ import annotations

from typing import NamedTuple


class Column(NamedTuple):
    """One column."""

    name: str
    type: str
    """text, integer, number, boolean, time, texts or integers."""
    meaning: str


_RUN = Column("run", "text", "target and name of the run, as `agent-probe` takes them")
_LINE = Column("line", "integer", "line of the record, from 1")
_PLACE = (
    _LINE,
    Column("offset", "integer", "bytes of the record before that line, with compression undone"),
    Column("length", "integer", "bytes of that line, its end included"),
)
_TOKENS = (
    Column("input_tokens", "integer", "with what was read from and written to the cache"),
    Column("output_tokens", "integer", "with the reasoning"),
    Column("cache_read_tokens", "integer", "of the input, read from the cache"),
    Column("cache_write_tokens", "integer", "of the input, written to the cache"),
    Column("reasoning_tokens", "integer", "of the output"),
    Column("total_tokens", "integer", "as the API adds it up"),
    Column("dollars", "number", "price, as in the report"),
)

TABLES: dict[str, tuple[Column, ...]] = {
    "runs": (
        _RUN,
        Column("target", "text", "the target"),
        Column("name", "text", "name of the run's folder"),
        Column("agent", "text", "the agent with its version"),
        Column("prompt", "text", "what the agent was asked on its command line"),
        Column("replay_of", "text", "the run that answered instead of the real upstreams"),
        Column("agent_exit_code", "integer", "of the agent"),
        Column("started", "time", "when the agent, or else its first request, began"),
        Column("ended", "time", "when the agent ended, or else the last thing known"),
        Column("exchanges", "integer", "requests with all that came back for each"),
        Column("turns", "integer", "calls of the model for the agent's own work"),
        Column("side_requests", "integer", "calls of the model beside the work"),
        Column("failed_tries", "integer", "failed calls that were repeated"),
        Column("sessions", "integer", "uses of the agent"),
        Column("threads", "integer", "conversations with the model"),
        Column("sub_agents", "integer", "threads that work for another one"),
        *_TOKENS,
        Column("request_bytes", "integer", "bodies and messages that the agent sent"),
        Column("response_bytes", "integer", "bodies and messages that came back"),
        Column("record_sha256", "text", "of the record"),
        Column("agent_probe", "text", "version that wrote the tables"),
    ),
    "exchanges": (
        _RUN,
        *_PLACE,
        Column("id", "text", "its id in the record"),
        Column("listener", "text", "the listener that it came through"),
        Column("method", "text", "of the request"),
        Column("url", "text", "without credentials"),
        Column("status", "integer", "null where no answer came"),
        Column("started", "time", "when the request began"),
        Column("ended", "time", "the last thing known of it"),
        Column("complete", "boolean", "false where the answer did not come to its end"),
        Column("error", "text", "what cut it short"),
        Column("sent", "integer", "bytes of the request's body, and of the agent's messages"),
        Column("received", "integer", "bytes of the response's body, and of the upstream's messages"),
        Column("turns", "integers", "numbers of its calls of the model"),
        Column("websocket_messages", "integer", "null where it was no WebSocket conversation"),
        Column("redactions", "integer", "places where something was redacted"),
        Column("request_kind", "text", "how the body is kept: json, text, sse, base64, none"),
        Column("request_sha256", "text", "of the decoded body as it is kept"),
        Column("response_kind", "text", "as `request_kind`"),
        Column("response_sha256", "text", "as `request_sha256`"),
    ),
    "turns": (
        _RUN,
        Column("turn", "integer", "number as in the report; a failed try has that of the turn that it led to"),
        Column("failed_try", "boolean", "whether the call failed and was repeated"),
        *_PLACE,
        Column("part", "integer", "its number within a WebSocket conversation, from 1"),
        Column("thread", "integer", "number of its conversation"),
        Column("thread_id", "text", "the agent's own"),
        Column("parent_thread", "integer", "the conversation that a sub-agent works for"),
        Column("session", "integer", "number of its session"),
        Column("session_id", "text", "the agent's own"),
        Column("purpose", "text", "`turn`, or what a side request is for"),
        Column("is_side", "boolean", "whether it is a side request"),
        Column("prompt", "integer", "number of the user's prompt within the thread"),
        Column("transport", "text", "http or websocket"),
        Column("listener", "text", "the listener that it came through"),
        Column("path", "text", "of the endpoint"),
        Column("api", "text", "the API that it was understood as"),
        Column("started", "time", "when the request was sent"),
        Column("first_token", "time", "when the first piece of the answer's content arrived"),
        Column("ended", "time", "when the last of the answer arrived"),
        Column("status", "integer", "null where no answer came"),
        Column("complete", "boolean", "false where the answer did not come to its end"),
        Column("model", "text", "as it was asked for"),
        Column("answered_by", "text", "the model that the answer names"),
        Column("response_id", "text", "the API's id of the answer"),
        Column("stop", "text", "why the answer ended"),
        Column("stop_word", "text", "the API's own word for it"),
        Column("problem", "text", "first 640 characters of what the API says went wrong"),
        Column("tool_calls", "integer", "tools that the answer calls"),
        *_TOKENS,
        Column("request_pointer", "text", "JSON Pointer to the request in the line"),
        Column("request_sha256", "text", "of its bytes as they are kept"),
        Column("response_pointer", "text", "to the response; of a WebSocket, to the message that ends the answer"),
        Column("response_sha256", "text", "of its bytes as they are kept"),
        Column("items", "integers", "numbers of the items that the request sent, in order"),
    ),
    "items": (
        _RUN,
        Column("item", "integer", "number, in the order of first appearance"),
        Column("kind", "text", "setting, instructions, tool or message"),
        Column("name", "text", "of a setting, or of a tool"),
        Column("role", "text", "of a message"),
        Column("api", "text", "the API that it was understood as"),
        Column("bytes", "integer", "of its JSON"),
        Column("uses", "integer", "how often it was sent"),
        Column("results", "texts", "ids of the calls of tools whose results it has"),
        *_PLACE,
        Column("pointer", "text", "JSON Pointer to its first appearance; the content of a message is text of JSON"),
        Column("sha256", "text", "of its JSON as it was sent"),
    ),
    "tool_calls": (
        _RUN,
        Column("turn", "integer", "the turn whose answer has the call"),
        Column("place", "integer", "among the calls of the turn, from 0"),
        Column("name", "text", "of the tool"),
        Column("call_id", "text", "the API's id of the call"),
        Column("argument", "text", "first 640 characters of its most telling argument; null beyond the 20th call"),
        Column("result_turn", "integer", "the turn whose request has the result"),
        Column("failed", "boolean", "null where the API does not say it"),
        Column("called", "time", "when the answer with the call ended"),
        Column("returned", "time", "when the request with the result was sent"),
    ),
    "events": (
        _RUN,
        _LINE,
        Column("part", "integer", "as in `turns`: both say which turn it is"),
        Column("event", "integer", "number in the stream, from 0"),
        Column("pieces", "integer", "events that carry one text and are one row"),
        Column("kind", "text", "its type"),
        Column("arrived", "time", "when the first of them arrived"),
    ),
    "hosts": (
        _RUN,
        Column("host", "text", "host and port"),
        Column("captured", "boolean", "false where only its tunnels were seen"),
        Column("listeners", "texts", "the listeners that it was reached through"),
        Column("requests", "integer", "exchanges, or tunnels"),
        Column("sent", "integer", "bytes"),
        Column("received", "integer", "bytes"),
        Column("unreached", "integer", "those without an answer"),
    ),
}
