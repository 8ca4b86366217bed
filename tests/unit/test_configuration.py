"""The configuration: every mistake is named with file, key and reason, before anything starts."""

from __future__ import annotations

import pytest

from models.instants import DAY, HOUR, MINUTE, SECOND
from rules.configuration import Configuration, parse_configuration, parse_duration
from rules.documents import DocumentError, read_mapping
from rules.policy import Policies
from tests.builders import catalogue, configured

CONTRACT = """
kafka: {topic_prefix: "", partitions: 12, replication_factor: 1}
time: {timezone: UTC, lateness: 1h, dedupe: 15m, clock: wall}
state: {store: memory, hot_communities: 10000, standby_replicas: 0}
rules:
  speech-density-drop:
    {drop_percent: 20, floor: 20, window_days: 7, for_days: 0, keep_firing_days: 0}
  share-conversion-low: {minimum: 50, active_days: 28}
  member-silent: {silent_days: 30}
communities:
  "42":
    timezone: Asia/Shanghai
    rules: {speech-density-drop: {drop_percent: 30}, share-conversion-low: {enabled: false}}
"""


def refusal(text: str) -> DocumentError:
    with pytest.raises(DocumentError) as refused:
        parse_configuration("pulse.yaml", read_mapping("pulse.yaml", text), catalogue())
    return refused.value


def test_the_configuration_of_the_contract_is_accepted() -> None:
    assert configured(CONTRACT).communities["42"].timezone == "Asia/Shanghai"


def test_what_the_contract_writes_out_is_the_default() -> None:
    written = configured(CONTRACT)
    assert (written.kafka, written.time) == (Configuration().kafka, Configuration().time)
    assert written.state == Configuration().state
    ours = Policies(written, catalogue()).of("any")
    defaults = Policies(Configuration(), catalogue()).of("any")
    assert [r.setting.parameters for r in ours.rules] == [
        r.setting.parameters for r in defaults.rules
    ]


# Text of the file; key; a part of the reason.
MISTAKES = [
    ("a section that is none", "kafak: {}", "kafak", "unknown key"),
    ("a key that is none", "kafka: {partition: 3}", "kafka.partition", "unknown key"),
    ("a time that is none", "time: {time_zone: UTC}", "time.time_zone", "unknown key"),
    ("a store that is none", "state: {store: tape}", "state.store", "'memory' or 'disk'"),
    (
        "nothing in memory at all",
        "state: {hot_communities: 0}",
        "state.hot_communities",
        "greater than or equal to 1",
    ),
    (
        "standbys beyond reason",
        "state: {standby_replicas: 11}",
        "state.standby_replicas",
        "less than or equal to 10",
    ),
    ("a deployment key that is none", "deployment: {url: x}", "deployment.url", "unknown key"),
    (
        "a community key that is none",
        "communities: {c: {zone: UTC}}",
        "communities.c.zone",
        "unknown key",
    ),
    (
        "a parameter that is none",
        "rules: {member-silent: {days: 3}}",
        "rules.member-silent.days",
        "unknown key",
    ),
    (
        "a parameter of another rule",
        "rules: {member-silent: {floor: 3}}",
        "rules.member-silent.floor",
        "unknown key",
    ),
    (
        "a parameter of a community that is none",
        "communities: {c: {rules: {member-silent: {days: 3}}}}",
        "communities.c.rules.member-silent.days",
        "unknown key",
    ),
    ("a key that is a number", "1: {}", "1", "unknown key"),
    ("a number in quotes", 'kafka: {partitions: "3"}', "kafka.partitions", "valid integer"),
    ("a fraction", "kafka: {partitions: 3.5}", "kafka.partitions", "valid integer"),
    (
        "a yes for a number",
        "kafka: {replication_factor: true}",
        "kafka.replication_factor",
        "integer",
    ),
    ("no partition at all", "kafka: {partitions: 0}", "kafka.partitions", "greater than or equal"),
    ("a prefix that no topic has", "kafka: {topic_prefix: 'a b'}", "kafka.topic_prefix", "pattern"),
    ("a section that is a list", "kafka: []", "kafka", "dictionary"),
    ("a section that is empty", "time:", "time", "dictionary"),
    ("a clock that is none", "time: {clock: sundial}", "time.clock", "'wall' or 'records'"),
    ("a duration without unit", "time: {lateness: 60}", "time.lateness", "not a duration"),
    ("a duration with another unit", "time: {dedupe: 1w}", "time.dedupe", "not a duration"),
    ("a negative duration", "time: {dedupe: -1h}", "time.dedupe", "not a duration"),
    ("a duration with a space", "time: {dedupe: 1 h}", "time.dedupe", "not a duration"),
    ("a duration beyond reason", "time: {lateness: 15d}", "time.lateness", "longer than 14 days"),
    ("a zone that is none", "time: {timezone: Mars/Olympus}", "time.timezone", "unknown time zone"),
    (
        "a zone outside the database",
        "time: {timezone: ../UTC}",
        "time.timezone",
        "unknown time zone",
    ),
    ("a zone that is a number", "time: {timezone: 8}", "time.timezone", "not the name"),
    (
        "a community's zone that is none",
        "communities: {c: {timezone: CST6}}",
        "communities.c.timezone",
        "unknown time zone",
    ),
    (
        "a community id that YAML reads as a number",
        "communities: {42: {}}",
        "communities.42.[key]",
        "valid string",
    ),
    ("a community without name", "communities: {'': {}}", "communities..[key]", "at least 1"),
    ("a rule that is none", "rules: {memberSilent: {}}", "rules.memberSilent", "unknown rule"),
    (
        "a community's rule that is none",
        "communities: {c: {rules: {silent: {}}}}",
        "communities.c.rules.silent",
        f"unknown rule (known: {', '.join(catalogue())})",
    ),
    ("a rule that is a number", "rules: {member-silent: 30}", "rules.member-silent", "dictionary"),
    (
        "a parameter out of range",
        "rules: {speech-density-drop: {drop_percent: 101}}",
        "rules.speech-density-drop.drop_percent",
        "less than or equal to 100",
    ),
    (
        "a parameter of the wrong type",
        "rules: {share-conversion-low: {minimum: fifty}}",
        "rules.share-conversion-low.minimum",
        "valid integer",
    ),
    (
        "a switch that is a word",
        "rules: {share-conversion-low: {enabled: 'no'}}",
        "rules.share-conversion-low.enabled",
        "valid boolean",
    ),
    (
        "a negative for_days",
        "rules: {member-silent: {for_days: -1}}",
        "rules.member-silent.for_days",
        "greater than or equal to 0",
    ),
    (
        "a community's parameter out of range",
        "communities: {c: {rules: {member-silent: {silent_days: 0}}}}",
        "communities.c.rules.member-silent.silent_days",
        "greater than or equal to 1",
    ),
    (
        "a mistake in a rule that is switched off",
        "rules: {member-silent: {enabled: false, silent_days: 0}}",
        "rules.member-silent.silent_days",
        "greater than or equal to 1",
    ),
    (
        "an address without scheme",
        "deployment: {base_url: pulse.org}",
        "deployment.base_url",
        "pattern",
    ),
    (
        "an address with a slash too many",
        "deployment: {base_url: 'http://x/'}",
        "deployment.base_url",
        "pattern",
    ),
    ("a deployment with a space", "deployment: {name: my pulse}", "deployment.name", "pattern"),
]


