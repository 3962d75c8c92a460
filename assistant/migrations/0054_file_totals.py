"""A total of each organization's files, from what is there; and indexes for addresses that visitors have proven, for
the appointments that they have, and for all ratings of a time."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Min, OuterRef, Subquery, Sum
from django.db.models.functions import Lower

from assistant.migrations._indexes import AlterIndexes


def add_up(apps, schema_editor):
    ConversationFile, Conversation, FileTotal, DroppedFile = (
        apps.get_model("assistant", name) for name in ("ConversationFile", "Conversation", "FileTotal", "DroppedFile")
    )
    owner = Conversation.objects.filter(pk=OuterRef("conversation")).values("organization")
    ConversationFile.objects.update(organization=Subquery(owner))
    totals = ConversationFile.objects.order_by().values("organization").annotate(total=Sum("size"))
    FileTotal.objects.bulk_create(FileTotal(organization_id=one["organization"], bytes=one["total"]) for one in totals)
    # A row that two deleted at once was noted twice.
    first = DroppedFile.objects.order_by().values("place").annotate(first=Min("pk")).values("first")
    DroppedFile.objects.exclude(pk__in=list(first.values_list("first", flat=True))).delete()


class Migration(migrations.Migration):
    dependencies = [("assistant", "0053_growth")]

    operations = [
        migrations.CreateModel(
            name="FileTotal",
            fields=[
                ("organization", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="+", serialize=False, to="assistant.organization")),
                ("bytes", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.AddField(
            model_name="conversationfile",
            name="organization",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="assistant.organization"),
        ),
        migrations.RunPython(add_up, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="conversationfile",
            name="organization",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="assistant.organization"),
        ),
        # Of what was dropped before, the total has nothing.
        migrations.AddField(
            model_name="droppedfile",
            name="organization",
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="assistant.organization"),
        ),
        migrations.AddField(model_name="droppedfile", name="size", field=models.PositiveIntegerField(default=0)),
        migrations.AlterField(model_name="droppedfile", name="place", field=models.CharField(max_length=48, unique=True)),
        AlterIndexes(
            [
                migrations.AddIndex(
                    model_name="visitor",
                    index=models.Index(F("organization"), Lower("email"), condition=models.Q(("email_verified_at__isnull", False)), name="visitor_by_proven_address"),
                ),
                migrations.AddIndex(
                    model_name="conversation",
                    index=models.Index(fields=["rated_at"], condition=models.Q(("rated_at__isnull", False)), name="conversation_rated_anywhere"),
                ),
                migrations.AddIndex(
                    model_name="appointment",
                    index=models.Index(fields=["visitor", "state", "start_at"], name="assistant_a_visitor_cf106a_idx"),
                ),
            ],
            {"appointment": ["visitor"]},
        ),
    ]
