"""What former students tell of a host: kept by the office, shown once it is released.

They are rows of `partners`; their page is here because their files are inspected and stored as
students' files are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from applications import lifecycle, pdf_inspection, texts
from applications.admin.base import ScopedAdmin
from partners import academic_year
from partners.admin.filters import AcademicYearFilter, HostCountryFilter, WrittenInFilter
from partners.admin.inputs import CatalogueFields
from partners.models import Testimonial

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.safestring import SafeString

EXPECTED = pdf_inspection.Expectation(pdf_inspection.DocumentKind.OTHER)


@dataclass(frozen=True, slots=True)
class Inspected:
    """A file that may be stored, with the name it came under."""

    data: bytes
    report: pdf_inspection.Report
    name: str


class TestimonialForm(forms.ModelForm[Testimonial]):
    file = forms.FileField(
        label=_("PDF file"),
        required=False,
        help_text=_("At most 1 MB. A new file takes the place of the one before."),
        widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf"}),
    )
    without_file = forms.BooleanField(label=_("Take the file away"), required=False)

    def clean_file(self) -> Inspected | None:
        """Inspect the upload as a student's would be. Its hard findings are said at the field."""
        upload: UploadedFile[bytes] | None = self.cleaned_data["file"]
        if upload is None:
            return None
        data, report = lifecycle.inspect_upload(upload, EXPECTED)
        if not report.ok:
            raise ValidationError(
                [texts.finding_sentence(found.code, found.params) for found in report.hard]
            )
        return Inspected(data, report, upload.name or "")

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("author") and not given.get("author_agreed"):
            self.add_error(
                "author",
                _("A name is kept only if its bearer agreed: please tick that, or leave it empty."),
            )
        self._refuse_a_semester_ahead(given.get("academic_year"), given.get("semester"))
        keeps_file = bool(self.instance.stored_name) and not given.get("without_file")
        has_file = keeps_file or bool(given.get("file"))
        if not given.get("text") and not has_file and not {"text", "file"} & set(self.errors):
            self.add_error("text", _("Please give a text, a PDF file or both."))
        return given

    def _refuse_a_semester_ahead(self, year: int | None, semester: str | None) -> None:
        """Nobody tells of a semester before its first day."""
        if year is None or not semester:
            return
        today = timezone.localdate()
        if academic_year.period(year, academic_year.WINTER).start > today:
            message = gettext("The academic year %(year)s has not begun yet.")
            self.add_error("academic_year", message % {"year": academic_year.label(year)})
        elif academic_year.period(year, semester).start > today:
            self.add_error("semester", _("This semester has not begun yet."))


class ReleasedFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "released"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        return [("no", _("not released")), ("yes", _("released"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Testimonial]
    ) -> QuerySet[Testimonial]:
        if self.value() not in {"no", "yes"}:
            return queryset
        return queryset.filter(released_at__isnull=self.value() == "no")


@admin.register(Testimonial)
class TestimonialAdmin(CatalogueFields, ScopedAdmin[Testimonial]):
    form = TestimonialForm
    list_display = ["host", "year", "semester", "state", "to_file"]
    list_filter = [
        ReleasedFilter,
        AcademicYearFilter,
        "semester",
        ("language", WrittenInFilter),
        HostCountryFilter,
    ]
    list_select_related = ["host"]
    search_fields = ["host__name_en__unaccent", "host__city__unaccent", "text__unaccent"]
    autocomplete_fields = ["host"]
    readonly_fields = ["to_file", "state"]
    actions = ["release", "take_back"]
    fieldsets = [
        (None, {"fields": ["host", "academic_year", "semester", "state"]}),
        (_("What is told"), {"fields": ["language", "text", "to_file", "file", "without_file"]}),
        (_("Name"), {"fields": ["author", "author_agreed"]}),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Testimonial | None = None) -> Any:  # noqa: ANN401 - Django's structure
        """Show the inputs of the file only to those who may change it."""
        hidden = set()
        if obj is None:
            hidden = {"state", "to_file", "without_file"}
        elif not self.has_change_permission(request, obj):
            hidden = {"file", "without_file"}
        elif not obj.stored_name:
            hidden = {"to_file", "without_file"}
        return [
            (title, {"fields": [name for name in options["fields"] if name not in hidden]})
            for title, options in self.fieldsets
        ]

    def save_model(
        self,
        request: HttpRequest,
        obj: Testimonial,
        form: forms.ModelForm[Testimonial],
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        """Store a new file in the transaction of its row; a file without one is removed later."""
        inspected = form.cleaned_data.get("file")
        if isinstance(inspected, Inspected):
            obj.stored_name = lifecycle.store(inspected.data)
            obj.original_name = lifecycle.harmless_name(inspected.name)
            obj.sha256 = inspected.report.sha256
            obj.size, obj.pages = inspected.report.bytes, inspected.report.pages or 0
        elif form.cleaned_data.get("without_file"):
            obj.stored_name = obj.original_name = obj.sha256 = ""
            obj.size = obj.pages = 0
        super().save_model(request, obj, form, change)
        if obj.released_at is not None:
            messages.info(
                request, gettext("This testimonial is released: students see the change at once.")
            )

    @admin.display(description=_("academic year"), ordering="academic_year")
    def year(self, testimonial: Testimonial) -> str:
        return academic_year.label(testimonial.academic_year)

    @admin.display(description=pgettext_lazy("a document", "file"))
    def to_file(self, testimonial: Testimonial) -> SafeString | str:
        if not testimonial.stored_name:
            return "–"
        pages = ngettext("%(pages)s page", "%(pages)s pages", testimonial.pages)
        return format_html(
            '<a href="{}">{}</a> ({}, {})',
            reverse("applications:testimonial", args=[testimonial.pk]),
            testimonial.original_name,
            texts.size(testimonial.size),
            pages % {"pages": testimonial.pages},
        )

    @admin.display(description=_("state"), ordering="released_at")
    def state(self, testimonial: Testimonial) -> str:
        if testimonial.released_at is None:
            return gettext("not released")
        since = texts.instant(testimonial.released_at)
        return gettext("released on %(instant)s") % {"instant": since}

    @admin.action(description=_("Release the chosen testimonials"), permissions=["change"])
    def release(self, request: HttpRequest, testimonials: QuerySet[Testimonial]) -> None:
        changed = self._set_released(testimonials.filter(released_at=None), is_released=True)
        text = ngettext(
            "%(count)s testimonial was released.", "%(count)s testimonials were released.", changed
        )
        messages.success(request, text % {"count": changed})

    @admin.action(description=_("Take the chosen testimonials back"), permissions=["change"])
    def take_back(self, request: HttpRequest, testimonials: QuerySet[Testimonial]) -> None:
        changed = self._set_released(
            testimonials.filter(released_at__isnull=False), is_released=False
        )
        text = ngettext(
            "%(count)s testimonial was taken back.",
            "%(count)s testimonials were taken back.",
            changed,
        )
        messages.success(request, text % {"count": changed})

    def _set_released(self, testimonials: QuerySet[Testimonial], *, is_released: bool) -> int:
        """Release or take back, row by row as they still are. Returns how many changed."""
        released_at = timezone.now() if is_released else None
        return Testimonial.objects.filter(pk__in=testimonials.values("pk")).update(
            released_at=released_at
        )
