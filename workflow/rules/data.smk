"""Before any training: the archive, the arrays, and the networks that measure or compare images."""


rule fetch:
    """Take the data set's archive from its source, verified, or draw the synthetic one."""
    output:
        "data/archive.tar.gz",
        lineage="lineage/fetch.json",
    log:
        "logs/fetch.log",
    benchmark:
        "logs/fetch.tsv"
    params:
        settings=keys.data(PARAMS, "fetch"),
    shell:
        "exec gen100 fetch >> {log} 2>&1"


rule prepare:
    """Check the archive's records and write them as arrays."""
    input:
        "data/archive.tar.gz",
    output:
        "data/cifar100.npz",
        lineage="lineage/prepare.json",
    log:
        "logs/prepare.log",
    benchmark:
        "logs/prepare.tsv"
    params:
        settings=keys.data(PARAMS, "prepare"),
    shell:
        "exec gen100 prepare >> {log} 2>&1"


rule extractor:
    """Train the feature network of a role."""
    input:
        "data/cifar100.npz",
    output:
        "data/extractors/{role}.safetensors",
        lineage="lineage/extractor/{role}.json",
    log:
        "logs/extractor/{role}.log",
    benchmark:
        "logs/extractor/{role}.tsv"
    wildcard_constraints:
        role=roles(trained=True),
    resources:
        gpu=1,
        cpus_per_task=4,
        mem_mb=8000,
        runtime=120,
    params:
        settings=extractor_settings,
    shell:
        "exec gen100 extractor {wildcards.role} >> {log} 2>&1"


use rule extractor as extractor_local with:
    """Take the weights of a feature network, verified: a download, which a compute node may have no network for."""
    wildcard_constraints:
        role=roles(trained=False),
    resources:
        gpu=0,
