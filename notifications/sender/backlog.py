"""Late pages to one address, and what a digest gathered, leave as one message and share its fate.

Each delivery keeps its row, its lease and its result: retries, failover and timelines work as ever.
A sender that dies with such a message leaves its rows to the end of their leases.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext

from core import config, language
from core.database import AWAY
from notifications.channels.base import ChannelError
from notifications.domain.digest import APART, MOST, digest_of
from notifications.domain.message import REQUEST, Message
from notifications.models import Delivery
from notifications.sender.claim import lease_companions
from notifications.sender.pool import Result

log = logging.getLogger(__name__)

KINDS = ("incident", "bundle")  # subjects whose deliveries are pages
# Person, channel, address, gathered for a digest?
Address = tuple[int | None, str, str, bool]
Carried = tuple[int, str, int]


@dataclass(slots=True)
class Backlog:
    """`late`: ids of what was claimed long after its time; `carried`: by what travels for them.

    `digests`: ids of those that travel for what was gathered.
    """

    late: set[int] = field(default_factory=set)
    carried: dict[tuple[int, str], list[Carried]] = field(default_factory=dict)
    digests: set[int] = field(default_factory=set)

    @property
    def in_hand(self) -> list[int]:
        """Rows that travel with another one."""
        return [pk for rows in self.carried.values() for pk, _, _ in rows]

    def company(self, rows: Sequence[Delivery], now: datetime) -> list[Delivery]:
        """What else is late for the addresses of such rows, leased with them.

        What was gathered has been claimed together already.
        """
        found: list[Delivery] = []
        mine = {row.pk for row in rows} | set(self.in_hand)
        late = [row for row in rows if not row.gathered and self._may_share(row)]
        for address in {_address(row) for row in late}:
            token = next(row.lease_token for row in rows if _address(row) == address)
            try:
                more = lease_companions(address, KINDS, now, token, but=mine, limit=MOST)
            except AWAY:
                raise
            except Exception:
                log.exception("what leaves together cannot be read; each leaves alone")
                continue
            self.late |= {row.pk for row in more}
            found += more
        return found

    def groups(self, rows: Sequence[Delivery]) -> list[list[Delivery]]:
        """What leaves together, in the order of the rows; a group of one is an ordinary message."""
        groups: list[list[Delivery]] = []
        shared: dict[Address, list[Delivery]] = defaultdict(list)
        for row in rows:
            if not self._may_share(row):
                groups.append([row])
                continue
            group = shared[_address(row)]
            if not group:
                groups.append(group)
            group.append(row)
        return groups

    def leaving(self, rows: Sequence[Delivery]) -> list[Delivery]:
        """What is handed over: one row for each group; of one that cannot be joined every row."""
        found: list[Delivery] = []
        for group in self.groups(rows):
            try:
                found.append(self.carry(group))
            except Exception:
                log.exception("%d messages cannot be joined; each leaves alone", len(group))
                found += group
        return found

    def carry(self, group: Sequence[Delivery]) -> Delivery:
        """The row that travels for the group; its message names them all, in memory only."""
        lead, *others = group
        if others:
            oldest_first = sorted(group, key=lambda row: row.pk)
            messages = [Message.from_json(row.message) for row in oldest_first]
            url = config.absolute(reverse("incidents:list"))
            with language.speaking(messages[0].language):
                words = digest_of(messages, url=url, gathered=lead.gathered, say=gettext)
            lead.message = words.to_json()
            # Noted last: whom a message that cannot be written were to carry would never leave.
            self.carried[lead.pk, lead.lease_token] = [
                (row.pk, row.lease_token, row.attempts) for row in others
            ]
            self.digests |= {lead.pk} if lead.gathered else set()
        return lead

    def shared(self, results: Sequence[Result]) -> list[Result]:
        """The results, and for each that travelled for others the same for those."""
        found: list[Result] = []
        for result in results:
            everybody = self.with_company(result)
            if result.begun:  # else it comes again at once, and is no less late
                self.late -= {one.delivery_id for one in everybody}
            self.carried.pop((result.delivery_id, result.token), None)
            self.digests.discard(result.delivery_id)
            found += everybody
        return found

    def with_company(self, result: Result) -> list[Result]:
        """The result, and the same for each that travelled with it; asked by any thread."""
        others = self.carried.get((result.delivery_id, result.token))
        if not others:
            return [result]
        what = "gathered messages" if result.delivery_id in self.digests else "late pages"
        together = f"one message with {len(others) + 1} {what}, delivery {result.delivery_id}"
        detail = f"{result.detail}: {together}" if result.detail else together
        error = _of_companion(result.error)
        return [
            replace(result, detail=detail),
            *(
                replace(
                    result,
                    delivery_id=pk,
                    token=token,
                    number=number,
                    reference="",
                    detail=detail,
                    error=error,
                )
                for pk, token, number in others
            ),
        ]

    def forget(self, ids: Collection[int]) -> None:
        """Of rows that do not leave."""
        self.late -= set(ids)

    def _may_share(self, row: Delivery) -> bool:
        return (
            row.user_id is not None
            and row.channel not in APART
            and not _is_request(row)
            and (row.gathered or (row.pk in self.late and row.subject_kind in KINDS))
        )


def _of_companion(error: ChannelError | None) -> ChannelError | None:
    """The mail that did not leave is kept once, not for each message that it stands for."""
    if error is None or error.unsent is None:
        return error
    other = copy(error)
    other.unsent = None
    return other


def _is_request(row: Delivery) -> bool:
    return isinstance(row.message, dict) and row.message.get("kind") == REQUEST


def _address(row: Delivery) -> Address:
    return row.user_id, row.channel, row.address, row.gathered
