"""What is set right with the rows of a backup, since time went on without them.

Sessions that were ended since would live again, and mails that went out since would go out twice:
nobody here can know. What else was done since only a person can repeat (`manage.py restore` says
what).
"""

from __future__ import annotations

from django.contrib.sessions.models import Session
from psycopg.sql import SQL, Identifier, Literal

from applications import mails
from applications.models import OutgoingMail

HELD = "Held by a restore: it may have gone out after the backup."

_SET_RIGHT = SQL(
    "SET LOCAL search_path = public;\n"
    "DELETE FROM {session};\n"
    "UPDATE {mail} SET attempts = {most}, error = {held}"
    " WHERE sent_at IS NULL AND attempts < {most};\n"
)


def script() -> str:
    """Return the SQL: all sessions end, and unsent mails stay until a person releases them."""
    return _SET_RIGHT.format(
        session=Identifier(Session._meta.db_table),
        mail=Identifier(OutgoingMail._meta.db_table),
        most=Literal(mails.MOST_ATTEMPTS),
        held=Literal(HELD),
    ).as_string(None)


def held() -> int:
    """Count the mails that wait for a person since a restore."""
    return mails.given_up().filter(error=HELD).count()
