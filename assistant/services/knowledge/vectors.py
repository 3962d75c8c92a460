"""Vectors of passages: which are missing, who computes them, and which are closest to a question.

Optional: numpy comes with the extra "vectors" and is loaded with the first matrix. Rows decide what is left to do, so a
task may be lost, killed or run twice; one writer at a time has an organization, under a lease.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from itertools import count
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from assistant import live
from assistant.models import Document, Embedding, Organization, Passage, PassageVector, Usage
from assistant.services import renewal

if TYPE_CHECKING:
    from numpy import float32, intp
    from numpy.typing import NDArray

TASK = "assistant.tasks.embed_passages"
BATCH = 32  # passages in a request: what the smallest servers take
LOOKED_AT = 1000  # passages at a time, for those that lack a vector
FIRST_WAIT_SECONDS = 60  # after a failure: twice as long each time, up to an hour
SHOWN_EVERY = 32  # batches, after which a search sees those of a run that still goes on
MAX_BYTES = 256_000_000  # of vectors in the memory of a process, all organizations together
NEAREST = 50  # passages that take part in a search
WIRE = "<f2"  # half precision: a cosine changes in the fifth digit


@dataclass(frozen=True)
class Space:
    """Where the vectors of one model lie. Two texts whose cosine is below `floor` have nothing to do with each other."""

    model: str
    dimension: int
    floor: float


@dataclass(frozen=True)
class Vector:
    """What a text means: a direction in `space`, of any length but 0."""

    numbers: Sequence[float]
    space: Space


def installed() -> bool:
    """Whether the extra is there."""
    return find_spec("numpy") is not None


# --- Giving passages their vectors ------------------------------------------------------------------------------------


def _done(space: Space) -> QuerySet[PassageVector]:
    return PassageVector.objects.filter(model=space.model, dimension__in=(0, space.dimension))


def lagging(space: Space | None) -> QuerySet[Organization]:
    """Organizations with passages that lack a vector of `space` (all of them while nobody knows it), where nobody is at
    it and no failure has to be waited out.
    """
    # Counted and compared: a join for what is missing is planned as a loop within a loop while the table grows.
    passages = Passage.objects.order_by().values_list("document__organization").annotate(Count("pk"))
    complete: dict[int, int] = {}
    if space:
        complete = dict(_done(space).values_list("passage__document__organization").annotate(Count("pk")))
    short = [home for home, number in passages if number > complete.get(home, 0)]
    now = timezone.now()
    busy = Embedding.objects.filter(Q(leased_until__gte=now) | Q(next_at__gt=now))
    return Organization.objects.filter(pk__in=short, active=True).exclude(pk__in=busy.values("pk")).order_by("pk")


def claim(organization_id: int) -> Embedding | None:
    """Lease an organization's passages to this writer; None when it is not due, gone, or another's."""
    now = timezone.now()
    if not Organization.objects.filter(pk=organization_id, active=True).exists():
        return None
    Embedding.objects.bulk_create([Embedding(organization_id=organization_id)], ignore_conflicts=True)
    due = Embedding.objects.filter(
        Q(leased_until=None) | Q(leased_until__lt=now), Q(next_at=None) | Q(next_at__lte=now), pk=organization_id
    )
    if not due.update(fence=F("fence") + 1, leased_until=now + renewal.LEASE):
        return None
    return Embedding.objects.select_related("organization").get(pk=organization_id)


def batch(embedding: Embedding, space: Space, after: int = 0, *, looked_at: int = LOOKED_AT) -> list[Passage]:
    """The next passages that lack a vector, by their keys, of which those up to `after` are known to have one."""
    own = Passage.objects.filter(document__organization=embedding.organization_id).order_by("pk")
    while some := list(own.filter(pk__gt=after).values_list("pk", flat=True)[:looked_at]):
        done = set(_done(space).filter(passage__in=some).values_list("pk", flat=True))
        if lacking := [pk for pk in some if pk not in done]:
            return list(own.filter(pk__in=lacking[:BATCH]).only("title", "text"))
        after = some[-1]
    return []


def keep(embedding: Embedding, space: Space, found: Mapping[int, Sequence[float] | None], *, shown: bool = False) -> bool:
    """Save vectors by passage, None for one that the model does not take, and hold the lease. False when it was lost."""
    import numpy

    with transaction.atomic():
        held = Embedding.objects.select_for_update().filter(pk=embedding.pk, fence=embedding.fence).first()
        if held is None:
            return False
        there = list(Passage.objects.select_for_update().filter(pk__in=found).values_list("pk", flat=True))
        PassageVector.objects.filter(passage__in=there).delete()
        rows = []
        for pk in there:
            numbers = numpy.asarray(found[pk] or (), float)
            if len(numbers):
                numbers /= numpy.linalg.norm(numbers)
            data = numbers.astype(WIRE).tobytes()
            rows.append(PassageVector(passage_id=pk, model=space.model, dimension=len(numbers), numbers=data))
        PassageVector.objects.bulk_create(rows)
        held.leased_until = timezone.now() + renewal.LEASE
        held.failures, held.next_at, held.problem = 0, None, ""
        if shown:
            held.version = uuid4()
        held.save()
        return True


def give_back(embedding: Embedding, *, unfinished: bool = False) -> None:
    """End the run: searches see what is new, and the next worker may go on."""
    mine = Embedding.objects.filter(pk=embedding.pk, fence=embedding.fence)
    with transaction.atomic():
        if mine.update(leased_until=None, version=uuid4()) and unfinished:
            live.queue_task(TASK, str(embedding.pk))


def failed(embedding: Embedding, problem: str) -> None:
    """It does not go on for now, and staff read why. What has a vector keeps it."""
    wait = min(FIRST_WAIT_SECONDS * 2 ** min(embedding.failures, 20), 3600)
    embedding.failures += 1
    mine = Embedding.objects.filter(pk=embedding.pk, fence=embedding.fence)
    mine.update(
        failures=min(embedding.failures, 1000), problem=problem[:300], next_at=timezone.now() + timedelta(seconds=wait)
    )


@dataclass(frozen=True)
class Progress:
    """How far the passages of some organizations have come, and what their searches came to in the last day."""

    passages: int
    with_vector: int
    refused: int  # that the model does not take; they are found by their words
    problems: tuple[tuple[str, str], ...]  # organization and why it does not go on
    asked: int  # queries for whose vector the server was asked
    unanswered: int  # of these; words alone decided


def progress(organizations: Iterable[Organization], model: str) -> Progress:
    homes = list(organizations)
    asked = Usage.objects.filter(organization__in=homes, task="search", at__gt=timezone.now() - timedelta(days=1))
    own = PassageVector.objects.filter(passage__document__organization__in=homes, model=model)
    counts = own.aggregate(good=Count("pk", filter=Q(dimension__gt=0)), refused=Count("pk", filter=Q(dimension=0)))
    stuck = Embedding.objects.filter(organization__in=homes).exclude(problem="").select_related("organization")
    return Progress(
        Passage.objects.filter(document__organization__in=homes).count(),
        counts["good"],
        counts["refused"],
        tuple((str(row.organization), row.problem) for row in stuck[:5]),
        asked.count(),
        asked.exclude(cause__in=("", "stopped")).count(),
    )


def of_document(document: Document, model: str) -> int:
    """How many of its passages have a vector."""
    return PassageVector.objects.filter(passage__document=document, model=model, dimension__gt=0).count()


# --- Finding the closest ----------------------------------------------------------------------------------------------


@dataclass
class _Matrix:
    """An organization's vectors: a row for each of `passages`, whose document is `documents[homes[row]]`."""

    version: tuple[UUID, str, int]
    rows: NDArray[float32]
    passages: list[int]
    homes: NDArray[intp]
    documents: list[UUID]
    used: int = 0  # the number of the search that used it last


