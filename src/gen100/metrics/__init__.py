"""The measures, on features of torch-fidelity's extractors, and the feature networks."""
