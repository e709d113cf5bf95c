"""`manage.py error_pages`: what the proxy says when it answers in the portal's stead."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.template.loader import render_to_string
from django.utils import translation

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

# Too large, too many, and not there.
PAGES = ("413", "429", "502")


class Command(BaseCommand):
    help = "Write the pages of the proxy (nginx) into DIRECTORY/<language>/<status>.html."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", type=Path)

    def handle(self, *, directory: Path, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        for language, _name in settings.LANGUAGES:
            folder = directory / language
            folder.mkdir(parents=True, exist_ok=True)
            with translation.override(language):
                for name in PAGES:
                    context = {"university_name": settings.UNIVERSITY_NAME}
                    page = render_to_string(f"{name}.html", context)
                    (folder / f"{name}.html").write_text(page, encoding="utf-8")
