"""What a nominated student declares for the grant, and the account alone once it is calculated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from applications import access
from grants import accounts, declaring
from grants.declaration_forms import AccountForm, DeclarationForm, as_typed, days_as_typed
from grants.errors import DeclarationRefusal, DeclarationRefused
from grants.funds import paid_elsewhere
from grants.loading import tables_from_database
from grants.models import GrantDeclaration
from grants.views.mine import UNPROCESSABLE, frame, refused_page
from partners.models import HostTerm

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from applications.models import Nomination


@sensitive_post_parameters()
@sensitive_variables("form")
@require_http_methods(["GET", "HEAD", "POST"])
def declare(request: HttpRequest, code: str) -> HttpResponse:
    """Take the stay, the reasons and the account: as a whole, or what is wrong with them."""
    nomination = access.own_nomination_for(request.user, code)
    award = declaring.live_award(nomination)
    refused = declaring.may_declare(nomination, award)
    if refused is not None:
        return refused_page(request, nomination, refused)
    if award is None and paid_elsewhere(nomination, tables_from_database()):
        return redirect("grants:mine", code=code)
    year = nomination.placement.host.call.academic_year
    held = GrantDeclaration.objects.filter(nomination=nomination).first()
    if request.method == "POST":
        form = DeclarationForm(request.POST, year=year)
        if form.is_valid():
            try:
                declaring.declare(nomination, form.declared, now=timezone.now())
            except DeclarationRefused as late:
                return refused_page(request, nomination, late.code)
            messages.success(request, gettext("Your declaration is saved."))
            return redirect("grants:mine", code=code)
    else:
        form = DeclarationForm(year=year, initial=as_typed(held) if held else _proposal(nomination))
    return _form(request, "grants/mine_declare.html", nomination, form)


@sensitive_post_parameters()
@sensitive_variables("form")
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest, code: str) -> HttpResponse:
    """Change where the grant is paid to, as long as something may still be paid."""
    nomination = access.own_nomination_for(request.user, code)
    held = GrantDeclaration.objects.filter(nomination=nomination).first()
    refused = declaring.may_change_account(nomination, declaring.live_award(nomination))
    if refused is DeclarationRefusal.NOT_DECLARED:
        return redirect("grants:declare", code=code)
    if refused is not None:
        return refused_page(request, nomination, refused)
    if request.method == "POST":
        form = AccountForm(request.POST)
        if form.is_valid():
            try:
                declaring.change_account(nomination, form.account, now=timezone.now())
            except DeclarationRefused as late:
                return refused_page(request, nomination, late.code)
            messages.success(request, gettext("Your bank account is saved."))
            return redirect("grants:mine", code=code)
    else:
        form = AccountForm(initial=_account_of(nomination, held))
    return _form(request, "grants/mine_account.html", nomination, form)


def _form(
    request: HttpRequest, template: str, nomination: Nomination, form: AccountForm
) -> HttpResponse:
    return render(
        request,
        template,
        {**frame(nomination), "form": form},
        status=UNPROCESSABLE if form.is_bound else 200,
    )


def _account_of(nomination: Nomination, held: GrantDeclaration | None) -> dict[str, Any]:
    """Return the account as declared; without one the student's name."""
    if held is None:
        return {"account_holder": nomination.application.student.get_full_name()}
    return {"iban": accounts.grouped(held.iban), "account_holder": held.account_holder}


def _proposal(nomination: Nomination) -> dict[str, Any]:
    """Return what the form holds at first: the planned days, and the student's name."""
    place = nomination.placement
    term = HostTerm.objects.filter(
        host=place.host.agreement.host_id,
        academic_year=place.host.call.academic_year,
        semester=place.semester,
    ).first()
    days = nomination.planned_days((term.starts, term.ends) if term else None)
    return {
        **days_as_typed(days.start, days.end),
        "account_holder": nomination.application.student.get_full_name(),
    }
