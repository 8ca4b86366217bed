"""The changelog's deltas: what a batch writes, and when a community is written whole."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

import pytest

from models.alerts import Snapshot, Verdict
from models.decode import decode_timed
from models.events import Arrived
from models.instants import DAY, format_instant, parse_instant
from models.recovered import Recovered
from models.rejections import Rejection
from models.state import COMMUNITY, DELTA, MEMBERS, PEOPLE
from rules import state
from rules.configuration import Configuration
from rules.engine import fold, tick
from rules.policy import Policies
from rules.state import Partition
from streams import journal
from streams.catalogue import shipped_catalogue
from streams.changelog import Record, marker_record, stored_partition
from streams.journal import Journal
from streams.restoration import restore
from tests.builders import configured
from tests.whole import described

START = parse_instant("2025-01-01T12:00:00Z") or 0
POLICIES = Policies(Configuration(), shipped_catalogue())
WITH_A_LEDGER = Policies(configured("rules: {member-tiers: {enabled: true}}"), shipped_catalogue())


def post(number: int, community: str = "42", user: str = "anna", day: int = 0) -> Arrived:
    time = START + day * DAY + number
    text = (
        f'{{"id":"{number}","type":"post.created","community_id":"{community}",'
        f'"user_id":"{user}","time":"{format_instant(time)}"}}'
    )
    timed = decode_timed(text.encode())
    assert not isinstance(timed, Rejection)
    return time, *timed


class Log:
    """A partition, its journal and all that the journal wrote."""

    def __init__(self, policies: Policies = POLICIES) -> None:
        self.policies = policies
        self.partition = Partition(policies)
        self.journal = Journal()
        self.journal.begin(0)
        self.records: list[Record] = []

    def batch(self, *events: Arrived) -> Counter[bytes]:
        """Apply and write a batch; count its records by kind, deletions as `-`."""
        fold(self.partition, events)
        written = list(self.journal.records(self.partition))
        self.partition.clean()
        self.records += [
            *written,
            marker_record(stored_partition(self.partition, 0, 1), self.journal.stamp),
        ]
        return Counter(b"-" if value is None else key[:1] for key, value in written)

    def read_back(self) -> tuple[Partition, Journal]:
        recovered = Recovered()
        for offset, (key, value) in enumerate(self.records):
            recovered.absorb(key, value, offset)
        return restore(recovered, self.policies)


def test_a_batch_writes_one_record_however_many_members_it_touches() -> None:
    log = Log()
    events = [post(number, user=f"u{number}") for number in range(500)]
    assert log.batch(*events) == {DELTA: 1}
    assert log.batch() == {}


def test_a_batch_costs_what_it_changes_and_not_what_there_is() -> None:
    log = Log()
    for day in range(40):
        log.batch(*[post(1000 * day + n, user=f"u{n}", day=day) for n in range(100)])
    log.batch(post(90_000, day=40))
    log.batch(post(90_001, day=40))
    (key, value), marker = log.records[-2:]
    assert key[:1] == DELTA
    assert value is not None
    assert marker[1] is not None
    assert len(value) + len(marker[1]) < 150


def test_the_oldest_delta_is_replaced_by_its_communities_and_then_deleted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(journal, "MOST_DELTAS", 2)
    log = Log()
    assert log.batch(post(1, "a"), post(2, "b")) == {DELTA: 1}
    assert log.batch(post(3, "b")) == {DELTA: 1}
    # The first delta goes: `a` and `b` are written whole, the second delta is then needed no more.
    assert log.batch(post(4, "c")) == {DELTA: 1, COMMUNITY: 2, MEMBERS: 2}
    assert log.batch(post(5, "c")) == {DELTA: 1, b"-": 1}
    assert log.batch(post(6, "c")) == {DELTA: 1, b"-": 1, COMMUNITY: 1, MEMBERS: 1}


def test_only_the_pages_that_changed_are_written_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "_PAGE_CHARACTERS", 10 * (3 + state.MEMBER_CHARACTERS))
    monkeypatch.setattr(journal, "MOST_DELTAS", 0)
    log = Log()
    everybody = [post(n, user=f"u{n:02}") for n in range(35)]
    assert log.batch(*everybody) == {DELTA: 1, COMMUNITY: 1, MEMBERS: 4}
    assert log.batch(post(99, user="u17", day=1))[MEMBERS] == 1
    assert log.batch(post(100, user="u01", day=2), post(101, user="u33", day=2))[MEMBERS] == 2


@pytest.mark.parametrize("most", [0, 1, 3, 512])
@pytest.mark.parametrize("members_on_a_page", [1, 4, 1000])
def test_what_was_written_comes_back(
    most: int, members_on_a_page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "MOST_DELTAS", most)
    monkeypatch.setattr(journal, "DELTA_BYTES", 400)
    monkeypatch.setattr(
        state, "_PAGE_CHARACTERS", members_on_a_page * (3 + state.MEMBER_CHARACTERS)
    )
    log = Log()
    for day in range(45):
        events = [
            post(100 * day + n, f"c{(n + day) % 4}", f"u{(n * n + day) % 23}", day)
            for n in range(day % 7)
        ]
        log.batch(*events)
        assert described(log.read_back()[0]) == described(log.partition)


def test_a_restored_journal_knows_the_pages_on_which_only_the_ledger_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A second post of a day is nothing new about the member, but an entry of the ledger's."""
    monkeypatch.setattr(state, "_PAGE_CHARACTERS", 2 * (3 + state.MEMBER_CHARACTERS))
    log = Log(WITH_A_LEDGER)
    monkeypatch.setattr(journal, "MOST_DELTAS", 0)
    assert log.batch(*[post(n, user=f"u{n:02}") for n in range(8)])[PEOPLE] == 4
    monkeypatch.setattr(journal, "MOST_DELTAS", 9)
    assert log.batch(post(10, user="u05"))[PEOPLE] == 0
    log.partition, log.journal = log.read_back()
    log.journal.begin(len(log.records))
    log.records.append(marker_record(stored_partition(log.partition, 0, 1), log.journal.stamp))
    monkeypatch.setattr(journal, "MOST_DELTAS", 0)
    assert log.batch(post(11, user="u00"))[PEOPLE] == 2
    log.batch()
    assert described(log.read_back()[0]) == described(log.partition)


