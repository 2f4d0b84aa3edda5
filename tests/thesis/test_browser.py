"""The page in a real browser: Debian's Chromium, without a window."""

import base64
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from gen100 import i18n, layout
from gen100.thesis.page import write_pages
from support.report_workspace import PAGE_CELLS, make_reported

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: make tools")

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
TEXTS = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement;
    if (parent.closest('.languages, pre, dl, .downloads, code, script, style')) continue;
    if (node.data.trim() && parent.checkVisibility()) found.push(node.data.trim());
  }
  return found;
}"""
"""The visible texts, but for identifiers, which are the same in both languages."""


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Where the page of each language is."""
    folder = tmp_path_factory.mktemp("workspace")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_pages(make_reported(folder, PAGE_CELLS, seeds=(0, 1)))
    return {language: (folder / layout.page(language)).as_uri() for language in i18n.LANGUAGES}


@pytest.fixture(scope="module")
def address(addresses: dict[str, str]) -> str:
    return addresses["en"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Chromium refuses its sandbox to root, which tests in containers often are.
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport=DESKTOP, locale="en-GB", reduced_motion="reduce")  # pyright: ignore[reportArgumentType]
    opened = context.new_page()
    opened.goto(address)
    yield opened
    context.close()


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_no_errors_and_no_network(browser: Browser, addresses: dict[str, str], language: str) -> None:
    context = browser.new_context(viewport=DESKTOP)  # pyright: ignore[reportArgumentType]
    opened = context.new_page()
    told, asked = [], []
    opened.on("console", lambda message: told.append(message.text))
    opened.on("pageerror", lambda error: told.append(str(error)))
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(addresses[language])
    opened.locator("#tables thead button").first.click()
    opened.wait_for_timeout(200)
    assert told == []
    assert [url for url in asked if not url.startswith("data:")] == [addresses[language]]
    context.close()


def test_pictures_load(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    sizes = page.evaluate(
        "Promise.all([...document.images].map((image) => image.decode().then(() => image.naturalWidth)))"
    )
    assert len(sizes) == 3 * len(PAGE_CELLS) + 2 + 7
    assert min(sizes) > 0
    real = "const image = new Image(); image.src = document.getElementById('real-image').getAttribute('href');"
    assert page.evaluate(f"async () => {{ {real} await image.decode(); return image.naturalWidth; }}") == 256


DIFFERENCE = """async ([first, second]) => {
  const draw = async (address) => {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    return canvas.getImageData(0, 0, image.width, image.height).data;
  };
  const [a, b] = [await draw(first), await draw(second)];
  let [ink, off] = [0, 0];
  a.forEach((value, place) => { ink += 255 - value; off += Math.abs(value - b[place]); });
  return [a.length - b.length, off / ink];
}"""
"""How much of a picture's ink another has elsewhere."""


def test_plots_inside_look_like_their_files(page: Page, address: str) -> None:
    folder = Path(address.removeprefix("file://")).parent
    for name in ("cost", "bias"):
        content = (folder / f"figures/{name}.en.svg").read_bytes()
        original = f"data:image/svg+xml;base64,{base64.b64encode(content).decode()}"
        inside = page.locator(f"#{name} img").get_attribute("src")
        size, share = page.evaluate(DIFFERENCE, [original, inside])
        assert size == 0
        assert share < 0.1


def test_a_link_leads_to_the_other_language_and_back(page: Page) -> None:
    assert page.locator("h1").inner_text().startswith("Families")
    page.locator(".languages a").click()
    assert page.locator("html").get_attribute("lang") == "uk"
    assert page.locator("h1").inner_text().startswith("Родини")
    page.get_by_role("link", name="English").click()
    assert page.locator("html").get_attribute("lang") == "en"


NAMES = {
    *(
        "VAE",
        "DALL",
        "E",
        "StyleGAN2",
        "Stable",
        "Diffusion",
        "ELBO",
        "MI",
        "WAE",
        "Cross",
        "Entropy",
        "MSE",
        "MAE",
    ),
    *(
        "MAE",
        "Perceptual",
        "Wasserstein",
        "Hinge",
        "LSGAN",
        "Huber",
        "CIFAR",
        "FD",
        "FID",
        "IS",
        "KID",
        "DINOv2",
        "CPU",
    ),
    *("Training", "Loss", "Validation", "Inception", "score", "precision", "recall", "N", "t", "C1", "C4", "C12"),
    *("Chong", "Forsyth", "Softmax", "softmax", "params", "yaml", "torch", "synthetic", "tanh"),
    *("GPU", "threads", "v3", "a", "b", "p", "H", "W", "uint8", "Keras", "torchvision", "Tr", "S1", "S2", "sqrtm"),
    *("ReLU", "Leaky", "Nesterov", "Adagrad", "RMSProp", "Adadelta", "Adam", "NAdam"),
}
"""What Ukrainian texts say in Latin letters: names, formulas, and the thesis's own heads."""


def test_no_text_is_left_in_the_other_language(page: Page, addresses: dict[str, str]) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    english = page.evaluate(TEXTS)
    assert len(english) > 300
    assert not [text for text in english if re.search("[а-яіїєґ]", text, re.IGNORECASE)]
    page.goto(addresses["uk"])
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    ukrainian = page.evaluate(TEXTS)
    cells = re.compile(r"^[a-z0-9_]+-[a-z0-9_]+-\d+$|^[0-9a-f]{12}$")
    left = {
        word for text in ukrainian if not cells.match(text) for word in re.findall(r"[A-Za-z][A-Za-z0-9]*", text)
    }
    identifiers = {part for cell in PAGE_CELLS for part in re.findall(r"[A-Za-z][A-Za-z0-9]*", cell)}
    assert left <= NAMES | identifiers
    assert sum(bool(re.search("[а-яіїєґ]", text)) for text in ukrainian) > 150


def column(page: Page, table: str, number: int) -> list[str]:
    return page.locator(f"#{table} tbody tr > :nth-child({number})").all_inner_texts()


def test_tables_sort_by_number_with_dashes_last(page: Page) -> None:
    heads = page.locator("#table_measures thead th").all_inner_texts()
    number = next(place for place, head in enumerate(heads, 1) if "reconstructions" in head)
    head = page.locator(f"#table_measures thead th:nth-child({number})")
    bottom = page.locator("#table_measures tfoot").inner_text()
    for order, sign in (("ascending", 1), ("descending", -1)):
        head.get_by_role("button").click()
        page.wait_for_function("(head) => head.getAttribute('aria-sort')", arg=head.element_handle())
        page.wait_for_timeout(50)
        assert head.get_attribute("aria-sort") == order
        found = column(page, "table_measures", number)
        numbers = [float(text.partition(" ±")[0]) for text in found if text != "—"]
        assert len(set(numbers)) > 1
        assert numbers == sorted(numbers, key=lambda value: sign * value)
        assert "—" in found
        assert found[: len(numbers)] == [text for text in found if text != "—"]
    assert page.locator("#table_measures tfoot").inner_text() == bottom


def test_tables_sort_by_keyboard(page: Page) -> None:
    before = column(page, "table_3_2", 3)
    button = page.locator("#table_3_2 thead tr:last-child th:nth-child(3) button")
    for _ in range(2):
        button.focus()
        page.keyboard.press("Enter")
        page.wait_for_timeout(50)
    after = column(page, "table_3_2", 3)
    values = [float(text.partition(" ±")[0]) for text in after]
    assert values == sorted(values, reverse=True)
    assert after != before


def test_everything_is_reached_by_keyboard(page: Page) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["x"] >= 0  # pyright: ignore[reportOptionalSubscript]
    reached = set()
    for _ in range(400):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("[document.activeElement.tagName, document.activeElement.name || ''].join(' ')"))
        if page.evaluate("document.activeElement.download === 'table_measures.en.tex'"):
            break
    assert {"A ", "BUTTON ", "SUMMARY ", "INPUT family", "INPUT loss", "INPUT size", "DIV "} <= reached
    assert page.evaluate("document.activeElement.download") == "table_measures.en.tex"


