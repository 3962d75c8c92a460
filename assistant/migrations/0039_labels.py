"""Copy: labels of the audit log and of budgets. No column changes."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assistant', '0036_message_channels'),
    ]

    operations = [
        migrations.AlterField(
            model_name='auditentry',
            name='act',
            field=models.CharField(choices=[('added', 'Added'), ('changed', 'Changed'), ('deleted', 'Deleted'), ('looked', 'Looked at'), ('exported', 'Exported'), ('done', 'Other action')], max_length=10, verbose_name='action'),
        ),
        migrations.AlterField(
            model_name='auditentry',
            name='model',
            field=models.CharField(blank=True, max_length=60, verbose_name='type'),
        ),
        migrations.AlterField(
            model_name='auditentry',
            name='object_id',
            field=models.CharField(blank=True, max_length=64, verbose_name='ID'),
        ),
        migrations.AlterField(
            model_name='budget',
            name='network_day_tokens',
            field=models.PositiveIntegerField(blank=True, default=2000000, null=True, verbose_name='tokens per network and day'),
        ),
        migrations.AlterField(
            model_name='budget',
            name='sentence',
            field=models.CharField(blank=True, help_text='Shown to visitors when a limit is reached. Empty: a message of ours.', max_length=300, verbose_name='message at a limit'),
        ),
    ]
