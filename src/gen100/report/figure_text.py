"""What figures say about their numbers: data, network, samples, training, seeds and devices; and lines at the
distances of real images, noise and one flat colour."""

from collections import Counter
from collections.abc import Sequence
from textwrap import wrap

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gen100.i18n import N_, _
from gen100.provenance import Provenance
from gen100.report.labels import admitted, caveat, data_label, devices, extractor_label, span, split_label
from gen100.report.records import Record
from gen100.report.style import BLACK, GREY

TITLE_SIZE, NOTE_SIZE = 12.5, 8.5
"""Points."""
LEVELS: dict[str, tuple[str, str]] = {
    "noise": (N_("noise"), ":"),
    "constant": (N_("one flat colour"), "-."),
    "real": (N_("real images"), "--"),
}
"""Name, to be translated, and line style of each."""


def notes(results: list[Record], facts: Provenance) -> list[str]:
    """Two lines on what the numbers of these runs rest on."""
    data = _("Data: {data} · {samples} samples against {reference} · seeds: {seeds}").format(
        data=data_label(facts.data),
        samples=span(run["samples"] for run in results),
        reference=split_label(facts.reference),
        seeds=span(Counter(run["cell"] for run in results).values()),
    )
    extractor = _("Measured with {extractor} · images seen: {seen} · {devices}").format(
        extractor=extractor_label(facts.extractor),
        seen=span(run["images_seen"] for run in results),
        devices=devices(results),
    )
    return [data, extractor]


def headed(
    size: tuple[float, float],
    title: str,
    results: list[Record],
    facts: Provenance,
    more: Sequence[str] = (),
    edge: float = 0.1,
    dpi: int | None = None,
) -> tuple[Figure, str, float]:
    """A figure with a heading at its top left: an honest title, and what the numbers of these runs rest on.

    Args:
        size: width, and the height below the heading, in inches.
        more: lines after the notes.
        edge: inches around the heading.
        dpi: where given, the heading's height is a whole number of pixels.

    Returns:
        The figure, its title, and the heading's height in inches.
    """
    title = admitted(title, caveat(facts.data, [run["images_seen"] for run in results]))
    width, below = size
    room = 72 * (width - 2 * edge)  # points; letters are 0.65 (bold) or 0.56 of their size wide
    first = wrap(title, int(room / (0.65 * TITLE_SIZE)))
    lines = [*notes(results, facts), *more]
    second = [part for line in lines for part in wrap(line, int(room / (0.56 * NOTE_SIZE)))]
    head = 2 * edge + 1.3 * (TITLE_SIZE * len(first) + NOTE_SIZE * len(second)) / 72
    head = round(dpi * head) / dpi if dpi else head
    height = head + below
    figure = Figure(figsize=(width, height), dpi=dpi)
    lower = edge + 1.3 * TITLE_SIZE * len(first) / 72
    figure.text(edge / width, 1 - edge / height, "\n".join(first), fontsize=TITLE_SIZE, weight="bold", va="top")
    figure.text(edge / width, 1 - lower / height, "\n".join(second), fontsize=NOTE_SIZE, color=GREY, va="top")
    return figure, title, head


def level_name(kind: str) -> str:
    return _(LEVELS[kind][0])


def draw_levels(axes: Axes, levels: dict[str, float], kinds: Sequence[str] = tuple(LEVELS)) -> None:
    """Draw a line at the distance of each of `kinds`; its name is above it, below for the lower of noise and
    colour."""
    for kind in kinds:
        below = kind != "real" and any(levels[other] > levels[kind] for other in kinds)
        axes.axhline(levels[kind], color=BLACK, lw=1.1, ls=LEVELS[kind][1], zorder=1)
        axes.annotate(
            level_name(kind),
            (0.01, levels[kind]),
            xycoords=("axes fraction", "data"),
            xytext=(0, -3 if below else 3),
            textcoords="offset points",
            va="top" if below else "bottom",
            fontsize=8,
        )
