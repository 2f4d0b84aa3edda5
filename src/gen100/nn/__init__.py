"""Building blocks that two families share."""
