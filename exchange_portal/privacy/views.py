"""The pages on which people have their own data erased."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from applications import access
from exchange_portal.privacy import erasing

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from applications.models import User


class ErasureForm(forms.Form):
    note = forms.CharField(
        label=_("What we should know"),
        help_text=_("You need not give a reason. The International Office alone reads this."),
        max_length=erasing.NOTE_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


def _person(request: HttpRequest) -> User:
    if not access.known(request.user):
        raise Http404
    return request.user


@require_http_methods(["GET", "HEAD", "POST"])
def erasure(request: HttpRequest) -> HttpResponse:
    """Show what would be erased and what is kept until when; take the request."""
    person, now = _person(request), timezone.now()
    form = ErasureForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        erasing.ask(person, form.cleaned_data["note"], now=now)
        messages.success(
            request,
            gettext("Your request is with the International Office. Its answer comes by mail."),
        )
        return redirect("privacy:erasure")
    plan = erasing.plan_for(person, now)
    context = {
        "form": form,
        "plan": plan,
        "keeps_application": any(each.application for each in plan.kept),
        "drafts": list(erasing.own_drafts(person)),
        "open": erasing.open_request(person),
    }
    return render(request, "pages/erasure.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def take_back(request: HttpRequest) -> HttpResponse:
    """Take the request back; who comes by an address alone is led to the button."""
    if request.method != "POST":
        return redirect("privacy:erasure")
    if erasing.take_back(_person(request), now=timezone.now()):
        messages.success(request, gettext("Your request is taken back. Nothing was erased."))
    else:
        messages.warning(request, gettext("There is no request that still waits."))
    return redirect("privacy:erasure")


@require_http_methods(["GET", "HEAD", "POST"])
def erase_draft(request: HttpRequest, code: str) -> HttpResponse:
    """Ask once more, then erase what was never submitted."""
    own = erasing.draft_for(request.user, code)
    if request.method == "POST":
        erasing.erase_draft(own, now=timezone.now())
        messages.success(request, gettext("The draft is erased, with its files."))
        return redirect("privacy:erasure")
    return render(request, "pages/erase_draft.html", {"application": own, "call": own.call})
