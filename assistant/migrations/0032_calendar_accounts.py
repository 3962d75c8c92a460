"""Accounts at Google and Microsoft, their OAuth clients and calendars; an assistant's language is one of the widget's."""

import assistant.models.organizations.assistant
import django.core.validators
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assistant', '0031_team_language'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='outsidecalendar',
            name='remote_id',
            field=models.CharField(blank=True, editable=False, max_length=500),
        ),
        migrations.AddField(
            model_name='outsidecalendar',
            name='sync_token',
            field=models.TextField(blank=True, editable=False),
        ),
        migrations.AlterField(
            model_name='outsidecalendar',
            name='kind',
            field=models.CharField(choices=[('ics', 'iCalendar address (read only)'), ('caldav', 'CalDAV'), ('google', 'Google Calendar'), ('microsoft', 'Microsoft 365')], default='ics', max_length=10),
        ),
        migrations.AlterField(
            model_name='outsidecalendar',
            name='writes_bookings',
            field=models.BooleanField(default=False, help_text='Not with an iCalendar address. They are moved and removed there as they are here.', verbose_name='enter bookings there'),
        ),
        migrations.CreateModel(
            name='CalendarAccount',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('provider', models.CharField(choices=[('google', 'Google Calendar'), ('microsoft', 'Microsoft 365')], default='google', max_length=10)),
                ('name', models.CharField(help_text='Whose account it is, such as Mira.', max_length=80)),
                ('address', models.CharField(blank=True, editable=False, max_length=200, verbose_name='account')),
                ('state', models.CharField(choices=[('new', 'Not connected'), ('connected', 'Connected'), ('withdrawn', 'Access withdrawn')], default='new', editable=False, max_length=10)),
                ('problem', models.CharField(blank=True, editable=False, max_length=300, verbose_name='last error')),
                ('pending', models.CharField(blank=True, editable=False, max_length=64)),
                ('client_id', models.CharField(blank=True, editable=False, max_length=200)),
                ('sealed_access', models.TextField(blank=True, editable=False)),
                ('sealed_refresh', models.TextField(blank=True, editable=False)),
                ('expires_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('fence', models.PositiveIntegerField(default=0, editable=False)),
                ('leased_until', models.DateTimeField(blank=True, editable=False, null=True)),
                ('calendars', models.JSONField(blank=True, default=list, editable=False)),
                ('connected_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('connected_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='calendar_accounts', to='assistant.organization')),
            ],
            options={
                'ordering': ['organization', 'provider', 'name'],
            },
        ),
        migrations.AddField(
            model_name='outsidecalendar',
            name='account',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='outside_calendars', to='assistant.calendaraccount'),
        ),
        migrations.CreateModel(
            name='OAuthClient',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(choices=[('google', 'Google Calendar'), ('microsoft', 'Microsoft 365')], default='google', max_length=10)),
                ('client_id', models.CharField(help_text='Google calls it client ID, Microsoft application (client) ID.', max_length=200, validators=[django.core.validators.RegexValidator('^[\\x21-\\x7e]+$', "A client ID has no spaces. Copy it from the provider's console.")], verbose_name='client ID')),
                ('sealed_secret', models.TextField(blank=True, editable=False)),
                ('tenant', models.CharField(default='common', help_text='Microsoft only: common for accounts of any organization, or the directory (tenant) ID of one.', max_length=100, validators=[django.core.validators.RegexValidator('^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$', 'Enter common, or a directory (tenant) ID.')])),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='oauth_clients', to='assistant.organization')),
            ],
            options={
                'verbose_name': 'OAuth client',
                'ordering': ['organization', 'provider'],
                'constraints': [models.UniqueConstraint(fields=('organization', 'provider'), name='one_oauth_client_per_provider')],
            },
        ),
        migrations.AlterField(
            model_name='assistant',
            name='locale',
            field=models.CharField(default='en', help_text='Used where the page sets no language. A code such as en or de, with or without a region: de-CH.', max_length=12, validators=[assistant.models.organizations.assistant.validate_locale], verbose_name='language'),
        ),
    ]
