"""What the program asks a family of models, without building a network. Importing this is cheap (no torch)."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from gen100.i18n import N_
from gen100.settings import FamilySettings, Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor, nn

    from gen100.cells import Cell
    from gen100.families.interfaces import Autoencoder, GenerativeModel


class Family:
    """A family of generative models: one subclass and one folder hold all that is known of it.

    The folder's module `model`, which may import torch, builds the networks: it has functions `build_model` and,
    in a two-stage family, `build_autoencoder`, with the arguments of the methods here.

    Attributes:
        name: its part of a cell's name and its key in params.yaml: lower-case letters, digits and underscores.
        title: what tables and figures call it.
        losses: each loss's name and title. The first is the family's usual loss. The family's module `losses`
            defines a function or object of the same name.
        settings: its keys in params.yaml, under `models.<name>`.
        sampling: its keys in params.yaml, under `sampling`.
        conditional: whether it draws an image of a caption's class.
        autoencoder: what its first stage depends on: on the latent size alone, so that the losses share it, or
            on the loss too. None for a family of one stage.
        perceptual: the losses that compare images by the features of the perceptual network.
        of_a_batch: the losses that compare the images of a batch with each other, and so need two.
        loss_labels: what the two loss columns of a curve hold.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    losses: ClassVar[dict[str, str]]
    settings: ClassVar[type[FamilySettings]]
    sampling: ClassVar[type[Settings]] = Settings
    conditional: ClassVar[bool] = False
    autoencoder: ClassVar[Literal["per latent", "per latent and loss"] | None] = None
    perceptual: ClassVar[frozenset[str]] = frozenset()
    of_a_batch: ClassVar[frozenset[str]] = frozenset()
    loss_labels: ClassVar[tuple[str, str]] = (N_("training"), N_("validation"))

    def check_latent(self, latent: int) -> None:
        """Refuse a latent size that the family cannot have.

        Raises:
            ValueError: says which sizes are allowed.
        """

    def check(self, settings: Any, sampling: Any, latents: "Sequence[int]") -> None:
        """Refuse settings that do not fit each other; asked of families that have cells.

        Args:
            settings: of this family.
            sampling: the `sampling` of params.yaml, which has the keys of `self.sampling`.
            latents: the latent sizes of its cells.

        Raises:
            ValueError: names the keys and what is allowed.
        """

    def autoencoder_name(self, cell: "Cell") -> str | None:
        """The name of the autoencoder that a cell uses; cells that share one have the same name."""
        match self.autoencoder:
            case "per latent":
                return f"{self.name}-{cell.latent}"
            case "per latent and loss":
                return str(cell)
            case None:
                return None

    def build_model(self, cell: "Cell", settings: Any, captions: "Tensor", autoencoder: Any) -> "GenerativeModel":
        """The untrained model of a cell.

        Args:
            settings: of this family.
            captions: classes x L, int64: the tokens of each class's caption, 0 is padding.
            autoencoder: the trained first stage of a two-stage family, else None.
        """
        return self._networks.build_model(cell, settings, captions, autoencoder)

    def build_autoencoder(self, cell: "Cell", settings: Any, features: "nn.Module | None") -> "Autoencoder":
        """The untrained first stage of a two-stage family.

        Args:
            settings: of this family.
            features: the network of the perceptual loss, for the losses that use it.
        """
        return self._networks.build_autoencoder(cell, settings, features)

    @property
    def _networks(self) -> Any:
        return import_module(f"gen100.families.{self.name}.model")
