"""PostgreSQL refuses overlapping appointments by itself; on SQLite, where one writer runs at a time, the check suffices.

`int8range` in place of `calendar_id WITH =` spares the btree_gist extension, which managed databases may not offer.
"""

from django.db import migrations

CONSTRAINT = "appointments_do_not_overlap"


def add(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            f"ALTER TABLE assistant_appointment ADD CONSTRAINT {CONSTRAINT} EXCLUDE USING gist ("
            "int8range(calendar_id, calendar_id, '[]') WITH &&, tstzrange(start_at, busy_until) WITH &&"
            ") WHERE (state IN ('held', 'confirmed'))"
        )


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"ALTER TABLE assistant_appointment DROP CONSTRAINT {CONSTRAINT}")


class Migration(migrations.Migration):
    dependencies = [("assistant", "0001_initial")]
    operations = [migrations.RunPython(add, remove)]
