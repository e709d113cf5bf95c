"""The catalogue as a file: loaded by the office after a look at its report, given out to staff.

`admin_view` alone lets any staff in, so every page here asks for its permission itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from partners import exporting, importing
from partners.admin.change_words import shown
from partners.admin.scope import of_own_faculties
from partners.models import Agreement, CatalogueUpload, HostUniversity
from partners.upload_handlers import CappedUploadHandler

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.urls import URLPattern

    from partners.importing import Report


# A file may create and change all of these, so who loads one has to be allowed all of it.
LOADING: Final = tuple(
    f"partners.{action}_{table}"
    for table in ("hostuniversity", "agreement", "seatpool")
    for action in ("add", "change")
)
READING: Final = "partners.view_hostuniversity"
MOST_SHOWN: Final = 1000  # rows of a report's table; the counts above it are always complete
MOST_NOTICES: Final = 100
REFUSED: Final = 422


class CatalogueUploadHandler(CappedUploadHandler):
    most_bytes = 5 * 1_048_576


class FileForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("XLSX or CSV (UTF-8), 5 MB at most. Nothing is changed before you confirm."),
        error_messages={"required": _("Choose a file first.")},
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
    )

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        size = file.size or 0
        if size > CatalogueUploadHandler.most_bytes:
            message = gettext("The file has %(size)s MB; at most 5 MB can be loaded here.")
            raise forms.ValidationError(message % {"size": number_format(size / 1_048_576, 1)})
        return file


def may_read_notes(request: HttpRequest) -> bool:
    """Tell whether the office's notes on hosts are for this person: for those who keep hosts."""
    return request.user.has_perm("partners.change_hostuniversity")


def may_load(request: HttpRequest) -> bool:
    return all(map(request.user.has_perm, LOADING))


def _upload_of(request: HttpRequest, pk: int) -> CatalogueUpload | None:
    """Return a file this person uploaded and neither applied nor cancelled."""
    if not may_load(request):
        raise PermissionDenied
    return CatalogueUpload.objects.filter(pk=pk, uploaded_by=_pk_of(request)).first()


@csrf_exempt
def load(request: HttpRequest) -> HttpResponseBase:
    """Take a file and report on it.

    The handler has to be set before anything reads the body, and the check against forged
    requests reads it: so that check stands inside (as Django's documentation has it).
    """
    if not may_load(request):
        raise PermissionDenied
    request.upload_handlers = [CatalogueUploadHandler(request)]
    return _load(request)


@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def _load(request: HttpRequest) -> HttpResponseBase:
    if request.method != "POST":
        return _page(request, "load", _("Load a file"), form=FileForm())
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, "load", _("Load a file"), status=REFUSED, form=form)
    file = form.cleaned_data["file"]
    content = file.read()
    report = importing.import_content(content, dry_run=True)
    if report.problems or not report.changes:
        return _page(
            request,
            "load",
            _("Load a file"),
            status=REFUSED if report.problems else 200,
            form=FileForm(),
            name=file.name,
            **_shown(report),
        )
    upload = importing.keep_upload(file.name or "", content, by=_pk_of(request), now=timezone.now())
    return HttpResponseRedirect(reverse("admin:partners_catalogue_report", args=[upload.pk]))


