"""Who takes part: `speech-density-drop`, variants of it, the health index, and a calendar."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Final, NamedTuple

from rules.lifecycle import Hold
from rules.measures.health_components import COMPONENTS
from rules.measures.health_index import HealthIndexParameters
from streams.catalogue import shipped_catalogue
from tests.detection.trials import Trial, calendar_alarm, four_week_median, health, speech_drop

DEFAULTS: Final[HealthIndexParameters] = shipped_catalogue()["health-index-falling"].defaults

KEEPS: Final = (13, 20, 27)
DROPS: Final = (10, 20, 30, 40, 50)
INDICES: Final = (55, 60, 65, 70, 75, 80, 85)
WINDOWS: Final = (14, 21, 28)
PERIODS: Final = (28, 35, 42, 49, 56)

SHIPPED: Final = speech_drop("speech-density-drop, as shipped")
INDEX: Final = health("health index", DEFAULTS)

_WEIGHTS: Final = tuple(f"{component.name}_weight" for component in COMPONENTS)


class Family(NamedTuple):
    """Trials of which one is chosen on some communities, to be tried on others."""

    name: str
    fitted: str
    trials: tuple[Trial, ...]


def fixed() -> list[Trial]:
    """Rules in one setting each, which nothing was fitted for here."""
    return [
        SHIPPED,
        speech_drop("the same, a fall of 50 %", drop_percent=50),
        speech_drop("the same, a floor of 50 a week", floor=50),
        speech_drop("the same, for_days 6", for_days=6),
        speech_drop("the same, keep_firing_days 27", keep_firing_days=27),
        speech_drop("the same, over four weeks", window_days=28, floor=200),
        speech_drop(
            "the same, over four weeks, keep_firing_days 20",
            window_days=28,
            floor=200,
            keep_firing_days=20,
        ),
        four_week_median("median of four weeks, keep_firing_days 7", 20, 20, Hold(0, 7)),
        INDEX,
    ]


def families() -> list[Family]:
    """Rules whose setting is chosen, each out of a few."""
    return [
        Family(
            "speech-density-drop over four weeks",
            f"`drop_percent` of {_list(DROPS)}; `keep_firing_days` of {_list(KEEPS)}",
            tuple(
                speech_drop(
                    f"drop_percent {drop}, keep_firing_days {keep}",
                    window_days=28,
                    floor=200,
                    drop_percent=drop,
                    keep_firing_days=keep,
                )
                for drop, keep in product(DROPS, KEEPS)
            ),
        ),
        Family(
            "median of four weeks",
            f"fall in % of {_list(DROPS)}; `keep_firing_days` of 7, {_list(KEEPS)}",
            tuple(
                four_week_median(f"fall {drop} %, keep_firing_days {keep}", drop, 50, Hold(0, keep))
                for drop, keep in product(DROPS, (7, *KEEPS))
            ),
        ),
        Family(INDEX.name, _INDEX_FITTED, _indices()),
        Family(
            f"{INDEX.name}, its window too",
            f"the same, and `window_days` of {_list(WINDOWS)}",
            _indices(windows=WINDOWS),
        ),
        Family(
            f"{INDEX.name}, all weights alike",
            _INDEX_FITTED,
            _indices(dict.fromkeys(_WEIGHTS, 1)),
        ),
        Family(
            f"{INDEX.name} of speech density alone",
            _INDEX_FITTED,
            _indices(dict.fromkeys(_WEIGHTS, 0) | {"speech_density_weight": 1}),
        ),
        Family(
            "calendar",
            f"an alarm every {_list(PERIODS)} days",
            tuple(calendar_alarm(f"every {period} days", period) for period in PERIODS),
        ),
    ]


def _indices(
    weights: Mapping[str, int] | None = None, windows: tuple[int, ...] = (DEFAULTS.window_days,)
) -> tuple[Trial, ...]:
    named = len(windows) > 1
    return tuple(
        health(
            f"index_at_most {index}, keep_firing_days {keep}"
            + (f", window_days {window}" if named else ""),
            DEFAULTS.model_copy(
                update={
                    "index_at_most": index,
                    "keep_firing_days": keep,
                    "window_days": window,
                    **(weights or {}),
                }
            ),
        )
        for window, index, keep in product(windows, INDICES, KEEPS)
    )


def _list(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers))


_INDEX_FITTED: Final = f"`index_at_most` of {_list(INDICES)}; `keep_firing_days` of {_list(KEEPS)}"
