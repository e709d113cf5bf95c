"""Refuse to change what seats and agreements are for while places and calls build on it.

A place is held on seats of one year, level and semester, and a call gives away the seats of one
host: to change these under them would put students elsewhere, or beyond the quota. Like
`seats_below_places` it can't be declared on the models, since partners know nothing of calls.
"""

from django.db import migrations

CREATE = """
CREATE FUNCTION applications_seats_in_use() RETURNS trigger AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM applications_placement WHERE pool_id = NEW.id AND live) THEN
        RAISE EXCEPTION 'seats_in_use: students hold places on these seats'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER seats_in_use BEFORE UPDATE OF agreement_id, academic_year, level, semester
    ON partners_seatpool FOR EACH ROW
    WHEN ((OLD.agreement_id, OLD.academic_year, OLD.level, OLD.semester)
        IS DISTINCT FROM (NEW.agreement_id, NEW.academic_year, NEW.level, NEW.semester))
    EXECUTE FUNCTION applications_seats_in_use();

CREATE FUNCTION applications_agreement_in_use() RETURNS trigger AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM applications_callhost WHERE agreement_id = NEW.id) THEN
        RAISE EXCEPTION 'agreement_in_use: a call gives away seats of this agreement'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER agreement_in_use BEFORE UPDATE OF host_id, faculty_id, kind
    ON partners_agreement FOR EACH ROW
    WHEN ((OLD.host_id, OLD.faculty_id, OLD.kind)
        IS DISTINCT FROM (NEW.host_id, NEW.faculty_id, NEW.kind))
    EXECUTE FUNCTION applications_agreement_in_use();
"""
DROP = """
DROP TRIGGER seats_in_use ON partners_seatpool;
DROP FUNCTION applications_seats_in_use();
DROP TRIGGER agreement_in_use ON partners_agreement;
DROP FUNCTION applications_agreement_in_use();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0006_help_and_steps"),
        ("partners", "0006_seats_within"),
    ]

    operations = [migrations.RunSQL(CREATE, DROP)]
