"""What the page says around its numbers, in both languages: prose.yaml."""

from importlib.resources import files

import yaml

from gen100.report.words import Text

_PROSE: dict[str, dict[str, Text]] = yaml.safe_load(
    files("gen100.thesis.page").joinpath("prose.yaml").read_text(encoding="utf-8")
)
SAY = _PROSE["say"]
VERDICTS = _PROSE["verdicts"]
"""Of mistakes."""
LOSS_NAMES = _PROSE["losses"]
"""Of `loss_names`."""
SCALES = _PROSE["scales"]
"""Of `choose_scale`."""
