"""All evaluation mistakes that are tried, as plain tables: importing them is cheap (no torch)."""

from gen100.i18n import N_
from gen100.thesis.forensics.mistakes.features import FEATURES, IMAGE_COUNTS, NETWORKS
from gen100.thesis.forensics.mistakes.formulas import FID_FORMULA, IS_FORMULA
from gen100.thesis.forensics.mistakes.inputs import NOTHING_GENERATED, PIXELS
from gen100.thesis.forensics.mistakes.mistake import Mistake

__all__ = ["CORRECT", "MISTAKES", "NAMED", "Mistake"]

CORRECT = Mistake("none", N_("none: the correct pipeline"), N_("this project"))

MISTAKES = (*NOTHING_GENERATED, *PIXELS, *NETWORKS, *FEATURES, *IMAGE_COUNTS, *FID_FORMULA, *IS_FORMULA)
"""Each replaces one part of the correct pipeline, or one part on both sides."""

NAMED = {mistake.name: mistake for mistake in (CORRECT, *MISTAKES)}
