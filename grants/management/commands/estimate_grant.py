"""Estimate a grant on the command line. The options are a stable contract (README)."""

from __future__ import annotations

import argparse
import io
import json
import math
import re
import sys
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db.utils import OperationalError, ProgrammingError

from grants.calculation import (
    SOCIAL_REASONS,
    DatedStay,
    Estimate,
    GrantRequest,
    GrantTables,
    Interruption,
    MobilityType,
    Reason,
    TopUpCode,
    Warn,
    academic_year_of_start,
    as_json,
    estimate,
)
from grants.loading import tables_from_database, tables_from_files
from grants.texts import LINES, MOBILITIES, reason_text, warning_texts
from partners import academic_year
from partners.management.one_sentence import OneSentenceCommand

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

PROJECT_FORM = re.compile(r"KA[0-9]{3}-[0-9]{4}")
COUNTRY_FORM = re.compile(r"[A-Z]{2}")
BEYOND_MAXIMUM = (
    "The stay is longer than a study cycle funds. It is shown without that limit: the last days "
    "must be cut or stay without a grant."
)
STAY_PROBLEMS = {
    Reason.END_BEFORE_START: "The end lies before the start.",
    Reason.INTERRUPTION_OUTSIDE_STAY: "An interruption lies outside the stay.",
    Reason.INTERRUPTIONS_OVERLAP: "Two interruptions overlap.",
}


class BadInput(Exception):  # noqa: N818 - the sentence on standard error, not a fault of ours
    """The request can't be understood; its text is the sentence shown."""


