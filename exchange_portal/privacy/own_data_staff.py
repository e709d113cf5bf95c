"""Own data without other people in it: of staff only the role is told."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from applications.admin.audit.places import title_of
from applications.models import RoleGrant, User

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date, datetime

    from exchange_portal.privacy.own_data_kinds import Table

YOU, STAFF = "you", "staff"
# When staff looked is told by the day: the hours of single people are theirs.
BY_THE_DAY = frozenset({"opened_by_staff", "accesses_by_staff", "lists_for_partners"})

# Pages that tell who looked, or where what to do stands; the file itself tells more.
NOT_TOLD = frozenset(
    {
        "home",
        "applications:messages",
        "admin:index",
        "admin:applications_auditentry_changelist",
        "admin:applications_auditentry_change",
    }
)


class Acting:
    """Replaces people in rows by what they are to the person: `you`, or the role of that day."""

    def __init__(self, person: User) -> None:
        self.person = person
        by_login: dict[str, list[tuple[str, date, date | None]]] = {}
        grants = RoleGrant.objects.order_by("role").values_list(
            "login_id", "role", "valid_from", "valid_until"
        )
        for login_id, role, start, end in grants:
            by_login.setdefault(login_id, []).append((role, start, end))
        people = User.objects.filter(username__in=by_login).values_list("pk", "username")
        self._roles = {pk: by_login[username] for pk, username in people}
        self._is_staff = person.username in by_login
        self._own_codes = set(person.applications.values_list("code", flat=True))

    def all_told(self, table: Table, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield the rows as their person may read them; accesses once for each day and page."""
        if table.section != "accesses_by_staff":
            yield from (self.told(table, row) for row in rows)
            return
        day: date | None = None
        told: set[tuple[object, ...]] = set()
        for row in rows:
            if row["place"] in NOT_TOLD:
                continue
            line = self.told(table, row)
            if line["at"] != day:
                day, told = line["at"], set()
            if (key := tuple(line.values())) not in told:
                told.add(key)
                yield line

    def told(self, table: Table, row: dict[str, Any]) -> dict[str, Any]:
        """Return the row as its person may read it."""
        for name in people_in(table):
            if name in row:
                row[name] = self._role(row[name], _instant(row, name))
        if table.section in BY_THE_DAY:
            row["at"] = timezone.localtime(row["at"]).date()
        if "place" in row:
            row["place"] = title_of(row["place"])
        if table.files:
            row["file"] = table.file_of(row)
        # What staff wrote is for staff; what the person wrote is given back.
        if table.section == "state_changes" and row["by"] != YOU:
            row["reason"] = None
        # Mails to staff name the students they are about.
        if (
            table.section == "messages"
            and self._is_staff
            and row["application__code"] not in self._own_codes
        ):
            row |= {"application__code": None, "subject": None, "body": None}
        return row

    def _role(self, pk: int | None, at: datetime | None) -> str | None:
        if pk is None:
            return None
        if pk == self.person.pk:
            return YOU
        roles = self._roles.get(pk, ())
        day = at and timezone.localtime(at).date()
        held = [
            role
            for role, start, end in roles
            if day is None or (start <= day and (end is None or day <= end))
        ]
        return " ".join(dict.fromkeys(held)) or STAFF


@cache
def people_in(table: Table) -> tuple[str, ...]:
    """Return the fields of a table that name a person by number."""
    columns = {column.name: column for column in table.rows._meta.concrete_fields}
    return tuple(
        name for name in table.fields if getattr(columns.get(name), "related_model", None) is User
    )


def _instant(row: dict[str, Any], name: str) -> datetime | None:
    """Return when that person acted, where the row tells."""
    found: datetime | None = row.get(f"{name.removesuffix('_by')}_at", row.get("at"))
    return found
