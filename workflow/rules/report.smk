"""Results as the thesis shows them: one table of runs, its tables, its figures, and a page."""


rule aggregate:
    """Collect every run's results into one table."""
    input:
        every_run(
            "results/{cell}/{seed}/metrics.json",
            "results/{cell}/{seed}/curve.csv",
            "results/{cell}/{seed}/run.json",
        ),
        every_autoencoder("results/autoencoders/{autoencoder}/{seed}/run.json"),
    output:
        report(
            "reports/results.csv",
            caption="../report/results.rst",
            category="Results",
            labels={"table": "every run"},
        ),
        lineage="lineage/aggregate.json",
    log:
        "logs/aggregate.log",
    benchmark:
        "logs/aggregate.tsv"
    params:
        settings=keys.report(PARAMS),
    shell:
        "exec gen100 aggregate >> {log} 2>&1"


rule compare:
    """Compare the losses of each model and size, over seeds and over samples."""
    input:
        "reports/results.csv",
        every_run("results/{cell}/{seed}/resamples.csv"),
    output:
        report(
            "reports/comparisons.csv",
            caption="../report/comparisons.rst",
            category="Results",
            labels={"table": "losses compared"},
        ),
        lineage="lineage/compare.json",
    log:
        "logs/compare.log",
    benchmark:
        "logs/compare.tsv"
    params:
        settings=keys.report(PARAMS),
    shell:
        "exec gen100 compare >> {log} 2>&1"


rule claims:
    """Judge the thesis's claims by the results."""
    input:
        "data/cifar100.npz",
        "reports/results.csv",
        "reports/reference.json",
        every_run(
            "results/{cell}/{seed}/curve.csv",
            "results/{cell}/{seed}/samples.npy",
            "results/{cell}/{seed}/resamples.csv",
        ),
    output:
        report(
            thesis.CLAIMS,
            caption="../report/claims.rst",
            category="Conclusions",
        ),
        lineage="lineage/claims.json",
    log:
        "logs/claims.log",
    benchmark:
        "logs/claims.tsv"
    params:
        settings=keys.report(PARAMS),
    shell:
        "exec gen100 claims >> {log} 2>&1"


rule tables:
    """Rebuild the thesis's Tables 3.1 and 3.2, and a table of all measures."""
    input:
        "reports/results.csv",
        "reports/reference.json",
        "reports/comparisons.csv",
    output:
        report(
            thesis.TABLES,
            caption="../report/tables.rst",
            category="Results",
        ),
        lineage="lineage/tables.json",
    log:
        "logs/tables.log",
    benchmark:
        "logs/tables.tsv"
    shell:
        "exec gen100 tables >> {log} 2>&1"


rule figures:
    """Draw losses and images of every cell, the cost of quality, and its bias by the number of samples."""
    input:
        "data/cifar100.npz",
        "reports/results.csv",
        "reports/reference.json",
        every_run(
            "results/{cell}/{seed}/curve.csv",
            "results/{cell}/{seed}/samples.npy",
            "results/{cell}/{seed}/resamples.csv",
        ),
    output:
        report(
            thesis.family_figures(PARAMS.families),
            caption="../report/family.rst",
            category="Families",
        ),
        report(
            thesis.COST,
            caption="../report/cost.rst",
            category="Conclusions",
        ),
        report(
            thesis.BIAS,
            caption="../report/bias.rst",
            category="Conclusions",
        ),
        lineage="lineage/figures.json",
    log:
        "logs/figures.log",
    benchmark:
        "logs/figures.tsv"
    params:
        settings=keys.report(PARAMS),
    shell:
        "exec gen100 figures >> {log} 2>&1"


rule theory:
    """Compute the thesis's theory figures."""
    input:
        "data/cifar100.npz",
    output:
        report(
            thesis.THEORY,
            caption="../report/theory.rst",
            category="Theory",
        ),
        lineage="lineage/theory.json",
    log:
        "logs/theory.log",
    benchmark:
        "logs/theory.tsv"
    shell:
        "exec gen100 theory >> {log} 2>&1"


rule page:
    """Write the page of everything, once per language."""
    input:
        "data/cifar100.npz",
        "reports/results.csv",
        "reports/reference.json",
        "reports/comparisons.csv",
        every_run(
            "results/{cell}/{seed}/curve.csv",
            "results/{cell}/{seed}/samples.npy",
            "results/{cell}/{seed}/neighbours.png",
        ),
        thesis.CLAIMS,
        thesis.FORENSICS,
        thesis.TABLES,
        thesis.family_figures(PARAMS.families),
        thesis.COST,
        thesis.BIAS,
        thesis.THEORY,
    output:
        report(
            thesis.PAGES,
            caption="../report/page.rst",
            category="Results",
            labels={"table": "page"},
        ),
        lineage="lineage/page.json",
    log:
        "logs/page.log",
    benchmark:
        "logs/page.tsv"
    params:
        settings=keys.page(PARAMS),
    shell:
        "exec gen100 page >> {log} 2>&1"
