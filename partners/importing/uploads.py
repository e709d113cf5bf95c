"""Files of the catalogue between their report and the confirmation that applies them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction

from partners.importing.applying import import_content
from partners.models import CatalogueUpload

if TYPE_CHECKING:
    from datetime import datetime

    from partners.importing.applying import Report

KEPT: Final = timedelta(days=1)


def keep_upload(name: str, content: bytes, *, by: int, now: datetime) -> CatalogueUpload:
    """Keep a file until it is applied. `by` is the pk of whoever uploaded it."""
    longest = 255
    return CatalogueUpload.objects.create(
        uploaded_by=by, uploaded_at=now, name=name[-longest:], content=content
    )


def apply_upload(upload: CatalogueUpload, *, confirmed: str) -> Report:
    """Write the file and forget it, if its report still has the digest that was confirmed.

    Raises CatalogueUpload.DoesNotExist when it was applied or cancelled meanwhile, and
    IntegrityError as `import_content` does.
    """
    with transaction.atomic():
        held = CatalogueUpload.objects.select_for_update().get(pk=upload.pk)
        report = import_content(bytes(held.content), confirmed=confirmed)
        if report.applied:
            held.delete()
    return report


def purge_uploads(now: datetime) -> int:
    """Delete what nobody confirmed within a day; returns how many."""
    _rows, by_model = CatalogueUpload.objects.filter(uploaded_at__lt=now - KEPT).delete()
    return by_model.get(CatalogueUpload._meta.label, 0)
