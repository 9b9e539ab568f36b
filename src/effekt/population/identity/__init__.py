"""The identity guard: nothing that could be a Norwegian person number gets past this room."""