def shown(page: Page) -> list[str]:
    return page.locator(".card:visible h4").all_inner_texts()


def test_cells_are_chosen_by_family_loss_and_size(page: Page) -> None:
    assert shown(page) == ["VAE, ELBO (128, 128)", "VAE, ELBO (2048, 2048)", "VAE, WAE (128, 128)"]
    choosers = page.locator("#choosers")
    choosers.get_by_role("radio", name="WAE", exact=True).check()
    assert shown(page) == ["VAE, WAE (128, 128)"]
    choosers.get_by_role("radio", name="2048", exact=True).check()
    assert shown(page) == []
    assert page.locator("#no-cell").is_visible()
    # Another family begins with all of its losses; those of others cannot be chosen.
    choosers.get_by_role("radio", name="StyleGAN2", exact=True).check()
    assert shown(page) == ["StyleGAN2, Hinge (64, 1024)"]
    assert choosers.get_by_role("radio", name="WAE", exact=True).count() == 0
    choosers.locator("input[name=family]").first.check()
    assert len(shown(page)) == len(PAGE_CELLS)


def test_a_claims_figure_is_shown(page: Page) -> None:
    page.get_by_role("radio", name="StyleGAN2", exact=True).check()
    page.locator("#claim-C4 a").click()
    assert len(shown(page)) == 3
    assert page.locator("#cells-vae h3").is_visible()


@pytest.mark.parametrize("language", ["en", "uk"])
@pytest.mark.parametrize("width", [390, 320])
def test_a_phone_needs_no_sideways_scrolling(
    browser: Browser, addresses: dict[str, str], language: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, is_mobile=True)
    opened = context.new_page()
    opened.goto(addresses[language])
    opened.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    opened.locator("#choosers input[name=family]").first.check()
    assert opened.evaluate("document.documentElement.scrollWidth") == width
    context.close()


@pytest.mark.parametrize("language", ["en", "uk"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_no_barriers(
    browser: Browser, addresses: dict[str, str], viewport: dict[str, int], language: str
) -> None:
    context = browser.new_context(viewport=viewport)  # pyright: ignore[reportArgumentType]
    opened = context.new_page()
    opened.goto(addresses[language])
    opened.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    opened.locator("#choosers input[name=family]").first.check()
    found = Axe().run(opened)
    assert found.violations_count == 0, found.generate_report()
    context.close()


def test_without_scripts_all_is_there(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=DESKTOP)  # pyright: ignore[reportArgumentType]
    opened = context.new_page()
    opened.goto(address)
    assert len(shown(opened)) == len(PAGE_CELLS)
    assert not opened.locator("#choosers").is_visible()
    context.close()


def test_downloads_download(page: Page, tmp_path: Path) -> None:
    with page.expect_download() as waited:
        page.get_by_role("link", name="results.csv").click()
    waited.value.save_as(tmp_path / "results.csv")
    assert waited.value.suggested_filename == "results.csv"
    assert (tmp_path / "results.csv").read_bytes().startswith(b"cell,family,loss,")
