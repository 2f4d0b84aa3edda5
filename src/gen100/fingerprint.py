"""Fingerprints of networks: hashes over what decides their weights, and nothing more.

A checkpoint, or a finished network, is used only where the fingerprint in it is that of the network asked for.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from gen100 import __version__, files, layout
from gen100.errors import UserError
from gen100.families.registry import FAMILIES

PACKAGE = Path(__file__).parent
"""The folder of gen100: where source files are looked for."""

SHARED = ("base", "build", "interfaces")
"""What all families share in their folder, but for the list of them."""

Sources = dict[str, str]
"""The checksum of each source file, by its path in the package."""


def autoencoder_sources(family: str, package: Path = PACKAGE) -> Sources:
    """The code that decides the weights of a family's autoencoder.

    These are the family's folder, and what all families share: blocks, the training loop, and how a network is
    built and put on a device; and the perceptual network's, where a loss uses it.
    """
    shared = ("nn/**/*.py", "training/**/*.py", "device.py", *(f"families/{name}.py" for name in SHARED))
    perceptual = ("metrics/perceptual.py", "metrics/network.py") if FAMILIES[family].perceptual else ()
    return _digests(package, f"families/{family}/**/*.py", *shared, *perceptual)


def model_sources(family: str, package: Path = PACKAGE) -> Sources:
    """The code that decides the weights of a family's models: its autoencoder's, and the captions that it sees."""
    captions = _digests(package, "data/captions.py") if FAMILIES[family].conditional else {}
    return autoencoder_sources(family, package) | captions


def feature_network_sources(package: Path = PACKAGE) -> Sources:
    """The code that decides the weights of the project's own feature network: its file, and how it is trained."""
    return _digests(package, "metrics/network.py", "training/**/*.py", "device.py")


def _digests(package: Path, *patterns: str) -> Sources:
    digests = {}
    for pattern in patterns:
        found = list(package.glob(pattern))
        assert found, f"{package / pattern} matches no file"
        digests |= {path.relative_to(package).as_posix(): files.digest(path) for path in found}
    return digests


def fingerprint(sources: Sources, seed: int, decides: dict[str, Any], *others: Path) -> str:
    """A hash over all that decides a network's weights: code, seed, settings, the data and other files.

    Args:
        sources: of one of the functions above.
        decides: the settings, as values that JSON can hold.
        others: files that training reads, such as the weights of a first stage.

    Raises:
        UserError: a file is missing; names it and the way out.
    """
    inputs = [layout.ARRAYS, *others]
    for path in inputs:
        if not path.exists():
            raise UserError(f"{path} is missing: run the stage that writes it first (gen100 --help lists them)")
    content = {
        "version": __version__,
        "code": sources,
        "seed": seed,
        "decides": decides,
        "inputs": [files.digest(path) for path in inputs],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
