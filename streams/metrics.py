"""Every metric in one place: name, unit, labels, one sentence. No label names a community.

The worker's own registry; nothing here is global, so tests can have their own.
"""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from models.alerts import Verdict
from models.events import EventType
from models.rejections import RejectionReason
from models.topics import TOPICS
from rules.catalogue import Catalogue
from rules.effects import UNKNOWN_TYPE, Outcome, Tally

STATUSES: Final = ("firing", "resolved", "digest")

METRIC_NAMES: Final = frozenset(
    {
        "pulse_alerts_firing",
        "pulse_alerts_total",
        "pulse_batch_records",
        "pulse_build_info",
        "pulse_communities",
        "pulse_communities_in_memory",
        "pulse_consumer_lag_records",
        "pulse_day_close_delay_seconds",
        "pulse_day_closes_total",
        "pulse_events_clock_ahead_total",
        "pulse_events_late_total",
        "pulse_events_misplaced_total",
        "pulse_events_rejected_total",
        "pulse_events_total",
        "pulse_fold_seconds",
        "pulse_gaps_reread_total",
        "pulse_loop_heartbeat_timestamp_seconds",
        "pulse_members",
        "pulse_partition_applied_offset",
        "pulse_partition_clock_timestamp_seconds",
        "pulse_publish_failures_total",
        "pulse_ready",
        "pulse_recovery_records_total",
        "pulse_recovery_seconds",
        "pulse_standby_lag_records",
        "pulse_verdicts_total",
    }
)
"""The names as alert rules write them; a test holds them against what is exposed."""

_TYPE_NAMES: Final = (*(kind.wire_name for kind in EventType), "unknown")
_SECONDS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
_RECORDS: Final = (1, 10, 50, 100, 500, 1_000, 2_000, 5_000, 10_000)
_DELAYS: Final = (1, 5, 15, 60, 300, 900, 3_600, 6 * 3_600, 86_400)


