"""Pure functions on arrays: no frames, no spec, no state. What a reference implementation is compared with."""
