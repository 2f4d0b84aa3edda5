"""Which mistakes of measuring give numbers like the thesis': IS of 1.00 and FID of 989 to 1,899."""

from gen100.thesis.forensics.writing import write_forensics

__all__ = ["write_forensics"]
