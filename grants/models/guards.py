"""Triggers that keep what a frozen grant was calculated from, and the grant itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pgtrigger

if TYPE_CHECKING:
    from collections.abc import Sequence

# Holds the reason of a change for the length of its transaction (grants.tables_changed).
REASON_SETTING = "portal.grant_table_reason"


def changed_with_reason(project: str, *, but_not: Sequence[str] = ()) -> pgtrigger.Trigger:
    """Refuse a silent change of a project's tables once an approved grant was calculated by it.

    `project` is the column that names the project. Columns in `but_not` are free: no grant is
    calculated from them.
    """
    free = ", ".join(f"'{column}'" for column in but_not)
    return pgtrigger.Trigger(
        name="changed_with_reason",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        declare=[("touched", "integer[]"), ("free", "text[]")],
        func=f"""
            free := ARRAY[{free}]::text[];
            IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - free = to_jsonb(NEW) - free THEN
                RETURN NEW;
            END IF;
            touched := ARRAY[]::integer[];
            IF TG_OP <> 'INSERT' THEN touched := touched || OLD.{project}::integer; END IF;
            IF TG_OP <> 'DELETE' THEN touched := touched || NEW.{project}::integer; END IF;
            IF COALESCE(current_setting('{REASON_SETTING}', true), '') = '' AND EXISTS (
                SELECT 1 FROM grants_awardversion v
                WHERE v.project_id = ANY(touched) AND v.approved_at IS NOT NULL
            ) THEN
                RAISE EXCEPTION 'changed_with_reason: an approved grant used this project'
                    USING ERRCODE = 'check_violation';
            END IF;
            IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
            RETURN NEW;
        """,  # noqa: S608 - names of our own columns, nothing from outside
    )
