from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assistant", "0009_deliveries_are_not_cancelled")]

    operations = [
        migrations.AddField(
            model_name="toolcall",
            name="opaque",
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
    ]
