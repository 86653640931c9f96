-- How much of the input is read from the cache, by version?
-- Of calls that report their usage; `first_turns_percent` is the same of the first call of each run, which only another run can have cached.
select
    target, version,
    count(*) as turns,
    sum(input_tokens)::bigint as input_tokens,
    sum(cache_read_tokens)::bigint as cache_read_tokens,
    sum(cache_write_tokens)::bigint as cache_write_tokens,
    round(100.0 * sum(cache_read_tokens) / nullif(sum(input_tokens), 0), 1) as hit_percent,
    round(100.0 * sum(cache_read_tokens) filter (turn = 1) / nullif(sum(input_tokens) filter (turn = 1), 0), 1)
        as first_turns_percent
from turns_real
where input_tokens is not null
group by target, version
order by target, min(started), version
