"""What DuckDB computes for the page: what is known of each run, then the points, each of several runs."""

from __future__ import annotations

DAYS = 365
"""The newest days with runs."""
VERSIONS = 50
"""The newest versions of a target."""
TARGETS = 20
"""The targets with the most runs."""
DAILY_POINTS = 10_000
"""Points of one version on one day; where there are more, the oldest days have none."""
RUN_NAMES = 10_000
"""The newest runs, whose names the page has."""
NAMED = 8
"""Tools, and kinds of error, of a target that have a name; the others are added up."""

_RUNS = """
create temp table all_runs as
select run, split_part(run, '/', 1) as target, substr(run, instr(run, '/') + 1) as name,
    coalesce(agent, 'unknown version') as version, replay_of is not null as is_replay,
    make_timestamp(epoch_us(started))::date as day, epoch_us(started) as started,
    -- Zeros of a run that no usage is known of are no measurements.
    coalesce(input_tokens, 0) > 0 as is_counted,
    case when is_counted then input_tokens end as input, case when is_counted then cache_read_tokens end as cached,
    case when is_counted then output_tokens end as output,
    case when is_counted then reasoning_tokens end as reasoning, dollars
from runs where run glob $pattern
"""

_CHOSEN = f"""
create temp table chosen as
with best as (
    select target from all_runs where not is_replay group by 1 order by count(*) desc, target limit {TARGETS}
),
days as (
    select distinct day from all_runs where not is_replay and day is not null order by day desc limit {DAYS}
),
recent as (
    select * from all_runs semi join best using (target) where not is_replay and (day is null or day in (from days))
),
newest as (
    select target, version from recent group by 1, 2
    qualify row_number() over (partition by target order by max(started) desc nulls last, version) <= {VERSIONS}
)
select * from recent semi join newest using (target, version)
"""

_FIRST_REQUESTS = """
create temp table first_requests as
with firsts as (
    select run, arg_min({'items': items, 'tokens': input_tokens}, turn) as request
    from turns semi join chosen using (run) where not is_side and not failed_try group by 1
),
sent as (select run, request.tokens as tokens, unnest(request.items) as item from firsts)
select run, any_value(tokens) as first_input,
    sum(bytes) filter (kind = 'instructions' or coalesce(role, '') in ('system', 'developer')) as instructions,
    sum(bytes) filter (kind = 'tool') as tools
from sent join items using (run, item) group by 1
"""

_ANSWERS = """
create temp table answers as
select run, epoch_us(first_token) - epoch_us(started) as first, epoch_us(ended) - epoch_us(started) as whole
from turns semi join chosen using (run)
where complete and problem is null and status < 400 and not is_side and not failed_try
"""

_TOOL_CALLS = f"""
create temp table calls_by_tool as
with calls as (
    select run, chosen.target, tool_calls.name as tool, count(*) as calls, count(*) filter (failed) as failed,
        count(failed) as known
    from tool_calls join chosen using (run) group by all
),
named as (
    select target, tool from calls group by 1, 2
    qualify row_number() over (partition by target order by sum(calls) desc, tool) <= {NAMED}
)
select run, named.tool as tool, sum(calls) as calls, sum(failed) as failed, sum(known) as known
from calls left join named using (target, tool) group by all
"""

_ERRORS = f"""
create temp table error_counts as
with kinds as (
    select run, chosen.target, case when status is null then 'no answer' when status >= 400 then status::text
        when not complete then 'incomplete' when problem is not null then 'error in the answer' end as kind
    from turns join chosen using (run)
),
named as (
    select target, kind from kinds where kind is not null group by 1, 2
    qualify row_number() over (partition by target order by count(*) desc, kind) <= {NAMED}
)
select run, named.kind, count(*) as count
from kinds left join named using (target, kind) where kinds.kind is not null group by all
"""

_MEASURED = """
create temp table measured as
with answered as (select run, count(*) as answers from answers group by 1),
called as (select run, count(*) as calls from turns semi join chosen using (run) group by 1),
used as (select run, sum(calls) as tool_calls, sum(known) as tool_known from calls_by_tool group by 1)
select chosen.*, first_input, instructions, tools, coalesce(answers, 0) as answers, coalesce(calls, 0) as calls,
    coalesce(tool_calls, 0) as tool_calls, coalesce(tool_known, 0) as tool_known
from chosen left join first_requests using (run) left join answered using (run) left join called using (run)
    left join used using (run)
"""

_POINTS = f"""
create temp table points as
with last as (select max(day) as last from chosen),
members as (
    select run, target, version, unnest([
        {{'kind': 'all', 'period': ''}},
        {{'kind': 'month', 'period': strftime(day, '%Y-%m')}},
        {{'kind': 'recent', 'period': case when day > last - 30 then '30' end}},
        {{'kind': 'recent', 'period': case when day > last - 7 then '7' end}},
        {{'kind': 'day', 'period': day::text}}], recursive := true)
    from chosen, last
    union all
    select run, target, null, 'day', day::text from chosen
),
grouped as (
    select target, version, kind, period, list(run) as runs from members where period is not null group by 1, 2, 3, 4
    qualify kind <> 'day' or version is null
        or count(*) over (partition by kind, version is null order by period desc) <= {DAILY_POINTS}
)
select row_number() over (order by target, version nulls first, kind, period) - 1 as point, * from grouped
"""
_MEMBERS = "create temp table members as select point, unnest(runs) as run from points"

STEPS = (_RUNS, _CHOSEN, _FIRST_REQUESTS, _ANSWERS, _TOOL_CALLS, _ERRORS, _MEASURED, _POINTS, _MEMBERS)
"""In this order; the first takes the pattern of runs."""

SERIES = ("input", "cached", "output", "reasoning", "dollars", "instructions", "tools", "first_input")
"""What has one value a run: a point has the median of the runs whose value is known."""

POINTS = f"""
select points.target, points.version, kind, period, count(*) as n,
    {", ".join(f"median({name}) as {name}, count(*) - count({name}) as {name}_missing" for name in SERIES)},
    sum(answers)::bigint as answers, max(answers) as most_answers, sum(calls)::bigint as calls,
    max(calls) as most_calls, sum(tool_calls)::bigint as tool_calls, max(tool_calls)::bigint as most_tool_calls,
    sum(tool_known)::bigint as tool_known
from points join members using (point) join measured using (run) group by point, 1, 2, 3, 4 order by point
"""
# A run of its own counts for each of its answers: how much the largest has of them is in the points.
LATENCIES = """
select point, count(first) as first_answers, quantile_cont(first, [0.5, 0.9]) as first,
    quantile_cont(whole, [0.5, 0.9]) as whole
from members join answers using (run) group by 1 order by 1
"""
TOOL_CALLS = """
select point, tool, sum(calls)::bigint, sum(failed)::bigint
from members join calls_by_tool using (run) group by all order by 1, 3 desc, 2
"""
ERRORS = """
select point, kind, sum(count)::bigint from members join error_counts using (run) group by all order by 1, 3 desc, 2
"""
NAMES = f"""
select target, version, day::text as day, name from chosen order by started desc nulls last, run limit {RUN_NAMES}
"""
LEFT_OUT = """
select count(*) filter (is_replay) as replays, count(*) filter (not is_replay) as runs,
    count(*) filter (not is_replay and day is null) as undated, (select count(*) from chosen) as shown,
    (select min(period) from points where kind = 'day' and version is not null) as by_version_from,
    (select min(day)::text from chosen) as first_day, (select max(day)::text from chosen) as last_day
from all_runs
"""
