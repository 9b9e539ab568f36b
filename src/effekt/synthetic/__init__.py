"""HOW worlds are made: a world in YAML, the persons in it, their careers, a programme with a known effect.

Every random number is a pure function of (seed, module, person, month, stream), so a part of the population,
another order or another regime of the programme sees the same luck as the whole. ``world`` says what a world may
say, ``draw`` writes its registers, ``replay`` lives the treated again under another regime.
"""
