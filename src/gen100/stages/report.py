"""The stages that collect and compare results."""

from gen100.config import Params


def aggregate(params: Params) -> None:
    """Collect every run's results into one table."""
    from gen100.report.results import aggregate as collect

    collect(params)


def compare(params: Params) -> None:
    """Compare the losses of each family and size, over seeds and over samples."""
    from gen100.report.comparisons import write_comparisons

    write_comparisons(params)
