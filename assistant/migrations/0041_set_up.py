"""Set-up and consent: a server of the operator's own, the consent text, and which notices were shown."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assistant', '0040_voice_calls'),
    ]

    operations = [
        migrations.AddField(
            model_name='assistant',
            name='consent',
            field=models.TextField(blank=True, help_text='Visitors agree to it before their first message, such as: We store this conversation for 90 days. Empty: they are not asked.', max_length=600, verbose_name='consent text'),
        ),
        migrations.AddField(
            model_name='conversation',
            name='consented_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='provider',
            name='operator_origin',
            field=models.CharField(blank=True, editable=False, max_length=300),
        ),
        migrations.CreateModel(
            name='NoticeText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('disclosure', 'Disclosure'), ('consent', 'Consent')], max_length=10)),
                ('language', models.CharField(max_length=12)),
                ('version', models.PositiveIntegerField()),
                ('text', models.TextField()),
                ('since', models.DateTimeField(auto_now_add=True)),
                ('assistant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notice_texts', to='assistant.assistant')),
            ],
            options={
                'ordering': ['assistant', 'kind', 'language', 'version'],
            },
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('shown_at', models.DateTimeField(auto_now_add=True)),
                ('agreed_at', models.DateTimeField(blank=True, null=True)),
                ('conversation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notices', to='assistant.conversation')),
                ('text', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notices', to='assistant.noticetext')),
            ],
            options={
                'ordering': ['shown_at'],
            },
        ),
        migrations.AddConstraint(
            model_name='noticetext',
            constraint=models.UniqueConstraint(fields=('assistant', 'kind', 'language', 'version'), name='notice_text_once_per_version'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.UniqueConstraint(fields=('conversation', 'text'), name='notice_once_per_conversation'),
        ),
    ]
