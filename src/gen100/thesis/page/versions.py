"""The versions of the program and of what its numbers depend on."""

import platform
from importlib.metadata import PackageNotFoundError, version

from gen100 import __version__
from gen100.report.table import DASH
from gen100.version import commit

PACKAGES = ("torch", "torchvision", "torch-fidelity", "numpy", "scipy", "pandas", "matplotlib")


def versions() -> dict[str, str]:
    """Name and version, a dash where a package is not installed."""
    found = {"gen100": f"{__version__} ({commit()})", "Python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = DASH
    return found
