from __future__ import annotations

from typing import Any

import django.core.validators
from django.db import migrations, models


def let_it_be_chosen(apps: Any, schema_editor: Any) -> None:
    """Twenty seconds were the default, which nobody has chosen: from now on a local or thinking model gets longer."""
    apps.get_model("assistant", "Provider").objects.filter(timeout_seconds=20).update(timeout_seconds=None)


def twenty_again(apps: Any, schema_editor: Any) -> None:
    apps.get_model("assistant", "Provider").objects.filter(timeout_seconds=None).update(timeout_seconds=20)


class Migration(migrations.Migration):
    dependencies = [("assistant", "0010_calls_keep_opaque_fields")]

    operations = [
        migrations.AddField("providerhealth", "origins", models.JSONField(blank=True, default=dict)),
        migrations.AddField("providerhealth", "measure_after", models.DateTimeField(blank=True, null=True)),
        migrations.AlterField(
            "provider",
            "timeout_seconds",
            models.PositiveSmallIntegerField(
                blank=True,
                help_text="Before the first word, and between words. Empty: 20, or 90 for a server in your own network and for a "
                "model that thinks first.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(600),
                ],
                verbose_name="longest silence, in seconds",
            ),
        ),
        migrations.RunPython(let_it_be_chosen, twenty_again),
    ]
