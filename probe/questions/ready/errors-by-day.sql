-- Which errors were there, day by day?
-- `status` is empty where no answer came or the agent itself failed; `repeated` counts the calls that were tried again.
select
    date, target, what, status,
    count(*) as errors,
    count(*) filter (was_repeated) as repeated,
    count(distinct run) as runs,
    min(problem) as for_example
from errors
group by date, target, what, status
order by date desc, errors desc, target, what, status
