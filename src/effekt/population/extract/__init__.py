"""An extract on disk: canonical registers as parquet, opened once, checked whole and known by its content."""
