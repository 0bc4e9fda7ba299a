"""Webhooks get a type: chats beside programs. Code before it goes on reading and writing rows."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("services", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="servicewebhook",
            name="channel",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.AddField(
            model_name="servicewebhook",
            name="type",
            field=models.CharField(
                choices=[
                    ("GENERIC", "Webhook (JSON)"),
                    ("SLACK", "Slack"),
                    ("TEAMS", "Microsoft Teams"),
                    ("GOOGLE_CHAT", "Google Chat"),
                    ("DISCORD", "Discord"),
                    ("MATTERMOST", "Mattermost"),
                    ("TELEGRAM", "Telegram"),
                ],
                db_default="GENERIC",
                default="GENERIC",
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="servicewebhook",
            name="url",
            field=models.CharField(blank=True, max_length=500),
        ),
    ]
