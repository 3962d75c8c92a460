"""Voice calls, their settings on the assistant, and messages that were spoken."""

import django.core.validators
import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assistant', '0039_labels'),
    ]

    operations = [
        migrations.AddField(
            model_name='assistant',
            name='voice',
            field=models.BooleanField(default=True, help_text='Visitors can talk to it where a provider offers voice. Off: the widget shows no microphone.', verbose_name='voice calls'),
        ),
        migrations.AddField(
            model_name='assistant',
            name='voice_minutes',
            field=models.PositiveSmallIntegerField(default=10, help_text='A call is ended after this time. From 1 to 60; the visitor can go on in writing.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(60)], verbose_name='longest call, in minutes'),
        ),
        migrations.AddField(
            model_name='assistant',
            name='voice_name',
            field=models.CharField(choices=[('alloy', 'Alloy'), ('ash', 'Ash'), ('ballad', 'Ballad'), ('cedar', 'Cedar'), ('coral', 'Coral'), ('echo', 'Echo'), ('marin', 'Marin'), ('sage', 'Sage'), ('shimmer', 'Shimmer'), ('verse', 'Verse')], default='sage', max_length=20, verbose_name='voice'),
        ),
        migrations.AddField(
            model_name='message',
            name='spoken',
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name='VoiceCall',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('offered', 'Key issued'), ('active', 'In progress'), ('ended', 'Ended')], default='offered', max_length=7)),
                ('reason', models.CharField(blank=True, choices=[('visitor', 'The visitor ended it'), ('limit', 'The time limit'), ('network', 'The connection was lost'), ('staff', 'A person took over'), ('replaced', 'The visitor began another call'), ('not_begun', 'No call was reported')], max_length=9)),
                ('model', models.CharField(max_length=200)),
                ('health_key', models.CharField(max_length=80)),
                ('provider_name', models.CharField(max_length=120)),
                ('source', models.CharField(max_length=12)),
                ('provider_call', models.CharField(blank=True, max_length=120)),
                ('seconds', models.PositiveIntegerField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('ends_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('hung_up_at', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_attempt_at', models.DateTimeField(blank=True, null=True)),
                ('conversation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='voice_calls', to='assistant.conversation')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='voice_calls', to='assistant.organization')),
                ('provider', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='assistant.provider')),
                ('usage', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='assistant.usage')),
            ],
            options={
                'ordering': ['-created_at'],
                'indexes': [models.Index(fields=['state', 'ends_at'], name='assistant_v_state_2005d7_idx'), models.Index(condition=models.Q(('next_attempt_at__isnull', False)), fields=['next_attempt_at'], name='call_to_hang_up')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'ended'), _negated=True), fields=('conversation',), name='one_voice_call_per_conversation')],
            },
        ),
    ]
