"""Clocks of service levels: a table of their own, nothing changes in the hot ones."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0006_watchers_and_mentions"),
    ]

    operations = [
        migrations.AlterField(
            model_name="incidentevent",
            name="type",
            field=models.CharField(
                choices=[
                    ("created", "Created"),
                    ("acknowledged", "Acknowledged"),
                    ("unacknowledged", "Unacknowledged"),
                    ("resolved", "Resolved"),
                    ("reopened", "Reopened"),
                    ("snoozed", "Snoozed"),
                    ("unsnoozed", "Unsnoozed"),
                    ("suppressed", "Suppressed"),
                    ("unsuppressed", "Unsuppressed"),
                    ("escalation", "Escalation"),
                    ("notification_sent", "Notification Sent"),
                    ("notification_delivered", "Notification Delivered"),
                    ("notification_failed", "Notification Failed"),
                    ("assigned", "Assigned"),
                    ("reassigned", "Reassigned"),
                    ("urgency_changed", "Urgency Changed"),
                    ("priority_changed", "Priority Changed"),
                    ("title_changed", "Title Changed"),
                    ("note_added", "Note Added"),
                    ("merged", "Merged"),
                    ("linked", "Linked"),
                    ("watcher_added", "Watcher Added"),
                    ("watcher_removed", "Watcher Removed"),
                    ("sla_warning", "Sla Warning"),
                    ("sla_breached", "Sla Breached"),
                ],
                max_length=24,
            ),
        ),
        migrations.CreateModel(
            name="SlaClock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "clock",
                    models.CharField(
                        choices=[("ACK", "ACK"), ("RESOLVE", "RESOLVE")], max_length=8
                    ),
                ),
                ("round", models.PositiveSmallIntegerField(default=1)),
                ("target_minutes", models.PositiveIntegerField()),
                ("started_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("left_seconds", models.IntegerField(default=0)),
                ("paused_at", models.DateTimeField(blank=True, null=True)),
                ("opens_at", models.DateTimeField(blank=True, null=True)),
                ("pauses", models.JSONField(blank=True, default=list)),
                ("shift_seconds", models.FloatField(default=0)),
                ("warned_at", models.DateTimeField(blank=True, null=True)),
                ("breached_at", models.DateTimeField(blank=True, null=True)),
                ("met_at", models.DateTimeField(blank=True, null=True)),
                ("next_at", models.DateTimeField(blank=True, null=True)),
                ("changed_at", models.DateTimeField()),
                (
                    "incident",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sla_clocks",
                        to="incidents.incident",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_at__isnull", False)),
                        fields=["next_at"],
                        name="sla_clock_due",
                    ),
                    models.Index(fields=["changed_at"], name="sla_clock_changed"),
                    models.Index(
                        condition=models.Q(("breached_at__isnull", False), ("met_at", None)),
                        fields=["incident"],
                        name="sla_clock_breached",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("incident", "clock", "round"), name="sla_clock_once"
                    )
                ],
            },
        ),
    ]
