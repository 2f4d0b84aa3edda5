"""gen100's training beside that of other implementations: a pair of loops for each model."""
