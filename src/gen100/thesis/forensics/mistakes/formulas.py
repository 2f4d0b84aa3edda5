"""Mistakes in the formulas of FID and IS."""

from gen100.i18n import N_
from gen100.thesis.forensics.mistakes.mistake import Mistake
from gen100.thesis.forensics.pipeline import MetricPipeline

FID_FORMULA = (
    Mistake(
        "batches_averaged",
        N_("FID per batch of 64, averaged"),
        N_("a metric called inside the loop over batches"),
        MetricPipeline(distance="batches_averaged"),
    ),
    Mistake(
        "batches_summed",
        N_("FID per batch of 64, summed: grows with the number of batches"),
        N_("total += fid, never divided"),
        MetricPipeline(distance="batches_summed"),
    ),
    Mistake(
        "scatter",
        N_("covariance not divided by N - 1: grows with N"),
        N_("x.T @ x of centred features"),
        MetricPipeline(distance="scatter"),
    ),
    Mistake(
        "over_images",
        N_("covariance over images instead of features: grows with N"),
        N_("np.cov without rowvar=False"),
        MetricPipeline(distance="over_images"),
    ),
    Mistake(
        "without_root",
        N_("Tr(S1 + S2) alone, without the matrix root"),
        N_("the root is NaN or complex and is dropped"),
        MetricPipeline(distance="without_root"),
    ),
    Mistake(
        "half_root",
        N_("the matrix root without its factor 2"),
        N_("a formula copied by hand"),
        MetricPipeline(distance="half_root"),
    ),
    Mistake(
        "diagonal",
        N_("variances instead of covariances"),
        N_("np.var; an elementwise root of S1 * S2"),
        MetricPipeline(distance="diagonal"),
    ),
    Mistake(
        "elementwise_root",
        N_("the root of each element of S1 S2"),
        N_("np.sqrt instead of scipy's sqrtm"),
        MetricPipeline(distance="elementwise_root"),
    ),
    Mistake(
        "scipy_root",
        N_("100 images; sqrtm of singular covariances, imaginary part dropped"),
        "covmean = sqrtm(s1 @ s2).real",
        MetricPipeline(images=100, distance="scipy_root"),
    ),
    Mistake(
        "norm_of_means",
        N_("the norm of the difference of means, not squared"),
        "np.linalg.norm(m1 - m2)",
        MetricPipeline(distance="norm_of_means"),
    ),
    Mistake(
        "sum_of_means",
        N_("the differences of means summed before squaring"),
        "np.sum(m1 - m2) ** 2",
        MetricPipeline(distance="sum_of_means"),
    ),
    Mistake("root", N_("the distance instead of its square"), "np.sqrt(fid)", MetricPipeline(distance="root")),
    Mistake("squared", N_("the square of FID"), N_("squared once too often"), MetricPipeline(distance="squared")),
)

IS_FORMULA = (
    Mistake(
        "twice_softmax",
        N_("IS with softmax applied twice (1,008 classes)"),
        N_("softmax of predict(), whose last layer already applies it"),
        MetricPipeline(score="twice_softmax"),
    ),
    Mistake(
        "split_each",
        N_("IS with as many splits as images"),
        N_("splits=len(images); batches of one image"),
        MetricPipeline(score="split_each"),
    ),
    Mistake("one_image", N_("IS of a single image"), "predictions[0]", MetricPipeline(score="one_image")),
    Mistake(
        "marginal_alone",
        N_("IS of the mean prediction against itself"),
        N_("predictions averaged before the divergence"),
        MetricPipeline(score="marginal_alone"),
    ),
    Mistake(
        "one_output",
        N_("IS of a network with a single output"),
        N_("the discriminator instead of a classifier"),
        MetricPipeline(score="one_output"),
    ),
    Mistake(
        "features_for_logits",
        N_("IS with softmax of pooled features"),
        N_("the network of FID also used for IS"),
        MetricPipeline(score="features_for_logits"),
    ),
    Mistake(
        "softmax_over_images",
        N_("IS with softmax over the batch"),
        "softmax(dim=0)",
        MetricPipeline(score="softmax_over_images"),
    ),
    Mistake(
        "mean_over_classes",
        N_("IS with the divergence averaged over classes (1,008) instead of summed"),
        N_("kl_div with its default reduction"),
        MetricPipeline(score="mean_over_classes"),
    ),
    Mistake(
        "without_exp",
        N_("IS without the exponential: the divergence itself"),
        N_("np.exp forgotten, or a logarithm taken"),
        MetricPipeline(score="without_exp"),
    ),
)
