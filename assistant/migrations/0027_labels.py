"""Labels of columns: an e-mail, a base URL and an API version."""

import assistant.models.providers.provider
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assistant', "0026_privacy"),
    ]

    operations = [
        migrations.AlterField(
            model_name='appointment',
            name='email',
            field=models.EmailField(blank=True, max_length=254, verbose_name='e-mail'),
        ),
        migrations.AlterField(
            model_name='provider',
            name='api_version',
            field=models.CharField(blank=True, help_text='For Azure OpenAI only, for example 2024-10-21.', max_length=40, verbose_name='API version'),
        ),
        migrations.AlterField(
            model_name='provider',
            name='base_url',
            field=models.CharField(blank=True, help_text="For example https://api.example.com/v1. Empty: the preset's address. For another server, enter the key again.", max_length=500, validators=[assistant.models.providers.provider.validate_server_url], verbose_name='base URL'),
        ),
    ]
