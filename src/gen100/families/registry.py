"""Every family by name. A new family is a folder here and one line in NAMES."""

from importlib import import_module

from gen100.families.base import Family

NAMES = (
    "vae",
    "dalle",
    "stylegan2",
    "stable_diffusion",
)
"""The folders; each defines FAMILY. Tables and figures show the families in this order."""

FAMILIES: dict[str, Family] = {name: import_module(f"gen100.families.{name}").FAMILY for name in NAMES}
