"""The record of duty gets a beginning, and PostgreSQL refuses to change or delete what it says."""

from django.db import migrations, models
from django.db.models.functions import Now

# Whoever is deleted leaves his name in the record: only the link to the person may be cut.
GUARD = """
CREATE FUNCTION schedules_ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.user_id IS NULL
       AND to_jsonb(NEW) - 'user_id' = to_jsonb(OLD) - 'user_id' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the record of duty is append-only; a correction is a new row';
END $$;
CREATE TRIGGER schedules_ledger_append_only BEFORE UPDATE OR DELETE ON schedules_ledgerspan
    FOR EACH ROW EXECUTE FUNCTION schedules_ledger_append_only();
"""
UNGUARD = """
DROP TRIGGER schedules_ledger_append_only ON schedules_ledgerspan;
DROP FUNCTION schedules_ledger_append_only();
"""


def guard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(GUARD)


def unguard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(UNGUARD)


class Migration(migrations.Migration):
    dependencies = [("schedules", "0002_absence_changes_ledger_feeds_and_guard")]

    operations = [
        migrations.AddField(
            model_name="ledgermark",
            name="began_at",
            field=models.DateTimeField(db_default=Now()),
        ),
        migrations.RunPython(guard, unguard),
    ]
