"""The thesis' conclusions, C1 to C13, judged by this study's results: reports/claims.{csv,en.md,uk.md}."""

from collections import Counter

import pandas as pd

from gen100 import layout
from gen100.config import Params
from gen100.families.registry import FAMILIES
from gen100.files import whole, write_text
from gen100.report import words
from gen100.report.results import Record
from gen100.report.words import Language
from gen100.thesis.claims import cost, dalle, general, stable_diffusion, stylegan2, vae
from gen100.thesis.claims.judgement import Judged, judge
from gen100.thesis.claims.study import Study, read_study

FAMILY_CLAIMS = (*vae.CLAIMS, *dalle.CLAIMS, *stylegan2.CLAIMS, *stable_diffusion.CLAIMS)
CLAIMS = tuple(sorted((*general.CLAIMS, *FAMILY_CLAIMS, *cost.CLAIMS), key=lambda claim: int(claim.name[1:])))
COLUMNS = ["id", "claim_en", "claim_uk", "verdict", "evidence_en", "evidence_uk", "figure"]
TITLE: words.Text = {
    "en": "The thesis' claims, judged",
    "uk": "Твердження магістерської роботи: що з них справджується",
}
HEADS: dict[Language, list[str]] = {
    "en": ["Claim", "What it says", "Verdict", "Figure"],
    "uk": ["Твердження", "Зміст", "Висновок", "Рисунок"],
}
VERDICTS: dict[str, words.Text] = {
    "holds": {"en": "holds", "uk": "справджується"},
    "fails": {"en": "fails", "uk": "не справджується"},
    "cannot be told": {"en": "cannot be told", "uk": "неможливо встановити"},
}
RULE: words.Text = {
    "en": "A claim fails if one of its parts does beyond noise, holds if all do, and else cannot be told. A "
    "difference is beyond noise where a t test over seeds and a test over samples both reject at 5% "
    "(contradictions: adjusted by Holm's method within their part); one seed tells of no difference. FID "
    "lies above its limit for infinitely many samples, by about as much in cells of equal sample count; "
    "the reference images are taken as given. Of losses and costs only the noise of seeds is known. "
    "Numbers read a − b = difference, where b may be a level that the statement names.",
    "uk": "Твердження не справджується, якщо хоч одна його частина хибна поза межами шуму; справджується, якщо "
    "істинні всі; інакше встановити неможливо. Різниця виходить за межі шуму, де і t-критерій за зернами,"
    " і критерій за зразками відкидають рівність на рівні 5% (спростування: з поправкою Холма в межах "
    "частини); одне зерно не свідчить про різницю. FID лежить вище своєї границі для нескінченної "
    "кількості зразків, приблизно однаково в комірок з рівною їх кількістю; еталонні зображення вважаються"
    " заданими. Для втрат і вартості відомий лише шум зерен. Числа читаються як a − b = різниця, де b "
    "може бути рівнем, названим у твердженні.",
}


def provenance(results: list[Record], language: Language) -> str:
    """Data, extractor, samples, reference, budget, seeds and devices, in a few sentences."""
    first = results[0]
    budgets = [
        f"{FAMILIES[model].title} "
        + words.span((row["images_seen"] for row in results if row["family"] == model), language)
        for model in dict.fromkeys(row["family"] for row in results)
    ]
    said = {
        **{key: words.translated(str(first[key]), language) for key in ("data", "extractor", "reference")},
        "samples": words.span((row["samples"] for row in results), language),
        "images_seen": "; ".join(budgets),
        "seeds": words.span(Counter(row["cell"] for row in results).values(), language),
        "device": words.translated("; ".join(dict.fromkeys(row["device"] for row in results)), language),
    }
    return " ".join(f"{words.HEADS[key][language]}: {text}." for key, text in said.items())


def _basis(results: list[Record], models: tuple[str, ...], language: Language) -> str:
    """Whose numbers a claim's are, in one sentence."""
    rows = [row for row in results if row["family"] in models] or results
    said = [
        words.translated(str(rows[0]["extractor"]), language),
        f"{words.HEADS['samples'][language].lower()}: {words.span((row['samples'] for row in rows), language)}",
        f"{words.HEADS['seeds'][language].lower()}: "
        + words.span(Counter(row["cell"] for row in rows).values(), language),
        f"{words.HEADS['images_seen'][language].lower()}: "
        + words.span((row["images_seen"] for row in rows), language),
    ]
    return f"[{'; '.join(said)}]"


def as_markdown(judged: list[Judged], study: Study, language: Language) -> str:
    """A table of verdicts, the evidence of each claim, and how to read it."""
    told = words.caveat(study.results[0]["data"], [row["images_seen"] for row in study.results], language)
    lines = [f"**{words.admitted(TITLE[language], told)}**", ""]
    rows = [HEADS[language], ["---"] * 4]
    for one in judged:
        text = one.claim.text[language]
        rows.append(
            [one.claim.name, text, VERDICTS[one.verdict][language], f"[{one.claim.figure}]({one.claim.figure})"]
        )
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    for one in judged:
        lines += ["", f"**{one.claim.name}. {one.claim.text[language]}: {VERDICTS[one.verdict][language]}**", ""]
        lines += [f"- {text[language]}" for text in one.evidence]
    return "\n".join([*lines, "", RULE[language], "", provenance(study.results, language), ""])


def write_claims(_params: Params) -> None:
    """Write reports/claims.csv, claims.en.md and claims.uk.md.

    Raises:
        UserError: results, the reference, a curve, resamples or samples are missing or broken.
    """
    study = read_study()
    judged = [judge(claim, study) for claim in CLAIMS]
    rows = []
    for one in judged:
        evidence = {
            language: " ".join(
                [*(text[language] for text in one.evidence), _basis(study.results, one.claim.models, language)]
            )
            for language in words.LANGUAGES
        }
        text = one.claim.text
        rows.append(
            [one.claim.name, text["en"], text["uk"], one.verdict, evidence["en"], evidence["uk"], one.claim.figure]
        )
    with whole(layout.CLAIMS.with_suffix(".csv")) as temporary:
        pd.DataFrame(rows, columns=COLUMNS).to_csv(temporary, index=False, lineterminator="\n")
    for language in words.LANGUAGES:
        write_text(layout.CLAIMS.with_suffix(f".{language}.md"), as_markdown(judged, study, language))
