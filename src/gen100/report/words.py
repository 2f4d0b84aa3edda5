"""What tables, figures and the page say, in English and in Ukrainian."""

import re
from collections.abc import Callable, Iterable
from typing import Literal

Language = Literal["en", "uk"]
Measure = Literal["FID", "IS", "KID"]
LANGUAGES: tuple[Language, ...] = ("en", "uk")

SHORT_RUN = 1_000_000
"""Runs that saw fewer images than this are called short: their numbers say little of the model."""

Text = dict[Language, str]

TABLE_TITLES: dict[int, Text] = {
    1: {
        "en": "Table 3.1. Comparison of the quality of the images generated in experiment 1",
        "uk": "Таблиця 3.1. Порівняння якості згенерованих зображень експерименту 1",
    },
    2: {
        "en": "Table 3.2. Comparison of the results of experiment 2",
        "uk": "Таблиця 3.2. Порівняння результатів експерименту 2",
    },
}
HEADS: dict[str, Text] = {
    "label": {"en": "Model and loss function", "uk": "Модель та функція втрат"},
    "size": {"en": "Batch and latent size", "uk": "Розмір батчу та латентного простору"},
    "train_loss": {"en": "Training Loss", "uk": "Training Loss"},
    "val_loss": {"en": "Validation Loss", "uk": "Validation Loss"},
    "seeds": {"en": "Seeds", "uk": "Кількість зерен"},
    "images_seen": {"en": "Images seen", "uk": "Переглянуто зображень"},
    "device": {"en": "Device", "uk": "Пристрій"},
    "data": {"en": "Data", "uk": "Дані"},
    "extractor": {"en": "Extractor", "uk": "Мережа ознак"},
    "samples": {"en": "Samples", "uk": "Згенеровано зображень"},
    "reference": {"en": "Reference", "uk": "Еталон"},
    "other": {"en": "Other split", "uk": "Інша вибірка"},
    "mark": {"en": "Within its model and size", "uk": "У межах моделі та розміру"},
}
THESIS: Text = {"en": "Thesis", "uk": "Магістерська робота"}
FLOOR: dict[str, Text] = {
    "train": {
        "en": "Real test images against real training images",
        "uk": "Справжні тестові зображення проти справжніх навчальних",
    },
    "test": {
        "en": "Real training images against real test images",
        "uk": "Справжні навчальні зображення проти справжніх тестових",
    },
}
"""By the reference split: what the other split scores against it."""
CEILINGS: dict[str, Text] = {
    "noise": {"en": "Uniform noise", "uk": "Рівномірний шум"},
    "constant": {"en": "One flat image of the mean colour", "uk": "Одне однотонне зображення середнього кольору"},
}
"""By their names in reference.json."""
GAN_NOTE: Text = {
    "en": "For StyleGAN2 the loss columns hold the generator's and the discriminator's loss.",
    "uk": "Для StyleGAN2 у стовпцях втрат наведено втрати генератора та дискримінатора.",
}
SPREAD_NOTE: Text = {
    "en": "± is half the width of the mean's 95% t interval over seeds.",
    "uk": "± — половина ширини 95% довірчого t-інтервалу середнього за зернами.",
}
MARKS: dict[str, Text] = {
    "best": {"en": "best", "uk": "найкраща"},
    "tied": {"en": "not told from the best", "uk": "не відрізняється від найкращої"},
}
MARK_NOTES: dict[str, Text] = {
    "best": {
        "en": "*: the lowest {} of its model and latent size here, beyond the noise of seeds and samples.",
        "uk": "*: найменша {} для моделі та латентного розміру в цій таблиці, поза шумом зерен і вибірки.",
    },
    "tied": {
        "en": "≈: cannot be told from the lowest {} of its model and latent size in this table, by seeds and"
        " samples (one seed alone tells nothing).",
        "uk": "≈: за зернами та вибірками не відрізняється від найменшої {} для моделі та латентного розміру в цій"
        " таблиці (одне зерно не дає змоги судити).",
    },
}
"""What the sign after a number says; {} is FID, or FD."""
NAMES: tuple[Measure, ...] = ("FID", "IS", "KID")
MEASURES_TITLE: Text = {"en": "All measures", "uk": "Усі показники"}
MEASURES: dict[str, Text] = {
    "fid": {"en": "{fid}, {split}", "uk": "{fid}, {split}"},
    "fid_other": {"en": "{fid}, {other}", "uk": "{fid}, {other}"},
    "fid_se": {"en": "Standard error of samples", "uk": "Стандартна похибка вибірки"},
    "fid_limit": {"en": "Limit for N → ∞", "uk": "Границя за N → ∞"},
    "reconstruction_fid": {"en": "Of the autoencoder's reconstructions", "uk": "Реконструкцій автокодувальника"},
    "fd_dinov2": {"en": "FD, DINOv2", "uk": "FD, DINOv2"},
    "is": {"en": "{is}", "uk": "{is}"},
    "is_std": {"en": "Standard deviation over splits", "uk": "Стандартне відхилення за частинами"},
    "kid": {"en": "{kid}, {split}", "uk": "{kid}, {split}"},
    "kid_std": {"en": "Standard deviation over subsets", "uk": "Стандартне відхилення за підвибірками"},
    "kid_other": {"en": "{kid}, {other}", "uk": "{kid}, {other}"},
    "precision": {"en": "Precision, {split}", "uk": "Точність (precision), {split}"},
    "recall": {"en": "Recall, {split}", "uk": "Повнота (recall), {split}"},
    "precision_other": {"en": "Precision, {other}", "uk": "Точність (precision), {other}"},
    "recall_other": {"en": "Recall, {other}", "uk": "Повнота (recall), {other}"},
    "neighbour_ratio": {"en": "Neighbour distance, ratio", "uk": "Відстань до сусіда, відношення"},
    "neighbour_closer": {"en": "Closer than test images", "uk": "Ближче за тестові"},
    "class_accuracy": {"en": "In the caption's class", "uk": "У класі підпису"},
}
"""Heads of the table of all measures; {split} is the reference, {other} the other split."""
MEASURE_NOTES: dict[str, Text] = {
    "fid_se": {
        "en": "The standard error is the deviation of the distance over bootstrap resamples of a run's samples.",
        "uk": "Стандартна похибка — відхилення відстані за бутстреп-вибірками згенерованих зображень.",
    },
    "fid_limit": {
        "en": "The limit is extrapolated over 1/N (Chong and Forsyth, 2020).",
        "uk": "Границю екстрапольовано за 1/N (Chong і Forsyth, 2020).",
    },
    "reconstruction_fid": {
        "en": "The reconstructions of real images bound what a two-stage model can reach.",
        "uk": "Реконструкції справжніх зображень обмежують те, чого може досягти двоетапна модель.",
    },
    "neighbour_ratio": {
        "en": "The ratio is the median distance of samples to their nearest training image over that of real"
        " test images.",
        "uk": "Відношення — медіанна відстань згенерованих зображень до найближчого навчального, поділена на"
        " таку ж відстань справжніх тестових.",
    },
    "neighbour_closer": {
        "en": "Closer: the probability that a sample lies closer to the training set than a test image; 0.5 is"
        " like test images, 1 is memorized.",
        "uk": "Ближче: імовірність, що згенероване зображення лежить ближче до навчальних, ніж тестове; 0.5 — як"
        " тестові, 1 — завчене.",
    },
    "class_accuracy": {
        "en": "In the caption's class: the share of samples that the extractor's network puts into the class they"
        " were drawn for; chance is 0.01.",
        "uk": "У класі підпису: частка згенерованих зображень, які мережа екстрактора відносить до заданого класу;"
        " випадкове вгадування дає 0,01.",
    },
}
UKRAINIAN_LETTERS = "АБВГДЕЖИКЛМН"
"""Of appendices, in order."""

