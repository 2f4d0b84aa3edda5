"""The thesis's thirteen claims, taken apart into parts that can be measured: texts in claims.csv, tests here."""

import csv
from importlib.resources import files

from gen100.thesis.cells import LOSSES
from gen100.thesis.claims.claim import Measure, ThesisClaim
from gen100.thesis.claims.hypotheses import (
    alike,
    as_far_as_noise,
    as_high_as_printed,
    beyond,
    cheaper,
    curve_leads,
    lower,
    printed_as_one,
)
from gen100.thesis.claims.loss_curves import crosses, doubled_error, fall, gap, gaps, rises_less
from gen100.thesis.claims.pairs import LARGE, SMALL, any_two_losses, matched, select, usual, versus

HALF = 0.5
"""Below this share of real images' colour, or of their fine detail, images count as grey, or as blurred."""
ARTEFACTS = 0.1
"""Decades between the spectra of samples and real images, above which images count as showing artefacts."""

VAE, DALLE = select("vae"), select("dalle")
STYLEGAN2, DIFFUSION = select("stylegan2"), select("stable_diffusion")
MI, MSE = select("vae", "mi"), select("dalle", "mse")
HINGE, MAE = select("stylegan2", "hinge"), select("stable_diffusion", "mae")
GREY, COLOURFUL = (select("dalle", "perceptual", size) for size in (LARGE, SMALL))
OTHERS = [cell for cell in select() if cell not in (*HINGE, *MAE)]

TESTS: dict[str, dict[str, Measure]] = {
    "C1": {"printed": printed_as_one},
    "C2": {"noise": as_far_as_noise, "printed": as_high_as_printed},
    "C3": {"fid": lower(matched(select(size=LARGE), select(size=SMALL)))},
    "C4": {
        "fid": lower([(other, vae) for vae, other in versus(usual("vae"), usual())]),
        "blobs": beyond(usual("vae"), HALF, -1, "detail"),
        "accents": lower(matched(usual("vae", SMALL), usual("vae", LARGE)), "detail"),
    },
    "C5": {
        "wae": lower([(wae, other) for wae in select("vae", "wae", LARGE) for other in VAE if other != wae]),
        "mi_error": doubled_error("vae", "mi", "elbo"),
        "mi_fid": alike(versus(MI, select("vae", "elbo"))),
    },
    "C6": {
        "small": gaps("vae", SMALL, parted=True),
        "large": gaps("vae", LARGE, parted=False),
        "mi": curve_leads(versus(MI, VAE), gap),
    },
    "C7": {
        "perceptual": lower(versus(MSE, select("dalle", "perceptual"))),
        "cross_entropy": alike(versus(MSE, select("dalle", "cross_entropy"))),
        "fall": curve_leads(versus(MSE, DALLE), fall),
    },
    "C8": {
        "grey": beyond(GREY, HALF, -1, "colour"),
        "colourful": beyond(COLOURFUL, HALF, 1, "colour"),
        "fid": lower(matched(COLOURFUL, GREY)),
    },
    "C9": {
        "fid": lower(versus(usual("stylegan2"), usual())),
        "artefacts": beyond(usual("stylegan2", SMALL), ARTEFACTS, 1, "artefacts"),
        "fewer": lower(matched(usual("stylegan2", LARGE), usual("stylegan2", SMALL)), "artefacts"),
    },
    "C10": {
        "fid": lower(versus(HINGE, STYLEGAN2)),
        "hinge": crosses("stylegan2", "hinge", claimed=False),
        "artefacts": lower(versus(HINGE, select("stylegan2", "lsgan")), "artefacts"),
        "lsgan": crosses("stylegan2", "lsgan", claimed=True),
    },
    "C11": {
        "alike": alike(any_two_losses("stable_diffusion")),
        "fall": curve_leads(versus(MAE, DIFFUSION), fall),
        "rises": rises_less("stable_diffusion"),
    },
    "C12": {
        "same": cheaper(("vae", "dalle"), same=True),
        "diffusion": cheaper(("vae", "stable_diffusion"), ("dalle", "stable_diffusion")),
        "stylegan2": cheaper(("stable_diffusion", "stylegan2")),
    },
    "C13": {"stylegan2": lower(versus(HINGE, OTHERS)), "diffusion": lower(versus(MAE, OTHERS))},
}
"""By claim and part, as in claims.csv."""


def _read() -> tuple[ThesisClaim, ...]:
    """The claims of claims.csv: a row without a part is a claim itself, and those after it are its parts."""
    claims: dict[str, ThesisClaim] = {}
    with files("gen100.thesis.claims").joinpath("claims.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, strict=True):
            name, text = row["claim"], row["text"]
            if row["part"]:
                claims[name].parts[text] = TESTS[name][row["part"]]
            else:
                families = tuple(row["families"].split()) or tuple(LOSSES)
                claims[name] = ThesisClaim(name, text, row["figure"], {}, families)
    return tuple(claims.values())


CLAIMS = _read()
