"""Impact evaluation of programmes on register data: one spec from feasibility to a released report."""
