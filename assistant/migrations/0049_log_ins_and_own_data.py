from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("assistant", "0043_conversation_files"),
    ]

    operations = [
        migrations.AlterField(
            model_name="auditentry",
            name="act",
            field=models.CharField(choices=[("added", "Added"), ("changed", "Changed"), ("deleted", "Deleted"), ("looked", "Looked at"), ("exported", "Exported"), ("logged_in", "Logged in"), ("logged_out", "Logged out"), ("refused", "Log-in refused"), ("done", "Other action")], max_length=10, verbose_name="action"),
        ),
    ]
