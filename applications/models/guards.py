"""Triggers for rules that cross tables: the database refuses what belongs to another call."""

from __future__ import annotations

import pgtrigger


def belongs_together(*columns: str, rule: str) -> pgtrigger.Trigger:
    """Return a trigger that refuses a row unless the query `rule` on NEW finds one.

    `columns` are those the rule reads: an update of others is not looked at.
    """
    return pgtrigger.Trigger(
        name="belongs_together",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.UpdateOf(*columns),
        func=f"""
            IF NOT EXISTS ({rule}) THEN
                RAISE EXCEPTION 'belongs_together: % row of another call', TG_TABLE_NAME
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,
    )


def of_application_and_host() -> pgtrigger.Trigger:
    """Return the guard of rows that name an application and a host: both of one call."""
    return belongs_together(
        "application_id",
        "host_id",
        rule="""
            SELECT 1 FROM applications_application a
            JOIN applications_callhost h ON h.call_id = a.call_id
            WHERE a.id = NEW.application_id AND h.id = NEW.host_id
        """,
    )


def never_changed() -> pgtrigger.Protect:
    """Return the guard of rows that are part of what was handed in or decided for good."""
    return pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete)
