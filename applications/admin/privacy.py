"""How long data is kept, and what went: the periods to be set, the runs to be read."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.admin import display
from django.utils.translation import gettext_lazy as _

from applications.admin.base import RecordAdmin, ScopedAdmin
from applications.models import PurgeRun, RetentionRule


@admin.register(RetentionRule)
class RetentionRuleAdmin(ScopedAdmin[RetentionRule]):
    """The code knows the kinds, so rules are neither added nor removed; periods are kept here."""

    list_display = ["kind", "months", "then", "counted_from"]
    fields = [
        "kind",
        "then",
        "months",
        "counted_from_en",
        "counted_from_de",
        "reason_en",
        "reason_de",
        "source",
    ]
    readonly_fields = ["kind", "then", "counted_from_en", "counted_from_de"]
    change_list_template = "admin/applications/retention_rules.html"

    @display(description=_("counted from"))
    def counted_from(self, rule: RetentionRule) -> str:
        return rule.counted_from


@admin.register(PurgeRun)
class PurgeRunAdmin(RecordAdmin[PurgeRun]):
    list_display = ["at", "by", "what"]
    list_select_related = ["by"]
    fields = ["at", "by", "what"]
    readonly_fields = ["what"]

    @display(description=_("how many"))
    def what(self, run: PurgeRun) -> str:
        names = dict(RetentionRule.Kind.choices) | {"erased": _("applications, on request")}
        return "; ".join(f"{names.get(kind, kind)}: {count}" for kind, count in run.counts.items())
