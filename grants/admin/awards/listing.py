"""The list of awards: filters, sums, steps for many; each row opens the page of its award."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import Http404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications import access
from applications.admin.base import RecordAdmin
from grants import awards
from grants.admin.awards import changing, deciding, desk, nominated, page, together
from grants.admin.awards.doors import BESIDE, awards_for, to_award
from grants.admin.awards.standing import (
    IN_STATE,
    PENDING,
    PENDING_WORDS,
    TODO_WORDS,
    Pending,
    Todo,
    standing_of,
    todo_conditions,
)
from grants.admin.awards.together import Kind
from grants.models import GrantAward
from grants.states import AwardState
from grants.texts import STATES
from partners.admin.filters import CountryFilter

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase
    from django.urls import URLPattern
    from django.utils.safestring import SafeString

    from applications.admin.doors import View
    from applications.models import User

    Rows = QuerySet[GrantAward]


def _person(request: HttpRequest) -> User:
    if not access.known(request.user) or not access.can_see_grants(request.user):
        raise PermissionDenied
    return request.user


def _eur(amount: Decimal) -> str:
    return number_format(amount, decimal_pos=2, force_grouping=True)


class StateFilter(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "state"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        return [(each.value, words) for each, words in (*STATES.items(), *PENDING_WORDS.items())]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        asked = self.value()
        if asked in set(AwardState):
            return queryset.filter(IN_STATE[AwardState(asked)])
        return queryset.filter(PENDING[Pending(asked)]) if asked in set(Pending) else queryset


class TodoFilter(admin.SimpleListFilter):
    title = _("to do")
    parameter_name = "todo"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        return [(todo.value, words) for todo, words in TODO_WORDS.items()]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        asked = self.value()
        if asked not in set(Todo):
            return queryset
        conditions = todo_conditions(_person(request), timezone.localdate())
        return queryset.filter(conditions[Todo(asked)])


class StayCountryFilter(CountryFilter):
    path = "current__country"


class AwardList(ChangeList):
    """Rows lead to our page; what is listed is summed up over all pages."""

    sums: dict[str, Any]

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        alive = Q(cancelled_at=None)
        self.sums = self.queryset.order_by().aggregate(
            calculated=Sum("current__total", filter=alive, default=0),
            approved=Sum("approved__total", filter=alive, default=0),
        )

    def url_for_result(self, result: Model) -> str:
        return reverse("admin:grants_grantaward_award", args=[result.pk])


def _action(kind: Kind, words: Any) -> Callable[..., HttpResponseBase]:  # noqa: ANN401 - a lazy text
    @admin.action(description=words)
    def step(_admin: GrantAwardAdmin, request: HttpRequest, chosen: Rows) -> HttpResponseBase:
        return together.ask(request, _person(request), kind, chosen)

    step.__name__ = kind.value
    return step


@admin.register(GrantAward)
class GrantAwardAdmin(RecordAdmin[GrantAward]):
    list_display = ["student", "host", "project", "occasion", "amount", "status"]
    list_filter = [
        StateFilter,
        TodoFilter,
        "current__project",
        "current__occasion",
        "current__provisional",
        StayCountryFilter,
    ]
    list_select_related = BESIDE
    list_per_page = 50
    search_fields = [
        "nomination__application__code",
        "nomination__application__student__family_name",
        "nomination__application__student__given_names",
        "nomination__placement__host__agreement__host__name_en",
    ]
    actions = [
        _action(Kind.PROPOSE, _("Propose …")),
        _action(Kind.APPROVE, _("Approve …")),
        _action(Kind.CALCULATE_AGAIN, _("Calculate again …")),
        _action(Kind.CANCEL, _("Cancel with a reason …")),
    ]

    def get_queryset(self, request: HttpRequest) -> Rows:
        return super().get_queryset(request).filter(pk__in=awards_for(_person(request)))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:  # noqa: ANN401 - Django's signature
        return AwardList

    @admin.display(
        description=_("student"), ordering="nomination__application__student__family_name"
    )
    def student(self, award: GrantAward) -> SafeString:
        application = award.nomination.application
        return format_html("{} <small>{}</small>", application.student, application.code)

    @admin.display(
        description=_("host university"),
        ordering="nomination__placement__host__agreement__host__name_en",
    )
    def host(self, award: GrantAward) -> str:
        return str(awards.host_of(award.nomination))

    @admin.display(description=_("project"), ordering="current__project__code")
    def project(self, award: GrantAward) -> str:
        return awards.newest(award).project.code

    @admin.display(description=_("occasion"), ordering="current__occasion")
    def occasion(self, award: GrantAward) -> str:
        return awards.newest(award).get_occasion_display()

    @admin.display(
        description=_("total in EUR"), ordering=Coalesce("approved__total", "current__total")
    )
    def amount(self, award: GrantAward) -> SafeString:
        newest = awards.newest(award)
        in_force = award.approved or newest
        shown = format_html('<span class="grant-amount">{}</span>', _eur(in_force.total))
        if award.cancelled_at is not None or newest == in_force:
            return shown
        then = gettext("by the change: %(total)s") % {"total": _eur(newest.total)}
        return format_html("{} <small>{}</small>", shown, then)

    @admin.display(description=_("status"))
    def status(self, award: GrantAward) -> SafeString:
        badge = '<span class="badge badge--{}">{}</span>'
        standing = standing_of(award)
        said = format_html(badge, standing.tone, standing.words)
        if award.cancelled_at is not None or not awards.newest(award).provisional:
            return said
        return format_html("{} {}", said, format_html(badge, "warning", gettext("provisional")))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Lead to the page of the award: Django's own would show the columns as they stand."""
        _person(request)
        award = self.get_object(request, object_id)
        if award is None:
            raise Http404
        return to_award(award)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(
            request, {"title": gettext("Awards"), **(extra_context or {})}
        )

    def get_urls(self) -> list[URLPattern]:
        def at(route: str, view: View, name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"grants_grantaward_{name}")

        return [
            at("desk/", desk.desk, "desk"),
            at("desk/differences/", desk.differences, "differences"),
            at("nominations/", nominated.nominations, "nominations"),
            at("nominations/award/", nominated.award_ticked, "award_ticked"),
            at("nominations/<uuid:nomination>/", changing.award_one, "award_one"),
            at("together/", together.act, "together"),
            at("award/<int:pk>/", page.award, "award"),
            at("award/<int:pk>/terms/", changing.change, "terms"),
            at("award/<int:pk>/again/", deciding.calculate_again, "again"),
            at("award/<int:pk>/propose/", deciding.propose, "propose"),
            at("award/<int:pk>/approve/", deciding.approve, "approve"),
            at("award/<int:pk>/send-back/", deciding.send_back, "send_back"),
            at("award/<int:pk>/take-back/", deciding.take_back, "take_back"),
            at("award/<int:pk>/cancel/", deciding.cancel, "cancel"),
            at("award/<int:pk>/evidence/", deciding.evidence, "evidence"),
            *super().get_urls(),
        ]
