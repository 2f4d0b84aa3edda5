"""The templates of the thesis's reports: the sentences stand there, with gettext and numbers by Babel."""

from collections.abc import Callable, Mapping
from typing import Any

import jinja2
import markupsafe

from gen100 import i18n


def render(name: str, values: Mapping[str, Any], escape: Callable[[str], str] = markupsafe.escape) -> str:
    """Fill in a template in the current language.

    Args:
        name: its path below this package.
        values: what the template shows, by name.
        escape: of texts for the template's format, HTML by default. Constants between braces in a template
            are escaped for HTML in any case.
    """

    def shown(value: object) -> markupsafe.Markup:
        return value if isinstance(value, markupsafe.Markup) else markupsafe.Markup(escape(str(value)))

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("gen100.thesis", "."),
        autoescape=True,
        finalize=shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"_": i18n._, "number": i18n.number}
    return environment.get_template(name).render(values)
