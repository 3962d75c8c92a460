from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assistant", "0045_pictures"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="messagetemplate",
            options={"ordering": ["organization", "message", "audience", "language"], "verbose_name": "message text"},
        ),
        migrations.AlterModelOptions(
            name="removal",
            options={"ordering": ["-at"], "verbose_name": "removal", "verbose_name_plural": "removed data"},
        ),
        migrations.AlterModelOptions(
            name="teamwebhook",
            options={"ordering": ["organization", "name"], "verbose_name": "webhook"},
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="act",
            field=models.CharField(
                choices=[
                    ("added", "Added"),
                    ("changed", "Changed"),
                    ("deleted", "Deleted"),
                    ("looked", "Looked at"),
                    ("exported", "Exported"),
                    ("logged_in", "Logged in"),
                    ("logged_out", "Logged out"),
                    ("refused", "Log-in refused"),
                    ("done", "Other action"),
                ],
                max_length=10,
                verbose_name="action",
            ),
        ),
        migrations.AlterField(
            model_name="removal",
            name="reason",
            field=models.CharField(
                choices=[
                    ("request", "Visitor erased by staff"),
                    ("visitor", "Erased by the visitor"),
                    ("server", "Erased by the organization's server"),
                    ("expired", "Visitor not seen for as long as visitors are kept"),
                    ("retention", "Older than messages or the ledger are kept"),
                ],
                max_length=9,
            ),
        ),
        migrations.AddField(
            model_name="identitykey",
            name="manages_data",
            field=models.BooleanField(
                default=False,
                help_text="Your server can ask for the export or the erasure of any visitor with tokens that this key has signed.",
                verbose_name="may export and erase visitors",
            ),
        ),
        migrations.AddField(
            model_name="organization",
            name="visitors_manage_data",
            field=models.BooleanField(
                default=False,
                help_text="The chat's menu has “Your data”. A download has what a visitor said, booked and was sent, but not your team's notes. Erasing deletes the notes too, and cancels appointments to come. Nobody on your team is asked.",
                verbose_name="visitors can download and erase their data",
            ),
        ),
    ]
