"""Readers of escalation policies, and of whom their targets mean."""

from escalation.queries.away import Away, away
from escalation.queries.departures import lost_without, policies_paging_team
from escalation.queries.policies import (
    StepWithTargets,
    fallback,
    hours_of_plans,
    plan_of,
    plans,
    policies_using_hours,
    policies_using_schedule,
    steps_of,
    whole,
    with_steps,
)
from escalation.queries.readiness import StepPeople, TargetPeople, people_of_steps
from escalation.queries.recipients import PassedOver, Recipient, Recipients

__all__ = [
    "Away",
    "PassedOver",
    "Recipient",
    "Recipients",
    "StepPeople",
    "StepWithTargets",
    "TargetPeople",
    "away",
    "fallback",
    "hours_of_plans",
    "lost_without",
    "people_of_steps",
    "plan_of",
    "plans",
    "policies_paging_team",
    "policies_using_hours",
    "policies_using_schedule",
    "steps_of",
    "whole",
    "with_steps",
]
