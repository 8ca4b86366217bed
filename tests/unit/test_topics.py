"""The topics as they are wanted, from the configuration alone."""

from __future__ import annotations

import faust
import pytest

from models.instants import DAY
from models.topics import TOPICS
from streams.topics import TABLE, changelog_name, group_name, wanted_topics
from tests.builders import configured

CHANGELOG = "team.pulse-state-changelog"
CONFIGURATION = configured("kafka: {topic_prefix: team., partitions: 6}")
WANTED = {topic.name: topic for topic in wanted_topics(CONFIGURATION, 3)}


def test_all_topics_of_the_contract_and_the_changelog_are_wanted_under_the_prefix() -> None:
    assert set(WANTED) == {f"team.{topic.name}" for topic in TOPICS} | {CHANGELOG}


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


def test_only_the_events_topic_takes_records_of_any_date() -> None:
    ahead = "message.timestamp.after.max.ms"
    assert {name for name, topic in WANTED.items() if ahead in topic.settings} == {
        "team.community.events.v1"
    }


def test_dead_letters_have_room_for_the_largest_event_and_our_headers() -> None:
    settings = WANTED["team.community.events.dlq.v1"].settings
    assert settings["retention.ms"] == str(30 * DAY)
    assert int(settings["max.message.bytes"]) > 1_048_588


def test_events_and_changelog_have_the_partitions_of_the_events_topic() -> None:
    assert {name for name, topic in WANTED.items() if topic.partitions == 3} == {
        "team.community.events.v1",
        CHANGELOG,
    }
    assert {topic.partitions for topic in WANTED.values()} == {3, 6}


def test_the_changelog_is_named_as_faust_names_it() -> None:
    app = faust.App(group_name(CONFIGURATION), store="memory://", autodiscover=False)
    table = app.Table(TABLE, partitions=1)
    assert table.changelog_topic_name == changelog_name(CONFIGURATION) == CHANGELOG
