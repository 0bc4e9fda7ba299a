"""An organisation at work, and the addresses of its pages."""

from django.urls import reverse

from accounts.models import Team, User
from core import clock
from dashboard.commands import demo
from escalation.models import EscalationPolicy
from incidents.models import Incident, Status
from notifications.commands import drills
from services.models import Service

LISTS = """home incidents:list incidents:create services:list escalation:list escalation:create
    users:list teams:list account:profile settings:home notifications:reach dashboard:reachability
    dashboard:audit more notifications:monthly_drill""".split()
OF_INCIDENT = "detail snooze resolution assignment edit timeline alerts".split()
OF_SERVICE = "detail edit add_integration add_webhook archive".split()
OF_POLICY = "detail edit services archive".split()


def pages_at_work(root: User) -> list[str]:
    """Fills the organisation; the admin may enter every page."""
    demo.fill(clock.now())
    test_page = drills.start_drill(root, by=root.as_actor("web"), now=clock.now())
    way = root.contact_methods.get()
    incident = Incident.objects.filter(status=Status.OPEN)[0].pk
    service = Service.objects.get(name="Checkout API").public_id
    policy = EscalationPolicy.objects.all()[0].public_id
    of_one = {
        **{f"incidents:{name}": incident for name in OF_INCIDENT},
        **{f"services:{name}": service for name in OF_SERVICE},
        **{f"escalation:{name}": policy for name in OF_POLICY},
        "users:detail": root.public_id,
        "notifications:rules": "HIGH",
        "notifications:verify": way.public_id,
        "notifications:drill": test_page.public_id,
        "teams:detail": Team.objects.all()[0].public_id,
    }
    return [
        f"{reverse('incidents:list')}?status=all",
        *(reverse(name) for name in LISTS),
        *(reverse(name, args=[key]) for name, key in of_one.items()),
    ]
