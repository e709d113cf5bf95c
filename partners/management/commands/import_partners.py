"""`manage.py import_partners`: a stable contract, see ARCHITECTURE (command line)."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from django.core.management.base import CommandError, CommandParser
from django.db import IntegrityError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from partners import academic_year, importing
from partners.management.one_sentence import OneSentenceCommand

if TYPE_CHECKING:
    from partners.importing import Change, Count, Report

_REFUSED = 2  # exit code for everything the caller has to put right


class Command(OneSentenceCommand):
    help = (
        "Load partners, agreements and seats from a CSV file or an XLSX workbook. Reports every "
        "problem with its line and writes all or nothing; can be repeated. README describes the "
        "columns."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.csv")
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
        parser.add_argument(
            "--academic-year",
            type=_year,
            metavar="YYYY/YY",
            help="year of the quotas in the survey's layout; without it, the next one",
        )

    def handle(
        self, *args: object, file: Path, dry_run: bool, academic_year: int | None, **options: object
    ) -> None:
        try:
            content = file.read_bytes()
        except OSError as error:
            message = _("%(file)s can't be read: %(reason)s.")
            raise CommandError(
                message % {"file": file, "reason": error.strerror}, returncode=_REFUSED
            ) from error
        try:
            report = importing.import_content(content, year=academic_year, dry_run=dry_run)
        except IntegrityError as error:
            message = _("The database refused the file, nothing was written: %(reason)s")
            reason = importing.reason_of(error)
            raise CommandError(message % {"reason": reason}, returncode=_REFUSED) from error
        for notice in report.notices:
            self.stderr.write(notice)
        if report.problems:
            self._refuse(report)
        self._tell(report, dry_run=dry_run)

    def _refuse(self, report: Report) -> None:
        for problem in report.problems:
            self.stderr.write(str(problem))
        message = ngettext(
            "%(number)d problem, nothing was written.",
            "%(number)d problems, nothing was written.",
            len(report.problems),
        )
        raise CommandError(message % {"number": len(report.problems)}, returncode=_REFUSED)

    def _tell(self, report: Report, *, dry_run: bool) -> None:
        if dry_run:
            for change in report.changes:
                self.stdout.write(_sentence(change))
        self.stdout.write(_counted(_("Partners"), report.partners))
        self.stdout.write(_counted(_("Agreements"), report.agreements))
        self.stdout.write(_counted(_("Seats"), report.seats))
        number = len(report.changes)
        if dry_run:
            text = ngettext(
                "%(number)d change would be made. Nothing was written.",
                "%(number)d changes would be made. Nothing was written.",
                number,
            )
        else:
            text = ngettext("%(number)d change.", "%(number)d changes.", number)
        self.stdout.write(text % {"number": number})


def _year(text: str) -> int:
    try:
        return academic_year.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _counted(title: str, count: Count) -> str:
    text = _("%(title)s: %(new)d new, %(changed)d changed, %(unchanged)d unchanged")
    return text % {
        "title": title,
        "new": count.new,
        "changed": count.changed,
        "unchanged": count.unchanged,
    }


def _sentence(change: Change) -> str:
    words = {"kind": change.kind, "name": change.name, "line": change.line}
    if change.is_new:
        fields = ", ".join(f"{name}: {value!r}" for name, _before, value in change.fields)
        text = _("new %(kind)s: %(name)s (line %(line)d; %(fields)s)")
    else:
        fields = ", ".join(
            f"{name}: {before!r} -> {after!r}" for name, before, after in change.fields
        )
        text = _("changed %(kind)s: %(name)s (line %(line)d; %(fields)s)")
    return text % {**words, "fields": fields}
