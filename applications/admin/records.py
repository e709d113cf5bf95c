"""What the portal wrote down: rankings, runs, places, nominations, exports, mails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications import access, texts
from applications.admin.base import OwnRowsFilter, RecordAdmin
from applications.lifecycle import changes_of
from applications.models import (
    AllocationRun,
    Application,
    BetterOffer,
    Directive,
    ExportDownload,
    ExportLog,
    Nomination,
    OutgoingMail,
    Placement,
    PreferenceVerdict,
    RankedApplication,
    Ranking,
    ReviewRun,
    StateChange,
    SubmissionReview,
    Viewing,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.admin.views.main import ChangeList
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.safestring import SafeString

    Columns = list[Any] | tuple[Any, ...]

M = TypeVar("M", bound=Model)


@admin.register(ReviewRun)
class ReviewRunAdmin(RecordAdmin[ReviewRun]):
    list_display = ["call", "state", "started_at", "finished_at", "stopped_at", "stopped_by"]
    list_filter = ["state"]
    list_select_related = ["call__programme", "stopped_by"]


@admin.register(SubmissionReview)
class SubmissionReviewAdmin(RecordAdmin[SubmissionReview]):
    list_display = ["submission", "state", "attempts", "reviewed_at", "error"]
    list_filter = ["state", ("run__call", OwnRowsFilter)]
    list_select_related = ["submission__application", "run__call__programme"]
    search_fields = ["submission__application__code"]


class RankedApplicationInline(admin.TabularInline[RankedApplication, Ranking]):
    model = RankedApplication
    fields = ["position", "application", "score", "ties", "decided_by"]
    readonly_fields = ["position", "application", "score", "ties", "decided_by"]
    extra = 0
    max_num = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[RankedApplication]:
        return super().get_queryset(request).select_related("application")


@admin.register(Ranking)
class RankingAdmin(RecordAdmin[Ranking]):
    list_display = ["call", "number", "created_at", "created_by", "rule_version"]
    list_filter = [("call", OwnRowsFilter)]
    list_select_related = ["call__programme", "created_by"]
    # The seed holds the lottery's secret, which is shown with the results (see the round).
    fields = ["call", "number", "created_at", "created_by", "rule_version"]
    inlines = [RankedApplicationInline]


@admin.register(AllocationRun)
class AllocationRunAdmin(RecordAdmin[AllocationRun]):
    list_display = ["call", "number", "created_at", "note", "certified", "published_at"]
    list_filter = [("call", OwnRowsFilter)]
    list_select_related = ["call__programme"]
    # Instance and result are files of the round's page, too long to be read here.
    fields = [
        "call",
        "number",
        "ranking",
        "parent",
        "created_at",
        "created_by",
        "note",
        "engine_version",
        "instance_sha256",
        "result_sha256",
        "certified",
        "published_at",
        "published_by",
    ]
    readonly_fields = ["certified"]

    @display(description=_("certified"), boolean=True)
    def certified(self, run: AllocationRun) -> bool:
        return run.is_certified


@admin.register(Placement)
class PlacementAdmin(RecordAdmin[Placement]):
    list_display = ["application", "host", "semester", "live", "offered_at", "answer_by"]
    list_filter = ["live", "semester", ("application__call", OwnRowsFilter)]
    list_select_related = ["application__call__programme", "host__agreement__host"]
    search_fields = ["application__code"]


@admin.register(BetterOffer)
class BetterOfferAdmin(RecordAdmin[BetterOffer]):
    """Places offered beside the one held, and what became of each."""

    list_display = ["application", "host", "semester", "outcome", "offered_at", "answer_by"]
    list_filter = ["outcome", "semester", ("application__call", OwnRowsFilter)]
    list_select_related = ["application__call__programme", "host__agreement__host"]
    search_fields = ["application__code"]


@admin.register(Nomination)
class NominationAdmin(RecordAdmin[Nomination]):
    """Nominations as they are written down; what is done with one, is done on a page of its own."""

    list_display = ["application", "student", "host", "status", "nominated_at", "nominated_by"]
    list_filter = ["status", ("application__call", OwnRowsFilter)]
    list_select_related = [
        "application__student",
        "application__call__programme",
        "placement__host__agreement__host",
        "nominated_by",
    ]
    search_fields = ["application__code", "application__student__family_name"]
    fields = [
        "working_page",
        "application",
        "placement",
        "status",
        "enrolment_confirmed",
        "comment",
        "planned_from",
        "planned_until",
        "what_was_corrected",
        "nominated_at",
        "nominated_by",
        "answered_at",
    ]
    readonly_fields = ["working_page", "what_was_corrected"]

    @display(description=_("student"))
    def student(self, nomination: Nomination) -> str:
        return str(nomination.application.student)

    @display(description=_("host university"))
    def host(self, nomination: Nomination) -> str:
        return str(nomination.placement.host)

    @display(description=_("page of the nomination"))
    def working_page(self, nomination: Nomination) -> SafeString:
        return _link(nomination, gettext("Answer of the host, corrections, values to copy"))

    @display(description=_("corrections"))
    def what_was_corrected(self, nomination: Nomination) -> SafeString | str:
        lines = [
            (
                texts.instant(correction.at),
                correction.by,
                correction.reason,
                "; ".join(f"{it.label}: {it.before} → {it.after}" for it in changes_of(correction)),
            )
            for correction in nomination.corrected.select_related("by")
        ]
        return _listed("{}, {}: {} ({})", lines) if lines else gettext("none")


class ReadBlind(RecordAdmin[M]):
    """Rows of an application whose free text may name the student: none of those read blind."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        blind = access.read_blind_by(request.user, Application.objects.all())
        return super().get_queryset(request).exclude(application__in=blind)


