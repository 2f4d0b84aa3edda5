"""Training: the autoencoder of a two-stage model, then the model of a run."""


rule autoencoder:
    """Train a run's autoencoder, or take the one it shares."""
    input:
        autoencoder_inputs,
    output:
        weights="results/{cell}/{seed}/autoencoder.safetensors",
        curve="results/{cell}/{seed}/autoencoder.csv",
        record="results/{cell}/{seed}/autoencoder.json",
    log:
        "logs/autoencoder/{cell}-{seed}.log",
    benchmark:
        "logs/autoencoder/{cell}-{seed}.tsv"
    wildcard_constraints:
        cell=families(staged=True),
    resources:
        **turns(),
        gpu=1,
        cpus_per_task=4,
        mem_mb=16000,
        runtime=480,
    params:
        settings=settings_of("autoencoder"),
    shell:
        "exec gen100 autoencoder {wildcards.cell} {wildcards.seed} >> {log} 2>&1"


use rule autoencoder as autoencoder_local with:
    """Write the empty file of a model that has no autoencoder."""
    wildcard_constraints:
        cell=families(staged=False),
    resources:
        gpu=0,


rule train:
    """Train a run's model, resuming where an earlier attempt stopped."""
    input:
        data="data/cifar100.npz",
        autoencoder="results/{cell}/{seed}/autoencoder.safetensors",
    output:
        weights="results/{cell}/{seed}/model.safetensors",
        curve="results/{cell}/{seed}/curve.csv",
        record="results/{cell}/{seed}/run.json",
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
        settings=settings_of("train"),
    shell:
        "exec gen100 train {wildcards.cell} {wildcards.seed} >> {log} 2>&1"
