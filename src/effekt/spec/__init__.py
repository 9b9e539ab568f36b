"""What is ASKED: the grammar of a study, its resolution, JSON Schema and digest. ``load`` is the door."""
