"""Commands on synthetic worlds."""
