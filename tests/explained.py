"""Records as a subscriber holds them, one of each kind, and what is explained of them."""

from __future__ import annotations

from typing import Any

from models.alerts import Reason, Status, Verdict
from rules.explain import explain
from tests.builders import (
    catalogue,
    day,
    density_alert,
    instant,
    published,
    record_of,
    silence_alert,
    silence_digest,
)

Record = dict[str, Any]


def sentence(record: object) -> str:
    """What is said of a record that matches."""
    explanation = explain(record, catalogue())
    assert explanation.matches, explanation.sentence
    return explanation.sentence


def complaint(record: object) -> str:
    """What is said of a record that does not match."""
    explanation = explain(record, catalogue())
    assert not explanation.matches
    return explanation.sentence


DENSITY = published(record_of(density_alert()))
RECOVERED = published(
    record_of(
        density_alert(
            status=Status.RESOLVED,
            reason=Reason.RECOVERED,
            day=day("2026-11-24"),
            at=instant("2026-11-25T01:00:00Z"),
            evaluation=density_alert().evaluation
            | {
                "verdict": Verdict.OK,
                "value": 72,
                "baseline": 75,
                "change_percent": -4.0,
                "window": ["2026-11-18", "2026-11-24"],
                "baseline_window": ["2026-11-11", "2026-11-17"],
            },
        )
    )
)
SWITCHED_OFF = published(
    record_of(
        density_alert(
            status=Status.RESOLVED,
            reason=Reason.INCONCLUSIVE,
            day=day("2026-12-19"),
            evaluation=density_alert().evaluation
            | {
                "verdict": Verdict.NOT_APPLICABLE,
                "enabled": False,
                "window": ["2026-12-13", "2026-12-19"],
            },
        )
    )
)
SILENCE = published(record_of(silence_alert()))
DIGEST = published(record_of(silence_digest()))


WINDOW = {"window": ["2026-11-15", "2026-11-21"], "first_day": "2025-03-02"}
STALLED = published(
    record_of(
        density_alert(
            rule_id="transactions-stalled",
            evaluation=density_alert().evaluation
            | WINDOW
            | {
                "value": 0,
                "baseline": 12,
                "change_percent": None,
                "baseline_window": ["2026-10-18", "2026-11-14"],
                "threshold": {"window_days": 7, "active_days": 28, "from": "default"},
            },
        )
    )
)
RATE = published(
    record_of(
        density_alert(
            rule_id="share-conversion-rate-low",
            evaluation=density_alert().evaluation
            | WINDOW
            | {
                "value": 5,
                "shares": 210,
                "rate_percent": 2.38,
                "baseline": None,
                "change_percent": None,
                "baseline_window": None,
                "active": {"window": ["2026-10-25", "2026-11-21"], "events": 800},
                "threshold": {
                    "minimum_percent": 3,
                    "floor": 100,
                    "window_days": 7,
                    "active_days": 28,
                    "from": "default",
                },
            },
        )
    )
)


def ended(reason: Reason, on: str, **figures: Any) -> Record:
    """The alert about the member u7, ended by an event of the day `on`."""
    figures = {"verdict": "OK", "value": 0, "window": [on, on]} | figures
    return published(
        record_of(
            silence_alert(
                status=Status.RESOLVED,
                reason=reason,
                day=day(on),
                at=instant("2026-11-24T09:00:00Z"),
                evaluation=silence_alert().evaluation | figures,
            )
        )
    )


RETURNED = ended(Reason.RETURNED, "2026-11-24")
LATE_DATA = ended(Reason.LATE_DATA, "2026-11-20")
LEFT = ended(Reason.LEFT, "2026-11-24", verdict="NOT_APPLICABLE", left=True, value=33)
