"""Visitors who log in: the keys that sign who they are, and attributes that pages say of them."""

import assistant.models.organizations.assistant
import django.core.validators
import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assistant', '0032_calendar_accounts'),
    ]

    operations = [
        migrations.CreateModel(
            name='IdentityKey',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(help_text='What staff call it, such as Shop server 2026.', max_length=60)),
                ('algorithm', models.CharField(choices=[('HS256', 'HS256: a secret that your server shares with us'), ('RS256', 'RS256: the public key of a key pair of your server')], default='HS256', max_length=5)),
                ('sealed_secret', models.TextField(blank=True, editable=False)),
                ('public_key', models.TextField(blank=True, max_length=4000, verbose_name='public key')),
                ('enabled', models.BooleanField(default=True, help_text='Off: tokens that were signed with it are no longer valid.')),
                ('used_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='last used')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['organization', '-created_at'],
            },
        ),
        migrations.CreateModel(
            name='VisitorAttribute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='What pages and tokens call it, such as plan.', max_length=40, validators=[django.core.validators.RegexValidator('\\A[a-z][a-z0-9_]{0,39}\\Z', 'Use lower-case letters, digits and underscores, starting with a letter, such as plan.')])),
                ('label', models.CharField(help_text='What staff read, and the model if it is told, such as Plan.', max_length=60)),
                ('type', models.CharField(choices=[('text', 'Text'), ('number', 'Number'), ('boolean', 'Yes or no'), ('date', 'Date (2030-01-31)')], default='text', max_length=7)),
                ('in_prompt', models.BooleanField(default=False, help_text='The model reads it with every message, and a visitor can make the model repeat it.', verbose_name='tell the model')),
            ],
            options={
                'ordering': ['organization', 'name'],
            },
        ),
        migrations.AddField(
            model_name='visitor',
            name='attributes',
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
        migrations.AddField(
            model_name='visitor',
            name='external_id',
            field=models.CharField(blank=True, max_length=255, null=True, verbose_name='user ID'),
        ),
        migrations.AddField(
            model_name='visitor',
            name='identified_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='last login'),
        ),
        migrations.AddField(
            model_name='visitor',
            name='name_verified_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='name verified'),
        ),
        migrations.AddConstraint(
            model_name='visitor',
            constraint=models.UniqueConstraint(fields=('organization', 'external_id'), name='visitor_once_per_external_id'),
        ),
        migrations.AddField(
            model_name='identitykey',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='identity_keys', to='assistant.organization'),
        ),
        migrations.AddField(
            model_name='visitorattribute',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='visitor_attributes', to='assistant.organization'),
        ),
        migrations.AddConstraint(
            model_name='visitorattribute',
            constraint=models.UniqueConstraint(fields=('organization', 'name'), name='attribute_name_once_per_organization'),
        ),
        migrations.AlterField(
            model_name='assistant',
            name='starters',
            field=models.TextField(blank=True, help_text='Suggested first questions, one per line, up to four. For example: When are you open?', validators=[assistant.models.organizations.assistant.validate_starters], verbose_name='suggested questions'),
        ),
    ]
