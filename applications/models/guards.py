"""Triggers for rules that cross tables: the database refuses what belongs to another call."""

from __future__ import annotations

import pgtrigger
from django.db import connection


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


def of_one_call_with_its_seats() -> pgtrigger.Trigger:
    """Return the guard of rows that hold a seat: all of one call, seats of host and semester."""
    return belongs_together(
        "application_id",
        "run_id",
        "host_id",
        "pool_id",
        "semester",
        rule="""
            SELECT 1 FROM applications_application a
            JOIN applications_call c ON c.id = a.call_id
            JOIN applications_allocationrun r ON r.call_id = c.id
            JOIN applications_callhost h ON h.call_id = c.id
            LEFT JOIN partners_seatpool p ON p.agreement_id = h.agreement_id
                AND p.academic_year = c.academic_year
                AND p.semester IN ('', NEW.semester)
                AND p.id = NEW.pool_id
            WHERE a.id = NEW.application_id AND r.id = NEW.run_id
                AND h.id = NEW.host_id AND p.id IS NOT DISTINCT FROM NEW.pool_id
        """,
    )


def seats_counted(*, placements: str, better_offers: str) -> str:
    """Return the body that refuses a seat beyond the pool's; its row is locked while counting.

    The conditions say which rows of the two tables hold a seat beside the new one.
    """
    return f"""
        SELECT seats INTO allowed FROM partners_seatpool WHERE id = NEW.pool_id FOR UPDATE;
        SELECT (SELECT count(*) FROM applications_placement
                WHERE pool_id = NEW.pool_id AND {placements})
            + (SELECT count(*) FROM applications_betteroffer
                WHERE pool_id = NEW.pool_id AND {better_offers})
            INTO taken;
        IF taken >= allowed THEN
            RAISE EXCEPTION 'seats_never_exceeded: all % seats are taken', allowed
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """  # noqa: S608 - both conditions are literals of our own models


def expect_many_rows() -> None:
    """Prepare the running transaction for thousands of rows with triggers; no rule is left out.

    Each trigger asks for every row which triggers to ignore and, for the history, in whose name.
    Without an answer it raises and catches an error, and PostgreSQL then looks through all
    constraints still to be checked at the end: the time would grow with the square of the rows. So
    the first question has its answer, and constraints are checked with each statement.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SET CONSTRAINTS ALL IMMEDIATE; SELECT set_config('pgtrigger.ignore', '{}', true)"
        )