def test_after_a_restart_the_next_close_counts_late_speakers_of_a_day_that_had_closed() -> None:
    log, on = Log(WITH_A_LEDGER), Partition(WITH_A_LEDGER)
    late = (START + 3 * DAY, *post(9, user="bert", day=1)[1:])
    events = [post(1), post(2, day=3), late]
    log.batch(*events)
    restored = log.read_back()[0]
    for partition in (on, restored):
        fold(partition, [*(events if partition is on else []), post(3, day=5)])
    assert described(restored) == described(on)


def test_a_restored_journal_goes_on_where_the_other_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MOST_DELTAS", 3)
    log = Log()
    for number in range(8):
        log.batch(post(number, f"c{number % 3}", day=number))
    log.partition, log.journal = log.read_back()
    log.journal.begin(len(log.records))
    log.records.append(marker_record(stored_partition(log.partition, 0, 1), log.journal.stamp))
    for number in range(8, 20):
        log.batch(post(number, f"c{number % 5}", day=number))
        assert described(log.read_back()[0]) == described(log.partition)
    deltas = [key for key in dict(log.records) if key[:1] == DELTA]
    kept = [key for key in deltas if dict(log.records)[key] is not None]
    assert len(kept) <= 4


def taken_over(log: Log, policies: Policies) -> Log:
    """The same changelog, gone on with by a worker that has another configuration."""
    log.policies = policies
    log.partition, log.journal = log.read_back()
    log.journal.begin(len(log.records))
    log.records.append(
        marker_record(stored_partition(log.partition, 0, 1), log.journal.stamp),
    )
    return log


def test_a_ledger_that_is_turned_on_later_knows_the_members_and_whole_days_only() -> None:
    """
    days    0        1        2 .. 27       28            29 ..
            anna     | the rule is turned on; day 1 is open, so known in part
                              | the ledger's first day: 27 more until a window is whole
    """
    log = Log()
    log.batch(post(1), post(2, day=1, user="ben"))
    taken_over(log, WITH_A_LEDGER)
    log.batch(*(post(10 + day, day=day, user="ben") for day in range(2, 32)))
    community = log.partition.communities["42"]
    assert community.ledger is not None
    assert community.ledger.since == community.first_day + 2
    assert community.ledger.people.keys() == {"anna", "ben"}

    verdicts = {
        output.day - community.first_day: output
        for output in tick(log.partition, START + 33 * DAY).outputs
        if isinstance(output, Snapshot)
    }
    assert verdicts[31].verdicts["member-tiers"]["verdict"] == Verdict.OK
    log.partition.clean()


def test_before_a_ledgers_first_day_its_figures_are_not_said_and_nothing_is_judged() -> None:
    log = Log()
    log.batch(post(1), post(2, day=1, user="ben"))
    taken_over(log, WITH_A_LEDGER)
    outputs = fold(log.partition, [post(3, day=4)]).outputs
    days = [output for output in outputs if isinstance(output, Snapshot)]
    assert ["known_members" in day.measures for day in days] == [False, True, True]
    assert {day.verdicts["member-tiers"]["verdict"] for day in days} == {Verdict.LEARNING}


def test_a_restart_after_a_ledger_was_turned_on_and_off_and_on_finds_the_same() -> None:
    log = Log()
    log.batch(post(1), post(2, user="ben", day=1))
    taken_over(log, WITH_A_LEDGER)
    log.batch(post(3, user="cleo", day=2))
    taken_over(log, POLICIES)
    log.batch(post(4, user="dora", day=3))
    assert log.partition.communities["42"].ledger is None
    taken_over(log, WITH_A_LEDGER)
    log.batch(post(5, user="ben", day=4))

    again, _ = log.read_back()
    assert described(again) == described(log.partition)
    ledger = again.communities["42"].ledger
    assert ledger is not None
    assert ledger.people.keys() == {"anna", "ben", "cleo", "dora"}
    assert ledger.since == again.communities["42"].first_day + 4


def test_an_alert_is_kept_until_it_ends_and_takes_no_room_at_rest() -> None:
    posts_a_day = [10] * 7 + [1] * 8 + [20] * 8
    numbers = iter(range(1_000))
    log = Log()
    kept = []
    for day, posts in enumerate(posts_a_day):
        log.batch(*(post(next(numbers), day=day) for _ in range(posts)))
        kept.append(set(log.partition.communities["42"].alerts))
        restored, _ = log.read_back()
        assert restored.communities["42"].alerts == log.partition.communities["42"].alerts
    dropped = {"speech-density-drop"}
    assert [alerts for alerts, _ in groupby(kept)] == [set(), dropped, set()]
