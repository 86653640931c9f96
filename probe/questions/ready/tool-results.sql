-- Which tools' results fill the context?
-- `bytes` is what the results are; `sent_bytes` counts them as often as requests sent them, and `percent` is its share of all that results were sent.
select
    target,
    name as tool,
    count(result_bytes) as results,
    sum(result_bytes)::bigint as bytes,
    round(avg(result_bytes)) as mean_bytes,
    max(result_bytes) as largest,
    sum(sent_bytes)::bigint as sent_bytes,
    round(100.0 * sum(sent_bytes) / nullif(sum(sum(sent_bytes)) over (partition by target), 0), 1) as percent
from tool_use
where result_bytes is not null
group by target, name
order by sent_bytes desc, target, tool
