"""Captions: the text that conditional families see, made from class names."""

from collections.abc import Sequence

import numpy as np


def caption(name: str) -> str:
    """The caption of a class: "a photo of a maple tree" for "maple_tree".

    The article follows the first letter, which is right for every class of CIFAR-100 and of its stand-in.
    """
    words = name.replace("_", " ").strip()
    return f"a photo of {'an' if words[:1] in tuple('aeiou') else 'a'} {words}"


def caption_tokens(fine_names: Sequence[str]) -> np.ndarray:
    """The words of every class' caption as numbers.

    Returns:
        int64, classes x L, L words being the longest caption: 0 is padding at the end; words are numbered
        from 1 in alphabetical order, so the vocabulary (with padding) has `result.max() + 1` entries.
    """
    captions = [caption(name).split() for name in fine_names]
    number = {word: index for index, word in enumerate(sorted({w for c in captions for w in c}), start=1)}
    tokens = np.zeros((len(captions), max(map(len, captions))), np.int64)
    for row, words in zip(tokens, captions, strict=True):
        row[: len(words)] = [number[word] for word in words]
    return tokens
