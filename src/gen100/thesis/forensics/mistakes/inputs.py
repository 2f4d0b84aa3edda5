"""Mistakes in what the network is shown: images of nothing, and pixels scaled or laid out wrongly."""

from gen100.i18n import N_
from gen100.thesis.forensics.mistakes.mistake import Mistake
from gen100.thesis.forensics.pipeline import MetricPipeline

NOTHING_GENERATED = (
    Mistake(
        "noise",
        N_("uniform noise instead of samples"),
        N_("a generator that was not trained or not loaded"),
        replacement="noise",
    ),
    Mistake(
        "flat",
        N_("one flat grey image instead of samples"),
        N_("a generator that stopped learning"),
        replacement="flat",
    ),
    Mistake(
        "collapsed",
        N_("every sample is the same image"),
        N_("mode collapse; a latent vector drawn only once"),
        MetricPipeline(samples="collapsed"),
    ),
)

PIXELS = (
    Mistake(
        "unit_cast",
        N_("samples in [0, 1] cast to uint8"),
        N_("images.astype('uint8') or .byte() without × 255"),
        MetricPipeline(samples="unit_cast"),
    ),
    Mistake(
        "unit_cast_both",
        N_("samples and real images in [0, 1] cast to uint8"),
        N_("the same with a ToTensor() loader"),
        MetricPipeline(samples="unit_cast", real="unit_cast"),
    ),
    Mistake(
        "signed_cast",
        N_("samples in [-1, 1] cast to uint8"),
        N_("the output of a tanh generator cast without scaling"),
        MetricPipeline(samples="signed_cast"),
    ),
    Mistake(
        "signed_cast_both",
        N_("samples and real images in [-1, 1] cast to uint8"),
        N_("the same after Normalize(0.5, 0.5)"),
        MetricPipeline(samples="signed_cast", real="signed_cast"),
    ),
    Mistake(
        "signed_times_255",
        N_("samples in [-1, 1] multiplied by 255 and cast to uint8"),
        N_("(images * 255).astype('uint8') after tanh"),
        MetricPipeline(samples="signed_times_255"),
    ),
    Mistake(
        "signed_clipped",
        N_("samples in [-1, 1] clipped to [0, 1]"),
        N_("save_image without normalize=True"),
        MetricPipeline(samples="signed_clipped"),
    ),
    Mistake(
        "scaled_twice",
        N_("samples in [0, 1] scaled again as if they were bytes, so nearly black"),
        N_("Keras' preprocess_input after / 255"),
        MetricPipeline(samples="scaled_twice"),
    ),
    Mistake(
        "scaled_twice_both",
        N_("samples and real images in [0, 1] scaled again, so nearly black"),
        N_("the same for both sides"),
        MetricPipeline(samples="scaled_twice", real="scaled_twice"),
    ),
    Mistake(
        "unit_input",
        N_("the classifier gets [0, 1] instead of [-1, 1]"),
        N_("ToTensor() alone; preprocess_input forgotten"),
        MetricPipeline(samples="unit_input", real="unit_input"),
    ),
    Mistake(
        "bytes_input",
        N_("the classifier gets [0, 255] instead of [-1, 1]"),
        N_("Keras' InceptionV3 without preprocess_input"),
        MetricPipeline(samples="bytes_input", real="bytes_input"),
    ),
    Mistake(
        "bytes_input_real",
        N_("real images in [0, 255], samples in [-1, 1]"),
        N_("images from a data loader compared with a generator's raw output"),
        MetricPipeline(real="bytes_input"),
    ),
    Mistake(
        "bytes_input_samples",
        N_("samples in [0, 255], real images in [-1, 1]"),
        N_("images saved and loaded again, compared with normalized data"),
        MetricPipeline(samples="bytes_input"),
    ),
    Mistake(
        "bgr",
        N_("samples with red and blue swapped"),
        N_("OpenCV's imread and imwrite"),
        MetricPipeline(samples="bgr"),
    ),
    Mistake(
        "reshaped",
        N_("samples reshaped from N × H × W × 3 to N × 3 × H × W without transposing"),
        N_("reshape instead of transpose, between Keras and PyTorch"),
        MetricPipeline(samples="reshaped"),
    ),
    Mistake(
        "reshaped_both",
        N_("samples and real images reshaped without transposing"),
        N_("the same for both sides"),
        MetricPipeline(samples="reshaped", real="reshaped"),
    ),
)
