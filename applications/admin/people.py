"""People and the roles they were given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.models import Group

from applications.admin.base import OwnRowsFilter, RecordAdmin, ScopedAdmin
from applications.models import RoleGrant, User

if TYPE_CHECKING:
    from django.forms import ModelForm
    from django.http import HttpRequest

# Rights come from role grants; Django's groups have no meaning here.
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(RecordAdmin[User]):
    """People as the university login described them; nothing here is typed."""

    list_display = ["username", "family_name", "given_names", "email", "affiliations", "is_active"]
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


@admin.register(RoleGrant)
class RoleGrantAdmin(ScopedAdmin[RoleGrant]):
    list_display = ["login_id", "role", "faculty", "valid_from", "valid_until", "granted_by"]
    list_filter = ["role", ("faculty", OwnRowsFilter)]
    list_select_related = ["faculty", "granted_by"]
    search_fields = ["login_id"]
    fields = ["login_id", "role", "faculty", "valid_from", "valid_until"]

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
