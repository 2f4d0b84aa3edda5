"""Losses, each with its equation, by model family."""
