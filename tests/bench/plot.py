"""The figures as bars, in SVG."""

from collections.abc import Sequence
from pathlib import Path

from tests.bench.report import COLUMNS, rounds_of, spread
from tests.bench.rounds import Result

_COLOURS = {"zipf": "#2f6f9f", "uniform": "#9cc3dd"}
_LABELS = {"zipf": "communities by Zipf's law", "uniform": "communities of one size"}
_BAR = 0.38


def draw(results: Sequence[Result], path: Path) -> None:
    """Write one panel per figure: a bar at the median, a line from the lowest to the highest."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt
    from matplotlib.patches import Patch
    from matplotlib.ticker import StrMethodFormatter

    # Text stays text: readable, searchable, and in the reader's own font.
    plt.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "pulse", "font.size": 10})
    peers = list(dict.fromkeys(result.peer for result in results))
    variants = list(dict.fromkeys(result.variant for result in results))
    figure, panels = plt.subplots(
        1, len(COLUMNS), figsize=(13, 1.5 + 0.7 * len(peers)), sharey=True
    )
    for panel, (title, value, form) in zip(panels, COLUMNS, strict=True):
        for turn, variant in enumerate(variants):
            rounds = rounds_of(results, variant)
            for row, peer in enumerate(peers):
                if peer not in rounds:
                    continue
                middle, low, high = spread([*map(value, rounds[peer])])
                place = row + (turn - (len(variants) - 1) / 2) * _BAR
                panel.barh(place, middle, _BAR, color=_COLOURS[variant])
                panel.plot([low, high], [place, place], color="#222222", linewidth=1.5)
                panel.annotate(
                    f"{middle:{form}}",
                    (high, place),
                    xytext=(4, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=9,
                )
        panel.set_xlabel(title)
        panel.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        panel.locator_params(axis="x", nbins=5)
        panel.margins(x=0.22)
        panel.set_xlim(left=0)
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].set_yticks(range(len(peers)), peers)
    panels[0].invert_yaxis()
    marks = [Patch(color=_COLOURS[variant], label=_LABELS[variant]) for variant in variants]
    figure.legend(handles=marks, ncols=2, frameon=False, loc="upper right")
    figure.suptitle("One worker: bar = median, line = lowest to highest round", x=0.01, ha="left")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