class Command(OneSentenceCommand):
    help = "Calculate the grant of one stay, each line with its source."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add("--start", required=True, metavar="DATE", help="first day of presence, YYYY-MM-DD")
        add("--end", required=True, metavar="DATE", help="last day of presence, YYYY-MM-DD")
        add("--country", required=True, metavar="ISO2", help="host country, such as FR")
        add("--project", metavar="CODE", help="such as KA131-2024")
        add("--academic-year", metavar="YEAR", help="such as 2024/25, when it has one project")
        add("--mobility", default="SMS", metavar="TYPE", help="SMS, SMP or short-term")
        add("--cap", type=_number, metavar="DAYS", help="most days to fund")
        add(
            "--top-up",
            nargs="+",
            action="extend",
            default=[],
            metavar="CODE",
            help=f"reasons for the social top-up: {', '.join(SOCIAL_REASONS)}",
        )
        add("--green", action="store_true", help="travels mostly by train, bus or shared car")
        add("--distance-km", type=_distance, metavar="KM", help="great circle, city to city")
        add("--travel-days", type=_number, default=0, metavar="DAYS", help="extra days granted")
        add(
            "--interruption",
            action="append",
            default=[],
            metavar="DATE..DATE",
            help="first and last day that do not count; may be repeated",
        )
        add(
            "--earlier-days",
            type=_number,
            metavar="DAYS",
            help="days of earlier stays in this study cycle; the rest of its maximum is the limit",
        )
        add("--from-files", action="store_true", help="shipped data files, no database needed")
        add("--json", action="store_true", help="one JSON object")

    def handle(self, *args: object, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        try:
            request, answer = _estimate(options)
        except BadInput as problem:
            self.stderr.write(str(problem))
            sys.exit(2)
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a terminal that can't show every sign
        if options["json"]:
            self.stdout.write(json.dumps(as_json(answer)))
        else:
            self.stdout.write(_report(request, answer))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days.")
    return int(text)


def _distance(text: str) -> float:
    try:
        distance = float(text)
    except ValueError:
        distance = math.nan
    if not 0 <= distance < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a distance in kilometres.")
    return distance


def _estimate(options: dict[str, Any]) -> tuple[GrantRequest, Estimate]:
    stay = DatedStay(
        _date(options["start"]),
        _date(options["end"]),
        tuple(_interruption(text) for text in options["interruption"]),
    )
    if stay.end < stay.start:
        raise BadInput(STAY_PROBLEMS[Reason.END_BEFORE_START])
    mobility, country = _mobility(options["mobility"]), _country(options["country"])
    top_ups = tuple(_top_up(code) for code in options["top_up"])
    tables = _tables(from_files=options["from_files"])
    project = _project(options["project"], options["academic_year"], stay, tables)
    request = GrantRequest(
        project=project or "",
        mobility=mobility,
        country=country,
        stay=stay,
        cap_days=options["cap"],
        earlier_days=options["earlier_days"] or 0,
        top_ups=top_ups,
        green=options["green"],
        distance_km=options["distance_km"],
        travel_days=options["travel_days"],
        # Asked for one stay alone the command shows its arithmetic and warns.
        fund_beyond_maximum=options["earlier_days"] is None,
    )
    if project is None:
        return request, Estimate(None, reason=Reason.ACADEMIC_YEAR_UNKNOWN)
    answer = estimate(request, tables)
    if answer.reason in STAY_PROBLEMS:
        raise BadInput(STAY_PROBLEMS[answer.reason])
    return request, answer


def _tables(*, from_files: bool) -> GrantTables:
    if from_files:
        return tables_from_files()
    try:
        return tables_from_database()
    except (OperationalError, ProgrammingError) as error:
        raise BadInput(
            "The portal's grant tables can't be read: start the database and run the migrations, "
            "or use --from-files."
        ) from error


def _date(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError as error:
        raise BadInput(f"{text!r} is not a date such as 2025-09-01.") from error


def _interruption(text: str) -> Interruption:
    start, dots, end = text.partition("..")
    if not dots:
        raise BadInput(f"{text!r} is not an interruption such as 2025-11-01..2025-11-14.")
    return Interruption(_date(start), _date(end))


def _mobility(text: str) -> MobilityType:
    for mobility in MobilityType:
        if text.lower() == mobility.lower():
            return mobility
    raise BadInput(f"{text!r} is not a kind of mobility: {', '.join(MobilityType)}.")


def _country(text: str) -> str:
    country = text.strip().upper()
    if not text.isascii() or not COUNTRY_FORM.fullmatch(country):
        raise BadInput(f"{text!r} is not a country code of two letters such as FR.")
    return country


def _top_up(text: str) -> TopUpCode:
    """Accept the code, also as the data's pages write it ("social_top_up_child", "child")."""
    reason = text.lower().replace("-", "_").removeprefix("social_").removeprefix("top_up_")
    for code in SOCIAL_REASONS:
        if code == f"social_{reason}":
            return code
    raise BadInput(f"{text!r} is not a reason for a top-up: {', '.join(SOCIAL_REASONS)}.")


def _project(
    project: str | None, year_text: str | None, stay: DatedStay, tables: GrantTables
) -> str | None:
    """Return the project that pays, None when none is known for the year.

    Raises BadInput when several may pay and none was named: a grant always names its project.
    """
    if project is not None and not PROJECT_FORM.fullmatch(project.strip().upper()):
        raise BadInput(f"{project!r} is not a project such as KA131-2024.")
    if year_text is None:
        if project is not None:
            return project.strip().upper()
        year = academic_year_of_start(stay.start)
    else:
        try:
            year = academic_year.parse(year_text)
        except ValueError as error:
            raise BadInput(str(error)) from error
    paying = tables.projects_paying(year)
    label = academic_year.label(year)
    if project is not None:
        code = project.strip().upper()
        if code in tables.projects and code not in paying:
            raise BadInput(f"{code} does not pay stays of {label}: {_named(paying)}.")
        return code
    if len(paying) > 1:
        raise BadInput(
            f"Several projects can pay stays of {label} ({_named(paying)}): "
            "name one with --project."
        )
    return paying[0] if paying else None


def _named(projects: tuple[str, ...]) -> str:
    return ", ".join(projects) or "no project is known"


def _warnings(request: GrantRequest, answer: Estimate) -> list[str]:
    """Return the sentences; of days that are shown though no project may pay them, another."""
    if not request.fund_beyond_maximum:
        return warning_texts(answer, request.country)
    rest = tuple(each for each in answer.warnings if each is not Warn.OVER_MAXIMUM_DAYS)
    texts = warning_texts(replace(answer, warnings=rest), request.country)
    return texts if rest == answer.warnings else [BEYOND_MAXIMUM, *texts]


def _report(request: GrantRequest, answer: Estimate) -> str:
    group = f", group {answer.country_group}" if answer.country_group else ""
    kind, project = str(MOBILITIES[request.mobility]), answer.project or "no project"
    mark = " · PROVISIONAL" if answer.provisional else ""
    months = f"{answer.months} months and {answer.extra_days} days"
    lines = [
        f"{kind} · {request.country}{group} · {project}{mark}",
        f"{answer.days} days ({months}), {answer.funded_days} of them funded",
        "",
    ]
    sources = list(dict.fromkeys(line.source for line in answer.lines))
    for line in answer.lines:
        figures = f"{line.quantity:>5} x {line.rate:>9,.2f}{line.amount:>12,.2f} EUR"
        lines.append(f"{LINES[line.code]!s:<40}{figures}  [{sources.index(line.source) + 1}]")
    if answer.ok:
        lines.append(f"{'Total':<57}{answer.total:>12,.2f} EUR")
    else:
        lines.append(f"No grant: {reason_text(answer, request.country)}")
    lines += [f"- {text}" for text in _warnings(request, answer)]
    lines += [f"[{number}] {source}" for number, source in enumerate(sources, 1)]
    return "\n".join(lines)
