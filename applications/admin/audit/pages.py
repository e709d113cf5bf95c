"""The log as a list to be narrowed, one entry with what it changed, and the list as a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from applications import access
from applications.admin.audit.changes import changes_joined_by, concerned_by
from applications.admin.audit.forms import AuditFilter
from applications.admin.audit.places import named_by, title_of
from applications.admin.audit.wording import Names
from applications.admin.base import RecordAdmin
from applications.admin.doors import user_of
from applications.admin.paging import FirstPages
from applications.models import AuditEntry, User
from partners.spreadsheets import csv_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.urls import URLPattern

ROWS_A_PAGE = 50
# Of an entry about more students the list names the first.
NAMED = 3
MOST_IN_A_FILE = 50_000


@dataclass(frozen=True, slots=True)
class Row:
    """An entry with its words; `students` are those named, `others` how many are not."""

    entry: AuditEntry
    page: str
    students: tuple[User, ...]
    others: int


@admin.register(AuditEntry)
class AuditEntryAdmin(RecordAdmin[AuditEntry]):
    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        # Who of the office looked at the own data is not for the one it is about to see here.
        rows = super().get_queryset(request).exclude(students__contains=[request.user.pk])
        return rows.select_related("person")

    def get_urls(self) -> list[URLPattern]:
        export = path(
            "export/",
            self.admin_site.admin_view(self.export_view),
            name="applications_auditentry_export",
        )
        return [export, *super().get_urls()]

    @method_decorator(require_safe)
    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        self._demand_view(request)
        asked = AuditFilter(request.GET, by_student=user_of(request).is_office)
        access.saw(asked.cleaned_data.get("student") or ())
        entries = asked.narrow(self.get_queryset(request))
        page = FirstPages(entries, ROWS_A_PAGE).get_page(request.GET.get("page"))
        query = request.GET.copy()
        query.pop("page", None)
        return self._page(
            request,
            "audit",
            gettext("Audit log"),
            form=asked,
            page=page,
            rows=_rows(list(page), user_of(request)),
            query=query.urlencode(),
        )

    @method_decorator(require_safe)
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> TemplateResponse:
        """Show one entry with everybody it is about and what it changed."""
        self._demand_view(request)
        entry = self.get_object(request, object_id)
        if entry is None:
            raise Http404
        reader = user_of(request)
        access.saw(entry.students)
        changes = changes_joined_by(entry.context, reader) if entry.context else []
        return self._page(
            request,
            "audit_entry",
            gettext("Entry of the audit log"),
            row=_rows([entry], reader, named=len(entry.students))[0],
            target_row=named_by(entry, Names(reader)) if reader.is_office else "",
            changes=changes,
            concerned=concerned_by(changes) if reader.is_office else [],
        )

    @method_decorator(require_POST)
    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Give the office the list as it is narrowed, newest first; POST, since it is logged."""
        self._demand_view(request)
        if not user_of(request).is_office:
            raise PermissionDenied
        asked = AuditFilter(request.GET, by_student=True)
        entries = asked.narrow(self.get_queryset(request))[:MOST_IN_A_FILE]
        return HttpResponse(
            csv_file(_table(list(entries))),
            content_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="audit-{timezone.localdate()}.csv"',
                "X-Content-Type-Options": "nosniff",
            },
        )

    def _demand_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _page(
        self,
        request: HttpRequest,
        template: str,
        title: str,
        **context: Any,  # noqa: ANN401 - the template's own
    ) -> TemplateResponse:
        names = user_of(request).is_office
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "names": names,
        } | context
        return TemplateResponse(request, f"admin/applications/{template}.html", context)


def _rows(entries: Sequence[AuditEntry], reader: User, *, named: int = NAMED) -> list[Row]:
    """Name whom the entries are about, to the office: administrators see how many they are."""
    named = named if reader.is_office else 0
    people = _people(pk for entry in entries for pk in entry.students[:named])
    rows = []
    for entry in entries:
        students = tuple(people[pk] for pk in entry.students[:named] if pk in people)
        others = len(entry.students) - len(students)
        rows.append(Row(entry, title_of(entry.place), students, others))
    return rows


def _people(pks: Iterable[int]) -> dict[int, User]:
    found: dict[int, User] = User.objects.in_bulk(set(pks))
    return found


def _table(entries: Sequence[AuditEntry]) -> Iterator[Sequence[str]]:
    people = _people(pk for entry in entries for pk in entry.students)
    yield [
        gettext("At"),
        gettext("Login id"),
        gettext("Member of staff"),
        gettext("What was done"),
        gettext("Page"),
        gettext("Address"),
        gettext("Of"),
        gettext("Answer of the portal"),
        gettext("Students"),
    ]
    for entry in entries:
        students = (people[pk] for pk in entry.students if pk in people)
        yield [
            timezone.localtime(entry.at).isoformat(" ", "seconds"),
            entry.person.username,
            str(entry.person),
            entry.get_action_display(),
            title_of(entry.place),
            entry.place,
            entry.target,
            str(entry.status),
            ", ".join(f"{student} ({student.username})" for student in students),
        ]
