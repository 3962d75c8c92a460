"""Documents, their passages and vectors, and the questions that they did not answer."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import connections, models
from django.db.models.expressions import RawSQL

from assistant.models.conversations.conversation import Conversation, Message
from assistant.models.names import NameField
from assistant.models.organizations.assistant import Assistant
from assistant.models.organizations.organization import Organization


class DocumentQuerySet(models.QuerySet["Document"]):
    def due(self, now: datetime) -> DocumentQuerySet:
        """To be read: new, left by a worker whose lease has expired, or a page that is due for a check."""
        return self.filter(
            models.Q(state=Document.State.QUEUED)
            | models.Q(state=Document.State.READING, leased_until__lt=now)
            | models.Q(state__in=[Document.State.READY, Document.State.FAILED], next_read_at__lte=now)
        )

    def known_to(self, assistant: Assistant) -> DocumentQuerySet:
        """Those selected for this assistant, or for none and so for all of its organization."""
        ticked = Document.assistants.through.objects.filter(document=models.OuterRef("pk"))
        return self.filter(
            models.Q(models.Exists(ticked.filter(assistant=assistant.pk))) | ~models.Q(models.Exists(ticked)),
            organization=assistant.organization_id,
        )


class Document(models.Model):
    """A text that assistants may search: written by staff, from a file, or from a page of a site."""

    class Kind(models.TextChoices):
        TEXT = "text", "Text"
        FILE = "file", "File"
        PAGE = "page", "Web page"

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting to be read"
        READING = "reading", "Being read"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"

    class Refresh(models.IntegerChoices):
        NEVER = 0, "Only on request"
        HOURLY = 1, "Every hour"
        DAILY = 24, "Every day"
        WEEKLY = 168, "Every week"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="documents")
    assistants = models.ManyToManyField(
        Assistant,
        blank=True,
        related_name="documents",
        help_text="The assistants that may search it. If you select none, all of them may.",
    )
    kind = models.CharField(max_length=4, choices=Kind.choices, default=Kind.TEXT, editable=False)
    title = NameField(
        max_length=200, blank=True, help_text="Shown to visitors as the source of an answer, such as Price list 2026."
    )
    url = models.URLField("URL", max_length=1000, blank=True)
    # What was written, or what was found in the file or on the page: Markdown, of which headings count.
    text = models.TextField(blank=True, max_length=500_000)
    refresh_hours = models.PositiveSmallIntegerField(
        "read again", choices=Refresh.choices, default=Refresh.DAILY, help_text="How often the page is checked for changes."
    )

    state = models.CharField(max_length=7, choices=State.choices, default=State.QUEUED, editable=False)
    fence = models.PositiveIntegerField(default=0, editable=False)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)  # since it was last read
    next_read_at = models.DateTimeField("next check", null=True, blank=True, editable=False, db_index=True)
    read_at = models.DateTimeField(
        "last read", null=True, blank=True, editable=False
    )  # when its text was last seen to be current
    code = models.CharField(max_length=40, blank=True, editable=False)  # why it could not be read
    problem = models.CharField(max_length=300, blank=True, editable=False)  # the same in a sentence, for staff
    note = models.CharField(max_length=300, blank=True, editable=False)  # what was left out
    etag = models.CharField(max_length=200, blank=True, editable=False)
    last_modified = models.CharField(max_length=60, blank=True, editable=False)
    # By which version of `services.knowledge.words` its passages are indexed.
    words_version = models.PositiveSmallIntegerField(default=0, editable=False, db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        indexes = [models.Index(fields=["state", "leased_until"])]

    def __str__(self) -> str:
        return self.title or self.url or f"Document {str(self.id)[:8]}"


class DocumentFile(models.Model):
    """An uploaded file until its text is extracted: never served, and deleted once it has been read."""

    document = models.OneToOneField(Document, models.CASCADE, related_name="file")
    name = models.CharField(max_length=200)
    data = models.BinaryField()
    encoding = models.CharField(max_length=20, blank=True)  # as staff have chosen it; "" where it is to be recognised

    def __str__(self) -> str:
        return self.name


class PassageQuerySet(models.QuerySet["Passage"]):
    def having(self, every: Iterable[str], any_of: Iterable[str]) -> PassageQuerySet:
        """Those that have all words of `every` and one of `any_of`, found by the database's own full-text index.

        Words hold neither space, quote nor backslash: `services.knowledge.words` makes them.
        """
        postgresql = connections[self.db].vendor == "postgresql"
        quote, both, either = ("'", " & ", " | ") if postgresql else ('"', " AND ", " OR ")
        quoted = [f"{quote}{word}{quote}" for word in any_of]
        query = both.join([*(f"{quote}{word}{quote}" for word in every), f"({either.join(quoted)})"])
        if postgresql:
            where = "array_to_tsvector(string_to_array(assistant_passage.words, ' ')) @@ %s::tsquery"
            return self.extra(where=[where], params=[query])  # type: ignore[return-value]
        where = "SELECT rowid FROM assistant_passage_words WHERE assistant_passage_words MATCH %s"
        return self.filter(pk__in=RawSQL(where, [query]))


class Passage(models.Model):
    """A part of a document that makes sense by itself: what a search finds."""

    document = models.ForeignKey(Document, models.CASCADE, related_name="passages")
    position = models.PositiveIntegerField()
    title = models.CharField(max_length=300, blank=True)  # the headings above it, "Prices › Children"
    text = models.TextField()
    # What is searched: the stems of both, separated by spaces, and one word that stands for the organization, so that
    # the index itself keeps tenants apart. Indexed by hand in migration 0003.
    words = models.TextField()

    objects = PassageQuerySet.as_manager()

    class Meta:
        ordering = ["document", "position"]

    def __str__(self) -> str:
        return self.title or self.text[:60]


class PassageVector(models.Model):
    """A passage's embedding. A table of its own: it is made after the passage, by another job, may be missing, and is too
    large to be loaded with every passage.
    """

    passage = models.OneToOneField(Passage, models.CASCADE, primary_key=True, related_name="vector")
    model = models.CharField(max_length=200)
    dimension = models.PositiveIntegerField()  # 0: the model does not take this passage
    numbers = models.BinaryField()  # of length 1 together; half precision, little-endian

    class Meta:
        # What is counted is read from the index alone: the rows themselves are large.
        indexes = [models.Index(fields=["model", "dimension", "passage"])]

    def __str__(self) -> str:
        return f"{self.model}, {self.dimension} numbers"


class Embedding(models.Model):
    """The embedding of an organization's passages: its worker's lease, and why it has stopped."""

    organization = models.OneToOneField(Organization, models.CASCADE, primary_key=True, related_name="embedding")
    version = models.UUIDField(default=uuid.uuid4)  # another one when there are more vectors: what is kept in memory is old
    fence = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)  # in a row
    next_at = models.DateTimeField(null=True, blank=True)  # not before, after a failure
    problem = models.CharField(max_length=300, blank=True)  # for staff

    def __str__(self) -> str:
        return f"Vectors of {self.organization}"


class Question(models.Model):
    """A question without a good answer, counted; deleted with the newest conversation that asked it."""

    class Reason(models.TextChoices):
        NOT_FOUND = "not_found", "Nothing found"
        UNSURE = "unsure", "The assistant did not know"
        DISLIKED = "disliked", "Rated unhelpful"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ANSWERED = "answered", "Answered"
        DISMISSED = "dismissed", "Dismissed"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="questions", db_index=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="questions")  # the newest
    key = models.CharField(max_length=64, editable=False)  # the same for the same words in any order
    # The newest that asked it; null where it was deleted.
    message = models.ForeignKey(Message, models.SET_NULL, null=True, blank=True, related_name="+")
    text = models.CharField("question", max_length=300)  # as it was asked last
    reason = models.CharField(max_length=10, choices=Reason.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    times = models.PositiveIntegerField("times asked", default=1)
    document = models.ForeignKey(Document, models.SET_NULL, null=True, blank=True, related_name="questions")  # its answer
    version = models.PositiveIntegerField("prompt version", null=True, blank=True)  # the number of the one that answers it
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)  # when it was answered or dismissed
    first_at = models.DateTimeField("first asked")
    last_at = models.DateTimeField("last asked")

    class Meta:
        ordering = ["-times", "-last_at"]
        indexes = [
            models.Index(fields=["-times", "-last_at"]),
            models.Index(fields=["organization", "-times", "-last_at"]),
            models.Index(fields=["state", "organization"]),
        ]
        verbose_name = "unanswered question"
        constraints = [models.UniqueConstraint(fields=["organization", "key"], name="question_once_per_organization")]

    def __str__(self) -> str:
        return self.text
