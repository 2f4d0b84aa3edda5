"""Stable Diffusion: latent diffusion with captions."""
