"""A study as a flat file for Stata or R inside the zone, with a script that re-estimates its main row."""
