"""What an evaluation mistake is."""

from dataclasses import dataclass
from typing import Literal

from gen100.thesis.forensics.pipeline import CORRECT_PIPELINE, MetricPipeline


@dataclass(frozen=True)
class Mistake:
    """One evaluation mistake.

    Attributes:
        name: its key in forensics.csv.
        title, seen: what it is and where such code is seen: messages, or plain code.
        pipeline: the correct one with the mistake in it.
        replacement: the images measured instead of samples, where the mistake needs no model.
    """

    name: str
    title: str
    seen: str
    pipeline: MetricPipeline = CORRECT_PIPELINE
    replacement: Literal["noise", "flat"] | None = None
