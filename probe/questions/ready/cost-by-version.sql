-- What does a run cost, by version of the agent?
-- Dollars are those of the report; `priced_runs` says how many runs have them. Tokens are means over all runs.
select
    target, version,
    count(*) as runs,
    count(dollars) as priced_runs,
    round(avg(dollars), 4) as dollars_per_run,
    round(median(dollars), 4) as median_dollars,
    round(sum(dollars), 2) as dollars,
    round(avg(input_tokens)) as input_tokens_per_run,
    round(avg(output_tokens)) as output_tokens_per_run
from runs_real
group by target, version
order by target, min(started), version
