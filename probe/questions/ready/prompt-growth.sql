-- Which prompts grew, from version to version?
-- Medians over the first call of the model in each run; the last two columns compare with the version before it, in the order of first runs.
with sizes as (
    select
        prompt_sizes.target, prompt_sizes.version,
        count(*) as runs,
        min(started) as first_run,
        median(instructions_bytes) as instructions_bytes,
        median(tools) as tools,
        median(tools_bytes) as tools_bytes,
        median(prompt_sizes.input_tokens) as input_tokens
    from prompt_sizes
    join runs_real using (run)
    group by all
)
select
    target, version, runs, instructions_bytes, tools, tools_bytes, input_tokens,
    instructions_bytes - lag(instructions_bytes) over versions as instructions_grew,
    tools_bytes - lag(tools_bytes) over versions as tools_grew
from sizes
window versions as (partition by target order by first_run, version)
order by target, first_run, version
