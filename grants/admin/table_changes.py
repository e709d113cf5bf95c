"""How rows of the grant tables change: with a reason and after a look at what it would mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.db.models import TextField
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from applications.admin.base import ScopedAdmin
from applications.admin.doors import user_of
from grants import copying, tables_changed
from grants.models import GrantAward, GrantProject
from grants.table_rows import changes_in_words, name_in_words
from grants.tables_changed import ReasonNeededError, Row
from grants.texts import STATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from grants.tables_changed import Effect

M = TypeVar("M", bound=Row)
CONFIRMED = "confirmed"
REASON_LENGTH = 2000
SHOWN_AWARDS = 50
BELOW = frozenset({"source", "note"})


class _UnconfirmedError(Exception):
    """The change was not yet looked at with what it means for the awards."""

    def __init__(self, effect: Effect) -> None:
        super().__init__()
        self.effect = effect


def eur(amount: Decimal | None) -> str:
    """Write an amount as everywhere: "1,234.00 EUR"; nothing where there is none."""
    if amount is None:
        return ""
    return f"{number_format(amount, 2, force_grouping=True)} EUR"


def reason_field() -> forms.CharField:
    return forms.CharField(
        label=_("Reason of the change"),
        required=False,
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text=_("Kept with the change for whoever checks these grants later."),
    )


def reason_sentence(projects: Sequence[str]) -> str:
    text = ngettext(
        "An approved grant was calculated by %(projects)s: please say why its tables change.",
        "Approved grants were calculated by %(projects)s: please say why their tables change.",
        len(projects),
    )
    return text % {"projects": ", ".join(projects)}


class ReasonedForm(forms.ModelForm[Any]):
    """A row with the reason of its change, asked for where an approved grant used the project."""

    reason = reason_field()

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # Django's own hook, not in the stubs
        if self.errors or self.cleaned_data.get("reason"):
            return
        projects = tables_changed.needs_reason(self.instance)
        if projects:
            self.add_error("reason", reason_sentence(projects))


class DeletionForm(forms.Form):
    reason = reason_field()


class TableAdmin(ScopedAdmin[M]):
    """A table of the projects. Changes go through `tables_changed`, looked at beforehand."""

    form = ReasonedForm
    empty_value_display = "–"
    actions = ["delete_selected", "confirm_copied"]
    formfield_overrides = {TextField: {"widget": AdminTextareaWidget(attrs={"rows": 3})}}

    def get_fields(self, request: HttpRequest, obj: M | None = None) -> Any:  # noqa: ANN401 - Django's structure
        """Put where the figures come from below them."""
        fields = list(super().get_fields(request, obj))
        return sorted(fields, key=lambda name: name in BELOW)

    def get_fieldsets(self, request: HttpRequest, obj: M | None = None) -> Any:  # noqa: ANN401 - Django's structure
        """Ask for the reason last, where one may be needed."""
        fieldsets = [
            (title, {**options, "fields": [f for f in options["fields"] if f != "reason"]})
            for title, options in super().get_fieldsets(request, obj)
        ]
        if not self.has_change_permission(request, obj):
            return fieldsets
        used = obj is not None and tables_changed.used_projects({_project_of(obj)})
        if used or obj is None or request.method == "POST":
            hint = (
                _(
                    "Approved grants were calculated by this project. They keep their figures; a "
                    "change needs a reason."
                )
                if used
                else _("Needed only where an approved grant was calculated by the project.")
            )
            options = {"fields": ["reason"], "description": hint}
            fieldsets.append((_("Why this changes"), options))
        return fieldsets

    # -- saving ------------------------------------------------------------------------------

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Save, ask first what a person has not seen yet, or say at the field what is missing.

        A grant approved between the check of the form and the saving is found by the database;
        the form is checked again then, and nothing typed is lost.
        """
        for _attempt in range(2):
            try:
                return super().changeform_view(request, object_id, form_url, extra_context)
            except _UnconfirmedError as unconfirmed:
                return self._confirmation(request, unconfirmed.effect, _sent(request), None)
            except ReasonNeededError as needed:
                sentence = reason_sentence(needed.projects)
        messages.error(request, sentence)
        return HttpResponseRedirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: M, form: Any, change: bool) -> None:  # noqa: ANN401, FBT001 - Django's signature
        by = user_of(request)
        if CONFIRMED not in request.POST:
            effect = tables_changed.effect([obj], by=by)
            if effect.used:
                raise _UnconfirmedError(effect)
        tables_changed.write([obj], reason=form.cleaned_data["reason"], by=by)

    # -- deleting ----------------------------------------------------------------------------

    def delete_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        if not self.has_delete_permission(request, row):
            raise PermissionDenied
        return self._deletion(request, [row]) or self._back(row)

    @admin.action(description=_("Delete the chosen rows"), permissions=["delete"])
    def delete_selected(self, request: HttpRequest, rows: QuerySet[M]) -> HttpResponseBase | None:
        return self._deletion(request, list(rows))

    @admin.action(description=_("Confirm copied figures"), permissions=["change"])
    def confirm_copied(self, request: HttpRequest, rows: QuerySet[M]) -> None:
        """Take the mark off the source of rows that were copied from the year before."""
        copied = [copying.confirmed(row) for row in rows if copying.is_copied(row)]
        try:
            tables_changed.write(copied, reason="", by=user_of(request))
        except ReasonNeededError as needed:
            messages.error(request, reason_sentence(needed.projects))
            return
        text = ngettext(
            "%(number)d row is confirmed.", "%(number)d rows are confirmed.", len(copied)
        )
        messages.success(request, text % {"number": len(copied)})

    def _deletion(self, request: HttpRequest, rows: list[M]) -> HttpResponse | None:
        """Delete rows, or show what is missing before; None when it is done."""
        by, confirmed = user_of(request), CONFIRMED in request.POST
        form = DeletionForm(request.POST if confirmed else None)
        if confirmed and form.is_valid():
            try:
                tables_changed.write(deleted=rows, reason=form.cleaned_data["reason"], by=by)
            except ReasonNeededError as needed:
                form.add_error("reason", reason_sentence(needed.projects))
            else:
                self._tell_deleted(request, rows)
                return None
        effect = tables_changed.effect(deleted=rows, by=by)
        return self._confirmation(request, effect, _sent(request, "reason"), form)

    def _tell_deleted(self, request: HttpRequest, rows: list[M]) -> None:
        text = ngettext("%(number)d row was deleted.", "%(number)d rows were deleted.", len(rows))
        messages.success(request, text % {"number": len(rows)})

    # -- where it goes on --------------------------------------------------------------------

    def response_post_save_add(self, request: HttpRequest, obj: M) -> HttpResponseRedirect:
        return self._back(obj)

    def response_post_save_change(self, request: HttpRequest, obj: M) -> HttpResponseRedirect:
        return self._back(obj)

    def _back(self, row: M) -> HttpResponseRedirect:
        """Lead to the page of the project; where that itself was deleted, to the list."""
        if isinstance(row, GrantProject) and row.pk is None:
            return HttpResponseRedirect(reverse("admin:grants_grantproject_changelist"))
        address = reverse("admin:grants_grantproject_tables", args=[_project_of(row)])
        return HttpResponseRedirect(address)

    # -- looking first -----------------------------------------------------------------------

    def _confirmation(
        self,
        request: HttpRequest,
        effect: Effect,
        sent: list[tuple[str, str]],
        form: DeletionForm | None,
    ) -> TemplateResponse:
        shown = effect.differing[:SHOWN_AWARDS]
        students = _students(each.award for each in shown)
        differing = [
            {
                "application": each.application,
                "address": reverse("admin:grants_grantaward_change", args=[each.award]),
                "student": students[each.award],
                "state": STATES[each.state],
                "before": each.before,
                "after": each.after,
                "difference": each.after - each.before,
            }
            for each in shown
        ]
        rows = [
            (name_in_words(each.row), list(changes_in_words(each.row, each.changes)))
            for each in effect.written
        ]
        return TemplateResponse(
            request,
            "admin/grants/table_change.html",
            {
                **self.admin_site.each_context(request),
                "title": gettext("Delete rows") if form else gettext("Check the change"),
                "opts": self.opts,
                "effect": effect,
                "projects": ", ".join(effect.used),
                "rows": rows,
                "differing": differing,
                "left_out": len(effect.differing) - len(shown),
                "sent": sent,
                "form": form if form and (effect.used or form.errors) else None,
                "deleting": form is not None,
                "reason": request.POST.get("reason", ""),
            },
        )


def _students(awards: Iterable[int]) -> dict[int, str]:
    """Return whose each of these awards is."""
    found = GrantAward.objects.filter(pk__in=list(awards)).select_related(
        "nomination__application__student"
    )
    return {award.pk: str(award.nomination.application.student) for award in found}


def _project_of(row: Row) -> int:
    return row.pk if isinstance(row, GrantProject) else row.project_id


def _sent(request: HttpRequest, *but_not: str) -> list[tuple[str, str]]:
    """Return what the form sent, to be sent once more with the confirmation."""
    own = {"csrfmiddlewaretoken", CONFIRMED, *but_not}
    return [
        (name, str(value))
        for name, values in request.POST.lists()
        if name not in own
        for value in values
    ]
