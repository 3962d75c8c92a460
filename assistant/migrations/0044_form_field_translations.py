from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assistant", "0043_conversation_files")]

    operations = [
        migrations.AddField(
            model_name="formfield",
            name="translations",
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
    ]
