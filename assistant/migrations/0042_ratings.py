"""Ratings of whole conversations by their visitors."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assistant', '0036_message_channels'),
    ]

    operations = [
        migrations.AddField(
            model_name='conversation',
            name='rating',
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='conversation',
            name='rating_comment',
            field=models.TextField(blank=True, max_length=1000),
        ),
        migrations.AddField(
            model_name='conversation',
            name='rated_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
