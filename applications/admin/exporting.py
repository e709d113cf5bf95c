"""Lists that leave the house: asked for, watched while the worker makes them, fetched."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from applications import access, texts
from applications.admin.doors import for_call, page, to_round, user_of
from applications.exports import FORMATS, NothingToExport, jobs, sent
from applications.exports.downloads import as_download
from applications.exports.lists import CONTENT_TYPES, give, listing, note_protocol
from applications.exports.protocol import NotPublished, protocol_pdf, protocol_xlsx
from applications.models import ExportFormat, ExportJob, Nomination
from partners.models import HostUniversity

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponseRedirect, QueryDict
    from django.http.response import HttpResponseBase

    from applications.models import Call, User

logger = logging.getLogger(__name__)

PROTOCOLS = {
    "pdf": (ExportFormat.PROTOCOL_PDF, "pdf", protocol_pdf),
    "xlsx": (ExportFormat.PROTOCOL_XLSX, "xlsx", protocol_xlsx),
}


class ExportForm(forms.Form):
    """Which list: in which format, of which host, with a second sheet or without."""

    format = forms.ChoiceField(
        label=_("Format"),
        choices=[(each.value, each.label) for each in FORMATS],
        widget=forms.RadioSelect,
        initial=ExportFormat.XLSX,
        error_messages={
            "required": _("Please choose one of the formats shown."),
            "invalid_choice": _("Please choose one of the formats shown."),
        },
    )
    host = forms.ModelChoiceField(
        HostUniversity.objects.none(),
        label=_("Host university"),
        required=False,
        empty_label=_("all of them"),
        error_messages={"invalid_choice": _("Nobody is nominated there.")},
    )
    german = forms.BooleanField(
        label=_("With a second sheet in German (Excel only)"), required=False
    )

    def __init__(self, call: Call, user: User, data: QueryDict | None = None) -> None:
        super().__init__(data, label_suffix="", auto_id="export-%s")
        listed = sent.to_be_listed(_nominations(user, call))
        self.hosts = HostUniversity.objects.filter(
            pk__in=listed.values("placement__host__agreement__host")
        ).order_by("name_en")
        self.fields["host"].queryset = self.hosts  # type: ignore[attr-defined]  # a choice of rows


def form_of(user: User, call: Call, *, host: str) -> dict[str, Any]:
    """Return what `admin/applications/export_form.html` shows, as `export` in its context.

    `host` is the key of the host the page is narrowed to, "" where it is not: its list is chosen.
    """
    kept_since = timezone.now() - settings.EXPORT_KEPT
    ordered = ExportJob.objects.filter(call=call, asked_by=user, asked_at__gt=kept_since)
    form = ExportForm(call, user)
    if host:
        form.initial["host"] = form.hosts.filter(key=host).first()
    return {"form": form, "jobs": list(ordered.select_related("host"))}


def _nominations(user: User, call: Call) -> QuerySet[Nomination]:
    return access.nominations_visible_to(user).filter(application__call=call)


def _back(request: HttpRequest, call: Call) -> HttpResponseRedirect:
    """Lead to the nominations again, narrowed to the one host they were narrowed to."""
    host = request.GET.get("host", "")
    return to_round(call, "nominations", query=urlencode({"host": host}) if host else "")


# -- asking for a list ---------------------------------------------------------------------------


@require_POST
@for_call(access.can_export)
def export(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Give out the nomination list, or order it; POST, since every list is logged.

    A workbook or CSV of few students comes at once. What takes longer is made by the worker; so is
    what has to say beside the file who is not in it.
    """
    user, now = user_of(request), timezone.now()
    form = ExportForm(call, user, request.POST)
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, str(errors[0]))
        return _back(request, call)
    chosen, german = form.cleaned_data["format"], form.cleaned_data["german"]
    try:
        asked = listing(call, _nominations(user, call), host=form.cleaned_data["host"])
    except NothingToExport:
        messages.error(request, gettext("Nobody is nominated yet."))
        return _back(request, call)
    is_table = chosen in {ExportFormat.XLSX, ExportFormat.CSV}
    if is_table and not jobs.is_large(asked, chosen):
        made, content = give(asked, chosen, by=user, now=now, german=german)
        return HttpResponse(content, headers=_headers(made.name))
    german = german and chosen == ExportFormat.XLSX
    job = jobs.ask(asked, chosen, by=user, now=now, german=german)
    if not jobs.is_large(asked, chosen):
        _make_at_once(job)
    return to_round(call, "export_job", job.pk)


