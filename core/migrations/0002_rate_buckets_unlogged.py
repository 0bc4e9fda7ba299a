"""Rate buckets need no write-ahead log: after a crash they may start at zero."""

from django.db import migrations


def unlog(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE core_ratebucket SET UNLOGGED")


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [migrations.RunPython(unlog, migrations.RunPython.noop)]
