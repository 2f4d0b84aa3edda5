"""The page as a file: it stands alone, is valid HTML, carries the reports, and is the same bytes again."""

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

from gen100 import layout
from gen100.errors import UserError
from gen100.report.neighbours import COLUMNS, read_pairs
from gen100.thesis.page import write_page
from gen100.thesis.page.conclusions import closing
from gen100.thesis.page.pictures import loss_graph
from gen100.version import commit
from support.report_workspace import PAGE_CELLS, make_reported


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory):
    """The page's text, in a workspace that is the current folder."""
    folder = tmp_path_factory.mktemp("workspace")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_page(make_reported(folder, PAGE_CELLS, seeds=(0, 1)))
        yield layout.PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tree(page: str):
    """Parsed by the standard's algorithm, which here fails at the first mistake."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(page)


def test_it_stands_alone(page: str, tree) -> None:
    addresses = [
        value
        for element in tree.iter()
        for name, value in element.attrib.items()
        if str(name).split("}")[-1] in ("href", "src", "action", "srcset", "poster")
    ]
    assert len(addresses) > 50
    assert all(address.startswith(("data:", "#")) for address in addresses)
    identities = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(identities) == len(set(identities))
    assert {address[1:] for address in addresses if address.startswith("#")} <= set(identities)
    labels = {name for element in tree.iter() for name in (element.get("aria-labelledby") or "").split()}
    assert labels <= set(identities)
    assert "url(" not in re.sub(r'src="data:[^"]*"', "", page)
    assert "@import" not in page
    # Of the languages' addresses none is asked for: what is not inside is forbidden.
    assert "default-src 'none'" in page


def test_every_picture_says_what_it_shows_in_both_languages(tree) -> None:
    pictures = list(tree.iter("img"))
    assert len(pictures) == 3 * len(PAGE_CELLS) + 2 + 7
    for picture in pictures:
        assert picture.get("alt") == picture.get("data-en")
        assert re.search("[а-яіїєґ]", picture.get("data-uk"))
        assert not re.search("[а-яіїєґ]", picture.get("data-en"))
        assert int(picture.get("width")) > 0
        assert int(picture.get("height")) > 0


def test_files_inside_are_those_of_the_reports(tree) -> None:
    found = {link.get("download"): link.get("href") for link in tree.iter("a") if link.get("download")}
    files = [layout.RESULTS, layout.REFERENCE, layout.COMPARISONS, *layout.TABLES.iterdir()]
    files += [Path("reports/claims.csv"), Path("reports/forensics.csv")]
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


def test_it_is_the_same_bytes_again(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_page(make_reported(tmp_path, PAGE_CELLS, seeds=(0, 1)))
    assert layout.PAGE.read_text(encoding="utf-8") == page


@pytest.mark.parametrize(
    ("file", "stage"),
    [
        ("reports/claims.csv", "claims"),
        ("reports/claims.uk.md", "claims"),
        ("reports/forensics.csv", "forensics"),
        ("reports/forensics.en.md", "forensics"),
        ("reports/figures/bias.svg", "figures"),
        ("results/vae-elbo-128/0/neighbours.png", "evaluate"),
    ],
)
@pytest.mark.usefixtures("page")
def test_what_is_missing_is_named_with_its_stage(file: str, stage: str) -> None:
    from gen100.config import load_params

    kept = Path(file).read_bytes()
    Path(file).unlink()
    try:
        with pytest.raises(UserError, match=rf"{re.escape(file)} is missing: run stage {stage}"):
            write_page(load_params())
    finally:
        Path(file).write_bytes(kept)


def test_nearest_pairs_come_back_pixel_for_pixel(page: str, tmp_path: Path) -> None:
    assert page
    images = np.load(layout.ARRAYS)["train_images"]
    pairs = read_pairs(Path("neighbours.png"), rows=2)
    # Two rows and COLUMNS pairs: 32 and 65 pixels, 12 between.
    assert pairs.shape == (2 * 32 + 12, COLUMNS * 65 + (COLUMNS - 1) * 12, 3)
    np.testing.assert_array_equal(pairs[:32, 33:65], images[0].transpose(1, 2, 0))
    np.testing.assert_array_equal(pairs[44:76, 77:109], images[COLUMNS + 1].transpose(1, 2, 0))
    Image.new("RGB", (100, 100)).save(tmp_path / "other.png")
    with pytest.raises(UserError, match="is no picture of nearest training images"):
        read_pairs(tmp_path / "other.png", rows=2)


def test_a_graph_is_smaller_but_says_the_same_numbers() -> None:
    epochs = np.array([0.25, 0.5, 0.75, 1.0])
    curve = pd.DataFrame({"epoch": epochs, "train_loss": 1 + epochs**2, "val_loss": 1.123 + epochs / 7})
    address = loss_graph([curve], "vae", {"en": "a", "uk": "б"}).address
    svg = ElementTree.fromstring(unquote(address.partition(",")[2]))
    said = [text.text for text in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert {"0.30", "0.45", "0.60", "0.75", "0.90"} <= set(said)
    assert len(address) < 12_000


def test_conclusions_are_what_follows_the_table(tmp_path: Path) -> None:
    file = tmp_path / "text.md"
    file.write_text("**T**\n\n| a |\n| --- |\n| b |\n\nSo *it* <b>is</b>.\n\n- one\n", encoding="utf-8")
    html = closing(file, "forensics", ("table",))
    assert "<em>it</em> &lt;b&gt;is&lt;/b&gt;." in html
    assert "<li>one</li>" in html
    assert "<table>" not in html


def test_the_reference_is_shown_with_its_self_check(page: str) -> None:
    assert json.loads(layout.REFERENCE.read_text())["check"] == {"fid_self": 0.0}
    assert "<code>fid_self</code> 0" in page
