"""Ingest: from a folder of delivered files and its catalogue to canonical registers, whole or not at all."""
