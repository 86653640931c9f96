-- Which runs failed, and why?
-- Runs whose agent ended with an error, or whose last call of the model failed; `line` is that of the last error, for `get RUN exchange.LINE`; without one, only the agent's exit code is known.
with last_turn as (
    select run, max_by(failed, turn) as failed
    from turns_real
    where not failed_try and not is_side
    group by run
),
last_error as (
    select run, max_by(status, (time, line)) as status, max_by(problem, (time, line)) as problem, max_by(line, (time, line)) as line
    from errors
    where line is not null
    group by run
)
select
    runs_real.started, runs_real.run, runs_real.version, runs_real.agent_exit_code as exit_code, runs_real.turns,
    last_error.status,
    coalesce(last_error.problem, 'the agent ended with exit code ' || runs_real.agent_exit_code) as problem,
    last_error.line
from runs_real
left join last_turn using (run)
left join last_error using (run)
where runs_real.failed or coalesce(last_turn.failed, false)
order by runs_real.started desc, runs_real.run
