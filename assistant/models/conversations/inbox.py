"""What staff need to work on conversations together: tags, prepared replies, and how far each has read."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models

from assistant.models.conversations.conversation import Conversation
from assistant.models.names import NameField
from assistant.models.organizations.organization import Organization


class Tag(models.Model):
    """A word by which staff sort conversations, such as refund."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="tags", db_index=False)
    name = NameField(max_length=40, help_text="Enter one or two words, such as refund.")
    conversations = models.ManyToManyField(Conversation, related_name="tags", blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="one_tag_per_name")]

    def __str__(self) -> str:
        return self.name


class CannedReply(models.Model):
    """A prepared reply, found by typing / and its shortcut."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="canned_replies", db_index=False)
    shortcut = models.CharField(
        max_length=30,
        validators=[RegexValidator(r"^[\w-]+\Z", "Use letters, digits, - and _ only, such as opening-hours.")],
        help_text="What you type after the / in the reply box, such as hours for /hours.",
    )
    text = models.TextField(
        max_length=2000,
        help_text="The text of the reply. {visitor}, {me}, {assistant} and {organization} are replaced by names.",
    )

    class Meta:
        ordering = ["shortcut"]
        verbose_name_plural = "canned replies"
        constraints = [models.UniqueConstraint(fields=["organization", "shortcut"], name="one_canned_reply_per_shortcut")]

    def __str__(self) -> str:
        return f"/{self.shortcut}"


class ConversationRead(models.Model):
    """How far a member of staff has read a conversation."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="reads", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    seq = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "user"], name="one_read_per_user")]

    def __str__(self) -> str:
        return f"{self.user} has read up to {self.seq}"
