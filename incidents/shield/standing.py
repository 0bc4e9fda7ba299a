"""Who was paged how often about what just now, as pages and API show it."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import Role, User
from incidents import queries
from incidents.domain import shield
from incidents.domain.shield import Limits
from incidents.models import Bundle, BundleKind, PageBudget
from incidents.shield.admit import limits as limits_now

MOST = 100


@dataclass(frozen=True, slots=True)
class Standing:
    """One person and cause: so many of the pages that the window allows, and what waits.

    `last_resort`: those of the fallback contact, which are counted by themselves.
    """

    person: User
    service: str
    used: int
    most: int
    bundle: Bundle | None
    last_resort: bool = False


def limits() -> Limits:
    return limits_now()


def sees_everybody(user: User) -> bool:
    return user.role in {Role.ADMIN, Role.RESPONDER}


def standings(user: User, now: datetime) -> list[Standing]:
    """Those that `user` may see, the newest page first."""
    most = limits_now()
    rows = queries.budgets_of(user, now)[:MOST]
    return [_standing(row, most, now) for row in rows]


def _standing(row: PageBudget, most: Limits, now: datetime) -> Standing:
    used = len(shield.within(shield.read(row.recent), now, most))
    last_resort = row.kind == BundleKind.FALLBACK
    return Standing(row.user, row.service.name, used, most.pages, row.bundle, last_resort)
