"""Mistakes in the network, in the layer that is compared, and in the number of images."""

from gen100.i18n import N_
from gen100.thesis.forensics.mistakes.mistake import Mistake
from gen100.thesis.forensics.pipeline import MetricPipeline

NETWORKS = (
    Mistake(
        "untrained",
        N_("the classifier without its trained weights"),
        N_("weights=None; a custom classifier that is not trained yet"),
        MetricPipeline(network="untrained"),
    ),
    Mistake(
        "untrained_keras",
        N_("Inception v3 without trained weights, initialized as in Keras"),
        "InceptionV3(weights=None)",
        MetricPipeline(network="inception keras"),
    ),
    Mistake(
        "untrained_torchvision",
        N_("Inception v3 without trained weights, initialized as in torchvision"),
        "inception_v3(weights=None)",
        MetricPipeline(network="inception torchvision"),
    ),
    Mistake(
        "training_mode",
        N_("the classifier in training mode, so normalized per batch"),
        N_("model.eval() forgotten; training=True"),
        MetricPipeline(network="training"),
    ),
    Mistake(
        "untrained_training_mode",
        N_("the classifier without its trained weights and in training mode"),
        N_("inception_v3(weights=None) without eval()"),
        MetricPipeline(network="untrained training"),
    ),
    Mistake(
        "small",
        N_("Inception v3 at 75 × 75 pixels instead of 299 × 299"),
        "include_top=False, input_shape=(75, 75, 3)",
        MetricPipeline(network="small"),
    ),
)

FEATURES = (
    Mistake("maximum", N_("FID of max-pooled features"), "pooling='max'", MetricPipeline(layer="maximum")),
    Mistake(
        "map",
        N_("FID of flattened features before pooling"),
        N_("include_top=False without pooling, then reshape(N, -1)"),
        MetricPipeline(layer="map"),
    ),
    Mistake(
        "positions",
        N_("FID of features before pooling, one observation per position"),
        N_("the same, then reshape(-1, channels)"),
        MetricPipeline(layer="positions"),
    ),
    Mistake(
        "logits",
        N_("FID of logits"),
        N_("the model's output instead of its last hidden layer"),
        MetricPipeline(layer="logits"),
    ),
    Mistake(
        "probabilities",
        N_("FID of class probabilities"),
        N_("include_top=True and predict()"),
        MetricPipeline(layer="probabilities"),
    ),
    Mistake(
        "pixels_bytes",
        N_("FID of pixels in [0, 255]"),
        N_("images.reshape(N, -1) instead of features"),
        MetricPipeline(layer="pixels 255"),
    ),
    Mistake(
        "pixels_unit", N_("FID of pixels in [0, 1]"), N_("the same after / 255"), MetricPipeline(layer="pixels 1")
    ),
    Mistake(
        "pixels_signed",
        N_("FID of pixels in [-1, 1]"),
        N_("the same after / 127.5 - 1"),
        MetricPipeline(layer="pixels -1 1"),
    ),
)

IMAGE_COUNTS = (
    Mistake(
        "ten_images",
        N_("10 samples against 10 real images, 10 splits"),
        N_("only the displayed grid is measured, n_split=10"),
        MetricPipeline(images=10),
    ),
    Mistake(
        "ten_images_one_split",
        N_("10 samples against 10 real images, one split"),
        N_("the same with splits=1"),
        MetricPipeline(images=10, score="one_split"),
    ),
    Mistake(
        "hundred_images",
        N_("100 samples against 100 real images"),
        N_("the memory limit of a hosted notebook"),
        MetricPipeline(images=100),
    ),
    Mistake(
        "one_batch",
        N_("one batch of 64 samples against one batch of 64 real images, 10 splits"),
        "next(iter(loader))",
        MetricPipeline(images=64),
    ),
)
"""For both measures."""
