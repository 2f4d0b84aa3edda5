"""The stages of the workflow: what each reads and writes. The library below them knows no file names."""
