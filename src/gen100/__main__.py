"""`python -m gen100` is `gen100`."""

from gen100.cli import main

main()
