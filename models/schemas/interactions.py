"""Interaction events as they are published: the pydantic twins of `models.events`."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.events import TYPES
from models.schemas.examples import (
    FLAT_EVENT,
    INTERACTION_DATA,
    SHARE_EVENT,
    STRUCTURED_EVENT,
)
from models.schemas.fields import Identifier, Instant, examples

_TYPE_DESCRIPTION = (
    "What happened; a CloudEvents type may carry a reverse-DNS prefix and a `.v1` suffix, and a "
    f"type other than these is counted and skipped: {', '.join(TYPES)}."
)
_TIME_DESCRIPTION = (
    "When it happened, RFC 3339 with offset; where it is more than 5 minutes ahead of its arrival, "
    "the arrival is used instead."
)


class _Interaction(BaseModel):
    """What every shape of an interaction event says."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", allow_inf_nan=False)

    community_id: Identifier = Field(description="The community it happened in.")
    user_id: str | None = Field(
        None,
        description=(
            "Who did it; without it (votes may be anonymous) the event counts for the community "
            "and for no member."
        ),
    )
    actor_kind: Literal["person", "bot", "system"] | None = Field(
        None, description="What did it, `person` if absent; only persons count in measures."
    )
    received_at: Instant | None = Field(
        None,
        description=(
            "In files only: when it arrived, where that differs from `time`; in Kafka the record "
            "timestamp says so."
        ),
    )
    campaign_id: str | None = Field(None, description="The campaign it belongs to.")
    share_id: str | None = Field(None, description="The share that was made or that converted.")
    inviter_id: str | None = Field(None, description="Who invited the member.")
    target_user_id: str | None = Field(None, description="Whose post it answers or likes.")
    amount: float | None = Field(None, description="The amount of a purchase.")
    score: Annotated[float, Field(ge=0, le=10)] | None = Field(
        None, description="The answer to a survey, 0 to 10."
    )
    completion: Annotated[float, Field(ge=0, le=1)] | None = Field(
        None, description="How much of the content or task was completed, 0 to 1."
    )


class _Identity(BaseModel):
    """What happened and when: in a flat event beside the rest, in CloudEvents in the envelope."""

    id: Identifier = Field(
        description=(
            "Identifies the event (with the `source`, in CloudEvents): a repeat within the "
            "horizon of de-duplication, by default 15 minutes, counts once."
        )
    )
    type: str = Field(description=_TYPE_DESCRIPTION)
    time: Instant = Field(description=_TIME_DESCRIPTION)


class InteractionEvent(_Interaction, _Identity):
    """One thing that a member of a community did, as flat JSON; at most 64 KiB."""

    model_config = ConfigDict(
        title="Interaction event", json_schema_extra=examples(FLAT_EVENT, SHARE_EVENT)
    )


class InteractionData(_Interaction):
    """The data of an interaction event whose id, source and type stand in a CloudEvents envelope.

    It is the value of a CloudEvents binary record (headers `ce_…`), and `data` of a structured one.
    """

    model_config = ConfigDict(
        title="Interaction event data", json_schema_extra=examples(INTERACTION_DATA)
    )

    time: Instant | None = Field(
        None, description="When it happened, where the envelope has no `time`; the envelope's wins."
    )


def _time_somewhere(schema: dict[str, Any]) -> None:
    instant = {"type": "string"}
    schema["examples"] = [STRUCTURED_EVENT]
    schema["anyOf"] = [
        {"required": ["time"], "properties": {"time": instant}},
        {"properties": {"data": {"required": ["time"], "properties": {"time": instant}}}},
    ]


class StructuredInteractionEvent(BaseModel):
    """An interaction event as structured CloudEvents 1.0 (`application/cloudevents+json`)."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="ignore",
        title="Interaction event, structured CloudEvents",
        json_schema_extra=_time_somewhere,
    )

    specversion: Literal["1.0"] = Field(description="The version of CloudEvents.")
    id: Identifier = Field(description="Identifies the event, together with `source`.")
    source: Annotated[str, Field(min_length=1)] = Field(
        description="Who produced the event: a URI reference."
    )
    type: str = Field(description=_TYPE_DESCRIPTION)
    time: Instant | None = Field(None, description=_TIME_DESCRIPTION)
    data: InteractionData = Field(description="What happened, in our fields.")

    @model_validator(mode="after")
    def _has_time(self) -> Self:
        if self.time is None and self.data.time is None:
            raise ValueError("`time` is missing, in the envelope and in `data`")
        return self
