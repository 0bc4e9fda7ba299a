"""An organisation at work, and the addresses of its pages."""

from django.urls import reverse

from accounts.models import Team, User
from core import clock
from dashboard.commands import demo
from escalation.models import EscalationPolicy
from incidents.models import Incident, Status
from notifications.commands import drills
from services.models import Service

LISTS = """home incidents:list incidents:create services:list escalation:list users:list teams:list
    account:profile settings:home notifications:reach dashboard:reachability
    notifications:monthly_drill""".split()


def pages_at_work(root: User) -> list[str]:
    """Fills the organisation; the admin may enter every page."""
    demo.fill(clock.now())
    test_page = drills.start_drill(root, by=root.as_actor("web"), now=clock.now())
    way = root.contact_methods.get()
    of_one = {
        "incidents:detail": Incident.objects.filter(status=Status.OPEN)[0].pk,
        "services:detail": Service.objects.all()[0].public_id,
        "escalation:detail": EscalationPolicy.objects.all()[0].public_id,
        "escalation:edit": EscalationPolicy.objects.all()[0].public_id,
        "users:detail": root.public_id,
        "notifications:rules": "HIGH",
        "notifications:verify": way.public_id,
        "notifications:drill": test_page.public_id,
        "teams:detail": Team.objects.all()[0].public_id,
    }
    return [
        *(reverse(name) for name in LISTS),
        *(reverse(name, args=[key]) for name, key in of_one.items()),
    ]
