"""What to call data, extractors, splits and measures, in the current language."""

from collections.abc import Iterable

from gen100 import i18n
from gen100.families.registry import FAMILIES
from gen100.i18n import _, ngettext
from gen100.provenance import DataFacts, ExtractorFacts, SplitFacts
from gen100.report.records import Record

SHORT_RUN = 1_000_000
"""Runs that saw fewer images than this are called short: their numbers say little of the model."""


def data_label(data: DataFacts) -> str:
    """ "CIFAR-100", or "synthetic stand-in (2,000 training images, seed 0)"."""
    count = i18n.number(data.train)
    texts = {
        "synthetic": _("synthetic stand-in ({count} training images, seed {seed})"),
        "archive": _("archive in CIFAR-100's format ({count} training images)"),
    }
    return texts.get(data.name, data.name).format(count=count, seed=data.seed)


def network_label(extractor: ExtractorFacts) -> str:
    """The network's name alone: "Inception v3" or "CIFAR-100 network"."""
    return "Inception v3" if extractor.distance == "FID" else _("CIFAR-100 network")


def network_head(title: str, extractor: ExtractorFacts) -> str:
    """A head that holds as it is only where Inception v3 measured, and else names the network."""
    return title if extractor.distance == "FID" else f"{title} ({network_label(extractor)})"


def extractor_label(extractor: ExtractorFacts) -> str:
    """Distance and network: "FID, Inception v3" or "FD, CIFAR-100 network (seed 0, test accuracy 48.1%)"."""
    name = f"{extractor.distance}, {network_label(extractor)}"
    if extractor.accuracy is None:
        return name
    said = _("seed {seed}, test accuracy {accuracy}%").format(
        seed=extractor.seed, accuracy=i18n.number(100 * extractor.accuracy, 1)
    )
    if extractor.synthetic:
        said = _("synthetic images, {details}").format(details=said)
    return f"{name} ({said})"


def split_label(split: SplitFacts) -> str:
    """ "train, 50,000 images"."""
    return _("{split}, {count} images").format(split=split_name(split), count=i18n.number(split.images))


def split_name(split: SplitFacts) -> str:
    return {"train": _("train"), "test": _("test")}[split.split]


def devices(runs: Iterable[Record]) -> str:
    return "; ".join(dict.fromkeys(map(device, runs)))


def device(run: Record) -> str:
    """ "NVIDIA H100 80GB HBM3", or "CPU, 2 threads"."""
    threads = run.get("threads")
    if not threads:
        return run["device"]
    said = ngettext("{device}, {count} thread", "{device}, {count} threads", int(threads))
    return said.format(device=run["device"], count=int(threads))


def caveat(data: DataFacts, images_seen: Iterable[float]) -> str:
    """What a title must admit: "synthetic data, short run", or nothing."""
    holds = {_("synthetic data"): data.synthetic, _("short run"): any(seen < SHORT_RUN for seen in images_seen)}
    return ", ".join(said for said, true in holds.items() if true)


def usual_title(family: str) -> str:
    """The title of a family's figure, in the current language."""
    return _("Training and images generated with the {family} model").format(family=FAMILIES[family].title)


def admitted(title: str, told: str) -> str:
    """A title with its caveat."""
    return f"{title} — {told}" if told else title


def span(values: Iterable[float]) -> str:
    """ "5,000", or "5,000 to 20,000" where whole numbers differ."""
    low, high = min(values := list(values)), max(values)
    if low == high:
        return i18n.number(low)
    return _("{low} to {high}").format(low=i18n.number(low), high=i18n.number(high))
