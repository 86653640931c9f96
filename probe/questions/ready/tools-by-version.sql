-- Which versions offer which tools?
-- `runs` is how many runs of the version offered the tool, `of_runs` how many runs it has.
with offered as (select target, version, tool, count(distinct run) as runs from offered_tools group by all)
select offered.target, offered.tool, offered.version, offered.runs, versions.runs as of_runs
from offered
join versions using (target, version)
order by offered.target, offered.tool, versions.first_date, offered.version
