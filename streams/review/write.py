"""Writes reviews: one HTML and one Markdown file for each community and language."""

import re
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from rules.catalogue import Catalogue
from rules.review.compose import Review
from streams.review.page import Layout
from streams.review.words import words_of
from streams.whole_file import write_whole

_LONGEST_NAME: Final = 100
_DAY: Final = re.compile(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}\b")
_MARKDOWN: Final = str.maketrans({each: f"\\{each}" for each in "\\`*_[]<>#|"})


def file_stem(community_id: str) -> str:
    """Return what the files of a community are called: any id makes a name that a folder can hold.

    What is no letter or digit of ASCII is written as in an address; a longer one than fits is cut,
    and told apart by a hash.
    """
    name = quote(community_id, safe="")
    if len(name) > _LONGEST_NAME:
        mark = blake2b(community_id.encode(), digest_size=8).hexdigest()
        name = f"{name[:_LONGEST_NAME]}-{mark}"
    return f"review-{name}"


class Writer:
    """Writes reviews into a folder, in some languages."""

    def __init__(
        self, folder: Path, languages: tuple[str, ...], catalogue: Catalogue, base_url: str
    ) -> None:
        """Read the templates; nothing is written yet."""
        self._folder = folder
        self._layouts = {
            language: Layout(words_of(language), catalogue, base_url) for language in languages
        }
        pages = PackageLoader("streams.review")
        html = Environment(
            loader=pages, autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        html.filters.update(days=_days)
        # Markdown has an escaping of its own: the filter `line`.
        text = Environment(
            loader=pages,
            autoescape=False,  # noqa: S701
            undefined=StrictUndefined,
            trim_blocks=True,
            keep_trailing_newline=True,
        )
        text.filters.update(line=_line)
        self._templates = {
            "html": html.get_template("review.html.j2"),
            "md": text.get_template("review.md.j2"),
        }

    def write(self, review: Review) -> Iterator[Path]:
        """Write the files of a review, each whole or not at all; yield where. OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        stem = file_stem(review.community_id)
        for language, layout in self._layouts.items():
            page = layout.page(review)
            for ending, template in self._templates.items():
                path = self._folder / f"{stem}.{language}.{ending}"
                yield write_whole(path, template.render(page))


def _days(text: Any) -> Markup:
    """Write a text into a page, so that no line ends within a day."""
    # Python 3.11 would build what is put into a Markup by escaping it: it is made of plain text.
    safe = str(escape(text))
    return Markup(_DAY.sub(r'<span class="day">\g<0></span>', safe))  # noqa: S704


def _line(text: Any) -> str:
    """Write a text into a line of Markdown, so that nothing in it is read as Markdown."""
    return " ".join(str(text).split()).translate(_MARKDOWN)
