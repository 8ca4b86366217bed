"""What is measured is what Pulse would do: the same alerts, and from the past alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.alerts import Status, Transition, Verdict
from models.rejections import Rejection
from rules.engine import fold
from rules.lifecycle import Hold
from rules.policy import Policies
from rules.state import Partition
from streams.lines import arrival_of, read_events
from tests.builders import catalogue, configured, instant
from tests.detection.__main__ import DATA
from tests.detection.contenders import INDEX, SHIPPED, families, fixed
from tests.detection.history import read_histories
from tests.detection.stories import as_file, restless, spoken
from tests.detection.trials import Trial, alerts, calendar_alarm, four_week_median, lively

EVERY_KIND = {
    trial.name: trial for trial in (*fixed(), *(family.trials[-1] for family in families()))
}
REAL = Path(__file__).resolve().parents[2] / DATA


JUDGED = {"speech-density-drop": SHIPPED, "health-index-falling": INDEX}


def published(file: Path, rule_id: str) -> dict[str, list[int]]:
    """The days on which the engine begins alerts of the rule, by community."""
    settings = f"rules: {{{rule_id}: {{enabled: true}}}}"
    partition = Partition(Policies(configured(settings), catalogue()))
    records = [
        (arrival_of(event), instant(event.time), event)
        for _, event in read_events(str(file))
        if not isinstance(event, Rejection)
    ]
    begun: dict[str, list[int]] = {}
    for output in fold(partition, records).outputs:
        if (
            isinstance(output, Transition)
            and output.rule_id == rule_id
            and output.status is Status.FIRING
        ):
            begun.setdefault(output.community_id, []).append(output.day)
    return begun


def assert_as_the_engine(file: Path, rule_id: str) -> int:
    """Compare the days on which alerts begin; return how many alerts the engine has."""
    engine = published(file, rule_id)
    for history in read_histories(str(file)):
        # The engine goes on judging while others speak; the last day of all has not closed.
        end = history.first_day + len(history.days) - 1
        mine = [history.first_day + place for place in alerts(JUDGED[rule_id], history)]
        theirs = engine.get(history.community, [])
        assert [day for day in mine if day < end] == [day for day in theirs if day < end]
    return sum(map(len, engine.values()))


@pytest.mark.parametrize(
    ("rule_id", "least"), [("speech-density-drop", 20), ("health-index-falling", 4)]
)
def test_a_shipped_rule_alerts_as_the_engine_does(rule_id: str, least: int, tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(as_file({f"c{seed}": restless(seed, 300) for seed in range(4)}))
    assert assert_as_the_engine(file, rule_id) > least


@pytest.mark.skipif(not REAL.exists(), reason="the real event logs are not on this machine")
@pytest.mark.parametrize("rule_id", JUDGED)
def test_a_shipped_rule_alerts_as_the_engine_does_on_real_communities(rule_id: str) -> None:
    assert assert_as_the_engine(REAL, rule_id) > 50


@pytest.mark.parametrize("name", EVERY_KIND)
def test_no_verdict_looks_ahead(name: str) -> None:
    verdicts = EVERY_KIND[name].verdicts
    speech = restless(1, 400)
    whole = list(verdicts(spoken(speech)))
    assert len(set(whole)) > 1
    for length in (30, 56, 57, 150, 299):
        assert list(verdicts(spoken(speech[:length]))) == whole[:length]


def test_the_names_of_the_trials_of_a_family_are_distinct() -> None:
    for family in families():
        assert len({trial.name for trial in family.trials}) == len(family.trials)


def test_the_lifecycle_makes_one_alert_of_a_long_fall() -> None:
    history = spoken([20] * 100 + [0] * 40)
    assert INDEX.verdicts(history)[:55] == [Verdict.LEARNING] * 55
    (begun,) = alerts(INDEX, history)
    assert 100 < begun <= 107


def test_holding_times_are_those_of_the_trial() -> None:
    verdicts = [Verdict.FIRE, Verdict.OK, Verdict.FIRE, Verdict.FIRE, Verdict.OK, Verdict.FIRE]
    history = spoken([1] * len(verdicts))
    for hold, expected in ((Hold(), [0, 2, 5]), (Hold(1, 0), [3]), (Hold(0, 1), [0])):
        assert alerts(Trial("x", lambda _: verdicts, hold), history) == expected


def test_a_calendar_is_silent_where_little_is_said() -> None:
    history = spoken([0] * 60 + [10] * 100)
    assert lively(history) == [place >= 99 for place in range(160)]
    assert alerts(calendar_alarm("x", 20, 5), history) == [105, 125, 145]


@pytest.mark.parametrize(
    ("weeks", "expected"),
    [
        ((100, 100, 100, 100, 80), Verdict.FIRE),
        ((100, 100, 100, 100, 81), Verdict.OK),
        ((10, 90, 110, 500, 80), Verdict.FIRE),
        ((10, 90, 110, 500, 81), Verdict.OK),
        ((0, 19, 19, 90, 0), Verdict.BELOW_FLOOR),
        ((0, 20, 20, 90, 0), Verdict.FIRE),
        ((100, 100, 100, 0), Verdict.LEARNING),
    ],
)
def test_a_week_is_compared_with_the_median_of_the_four_before_it(
    weeks: tuple[int, ...], expected: Verdict
) -> None:
    speech = [amount if day == 0 else 0 for amount in weeks for day in range(7)]
    trial = four_week_median("x", 20, 20, Hold())
    assert trial.verdicts(spoken(speech))[-1] is expected
