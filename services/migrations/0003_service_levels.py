"""Targets of services, and webhooks that hear of warnings and breaches."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("schedules", "0008_support_hours"),
        ("services", "0002_webhook_types"),
    ]

    operations = [
        migrations.AddField(
            model_name="servicewebhook",
            name="on_sla",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name="ServiceLevel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("enabled", models.BooleanField(default=True)),
                ("since", models.DateTimeField()),
                ("targets", models.JSONField(blank=True, default=dict)),
                ("warn_ack_minutes", models.PositiveIntegerField(default=5)),
                ("warn_resolve_minutes", models.PositiveIntegerField(default=15)),
                ("tells_people", models.BooleanField(default=True)),
                ("changed_at", models.DateTimeField()),
                ("applied_at", models.DateTimeField(blank=True, null=True)),
                (
                    "hours",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="levels",
                        to="schedules.supporthours",
                    ),
                ),
                (
                    "service",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="level",
                        to="services.service",
                    ),
                ),
            ],
        ),
    ]
