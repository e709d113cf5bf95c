"""`manage.py load_grant_tables`: the data files into the tables the office keeps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from django.core.management.base import CommandError, CommandParser
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from applications import access
from applications.models import User
from grants import table_files
from grants.loading import DATA
from grants.table_files import FILES, OverlapsError, Step, UnreadableError
from grants.tables_changed import ReasonNeededError
from partners.management.one_sentence import OneSentenceCommand

if TYPE_CHECKING:
    from grants.table_files import FileReport, FileRow

_REFUSED = 2  # exit code for everything the caller has to put right


class Command(OneSentenceCommand):
    help = (
        "Load the grant tables (projects, rates, countries, top-ups, travel bands) from their data "
        "files. Reports every row that is new or changed with its file and line and writes all or "
        "nothing; rows the office has changed in the portal are kept. Deletes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
        parser.add_argument(
            "--from",
            dest="folder",
            type=Path,
            default=DATA,
            metavar="DIR",
            help="folder with the five files; without it, those the portal ships",
        )
        parser.add_argument(
            "--overwrite",
            action="store_true",
            help="also rows the office has changed in the portal",
        )
        parser.add_argument(
            "--reason", default="", help="why, where an approved grant was calculated by a project"
        )
        parser.add_argument(
            "--by", default="", metavar="LOGIN", help="who of the International Office says so"
        )

    def handle(
        self,
        *args: object,
        dry_run: bool,
        folder: Path,
        overwrite: bool,
        reason: str,
        by: str,
        **options: object,
    ) -> None:
        person = _officer(by) if by else None
        try:
            report = table_files.read(folder, overwrite=overwrite)
        except UnreadableError as error:
            raise _refused(_("%(file)s can't be read.") % {"file": error}) from error
        if report.problems:
            raise self._problems(report.problems)
        for row in report.rows:
            if row.step is not Step.UNCHANGED:
                self.stdout.write(_sentence(row))
        self._load(report, reason, person, dry_run=dry_run)
        for file in FILES:
            self.stdout.write(_counted(report, file))
        self.stdout.write(
            _("Nothing was written.")
            if dry_run
            else _("%(number)d rows written.") % {"number": len(report.to_write)}
        )

    def _problems(self, sentences: list[str]) -> CommandError:
        for sentence in sentences:
            self.stderr.write(sentence)
        number = len(sentences)
        text = ngettext(
            "%(number)d problem, nothing was written.",
            "%(number)d problems, nothing was written.",
            number,
        )
        return _refused(text % {"number": number})

    def _load(self, report: FileReport, reason: str, by: User | None, *, dry_run: bool) -> None:
        try:
            with transaction.atomic():
                table_files.load(report, reason=reason, by=by)
                transaction.set_rollback(dry_run)
        except ReasonNeededError as needed:
            text = _(
                "An approved grant was calculated by %(projects)s: give --reason and --by. "
                "Nothing was written."
            ) % {"projects": ", ".join(needed.projects)}
            if not dry_run:
                raise _refused(text) from needed
            self.stdout.write(text)
        except OverlapsError as error:
            raise self._problems(error.sentences) from error
        except IntegrityError as error:
            first = str(error).partition("\n")[0]
            text = _("The database refused the files, nothing was written: %(reason)s")
            raise _refused(text % {"reason": first}) from error


def _officer(login: str) -> User:
    person = User.objects.filter(username=login).first()
    if person is None or not access.can_see_grants(person):
        raise _refused(_("%(login)s is nobody of the International Office.") % {"login": login})
    return person


def _refused(sentence: str) -> CommandError:
    return CommandError(sentence, returncode=_REFUSED)


def _sentence(row: FileRow) -> str:
    words = {"file": row.file, "line": row.line, "row": row.row}
    if row.step is Step.NEW:
        return _("%(file)s, line %(line)d: new: %(row)s") % words
    changes = ", ".join(
        f"{column}: {before!r} -> {after!r}" for column, (before, after) in row.changes.items()
    )
    text = (
        _("%(file)s, line %(line)d: changed: %(row)s (%(changes)s)")
        if row.step is Step.CHANGED
        else _("%(file)s, line %(line)d: kept as the office has it: %(row)s (%(changes)s)")
    )
    return text % {**words, "changes": changes}


def _counted(report: FileReport, file: str) -> str:
    count = report.count(file)
    text = _(
        "%(file)s: %(new)d new, %(changed)d changed, %(kept)d kept as the office has them, "
        "%(unchanged)d unchanged"
    )
    return text % {"file": file, **{step.value: count[step] for step in Step}}
