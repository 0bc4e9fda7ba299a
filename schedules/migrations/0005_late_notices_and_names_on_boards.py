"""Notices that came too late are told apart; a public board may show less than full names."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("schedules", "0004_layers_with_a_zone_of_their_own"),
    ]

    operations = [
        migrations.AddField(
            model_name="shiftnotice",
            name="dropped",
            field=models.BooleanField(
                db_default=False, default=False, help_text="Not told after all: it was too late"
            ),
        ),
        migrations.AddField(
            model_name="boardlink",
            name="name_form",
            field=models.CharField(
                choices=[
                    ("FULL", "Full names"),
                    ("FIRST", "First names"),
                    ("INITIALS", "Initials"),
                ],
                db_default="FULL",
                default="FULL",
                max_length=10,
            ),
        ),
    ]