class Metrics:
    """The worker's metrics on a registry of their own."""

    def __init__(self, catalogue: Catalogue, version: str) -> None:
        """Create all series that are known beforehand, so that each exists at zero."""
        self.registry = registry = CollectorRegistry()
        self._events = Counter(
            "pulse_events",
            "Readable events by type and outcome.",
            ("event_type", "outcome"),
            registry=registry,
        )
        self._late = Counter(
            "pulse_events_late",
            "Events that arrived after their day had closed.",
            registry=registry,
        )
        self._ahead = Counter(
            "pulse_events_clock_ahead",
            "Events whose own time was over 5 min ahead of their arrival.",
            registry=registry,
        )
        self.rejected = Counter(
            "pulse_events_rejected",
            "Records sent to the dead-letter topic, by reason.",
            ("reason",),
            registry=registry,
        )
        self.misplaced = Counter(
            "pulse_events_misplaced",
            "Events outside the partition that their community belongs to; they were sent there.",
            registry=registry,
        )
        self.gaps = Counter(
            "pulse_gaps_reread",
            "Gaps between two batches that were looked up in the topic: Kafka's client lost them, "
            "or no record stands there.",
            registry=registry,
        )
        self.clock = Gauge(
            "pulse_partition_clock_timestamp_seconds",
            "The clock of an owned partition, seconds since 1970.",
            ("partition",),
            registry=registry,
        )
        self.lag = Gauge(
            "pulse_consumer_lag_records",
            "Records of an owned partition not yet applied.",
            ("partition",),
            registry=registry,
        )
        self.applied = Gauge(
            "pulse_partition_applied_offset",
            "First offset of an owned partition not yet applied; its increase is the events read.",
            ("partition",),
            registry=registry,
        )
        self._closes = Counter(
            "pulse_day_closes", "Days of communities that were closed.", registry=registry
        )
        self._delays = Histogram(
            "pulse_day_close_delay_seconds",
            "How long after its close a day was closed, by the clock in force.",
            buckets=_DELAYS,
            registry=registry,
        )
        self._verdicts = Counter(
            "pulse_verdicts",
            "Verdicts at the close of a day, by rule.",
            ("rule", "verdict"),
            registry=registry,
        )
        self.alerts = Counter(
            "pulse_alerts",
            "Alert records published, by rule and status.",
            ("rule", "status"),
            registry=registry,
        )
        self.firing = Gauge(
            "pulse_alerts_firing",
            "Alerts that stand in the owned partitions.",
            ("rule", "severity"),
            registry=registry,
        )
        self.publish_failures = Counter(
            "pulse_publish_failures",
            "Records that could not be written, by topic.",
            ("topic",),
            registry=registry,
        )
        self.batch = Histogram(
            "pulse_batch_records", "Records applied at once.", buckets=_RECORDS, registry=registry
        )
        self.fold = Histogram(
            "pulse_fold_seconds",
            "Time to fold one batch.",
            buckets=_SECONDS,
            registry=registry,
        )
        self.communities = Gauge(
            "pulse_communities", "Communities in the owned partitions.", registry=registry
        )
        self.communities_in_memory = Gauge(
            "pulse_communities_in_memory",
            "Communities in the owned partitions that are in memory.",
            registry=registry,
        )
        self.members = Gauge("pulse_members", "Members in the owned partitions.", registry=registry)
        self.recovery = Gauge(
            "pulse_recovery_seconds", "How long the last recovery took.", registry=registry
        )
        self.recovery_records = Counter(
            "pulse_recovery_records",
            "Records of the changelog that were read to take partitions over.",
            registry=registry,
        )
        self.standby_lag = Gauge(
            "pulse_standby_lag_records",
            "Records of the changelog not yet read, of a partition that this worker stands by for.",
            ("partition",),
            registry=registry,
        )
        self.ready = Gauge(
            "pulse_ready",
            "1 when all that the worker was given is recovered (it may be nothing), else 0.",
            registry=registry,
        )
        self.heartbeat = Gauge(
            "pulse_loop_heartbeat_timestamp_seconds",
            "When the event loop last beat, seconds since 1970.",
            registry=registry,
        )
        Gauge(
            "pulse_build_info",
            "Always 1; the version is the label.",
            ("version",),
            registry=registry,
        ).labels(version).set(1)
        ProcessCollector(registry=registry)
        self._begin(catalogue)

    def _begin(self, catalogue: Catalogue) -> None:
        *known, unknown = _TYPE_NAMES
        for outcome in Outcome:
            # A rate over a series that begins at its first event does not count that one; a share
            # of a series that is not there is none.
            for name in [unknown] if outcome is Outcome.SKIPPED else known:
                self._events.labels(name, outcome.name.lower())
        for reason in RejectionReason:
            self.rejected.labels(reason)
        for topic in TOPICS:
            if topic.direction == "out":
                self.publish_failures.labels(topic.name)
        for rule in catalogue.values():
            self.firing.labels(rule.id, rule.definition.severity)
            for status in STATUSES:
                if status != "digest" or rule.definition.subject == "member":
                    self.alerts.labels(rule.id, status)
            for verdict in Verdict:
                self._verdicts.labels(rule.id, verdict)

    def count(self, tally: Tally, behind: int = 0) -> None:
        """Add the counts of one fold; `behind` is how far its clock is behind, in milliseconds."""
        width = len(Outcome)
        for index, number in enumerate(tally.events):
            if number:
                kind, outcome = divmod(index, width)
                name = _TYPE_NAMES[min(kind, UNKNOWN_TYPE)]
                self._events.labels(name, Outcome(outcome).name.lower()).inc(number)
        self._late.inc(tally.of(Outcome.LATE))
        self._ahead.inc(tally.ahead)
        self._closes.inc(len(tally.delays))
        for delay in tally.delays:
            self._delays.observe((delay + behind) / 1_000)
        for rule_id, verdicts in tally.verdicts.items():
            for verdict, number in verdicts.items():
                self._verdicts.labels(rule_id, verdict).inc(number)
