"""CIFAR-100: archive, arrays, captions, and the synthetic stand-in."""
