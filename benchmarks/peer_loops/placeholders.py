"""Modules that peers import and that nothing here calls: placeholders for them, so that they need not be there."""

import sys
from types import ModuleType


def placeholder(name: str, *names: str) -> None:
    """Let `import name` succeed, with classes of those names in it."""
    module = ModuleType(name)
    module.__dict__.update({each: type(each, (), {}) for each in names})
    sys.modules[name] = module
