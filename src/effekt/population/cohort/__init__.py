"""From registers to a design-stage sample: who is eligible, when their time zero is, and what was known by then."""
