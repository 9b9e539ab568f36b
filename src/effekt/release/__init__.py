"""The only door out: what leaves the zone has passed :func:`effekt.release.disclosure.protect`."""
