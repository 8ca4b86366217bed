"""Alert records as they are published: CloudEvents whose data is an Alertmanager alert."""

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from models.alerts import Reason, Status
from models.schemas.evaluations import Evaluation
from models.schemas.examples import (
    DIGEST,
    FIRING,
    MEMBER_FIRING,
    MEMBER_RESOLVED,
    RESOLVED,
)
from models.schemas.fields import Day, Digits, Identifier, Instant, Open, examples

Severity = Literal["critical", "warning", "info"]
SEQUENCE = {Status.FIRING: 1, Status.RESOLVED: 2}
"""The lowest number of each transition of an alert."""
DIGEST_MEMBERS = 100
"""A digest names at most so many members."""

_REASONS = (
    "Why: threshold where the alert begins; where it ends, recovered, inconclusive (28 closes in a "
    "row without an answer), returned, late_data (an interaction from before the alert started "
    "arrived), left, or lost (the end of the churn ladder)."
)
_ENDINGS = [reason.value for reason in Reason if reason is not Reason.THRESHOLD]


class RuleReference(Open):
    """The rule that judged, and in which version."""

    id: Annotated[str, Field(min_length=1)] = Field(description="The id of the rule.")
    version: Annotated[int, Field(ge=1)] = Field(description="The version of its definition.")


class PlaybookReference(Open):
    """The playbook that answers the alert; an alert without one cannot exist."""

    id: Annotated[str, Field(min_length=1)] = Field(description="The id of the playbook.")
    version: Annotated[int, Field(ge=1)] = Field(description="The version of the playbook.")
    title: str = Field(description="Its title in English.")
    title_zh: str = Field(description="Its title in Chinese.")
    url: str = Field(description="Where it is read.")


class Labels(Open):
    """What identifies the alert, as in Alertmanager; never a figure."""

    __pydantic_extra__: dict[str, str] = Field(init=False)

    alertname: Annotated[str, Field(min_length=1)] = Field(description="The name of the alert.")
    severity: Severity = Field(description="How urgent the alert is.")
    community_id: Identifier = Field(description="The community it is about.")
    member_id: str | None = Field(
        None, description="The member it is about; absent from alerts about a community."
    )


class Annotations(Open):
    """The texts of the alert: what is the matter, and where to read on."""

    __pydantic_extra__: dict[str, str] = Field(init=False)

    summary: str = Field(description="What is the matter, in one sentence without figures.")
    description: str = Field(description="The figures of this one alert, in words.")
    runbook_url: str = Field(description="What to do: the address of the playbook.")


class _Subject(Open):
    """What every alert record says of its subject."""

    alert_id: Digits = Field(
        description=(
            "Identifies the alert: 16 hex digits of BLAKE2b over rule id, community id, member id "
            "(empty if none) and the day the alert started on, joined by U+001F."
        )
    )
    rule: RuleReference = Field(description="The rule that judged.")
    day: Day = Field(
        description=(
            "The day whose close judged it; for `returned`, `late_data` and `left`, the day of "
            "the event."
        )
    )
    community_id: Identifier = Field(description="The community it is about.")
    severity: Severity = Field(description="How urgent it is.")
    labels: Labels = Field(description="What identifies it, as in Alertmanager.")
    annotations: Annotations = Field(description="What people read, as in Alertmanager.")
    playbook: PlaybookReference = Field(description="The playbook that answers it.")

    @model_validator(mode="after")
    def _labels_agree(self) -> Self:
        if (self.labels.community_id, self.labels.severity) != (self.community_id, self.severity):
            raise ValueError("the labels name another community or severity than the alert")
        return self


class Alert(_Subject):
    """One transition of an alert about a community or one of its members."""

    model_config = ConfigDict(title="Alert")

    seq: Annotated[int, Field(ge=1)] = Field(
        description=(
            "The number of the record in the life of the alert: 1 firing, 2 resolved; on the churn "
            "ladder one more for each rung."
        )
    )
    status: Status = Field(strict=False, description="Whether the alert begins or ends.")
    reason: Reason = Field(strict=False, description=_REASONS)
    started_day: Day | None = Field(None, description="The day whose close started the alert.")
    member_id: str | None = Field(
        description="The member it is about; null where it is about the community."
    )
    starts_at: Instant = Field(alias="startsAt", description="The close that started the alert.")
    ends_at: Instant | None = Field(
        alias="endsAt", description="The close or the arrival that ended it; null while it fires."
    )
    fingerprint: Digits = Field(description="The labels' fingerprint, as Alertmanager computes it.")
    generator_url: str = Field(alias="generatorURL", description="Where the rule is shown.")
    evaluation: Evaluation = Field(description="The figures of the verdict.")

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        firing = self.status is Status.FIRING
        if self.seq < SEQUENCE[self.status]:
            raise ValueError("`seq` is at least 2 where `status` is resolved")
        if firing is not (self.ends_at is None):
            raise ValueError("`endsAt` is null while the alert fires, and only then")
        if firing is not (self.reason is Reason.THRESHOLD):
            raise ValueError("`reason` is threshold where the alert begins, and only there")
        if self.labels.member_id != self.member_id:
            raise ValueError("the labels name another member than the alert")
        return self


