"""Delivered files as they come: CSV, Stata, SAS, SPSS, parquet, packed or not, read a stretch of rows at a time."""
