"""Services that are there get their clocks from now on: no promise was made for what is open."""

from django.db import migrations
from django.utils import timezone


def begin(apps, schema_editor):
    services = apps.get_model("services", "Service").objects.filter(level=None)
    level = apps.get_model("services", "ServiceLevel")
    now = timezone.now()
    rows = [level(service=one, since=now, changed_at=now, applied_at=now) for one in services]
    level.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [
        ("services", "0003_service_levels"),
    ]

    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
