"""The page as a file: it stands alone, is valid HTML, holds the reports, speaks one language, stays the same."""

import base64
import io
import json
import re
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import html5lib
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from gen100 import i18n, layout
from gen100.errors import UserError
from gen100.report.neighbours import COLUMNS, read_pairs
from gen100.thesis.claims.claim import VERDICTS
from gen100.thesis.page import write_pages
from gen100.thesis.page.pictures import loss_graph
from gen100.version import commit
from support.report_workspace import PAGE_CELLS, make_reported

CYRILLIC = re.compile("[\u0400-\u04ff]")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory):
    """The text of the page in each language, in a workspace that is the current folder."""
    folder = tmp_path_factory.mktemp("workspace")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_pages(make_reported(folder, PAGE_CELLS, seeds=(0, 1)))
        yield {language: layout.page(language).read_text(encoding="utf-8") for language in i18n.LANGUAGES}


@pytest.fixture(scope="module")
def page(pages: dict[str, str]) -> str:
    return pages["en"]


def parse(text: str):
    """Parsed by the standard's algorithm, which here fails at the first mistake."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)


@pytest.fixture(scope="module", params=i18n.LANGUAGES)
def spoken(pages: dict[str, str], request: pytest.FixtureRequest):
    """Each language with its page, parsed."""
    return request.param, parse(pages[request.param])


@pytest.fixture(scope="module")
def tree(page: str):
    return parse(page)


def test_it_stands_alone(spoken) -> None:
    language, tree = spoken
    addresses = [
        value
        for element in tree.iter()
        for name, value in element.attrib.items()
        if str(name).split("}")[-1] in ("href", "src", "action", "srcset", "poster")
    ]
    assert len(addresses) > 50
    others = {layout.page(other).name for other in i18n.LANGUAGES if other != language}
    assert all(address.startswith(("data:", "#")) or address in others for address in addresses)
    identities = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(identities) == len(set(identities))
    assert {address[1:] for address in addresses if address.startswith("#")} <= set(identities)
    labels = {name for element in tree.iter() for name in (element.get("aria-labelledby") or "").split()}
    assert labels <= set(identities)


def test_what_is_not_inside_is_forbidden(pages: dict[str, str]) -> None:
    for page in pages.values():
        assert "url(" not in re.sub(r'src="data:[^"]*"', "", page)
        assert "@import" not in page
        assert "default-src 'none'" in page


def test_each_page_speaks_one_language_and_links_to_the_other(spoken) -> None:
    language, tree = spoken
    assert tree.get("lang") == language
    (other,) = set(i18n.LANGUAGES) - {language}
    links = [link for link in tree.iter("a") if link.get("hreflang")]
    assert [(link.get("hreflang"), link.get("href")) for link in links] == [(other, layout.page(other).name)]
    assert {element.get("lang") for element in tree.iter() if element.get("lang")} == {language, other}
    assert not [name for element in tree.iter() for name in element.attrib if str(name).startswith("data-en")]


def test_every_picture_says_what_it_shows(spoken) -> None:
    language, tree = spoken
    pictures = list(tree.iter("img"))
    assert len(pictures) == 3 * len(PAGE_CELLS) + 2 + 7
    for picture in pictures:
        assert bool(CYRILLIC.search(picture.get("alt"))) == (language == "uk")
        assert int(picture.get("width")) > 0
        assert int(picture.get("height")) > 0


def test_files_inside_are_those_of_the_reports(spoken) -> None:
    language, tree = spoken
    found = {link.get("download"): link.get("href") for link in tree.iter("a") if link.get("download")}
    files = [layout.RESULTS, layout.REFERENCE, layout.COMPARISONS, *layout.TABLES.glob(f"*.{language}.*")]
    files += [Path(f"reports/claims.{language}.csv"), Path("reports/forensics.csv")]
    assert set(found) == {file.name for file in files}
    for file in files:
        assert base64.b64decode(found[file.name].partition("base64,")[2]) == file.read_bytes()


def test_pictures_are_the_samples_and_real_images(tree) -> None:
    image = next(element for element in tree.iter() if element.get("id") == "real-image")
    content = base64.b64decode(image.get("href").partition("base64,")[2])
    with Image.open(io.BytesIO(content)) as opened:
        pixels = np.asarray(opened.convert("RGB")).astype(int)
    assert pixels.shape == (128, 256, 3)
    # The made-up images are flat squares of 8 pixels: a picture of small loss keeps their middles.
    first = np.load(layout.ARRAYS)["train_images"][0].transpose(1, 2, 0).astype(int)
    assert np.abs(pixels[4:32:8, 4:32:8] - first[4::8, 4::8]).mean() < 20


def test_it_says_how_its_numbers_were_made(page: str) -> None:
    assert commit() in page
    assert "0123456789ab" in page  # the commit of the runs
    assert "2.13.0" in page
    assert Path("params.yaml").read_text(encoding="utf-8").splitlines()[-1].strip() in page
    assert "1545.6937" in page
    assert "FD (CIFAR-100 network)" in page
    assert "synthetic data, short run</title>" in page


def test_numbers_are_written_as_each_language_writes_them(pages: dict[str, str]) -> None:
    assert "<b>100.50 ±" in pages["en"]
    assert "<b>100,50 ±" in pages["uk"]


def test_verdicts_are_counted_and_shown(pages: dict[str, str]) -> None:
    assert "1 supported, 1 refuted, 1 inconclusive" in pages["en"]
    for page in pages.values():
        assert {verdict: page.count(f'class="verdict {verdict}"') for verdict in VERDICTS} == dict.fromkeys(
            VERDICTS, 1
        )


def test_losses_are_called_as_their_family_says(page: str) -> None:
    shown = page.partition('id="cells-stylegan2"')[2].partition("</article>")[0]
    assert "generator" in shown
    assert "discriminator" in shown
    assert "validation" not in shown


def test_a_table_of_all_mistakes_is_made_from_facts(tree) -> None:
    table = next(element for element in tree.iter("table") if element.get("id") == "mistakes-table")
    rows = [["".join(cell.itertext()) for cell in row] for row in table.find("tbody")]
    assert len(rows) == 5
    assert rows[-1][1:6] == [f"samples of {PAGE_CELLS[0]}", "1.0004", "100.00", "0.244", "yes"]


def test_it_is_the_same_bytes_again(
    pages: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_pages(make_reported(tmp_path, PAGE_CELLS, seeds=(0, 1)))
    assert {language: layout.page(language).read_text(encoding="utf-8") for language in pages} == pages


@pytest.mark.parametrize(
    ("file", "stage"),
    [
        ("reports/claims.en.csv", "claims"),
        ("reports/claims.uk.csv", "claims"),
        ("reports/forensics.csv", "forensics"),
        ("reports/figures/bias.uk.svg", "figures"),
        ("results/vae-elbo-128/0/neighbours.png", "evaluate"),
    ],
)
@pytest.mark.usefixtures("pages")
def test_what_is_missing_is_named_with_its_stage(file: str, stage: str) -> None:
    from gen100.config import load_params

    kept = Path(file).read_bytes()
    Path(file).unlink()
    try:
        with pytest.raises(UserError, match=rf"{re.escape(file)} is missing: run stage {stage}"):
            write_pages(load_params())
    finally:
        Path(file).write_bytes(kept)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not a table of claims: remove it and run stage claims"),
        (b"id,claim\nC1,IS is 1.00\n", "is not a table of claims: remove it and run stage claims"),
        (b"\xff\xfe", "is not a table of claims: remove it and run stage claims"),
        (b"id,claim,verdict,evidence,figure\nC1,,perhaps,,\n", "holds the verdict 'perhaps'"),
    ],
)
@pytest.mark.usefixtures("pages")
def test_a_broken_table_of_claims_is_refused(content: bytes, said: str) -> None:
    from gen100.config import load_params

    file = Path("reports/claims.en.csv")
    kept = file.read_bytes()
    file.write_bytes(content)
    try:
        with pytest.raises(UserError, match=rf"{re.escape(str(file))} {said}"):
            write_pages(load_params())
    finally:
        file.write_bytes(kept)


def test_nearest_pairs_come_back_pixel_for_pixel(page: str, tmp_path: Path) -> None:
    assert page
    images = np.load(layout.ARRAYS)["train_images"]
    pairs = read_pairs(Path("neighbours.png"), rows=2)
    # Two rows and COLUMNS pairs: 32 and 65 pixels, 12 between.
    assert pairs.shape == (2 * 32 + 12, COLUMNS * 65 + (COLUMNS - 1) * 12, 3)
    np.testing.assert_array_equal(pairs[:32, 33:65], images[0].transpose(1, 2, 0))
    np.testing.assert_array_equal(pairs[44:76, 77:109], images[COLUMNS + 1].transpose(1, 2, 0))
    Image.new("RGB", (100, 100)).save(tmp_path / "other.png")
    with pytest.raises(UserError, match="is not a picture of nearest training images"):
        read_pairs(tmp_path / "other.png", rows=2)


def test_a_graph_is_smaller_but_says_the_same_numbers() -> None:
    epochs = np.array([0.25, 0.5, 0.75, 1.0])
    curve = pd.DataFrame({"epoch": epochs, "train_loss": 1 + epochs**2, "val_loss": 1.123 + epochs / 7})
    address = loss_graph([curve], "vae").address
    svg = ElementTree.fromstring(unquote(address.partition(",")[2]))
    said = [text.text for text in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert {"0.30", "0.45", "0.60", "0.75", "0.90"} <= set(said)
    assert len(address) < 12_000


def test_a_graph_has_the_decimal_mark_of_its_language() -> None:
    curve = pd.DataFrame({"epoch": [0.25, 1.0], "train_loss": [1.0, 1.5], "val_loss": [1.25, 1.75]})
    with i18n.language("uk"):
        svg = ElementTree.fromstring(unquote(loss_graph([curve], "vae").address.partition(",")[2]))
    said = [text.text for text in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert "0,45" in said
    assert not [text for text in said if text and "." in text]


def test_the_reference_is_shown_with_its_self_check(page: str) -> None:
    assert json.loads(layout.REFERENCE.read_text())["check"] == {"fid_self": 0.0}
    assert "<code>fid_self</code> 0" in page
