-- Views over the tables of all runs. Each statement makes one; what it is and its columns mean is said by its comment.

create view runs_real as
select
    *,
    coalesce(nullif(regexp_extract(agent, '\d+(\.\d+)+[\w.+-]*'), ''), 'unknown') as version,
    epoch(ended - started) as seconds,
    coalesce(agent_exit_code, 0) <> 0 as failed,
    cache_read_tokens / nullif(input_tokens, 0) as cache_hit_rate
from runs
where replay_of is null;
comment on view runs_real is 'Runs that real upstreams answered (no replays), with the number of the agent''s version.';

create view turns_real as
select
    turns.*,
    runs_real.version,
    coalesce(turns.answered_by, turns.model) as answering_model,
    epoch(turns.first_token - turns.started) as seconds_to_first_token,
    epoch(turns.ended - turns.started) as seconds,
    not coalesce(turns.complete, false) or turns.problem is not null or coalesce(turns.status, 999) >= 400 as failed,
    turns.output_tokens / nullif(epoch(turns.ended - turns.first_token), 0) as output_tokens_per_second,
    turns.cache_read_tokens / nullif(turns.input_tokens, 0) as cache_hit_rate
from turns
join runs_real using (run);
comment on view turns_real is 'Calls of the model in these runs, with cost and latency; failed tries and side requests too.';

create view tool_use as
with results as (
    select run, call_id, arg_min(part, item) as result_bytes, sum(part * uses) as sent_bytes
    from (select run, item, uses, bytes // len(results) as part, unnest(results) as call_id from items where len(results) > 0)
    group by run, call_id
)
select
    calls.*,
    runs_real.version,
    epoch(calls.returned - calls.called) as seconds,
    results.result_bytes,
    results.sent_bytes
from tool_calls as calls
join runs_real using (run)
left join results on results.run = calls.run and results.call_id = calls.call_id;
comment on view tool_use is 'Calls of tools: how long until the result was sent, its bytes, and its bytes as often as they were sent.';

create view errors as
select
    turns.run, turns.target, turns.date, turns.version, 'turn' as what, turns.started as time, turns.line, turns.turn,
    turns.status, coalesce(turns.problem, exchanges.error, case when turns.status is null then 'no answer' end) as problem,
    turns.failed_try as was_repeated
from turns_real as turns
join exchanges on exchanges.run = turns.run and exchanges.line = turns.line
where turns.failed_try or turns.failed
union all
select
    exchanges.run, exchanges.target, exchanges.date, runs_real.version, 'exchange', exchanges.started, exchanges.line, null,
    exchanges.status, coalesce(exchanges.error, case when exchanges.status is null then 'no answer' end), false
from exchanges
join runs_real using (run)
where len(exchanges.turns) = 0
    and (not exchanges.complete or exchanges.error is not null or exchanges.status is null or exchanges.status >= 400)
union all
select run, target, date, version, 'run', ended, null, null, null, 'the agent ended with exit code ' || agent_exit_code, false
from runs_real
where failed;
comment on view errors is 'What went wrong: failed calls of the model, other failed exchanges, agents that ended with an error.';

create view prompt_sizes as
with first as (
    select run, min_by(items, turn) as items, min_by(input_tokens, turn) as input_tokens
    from turns
    where not failed_try and not is_side
    group by run
),
sent as (select run, unnest(items) as item from first),
sizes as (
    select
        sent.run,
        sum(bytes) filter (kind = 'instructions' or role in ('system', 'developer')) as instructions_bytes,
        sum(bytes) filter (kind = 'tool') as tools_bytes,
        sum(bytes) filter (kind = 'setting') as settings_bytes,
        sum(bytes) filter (kind = 'message' and coalesce(role, '') not in ('system', 'developer')) as messages_bytes,
        coalesce(sum(len(string_split(name, ', '))) filter (kind = 'tool'), 0) as tools
    from sent
    join items on items.run = sent.run and items.item = sent.item
    group by sent.run
)
select
    runs_real.run, runs_real.target, runs_real.date, runs_real.version,
    first.input_tokens, sizes.instructions_bytes, sizes.tools_bytes, sizes.tools, sizes.messages_bytes, sizes.settings_bytes
from runs_real
join first using (run)
join sizes using (run);
comment on view prompt_sizes is 'What the first call of the model in each run is made of, in bytes of JSON.';

create view offered_tools as
select distinct items.run, items.target, items.date, runs_real.version, unnest(string_split(items.name, ', ')) as tool
from items
join runs_real using (run)
where items.kind = 'tool' and items.name is not null;
comment on view offered_tools is 'The tools that each run offered to its models.';

create view versions as
select
    target, version,
    count(*) as runs,
    min(date) as first_date,
    max(date) as last_date,
    count(*) filter (failed) as failed_runs,
    sum(turns)::bigint as turns,
    sum(input_tokens)::bigint as input_tokens,
    sum(output_tokens)::bigint as output_tokens,
    sum(cache_read_tokens) / nullif(sum(input_tokens), 0) as cache_hit_rate,
    sum(dollars) as dollars
from runs_real
group by target, version;
comment on view versions is 'Each version of each agent: its runs, turns, tokens and cost.';

create view daily as
with calls as (
    select
        date, target, version,
        count(*) filter (not failed_try and not is_side) as turns,
        count(*) filter (failed_try) as failed_tries,
        median(seconds_to_first_token) filter (not failed) as median_seconds_to_first_token,
        sum(input_tokens)::bigint as input_tokens,
        sum(output_tokens)::bigint as output_tokens,
        sum(cache_read_tokens) / nullif(sum(input_tokens), 0) as cache_hit_rate,
        sum(dollars) as dollars
    from turns_real
    group by date, target, version
),
days as (
    select date, target, version, count(*) as runs, count(*) filter (failed) as failed_runs
    from runs_real
    group by date, target, version
)
select days.*, calls.* exclude (date, target, version)
from days
left join calls on calls.date is not distinct from days.date and calls.target = days.target and calls.version = days.version;
comment on view daily is 'Each day of each version: runs, turns, tokens, cost, latency; the day is that of a run''s start.';
