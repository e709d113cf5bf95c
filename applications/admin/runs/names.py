"""How the pages of runs call students and hosts, whom an instance knows by ids alone."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from django.db.models import Value
from django.db.models.functions import Concat, Trim
from django.utils.translation import gettext

from applications import selection, texts
from applications.admin import round_data
from applications.models import User
from partners.models import Level, Semester

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from typing import Any

    from applications.allocation import Difference, Place
    from applications.models import Application, Call


class Names:
    """Names of one call's students and hosts; of students codes alone for who reads blind.

    Who shares a name with another one has the code beside it. `codes`: whose names are read, where
    not everybody's are wanted.
    """

    def __init__(self, call: Call, reader: User, codes: Collection[str] | None = None) -> None:
        self.hidden = round_data.hidden_from(call, reader)
        rows = call.applications.select_related("student").defer("draft", "draft_turns")
        applications = list(rows if codes is None else rows.filter(code__in=codes))
        # Reasons people wrote may name whom they are about: who reads blind reads none of these.
        self.unread = {row.code for row in applications if row.pk in self.hidden}
        self.own = {row.code for row in applications if row.student_id == reader.pk}
        named = {
            row.code: row.code if row.pk in self.hidden else str(row.student)
            for row in applications
        }
        often = Counter(named.values() if codes is None else self._shared(call, applications))
        self._students = {
            code: name if often[name] == 1 else f"{name} ({code})" for code, name in named.items()
        }
        self.hosts = {
            selection.host_id(host): host for host in call.hosts.select_related("agreement__host")
        }

    def _shared(self, call: Call, applications: Iterable[Application]) -> list[str]:
        """Return the names of everybody in the call who is called as one of these."""
        asked = {row.student.get_full_name() for row in applications}
        called = Trim(Concat("student__given_names", Value(" "), "student__family_name"))
        alike = (
            call.applications.annotate(called=called)
            .filter(called__in=asked)
            .exclude(pk__in=self.hidden)
        )
        names = ("given_names", "family_name", "username", "erased_at")
        return [
            str(User(**dict(zip(names, values, strict=True))))
            for values in alike.values_list(*(f"student__{name}" for name in names))
        ]

    def student(self, code: str | None) -> str:
        """Name a student, by whichever of the own lines in an instance."""
        own = selection.code_in(code or "")
        return self._students.get(own, own)

    def host(self, identifier: str | None) -> str:
        """Name a host; one that the call has no more by what is readable of its id."""
        host = self.hosts.get(identifier or "")
        return str(host) if host else (identifier or "").partition("#")[0]

    def place(self, place: Place | None) -> str:
        if place is None:
            return gettext("no place")
        return f"{self.host(place.host)} · {semesters([place.semester])}"

    def difference(self, row: Difference) -> str:
        return texts.difference_sentence(
            row,
            host=self.host(row.host),
            semester=semesters([row.semester or ""]),
            seats_for=seats_for(row.pool) if row.pool else "",
        )

    def errors(self, result: Mapping[str, Any]) -> list[str]:
        """Say the errors in the input of a result."""
        return [
            texts.allocation_error_sentence(
                error["code"],
                host=self.host(error["host"]),
                applicant=self.student(error["applicant"]),
            )
            for error in result["errors"]
        ]


def semesters(letters: Iterable[str]) -> str:
    """Name semesters; none, or both, is either."""
    found = {letter for letter in letters if letter}
    if len(found) != 1:
        return gettext("either semester")
    return str(Semester(found.pop()).label)


def seats_for(pool: Mapping[str, Any]) -> str:
    """Say for whom the seats of a pool are: "Bachelor, Master · winter semester"."""
    levels = pool["levels"]
    words = (
        ", ".join(str(Level(level).label) for level in levels) if levels else gettext("any level")
    )
    return f"{words} · {semesters([pool['semester'] or ''])}"
