"""How a world that stands for a country compares with what is published about it, moment by moment."""
