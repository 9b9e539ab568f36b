"""A delivery in the style of Statistics Norway: a folder per theme, a file per year or month, Stata and CSV mixed."""
