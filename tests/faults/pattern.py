"""The round that every scenario reviews."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from applications import pdf_inspection
from applications.lifecycle import expectation
from applications.models import Application, Call
from applications.states import State
from tests import factories, pdfs

CODE = "faults"
SUBMISSIONS = 24
WITHDRAWN, DAMAGED, TWINS = 3, 5, (7, 8)
DRAFTS = 2

# Whoever holds this advisory lock alone holds up every review before its findings are written.
HOLD = 7399
# What the tests want to know, and the hold, in the database itself: the portal has no hook for it.
# A worker's review takes a moment at least, so that on a fast machine too some are left to disturb.
WATCH = """
CREATE TABLE faults_effect (what text NOT NULL, pk bigint NOT NULL);

CREATE FUNCTION faults_reviewed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF current_setting('application_name') = 'workers under test' THEN
    PERFORM pg_sleep(0.25);
  END IF;
  PERFORM pg_advisory_xact_lock_shared(7399);
  INSERT INTO faults_effect VALUES ('reviewed', NEW.submission_id);
  RETURN NEW;
END $$;
CREATE TRIGGER faults_reviewed BEFORE UPDATE ON applications_submissionreview FOR EACH ROW
  WHEN (NEW.state = 'done') EXECUTE FUNCTION faults_reviewed();

CREATE FUNCTION faults_closed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO faults_effect VALUES ('closed', NEW.id);
  RETURN NEW;
END $$;
CREATE TRIGGER faults_closed BEFORE UPDATE ON applications_call FOR EACH ROW
  WHEN (OLD.closed_at IS DISTINCT FROM NEW.closed_at) EXECUTE FUNCTION faults_closed();
"""


def make_pattern() -> None:
    """Make a call whose deadline has just passed: submissions with real papers, and drafts."""
    call = factories.CallFactory.create(code=CODE, criteria=True)
    factories.CoordinatorFactory.create(faculty=call.programme.faculty)
    host = factories.CallHostFactory.create(call=call, seats=5)
    for number in range(SUBMISSIONS):
        state = State.WITHDRAWN if number == WITHDRAWN else State.SUBMITTED
        application = factories.ApplicationFactory.create(call=call, state=state)
        attach_papers(application, number)
        factories.SubmissionFactory.create(
            application=application, preferences=[host], languages={"en": "C1"}, documents=True
        )
    factories.ApplicationFactory.create_batch(DRAFTS, call=call)
    deadline = timezone.now() - timedelta(minutes=1)
    Call.objects.filter(pk=call.pk).update(
        opens_at=deadline - timedelta(days=30), deadline=deadline
    )
    with connection.cursor() as cursor:
        cursor.execute(WATCH)


def attach_papers(application: Application, number: int) -> None:
    name = f"Student {number}"
    papers = {
        "cv": pdfs.cv(name=name, seed=number),
        "letter": pdfs.letter(name="The twins" if number in TWINS else name),
        "transcript": pdfs.transcript(name=name),
        "abitur": pdfs.certificate(name=name),
    }
    if number == DAMAGED:
        papers["transcript"] = pdfs.truncated(data=papers["transcript"])
    for slot in application.call.programme.slots.filter(key__in=papers):
        content = papers[slot.key]
        more = {}
        if number in TWINS and slot.key == "letter":
            # As at the upload: the letters of a call are compared by what was read from them then.
            more["inspection"] = pdf_inspection.inspect(content, expectation(slot)).to_dict()
        factories.DocumentFactory.create(
            application=application, slot=slot, content=content, **more
        )
