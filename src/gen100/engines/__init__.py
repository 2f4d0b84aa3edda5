"""What Snakemake and DVC are asked and told."""
