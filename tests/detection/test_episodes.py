from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.detection.episodes import Score, episodes, score, together


@pytest.mark.parametrize(
    ("speech", "expected"),
    [
        pytest.param([10] * 100 + [0] * 100, [99], id="all ends: the first day with nothing after"),
        pytest.param([10] * 100 + [5] * 100, [99], id="exactly half is left"),
        pytest.param([10] * 100 + [6] * 100, [], id="more than half is left"),
        pytest.param([8] * 50 + [0] * 100, [56], id="400 before, as the first day that can be"),
        pytest.param([8] * 49 + [7] + [0] * 100, [], id="399 before"),
        pytest.param([10] * 100 + [0] * 28, [71], id="what is known behind it is enough"),
        pytest.param([10] * 100 + [0] * 27, [], id="a day too few are known behind it"),
        pytest.param(([10] * 70 + [0] * 70) * 2, [69, 209], id="two falls"),
        pytest.param([10] * 100 + [3] * 130 + [0] * 99, [99], id="the second from too low"),
        pytest.param([20] * 100 + [9] * 60 + [0] * 90, [99, 159], id="two, 60 days apart"),
        pytest.param([20] * 100 + [9] * 50 + [0] * 90, [149], id="the stronger of two, 50 apart"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_an_episode_is_the_strongest_fall(speech: Sequence[int], expected: list[int]) -> None:
    assert episodes(speech) == expected


@pytest.mark.parametrize(
    ("alerts", "hit", "near", "leads"),
    [
        pytest.param([172], 1, 1, (28,), id="28 days before"),
        pytest.param([171], 0, 0, (), id="29 days before"),
        pytest.param([221], 1, 1, (-21,), id="21 days after"),
        pytest.param([222], 0, 0, (), id="22 days after"),
        pytest.param([190, 195, 210], 1, 3, (10,), id="three are one hit, led by the first"),
        pytest.param([100, 200, 300], 1, 1, (0,), id="others are false"),
        pytest.param([], 0, 0, (), id="none"),
    ],
)
def test_an_alert_near_an_episode_is_a_hit(
    alerts: list[int], hit: int, near: int, leads: tuple[int, ...]
) -> None:
    scored = score(alerts, [200], 731)
    assert (scored.alerts, scored.hit, scored.near) == (len(alerts), hit, near)
    assert scored.leads == leads


def test_the_figures_of_several_communities_are_of_all_their_alerts_and_episodes() -> None:
    total = together([score([10, 95, 97], [100], 365), score([300], [100, 310], 366)])
    assert total.precision == 2 / 4
    assert total.lenient_precision == 3 / 4
    assert total.recall == 2 / 3
    assert total.lead == 7.5
    assert total.false_per_year == 2 / (731 / 365.25)


def test_without_alerts_or_episodes_there_is_nothing_to_divide_by() -> None:
    assert Score().precision == 0
    assert Score().recall == 1
    assert Score().lead is None
    assert Score().false_per_year == 0
