"""How long data is kept, and what went: the periods to be set, the runs to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from applications import access
from applications.admin.base import RecordAdmin, ScopedAdmin
from applications.models import PurgeRun, RetentionRule

if TYPE_CHECKING:
    from django.forms import ModelForm
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern


ON_REQUEST = {"erased": _("applications, on request"), "account": _("accounts, on request")}


@admin.register(RetentionRule)
class RetentionRuleAdmin(ScopedAdmin[RetentionRule]):
    """The code knows the kinds, so rules are neither added nor removed; periods are kept here.

    One person changes the months; they count once another one has confirmed them.
    """

    list_display = ["kind", "months", "in_force", "then", "counted_from"]
    fields = [
        "kind",
        "then",
        "months",
        "in_force",
        "changed_by",
        "confirmed_by",
        "confirmed_at",
        "counted_from_en",
        "counted_from_de",
        "reason_en",
        "reason_de",
        "source",
    ]
    readonly_fields = [
        *("kind", "then", "in_force", "changed_by", "confirmed_by", "confirmed_at"),
        *("counted_from_en", "counted_from_de"),
    ]
    change_list_template = "admin/applications/retention_rules.html"
    change_form_template = "admin/privacy/retention_rule.html"

    def get_urls(self) -> list[URLPattern]:
        confirm = self.admin_site.admin_view(require_POST(self.confirm_view))
        name = "applications_retentionrule_confirm"
        return [path("<int:pk>/confirm/", confirm, name=name), *super().get_urls()]

    @display(description=_("in force"))
    def in_force(self, rule: RetentionRule) -> str:
        months = rule.months_in_force
        if months is None:
            return gettext("not in force yet")
        return ngettext("%(months)d month", "%(months)d months", months) % {"months": months}

    def save_model(
        self,
        request: HttpRequest,
        obj: RetentionRule,
        form: ModelForm[RetentionRule],
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        if "months" in form.changed_data and access.known(request.user):
            obj.change(by=request.user)
            messages.warning(
                request,
                gettext("Another person of the International Office has to confirm the months."),
            )
        super().save_model(request, obj, form, change)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        *args: Any,  # noqa: ANN401 - Django's signature
        **kwargs: Any,  # noqa: ANN401 - Django's signature
    ) -> HttpResponse:
        rule = context.get("original")
        if rule is not None and access.known(request.user):
            context["may_confirm"] = rule.may_be_confirmed_by(request.user)
        return super().render_change_form(request, context, *args, **kwargs)

    def confirm_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put the months in force that the page showed, unless they were changed meanwhile."""
        if not access.known(request.user) or not self.has_change_permission(request):
            raise PermissionDenied
        with transaction.atomic():
            rule = RetentionRule.objects.select_for_update(of=("self",)).filter(pk=pk).first()
            if rule is None:
                raise Http404
            if request.POST.get("months") != str(rule.months) or not rule.waits:
                messages.warning(request, gettext("The rule was changed meanwhile. Look again."))
            elif not rule.may_be_confirmed_by(request.user):
                raise PermissionDenied
            else:
                rule.confirm(by=request.user, now=timezone.now())
                messages.success(request, gettext("Confirmed: the period is in force."))
        return redirect("admin:applications_retentionrule_change", pk)

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
        names = dict(RetentionRule.Kind.choices) | ON_REQUEST
        return "; ".join(f"{names.get(kind, kind)}: {count}" for kind, count in run.counts.items())