@pytest.mark.parametrize(
    ("text", "key", "reason"), [pytest.param(*row[1:], id=row[0]) for row in MISTAKES]
)
def test_a_mistake_is_named_with_file_key_and_reason(text: str, key: str, reason: str) -> None:
    error = refusal(text)
    assert (error.document, error.key) == ("pulse.yaml", key)
    assert reason in error.problem
    assert str(error) == f"pulse.yaml: {key}: {error.problem}"
    assert "\n" not in str(error)


# Texts that are no document at all: the line stands in for the key.
BROKEN = [
    ("a key twice", "time: {}\ntime: {}", "line 2", "'time' stands twice"),
    ("a key twice, deep inside", "rules:\n  a: {b: 1,\n    b: 2}", "line 3", "'b' stands twice"),
    ("no mapping", "- time", "", "is not a mapping"),
    ("a word", "time", "", "is not a mapping"),
    ("an open bracket", "time: {", "line 1", "expected"),
    ("a tab", "time:\n\tlateness: 1h", "line 2", "cannot start any token"),
    ("a list for a key", "[a]: 1", "line 1", "a key must be plain"),
    ("a Python object", "a: !!python/object:os.system {}", "line 1", "could not determine"),
    ("a date that is none", "a: 2025-02-30", "", "out of range"),
    ("a number of 5,000 digits", "a: " + "9" * 5000, "", "4300 digits"),
    ("a thousand brackets", "a: " + "[" * 1000 + "]" * 1000, "", "nested too deeply"),
    ("a character that no text has", "a: \x00", "", "unacceptable character"),
]


@pytest.mark.parametrize(
    ("text", "line", "reason"), [pytest.param(*row[1:], id=row[0]) for row in BROKEN]
)
def test_a_text_that_is_no_document_is_named_with_its_line(
    text: str, line: str, reason: str
) -> None:
    error = refusal(text)
    assert error.key == line
    assert reason in error.problem
    assert "\n" not in str(error)


def test_a_key_of_ones_own_may_replace_a_merged_one() -> None:
    text = "a: &a {floor: 1, drop_percent: 2}\nb: {<<: *a, floor: 3}"
    assert read_mapping("f", text)["b"] == {"floor": 3, "drop_percent": 2}


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("0", 0),
        (0, 0),
        ("0s", 0),
        ("500ms", 500),
        ("90s", 90 * SECOND),
        ("15m", 15 * MINUTE),
        ("1h30m", 90 * MINUTE),
        ("2d", 2 * DAY),
        ("14d", 14 * DAY),
        ("1d1h1m1s1ms", DAY + HOUR + MINUTE + SECOND + 1),
    ],
)
def test_a_duration_has_units(text: object, milliseconds: int) -> None:
    assert parse_duration(text) == milliseconds


@pytest.mark.parametrize(
    "text", ["", "h", "1", "1H", "1.5h", "1h ", "١h", 15, None, True, False, 1.0, 0.0]
)
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        parse_duration(text)
