"""Outcomes after time zero: the only files that read them, and only `effekt.study` may import them."""
