"""Cells: the primary key of everything, `<family>-<loss>-<latent>`."""

import re
from dataclasses import dataclass

from gen100.families.registry import FAMILIES

_FIRST = next(iter(FAMILIES.values()))
EXAMPLE = f"{_FIRST.name}-{next(iter(_FIRST.losses))}-128"
"""A cell, for messages."""


@dataclass(frozen=True, order=True)
class Cell:
    """One combination of family, loss and latent size."""

    family: str
    loss: str
    latent: int

    def __str__(self) -> str:
        return f"{self.family}-{self.loss}-{self.latent}"

    @property
    def autoencoder(self) -> str | None:
        """The name of the autoencoder that the cell uses, or None; cells that share one have the same name."""
        return FAMILIES[self.family].autoencoder_name(self)

    @property
    def loss_title(self) -> str:
        return FAMILIES[self.family].losses[self.loss]

    @property
    def title(self) -> str:
        return f"{FAMILIES[self.family].title}, {self.loss_title}"

    @classmethod
    def parse(cls, text: str) -> "Cell":
        """Read `<family>-<loss>-<latent>`.

        Raises:
            ValueError: not of that form, an unknown family or loss, or a latent size that the family cannot
                have; names what is allowed.
        """
        match = re.fullmatch(r"([a-z0-9_]+)-([a-z0-9_]+)-([1-9][0-9]*)", text)
        if match is None:
            raise ValueError(f"'{text}' is not a cell: write <family>-<loss>-<latent>, as in {EXAMPLE}")
        name, loss, latent = match.groups()
        if name not in FAMILIES:
            raise ValueError(f"'{text}' names an unknown family: use one of {', '.join(FAMILIES)}")
        family = FAMILIES[name]
        if loss not in family.losses:
            raise ValueError(f"'{text}' names an unknown loss of {name}: use one of {', '.join(family.losses)}")
        try:
            family.check_latent(int(latent))
        except ValueError as error:
            raise ValueError(f"'{text}': {error}") from None
        return cls(name, loss, int(latent))
