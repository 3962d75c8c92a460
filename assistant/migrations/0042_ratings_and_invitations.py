"""Ratings of whole conversations by their visitors, and what of the chat a page shows before it is opened."""

import assistant.models.organizations.assistant
import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assistant', '0041_set_up'),
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
        migrations.AddField(
            model_name='assistant',
            name='hide_on',
            field=models.TextField(blank=True, help_text='Likewise. For example: /checkout*', validators=[assistant.models.organizations.assistant.validate_paths], verbose_name='hide on'),
        ),
        migrations.AddField(
            model_name='assistant',
            name='launcher_label',
            field=models.CharField(blank=True, help_text='Beside the icon, such as: Questions? Chat with us. Empty: the icon alone.', max_length=40, verbose_name='text on the button'),
        ),
        migrations.AddField(
            model_name='assistant',
            name='offset_x',
            field=models.PositiveSmallIntegerField(blank=True, help_text='In pixels, on computers. Empty: 20.', null=True, validators=[django.core.validators.MaxValueValidator(999)], verbose_name='distance from the side'),
        ),
        migrations.AddField(
            model_name='assistant',
            name='offset_y',
            field=models.PositiveSmallIntegerField(blank=True, help_text='In pixels, on computers. Empty: 20.', null=True, validators=[django.core.validators.MaxValueValidator(999)], verbose_name='distance from the bottom'),
        ),
        migrations.AddField(
            model_name='assistant',
            name='page_messages',
            field=models.TextField(blank=True, help_text='In place of the invitation, on certain pages: a path and a message per line. For example: /prices* Shall I work out a price for you?', validators=[assistant.models.organizations.assistant.validate_page_messages], verbose_name='invitations by page'),
        ),
        migrations.AddField(
            model_name='assistant',
            name='phone_offset_x',
            field=models.PositiveSmallIntegerField(blank=True, help_text='In pixels. Empty: as on computers.', null=True, validators=[django.core.validators.MaxValueValidator(999)], verbose_name='distance from the side on phones'),
        ),
        migrations.AddField(
            model_name='assistant',
            name='phone_offset_y',
            field=models.PositiveSmallIntegerField(blank=True, help_text='In pixels, such as 80 above a bar of buttons. Empty: as on computers.', null=True, validators=[django.core.validators.MaxValueValidator(999)], verbose_name='distance from the bottom on phones'),
        ),
        migrations.AddField(
            model_name='assistant',
            name='phone_position',
            field=models.CharField(blank=True, choices=[('right', 'Bottom right'), ('left', 'Bottom left')], help_text='Empty: as on computers.', max_length=5, verbose_name='position on phones'),
        ),
        migrations.AddField(
            model_name='assistant',
            name='show_on',
            field=models.TextField(blank=True, help_text='Paths of pages, one per line; * stands for any text. For example: /help/*. Empty: on every page.', validators=[assistant.models.organizations.assistant.validate_paths], verbose_name='show only on'),
        ),
        migrations.AddField(
            model_name='assistant',
            name='sound',
            field=models.BooleanField(default=False, help_text='A short sound while the chat is closed or the visitor looks at another tab.', verbose_name='sound for new messages'),
        ),
        migrations.AddField(
            model_name='assistant',
            name='teaser',
            field=models.CharField(blank=True, help_text='Appears beside the button, such as: Can I help you find something? Visitors who have closed it, or have chatted already, do not see it.', max_length=160, verbose_name='invitation'),
        ),
        migrations.AddField(
            model_name='assistant',
            name='teaser_after',
            field=models.PositiveSmallIntegerField(default=10, help_text='How long a visitor is on the page before the invitation appears. 0: not by time.', validators=[django.core.validators.MaxValueValidator(600)], verbose_name='invite after, in seconds'),
        ),
        migrations.AddField(
            model_name='assistant',
            name='teaser_on_exit',
            field=models.BooleanField(default=False, help_text='The invitation appears when the pointer leaves the page at the top, as towards its tab. Not on phones.', verbose_name='invite on leaving'),
        ),
        migrations.AddField(
            model_name='assistant',
            name='z_index',
            field=models.PositiveIntegerField(blank=True, help_text='Lower it where the chat covers something of the site, such as its cookie notice. Empty: above all else.', null=True, validators=[django.core.validators.MaxValueValidator(2147483647)], verbose_name='layer (z-index)'),
        ),
    ]
