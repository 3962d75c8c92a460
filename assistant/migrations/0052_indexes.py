"""Indexes that are the beginning of another one of their table, or have nothing but nulls in most rows.

Every row that is written is written into each index as well, and each is on a page of its own.
"""

from django.db import migrations, models

from assistant.migrations._indexes import AlterIndexes


class Migration(migrations.Migration):

    dependencies = [
        ('assistant', '0051_texts'),
    ]

    operations = [
        AlterIndexes(
            [
                migrations.RemoveIndex(
                    model_name='usage',
                    name='assistant_u_health__01ecee_idx',
                ),
                migrations.AddIndex(
                    model_name='event',
                    index=models.Index(condition=models.Q(('message__isnull', False)), fields=['message'], name='event_of_message'),
                ),
                migrations.AddIndex(
                    model_name='event',
                    index=models.Index(condition=models.Q(('turn__isnull', False)), fields=['turn'], name='event_of_turn'),
                ),
                migrations.AddIndex(
                    model_name='event',
                    index=models.Index(condition=models.Q(('card__isnull', False)), fields=['card'], name='event_of_card'),
                ),
                migrations.AddIndex(
                    model_name='message',
                    index=models.Index(condition=models.Q(('staff__isnull', False)), fields=['staff'], name='message_by_staff'),
                ),
                migrations.AddIndex(
                    model_name='message',
                    index=models.Index(condition=models.Q(('turn__isnull', False)), fields=['turn'], name='message_of_turn'),
                ),
            ],
            {
                'appointment': ['organization', 'calendar'],
                'appointmentnotice': ['appointment'],
                'auditentry': ['organization'],
                'blockedtime': ['calendar'],
                'busytime': ['calendar'],
                'cannedreply': ['organization'],
                'conversation': ['organization', 'assistant'],
                'conversationread': ['conversation'],
                'delivery': ['organization', 'state'],
                'event': ['conversation', 'message', 'turn', 'card'],
                'membership': ['user'],
                'message': ['conversation', 'staff', 'turn'],
                'messagetemplate': ['organization'],
                'method': ['organization'],
                'notice': ['conversation'],
                'noticetext': ['assistant'],
                'notificationchoice': ['user'],
                'oauthclient': ['organization'],
                'offering': ['service'],
                'outsideentry': ['outside'],
                'price': ['organization'],
                'promptversion': ['assistant'],
                'provider': ['organization'],
                'question': ['organization', 'state'],
                'refusedorigin': ['assistant'],
                'spending': ['organization'],
                'tag': ['organization'],
                'toolcall': ['organization', 'turn', 'method'],
                'turn': ['state'],
                'usage': ['organization', 'conversation', 'provider'],
                'visitor': ['organization'],
                'visitorattribute': ['organization'],
            },
        ),
    ]
