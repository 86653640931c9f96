-- Which tools fail, and how often?
-- `failed` counts results that the API marks as failed; `said_so` counts results of which it says whether they failed. Seconds are those until the result was sent.
select
    target,
    name as tool,
    count(*) as calls,
    count(result_turn) as results,
    count(failed) as said_so,
    count(*) filter (failed) as failed,
    round(100.0 * count(*) filter (failed) / nullif(count(failed), 0), 1) as failed_percent,
    round(median(seconds), 3) as median_seconds,
    count(distinct run) as runs
from tool_use
group by target, name
order by failed desc, calls desc, target, tool
