"""The thesis's claims with their verdicts, as the page shows them."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from gen100 import i18n, layout
from gen100.errors import UserError
from gen100.i18n import _
from gen100.report.table import DASH
from gen100.thesis.claims.claim import VERDICTS

COLUMNS = ("id", "claim", "verdict", "evidence", "figure")


@dataclass(frozen=True)
class ClaimCard:
    """A claim in the current language.

    Attributes:
        verdict: a key of VERDICTS.
        target: the id of the part of the page that shows its figure, or nothing.
    """

    id: str
    text: str
    verdict: str
    evidence: str
    target: str

    @property
    def verdict_text(self) -> str:
        return _(VERDICTS[self.verdict])  # pyright: ignore[reportArgumentType]


def read_claims(families: list[str]) -> list[ClaimCard]:
    """The claims as the stage `claims` judged them, in the current language.

    Args:
        families: those whose cells the page shows.

    Raises:
        UserError: the table is missing or unreadable.
    """
    language = i18n.current()
    file = layout.CLAIMS.with_suffix(f".{language}.csv")
    try:
        rows: pd.DataFrame = pd.read_csv(file, keep_default_na=False, dtype=str).loc[:, list(COLUMNS)]
    except FileNotFoundError:
        raise UserError(f"{file} is missing: run stage claims") from None
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError, KeyError):
        raise UserError(f"{file} is not a table of claims: remove it and run stage claims") from None
    if unknown := set(rows["verdict"]) - set(VERDICTS):
        raise UserError(f"{file} holds the verdict '{min(unknown)}': remove it and run stage claims")
    targets = {layout.family_figure(family, language).name: f"cells-{family}" for family in families}
    targets |= {layout.plot(name, language).name: name for name in ("cost", "bias")}
    return [
        ClaimCard(
            row["id"],
            row["claim"],
            row["verdict"],
            row["evidence"] or DASH,
            targets.get(Path(row["figure"]).name, ""),
        )
        for row in rows.to_dict("records")
    ]


def count(claims: list[ClaimCard]) -> dict[str, int]:
    """How many claims have each verdict."""
    return {verdict: sum(claim.verdict == verdict for claim in claims) for verdict in VERDICTS}
