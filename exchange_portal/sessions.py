"""Where sessions are kept: Django's table. Every page reads its own, by a question put once."""

from __future__ import annotations

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import CharField, DateTimeField
from django.utils import timezone

from partners.prepared import Given, Prepared

_LIVING = Prepared(
    lambda: Session.objects.filter(
        session_key=Given("key", CharField()), expire_date__gt=Given("now", DateTimeField())
    )
)


class SessionStore(db.SessionStore):
    """Django's store of sessions in the database."""

    def _get_session_from_db(self) -> Session | None:
        found = _LIVING(key=self.session_key, now=timezone.now())
        if found:
            return found[0]
        self._session_key = None
        return None