class Digest(_Subject):
    """How many members fell silent at one close, and the first of them."""

    model_config = ConfigDict(title="Digest")

    count: Annotated[int, Field(ge=1)] = Field(description="How many members fell silent.")
    member_ids: Annotated[list[str], Field(min_length=1, max_length=DIGEST_MEMBERS)] = Field(
        description="The first 100 of them, by id."
    )

    @model_validator(mode="after")
    def _count_agrees(self) -> Self:
        if len(self.member_ids) != min(self.count, DIGEST_MEMBERS):
            raise ValueError("`member_ids` holds all members counted, or the first 100")
        return self


class _Envelope(Open):
    """The CloudEvents 1.0 attributes of every alert record."""

    specversion: Literal["1.0"] = Field(description="The version of CloudEvents.")
    source: Annotated[str, Field(pattern=r"^/pulse/.+$")] = Field(
        description="The deployment that speaks: `/pulse/<deployment>`."
    )
    time: Instant = Field(description="The close, or the arrival, that caused the record.")
    datacontenttype: Literal["application/json"] = Field(
        "application/json", description="The media type of `data`."
    )
    partitionkey: Identifier = Field(description="The community id.")


def _one_status_per_type(schema: dict[str, Any]) -> None:
    def data(**fields: Any) -> dict[str, Any]:
        return {"properties": {"data": {"properties": fields}}}

    firing = data(
        status={"const": "firing"},
        seq={"minimum": 1},
        reason={"const": "threshold"},
        endsAt={"type": "null"},
    )
    resolved = data(
        status={"const": "resolved"},
        seq={"minimum": 2},
        reason={"enum": _ENDINGS},
        endsAt={"type": "string"},
    )
    schema["if"] = {"properties": {"type": {"const": "pulse.alert.firing.v1"}}}
    schema["then"] = firing
    schema["else"] = resolved
    schema["examples"] = [FIRING, RESOLVED, MEMBER_FIRING, MEMBER_RESOLVED]


class AlertEvent(_Envelope):
    """An alert begins or ends; a repeated record carries the same `id` and the same bytes."""

    model_config = ConfigDict(title="Alert event", json_schema_extra=_one_status_per_type)

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{16}:[1-9][0-9]*$")] = Field(
        description="`<alert_id>:<seq>`; drop repeats by it."
    )
    type: Literal["pulse.alert.firing.v1", "pulse.alert.resolved.v1"] = Field(
        description="Whether the alert begins or ends."
    )
    subject: Annotated[str, Field(pattern=r"^communities/.+$")] = Field(
        description="`communities/<id>` or `communities/<id>/members/<id>`."
    )
    data: Alert = Field(description="The alert, as Alertmanager has it, and more.")

    @model_validator(mode="after")
    def _envelope_agrees(self) -> Self:
        alert = self.data
        subject = f"communities/{alert.community_id}"
        if alert.member_id is not None:
            subject += f"/members/{alert.member_id}"
        expected = (
            f"{alert.alert_id}:{alert.seq}",
            f"pulse.alert.{alert.status}.v1",
            subject,
            alert.community_id,
        )
        if (self.id, self.type, self.subject, self.partitionkey) != expected:
            raise ValueError(f"`id`, `type`, `subject` and `partitionkey` are not {expected}")
        return self


class DigestEvent(_Envelope):
    """Members of a community fell silent: one record for all whom one close found."""

    model_config = ConfigDict(title="Digest event", json_schema_extra=examples(DIGEST))

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{16}:digest$")] = Field(
        description="`<alert_id>:digest`; drop repeats by it."
    )
    type: Literal["pulse.alert.digest.v1"] = Field(description="Says that it is a digest.")
    subject: Annotated[str, Field(pattern=r"^communities/.+$")] = Field(
        description="`communities/<id>`."
    )
    data: Digest = Field(description="The digest.")

    @model_validator(mode="after")
    def _envelope_agrees(self) -> Self:
        community_id = self.data.community_id
        expected = (f"{self.data.alert_id}:digest", f"communities/{community_id}", community_id)
        if (self.id, self.subject, self.partitionkey) != expected:
            raise ValueError(f"`id`, `subject` and `partitionkey` are not {expected}")
        return self
