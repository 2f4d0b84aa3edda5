"""Which evaluation mistakes give numbers like the thesis's: IS of 1.00 and FID of 989 to 1,899."""
