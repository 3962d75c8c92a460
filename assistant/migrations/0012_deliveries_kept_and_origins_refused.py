"""What deliveries become where no mail server is set up; the sites that asked for an assistant and may not show it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assistant", "0011_learnt_capabilities")]

    operations = [
        migrations.AlterField(
            model_name="delivery",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "Queued"),
                    ("sending", "Sending"),
                    ("sent", "Sent"),
                    ("kept", "Kept in the demo mailbox"),
                    ("logged", "Written to the server's log"),
                    ("dead", "Given up"),
                ],
                db_index=True,
                default="queued",
                max_length=10,
            ),
        ),
        migrations.CreateModel(
            name="RefusedOrigin",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("origin", models.CharField(max_length=200)),
                ("ignored", models.BooleanField(default=False)),
                ("first_at", models.DateTimeField(auto_now_add=True)),
                ("last_at", models.DateTimeField()),
                (
                    "assistant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="refused_origins",
                        to="assistant.assistant",
                    ),
                ),
            ],
            options={
                "ordering": ["-last_at"],
                "constraints": [
                    models.UniqueConstraint(fields=("assistant", "origin"), name="refused_origin_once_per_assistant")
                ],
            },
        ),
    ]
