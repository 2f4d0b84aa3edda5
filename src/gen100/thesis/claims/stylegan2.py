"""Claims of StyleGAN2: C9 and C10."""

from collections.abc import Callable

from gen100.thesis.claims.judgement import Claim, Finding, Part, bilingual
from gen100.thesis.claims.statements import appendix, beyond, lower, plain, rivals, short_name
from gen100.thesis.claims.study import LARGE, SIZES, SMALL, Study, cell, crossings, usual

ARTEFACTS = 0.1
"""Decades between the spectra of samples and real images, from which artefacts are said to be left."""


def _crosses(loss: str, claimed: bool) -> Callable[[Study], Finding]:
    """Whether the losses of generator and discriminator swap sides, in every run of a loss or in none.

    Where runs of a cell differ, the seed decides it, not the loss.
    """

    def measured(study: Study) -> Finding:
        counts = {which: study.curves(which, crossings) for which in (cell("stylegan2", loss, s) for s in SIZES)}
        cross = [all(values) for values in counts.values()]
        never = [not any(values) for values in counts.values()]
        enough = all(len(values) > 1 for values in counts.values())
        agrees, differs = (cross, never) if claimed else (never, cross)
        outcome = (True if all(agrees) else False if any(differs) else None) if enough else None
        text = "; ".join(
            f"{short_name(which)}: {', '.join(plain(value) for value in values)}"
            for which, values in counts.items()
        )
        return Finding(outcome, bilingual(f"crossings by seed: {text}", f"перетини за зернами: {text}"))

    return measured


CLAIMS = (
    Claim(
        "C9",
        bilingual(
            "StyleGAN2 is best by eye in experiment 1, with artefacts; a larger latent reduces them",
            "StyleGAN2 найкраща на око в експерименті 1, з артефактами; більший латентний простір зменшує їх",
        ),
        (
            Part(
                bilingual(
                    "in experiment 1 StyleGAN2 has a lower FID than every other model, at both sizes",
                    "в експерименті 1 StyleGAN2 має менший FID, ніж кожна інша модель, за обох розмірів",
                ),
                lower(
                    [
                        (usual("stylegan2", size), usual(model, size))
                        for size in SIZES
                        for model in ("vae", "dalle", "stable_diffusion")
                    ]
                ),
            ),
            Part(
                bilingual(
                    "artefacts: at 128 the upper half of the spectrum is more than 0.1 decades off real images'",
                    "артефакти: зі 128 верхня половина спектра відхиляється від справжніх більш ніж на 0.1 декади",
                ),
                beyond([usual("stylegan2", SMALL)], ARTEFACTS, 1, "artefacts"),
            ),
            Part(
                bilingual("at 1024 it is less off than at 128", "з 1024 відхилення менше, ніж зі 128"),
                lower([(usual("stylegan2", LARGE), usual("stylegan2", SMALL))], "artefacts"),
            ),
        ),
        appendix("stylegan2"),
    ),
    Claim(
        "C10",
        bilingual(
            "StyleGAN2: Hinge is best, its loss curves never cross; LSGAN leaves artefacts, its curves swap sides",
            "StyleGAN2: Hinge найкраща, її криві втрат не перетинаються; LSGAN лишає артефакти, її криві "
            "міняються місцями",
        ),
        (
            Part(
                bilingual(
                    "Hinge has a lower FID than Wasserstein and LSGAN, at both sizes",
                    "Hinge має менший FID, ніж Wasserstein та LSGAN, за обох розмірів",
                ),
                lower(rivals("stylegan2", "hinge", ("wasserstein", "lsgan"))),
            ),
            Part(
                bilingual(
                    "with Hinge the losses of generator and discriminator never swap sides",
                    "з Hinge втрати генератора та дискримінатора ніколи не міняються місцями",
                ),
                _crosses("hinge", claimed=False),
                early=(False,),
            ),
            Part(
                bilingual(
                    "LSGAN's spectrum is farther off real images' than Hinge's, at both sizes",
                    "спектр LSGAN відхиляється від справжніх більше, ніж у Hinge, за обох розмірів",
                ),
                lower(rivals("stylegan2", "hinge", ("lsgan",)), "artefacts"),
            ),
            Part(
                bilingual("with LSGAN the two losses do swap sides", "з LSGAN обидві втрати міняються місцями"),
                _crosses("lsgan", claimed=True),
                early=(True,),
            ),
        ),
        appendix("stylegan2"),
        ("stylegan2",),
    ),
)