_UKRAINIAN = {
    "synthetic stand-in": "синтетична заміна",
    "test accuracy": "точність на тестових зображеннях",
    "CIFAR-100 network": "мережа CIFAR-100",
    "training images": "навчальних зображень",
    "images": "зображень",
    "threads": "потоки",
    "untrained": "ненавчена",
    "none, pixels": "без мережі, пікселі",
    "seed": "зерно",
    "train": "навчальні",
    "test": "тестові",
}


def both(say: Callable[[Language], str]) -> Text:
    """What `say` says, in each language."""
    return {language: say(language) for language in LANGUAGES}


def appendix_title(appendix: str, model: str, language: Language) -> str:
    letter = appendix.upper()
    if language == "uk":
        letter = UKRAINIAN_LETTERS[ord(letter) - ord("A")]
        return f"Додаток {letter}. Навчання та згенеровані зображення за допомогою моделі {model}"
    return f"Appendix {letter}. Training and images generated with the {model} model"


def translated(text: str, language: Language) -> str:
    """Say a short label of data, extractor or reference in `language`; unknown words stay."""
    if language == "en":
        return text
    for english, ukrainian in _UKRAINIAN.items():
        text = re.sub(rf"\b{re.escape(english)}\b", ukrainian, text)
    return re.sub(r"(?<=\d),(?=\d{3})", "\N{NO-BREAK SPACE}", text)


def measure_head(measure: Measure, extractor: str, language: Language = "en") -> str:
    """The head of a column: FID, IS and KID by their names only where Inception v3 measured.

    Args:
        extractor: the label in metrics.json: 'FID, <network>' with Inception, 'FD, <network> (...)' without.
    """
    kind, _, network = extractor.partition(", ")
    if kind == "FID":
        return measure
    name = "FD" if measure == "FID" else measure
    return f"{name} ({translated(network.partition(' (')[0] or 'own network', language)})"


def caveat(data: str, images_seen: Iterable[float], language: Language) -> str:
    """What a title must admit: 'synthetic data, short run', or nothing."""
    said: list[Text] = []
    if "synthetic" in data.lower():
        said.append({"en": "synthetic data", "uk": "синтетичні дані (synthetic)"})
    if any(seen < SHORT_RUN for seen in images_seen):
        said.append({"en": "short run", "uk": "короткий прогін"})
    return ", ".join(text[language] for text in said)


def admitted(title: str, told: str) -> str:
    """A title with its caveat."""
    return f"{title} — {told}" if told else title


def number(value: float, language: Language) -> str:
    """A count with its thousands apart."""
    return translated(f"{int(value):,}", language)


def span(values: Iterable[float], language: Language) -> str:
    """'5,000', or '5,000 to 20,000' where values differ."""
    low, high = min(values := list(values)), max(values)
    to = {"en": " to ", "uk": "–"}[language]
    return number(low, language) if low == high else f"{number(low, language)}{to}{number(high, language)}"
