"""The pages of a review: sound by themselves, and of the figures that the records have."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from models.alerts import Verdict
from rules.review.compose import review
from rules.review.history import period_of
from streams.review.write import Writer
from tests.builders import catalogue
from tests.reviewed import D, history, judged, same_again
from tests.unit.test_cli import pulse
from tests.unit.test_review_command import CLUB, records
from tests.unit.test_review_command import replayed as replayed  # noqa: PLC0414 (a fixture)

VOID = {"meta", "br"}


class Page(HTMLParser):
    """Checks that elements are closed in order, and collects what a page has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.tags: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def pages(replayed: Path) -> dict[str, str]:
    ended = pulse("review", CLUB, "--source", "snapshots.ndjson", "--out", "../pages",
                  folder=replayed)  # fmt: skip
    assert ended.returncode == 0, ended.stderr.decode()
    return {
        path.name.removeprefix("review-book%2Fclub."): path.read_text(encoding="utf-8")
        for path in (replayed.parent / "pages").iterdir()
    }


def test_a_cell_is_one_piece_beside_its_name_on_a_phone(tmp_path: Path) -> None:
    """Pieces of their own (each day, each comma) would stand apart there, and out of the screen."""
    fired = {"member-silent": Verdict.FIRE}
    days = history([judged(D - 2, {}, fired), judged(D - 1, {}), judged(D, {}, fired)])
    found = review(days, period_of(days, None, None), catalogue(), same_again)
    html, _ = Writer(tmp_path, ("en",), catalogue(), "https://pulse.test").write(found)
    cells = re.findall(r'<td[^>]* data-name="[^"]*">(.*?)</td>', html.read_text(encoding="utf-8"))
    assert any(cell.count('class="day"') == 2 for cell in cells)
    assert all(re.fullmatch(r"(<span>.*</span>)?", cell) for cell in cells)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_page_stands_by_itself_and_is_sound(pages: dict[str, str], language: str) -> None:
    page = Page(pages[f"{language}.html"])
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert not re.search(r"@import|url\((?!#)", pages[f"{language}.html"])
    loaded = [value for _, name, value in page.attributes if name in ("src", "srcset", "data")]
    assert loaded == []
    targets = {
        value.removeprefix("#")
        for _, name, value in page.attributes
        if name in ("href", "xlink:href", "aria-labelledby") and value.startswith("#")
    }
    assert targets <= set(page.ids)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_chart_is_named_for_those_who_cannot_see_it_and_has_a_table(
    pages: dict[str, str], language: str
) -> None:
    text = pages[f"{language}.html"]
    figures = re.findall(r"<figure>.*?</figure>", text, re.DOTALL)
    assert len(figures) >= 5
    for figure in figures:
        title, description = re.search(r'aria-labelledby="(\S+) (\S+)"', figure).groups()  # type: ignore[union-attr]
        assert re.search(rf'<title id="{title}">[^<]+</title>', figure)
        assert re.search(rf'<desc id="{description}">[^<]+</desc>', figure)
        assert 'role="img"' in figure
        assert "<caption>" in figure


def test_a_page_shows_its_text_and_no_markup(pages: dict[str, str]) -> None:
    assert '<span class="day">2026-' in pages["en.html"]
    assert "&lt;span" not in pages["en.html"]


def test_the_five_parts_stand_in_their_order(pages: dict[str, str]) -> None:
    assert re.findall(r"^## (.*)$", pages["en.md"], re.MULTILINE) == [
        "1. Member behaviour", "2. Content effect", "3. Campaign return", "4. Ecosystem health",
        "5. Outlook",
    ]  # fmt: skip
    assert re.findall(r"^## (.*)$", pages["zh.md"], re.MULTILINE) == [
        "1. 成员行为", "2. 内容效果", "3. 活动回报", "4. 生态健康度", "5. 趋势展望"
    ]  # fmt: skip


def test_figures_equal_the_records_and_what_is_off_is_not_known(
    pages: dict[str, str], replayed: Path
) -> None:
    days = [each for each in records(replayed / "snapshots.ndjson") if each["community_id"] == CLUB]
    posts = [day["measures"]["post.created"] for day in days]
    now, before = 2 * sum(posts[-28:]), 2 * sum(posts[-56:-28])
    last = days[-1]["measures"]
    text = pages["en.md"]
    assert now == before == 232
    assert f"| posts and replies | {now} | {before} | 0.0 % | posts {sum(posts[-28:])}," in text
    assert f"active {last['active_members']}, known {last['known_members']}" in text
    assert (
        "| read completion | not known | not known | | there was nothing to take"
        in text.replace("|  |", "| |")
    )
    assert "| health index (of 100) | not known | not known |" in text
    assert "The health index is not known: its rule is off." in text
    assert "| member-churn | not judged: the rule is off |" in text
    assert "Days are those of Asia/Shanghai." in text


def test_inconclusive_verdicts_are_shown_as_such(pages: dict[str, str]) -> None:
    row = next(line for line in pages["en.md"].splitlines() if "| share-conversion-low" in line)
    assert "NOT\\_APPLICABLE (inconclusive: not something it does) | 0 | 0 | 28 |" in row
