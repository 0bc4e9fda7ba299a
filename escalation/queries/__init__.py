"""Readers of escalation policies, and of whom their targets mean."""

from escalation.queries.away import Away, away
from escalation.queries.departures import lost_without, policies_paging_team
from escalation.queries.policies import (
    PassedOver,
    Recipient,
    Recipients,
    fallback,
    plan_of,
    plans,
    policies_using_schedule,
    whole,
    with_steps,
)

__all__ = [
    "Away",
    "PassedOver",
    "Recipient",
    "Recipients",
    "away",
    "fallback",
    "lost_without",
    "plan_of",
    "plans",
    "policies_paging_team",
    "policies_using_schedule",
    "whole",
    "with_steps",
]
