from django.db import migrations
from django.db.models import Exists, OuterRef, Subquery

AT_ONCE = 500  # conversations, which are locked while their events are looked through


def note_persons(apps, schema_editor):
    """When a person was first asked for or took part, from the events that say so."""
    event, conversation = apps.get_model("assistant", "Event"), apps.get_model("assistant", "Conversation")
    said = event.objects.filter(
        conversation=OuterRef("pk"), type="conversation.updated", data__state__in=["waiting", "staff"]
    )
    first = Subquery(said.order_by("seq").values("at")[:1])
    last = None
    while True:
        rows = conversation.objects.order_by("pk")
        keys = list((rows if last is None else rows.filter(pk__gt=last)).values_list("pk", flat=True)[:AT_ONCE])
        if not keys:
            return
        last = keys[-1]
        conversation.objects.filter(Exists(said), pk__in=keys, person_at=None).update(person_at=first)


class Migration(migrations.Migration):
    # In steps of their own: visitors write meanwhile.
    atomic = False

    dependencies = [("assistant", "0048_quality")]

    operations = [migrations.RunPython(note_persons, migrations.RunPython.noop)]
