"""Which applications of a call somebody wants to see, one after the other; all of it in SQL.

An application counts with its newest submission and that submission's newest finished review
(`counting_reviews`). What an address asks for and the queue does not know is left out, so that an
old bookmark still opens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db.models import Count, Exists, Max, Min, OuterRef, Q

from applications import access, selection, texts
from applications.admin.doors import row_of
from applications.models import (
    Application,
    Assignment,
    CallHost,
    ScoreSheet,
    Submission,
    SubmissionReview,
    Viewing,
    counting_reviews,
    counting_submissions,
)
from applications.states import State
from partners.models import Level

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from applications.models import Call, User

LONGEST_SEARCH = 100

# "all" is what stands there without a word.
STATES = {"open": State.UNDER_REVIEW, "eligible": State.ELIGIBLE, "ineligible": State.INELIGIBLE}
# Each application is in exactly one of these; beside them stands any single code.
BLOCKING, REMARKS, NONE, NOT_REVIEWED = "blocking", "remarks", "none", "not_reviewed"
FINDINGS = (BLOCKING, REMARKS, NONE, NOT_REVIEWED)
MINE, NOBODY = "mine", "nobody"
NOT_BY_ME, NOT_BY_ANYONE = "not_by_me", "not_by_anyone"
TOO_FEW, FAR_APART = "too_few", "far_apart"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the queue is narrowed to; "" or None leaves a question open."""

    state: str = ""
    finding: str = ""
    level: str = ""
    host: CallHost | None = None
    reader: str = ""
    read: str = ""
    sheets: str = ""
    words: str = ""

    @classmethod
    def of(cls, call: Call, query: Mapping[str, Any]) -> Wanted:
        def one_of(name: str, known: tuple[str, ...]) -> str:
            given = query.get(name)
            return given if given in known else ""

        finding = str(query.get("finding") or "")
        host = str(query.get("host") or "")
        return cls(
            state=one_of("state", tuple(STATES)),
            finding=finding if finding in FINDINGS or texts.is_finding(finding) else "",
            level=one_of("level", tuple(Level.values)),
            host=row_of(call.hosts.select_related("agreement__host"), host) if host else None,
            reader=one_of("reader", (MINE, NOBODY)),
            read=one_of("read", (NOT_BY_ME, NOT_BY_ANYONE)),
            sheets=one_of("sheets", (TOO_FEW, FAR_APART)),
            words=str(query.get("q") or "").strip()[:LONGEST_SEARCH],
        )

    def parameters(self) -> dict[str, str]:
        """Return what an address needs to ask for the same again."""
        given = {
            "state": self.state,
            "finding": self.finding,
            "level": self.level,
            "host": "" if self.host is None else str(self.host.pk),
            "reader": self.reader,
            "read": self.read,
            "sheets": self.sheets,
            "q": self.words,
        }
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The codes around one, and where it stands.

    `position` counts those up to the code, so that of one that has dropped out of the queue
    (`listed` is false) it is the position of the one before.
    """

    previous: str | None
    next: str | None
    position: int
    count: int
    listed: bool


@dataclass(frozen=True, slots=True)
class Queue:
    """The submitted applications of a call that a reader wants to see, by code.

    Codes are drawn at random, so their order favours nobody.
    """

    call: Call
    reader: User
    wanted: Wanted
    # Where readers differ, read only when it is asked for: the rule is not one of SQL.
    differing: frozenset[int] = frozenset()

    @classmethod
    def of(cls, call: Call, reader: User, query: Mapping[str, Any]) -> Queue:
        """Read the queue off the parameters of an address."""
        wanted = Wanted.of(call, query)
        asked = wanted.sheets == FAR_APART
        return cls(
            call,
            reader,
            wanted,
            frozenset(selection.differing_sheets(call)) if asked else frozenset(),
        )

    @property
    def query(self) -> str:
        """The query string of this queue, without a page; "" for the whole of it."""
        return self.asking()

    def asking(self, **changes: str) -> str:
        """Return the query string with other answers to some questions; "" takes one back."""
        given = {**self.wanted.parameters(), **changes}
        return urlencode({name: value for name, value in given.items() if value})

    @property
    def applications(self) -> QuerySet[Application]:
        rows = self.in_any_state
        if self.wanted.state:
            rows = rows.filter(state=STATES[self.wanted.state])
        return rows

    @property
    def in_any_state(self) -> QuerySet[Application]:
        """The queue as if no state were asked for: what the counts beside the states count."""
        wanted = self.wanted
        # One's own application is for the colleagues to read.
        others = self.call.applications.exclude(student=self.reader)
        rows = others.filter(_handed_in()).order_by("code")
        if wanted.level or wanted.host:
            submitted = counting_submissions().filter(application=OuterRef("pk"))
            if wanted.level:
                submitted = submitted.filter(level_departure=wanted.level)
            if wanted.host:
                submitted = submitted.filter(preferences__host=wanted.host)
            rows = rows.filter(Exists(submitted))
        if wanted.finding:
            rows = rows.filter(_found(wanted.finding))
        if wanted.reader or wanted.read:
            rows = rows.filter(self._by_reader())
        if wanted.sheets:
            rows = rows.filter(self._by_sheets())
        if wanted.words:
            rows = rows.filter(self._by_words())
        return rows

    def counts(self) -> dict[str, int]:
        """Return how many the queue would hold in each of `STATES`, and under "" in all."""
        counted = dict(
            self.in_any_state.order_by().values_list("state").annotate(count=Count("pk"))
        )
        one_by_one = {name: counted.get(state.value, 0) for name, state in STATES.items()}
        return {"": sum(counted.values()), **one_by_one}

    def _by_reader(self) -> Q:
        asked = Q()
        assigned = Assignment.objects.filter(application=OuterRef("pk"))
        if self.wanted.reader == MINE:
            asked &= Q(Exists(assigned.filter(reader=self.reader)))
        elif self.wanted.reader == NOBODY:
            asked &= ~Q(Exists(assigned))
        viewed = Viewing.objects.filter(application=OuterRef("pk"), what=Viewing.What.FILE)
        if self.wanted.read == NOT_BY_ME:
            asked &= ~Q(Exists(viewed.filter(person=self.reader)))
        elif self.wanted.read == NOT_BY_ANYONE:
            asked &= ~Q(Exists(viewed))
        return asked

    def _by_sheets(self) -> Q:
        complete = ScoreSheet.objects.filter(
            application=OuterRef("pk"), completed_at__isnull=False
        ).order_by()
        if self.wanted.sheets == FAR_APART:
            # Told to who may see the others' sheets: whose own is complete.
            return Q(Exists(complete.filter(reader=self.reader)), pk__in=self.differing)
        enough = (
            complete.values("application")
            .annotate(count=Count("pk"))
            .filter(count__gte=self.call.readers_needed)
        )
        return Q(~Exists(enough), state__in=selection.SCORABLE_STATES)

    def _by_words(self) -> Q:
        """Find by code, and by name only where the name is shown: a hit would tell it."""
        named = Submission.objects.filter(application=OuterRef("pk"))
        for word in self.wanted.words.split():
            named = named.filter(Q(family_name__icontains=word) | Q(given_names__icontains=word))
        blind = access.read_blind_by(self.reader, self.call.applications.all())
        return Q(code__contains=self.wanted.words.upper()) | (
            Q(Exists(named)) & ~Q(pk__in=blind.values("pk"))
        )

    def neighbours(self, code: str) -> Neighbours:
        """Return who stands before and after a code, whether or not it is in the queue (still)."""
        found = self.applications.order_by().aggregate(
            previous=Max("code", filter=Q(code__lt=code)),
            next=Min("code", filter=Q(code__gt=code)),
            position=Count("pk", filter=Q(code__lte=code)),
            listed=Count("pk", filter=Q(code=code)),
            count=Count("pk"),
        )
        access.saw(codes=[found["previous"], found["next"]])
        return Neighbours(**{**found, "listed": found["listed"] == 1})


def _handed_in() -> Q:
    """Ask by the state, which an index answers; only who withdrew may not have handed in."""
    never = ~Q(Exists(Submission.objects.filter(application=OuterRef("pk"))))
    return ~Q(state__in=[State.DRAFT, State.LAPSED]) & ~(Q(state=State.WITHDRAWN) & never)


def _found(finding: str) -> Q:
    """Ask for the outcome of the review that counts."""
    reviews = counting_reviews().filter(submission__application=OuterRef("pk"))
    asked: QuerySet[SubmissionReview]
    if finding == NOT_REVIEWED:
        return ~Q(Exists(reviews))
    if finding == BLOCKING:
        asked = reviews.filter(blocking__gt=0)
    elif finding == REMARKS:
        asked = reviews.filter(blocking=0).exclude(codes=[])
    elif finding == NONE:
        asked = reviews.filter(codes=[])
    else:
        asked = reviews.filter(codes__contains=[finding])
    return Q(Exists(asked))
