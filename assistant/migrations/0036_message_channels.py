"""Message channels: text messages and webhooks about appointments."""


import django.core.validators
import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assistant', '0033_identity'),
    ]

    operations = [
        migrations.AddField(
            model_name='delivery',
            name='kind',
            field=models.CharField(choices=[('email', 'E-mail'), ('sms', 'Text message'), ('webhook', 'Webhook')], default='email', max_length=10),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='to',
            field=models.CharField(max_length=254),
        ),
        migrations.CreateModel(
            name='MessageChannel',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(help_text='What staff call it, such as Our SMS gateway.', max_length=80)),
                ('kind', models.CharField(choices=[('sms', 'Text message (SMS)'), ('webhook', 'Webhook')], default='sms', max_length=10)),
                ('enabled', models.BooleanField(default=True, help_text='Off: nothing is sent through it.')),
                ('format', models.CharField(choices=[('json', 'JSON'), ('form', 'Form fields')], default='json', max_length=10)),
                ('body', models.TextField(blank=True, help_text='What the SMS gateway expects, such as {"to": "{to}", "text": "{text}"}, or To={to}&Body={text} for form fields. {to} is the phone number, {text} the message, {id} a number that is the same when it is sent again.', max_length=2000)),
                ('sends_changes', models.BooleanField(default=True, help_text='Confirmations, changes and cancellations, when they happen.', verbose_name='send changes')),
                ('sends_reminders', models.BooleanField(default=True, help_text='As the service sets them.', verbose_name='send reminders')),
                ('per_day', models.PositiveIntegerField(default=200, help_text='Text messages cost money: more than that are not sent in 24 hours.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100000)], verbose_name='at most per day')),
                ('origin', models.CharField(blank=True, editable=False, max_length=300, verbose_name='server')),
                ('sealed_address', models.TextField(blank=True, editable=False)),
                ('sealed_headers', models.TextField(blank=True, editable=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='message_channels', to='assistant.organization')),
            ],
            options={
                'ordering': ['organization', 'kind', 'name'],
            },
        ),
        migrations.AddField(
            model_name='delivery',
            name='channel',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='deliveries', to='assistant.messagechannel'),
        ),
    ]
