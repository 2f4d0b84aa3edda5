"""Claims of DALL-E: C7 and C8."""

from gen100.thesis.claims.judgement import Claim, Part, bilingual
from gen100.thesis.claims.statements import HALF, ahead, alike, appendix, beyond, curves, lower, rivals
from gen100.thesis.claims.study import LARGE, SMALL, cell, fall

CLAIMS = (
    Claim(
        "C7",
        bilingual(
            "DALL-E: MSE is best: it looks like Cross-Entropy and trains better",
            "DALL-E: MSE найкраща: виглядає як Cross-Entropy й навчається краще",
        ),
        (
            Part(
                bilingual(
                    "MSE has a lower FID than Perceptual, at both sizes",
                    "MSE має менший FID, ніж Perceptual, за обох розмірів",
                ),
                lower(rivals("dalle", "mse", ("perceptual",))),
            ),
            Part(
                bilingual(
                    "the FID of MSE and of Cross-Entropy differ by less than 10%, at both sizes",
                    "FID у MSE та Cross-Entropy різняться менш ніж на 10% за обох розмірів",
                ),
                alike(rivals("dalle", "mse", ("cross_entropy",))),
            ),
            Part(
                bilingual(
                    "the validation loss of MSE falls by the largest share, at both sizes",
                    "втрата валідації у MSE зменшується на найбільшу частку за обох розмірів",
                ),
                curves(ahead("dalle", "mse", fall), 1),
            ),
        ),
        appendix("dalle"),
        ("dalle",),
    ),
    Claim(
        "C8",
        bilingual(
            "DALL-E: Perceptual needs a smaller latent: at 2048 the images are grey, at 128 colourful and "
            "object-like",
            "DALL-E: Perceptual потребує меншого латентного простору: з 2048 зображення сірі, зі 128 барвисті й "
            "схожі на об'єкти",
        ),
        (
            Part(
                bilingual(
                    "grey: at 2048 less than half of real images' colourfulness",
                    "сірі: з 2048 менше половини барвистості справжніх зображень",
                ),
                beyond([cell("dalle", "perceptual", LARGE)], HALF, -1, "colour"),
            ),
            Part(
                bilingual("colourful: at 128 more than half of it", "барвисті: зі 128 більше половини"),
                beyond([cell("dalle", "perceptual", SMALL)], HALF, 1, "colour"),
            ),
            Part(
                bilingual(
                    "object-like: the FID is lower at 128 than at 2048",
                    "схожі на об'єкти: FID зі 128 менший, ніж з 2048",
                ),
                lower([(cell("dalle", "perceptual", SMALL), cell("dalle", "perceptual", LARGE))]),
            ),
        ),
        appendix("dalle"),
        ("dalle",),
    ),
)
