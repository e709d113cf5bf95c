"""The pages of the office's work with grants beside each other, on each of them."""

from __future__ import annotations

from typing import Any, NamedTuple

from django import template
from django.utils.translation import gettext_lazy as _

register = template.Library()

# Name of the page in the admin, and its word.
TABS = (
    ("grants_grantaward_desk", _("Desk")),
    ("grants_grantaward_nominations", _("To award")),
    ("grants_grantaward_changelist", _("Awards")),
    ("grants_paymentlist_due", _("What is due")),
    ("grants_paymentlist_changelist", _("Payment lists")),
    ("grants_paymentlist_repayments", _("Repayments")),
    ("grants_budget", _("Budget")),
    ("grants_budget_suppose", _("Suppose another cap")),
    ("grants_grantproject_changelist", _("Projects")),
    ("grants_grantproject_health", _("What is missing or overlaps")),
)
# Pages beneath another tab than that of their table.
BENEATH = {
    "grants_grantaward_differences": "grants_grantaward_desk",
    "grants_grantaward_award_one": "grants_grantaward_nominations",
    "grants_budget_project": "grants_budget",
}


class Tab(NamedTuple):
    address: str
    word: Any
    current: str


@register.inclusion_tag("admin/grants/nav.html", takes_context=True)
def grants_nav(context: template.Context) -> dict[str, object]:
    """Show the tabs; the page itself, or the one it lies beneath, is marked."""
    match = context["request"].resolver_match
    name = match.url_name if match else ""
    table = "_".join(name.split("_")[:2])
    above = BENEATH.get(name, f"{table}_changelist")
    tabs = dict(TABS)
    marked = {name: "page"} if name in tabs else {above: "true"}
    return {"tabs": [Tab(f"admin:{each}", word, marked.get(each, "")) for each, word in TABS]}
