"""Families of generative models, a folder each."""
