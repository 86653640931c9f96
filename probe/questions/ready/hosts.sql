-- Which hosts do agents talk to?
-- `captured` is false where only tunnels to the host were seen, and not what was said.
select
    host,
    bool_and(captured) as captured,
    string_agg(distinct hosts.target, ', ' order by hosts.target) as targets,
    count(distinct run) as runs,
    sum(requests)::bigint as requests,
    sum(sent)::bigint as sent_bytes,
    sum(received)::bigint as received_bytes,
    sum(unreached)::bigint as unreached
from hosts
join runs_real using (run)
group by host
order by runs desc, requests desc, host
