"""A schedule with one of everything, and the addresses of all its pages."""

from datetime import datetime, time, timedelta

from django.urls import reverse

from accounts.models import User
from core import config
from core.actor import SYSTEM
from schedules import commands
from schedules.commands import LayerSpec, SeriesSpec
from schedules.models import HolidayCalendar, Schedule, SupportHours

WITHOUT_NAMES = """list create coverage on_call board board_links covers my_duty time_off
    add_absence_calendar feeds all_fairness holidays
    support_hours""".split()
OF_SCHEDULE = """detail conflicts record fairness edit archive add_override series
    add_series notes cover-new""".split()


def furnish(rota: Schedule, admin: User, now: datetime) -> str:
    """Office hours on top of `rota`, whose three people are absent, covered, noted and feeding.

    Returns the secret address of a board for wall screens.
    """
    first, second, third = (slot[0] for slot in rota.layers.get().versions.get().slots)
    people = User.objects.in_bulk([first, second, third])
    away, covers, asks = people[first], people[second], people[third]
    acting, tomorrow = {"by": SYSTEM, "now": now}, now + timedelta(days=1)
    office = [{"days": ["MON", "TUE"], "start": "09:00", "end": "17:00", "endDay": None}]
    morning = datetime(2026, 3, 16, 9)
    turns = [[first], [second]]
    spec = LayerSpec("day", morning, slots=turns, priority=1, restrictions=office)
    commands.add_layer(rota, spec, name="Office hours", **acting)
    hours = {"start": tomorrow, "end": tomorrow + timedelta(hours=2)}
    commands.add_override(rota, kind="ADD", user=away, **hours, **acting)
    running = {"start": now, "end": now + timedelta(hours=2)}
    commands.add_override(rota, kind="COVER_ALL", user=covers, **running, **acting)
    nights = SeriesSpec("ADD", ["THU"], time(18), time(20), tomorrow.date(), user=covers)
    commands.add_series(rota, nights, **acting)
    later = {"start": now + timedelta(days=2), "end": now + timedelta(days=3)}
    commands.ask_cover(rota, requester=asks, asked=admin, **later, **acting)
    month = {"start": tomorrow, "end": now + timedelta(days=30)}
    commands.add_time_off(away, **month, **acting)
    commands.add_time_off(admin, **month, note="Hills", **acting)
    commands.add_note(rota, author=admin, text="The disk of db-2 is slow.", **acting)
    commands.create_feed(admin, schedule=rota, name="Desk", **acting)
    config.put("public_boards", True)
    _, token = commands.create_board_link(name="Wall", schedules=[rota], name_form="FULL", **acting)
    days = [{"date": "2026-05-04", "name": "Founding day"}]
    place = {"country": "GB", "subdivision": "SCT"}
    commands.save_holidays(None, name="Scotland", **place, days=days, **acting)
    hours = {"windows": office, "time_zone": "UTC", "holidays": HolidayCalendar.objects.get()}
    commands.save_support_hours(None, name="Office", **hours, **acting)
    commands.record_due(now)
    commands.guard_schedules(now)
    return reverse("schedules:public_board", args=[token])


def pages(rota: Schedule) -> list[str]:
    """Every page about schedules; forms that make and edit are one. The admin may enter all."""
    layer = rota.layers.order_by("position")[0]
    found = [reverse(f"schedules:{name}") for name in WITHOUT_NAMES]
    found += [reverse(f"schedules:{name}", args=[rota.public_id]) for name in OF_SCHEDULE]
    found.append(reverse("schedules:create") + "?preset=follow-the-sun")
    detail = reverse("schedules:detail", args=[rota.public_id])
    found += [f"{detail}?view=month", f"{detail}?view=week&as=list&at=2026-03-17T12:00"]
    found += [
        reverse(f"schedules:{name}", args=[rota.public_id, layer.public_id])
        for name in ("edit_layer", "remove_layer")
    ]
    found.append(reverse("schedules:cover", args=[rota.cover_requests.get().public_id]))
    holidays = HolidayCalendar.objects.get().public_id
    found.append(reverse("schedules:edit_holidays", args=[holidays]))
    hours = SupportHours.objects.get().public_id
    return [*found, reverse("schedules:edit_support_hours", args=[hours])]
