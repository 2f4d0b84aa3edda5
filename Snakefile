"""The study as a workflow: every cell of params.yaml, from the data set to the thesis's tables and figures."""

from snakemake.utils import min_version

min_version("9.20")


include: "workflow/rules/settings.smk"


container: IMAGE


include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/report.smk"


report: "workflow/report/workflow.rst"


onstart:
    check_cluster_paths()


onerror:
    name_failed_jobs()


rule all:
    """Everything: results, tables, figures and the page. Files of runs are named, so that a missing one is made."""
    default_target: True
    input:
        expand(rules.extractor.output, role=stages.roles(PARAMS)),
        every_autoencoder(*rules.autoencoder.output),
        every_run(*rules.train.output, *rules.sample.output, *rules.evaluate.output),
        rules.reference.output,
        rules.forensics.output,
        rules.aggregate.output,
        rules.compare.output,
        rules.claims.output,
        rules.tables.output,
        rules.figures.output,
        rules.theory.output,
        rules.page.output,
