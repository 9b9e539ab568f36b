"""One file per generated page of the manual; each has a function `page` that returns its text."""
