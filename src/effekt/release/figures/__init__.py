"""Figures, one per file, drawn from released tables and nothing else."""
