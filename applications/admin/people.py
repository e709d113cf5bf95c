"""People and the roles they were given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import AnonymousUser, Group
from django.core.exceptions import ValidationError
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from applications import access
from applications.admin.base import OwnRowsFilter, RecordAdmin, ScopedAdmin
from applications.models import RoleGrant, User

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.db.models import QuerySet
    from django.forms import ModelForm
    from django.http import HttpRequest, HttpResponse

# Rights come from role grants; Django's groups have no meaning here.
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(RecordAdmin[User]):
    """People as the university login described them; nothing here is typed."""

    list_display = ["username", "family_name", "given_names", "is_active", "email", "affiliations"]
    search_fields = ["username", "family_name", "given_names", "matriculation_number"]
    list_filter = ["is_active"]
    fields = [
        "username",
        "given_names",
        "family_name",
        "email",
        "matriculation_number",
        "affiliations",
        "language",
        "is_active",
        "last_login",
    ]
    actions = ["withdraw_access", "give_access_back"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Leave out the rows that stand for somebody who was erased."""
        return super().get_queryset(request).filter(erased_at=None)

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        return access.can_withdraw_access(request.user)

    @admin.action(description=_("Withdraw access"), permissions=["withdraw"])
    def withdraw_access(self, request: HttpRequest, people: QuerySet[User]) -> HttpResponse | None:
        """Show what it means first; do it on the second yes, never to oneself."""
        if request.user in people:
            messages.error(request, gettext("You can't withdraw your own access."))
            return None
        if request.POST.get("confirmed") != "yes":
            return TemplateResponse(
                request,
                "admin/applications/withdraw_access.html",
                {
                    **self.admin_site.each_context(request),
                    "title": gettext("Withdraw access"),
                    "opts": self.opts,
                    "people": people,
                },
            )
        login_ids = list(people.values_list("username", flat=True))
        done = access.withdraw_access(login_ids, today=timezone.localdate()).people
        for person in done:
            self.log_change(request, person, gettext("Access withdrawn."))
        messages.success(
            request,
            ngettext(
                "%(number)d person has no access any more.",
                "%(number)d people have no access any more.",
                len(done),
            )
            % {"number": len(done)},
        )
        return None

    @admin.action(description=_("Give access back"), permissions=["withdraw"])
    def give_access_back(self, request: HttpRequest, people: QuerySet[User]) -> None:
        done = access.give_access_back(people)
        for person in done:
            self.log_change(request, person, gettext("Access given back."))
        messages.success(
            request,
            ngettext(
                "%(number)d person can sign in again.",
                "%(number)d people can sign in again.",
                len(done),
            )
            % {"number": len(done)},
        )


class RoleForm(forms.ModelForm[RoleGrant]):
    giver: AbstractBaseUser | AnonymousUser = AnonymousUser()

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        # Neither turned away from oneself nor turned towards oneself.
        for login_id in (self.initial.get("login_id", ""), self.cleaned_data.get("login_id", "")):
            if not access.can_give_roles_to(self.giver, login_id):
                raise ValidationError(
                    gettext(
                        "Nobody gives themselves a role, or changes or lengthens one of their own. "
                        "Ask somebody else of the International Office or an administrator."
                    )
                )
        return cleaned


@admin.register(RoleGrant)
class RoleGrantAdmin(ScopedAdmin[RoleGrant]):
    list_display = ["login_id", "role", "faculty", "valid_from", "valid_until", "granted_by"]
    list_filter = ["role", ("faculty", OwnRowsFilter)]
    list_select_related = ["faculty", "granted_by"]
    search_fields = ["login_id"]
    fields = ["login_id", "role", "faculty", "valid_from", "valid_until"]
    form = RoleForm

    def get_form(
        self,
        request: HttpRequest,
        obj: RoleGrant | None = None,
        change: bool = False,  # noqa: FBT001, FBT002 - Django's signature
        **kwargs: Any,  # noqa: ANN401 - Django's signature
    ) -> type[ModelForm[RoleGrant]]:
        made = super().get_form(request, obj, change, **kwargs)
        return type(made.__name__, (made,), {"giver": request.user})

    def save_model(
        self,
        request: HttpRequest,
        obj: RoleGrant,
        form: ModelForm[RoleGrant],
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        if isinstance(request.user, User):
            obj.granted_by = request.user
        super().save_model(request, obj, form, change)
