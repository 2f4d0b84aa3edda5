"""Measuring: samples of every run, and real images against real images."""


rule sample:
    """Draw a run's samples, and a grid of them next to training images."""
    input:
        data="data/cifar100.npz",
        weights="results/{cell}/{seed}/model.safetensors",
    output:
        samples="results/{cell}/{seed}/samples.npy",
        grid=report(
            "results/{cell}/{seed}/grid.png",
            caption="../report/grid.rst",
            category="Samples",
            labels={"cell": "{cell}", "seed": "{seed}"},
        ),
        lineage="lineage/sample/{cell}-{seed}.json",
    log:
        "logs/sample/{cell}-{seed}.log",
    benchmark:
        "logs/sample/{cell}-{seed}.tsv"
    resources:
        gpu=1,
        cpus_per_task=4,
        mem_mb=16000,
        runtime=120,
    params:
        settings=cell_settings(keys.sample),
    shell:
        "exec gen100 sample {wildcards.cell} {wildcards.seed} >> {log} 2>&1"


rule reference:
    """Measure real images of the other split against the reference split: the floor of every table."""
    input:
        data="data/cifar100.npz",
        extractors=stages.measuring(PARAMS),
    output:
        "reports/reference.json",
        floor="reports/real_images.json",
        lineage="lineage/reference.json",
    log:
        "logs/reference.log",
    benchmark:
        "logs/reference.tsv"
    resources:
        gpu=1,
        cpus_per_task=4,
        mem_mb=16000,
        runtime=60,
    params:
        settings=keys.reference(PARAMS),
    shell:
        "exec gen100 reference >> {log} 2>&1"


rule evaluate:
    """Measure a run's samples against the reference split; needs the floor, so that its statistics are shared."""
    input:
        data="data/cifar100.npz",
        extractors=stages.measuring(PARAMS),
        reference="reports/reference.json",
        autoencoder=first_stage,
        samples="results/{cell}/{seed}/samples.npy",
    output:
        metrics="results/{cell}/{seed}/metrics.json",
        scores="results/{cell}/{seed}/scores.json",
        resamples="results/{cell}/{seed}/resamples.csv",
        neighbours=report(
            "results/{cell}/{seed}/neighbours.png",
            caption="../report/neighbours.rst",
            category="Nearest training images",
            labels={"cell": "{cell}", "seed": "{seed}"},
        ),
        lineage="lineage/evaluate/{cell}-{seed}.json",
    log:
        "logs/evaluate/{cell}-{seed}.log",
    benchmark:
        "logs/evaluate/{cell}-{seed}.tsv"
    resources:
        gpu=1,
        cpus_per_task=4,
        mem_mb=16000,
        runtime=60,
    params:
        settings=keys.evaluate(PARAMS),
    shell:
        "exec gen100 evaluate {wildcards.cell} {wildcards.seed} >> {log} 2>&1"


rule forensics:
    """Look for the mistakes that give numbers like the thesis's, on real images and on samples."""
    input:
        "data/cifar100.npz",
        "data/extractors/metric.safetensors",
        "reports/reference.json",
        every_run("results/{cell}/{seed}/samples.npy"),
    output:
        report(
            thesis.FORENSICS,
            caption="../report/forensics.rst",
            category="Conclusions",
        ),
        lineage="lineage/forensics.json",
    log:
        "logs/forensics.log",
    benchmark:
        "logs/forensics.tsv"
    resources:
        gpu=1,
        cpus_per_task=4,
        mem_mb=16000,
        runtime=120,
    params:
        settings=keys.forensics(PARAMS),
    shell:
        "exec gen100 forensics >> {log} 2>&1"
