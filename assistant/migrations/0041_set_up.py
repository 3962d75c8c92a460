
"""Set-up: a server of the operator's own."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assistant', '0040_voice_calls'),
    ]

    operations = [
        migrations.AddField(
            model_name='provider',
            name='operator_origin',
            field=models.CharField(blank=True, editable=False, max_length=300),
        ),
    ]
