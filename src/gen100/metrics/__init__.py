"""What is measured: torch-fidelity behind one function, and the feature networks it uses."""
