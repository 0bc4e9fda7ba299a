"""The only writers of escalation policies, one function per verb."""

from escalation.commands.guard import guard_policies
from escalation.commands.policies import (
    OUTDATED,
    archive_policy,
    create_policy,
    give_policy,
    save_policy,
)
from escalation.commands.specs import (
    MAX_RANK,
    MAX_STEPS,
    MAX_TARGETS,
    MAX_WAIT_MINUTES,
    PolicySpec,
    StepSpec,
    TargetSpec,
)
from escalation.commands.turns import Turns, claim_turns

__all__ = [
    "MAX_RANK",
    "MAX_STEPS",
    "MAX_TARGETS",
    "MAX_WAIT_MINUTES",
    "OUTDATED",
    "PolicySpec",
    "StepSpec",
    "TargetSpec",
    "Turns",
    "archive_policy",
    "claim_turns",
    "create_policy",
    "give_policy",
    "guard_policies",
    "save_policy",
]
