"""What the queue shows of each application on a page, in the same few queries for one or fifty."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count

from applications import access, selection, texts
from applications.models import (
    Application,
    Assignment,
    Comment,
    Preference,
    Submission,
    SubmissionReview,
    Viewing,
    counting_reviews,
    counting_submissions,
)
from applications.states import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from applications.models import User

MOST_LABELS = 3


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One line of the queue; `name` is the code to who reads blind."""

    application: Application
    name: str
    own: bool
    submission: Submission
    wish: str
    further_wishes: int
    review: SubmissionReview | None
    readers: tuple[str, ...]
    read_by: tuple[str, ...]
    read_by_me: bool
    sheets: int
    sheets_needed: int
    own_sheet: bool
    far_apart: bool
    comments: int

    @property
    def may_be_ticked(self) -> bool:
        """What is decided for good is neither confirmed nor read any more."""
        return self.application.state in selection.SCORABLE_STATES

    @property
    def lacks_sheets(self) -> bool:
        return self.may_be_ticked and self.sheets < self.sheets_needed

    @property
    def is_undecided(self) -> bool:
        return self.application.state == State.UNDER_REVIEW

    @property
    def is_named(self) -> bool:
        return self.name != self.application.code

    @property
    def blocking(self) -> int:
        return self.review.blocking if self.review else 0

    @property
    def remarks(self) -> int:
        return len(self.review.findings) - self.review.blocking if self.review else 0

    @property
    def labels(self) -> list[str]:
        """Name the kinds of findings, those that block first."""
        found = self.review.findings if self.review else []
        ordered = sorted(found, key=lambda finding: finding["severity"] != "blocking")
        return [texts.finding_label(code) for code in dict.fromkeys(f["code"] for f in ordered)]

    @property
    def shown_labels(self) -> list[str]:
        return self.labels[:MOST_LABELS]

    @property
    def more_labels(self) -> int:
        return max(len(self.labels) - MOST_LABELS, 0)


def rows_of(applications: Sequence[Application], reader: User) -> list[QueueRow]:
    """Return the lines of these applications of one call, in their order."""
    pks = [row.pk for row in applications]
    names = names_of(applications, reader)
    submissions = {
        row.application_id: row
        for row in counting_submissions()
        .filter(application__in=pks)
        .order_by()
        .select_related("degree_programme")
    }
    reviews = {
        row.submission_id: row
        for row in counting_reviews().filter(submission__application__in=pks).order_by()
    }
    wishes: dict[int, list[Preference]] = defaultdict(list)
    for wish in (
        Preference.objects.filter(submission__in=[row.pk for row in submissions.values()])
        .select_related("host__agreement__host")
        .order_by("submission_id", "rank")
    ):
        wishes[wish.submission_id].append(wish)
    readers: dict[int, list[str]] = defaultdict(list)
    for assignment in (
        Assignment.objects.filter(application__in=pks).select_related("reader").order_by("pk")
    ):
        readers[assignment.application_id].append(str(assignment.reader))
    read_by, read_by_me = _read_by(pks, reader)
    sheets = selection.sheets_of(pks)
    differing = selection.differing_sheets(applications[0].call, sheets) if sheets else {}
    comments = dict(
        Comment.objects.filter(application__in=pks)
        .order_by()
        .values_list("application")
        .annotate(count=Count("pk"))
    )
    rows = []
    for row in applications:
        submission = submissions[row.pk]
        wanted = wishes[submission.pk]
        complete = [sheet.reader for sheet in sheets.get(row.pk, ()) if sheet.completed]
        is_mine = str(reader.pk) in complete
        rows.append(
            QueueRow(
                application=row,
                name=names[row.pk],
                own=row.student_id == reader.pk,
                submission=submission,
                wish=str(wanted[0].host) if wanted else "",
                further_wishes=max(len(wanted) - 1, 0),
                review=reviews.get(submission.pk),
                readers=tuple(readers[row.pk]),
                read_by=tuple(read_by[row.pk]),
                read_by_me=row.pk in read_by_me,
                sheets=len(complete),
                sheets_needed=row.call.readers_needed,
                own_sheet=is_mine,
                # Who has not scored it yet reads alone.
                far_apart=is_mine and row.pk in differing,
                comments=comments.get(row.pk, 0),
            )
        )
    return rows


def names_of(applications: Sequence[Application], reader: User) -> dict[int, str]:
    """Return who each application is of as submitted; to who reads it blind, its code."""
    pks = [row.pk for row in applications]
    names = {row.pk: row.code for row in applications}
    blind = access.read_blind_by(reader, Application.objects.filter(pk__in=pks))
    named = counting_submissions().filter(application__in=pks).order_by()
    for pk, family, given in named.exclude(application__in=blind).values_list(
        "application", "family_name", "given_names"
    ):
        names[pk] = f"{family}, {given}"
    return names


def _read_by(pks: list[int], reader: User) -> tuple[dict[int, list[str]], set[int]]:
    """Return the others who opened each application, by name, and those opened by the reader."""
    others: dict[int, list[str]] = defaultdict(list)
    mine = set()
    opened = Viewing.objects.filter(application__in=pks, what=Viewing.What.FILE)
    for viewing in (
        opened.order_by("application_id", "person_id", "pk")
        .distinct("application_id", "person_id")
        .select_related("person")
    ):
        if viewing.person_id == reader.pk:
            mine.add(viewing.application_id)
        else:
            others[viewing.application_id].append(str(viewing.person))
    return others, mine
