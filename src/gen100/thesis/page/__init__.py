"""One static page of everything, once per language, that needs no other file and no network."""

from gen100.thesis.page.document import write_pages

__all__ = ["write_pages"]
