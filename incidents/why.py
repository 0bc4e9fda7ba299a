"""The why-log: who was paged by each step and who was not, why, how, and what came of it.

Written by nobody here: pages, their deliveries and the entries of the escalation keep the reasons
as codes; this puts them together again for the incident's page and its API.
"""

from collections.abc import Iterable
from typing import Any

from accounts.models import User
from escalation import queries as escalation
from escalation.domain.reasons import Code, Reason, reason

Passed = dict[str, Any]


def not_paged(
    passed: Iterable[escalation.PassedOver], silenced: Iterable[escalation.Recipient] = ()
) -> list[Passed]:
    """What an entry of the escalation keeps about those whom its step did not page.

    `silenced`: whom it would have paged, had the first notifications not been suppressed.
    """
    found = [_passed(one.user, one.why) for one in passed]
    return found + [_passed(one.user, reason(Code.QUIET_START)) for one in silenced]


def _passed(user: User | None, why: Reason) -> Passed:
    who = {"id": user.public_id, "name": str(user)} if user else {}
    return {**who, "why": dict(why)}
