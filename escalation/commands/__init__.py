"""The only writers of escalation policies, one function per verb."""

from escalation.commands.guard import guard_policies
from escalation.commands.policies import (
    MAX_RANK,
    MAX_STEPS,
    MAX_TARGETS,
    MAX_WAIT_MINUTES,
    OUTDATED,
    PolicySpec,
    StepSpec,
    TargetSpec,
    archive_policy,
    create_policy,
    give_policy,
    save_policy,
)

__all__ = [
    "MAX_RANK",
    "MAX_STEPS",
    "MAX_TARGETS",
    "MAX_WAIT_MINUTES",
    "OUTDATED",
    "PolicySpec",
    "StepSpec",
    "TargetSpec",
    "archive_policy",
    "create_policy",
    "give_policy",
    "guard_policies",
    "save_policy",
]