def _pk_of(request: HttpRequest) -> int:
    pk: int = request.user.pk  # type: ignore[assignment]  # `may_load` lets nobody else in
    return pk


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show what a file would change, and change it once that was confirmed."""
    upload = _upload_of(request, pk)
    if upload is None:
        return _gone(request)
    if request.method != "POST":
        found = importing.import_content(bytes(upload.content), dry_run=True)
        return _report_page(request, upload, found)
    if "cancel" in request.POST:
        upload.delete()
        messages.info(request, gettext("Nothing was loaded."))
        return HttpResponseRedirect(reverse("admin:partners_catalogue_load"))
    return _apply(request, upload)


def _apply(request: HttpRequest, upload: CatalogueUpload) -> HttpResponseBase:
    try:
        done = importing.apply_upload(upload, confirmed=request.POST.get("digest", ""))
    except CatalogueUpload.DoesNotExist:
        return _gone(request)
    except IntegrityError as error:
        message = gettext("The database refused the file, nothing was written: %(reason)s")
        warning = message % {"reason": importing.reason_of(error)}
        found = importing.import_content(bytes(upload.content), dry_run=True)
        return _report_page(request, upload, found, status=REFUSED, warning=warning)
    if not done.applied:
        warning = gettext(
            "The catalogue has changed since you saw the report, so nothing was written. "
            "This is the report now."
        )
        return _report_page(request, upload, done, status=409, warning=warning)
    message = gettext("“%(name)s” was loaded: %(new)d new, %(changed)d changed.")
    counts = (done.partners, done.agreements, done.seats)
    words = {
        "name": upload.name,
        "new": sum(count.new for count in counts),
        "changed": sum(count.changed for count in counts),
    }
    messages.success(request, message % words)
    return HttpResponseRedirect(reverse("admin:partners_hostuniversity_changelist"))


def _gone(request: HttpRequest) -> HttpResponse:
    """Answer a second click kindly. Somebody else's file and one that never was look the same."""
    if request.method != "POST":
        raise Http404
    messages.info(
        request, gettext("This file is not waiting any more: it was loaded or cancelled.")
    )
    return HttpResponseRedirect(reverse("admin:partners_catalogue_load"))


def _report_page(
    request: HttpRequest,
    upload: CatalogueUpload,
    found: Report,
    *,
    status: int = 200,
    warning: str = "",
) -> TemplateResponse:
    return _page(
        request,
        "load_report",
        _("What the file would change"),
        status=status,
        upload=upload,
        name=upload.name,
        warning=warning,
        **_shown(found),
    )


def _shown(found: Report) -> dict[str, Any]:
    """Return what the templates show of a report."""
    return {
        "report": found,
        "counts": [
            (_("Host universities"), found.partners),
            (_("Agreements"), found.agreements),
            (_("Seats"), found.seats),
        ],
        "changes": [shown(change) for change in found.changes[:MOST_SHOWN]],
        "changes_left": max(0, len(found.changes) - MOST_SHOWN),
        "problems": found.problems[:MOST_SHOWN],
        "notices": found.notices[:MOST_NOTICES],
        "notices_left": max(0, len(found.notices) - MOST_NOTICES),
        "problems_left": max(0, len(found.problems) - MOST_SHOWN),
    }


def _page(
    request: HttpRequest,
    template: str,
    title: object,
    *,
    status: int = 200,
    **context: Any,  # noqa: ANN401 - the template's own
) -> TemplateResponse:
    return TemplateResponse(
        request,
        f"admin/partners/{template}.html",
        {**admin.site.each_context(request), "title": title, **context},
        status=status,
    )


@require_safe
def export(request: HttpRequest, file_format: str) -> HttpResponse:
    """Give out all host universities, with the agreements and seats of the person's faculties."""
    if not request.user.has_perm(READING):
        raise PermissionDenied
    if file_format not in exporting.FORMATS:
        raise Http404
    own = of_own_faculties(request, Agreement.objects.all())
    day = timezone.localdate().isoformat()
    return HttpResponse(
        exporting.catalogue_file(own, file_format, with_notes=may_read_notes(request)),
        content_type=exporting.CONTENT_TYPES[file_format],
        headers={
            "Content-Disposition": f'attachment; filename="catalogue-{day}.{file_format}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


class CatalogueFilesAdmin(admin.ModelAdmin[HostUniversity]):
    """Adds loading and exporting to the list of host universities."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("load/", view(load), name="partners_catalogue_load"),
            path("load/<int:pk>/", view(report), name="partners_catalogue_report"),
            path("export/<str:file_format>/", view(export), name="partners_catalogue_export"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(
            request, {"may_load": may_load(request), **(extra_context or {})}
        )
