"""One training loop for every model: phases, exponential moving average, checkpoints."""
