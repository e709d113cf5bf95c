"""What the portal wrote down: rankings, runs, places, nominations, exports, mails."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.admin import display
from django.utils.translation import gettext_lazy as _

from applications.admin.base import RecordAdmin
from applications.models import (
    AllocationRun,
    Directive,
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
)


@admin.register(ReviewRun)
class ReviewRunAdmin(RecordAdmin[ReviewRun]):
    list_display = ["call", "state", "started_at", "finished_at"]
    list_filter = ["state"]


@admin.register(SubmissionReview)
class SubmissionReviewAdmin(RecordAdmin[SubmissionReview]):
    list_display = ["submission", "state", "attempts", "reviewed_at", "error"]
    list_filter = ["state", "run"]
    search_fields = ["submission__application__code"]


class RankedApplicationInline(admin.TabularInline[RankedApplication, Ranking]):
    model = RankedApplication
    fields = ["position", "application", "score", "ties", "decided_by"]
    readonly_fields = ["position", "application", "score", "ties", "decided_by"]
    extra = 0
    max_num = 0
    can_delete = False


@admin.register(Ranking)
class RankingAdmin(RecordAdmin[Ranking]):
    list_display = ["call", "number", "created_at", "created_by", "rule_version"]
    list_filter = ["call"]
    inlines = [RankedApplicationInline]


@admin.register(AllocationRun)
class AllocationRunAdmin(RecordAdmin[AllocationRun]):
    list_display = ["call", "number", "created_at", "note", "certified", "published_at"]
    list_filter = ["call"]

    @display(description=_("certified"), boolean=True)
    def certified(self, run: AllocationRun) -> bool:
        return run.is_certified


@admin.register(Placement)
class PlacementAdmin(RecordAdmin[Placement]):
    list_display = ["application", "host", "semester", "live", "offered_at", "answer_by"]
    list_filter = ["live", "semester"]
    search_fields = ["application__code"]


@admin.register(Nomination)
class NominationAdmin(RecordAdmin[Nomination]):
    list_display = ["application", "host", "status", "nominated_at", "nominated_by"]
    list_filter = ["status", "application__call"]
    search_fields = ["application__code", "application__student__family_name"]

    @display(description=_("host university"))
    def host(self, nomination: Nomination) -> str:
        return str(nomination.placement.host)


@admin.register(StateChange)
class StateChangeAdmin(RecordAdmin[StateChange]):
    list_display = ["application", "before", "after", "at", "by", "reason"]
    search_fields = ["application__code"]


@admin.register(ExportLog)
class ExportLogAdmin(RecordAdmin[ExportLog]):
    list_display = ["call", "format", "at", "by"]
    list_filter = ["format"]


@admin.register(OutgoingMail)
class OutgoingMailAdmin(RecordAdmin[OutgoingMail]):
    list_display = ["subject", "person", "created_at", "sent_at", "attempts", "error"]
    list_filter = ["sent_at"]
    search_fields = ["subject", "recipient"]


@admin.register(Directive)
class DirectiveAdmin(RecordAdmin[Directive]):
    list_display = ["application", "kind", "host", "semester", "extra_seat", "made_by"]
    list_filter = ["kind"]


@admin.register(PreferenceVerdict)
class PreferenceVerdictAdmin(RecordAdmin[PreferenceVerdict]):
    list_display = ["application", "host", "decided_by", "decided_at"]
