"""What rules that only report say of the sample: growth stages, and what cohorts are worth."""

from __future__ import annotations

from functools import cache

from models.alerts import Snapshot
from models.days import iso
from models.decode import decode_timed
from models.events import Arrived
from models.instants import parse_instant
from models.rejections import Rejection
from rules.configuration import parse_configuration
from rules.engine import fold
from rules.policy import Policies
from rules.state import Partition
from streams.catalogue import shipped_catalogue
from streams.sample import sample
from streams.sample.instants import local_day


@cache
def snapshots_of(community_id: str) -> dict[str, Snapshot]:
    """The snapshots of one community of the sample, by day."""
    planned, known = sample(scale=0.0), shipped_catalogue()
    name = f'"community_id":"{community_id}"'.encode()
    arrived: list[Arrived] = []
    for line in planned.lines:
        timed = decode_timed(line) if name in line else Rejection
        if isinstance(timed, tuple):
            time, event = timed
            received = parse_instant(event.received_at) if event.received_at else None
            arrived.append((time if received is None else received, time, event))
    configuration = parse_configuration("sample", planned.configuration, known)
    outputs = fold(Partition(Policies(configuration, known)), arrived).outputs
    return {iso(each.day): each for each in outputs if isinstance(each, Snapshot)}


def stage_on(community_id: str, day: int) -> tuple[str, str | None]:
    judgement = snapshots_of(community_id)[local_day(day)].verdicts["growth-stage"]
    return judgement["verdict"], judgement["evaluation"]["case"]


def test_while_nobody_joins_by_invitation_growth_looks_over_and_then_it_goes_on() -> None:
    assert stage_on("sourdough-circle", 54) == ("LEARNING", None)
    assert stage_on("sourdough-circle", 55) == ("OK", "settled")
    assert stage_on("sourdough-circle", 69) == ("OK", "settled")
    assert stage_on("sourdough-circle", 89) == ("OK", "diffusion")


def test_those_who_were_there_before_the_records_have_spent_it_all() -> None:
    judgement = snapshots_of("sourdough-circle")[local_day(89)].verdicts["cohort-value"]
    told = judgement["evaluation"]
    assert judgement["verdict"] == "OK"
    months = {each["month"]: each["members"] for each in told["cohorts"]}
    # One reader joins a day, from the sixth of January on.
    assert months == {"2025-01": 26, "2025-02": 28, "2025-03": 31, "2025-04": 5}
    assert (told["joined"]["members"], told["value"]) == (90, 0)
    assert told["unseen"]["members"] == 60
    assert told["unseen"]["value_hundredths"] == told["unseen"]["spent_hundredths"] // 60 > 0
