"""gen100: families of generative image models on CIFAR-100, compared fairly and reproducibly."""

__version__ = "0.1.0"
