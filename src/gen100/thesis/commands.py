"""The stages of the thesis: what of it is rebuilt and judged, in figures, tables and a page."""

from gen100.config import Params


def forensics(params: Params) -> None:
    """Look for evaluation mistakes that give numbers like the thesis's."""
    from gen100.thesis.forensics.search import write_forensics

    write_forensics(params)


def claims(params: Params) -> None:
    """Judge the thesis's claims by the results."""
    from gen100.thesis.claims import write_claims

    write_claims(params)


def tables(params: Params) -> None:
    """Rebuild the thesis's tables, and write a table of all measures."""
    from gen100.thesis.tables import write_tables

    write_tables(params)


def figures(params: Params) -> None:
    """Draw losses and images of every cell, the cost of quality, and its bias by the number of samples."""
    from gen100.report.figures import write_figures
    from gen100.thesis.cells import figure_title

    write_figures(params, figure_title)


def theory(_params: Params) -> None:
    """Compute the thesis's theory figures."""
    from gen100.thesis.theory import write_theory

    write_theory()


def page(params: Params) -> None:
    """Write the page of everything, once per language."""
    from gen100.thesis.page import write_pages

    write_pages(params)
