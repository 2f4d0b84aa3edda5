"""The stage `forensics`: reports/forensics.csv, and forensics.<language>.md made from the same facts."""

import re

from gen100 import i18n, layout
from gen100.config import Params, SyntheticData
from gen100.data import arrays
from gen100.device import device
from gen100.files import digest, write_text
from gen100.metrics.weights import OwnHeader, read_header
from gen100.provenance import DataFacts, ExtractorFacts, SplitFacts
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
    facts = data_facts(params, data)
    images = workspace_images(params, data)
    with device() as where:
        runner = PipelineRunner(ClassifierVariants(weights), images.reference, where)
        search = MistakeSearch(runner, images, read_printed(), synthetic=facts.synthetic)
        results = tuple(search.results())
    reference = SplitFacts(split=params.metrics.reference, images=len(images.reference.images))
    found = ForensicsFacts(facts, extractor_facts(weights), reference, results)
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


def data_facts(params, data) -> DataFacts:
    counts = {"train": len(data.train_images), "test": len(data.test_images)}
    if isinstance(params.data, SyntheticData):
        return DataFacts(name="synthetic", seed=params.data.synthetic.seed, **counts)
    return DataFacts(name="CIFAR-100" if data.title == "CIFAR-100" else "archive", **counts)


def extractor_facts(weights) -> ExtractorFacts:
    header = read_header(weights)
    if isinstance(header, OwnHeader):
        return ExtractorFacts(
            kind=header.kind,
            sha256=digest(weights),
            accuracy=header.accuracy,
            seed=header.seed,
            synthetic=header.synthetic,
        )
    return ExtractorFacts(kind=header.kind, sha256=digest(weights))
