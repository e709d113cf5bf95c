"""Awards in the list: the newest version of each, and where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from grants import awards
from grants.models import GrantAward
from grants.texts import STATES

if TYPE_CHECKING:
    from django.http import HttpRequest


@admin.register(GrantAward)
class GrantAwardAdmin(admin.ModelAdmin[GrantAward]):
    list_display = ["code", "student", "host", "amount", "status"]
    list_select_related = [
        "current__project",
        "approved",
        "nomination__application__student",
        "nomination__placement__host__agreement__host",
    ]
    search_fields = [
        "nomination__application__code",
        "nomination__application__student__family_name",
    ]

    @admin.display(description=_("application"), ordering="nomination__application__code")
    def code(self, award: GrantAward) -> str:
        return award.nomination.application.code

    @admin.display(
        description=_("student"), ordering="nomination__application__student__family_name"
    )
    def student(self, award: GrantAward) -> str:
        return str(award.nomination.application.student)

    @admin.display(description=_("host university"))
    def host(self, award: GrantAward) -> str:
        return str(awards.host_of(award.nomination))

    @admin.display(description=_("total in EUR"), ordering="current__total")
    def amount(self, award: GrantAward) -> str:
        return number_format(awards.newest(award).total, decimal_pos=2, force_grouping=True)

    @admin.display(description=_("status"))
    def status(self, award: GrantAward) -> str:
        return str(STATES[award.state])

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: GrantAward | None = None) -> bool:
        return False
