"""The stage `forensics`: reports/forensics.csv, and forensics.<language>.md made from the same facts."""

import re

from gen100 import i18n, layout
from gen100.config import Params
from gen100.data import arrays
from gen100.device import device
from gen100.files import write_text
from gen100.metrics.extractors import describe
from gen100.provenance import SplitFacts
from gen100.thesis.forensics.classifiers import ClassifierVariants
from gen100.thesis.forensics.facts import ForensicsFacts, write_forensics_csv
from gen100.thesis.forensics.image_sets import workspace_images
from gen100.thesis.forensics.printed import read_printed
from gen100.thesis.forensics.report import TextTable, report_title, sections
from gen100.thesis.forensics.runner import PipelineRunner
from gen100.thesis.forensics.search import MistakeSearch


def write_forensics(params: Params) -> None:
    """Write reports/forensics.csv and reports/forensics.<language>.md.

    Raises:
        UserError: arrays, samples, a run's record or the network's weights are missing or damaged.
    """
    data = arrays.load(layout.ARRAYS)
    weights = layout.extractor("metric")
    images = workspace_images(params, data)
    with device() as where:
        runner = PipelineRunner(ClassifierVariants(weights), images.reference, where)
        search = MistakeSearch(runner, images, read_printed(), synthetic=data.facts.synthetic)
        results = tuple(search.results())
    reference = SplitFacts(split=params.metrics.reference, images=len(images.reference.images))
    found = ForensicsFacts(data.facts, describe(weights), reference, results)
    write_forensics_csv(found)
    for language in i18n.LANGUAGES:
        with i18n.language(language):
            write_text(layout.FORENSICS.with_suffix(f".{language}.md"), as_markdown(found))


def as_markdown(facts: ForensicsFacts) -> str:
    """The report in the current language."""
    parts = [f"# {_escaped(report_title(facts))}"]
    for section in sections(facts):
        parts.append(f"## {_escaped(section.heading)}")
        if section.items:
            parts.append("\n".join(f"- {_escaped(item)}" for item in section.items))
        if section.table:
            parts.append(_table(section.table))
    return "\n\n".join(parts) + "\n"


def _table(table: TextTable) -> str:
    rule = ["---:" if numeric else "---" for numeric in table.numeric]
    rows = ([_escaped(text) for text in row] for row in (table.heads, *table.rows))
    head, *body = ("| " + " | ".join(row) + " |" for row in rows)
    return "\n".join([head, "| " + " | ".join(rule) + " |", *body])


def _escaped(text: str) -> str:
    """Plain text for Markdown. Brackets and underscores that mean nothing there stay as they are."""
    return re.sub(r"[\\`*<|]|\](?=[(\[])|(?<!\w)_|_(?!\w)", r"\\\g<0>", text)
