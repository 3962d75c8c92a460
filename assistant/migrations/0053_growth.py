"""Indexes for what visitors wait for, what is asked every few seconds, and pages of staff's that read a whole table."""

from django.db import migrations, models

from assistant.migrations._indexes import AlterIndexes


class Migration(migrations.Migration):

    dependencies = [
        ('assistant', '0052_indexes'),
    ]

    operations = [
        AlterIndexes(
            [
                migrations.RemoveIndex(
                    model_name='appointment',
                    name='assistant_a_state_9cb05d_idx',
                ),
                migrations.AddIndex(
                    model_name='appointment',
                    index=models.Index(fields=['state', 'start_at'], name='assistant_a_state_71b304_idx'),
                ),
                migrations.AddIndex(
                    model_name='appointment',
                    index=models.Index(fields=['calendar', 'start_at'], name='assistant_a_calenda_cf0783_idx'),
                ),
                migrations.AddIndex(
                    model_name='conversation',
                    index=models.Index(condition=models.Q(('snoozed_until__isnull', False)), fields=['snoozed_until'], name='conversation_snoozed'),
                ),
                migrations.AddIndex(
                    model_name='conversation',
                    index=models.Index(fields=['visitor', 'assistant'], name='assistant_c_visitor_78d3d2_idx'),
                ),
                migrations.AddIndex(
                    model_name='outsideentry',
                    index=models.Index(condition=models.Q(('written__lt', models.F('wanted'))), fields=['outside', 'next_attempt_at'], name='entry_to_write'),
                ),
                migrations.AddIndex(
                    model_name='removal',
                    index=models.Index(fields=['-at'], name='assistant_r_at_5e3337_idx'),
                ),
                migrations.AddIndex(
                    model_name='removal',
                    index=models.Index(fields=['organization', '-at'], name='assistant_r_organiz_c354e9_idx'),
                ),
                migrations.AddIndex(
                    model_name='removal',
                    index=models.Index(condition=models.Q(('finished_at__isnull', True)), fields=['at'], name='removal_to_finish'),
                ),
                migrations.AddIndex(
                    model_name='toolcall',
                    index=models.Index(fields=['conversation', 'state'], name='assistant_t_convers_66868f_idx'),
                ),
                migrations.AddIndex(
                    model_name='voicecall',
                    index=models.Index(condition=models.Q(('provider__isnull', False)), fields=['provider'], name='voice_call_of_provider'),
                ),
            ],
            {'conversation': ['visitor'], 'removal': ['organization'], 'toolcall': ['conversation']},
        ),
    ]
