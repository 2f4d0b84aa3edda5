"""The study as a workflow: every cell of params.yaml, from the data set to the thesis' tables and figures."""

from snakemake.utils import min_version

min_version("9.20")


configfile: "params.yaml"


# Used with `--software-deployment-method apptainer` alone: build it from workflow/gen100.def.
container: "workflow/gen100.sif"


include: "workflow/rules/settings.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/report.smk"


report: "workflow/report/workflow.rst"


rule all:
    """Everything: results, tables, figures and the page."""
    default_target: True
    input:
        rules.plan.output,
        rules.aggregate.output,
        rules.tables.output,
        rules.figures.output,
        rules.theory.output,
        rules.page.output,
