"""Seats held by better offers can't be cut away either (see 0003)."""

from django.db import migrations

REPLACE = """
CREATE OR REPLACE FUNCTION applications_seats_below_places() RETURNS trigger AS $$
DECLARE
    held integer;
BEGIN
    SELECT (SELECT count(*) FROM applications_placement WHERE pool_id = NEW.id AND live)
        {better_offers} INTO held;
    IF held > NEW.seats THEN
        RAISE EXCEPTION 'seats_below_places: % of these seats are taken', held
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
"""
COUNTED = "+ (SELECT count(*) FROM applications_betteroffer WHERE pool_id = NEW.id AND is_open)"


class Migration(migrations.Migration):
    dependencies = [("applications", "0016_offers_and_lists")]

    operations = [
        migrations.RunSQL(REPLACE.format(better_offers=COUNTED), REPLACE.format(better_offers="")),
    ]
