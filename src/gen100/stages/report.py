"""The stages that turn results into tables, figures and a page, and the plan that DVC reads."""

from gen100 import files, layout
from gen100.config import Params
from gen100.plan import make_plan


def plan(params: Params) -> None:
    """Write what each stage of each run depends on."""
    files.write_json(layout.PLAN, make_plan(params))


def aggregate(params: Params) -> None:
    """Collect every run's results into one table."""
    from gen100.report.aggregate import aggregate as collect

    collect(params)


def compare(params: Params) -> None:
    """Compare the losses of each model and size, over seeds and over samples."""
    from gen100.report.comparisons import write_comparisons

    write_comparisons(params)


def claims(params: Params) -> None:
    """Judge the thesis' claims by the results."""
    from gen100.report.claims import write_claims

    write_claims(params)


def tables(params: Params) -> None:
    """Rebuild the thesis' tables."""
    from gen100.report.tables import write_tables

    write_tables(params)


def figures(params: Params) -> None:
    """Rebuild the thesis' appendices; draw what quality costs, and how its measure depends on the sample count."""
    from gen100.report.figures import write_appendices
    from gen100.report.trade import write_trade

    write_appendices(params)
    write_trade(params)


def theory(_params: Params) -> None:
    """Compute the thesis' theory figures."""
    from gen100.report.theory import write_theory

    write_theory()


def page(params: Params) -> None:
    """Write the page that shows everything."""
    from gen100.report.page import write_page

    write_page(params)
