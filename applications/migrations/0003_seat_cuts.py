"""Refuse to cut seats below the places that are held on them, on whatever path.

The other half of `seats_never_exceeded` on placements: that trigger locks the pool's row while it
counts, so a cut waits for a placement under way and a placement for a cut. It can't be declared
on the model, since partners know nothing of placements.
"""

from django.db import migrations

CREATE = """
CREATE FUNCTION applications_seats_below_places() RETURNS trigger AS $$
DECLARE
    held integer;
BEGIN
    SELECT count(*) INTO held FROM applications_placement WHERE pool_id = NEW.id AND live;
    IF held > NEW.seats THEN
        RAISE EXCEPTION 'seats_below_places: % of these seats are taken', held
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER seats_below_places BEFORE UPDATE OF seats ON partners_seatpool
    FOR EACH ROW WHEN (NEW.seats < OLD.seats)
    EXECUTE FUNCTION applications_seats_below_places();
"""
DROP = """
DROP TRIGGER seats_below_places ON partners_seatpool;
DROP FUNCTION applications_seats_below_places();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0002_programmes"),
        ("partners", "0001_initial"),
    ]

    operations = [migrations.RunSQL(CREATE, DROP)]
