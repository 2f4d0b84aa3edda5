"""The measures, on features that torch-fidelity extracts, and the feature networks."""
