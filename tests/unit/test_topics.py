"""The topics as they are wanted, from the configuration alone."""

from __future__ import annotations

import faust
import pytest

from models.instants import DAY
from models.topics import TOPICS
from streams.topics import TABLE, changelog_name, group_name, wanted_topics
from tests.builders import configured

CHANGELOG = "team.pulse-state-changelog"
REROUTED = "team.pulse-rerouted"
MARKS = "team.pulse-marks"
CONFIGURATION = configured("kafka: {topic_prefix: team., partitions: 6}")
WANTED = {topic.name: topic for topic in wanted_topics(CONFIGURATION, 3)}


def test_all_topics_of_the_contract_and_our_own_are_wanted_under_the_prefix() -> None:
    assert set(WANTED) == {f"team.{topic.name}" for topic in TOPICS} | {CHANGELOG, REROUTED, MARKS}


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        (
            "community.events.v1",
            {
                "cleanup.policy": "delete",
                "retention.ms": "-1",
                "message.timestamp.after.max.ms": str(2**63 - 1),
            },
        ),
        ("community.alerts.v1", {"cleanup.policy": "delete", "retention.ms": str(90 * DAY)}),
        ("community.alerts.state.v1", {"cleanup.policy": "compact"}),
        ("community.member-alerts.v1", {"cleanup.policy": "delete", "retention.ms": str(90 * DAY)}),
        ("community.snapshots.v1", {"cleanup.policy": "compact"}),
        ("pulse-state-changelog", {"cleanup.policy": "compact", "min.compaction.lag.ms": str(DAY)}),
    ],
)
def test_each_topic_has_the_clean_up_of_the_contract(name: str, settings: dict[str, str]) -> None:
    assert settings.items() <= WANTED[f"team.{name}"].settings.items()


def test_only_where_events_stand_records_of_any_date_are_taken() -> None:
    ahead = "message.timestamp.after.max.ms"
    assert {name for name, topic in WANTED.items() if ahead in topic.settings} == {
        "team.community.events.v1",
        REROUTED,
    }


def test_rerouted_records_keep_their_arrival_and_are_deleted_by_nobody_else() -> None:
    settings = {
        "cleanup.policy": "delete",
        "retention.ms": "-1",
        "message.timestamp.type": "CreateTime",
    }
    assert settings.items() <= WANTED[REROUTED].settings.items()
    assert WANTED[REROUTED].kept == set(settings)


@pytest.mark.parametrize("name", ["team.community.events.dlq.v1", REROUTED])
def test_there_is_room_for_the_largest_event_and_our_headers(name: str) -> None:
    assert int(WANTED[name].settings["max.message.bytes"]) > 1_048_588


def test_dead_letters_are_kept_for_thirty_days() -> None:
    assert WANTED["team.community.events.dlq.v1"].settings["retention.ms"] == str(30 * DAY)


def test_what_belongs_to_a_partition_of_events_has_as_many_partitions() -> None:
    assert {name for name, topic in WANTED.items() if topic.partitions == 3} == {
        "team.community.events.v1",
        CHANGELOG,
        REROUTED,
    }
    assert WANTED[MARKS].partitions == 1
    assert {topic.partitions for topic in WANTED.values()} == {1, 3, 6}


def test_the_changelog_is_named_as_faust_names_it() -> None:
    app = faust.App(group_name(CONFIGURATION), store="memory://", autodiscover=False)
    table = app.Table(TABLE, partitions=1)
    assert table.changelog_topic_name == changelog_name(CONFIGURATION) == CHANGELOG
