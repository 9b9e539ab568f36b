"""The catalogue: what a delivery holds, in which files, under which names; one YAML, and a study never names a file."""
