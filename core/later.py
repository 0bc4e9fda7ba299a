"""A row that failed is put off for a while, so that the rows behind it have their turn.

For jobs that take some due rows at a time, oldest first: rows that fail each time would else be the
oldest for ever, and enough of them starve the rest. What is put off is kept in the memory of the
process, not in the row: a row that cannot even be written is put off as well, and no due time that
people see is moved.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from core.database import AWAY

log = logging.getLogger("opsknight.later")

PUT_OFF = timedelta(seconds=15)
MOST = 5000  # kept at a time; of more, those that failed first are tried again first


class Later:
    """The rows of one job that failed lately. `what` completes "… 7 failed" in the log.

    `gone`: errors that say that somebody else was faster, which is no failure.
    """

    def __init__(
        self, what: str, *, gone: tuple[type[Exception], ...] = (), put_off: timedelta = PUT_OFF
    ) -> None:
        self.what = what
        self.gone = gone
        self.put_off = put_off
        self._until: dict[Any, datetime] = {}

    def without(self, rows: QuerySet[Any], now: datetime, key: str = "pk") -> QuerySet[Any]:
        """The rows but for those that are put off; one set far ahead was so by another clock."""
        latest = now + self.put_off
        self._until = {pk: until for pk, until in self._until.items() if now < until <= latest}
        return rows.exclude(**{f"{key}__in": list(self._until)}) if self._until else rows

    def each(
        self,
        rows: QuerySet[Any],
        work: Callable[[Any], int],
        *,
        now: datetime,
        limit: int,
        key: str = "pk",
    ) -> int:
        """Calls `work` with the `key` of each of the first rows; returns what they return, added.

        One that fails is put off and stops no other; what went wrong last is raised at the end, so
        that the caller rests and says so. A database that is away is raised at once.
        """
        due = self.without(rows, now, key).values_list(key, flat=True)
        done, wrong = 0, None
        for pk in dict.fromkeys(due[:limit]):
            try:
                done += work(pk)
            except AWAY:
                raise
            except self.gone:
                continue
            except Exception as error:
                log.exception("%s %s failed; next try in %s", self.what, pk, self.put_off)
                self._put_off(pk, now)
                wrong = error
        if wrong:
            raise wrong
        return done

    def _put_off(self, pk: Any, now: datetime) -> None:
        if len(self._until) >= MOST:
            del self._until[next(iter(self._until))]
        self._until[pk] = now + self.put_off
