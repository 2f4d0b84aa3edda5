"""The stages that turn results into tables, figures and a page."""

from gen100.config import Params


def aggregate(params: Params) -> None:
    """Collect every run's results into one table."""
    from gen100.report.results import aggregate as collect

    collect(params)


def compare(params: Params) -> None:
    """Compare the losses of each model and size, over seeds and over samples."""
    from gen100.report.comparisons import write_comparisons

    write_comparisons(params)


def claims(params: Params) -> None:
    """Judge the thesis' claims by the results."""
    from gen100.thesis.claims import write_claims

    write_claims(params)


def tables(params: Params) -> None:
    """Rebuild the thesis' tables."""
    from gen100.thesis.tables import write_tables

    write_tables(params)


def figures(params: Params) -> None:
    """Rebuild the thesis' appendices; draw what quality costs, and how its measure depends on the sample count."""
    from gen100.report.cost_and_bias import write_trade
    from gen100.thesis.appendices import write_appendices

    write_appendices(params)
    write_trade(params)


def theory(_params: Params) -> None:
    """Compute the thesis' theory figures."""
    from gen100.thesis.theory import write_theory

    write_theory()


def page(params: Params) -> None:
    """Write the page that shows everything."""
    from gen100.thesis.page import write_page

    write_page(params)
