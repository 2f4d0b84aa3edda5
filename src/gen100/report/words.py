"""What tables, figures and the page say, in English and in Ukrainian."""

import re
from collections.abc import Iterable
from typing import Literal

Language = Literal["en", "uk"]
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
GAN_NOTE: Text = {
    "en": "For StyleGAN2 the loss columns hold the generator's and the discriminator's loss.",
    "uk": "Для StyleGAN2 у стовпцях втрат наведено втрати генератора та дискримінатора.",
}
SPREAD_NOTE: Text = {
    "en": "± is the standard deviation over seeds.",
    "uk": "± — стандартне відхилення за зернами.",
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
    "seed": "зерно",
    "train": "навчальні",
    "test": "тестові",
}


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


def measure_head(measure: Literal["FID", "IS", "KID"], extractor: str, language: Language = "en") -> str:
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
