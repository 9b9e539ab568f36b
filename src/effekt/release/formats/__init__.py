"""The forms a release may take beside its data files: a page, a word processor's file, sheets, LaTeX, print.

They are made from what the report prints and from the same protected tables, and from nothing else: a number reads
alike in all of them, to its last digit. The same content gives the same bytes, but for print, which the browser of
the machine makes.
"""
