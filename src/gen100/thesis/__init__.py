"""The thesis that this project reruns: what it printed, and what the results say of it."""
