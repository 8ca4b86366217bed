"""Charts as pictures: everything that is drawn stands inside them."""

from __future__ import annotations

import re
import warnings

import pytest

from rules.review.amounts import Unit
from rules.review.charts import Chart, Kind, Series
from streams.review.drawing import draw

MARK = re.compile(r'<use [^>]*x="([-0-9.]+)" y="([-0-9.]+)"')
SIZE = re.compile(r'viewBox="0 0 ([0-9.]+) ([0-9.]+)"')


def rates(*values: int | None) -> Chart:
    """A chart of one rate, in hundredths of a percent, week by week."""
    labels = tuple(f"2025-01-{day:02}" for day in range(7, 7 + len(values)))
    return Chart("rates", Kind.LINES, Unit.PERCENT, 7, labels, (Series("rate", values),))


@pytest.mark.parametrize(
    "values",
    [
        pytest.param((0, 5_000, 10_000), id="none above a hundred percent"),
        pytest.param((83_214, 0, 31_587), id="eight shares for each view"),
        pytest.param((None, 10_001, None), id="a little more, and unknown ones"),
        pytest.param((None, None, None), id="none known"),
    ],
)
def test_lines_stay_within_the_picture(values: tuple[int | None, ...]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = draw(rates(*values), "chart", "Rates", "Rates, in percent.")

    (size,) = SIZE.findall(picture)
    width, height = map(float, size)
    marks = [(float(x), float(y)) for x, y in MARK.findall(picture)]
    assert len(marks) >= len([value for value in values if value is not None])
    assert all(0 <= x <= width and 0 <= y <= height for x, y in marks)
