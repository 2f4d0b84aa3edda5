"""Randomness as a function of the seed, what it is for, and a step."""

import hashlib

import torch


def derive(seed: int, purpose: str, step: int = 0) -> int:
    """A 63-bit seed, different for every (seed, purpose, step), the same on every machine."""
    name = f"{seed}/{purpose}/{step}".encode()
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big") >> 1


def reseed(seed: int, purpose: str, step: int = 0) -> None:
    """Seed torch's global generators, of the CPU and of every GPU."""
    torch.manual_seed(derive(seed, purpose, step))
