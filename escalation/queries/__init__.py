"""Readers of escalation policies, and of whom their targets mean."""

from escalation.queries.policies import (
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
    "Recipient",
    "Recipients",
    "fallback",
    "plan_of",
    "plans",
    "policies_using_schedule",
    "whole",
    "with_steps",
]
