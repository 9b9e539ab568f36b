"""The engine: registers become columns of records, in SQL that Ibis writes and DuckDB runs."""
