"""What deliveries become where no mail server is set up."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assistant", "0009_deliveries_are_not_cancelled")]

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
    ]
