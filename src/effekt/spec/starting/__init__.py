"""A first draft of a study from a few answers: a file that passes ``check`` and can be rehearsed at once."""
