"""The languages that people are written to in. Pages stay English; messages speak the reader's.

Words stand in gettext calls where a message is made, and in `locale/` in every other language.
"""

from contextlib import AbstractContextManager
from datetime import datetime, timedelta, tzinfo

from django.utils import dateformat, translation
from django.utils.translation import gettext as _

from core import config, timetext
from core.domain.phrase import mark, said

ENGLISH = "en"
# Code -> the language's own name. One more is a folder in locale/ and a line here.
NAMES = {ENGLISH: "English", "de": "Deutsch"}

# How instants are written: letters of Django's `date` filter, put in order by each language.
TO_THE_SECOND = mark("D d M Y H:i:s")
TO_THE_MINUTE = mark("D d M Y H:i")
OF_A_SHIFT = mark("D j M Y, H:i")
WITHOUT_YEAR = mark("D j M, H:i")
WITHIN_A_YEAR = mark("D d M H:i")
TIME = mark("H:i")


def resolve(code: str) -> str:
    """A person's choice, else the installation's, else English."""
    for wanted in (code, str(config.get("language"))):
        if wanted in NAMES:
            return wanted
    return ENGLISH


def speaking(code: str) -> AbstractContextManager[None]:
    """Words are in this language meanwhile; English for one that is not known. Reads nothing."""
    return translation.override(code if code in NAMES else ENGLISH)


def speaking_to(code: str) -> AbstractContextManager[None]:
    """The same, where "" is the language of the installation."""
    return speaking(resolve(code))


def worded(text: str) -> str:
    """A phrase in the language that is spoken now."""
    return said(text, _)


def moment(at: datetime, zone: tzinfo, form: str) -> str:
    """By the clocks of `zone`, with the offset that holds then. `form` is one of those above."""
    local = at.astimezone(zone)
    return f"{dateformat.format(local, _(form))} {_zone_name(local)}"


def day_and_time(at: datetime, zone: tzinfo, form: str) -> str:
    """The same without an offset, for the first of two ends."""
    return dateformat.format(at.astimezone(zone), _(form))


def duration(span: timedelta) -> str:
    """ "55 min", "1 h 05 min", "2 d 3 h"; the letters of the units are the language's own."""
    units = {"d": _("d"), "h": _("h"), "min": _("min"), "s": _("s")}
    return " ".join(units.get(part, part) for part in timetext.duration(span).split(" "))


def _zone_name(local: datetime) -> str:
    name = local.tzname() or ""
    return name if name.isalpha() else f"UTC{local:%z}"
