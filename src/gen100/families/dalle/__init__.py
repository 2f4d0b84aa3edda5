"""DALL-E: a discrete VAE and a transformer over its tokens."""
