"""Training: the autoencoders of two-stage families, then the model of each run."""


rule autoencoder:
    """Train an autoencoder, for all the cells that use it."""
    input:
        data="data/cifar100.npz",
        features=features,
    output:
        weights="results/autoencoders/{autoencoder}/{seed}/model.safetensors",
        curve="results/autoencoders/{autoencoder}/{seed}/curve.csv",
        record="results/autoencoders/{autoencoder}/{seed}/run.json",
        lineage="lineage/autoencoder/{autoencoder}-{seed}.json",
    log:
        "logs/autoencoder/{autoencoder}-{seed}.log",
    benchmark:
        "logs/autoencoder/{autoencoder}-{seed}.tsv"
    resources:
        gpu=1,
        cpus_per_task=4,
        mem_mb=16000,
        runtime=480,
    params:
        settings=autoencoder_settings,
    shell:
        "exec gen100 autoencoder {wildcards.autoencoder} {wildcards.seed} >> {log} 2>&1"


rule train:
    """Train a run's model, resuming where an earlier attempt stopped."""
    input:
        data="data/cifar100.npz",
        autoencoder=first_stage,
    output:
        weights="results/{cell}/{seed}/model.safetensors",
        curve="results/{cell}/{seed}/curve.csv",
        record="results/{cell}/{seed}/run.json",
        lineage="lineage/train/{cell}-{seed}.json",
    log:
        "logs/train/{cell}-{seed}.log",
    benchmark:
        "logs/train/{cell}-{seed}.tsv"
    resources:
        gpu=1,
        cpus_per_task=4,
        mem_mb=16000,
        runtime=1440,
    params:
        settings=cell_settings(keys.train),
    shell:
        "exec gen100 train {wildcards.cell} {wildcards.seed} >> {log} 2>&1"
