"""Counties and Nav regions from registers: who enters where and when, and what becomes of them, as rates."""
