"""What entry answers about the rules of a tenant: review and 委托."""

from __future__ import annotations

from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.answers.answer import Answer
from contracts.events.event import Actor


class SetReviewRule(Answer):
    """Whether documents of a kind and an enterprise need a second person."""

    enterprise_id: UUID
    kind: str
    required: bool


class ReviewRuleRow(SetReviewRule):
    """The same with who set it."""

    set_by: Actor
    set_at: AwareDatetime


class ReviewRules(Answer):
    """The rules that were set; without one no review is needed."""

    items: list[ReviewRuleRow]


class AuthorisationRule(Answer):
    """What becomes of a declaration for a firm of which no valid 委托 is known."""

    mode: str = Field(description="As it was set: auto, off, warn, refuse")
    in_force: str = Field(description="What therefore holds: off, warn, refuse")
    authorisations: int = Field(description="How many 委托 were entered")
    set_by: Actor | None
    set_at: AwareDatetime | None