@admin.register(StateChange)
class StateChangeAdmin(ReadBlind[StateChange]):
    """Moves of applications; who submitted is the student, by name."""

    list_display = ["application", "before", "after", "at", "by", "reason"]
    list_filter = ["after", ("application__call", OwnRowsFilter)]
    list_select_related = ["application__call__programme", "by"]
    search_fields = ["application__code"]


class ExportDownloadInline(admin.TabularInline[ExportDownload, ExportLog]):
    model = ExportDownload
    fields = ["at", "by"]
    readonly_fields = ["at", "by"]
    extra = 0
    max_num = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExportDownload]:
        return super().get_queryset(request).select_related("by")


@admin.register(ExportLog)
class ExportLogAdmin(RecordAdmin[ExportLog]):
    """Lists taken out of the portal. All on one are of its call: who sees it, may see them."""

    list_display = ["at", "by", "call", "host", "format", "people"]
    list_filter = ["format", ("call", OwnRowsFilter)]
    list_select_related = ["call__programme", "host", "by"]
    fields = ["at", "by", "call", "host", "format", "given_out", "named"]
    readonly_fields = ["given_out", "named"]
    inlines = [ExportDownloadInline]

    @display(description=_("students on the list"))
    def people(self, export: ExportLog) -> int:
        return len(export.nominations)

    @display(description=_("given out"))
    def given_out(self, export: ExportLog) -> str:
        if export.job is None:
            return gettext("at once")
        return gettext("after the worker had made it")

    @display(description=_("students on the list"))
    def named(self, export: ExportLog) -> SafeString | str:
        if not export.nominations:
            return gettext("nobody by name")
        rows = (
            Nomination.objects.filter(pk__in=export.nominations)
            .select_related("application__student", "placement__host__agreement__host")
            .order_by("placement__host__agreement__host__name_en", "application__code")
        )
        shown = [(_link(row, str(row.application.student)), row.placement.host) for row in rows]
        return _listed("{} · {}", shown)


def _link(nomination: Nomination, text: str) -> SafeString:
    """Return a link to the page where one works with the nomination."""
    call = nomination.application.call_id
    url = reverse("admin:applications_call_nomination", args=[call, nomination.pk])
    return format_html('<a href="{}">{}</a>', url, text)


def _listed(line: str, rows: Iterable[tuple[object, ...]]) -> SafeString:
    return format_html("<ul>{}</ul>", format_html_join("", f"<li>{line}</li>", rows))


@admin.register(OutgoingMail)
class OutgoingMailAdmin(RecordAdmin[OutgoingMail]):
    """Mails and whether they left. What they tell is for the office, not for administrators."""

    list_filter = [("sent_at", admin.EmptyFieldListFilter)]
    search_fields = ["recipient"]
    fields = [
        "subject",
        "recipient",
        "language",
        "body",
        "created_at",
        "due_at",
        "attempts",
        "sent_at",
        "error",
    ]

    def has_view_permission(self, request: HttpRequest, obj: OutgoingMail | None = None) -> bool:
        allowed = super().has_view_permission(request, obj)
        return allowed and (obj is None or _is_office(request))

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Leave the texts out: a list of mails shows nobody but those they went to."""
        listed = super().get_changelist_instance(request)
        listed.result_list = listed.result_list.defer("body")
        return listed

    def get_list_display(self, request: HttpRequest) -> Columns:
        told: Columns = ["subject"] if _is_office(request) else []
        return [*told, "recipient", "created_at", "sent_at", "attempts", "error"]

    def get_list_display_links(self, request: HttpRequest, list_display: Columns) -> Columns:
        return ["subject"] if _is_office(request) else []


def _is_office(request: HttpRequest) -> bool:
    return access.known(request.user) and request.user.is_office


@admin.register(Directive)
class DirectiveAdmin(ReadBlind[Directive]):
    list_display = ["application", "kind", "host", "semester", "extra_seat", "made_by"]
    list_filter = ["kind", ("application__call", OwnRowsFilter)]
    list_select_related = ["application__call__programme", "host__agreement__host", "made_by"]
    search_fields = ["application__code"]


@admin.register(PreferenceVerdict)
class PreferenceVerdictAdmin(ReadBlind[PreferenceVerdict]):
    list_display = ["application", "host", "decided_by", "decided_at"]
    list_filter = [("application__call", OwnRowsFilter)]
    list_select_related = ["application__call__programme", "host__agreement__host", "decided_by"]
    search_fields = ["application__code"]


@admin.register(Viewing)
class ViewingAdmin(RecordAdmin[Viewing]):
    """Who of the staff looked at which application and which of its documents, and when."""

    list_display = ["at", "person", "application", "what", "slot", "blind"]
    list_filter = ["what", "blind", ("application__call", OwnRowsFilter), "at"]
    list_select_related = ["application__call__programme", "person", "document__slot"]
    search_fields = ["application__code", "person__family_name", "person__username"]
    fields = ["at", "person", "application", "what", "slot", "blind"]
    readonly_fields = ["slot"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Viewing]:
        # Who read the own application is not for the student in the coordinator to know.
        return super().get_queryset(request).exclude(application__student=request.user.pk)

    @display(description=_("document"))
    def slot(self, viewing: Viewing) -> str:
        return viewing.document.slot.title if viewing.document else ""
