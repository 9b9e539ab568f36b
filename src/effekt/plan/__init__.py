"""Is it worth buying the data? From a spec and a world: what could be found, when, with which data, and the verdict."""
