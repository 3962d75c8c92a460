"""What is sent about appointments: reminders, follow-ups and feedback, staff's own texts, and deliveries that are withdrawn."""

import assistant.models.booking.services
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assistant', "0022_blocked_times"),
    ]

    operations = [
        migrations.AddField(
            model_name='delivery',
            name='send_before',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='service',
            name='follow_up_hours',
            field=models.PositiveSmallIntegerField(blank=True, help_text='How long after its end the visitor is asked how it was. Leave empty to ask nobody.', null=True, validators=[django.core.validators.MaxValueValidator(720)], verbose_name='ask for feedback, hours after'),
        ),
        migrations.AddField(
            model_name='service',
            name='remind_team',
            field=models.BooleanField(default=False, verbose_name='remind the team as well'),
        ),
        # Services that are there already go on without reminders until staff ask for them.
        migrations.AddField(
            model_name="service",
            name="reminder_hours",
            field=models.CharField(blank=True, default="", max_length=40),
        ),
        migrations.AlterField(
            model_name='service',
            name='reminder_hours',
            field=models.CharField(blank=True, default='24', help_text='24, 2 reminds the visitor a day and two hours before it starts. Leave empty for no reminder.', max_length=40, validators=[assistant.models.booking.services.validate_reminder_hours], verbose_name='reminders, hours before'),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='state',
            field=models.CharField(choices=[('queued', 'Queued'), ('sending', 'Sending'), ('sent', 'Sent'), ('kept', 'Kept in the demo mailbox'), ('logged', "Written to the server's log"), ('dead', 'Failed'), ('withdrawn', 'Withdrawn')], db_index=True, default='queued', max_length=10),
        ),
        migrations.CreateModel(
            name='AppointmentNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=20)),
                ('covers_until', models.DateTimeField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('appointment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notices', to='assistant.appointment')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('appointment', 'name'), name='one_notice_of_a_name')],
            },
        ),
        migrations.CreateModel(
            name='Feedback',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('score', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5)])),
                ('comment', models.TextField(blank=True, max_length=1000)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('appointment', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='feedback', to='assistant.appointment')),
            ],
            options={
                'verbose_name_plural': 'feedback',
                'constraints': [models.CheckConstraint(condition=models.Q(('score__gte', 1), ('score__lte', 5)), name='feedback_is_from_1_to_5')],
            },
        ),
        migrations.CreateModel(
            name='MessageTemplate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('message', models.CharField(choices=[('requested', 'Request received'), ('confirmed', 'Confirmation'), ('moved', 'Change'), ('cancelled', 'Cancellation'), ('declined', 'Refusal'), ('reminder', 'Reminder'), ('follow_up', 'Follow-up after the visit')], max_length=10)),
                ('audience', models.CharField(choices=[('visitor', 'The visitor'), ('team', 'The team'), ], default='visitor', max_length=8, verbose_name='sent to')),
                ('language', models.CharField(blank=True, help_text='Who reads this language gets this text. Empty: every language without its own.', max_length=12)),
                ('subject', models.CharField(blank=True, help_text='Empty: our own subject.', max_length=200)),
                ('text', models.TextField(help_text='Stands above the details of the appointment.', max_length=4000)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='message_templates', to='assistant.organization')),
            ],
            options={
                'ordering': ['organization', 'message', 'audience', 'language'],
                'constraints': [models.UniqueConstraint(fields=('organization', 'message', 'audience', 'language'), name='one_template_per_message_and_language', violation_error_message='There is a text for this message, recipient and language already. Edit that one.')],
            },
        ),
    ]
