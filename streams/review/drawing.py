"""Draws charts as SVG that stands inside a page, by Matplotlib.

Charts hold digits and days only: names stand in the page, beside the colours, in its language and
type. So no font is embedded or needed here.
"""

import re
from io import StringIO
from typing import Any, Final
from xml.etree import ElementTree as ET

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from rules.review.amounts import Unit
from rules.review.charts import Chart, Kind

COLOURS: Final = ("#0072b2", "#e69f00", "#009e73", "#cc79a7")
"""Told apart by those who see colours differently too (Okabe and Ito)."""

EXPECTED: Final = "#a65e00"
INTERVAL: Final = "#f7d9a3"

GLYPHS: Final = ("●", "■", "▲", "◆")
"""The marks of lines, as text."""

_LINES: Final = ("-", "--", ":", "-.")
_MARKS: Final = ("o", "s", "^", "D")
_HATCHES: Final = ("", "///", "...", "xxx")
_SVG: Final = "http://www.w3.org/2000/svg"
_XLINK: Final = "http://www.w3.org/1999/xlink"
_WIDTH: Final = 4.6
"""Inches: about as wide as a phone, so that digits are as large there as beside the text."""
_STYLE: Final[dict[str, Any]] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "pulse",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#767676",
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "hatch.linewidth": 0.6,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
}
_NO_METADATA: Final = dict.fromkeys(("Creator", "Date", "Format", "Type"))


def draw(chart: Chart, identity: str, title: str, description: str) -> str:
    """Return the chart as one `svg` element, whose ids begin with `identity`.

    Screen readers say `title` and `description`. The same chart gives the same text.
    """
    across = chart.kind in (Kind.BARS, Kind.PARTS)
    height = 0.6 + 0.34 * len(chart.labels) if across else 2.5
    with rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        axes = figure.add_subplot()
        _DRAW[chart.kind](axes, chart)
        text = StringIO()
        figure.savefig(text, format="svg", metadata=_NO_METADATA, transparent=True)
    return _inline(text.getvalue(), identity, title, description)


def _stacked(axes: Any, chart: Chart) -> None:
    places = range(len(chart.labels))
    below = [0.0] * len(chart.labels)
    for number, values in enumerate(_values(chart)):
        known = [value or 0.0 for value in values]
        axes.bar(
            places,
            known,
            bottom=below,
            color=COLOURS[number],
            hatch=_HATCHES[number],
            edgecolor="white",
            linewidth=0.5,
        )
        below = [one + other for one, other in zip(below, known, strict=True)]
    _days(axes, chart)


def _lines(axes: Any, chart: Chart) -> None:
    places = range(len(chart.labels))
    for number, values in enumerate(_values(chart)):
        axes.plot(
            places,
            values,
            color=COLOURS[number],
            linestyle=_LINES[number],
            marker=_MARKS[number],
            markersize=5,
            # A mark on the axis stands there whole.
            clip_on=False,
        )
    _days(axes, chart)
    axes.set_ylim(bottom=0, top=_top(chart))


def _top(chart: Chart) -> float | None:
    """Return a little over 100 where that is the most there is; a rate may also be more."""
    if chart.unit not in (Unit.POINTS, Unit.PERCENT):
        return None
    known = (value for values in _values(chart) for value in values if value is not None)
    return 105 if max(known, default=0) <= 100 else None


def _forecast(axes: Any, chart: Chart) -> None:
    counted, expected, low, high = _values(chart)
    places = range(len(chart.labels))
    coming = [place for place, value in zip(places, expected, strict=True) if value is not None]
    axes.fill_between(
        coming,
        [low[place] for place in coming],
        [high[place] for place in coming],
        color=INTERVAL,
        linewidth=0,
    )
    axes.plot(places, counted, color=COLOURS[0], marker=_MARKS[0], markersize=5)
    axes.plot(places, expected, color=EXPECTED, linestyle="--", marker=_MARKS[1], markersize=5)
    _days(axes, chart)
    axes.set_ylim(bottom=0)


def _across(axes: Any, chart: Chart) -> None:
    places = range(len(chart.labels))
    left = [0.0] * len(chart.labels)
    # The score of a part is no share of the bar: it stands in the table only.
    for number, values in enumerate(_values(chart)[:2]):
        known = [value or 0.0 for value in values]
        axes.barh(
            places,
            known,
            left=left,
            color=COLOURS[number],
            hatch=_HATCHES[number],
            edgecolor="white",
            linewidth=0.5,
        )
        left = [one + other for one, other in zip(left, known, strict=True)]
    axes.set_yticks(places, [str(place + 1) for place in places])
    axes.invert_yaxis()
    axes.grid(visible=True, axis="x")
    axes.grid(visible=False, axis="y")
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))


_DRAW: Final = {
    Kind.STACKED: _stacked,
    Kind.LINES: _lines,
    Kind.FORECAST: _forecast,
    Kind.BARS: _across,
    Kind.PARTS: _across,
}


def _values(chart: Chart) -> list[list[float | None]]:
    return [
        [
            value if value is None or chart.unit is Unit.COUNT else value / 100
            for value in series.values
        ]
        for series in chart.series
    ]


def _days(axes: Any, chart: Chart) -> None:
    """Write month and day under the steps, as many as have room."""
    every = -(-len(chart.labels) // 8)
    last = len(chart.labels) - 1
    shown = [place for place in range(len(chart.labels)) if (last - place) % every == 0]
    axes.set_xticks(shown, [chart.labels[place][5:] for place in shown])
    axes.set_xlim(-0.6, last + 0.6)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.margins(y=0.08)


def _inline(text: str, identity: str, title: str, description: str) -> str:
    """Make a picture file's text an element of a page: named, of any width, without a prologue."""
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", _XLINK)
    root = ET.fromstring(text)  # noqa: S314 (Matplotlib's own text)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.endswith("}metadata"):
                parent.remove(child)
    _rename(root, identity)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("role", "img")
    root.set("aria-labelledby", f"{identity}-title {identity}-description")
    for number, (name, content) in enumerate((("title", title), ("desc", description))):
        element = ET.Element(f"{{{_SVG}}}{name}")
        element.set("id", f"{identity}-{'title' if name == 'title' else 'description'}")
        element.text = content
        root.insert(number, element)
    return ET.tostring(root, encoding="unicode")


def _rename(root: ET.Element, identity: str) -> None:
    """Give ids that are referred to a beginning of their own, and take the others away."""
    whole = ET.tostring(root, encoding="unicode")
    # A colour such as #e69f00 looks like a reference, too.
    ids = {element.get("id") for element in root.iter()}
    used = ids.intersection(re.findall(r"#([A-Za-z][\w.-]*)(?=[\")])", whole))
    for element in root.iter():
        for name, value in list(element.attrib.items()):
            if name == "id":
                if value in used:
                    element.set("id", f"{identity}-{value}")
                else:
                    del element.attrib["id"]
            elif "#" in value:
                element.set(name, _refer(value, used, identity))


def _refer(value: str, used: set[str | None], identity: str) -> str:
    return re.sub(
        r"#([A-Za-z][\w.-]*)",
        lambda found: f"#{identity}-{found[1]}" if found[1] in used else found[0],
        value,
    )
