"""Randomness as a function of the seed, what it is for, and a step."""

import hashlib

import torch


def derive(seed: int, purpose: str, step: int = 0) -> int:
    """A 63-bit seed, different for every (seed, purpose, step), the same on every machine."""
    name = f"{seed}/{purpose}/{step}".encode()
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big") >> 1


def reseed(seed: int, purpose: str, step: int = 0) -> None:
    """Seed torch's global generators, of the CPU and of every GPU."""
    number = derive(seed, purpose, step)
    # torch.manual_seed does the same, but for each kind of device that is not there it notes the whole call stack.
    torch.default_generator.manual_seed(number)
    if torch.cuda.is_available():
        torch.cuda.manual_seed_all(number)
