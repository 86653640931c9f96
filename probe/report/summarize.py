"""Fill in `summary.json` from what was found in a run."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC

from probe.analysis.groups import Thread as AnalyzedThread
from probe.analysis.time_spent import KINDS
from probe.analysis.totals import Total
from probe.record.manifest import project_version
from probe.report.headers import shown_url
from probe.report.plain_text import without_tags
from probe.report.summarize_turns import float_of, rounded, shown, turns_of
from probe.report.summary import SCHEMA, Summary
from probe.report.summary_run import (
    Cost,
    Counts,
    FinalAnswer,
    ModelTotal,
    Project,
    PromptPart,
    RunFacts,
    Said,
    Session,
    Slot,
    Thread,
    TimeSpent,
    Tokens,
)
from probe.report.summary_traffic import (
    ExchangeFacts,
    Host,
    Hosts,
    Injected,
    ObserverChange,
    Proof,
    Secrets,
    ToolFacts,
    Unknown,
)
from probe.report.understood import Understood
from probe.trace.trace import ExchangeFacts as TracedExchange


def summary_of(found: Understood) -> Summary:
    """Return the summary of a run."""
    findings, run = found.findings, found.run
    totals = findings.costs.totals
    return Summary(
        schema=SCHEMA,
        project=Project(name="agent-probe", version=project_version()),
        generated_at=run.generated_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        run=_run(found),
        problems=list(map(without_tags, found.problems)),
        notes=list(map(without_tags, (*run.notes, *found.remarks))),
        final_answer=_final_answer(found),
        counts=_counts(found),
        cost=_cost(found),
        tokens=_sum(totals.all),
        models=[
            ModelTotal(model=model, side=side, turns=one.turns, tokens=_sum(one), dollars=float_of(one.dollars))
            for (side, model), one in totals.models.items()
        ],
        time=_time(found),
        sessions=[Session(id=one.id, threads=[thread.number for thread in one.threads]) for one in findings.sessions],
        threads=list(_threads(found)),
        turns=turns_of(found),
        exchanges=_exchanges(found),
        prompt=list(_prompt(found)),
        tools=list(_tools(found)),
        injected=[
            Injected(what=what, count=one.count, bytes=one.size, first_turn=findings.numbers[one.first])
            for what, one in findings.injected.items()
        ],
        hosts=_hosts(found),
        observer_changes=[ObserverChange(what=one.what, why=one.why) for one in run.changes],
        secrets=[
            Secrets(place=place, count=one.count, different=len(one.tags), lines=one.lines)
            for place, one in sorted(found.trace.redacted.places.items())
        ],
        unknown=[Unknown(what=what, count=count) for what, count in found.trace.unknowns.counts.most_common() if count],
        proof=_proof(found),
    )


def _final_answer(found: Understood) -> FinalAnswer | None:
    final = found.findings.final
    if final is None:
        return None
    return FinalAnswer(text=without_tags(found.final_answer), turn=found.findings.numbers[final.index])


def _run(found: Understood) -> RunFacts:
    run, totals = found.run, found.findings.exchange_totals
    return RunFacts(
        title=run.title,
        source=run.source,
        target=run.target,
        name=run.name,
        agent=run.agent,
        command=list(run.command) if run.command else None,
        prompt=run.prompt,
        replay_of=run.replay_of,
        agent_exit_code=run.agent_exit_code,
        keeps_secrets=run.keeps_secrets,
        live=run.live,
        started=run.started or totals.started,
        ended=run.ended or totals.ended,
    )


def _counts(found: Understood) -> Counts:
    findings, totals = found.findings, found.findings.exchange_totals
    turns = findings.turns
    side = sum(one.turn.is_side for one in turns)
    return Counts(
        exchanges=totals.requests,
        turns=len(turns) - side,
        side_requests=side,
        failed_tries=sum(len(one.failed) for one in turns),
        sessions=len(findings.sessions),
        threads=len(findings.threads),
        sub_agents=sum(one.is_sub_agent for one in findings.threads),
        websocket_messages=totals.websocket_messages,
        request_bytes=totals.request_bytes,
        response_bytes=totals.response_bytes,
        cut_short=totals.cut_short,
        redactions=totals.redactions,
        malformed_lines=len(found.malformed),
    )


def _cost(found: Understood) -> Cost:
    costs = found.findings.costs
    return Cost(
        dollars=float_of(costs.totals.all.dollars),
        at_least=costs.totals.all.at_least,
        paid=found.run.replay_server is None,
        unpriced_turns=costs.unpriced,
        reasons=list(costs.reasons),
        sources=sorted(costs.sources),
    )


def _sum(total: Total) -> Tokens:
    names = Tokens.__struct_fields__
    return Tokens(**{name: total.tokens.get(name) for name in names})


def _time(found: Understood) -> TimeSpent:
    spent = found.findings.time
    first = spent.first_parts
    parts = {name: rounded(getattr(spent, name)) for name in KINDS}
    return TimeSpent(
        seconds=rounded(spent.total),
        **parts,
        median_to_first_token=rounded(first[len(first) // 2]) if first else None,
    )


def _threads(found: Understood) -> Iterable[Thread]:
    findings = found.findings
    for number, session in enumerate(findings.sessions, 1):
        for thread in session.threads:
            total = Total()
            for one in thread.turns:
                total.add(one, findings.costs.prices[one.index])
            yield Thread(
                number=thread.number,
                session=number,
                id=thread.id,
                agent=thread.agent,
                parent=thread.parent,
                is_sub_agent=thread.is_sub_agent,
                kind=thread.task.call.agent if thread.task else None,
                task=_task(found, thread),
                report=_report(found, thread),
                prompts=thread.prompts,
                tokens=_sum(total),
                dollars=float_of(total.dollars),
                seconds=rounded(_seconds(thread)),
                turns=[findings.numbers[one.turn.index] for one in findings.tries[thread.number]],
            )


def _task(found: Understood, thread: AnalyzedThread) -> Said | None:
    task = thread.task
    return Said(text=without_tags(task.call.argument), turn=found.findings.numbers[task.turn]) if task else None


def _report(found: Understood, thread: AnalyzedThread) -> Said | None:
    """Return what a thread said last in its own work."""
    spoke = [one for one in thread.turns if one.facts.text and not one.is_side]
    return (
        Said(text=without_tags(spoke[-1].facts.text), turn=found.findings.numbers[spoke[-1].index]) if spoke else None
    )


def _seconds(thread: AnalyzedThread) -> float:
    ends = [one.facts.ended for one in thread.turns if one.facts.ended is not None]
    return max(ends, default=thread.turns[0].facts.started) - thread.turns[0].facts.started


def _exchanges(found: Understood) -> list[ExchangeFacts]:
    numbers: dict[int, dict[int, None]] = {}
    for tries in found.findings.turns:
        for turn in (*tries.failed, tries.turn):
            numbers.setdefault(turn.facts.line, {})[found.findings.numbers[turn.index]] = None
    return [_exchange(one, list(numbers.get(one.line, ()))) for one in found.findings.exchanges]


def _exchange(facts: TracedExchange, turns: list[int]) -> ExchangeFacts:
    return ExchangeFacts(
        line=facts.line,
        id=facts.id,
        listener=facts.listener,
        method=facts.method,
        url=shown_url(facts.url, redacted=facts.redacted),
        status=facts.status,
        started=facts.started,
        ended=facts.ended,
        complete=facts.complete,
        error=shown(facts.error),
        sent=facts.sent,
        received=facts.received,
        turns=turns,
        websocket_messages=facts.websocket_messages,
        redactions=facts.redactions,
    )


def _prompt(found: Understood) -> Iterable[PromptPart]:
    for one in found.prompt_parts:
        yield PromptPart(
            part=one.kind.value,
            turn=found.findings.numbers[one.turn],
            bytes=one.size,
            share=rounded(one.size / one.request),
            tokens=one.tokens,
            fixed_bytes=one.fixed,
            slots=[
                Slot(slot=use.slot, count=use.count, bytes=use.size, example=without_tags(use.example))
                for use in one.slots
            ],
        )


def _tools(found: Understood) -> Iterable[ToolFacts]:
    for one in found.findings.tools:
        yield ToolFacts(
            name=one.name,
            offered=one.offered,
            first_turn=found.findings.numbers[one.first] if one.first is not None else None,
            calls=one.calls,
            failed=one.failed,
            bytes=one.size,
        )


def _hosts(found: Understood) -> Hosts:
    hosts = found.findings.hosts
    return Hosts(
        watched=hosts.watched,
        captured=hosts.captured,
        not_reached=hosts.not_reached,
        only_seen=hosts.only_seen,
        also_seen=hosts.also_seen,
        in_words=hosts.in_words(),
        hosts=[
            Host(
                name=one.name,
                captured=one.captured,
                listeners=sorted(one.listeners),
                requests=one.requests,
                sent=one.sent,
                received=one.received,
                unreached=one.unreached,
            )
            for one in hosts.hosts
        ],
    )


def _proof(found: Understood) -> Proof:
    run = found.run
    known = run.traffic_sha256 and run.manifest_sha256
    return Proof(
        traffic_sha256=run.traffic_sha256,
        manifest_sha256=run.manifest_sha256,
        matches=run.traffic_sha256 == run.manifest_sha256 if known else None,
        seen=run.counts.seen if run.counts else None,
        written=run.counts.written if run.counts else None,
        bodies=sum(one.bodies for one in found.trace.exchanges),
        bodies_with_hash=sum(one.hashed for one in found.trace.exchanges),
    )
