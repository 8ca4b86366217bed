"""What can be set on every rule; each measure adds its own (contract, sections 4 and 7)."""

from typing import Annotated, Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

from rules.lifecycle import Hold

LARGEST: Final = 2**53 - 1
"""The largest whole number that every reader of JSON reads exactly."""

Days = Annotated[int, Field(ge=0, le=365)]


class Parameters(BaseModel):
    """Settings common to all rules; an unknown key or a wrong type is an error.

    `enabled` is whether the rule judges: a definition says it for all, and configuration for all
    communities or one. A measure names in `compared` which of its settings a verdict is read with.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    compared: ClassVar[tuple[str, ...]] = ()

    enabled: bool = True
    for_days: Days = 0
    keep_firing_days: Days = 0

    @field_validator("*")
    @classmethod
    def _can_be_written(cls, value: object) -> object:
        # Evaluations hold settings: a larger one would stop the worker at the first close.
        if isinstance(value, int) and value > LARGEST:
            raise ValueError(f"more than {LARGEST}")
        return value

    def hold(self) -> Hold:
        """Return how long verdicts must hold before an alert begins or ends."""
        return Hold(self.for_days, self.keep_firing_days)

    def threshold(self, origin: str) -> dict[str, Any]:
        """Return the settings in `compared` and where they come from, as evaluations have them."""
        return {**{name: getattr(self, name) for name in self.compared}, "from": origin}
