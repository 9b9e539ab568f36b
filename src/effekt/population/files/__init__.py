"""Delivered files as they lie on disk: formats, dialects, and cells that become text or numbers exactly."""
