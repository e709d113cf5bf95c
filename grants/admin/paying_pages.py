"""The pages around a payment list: what is due, one list with its file, repayments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.db.models import Count, Sum
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST
from stdnum import iban as ibans

from applications.admin.doors import posted, row_of, user_of
from grants import awards, exports
from grants.admin.office_pages import page
from grants.awards import DUE
from grants.errors import PaymentRefused
from grants.models import GrantPayment, GrantProject, PaymentList
from grants.states import PaymentKind
from grants.texts import PAYMENT_REFUSALS

if TYPE_CHECKING:
    from datetime import date
    from typing import Any

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


class DayForm(forms.Form):
    """The day money moved."""

    day = forms.DateField(
        label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, earliest: date | None = None, **kwargs: Any) -> None:  # noqa: ANN401 - Django's signature
        super().__init__(*args, **kwargs)
        self.earliest = earliest

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if self.earliest and day < self.earliest:
            raise forms.ValidationError(_("The day lies before the list was made."))
        return day


def sentence(refused: PaymentRefused) -> str:
    return str(PAYMENT_REFUSALS[refused.code]) % {"awards": ", ".join(refused.awards)}


# -- what is due -----------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def due(request: HttpRequest) -> HttpResponseBase:
    """Show what is due from a project and list the ticked payments."""
    project = _project_asked(request)
    if request.method != "POST" or project is None:
        return _due_page(request, project)
    ticked = {int(pk) for pk in request.POST.getlist("payment") if pk.isdecimal() and len(pk) < 19}  # noqa: PLR2004 - digits of a bigint
    if not ticked:
        return _due_page(request, project, problem=gettext("Please tick at least one payment."))
    try:
        made = awards.make_list(project, ticked, by=user_of(request), now=timezone.now())
    except PaymentRefused as refused:
        return _due_page(request, project, problem=sentence(refused), ticked=ticked)
    messages.success(request, gettext("Payment list %(number)s was made.") % {"number": made.pk})
    if left_out := len(ticked) - made.count:
        messages.warning(
            request,
            ngettext(
                "%(count)s payment is no longer due and was left out.",
                "%(count)s payments are no longer due and were left out.",
                left_out,
            )
            % {"count": left_out},
        )
    return redirect("admin:grants_paymentlist_change", made.pk)


@require_POST
def first_instalments(request: HttpRequest) -> HttpResponseBase:
    """Make the first instalments fit the share of a project."""
    project = _project_asked(request)
    if project is None:
        raise Http404
    count = awards.make_due(project, by=user_of(request), now=timezone.now())
    messages.success(
        request,
        ngettext(
            "%(count)s first instalment is due now.",
            "%(count)s first instalments are due now.",
            count,
        )
        % {"count": count},
    )
    return redirect(f"{reverse('admin:grants_paymentlist_due')}?project={project.code}")


def _project_asked(request: HttpRequest) -> GrantProject | None:
    """Return the project that was asked for, else the oldest with something due, else None."""
    code = posted(request, "project") or request.GET.get("project", "")
    if code:
        project = GrantProject.objects.filter(code=code).first()
        if project is None:
            raise Http404
        return project
    with_due = GrantProject.objects.filter(pk__in=_due().values("version__project"))
    return with_due.first() or GrantProject.objects.filter(established=True).last()


def _due() -> Any:  # noqa: ANN401 - a queryset of rows and of values
    return GrantPayment.objects.filter(DUE).exclude(kind=PaymentKind.REPAYMENT.value)


def _due_page(
    request: HttpRequest,
    project: GrantProject | None,
    *,
    problem: str = "",
    ticked: set[int] | None = None,
) -> HttpResponseBase:
    found = awards.due_payments(project) if project else []
    rows = [
        {
            "due": each,
            "iban": ibans.format(each.iban),
            "ticked": each.can_be_listed if ticked is None else each.payment.pk in ticked,
        }
        for each in found
    ]
    listable = [each.payment.amount for each in found if each.can_be_listed]
    projects = (
        _due()
        .values("version__project__code")
        .annotate(count=Count("pk"), total=Sum("amount"))
        .order_by("version__project__code")
    )
    return page(
        request,
        "due",
        gettext("What is due"),
        status=422 if problem else 200,
        problem=problem,
        project=project,
        projects=projects,
        rows=rows,
        total=sum((each.payment.amount for each in found), awards.ZERO),
        listable=len(listable),
        listable_total=sum(listable, awards.ZERO),
        awaiting=len(awards.awaiting_share(project)) if project else 0,
    )


# -- one list --------------------------------------------------------------------------------------


def one(
    request: HttpRequest, object_id: str, form: DayForm | None = None, *, status: int = 200
) -> HttpResponse:
    """Show a list: its payments with the accounts they go to, its file, when it was paid."""
    lists = PaymentList.objects.select_related("project", "made_by", "paid_noted_by")
    shown = row_of(lists, object_id)
    if shown is None:
        raise Http404
    payments = shown.payments.select_related(
        "award__nomination__application__student", "version__project"
    ).order_by("pk")
    return page(
        request,
        "one",
        gettext("Payment list %(number)s") % {"number": shown.pk},
        status=status,
        list=shown,
        rows=[
            {"payment": each, "iban": ibans.format(each.iban), "purpose": exports.purpose(each)}
            for each in payments
        ],
        downloads=shown.downloads.select_related("by"),
        form=form or DayForm(),
        today=timezone.localdate(),
    )


@require_POST
def file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Give out the file of a list; POST, since each download is logged."""
    file_format = posted(request, "format")
    shown = PaymentList.objects.filter(pk=pk).first()
    if shown is None or file_format not in exports.FORMATS:
        raise Http404
    content = exports.give(shown, file_format, by=user_of(request), now=timezone.now())
    return HttpResponse(
        content,
        content_type=TYPES[file_format],
        headers={
            "Content-Disposition": f'attachment; filename="payment-list-{pk}.{file_format}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


@require_POST
def paid(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Note the day the bank paid a list."""
    shown = PaymentList.objects.filter(pk=pk).first()
    if shown is None:
        raise Http404
    form = DayForm(request.POST, earliest=timezone.localdate(shown.made_at))
    if form.is_valid():
        day = form.cleaned_data["day"]
        try:
            awards.mark_paid(shown, day, by=user_of(request), now=timezone.now())
        except PaymentRefused as refused:
            form.add_error("day", sentence(refused))
        else:
            messages.success(request, gettext("The list was noted as paid."))
            return redirect("admin:grants_paymentlist_change", pk)
    return one(request, str(pk), form, status=422)


# -- what comes back -------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def repayments(request: HttpRequest) -> HttpResponseBase:
    """Show what students are to pay back, and note the day it came."""
    wrong: tuple[int, DayForm] | None = None
    if request.method == "POST":
        payment = row_of(GrantPayment.objects.all(), posted(request, "payment"))
        if payment is None:
            raise Http404
        form = DayForm(request.POST, auto_id=f"id_%s_{payment.pk}")
        if form.is_valid():
            day = form.cleaned_data["day"]
            try:
                awards.note_repayment(payment, day, by=user_of(request), now=timezone.now())
            except PaymentRefused as refused:
                form.add_error("day", sentence(refused))
            else:
                messages.success(request, gettext("The repayment was noted."))
                return redirect("admin:grants_paymentlist_repayments")
        wrong = payment.pk, form
    return _repayments_page(request, wrong)


def _repayments_page(request: HttpRequest, wrong: tuple[int, DayForm] | None) -> HttpResponseBase:
    bound = dict([wrong] if wrong else [])
    owed = list(awards.open_repayments())
    rows = [
        {"payment": row, "form": bound.pop(row.pk, None) or DayForm(auto_id=f"id_%s_{row.pk}")}
        for row in owed
    ]
    # Noted by somebody else meanwhile: the row is gone, the sentence is not.
    problems = [error for form in bound.values() for error in form.errors.get("day", [])]
    came = GrantPayment.objects.filter(received_on__isnull=False).select_related(
        "award__nomination__application__student", "version__project", "received_noted_by"
    )
    return page(
        request,
        "repayments",
        gettext("Repayments"),
        status=422 if wrong else 200,
        rows=rows,
        problems=problems,
        total=sum((row.amount for row in owed), awards.ZERO),
        came=came.order_by("-received_on", "-pk")[:50],
        today=timezone.localdate(),
    )
