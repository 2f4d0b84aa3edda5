"""The generative models and the networks they share."""
