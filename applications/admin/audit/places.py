"""The pages the log knows by the names of their addresses, in words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.apps import apps
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from applications.admin.audit.wording import Names
    from applications.models import AuditEntry

_OF_A_CALL = "admin:applications_call_"
_OF_AN_APPLICATION = "admin:applications_application_"
_OF_AN_AWARD = "admin:grants_grantaward_"
_OF_A_PAYMENT = "admin:grants_paymentlist_"

# The title, where the addresses begin, and how they end.
_TITLES: tuple[tuple[_StrPromise, str, str], ...] = (
    (_("File of an application"), _OF_AN_APPLICATION, "file"),
    (_("Document of an application"), _OF_AN_APPLICATION, "paper_page paper_text"),
    (_("Score sheet"), _OF_AN_APPLICATION, "score"),
    (_("Decision on an application"), _OF_AN_APPLICATION, "decide exclude_host direct"),
    (_("Exception after the deadline"), _OF_AN_APPLICATION, "concede"),
    (_("Comment on an application"), _OF_AN_APPLICATION, "comment"),
    (_("Overview of a round"), _OF_A_CALL, "round close"),
    (_("Review of a round"), _OF_A_CALL, "progress review_stop review_resume review_again"),
    (_("Applications of a round"), _OF_A_CALL, "applicants confirm assign second_round"),
    (
        _("Ranking of a round"),
        _OF_A_CALL,
        "orders rank ranking ranking_host ranking_older ranking_move ranking_move_end",
    ),
    (
        _("Allocation of a round"),
        _OF_A_CALL,
        "runs run run_hosts advice allocate compare suppose instance result publish",
    ),
    (_("Places of a round"), _OF_A_CALL, "places place give_on"),
    (
        _("Nominations of a round"),
        _OF_A_CALL,
        "nominations nominate enrolment host_confirmed complete",
    ),
    (
        _("Page of a nomination"),
        _OF_A_CALL,
        "nomination nomination_copy host_answer cancel correct",
    ),
    (_("List of nominations"), _OF_A_CALL, "export export_job export_progress export_file"),
    (_("Selection protocol"), _OF_A_CALL, "protocol"),
    (_("Statistics"), _OF_A_CALL, "statistics statistics_export years years_export"),
    (_("Nomination radar"), "admin:", "nomination_radar"),
    (_("Suggestions while typing"), "admin:", "autocomplete"),
    (_("Audit log as a file"), "admin:", "applications_auditentry_export"),
    (_("Grants desk"), _OF_AN_AWARD, "desk differences together"),
    (_("Nominations without a grant"), _OF_AN_AWARD, "nominations award_one award_ticked"),
    (
        _("Grant of a student"),
        _OF_AN_AWARD,
        "award terms again propose approve send_back take_back cancel evidence",
    ),
    (_("Payments"), _OF_A_PAYMENT, "due first paid repayments"),
    (_("Payment list as a file"), _OF_A_PAYMENT, "file"),
    (_("Budget of the grants"), "admin:grants_", "budget budget_project budget_suppose"),
    (_("Document of an application"), "applications:", "document preview"),
    (_("What would be deleted"), "admin:", "privacy_due"),
    (_("Request for erasure"), "admin:", "privacy_decide"),
    (_("Own data as a file"), "privacy:", "own_data_download"),
    (_("Receipt"), "applications:", "receipt receipt_pdf"),
    (_("Calendar"), "applications:", "calendar answer_calendar"),
    (_("Messages"), "applications:", "message messages"),
    (_("Home"), "", "home"),
    (_("Document after the stay"), "grants:", "stay_document"),
    (_("Grant of a student"), "grants:", "mine declare account upload"),
)
_BY_NAME = {start + end: title for title, start, ends in _TITLES for end in ends.split()}


def title_of(place: str) -> str:
    """Name a page for a reader; one without words of its own by the name of its address."""
    if place in _BY_NAME:
        return str(_BY_NAME[place])
    if place.startswith("applications:"):
        return gettext("Page of a student")
    app_label, _split, rest = place.removeprefix("admin:").partition("_")
    model, _split, page = rest.partition("_")
    try:
        rows = str(apps.get_model(app_label, model)._meta.verbose_name_plural)
    except LookupError:
        return place
    return gettext("%(table)s: list") % {"table": rows} if page == "changelist" else rows


def named_by(entry: AuditEntry, names: Names) -> str:
    """Return what the row is called whose page of the administration this is; "" for any other."""
    found = re.fullmatch(r"object_id=(\d+)", entry.target)
    app_label, _split, rest = entry.place.removeprefix("admin:").partition("_")
    try:
        table = apps.get_model(app_label, rest.partition("_")[0])
    except LookupError:
        return ""
    if found is None:
        return ""
    row = int(found[1])
    names.learn(table, [row])
    name = names.of(table, row)
    return "" if name == str(row) else name
