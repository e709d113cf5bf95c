"""Other terms for an award, and the first ones of a nomination: looked at first, then stored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from grants import awards
from grants.admin.awards.asked import CHANGES
from grants.admin.awards.doors import (
    BESIDE,
    awards_for,
    for_award,
    for_nomination,
    page,
    sentence,
    to_award,
)
from grants.admin.awards.forms import ChangeForm, TermsForm
from grants.admin.awards.shown import changes, figures
from grants.awards import Terms
from grants.errors import AwardRefusal, AwardRefused
from grants.loading import tables_from_database
from grants.models import GrantDeclaration
from grants.states import Occasion
from grants.texts import AWARDS
from partners.models import HostTerm
from partners.places import distance_from_home

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from applications.models import Nomination, User
    from grants.admin.awards.shown import Figures
    from grants.calculation import GrantTables
    from grants.models import AwardVersion, GrantAward

OK, UNPROCESSABLE, CONFLICT = 200, 422, 409
# The fields refusals are about; the others are about the whole.
ABOUT = {AwardRefusal.RETURN_NOT_EARLIER: "end", AwardRefusal.EXTENSION_NOT_LATER: "end"}


@dataclass(frozen=True, slots=True)
class Typed:
    """A form as it was sent, with the terms it comes to."""

    form: ChangeForm
    terms: Terms
    user: User

    def is_stored_in(self, award: GrantAward) -> bool:
        """Tell whether this person has stored just that: the button was pressed twice."""
        version, change = awards.newest(award), self.form.change()
        return (
            version.made_by_id == self.user.pk
            and version.occasion == change.occasion
            and awards.terms_of(version) == awards.bound_terms(award, self.terms, change)
        )


@require_http_methods(["GET", "HEAD", "POST"])
@for_award()
def change(request: HttpRequest, user: User, award: GrantAward) -> HttpResponseBase:
    """Show what other terms would bring; the second button stores them as the next draft."""
    if award.cancelled_at is not None:
        messages.error(request, str(AWARDS[AwardRefusal.CANCELLED]))
        return to_award(award)
    version = awards.newest(award)
    form = ChangeForm(
        request.POST if request.method == "POST" else None,
        terms=awards.terms_of(version),
        is_approved=award.approved is not None,
        initial={"occasion": _occasion(request, award), "seen": version.number},
    )
    if not form.is_bound:
        return _show_change(request, award, form)
    if not form.is_valid():
        return _show_change(request, award, form, status=UNPROCESSABLE)
    # What an earlier extension was bound to stays with a correction of it.
    terms = replace(form.terms(), approved=awards.terms_of(version).approved)
    typed, tables = Typed(form, terms, user), tables_from_database()
    seen = form.cleaned_data["seen"]
    try:
        if "save" not in request.POST:
            return _look(request, award, typed, tables)
        written = awards.change_award(
            award, terms, form.change(), seen=seen, by=user, now=timezone.now(), tables=tables
        )
    except AwardRefused as refused:
        return _refused(request, award, typed, refused)
    text = gettext("Version %(number)s is stored as a draft.")
    messages.success(request, text % {"number": written.number})
    return to_award(award)


def _occasion(request: HttpRequest, award: GrantAward) -> str:
    """Return why it is changed: as the link said, else as the draft that is changed again."""
    if award.approved is None:
        return Occasion.CORRECTION.value
    asked = request.GET.get("occasion", "")
    known = {occasion.value for occasion in CHANGES}
    if asked in known:
        return asked
    draft = awards.newest(award)
    return draft.occasion if draft != award.approved and draft.occasion in known else ""


def _look(
    request: HttpRequest, award: GrantAward, typed: Typed, tables: GrantTables
) -> HttpResponseBase:
    """Show what the terms would bring. Raises AwardRefused where they can't be stored at all."""
    version = awards.newest(award)
    if typed.form.cleaned_data["seen"] != version.number:
        raise AwardRefused(AwardRefusal.CHANGED_MEANWHILE)
    bound = awards.bound_terms(award, typed.terms, typed.form.change())
    before = award.approved or version
    preview = _preview(award.nomination, bound, tables, before)
    occasion = typed.form.change().occasion
    return _show_change(
        request,
        award,
        typed.form,
        preview=preview,
        money=awards.would_be_due(award, preview.after.total, occasion=occasion),
        changed=changes(awards.terms_of(version), bound),
    )


