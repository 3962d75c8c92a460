"""The language of the e-mails to an organization's team."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assistant', '0030_inbox'),
    ]

    operations = [
        migrations.AddField(
            model_name='organization',
            name='team_language',
            field=models.CharField(default='en', help_text='Of the e-mails about appointments that go to the team.', max_length=12, verbose_name='team language'),
        ),
    ]