def _make_at_once(job: ExportJob) -> None:
    """Make a short list right away; what goes wrong is left to the worker, which tries again."""
    mine = jobs.claim_own(job, now=timezone.now())
    if mine is None:
        return
    try:
        jobs.make(mine, clock=timezone.now)
    except OSError:
        logger.exception("list %s could not be written", job.pk)


@require_POST
@for_call(access.can_see_round)
def protocol(request: HttpRequest, call: Call) -> HttpResponseBase:
    """Give out the selection protocol of a published call; POST, since it is logged."""
    make = PROTOCOLS.get(request.POST.get("format", ""))
    if make is None:
        messages.error(request, gettext("Please choose one of the formats shown."))
        return _back(request, call)
    file_format, kind, write = make
    now = timezone.now()
    try:
        content = write(call, now=now)
    except NotPublished:
        messages.error(request, gettext("There is a protocol once the results are published."))
        return _back(request, call)
    note_protocol(call, file_format, by=user_of(request), now=now)
    return HttpResponse(content, headers=_headers(f"protocol-{call.code}.{kind}"))


# -- watching and fetching it --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A student who could not be on an EWP file, with what is in the way."""

    nomination: Nomination
    reasons: list[str]


@require_GET
@for_call(access.can_export)
def job_page(request: HttpRequest, call: Call, job: UUID) -> HttpResponseBase:
    """Show how far a list is, then its file and who is not in it."""
    found = _job_or_404(request, call, job)
    return page(
        request,
        "export_job",
        call,
        gettext("Nomination list"),
        job=found,
        left_out=_left_out(user_of(request), found),
        failure=jobs.Failure(found.error).label if found.error else "",
        kept_until=found.finished_at and found.finished_at + settings.EXPORT_KEPT,
    )


@require_GET
@for_call(access.can_export)
def job_progress(request: HttpRequest, call: Call, job: UUID) -> HttpResponseBase:
    """Show the progress alone, asked for again while the list is made."""
    found = _job_or_404(request, call, job)
    return TemplateResponse(
        request, "admin/applications/export_progress.html", {"call": call, "job": found}
    )


@require_GET
@for_call(access.can_export)
def job_file(request: HttpRequest, call: Call, job: UUID) -> HttpResponseBase:
    """Give out the file of a list to who ordered it; each time is logged."""
    found = _job_or_404(request, call, job)
    if found.state != ExportJob.State.DONE:
        raise Http404
    try:
        path = jobs.fetch(found, by=user_of(request), now=timezone.now())
        return as_download(path, found.file_name, _content_type(found.file_name))
    except FileNotFoundError as error:
        logger.exception("list %s has no file", found.pk)
        raise Http404 from error


def _job_or_404(request: HttpRequest, call: Call, pk: UUID) -> ExportJob:
    found = access.export_job_for(request.user, pk, timezone.now())
    if found.call_id != call.pk:
        raise Http404
    return found


def _left_out(user: User, job: ExportJob) -> list[LeftOut]:
    codes: dict[str, list[str]] = {}
    for nomination, code in job.left_out:
        codes.setdefault(nomination, []).append(code)
    rows = (
        _nominations(user, job.call)
        .filter(pk__in=codes)
        .select_related("application__student", "placement__host__agreement__host")
        .order_by("placement__host__agreement__host__name_en", "application__code")
    )
    return [LeftOut(row, [texts.ewp_sentence(code) for code in codes[str(row.pk)]]) for row in rows]


def _headers(name: str) -> dict[str, str]:
    """Return what makes a download of a file with this name, which is in ASCII."""
    return {
        "Content-Type": _content_type(name),
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
    }


def _content_type(name: str) -> str:
    return CONTENT_TYPES[name.rpartition(".")[2]]
