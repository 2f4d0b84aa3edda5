"""The thesis's conclusions, C1 to C13, judged by the runs of its cells: reports/claims.<language>.{csv,md}."""

from gen100.thesis.claims.report import write_claims

__all__ = ["write_claims"]
