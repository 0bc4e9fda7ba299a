"""The index of broken promises also holds those that were kept late."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0010_low_waits_for_support_hours"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="slaclock",
            name="sla_clock_breached",
        ),
        migrations.AddIndex(
            model_name="slaclock",
            index=models.Index(
                condition=models.Q(("breached_at__isnull", False)),
                fields=["incident"],
                name="sla_clock_late",
            ),
        ),
    ]
