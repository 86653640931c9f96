"""Questions about many runs: their tables as views of DuckDB, questions that are ready, and what is printed."""