class Matrices:
    """The vectors that this process keeps in memory, by organization: those that were searched last, up to `max_bytes`."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self.max_bytes = max_bytes
        self.held: dict[int, _Matrix] = {}
        self._searches = count(1)
        self._loading = threading.Lock()

    def of(self, organization_id: int, space: Space) -> _Matrix | None:
        """The organization's vectors as they are in the database; None when there are none."""
        current = Embedding.objects.filter(pk=organization_id).values_list("version", flat=True).first()
        if current is None:
            return None
        version = (current, space.model, space.dimension)
        matrix = self.held.get(organization_id)
        if matrix is None or matrix.version != version:
            with self._loading:  # one at a time: a burst of questions shall not load the same vectors side by side
                matrix = self.held.get(organization_id)
                if matrix is None or matrix.version != version:
                    matrix = self.held[organization_id] = _loaded(organization_id, version, self.max_bytes)
                    self._make_room()
        matrix.used = next(self._searches)
        return matrix if matrix.passages else None

    def _make_room(self) -> None:
        """Forget those of whom nobody has asked anything for the longest time."""
        by_age = sorted(self.held, key=lambda organization_id: self.held[organization_id].used)
        size = sum(matrix.rows.nbytes for matrix in self.held.values())
        for organization_id in by_age:
            if size > self.max_bytes and self.held[organization_id].used:  # not the one that has just come
                size -= self.held.pop(organization_id).rows.nbytes


_matrices = Matrices()


def nearest(
    organization: Organization, known: Collection[UUID], vector: Vector, matrices: Matrices = _matrices
) -> list[tuple[int, float]]:
    """Keys and cosines of the passages that say most of what `vector` means, best first, from the documents `known`.

    A passage that has gone since the vectors were loaded may still be among them.
    """
    import numpy

    matrix = matrices.of(organization.pk, vector.space)
    if matrix is None:
        return []
    direction = numpy.asarray(vector.numbers, numpy.float32)
    # Not `@`: its library takes a thread for each core, and on a busy machine they wait for each other.
    cosines = numpy.einsum("ij,j->i", matrix.rows, direction / numpy.linalg.norm(direction))
    visible = set(known)
    cosines[~numpy.array([document in visible for document in matrix.documents])[matrix.homes]] = -1
    best = numpy.argsort(-cosines, kind="stable")[:NEAREST]
    return [(matrix.passages[row], float(cosines[row])) for row in best if cosines[row] >= vector.space.floor]


def _loaded(organization_id: int, version: tuple[UUID, str, int], max_bytes: int) -> _Matrix:
    import numpy

    _, model, dimension = version
    stored = PassageVector.objects.filter(
        passage__document__organization=organization_id, model=model, dimension=dimension
    ).order_by("pk")
    places: dict[UUID, int] = {}
    passages, homes, numbers = [], [], bytearray()
    most = max_bytes // (4 * dimension)
    for pk, document, data in stored.values_list("pk", "passage__document_id", "numbers")[:most].iterator(1000):
        passages.append(pk)
        homes.append(places.setdefault(document, len(places)))
        numbers += data
    rows = numpy.frombuffer(numbers, WIRE).astype(numpy.float32).reshape(len(passages), dimension)
    return _Matrix(version, rows, passages, numpy.array(homes, numpy.intp), list(places))