def _preview(
    nomination: Nomination, terms: Terms, tables: GrantTables, before: AwardVersion | None = None
) -> Figures:
    host = awards.host_of(nomination)
    return figures(
        awards.answer_for(nomination, terms, tables),
        host.country.code,
        awards.answer_of(before) if before else None,
        distance_km=distance_from_home(host),
        tables=tables,
    )


def _refused(
    request: HttpRequest, award: GrantAward, typed: Typed, refused: AwardRefused
) -> HttpResponseBase:
    fresh = awards_for(typed.user).select_related(*BESIDE).get(pk=award.pk)
    if refused.code is not AwardRefusal.CHANGED_MEANWHILE:
        typed.form.add_error(ABOUT.get(refused.code), sentence(refused, award.nomination))
        return _show_change(request, fresh, typed.form, status=UNPROCESSABLE)
    if typed.is_stored_in(fresh):
        return to_award(fresh)
    typed.form.add_error(None, sentence(refused, award.nomination))
    return _show_change(
        request,
        fresh,
        typed.form,
        status=CONFLICT,
        meanwhile=changes(typed.terms, awards.terms_of(awards.newest(fresh))),
    )


def _show_change(
    request: HttpRequest,
    award: GrantAward,
    form: ChangeForm,
    *,
    status: int = OK,
    **shown: object,
) -> HttpResponseBase:
    return page(
        request,
        "terms",
        gettext("Change the grant of %(name)s") % {"name": award.nomination.application.student},
        status=status,
        award=award,
        nomination=award.nomination,
        host=awards.host_of(award.nomination),
        form=form,
        seen=awards.newest(award).number,
        **shown,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_nomination
def award_one(request: HttpRequest, user: User, nomination: Nomination) -> HttpResponseBase:
    """Show what a nomination would bring by its declaration or terms by hand; store the award."""
    tables = tables_from_database()
    declaration = GrantDeclaration.objects.filter(nomination=nomination).first()
    project = suggested_project(nomination, tables)
    terms = awards.declared_terms(declaration, project) if declaration else None
    form = TermsForm(
        request.POST if request.method == "POST" else None,
        terms=terms or _planned_terms(nomination, project),
    )
    status, preview = OK, None
    if form.is_bound and not form.is_valid():
        status = UNPROCESSABLE
    elif form.is_bound and "save" in request.POST:
        try:
            award = awards.create_award(
                nomination,
                form.terms(),
                by=user,
                now=timezone.now(),
                tables=tables,
                note=form.cleaned_data["note"],
            )
        except AwardRefused as refused:
            form.add_error(None, sentence(refused, nomination))
            status = UNPROCESSABLE
        else:
            messages.success(request, gettext("The grant is calculated and stored as a draft."))
            return to_award(award)
    elif form.is_bound:
        preview = _preview(nomination, form.terms(), tables)
    return page(
        request,
        "terms",
        gettext("Calculate the grant of %(name)s") % {"name": nomination.application.student},
        status=status,
        nomination=nomination,
        host=awards.host_of(nomination),
        declaration=declaration,
        form=form,
        preview=preview,
    )


def suggested_project(nomination: Nomination, tables: GrantTables) -> str:
    """Return the only project that pays the year, or nothing: a person has to choose."""
    try:
        return awards.project_for(nomination, tables)
    except AwardRefused:
        return ""


def _planned_terms(nomination: Nomination, project: str) -> Terms:
    place = nomination.placement
    term = HostTerm.objects.filter(
        host=awards.host_of(nomination),
        academic_year=place.host.call.academic_year,
        semester=place.semester,
    ).first()
    days = nomination.planned_days((term.starts, term.ends) if term else None)
    return Terms(project=project, start=days.start, end=days.end)
