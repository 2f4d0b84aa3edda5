"""The thesis's thirteen claims, each with the measurable statements that it is taken apart into."""

from gen100.i18n import N_
from gen100.thesis.claims.claim import ThesisClaim
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

GREY, COLOURFUL = (select("dalle", "perceptual", size) for size in (LARGE, SMALL))
HINGE, MAE = select("stylegan2", "hinge"), select("stable_diffusion", "mae")
OTHERS = [cell for cell in select() if cell not in (*HINGE, *MAE)]

CLAIMS = (
    ThesisClaim(
        "C1",
        N_("IS is 1.00 for every cell: generated images are neither classifiable nor diverse"),
        "family_stylegan2.png",
        {N_("IS of every run is printed as 1.00"): printed_as_one},
    ),
    ThesisClaim(
        "C2",
        N_("FID is high for every cell (989 to 1,899): generated images are far from real ones"),
        "bias.svg",
        {
            N_(
                "every cell is as far from real images as noise or one flat colour, whichever is nearer"
            ): as_far_as_noise,
            N_("the FID of every cell is at least 989, the lowest printed"): as_high_as_printed,
        },
    ),
    ThesisClaim(
        "C3",
        N_("FID falls as batch and latent size grow"),
        "cost.svg",
        {
            N_("the larger size has the lower FID, for every family and loss"): lower(
                matched(select(size=LARGE), select(size=SMALL))
            )
        },
    ),
    ThesisClaim(
        "C4",
        N_("VAE is worst: blobs of colour; a larger size adds accents"),
        "family_vae.png",
        {
            N_("in experiment 1 every other family has a lower FID than VAE, at both sizes"): lower(
                [(other, vae) for vae, other in versus(usual("vae"), usual())]
            ),
            N_("blobs: VAE's images have less than half of real images' power at high frequencies"): beyond(
                usual("vae"), HALF, -1, "detail"
            ),
            N_("accents: the larger size has more power at high frequencies"): lower(
                matched(usual("vae", SMALL), usual("vae", LARGE)), "detail"
            ),
        },
    ),
    ThesisClaim(
        "C5",
        N_("VAE: WAE at 2048 is best; MI doubles the error and looks like ELBO"),
        "family_vae.png",
        {
            N_("WAE at 2048 has a lower FID than every other VAE cell"): lower(
                [(wae, other) for wae in select("vae", "wae", LARGE) for other in select("vae") if other != wae]
            ),
            N_(
                "the error of MI (mean square, of reconstructed test images) is at least twice that of ELBO"
            ): doubled_error("vae", "mi", "elbo"),
            N_("the FIDs of MI and ELBO differ by less than 10%, at both sizes"): alike(
                versus(select("vae", "mi"), select("vae", "elbo"))
            ),
        },
        ("vae",),
    ),
    ThesisClaim(
        "C6",
        N_("VAE at 128: training and validation loss diverge; at 2048 they do not; the gap is largest with MI"),
        "family_vae.png",
        {
            N_("at 128 the last validation loss exceeds the training loss by more than 5%, for every loss"): gaps(
                "vae", SMALL, parted=True
            ),
            N_("at 2048 they stay within 5%"): gaps("vae", LARGE, parted=False),
            N_("the gap of MI is the largest, at both sizes"): curve_leads(
                versus(select("vae", "mi"), select("vae")), gap
            ),
        },
        ("vae",),
    ),
    ThesisClaim(
        "C7",
        N_("DALL-E: MSE is best: it looks like Cross-Entropy and trains better"),
        "family_dalle.png",
        {
            N_("MSE has a lower FID than Perceptual, at both sizes"): lower(
                versus(select("dalle", "mse"), select("dalle", "perceptual"))
            ),
            N_("the FIDs of MSE and Cross-Entropy differ by less than 10%, at both sizes"): alike(
                versus(select("dalle", "mse"), select("dalle", "cross_entropy"))
            ),
            N_("the validation loss of MSE falls by the largest share, at both sizes"): curve_leads(
                versus(select("dalle", "mse"), select("dalle")), fall
            ),
        },
        ("dalle",),
    ),
    ThesisClaim(
        "C8",
        N_(
            "DALL-E: Perceptual needs a smaller latent: at 2048 the images are grey, at 128 colourful and "
            "object-like"
        ),
        "family_dalle.png",
        {
            N_("grey: at 2048 less than half of real images' colourfulness"): beyond(GREY, HALF, -1, "colour"),
            N_("colourful: at 128 more than half of it"): beyond(COLOURFUL, HALF, 1, "colour"),
            N_("object-like: the FID is lower at 128 than at 2048"): lower(matched(COLOURFUL, GREY)),
        },
        ("dalle",),
    ),
    ThesisClaim(
        "C9",
        N_("StyleGAN2 is best by eye in experiment 1, with artefacts; a larger latent reduces them"),
        "family_stylegan2.png",
        {
            N_("in experiment 1 StyleGAN2 has a lower FID than every other family, at both sizes"): lower(
                versus(usual("stylegan2"), usual())
            ),
            N_(
                "artefacts: at 128 the upper half of the spectrum is more than 0.1 decades off real images'"
            ): beyond(usual("stylegan2", SMALL), ARTEFACTS, 1, "artefacts"),
            N_("at 1024 it is less far off than at 128"): lower(
                matched(usual("stylegan2", LARGE), usual("stylegan2", SMALL)), "artefacts"
            ),
        },
    ),
    ThesisClaim(
        "C10",
        N_("StyleGAN2: Hinge is best, its loss curves never cross; LSGAN leaves artefacts, its curves cross"),
        "family_stylegan2.png",
        {
            N_("Hinge has a lower FID than Wasserstein and LSGAN, at both sizes"): lower(
                versus(select("stylegan2", "hinge"), select("stylegan2"))
            ),
            N_("with Hinge the losses of generator and discriminator never swap sides"): crosses(
                "stylegan2", "hinge", claimed=False
            ),
            N_("LSGAN's spectrum is farther off real images' than Hinge's, at both sizes"): lower(
                versus(select("stylegan2", "hinge"), select("stylegan2", "lsgan")), "artefacts"
            ),
            N_("with LSGAN the two losses do swap sides"): crosses("stylegan2", "lsgan", claimed=True),
        },
        ("stylegan2",),
    ),
    ThesisClaim(
        "C11",
        N_("Stable Diffusion: all losses work alike; MAE trains best; the family trains most easily of all"),
        "family_stable_diffusion.png",
        {
            N_("the FIDs of any two losses differ by less than 10%, at both sizes"): alike(
                any_two_losses("stable_diffusion")
            ),
            N_("the validation loss of MAE falls by the largest share, at both sizes"): curve_leads(
                versus(select("stable_diffusion", "mae"), select("stable_diffusion")), fall
            ),
            N_(
                "easily: the validation loss rises between records less often than in every other family "
                "(StyleGAN2: the discriminator's loss)"
            ): rises_less("stable_diffusion"),
        },
    ),
    ThesisClaim(
        "C12",
        N_("Training cost: VAE ~ DALL-E < Stable Diffusion < StyleGAN2 (up to 2.5 h on a hosted GPU)"),
        "cost.svg",
        {
            N_("VAE and DALL-E cost the same within a factor of 1.5, in hours and in time per image"): cheaper(
                ("vae", "dalle"), same=True
            ),
            N_("both cost less than Stable Diffusion"): cheaper(
                ("vae", "stable_diffusion"), ("dalle", "stable_diffusion")
            ),
            N_("Stable Diffusion costs less than StyleGAN2"): cheaper(("stable_diffusion", "stylegan2")),
        },
    ),
    ThesisClaim(
        "C13",
        N_("Best overall: StyleGAN2 with Hinge and Stable Diffusion with MAE"),
        "cost.svg",
        {
            N_(
                "StyleGAN2 with Hinge has a lower FID than every other cell of its size except Stable "
                "Diffusion with MAE"
            ): lower(versus(HINGE, OTHERS)),
            N_(
                "Stable Diffusion with MAE has a lower FID than every other cell of its size except "
                "StyleGAN2 with Hinge"
            ): lower(versus(MAE, OTHERS)),
        },
    ),
)
