"""Results as the thesis shows them: one table of runs, its tables, its figures, and a page."""

TABLES = expand(
    "reports/tables/table_{name}.{language}.{format}",
    name=["3_1", "3_2", "measures"],
    language=["en", "uk"],
    format=["csv", "md", "tex"],
)


rule aggregate:
    """Collect every run's results into one table."""
    input:
        every_run("results/{cell}/{seed}/metrics.json"),
        every_run("results/{cell}/{seed}/curve.csv"),
        every_run("results/{cell}/{seed}/run.json"),
        every_run("results/{cell}/{seed}/autoencoder.json"),
    output:
        report(
            "reports/results.csv",
            caption="../report/results.rst",
            category="Results",
            labels={"table": "every run"},
        ),
    log:
        "logs/aggregate.log",
    benchmark:
        "logs/aggregate.tsv"
    params:
        settings=PLAN["report"],
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
    log:
        "logs/compare.log",
    benchmark:
        "logs/compare.tsv"
    params:
        settings=PLAN["report"],
    shell:
        "exec gen100 compare >> {log} 2>&1"


rule claims:
    """Judge the thesis' claims by the results."""
    input:
        "data/cifar100.npz",
        "reports/results.csv",
        "reports/reference.json",
        every_run("results/{cell}/{seed}/curve.csv"),
        every_run("results/{cell}/{seed}/samples.npy"),
        every_run("results/{cell}/{seed}/resamples.csv"),
    output:
        report(
            [f"{layout.CLAIMS}{ending}" for ending in (".csv", ".en.md", ".uk.md")],
            caption="../report/claims.rst",
            category="Conclusions",
        ),
    log:
        "logs/claims.log",
    benchmark:
        "logs/claims.tsv"
    params:
        settings=PLAN["report"],
    shell:
        "exec gen100 claims >> {log} 2>&1"


rule tables:
    """Rebuild the thesis' Tables 3.1 and 3.2, and a table of all measures."""
    input:
        "reports/results.csv",
        "reports/reference.json",
        "reports/comparisons.csv",
    output:
        report(
            TABLES,
            caption="../report/tables.rst",
            category="Results",
        ),
    log:
        "logs/tables.log",
    benchmark:
        "logs/tables.tsv"
    shell:
        "exec gen100 tables >> {log} 2>&1"


rule figures:
    """Rebuild the thesis' appendices: loss graphs and images of every cell; and what quality costs and is biased by."""
    input:
        "data/cifar100.npz",
        "reports/results.csv",
        "reports/reference.json",
        every_run("results/{cell}/{seed}/curve.csv"),
        every_run("results/{cell}/{seed}/samples.npy"),
        every_run("results/{cell}/{seed}/resamples.csv"),
    output:
        report(
            [appendix(family) for family in APPENDICES],
            caption="../report/appendix.rst",
            category="Appendices",
        ),
        report(
            "reports/figures/cost.svg",
            caption="../report/cost.rst",
            category="Conclusions",
        ),
        report(
            "reports/figures/bias.svg",
            caption="../report/bias.rst",
            category="Conclusions",
        ),
    log:
        "logs/figures.log",
    benchmark:
        "logs/figures.tsv"
    params:
        settings=PLAN["report"],
    shell:
        "exec gen100 figures >> {log} 2>&1"


rule theory:
    """Compute the thesis' theory figures."""
    input:
        "data/cifar100.npz",
    output:
        report(
            expand(
                "reports/figures/figure_{number}.svg",
                number=["1_1", "1_2", "1_3", "1_4", "1_5", "1_6", "2_8"],
            ),
            caption="../report/theory.rst",
            category="Theory",
        ),
    log:
        "logs/theory.log",
    benchmark:
        "logs/theory.tsv"
    shell:
        "exec gen100 theory >> {log} 2>&1"


rule page:
    """Write the page that shows everything."""
    input:
        "plan.json",
        "data/cifar100.npz",
        "reports/results.csv",
        "reports/reference.json",
        "reports/comparisons.csv",
        every_run("results/{cell}/{seed}/curve.csv"),
        every_run("results/{cell}/{seed}/samples.npy"),
        every_run("results/{cell}/{seed}/neighbours.png"),
        rules.claims.output,
        rules.forensics.output,
        rules.tables.output,
        rules.figures.output,
        rules.theory.output,
    output:
        report(
            "reports/index.html",
            caption="../report/page.rst",
            category="Results",
            labels={"table": "page"},
        ),
    log:
        "logs/page.log",
    benchmark:
        "logs/page.tsv"
    shell:
        "exec gen100 page >> {log} 2>&1"
