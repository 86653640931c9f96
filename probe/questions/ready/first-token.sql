-- How long does each model take to its first token, by day?
-- Of calls that were answered; the day is that of the run's start.
select
    date,
    answering_model as model,
    count(*) as turns,
    round(median(seconds_to_first_token), 3) as median_seconds,
    round(quantile_cont(seconds_to_first_token, 0.95), 3) as seconds_95_percent,
    round(max(seconds_to_first_token), 3) as longest_seconds
from turns_real
where seconds_to_first_token is not null and not failed
group by all
order by date desc, model
