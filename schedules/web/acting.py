"""What forms of a schedule bring along."""

from django.http import HttpRequest


def revision_of(request: HttpRequest) -> int | None:
    """The revision of the schedule that the form was filled in for; None when it does not say."""
    given = request.POST.get("revision", "")
    return int(given[:9]) if given.isdecimal() else None
