"""Made-up rows for tests: each factory alone makes a valid row with all it hangs on.

A call is open around `timezone.now()`; `CallFactory(closed=True)` lies behind its deadline.
"""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from decimal import Decimal

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from applications import models
from applications.lifecycle import stored_path
from applications.models.people import Role
from applications.models.programme import DocumentKind
from applications.models.submission import LanguageProof
from applications.pdf_inspection.report import Report
from applications.states import State
from grants.models import GrantProject, PaymentList
from partners.models import (
    Agreement,
    AgreementKind,
    CatalogueUpload,
    CefrLevel,
    Faculty,
    HostTerm,
    HostUniversity,
    Language,
    Level,
    Network,
    NominationDeadline,
    SeatPool,
    Semester,
    Testimonial,
)

# Smallest thing that starts like a PDF; tests that want it read use tests/pdfs.py.
PDF_BYTES = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


class PortalFactory(DjangoModelFactory):
    class Meta:
        abstract = True
        skip_postgeneration_save = True


# -- partners ----------------------------------------------------------------------------------


class FacultyFactory(PortalFactory):
    class Meta:
        model = Faculty
        django_get_or_create = ("key",)

    key = factory.Sequence(lambda n: f"faculty-{n}")
    name_en = "Faculty of Management and Economics"
    name_de = "Fakultät für Wirtschaftswissenschaft"
    contact_mailbox = factory.LazyAttribute(lambda row: f"{row.key}@ruhr-uni-bochum.de")


class HostUniversityFactory(PortalFactory):
    class Meta:
        model = HostUniversity

    key = factory.Sequence(lambda n: f"host-{n}")
    name_en = factory.Sequence(lambda n: f"University {n:04d}")
    city = "Oviedo"
    country = "ES"
    latitude = Decimal("43.36000")
    longitude = Decimal("-5.84000")


class AgreementFactory(PortalFactory):
    """An ERASMUS agreement for any subject, taught in English, without a language bar."""

    class Meta:
        model = Agreement

    host = factory.SubFactory(HostUniversityFactory)
    faculty = factory.SubFactory(FacultyFactory, key="economics")
    kind = AgreementKind.ERASMUS_STUDIES
    valid_from = 2024
    valid_until = 2028
    language = Language.EN


class SeatPoolFactory(PortalFactory):
    class Meta:
        model = SeatPool

    agreement = factory.SubFactory(AgreementFactory)
    academic_year = 2027
    seats = 2
    made_up = True


class NominationDeadlineFactory(PortalFactory):
    class Meta:
        model = NominationDeadline

    host = factory.SubFactory(HostUniversityFactory)
    academic_year = 2027
    semester = Semester.WINTER
    deadline = date(2027, 5, 15)
    mailbox = factory.LazyAttribute(lambda row: f"incoming@{row.host.key}.example")


class NetworkFactory(PortalFactory):
    class Meta:
        model = Network

    key = factory.Sequence(lambda n: f"network-{n}")
    position = 50
    name_en = factory.Sequence(lambda n: f"Network {n}")
    name_de = factory.Sequence(lambda n: f"Netzwerk {n}")
    about_en = "Universities that go together."
    about_de = "Universitäten, die zusammengehen."


class HostTermFactory(PortalFactory):
    """A term that stands for the winter or, with `semester="S"`, the summer semester."""

    class Meta:
        model = HostTerm

    host = factory.SubFactory(HostUniversityFactory)
    academic_year = 2027
    semester = Semester.WINTER
    starts = factory.LazyAttribute(
        lambda row: (
            date(row.academic_year, 10, 4)
            if row.semester == Semester.WINTER
            else date(row.academic_year + 1, 2, 1)
        )
    )
    ends = factory.LazyAttribute(lambda row: row.starts + timedelta(days=130))


class TestimonialFactory(PortalFactory):
    """A released text; `content=b"..."` stores it as its file, `released_at=None` holds it back."""

    __test__ = False  # no test, whatever its name says

    class Meta:
        model = Testimonial

    host = factory.SubFactory(HostUniversityFactory)
    academic_year = 2025
    semester = Semester.WINTER
    language = "en"
    text = "Small groups and a lot of reading."
    released_at = factory.LazyFunction(timezone.now)
    content = b""

    @classmethod
    def _create(cls, model_class, *args, content, **kwargs):
        if content:
            sha256 = hashlib.sha256(content).hexdigest()
            target = stored_path(f"{sha256}.pdf")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            kwargs |= {
                "stored_name": target.name,
                "original_name": "report.pdf",
                "sha256": sha256,
                "size": len(content),
                "pages": 1,
            }
        return super()._create(model_class, *args, **kwargs)


class CatalogueUploadFactory(PortalFactory):
    """A file that would add one host university."""

    class Meta:
        model = CatalogueUpload

    uploaded_by = 0
    uploaded_at = factory.LazyFunction(timezone.now)
    name = "partners.csv"
    content = b"key,name_en,city,country,erasmus_code\ngraz,University of Graz,Graz,AT,A  GRAZ01\n"


# -- people ------------------------------------------------------------------------------------


class UserFactory(PortalFactory):
    """Somebody with a login and nothing else: neither student nor staff."""

    class Meta:
        model = models.User
        django_get_or_create = ("username",)

    username = factory.Sequence(lambda n: f"person{n:04d}")
    given_names = "Robin"
    family_name = factory.Sequence(lambda n: f"Person{n:04d}")
    email = factory.LazyAttribute(lambda row: f"{row.username}@ruhr-uni-bochum.de")
    language = "en"


class StudentFactory(UserFactory):
    username = factory.Sequence(lambda n: f"student{n:04d}")
    given_names = "Kim"
    family_name = factory.Sequence(lambda n: f"Student{n:04d}")
    matriculation_number = factory.Sequence(lambda n: f"1080{n:08d}")
    affiliations = factory.LazyFunction(lambda: ["student"])


class RoleGrantFactory(PortalFactory):
    class Meta:
        model = models.RoleGrant
        django_get_or_create = ("login_id", "role", "faculty")

    login_id = factory.Sequence(lambda n: f"person{n:04d}")
    role = Role.OFFICE
    faculty = None
    valid_from = date(2020, 1, 1)


class CoordinatorFactory(UserFactory):
    """`faculty` may be a Faculty or its key; without it one of their own is made."""

    username = factory.Sequence(lambda n: f"coordinator{n:04d}")
    affiliations = factory.LazyFunction(lambda: ["employee"])

    @factory.post_generation
    def faculty(self, create, extracted, **kwargs):
        if not create:
            return
        faculty = FacultyFactory.create(key=extracted) if isinstance(extracted, str) else extracted
        RoleGrantFactory.create(
            login_id=self.username,
            role=Role.COORDINATOR,
            faculty=faculty or FacultyFactory.create(),
        )


class OfficeFactory(UserFactory):
    username = factory.Sequence(lambda n: f"office{n:04d}")
    affiliations = factory.LazyFunction(lambda: ["employee"])

    @factory.post_generation
    def role(self, create, extracted, **kwargs):
        if create:
            RoleGrantFactory.create(login_id=self.username, role=Role.OFFICE)


class AdministratorFactory(UserFactory):
    username = factory.Sequence(lambda n: f"administrator{n:04d}")
    affiliations = factory.LazyFunction(lambda: ["employee"])

    @factory.post_generation
    def role(self, create, extracted, **kwargs):
        if create:
            RoleGrantFactory.create(login_id=self.username, role=Role.ADMINISTRATOR)


class CalendarFeedFactory(PortalFactory):
    """The living calendar address of a student; `token` stands in it."""

    class Meta:
        model = models.CalendarFeed

    user = factory.SubFactory(StudentFactory)
    created_at = factory.LazyFunction(timezone.now)


# -- programmes and calls ------------------------------------------------------------------------


class DegreeProgrammeFactory(PortalFactory):
    class Meta:
        model = models.DegreeProgramme

    key = factory.Sequence(lambda n: f"degree-{n}")
    name = "Management and Economics"
    degree = "B.Sc."
    level = Level.BACHELOR
    faculty = factory.SubFactory(FacultyFactory, key="economics")
    isced_f = factory.LazyFunction(lambda: ["0410", "0311"])


class MasterProgrammeFactory(DegreeProgrammeFactory):
    key = factory.Sequence(lambda n: f"master-{n}")
    name = "Economics"
    degree = "M.Sc."
    level = Level.MASTER


class DocumentSlotFactory(PortalFactory):
    class Meta:
        model = models.DocumentSlot

    programme = factory.SubFactory("tests.factories.ProgrammeFactory", slots=False)
    key = factory.Sequence(lambda n: f"slot-{n}")
    position = factory.Sequence(lambda n: 100 + n)
    title_en = factory.LazyAttribute(lambda row: row.key.replace("_", " ").capitalize())
    title_de = factory.LazyAttribute(lambda row: f"{row.title_en} (de)")
    kind = DocumentKind.OTHER


# key, kind, required, levels at departure, further columns: the ERASMUS list of the source.
ERASMUS_SLOTS = (
    ("cv", "cv", True, [], {}),
    ("letter", "letter", True, [], {"language": "en", "max_pages": 2}),
    ("transcript", "transcript", True, [], {}),
    ("abitur", "certificate", True, ["bachelor"], {}),
    ("bachelor", "certificate", True, ["master"], {}),
    ("language", "certificate", False, [], {}),
)


class ProgrammeFactory(PortalFactory):
    """ERASMUS studies for Bachelor and Master with its six slots; `slots=False` makes none."""

    class Meta:
        model = models.Programme

    key = factory.Sequence(lambda n: f"programme-{n}")
    faculty = factory.SubFactory(FacultyFactory, key="economics")
    name_en = "ERASMUS studies"
    name_de = "ERASMUS-Studium"
    about_en = "One or two semesters at a partner university in Europe."
    about_de = "Ein oder zwei Semester an einer Partnerhochschule in Europa."
    agreement_kind = AgreementKind.ERASMUS_STUDIES
    levels = factory.LazyFunction(lambda: [Level.BACHELOR.value, Level.MASTER.value])

    @factory.post_generation
    def slots(self, create, extracted, **kwargs):
        if not create or extracted is False:
            return
        for position, (key, kind, required, levels, more) in enumerate(ERASMUS_SLOTS, start=1):
            DocumentSlotFactory.create(
                programme=self,
                key=key,
                kind=kind,
                position=position,
                required=required,
                levels=levels,
                **more,
            )


class ProgrammeCriterionFactory(PortalFactory):
    class Meta:
        model = models.ProgrammeCriterion

    programme = factory.SubFactory(ProgrammeFactory)
    key = factory.Sequence(lambda n: f"criterion-{n}")
    position = factory.Sequence(lambda n: n % 1000)
    name_en = factory.LazyAttribute(lambda row: row.key.capitalize())
    name_de = factory.LazyAttribute(lambda row: f"{row.name_en} (de)")
    weight = Decimal(50)


class CallFactory(PortalFactory):
    """An open call without hosts and criteria; `hosts=3, criteria=True` adds them."""

    class Meta:
        model = models.Call

    class Params:
        closed = factory.Trait(
            opens_at=factory.LazyFunction(lambda: timezone.now() - timedelta(days=90)),
            deadline=factory.LazyFunction(lambda: timezone.now() - timedelta(days=10)),
            closed_at=factory.LazyAttribute(lambda row: row.deadline + timedelta(seconds=5)),
        )
        upcoming = factory.Trait(
            opens_at=factory.LazyFunction(lambda: timezone.now() + timedelta(days=20)),
            deadline=factory.LazyFunction(lambda: timezone.now() + timedelta(days=80)),
        )
        undated = factory.Trait(opens_at=None, deadline=None)

    code = factory.Sequence(lambda n: f"erasmus-{n}")
    programme = factory.SubFactory(ProgrammeFactory)
    title_en = factory.LazyAttribute(lambda row: f"ERASMUS studies abroad ({row.code})")
    title_de = factory.LazyAttribute(lambda row: f"ERASMUS-Auslandsstudium ({row.code})")
    academic_year = 2027
    semesters = factory.LazyFunction(lambda: [Semester.WINTER.value, Semester.SUMMER.value])
    period_en = "winter 2027/28 and summer 2028"
    period_de = "Winter 2027/28 und Sommer 2028"
    opens_at = factory.LazyFunction(lambda: timezone.now() - timedelta(days=30))
    deadline = factory.LazyFunction(lambda: timezone.now() + timedelta(days=30))
    tie_breakers = factory.LazyFunction(lambda: ["grade", "ects"])

    @factory.post_generation
    def hosts(self, create, extracted, **kwargs):
        """`hosts=3` or `hosts=[agreement, ...]`; `hosts__seats=1` sets the seats of each."""
        if not create or not extracted:
            return
        if isinstance(extracted, int):
            CallHostFactory.create_batch(extracted, call=self, **kwargs)
        else:
            for agreement in extracted:
                CallHostFactory.create(call=self, agreement=agreement, **kwargs)

    @factory.post_generation
    def criteria(self, create, extracted, **kwargs):
        if not create or not extracted:
            return
        CriterionFactory.create(call=self, key="motivation", name_en="Motivation", weight=60)
        CriterionFactory.create(
            call=self, key="grade", name_en="Average grade", kind="grade", weight=40
        )


class CallHostFactory(PortalFactory):
    """A host of a call with one pool of 2 seats; `seats=0` makes no pool."""

    class Meta:
        model = models.CallHost

    call = factory.SubFactory(CallFactory)
    agreement = factory.SubFactory(
        AgreementFactory, faculty=factory.SelfAttribute("..call.programme.faculty")
    )

    @factory.post_generation
    def seats(self, create, extracted, **kwargs):
        seats = 2 if extracted is None else extracted
        if create and seats:
            SeatPoolFactory.create(
                agreement=self.agreement,
                academic_year=self.call.academic_year,
                seats=seats,
                **kwargs,
            )


class CriterionFactory(PortalFactory):
    class Meta:
        model = models.Criterion

    call = factory.SubFactory(CallFactory)
    key = factory.Sequence(lambda n: f"criterion-{n}")
    position = factory.Sequence(lambda n: n % 1000)
    name_en = factory.LazyAttribute(lambda row: row.key.capitalize())
    name_de = factory.LazyAttribute(lambda row: f"{row.name_en} (de)")
    weight = Decimal(50)


class HelpTopicFactory(PortalFactory):
    class Meta:
        model = models.HelpTopic

    key = factory.Sequence(lambda n: f"topic-{n}")
    position = 50
    title_en = factory.Sequence(lambda n: f"Topic {n}")
    title_de = factory.Sequence(lambda n: f"Thema {n}")
    text_en = "An answer."
    text_de = "Eine Antwort."


# -- applications ----------------------------------------------------------------------------------


class ApplicationFactory(PortalFactory):
    """A draft. Another `state` is only written; `SubmissionFactory` makes what was handed in."""

    class Meta:
        model = models.Application

    student = factory.SubFactory(StudentFactory)
    call = factory.SubFactory(CallFactory)
    state = State.DRAFT.value


class DocumentFactory(PortalFactory):
    """A stored file of one slot: `content=b"..."` is written; `file=False` makes only the row."""

    class Meta:
        model = models.Document

    application = factory.SubFactory(ApplicationFactory)
    slot = factory.LazyAttribute(lambda row: row.application.call.programme.slots.get(key="cv"))
    content = factory.Sequence(lambda n: PDF_BYTES + b"%% %d\n" % n)
    file = True
    original_name = factory.LazyAttribute(lambda row: f"{row.slot.key}.pdf")
    sha256 = factory.LazyAttribute(lambda row: hashlib.sha256(row.content).hexdigest())
    stored_name = factory.LazyAttribute(lambda row: f"{row.sha256}.pdf")
    size = factory.LazyAttribute(lambda row: len(row.content))
    pages = 1
    inspection = factory.LazyAttribute(
        lambda row: Report(
            findings=(), bytes=row.size, pages=row.pages, sha256=row.sha256
        ).to_dict()
    )

    @classmethod
    def _create(cls, model_class, *args, content, file, **kwargs):
        document = super()._create(model_class, *args, **kwargs)
        if file:
            target = stored_path(document.stored_name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        return document


class SubmissionFactory(PortalFactory):
    """What a Bachelor student handed in; the row alone, `application.state` stays as it is.

    `preferences=[host, ...]` (CallHosts, in order) or `preferences=[(host, ["W"]), ...]`;
    `languages={"en": "B2"}`; `documents=True` adds a file in every required slot.
    """

    class Meta:
        model = models.Submission

    application = factory.SubFactory(ApplicationFactory, state=State.SUBMITTED.value)
    number = factory.LazyAttribute(lambda row: row.application.submissions.count() + 1)
    submitted_at = factory.LazyFunction(timezone.now)
    family_name = factory.SelfAttribute("application.student.family_name")
    given_names = factory.SelfAttribute("application.student.given_names")
    birth_date = date(2004, 5, 17)
    gender = 9
    nationality = "DE"
    matriculation_number = factory.SelfAttribute("application.student.matriculation_number")
    email = factory.SelfAttribute("application.student.email")
    phone = "+49 234 3220000"
    street = "Universitätsstraße 150"
    postal_code = "44801"
    city = "Bochum"
    country = "DE"
    degree_programme = factory.SubFactory(DegreeProgrammeFactory)
    level_now = Level.BACHELOR.value
    level_departure = Level.BACHELOR.value
    semester_now = 3
    ects_earned = Decimal("60.0")
    average_grade = Decimal("2.00")
    isced_f = "0410"

    @factory.post_generation
    def preferences(self, create, extracted, **kwargs):
        if not create:
            return
        for rank, wish in enumerate(extracted or (), start=1):
            host, semesters = wish if isinstance(wish, tuple) else (wish, ["W", "S"])
            PreferenceFactory.create(submission=self, rank=rank, host=host, semesters=semesters)

    @factory.post_generation
    def languages(self, create, extracted, **kwargs):
        if not create:
            return
        for language, level in (extracted or {}).items():
            LanguageSkillFactory.create(submission=self, language=language, level=level)

    @factory.post_generation
    def documents(self, create, extracted, **kwargs):
        if not create or not extracted:
            return
        for slot in self.application.call.programme.slots.all():
            if slot.required and slot.applies_to(self.level_departure):
                document = models.Document.objects.filter(
                    application=self.application, slot=slot, current=True
                ).first() or DocumentFactory.create(application=self.application, slot=slot)
                models.SubmittedDocument.objects.create(submission=self, document=document)


class PreferenceFactory(PortalFactory):
    class Meta:
        model = models.Preference

    submission = factory.SubFactory(SubmissionFactory)
    rank = 1
    host = factory.LazyAttribute(
        lambda row: CallHostFactory.create(call=row.submission.application.call)
    )
    semesters = factory.LazyFunction(lambda: ["W", "S"])


class LanguageSkillFactory(PortalFactory):
    class Meta:
        model = models.LanguageSkill

    submission = factory.SubFactory(SubmissionFactory)
    language = Language.EN.value
    level = CefrLevel.B2.value
    proof = LanguageProof.SCHOOL.value


class StateChangeFactory(PortalFactory):
    class Meta:
        model = models.StateChange

    application = factory.SubFactory(ApplicationFactory)
    before = State.DRAFT.value
    after = State.SUBMITTED.value
    at = factory.LazyFunction(timezone.now)


class OutgoingMailFactory(PortalFactory):
    """A mail to the student of an application, sent when it was written; `sent=False` waits."""

    class Meta:
        model = models.OutgoingMail

    class Params:
        sent = True

    application = factory.SubFactory(ApplicationFactory)
    person = factory.SelfAttribute("application.student")
    key = factory.Sequence(lambda n: f"test:{n}")
    recipient = factory.SelfAttribute("person.email")
    language = factory.SelfAttribute("person.language")
    subject = factory.Sequence(lambda n: f"Subject {n}")
    body = "Dear Kim,\n\nsomething happened.\n"
    created_at = factory.LazyFunction(timezone.now)
    sent_at = factory.LazyAttribute(lambda row: row.created_at if row.sent else None)


class ConcessionFactory(PortalFactory):
    """Without `slot`: the whole application may be submitted for two more days."""

    class Meta:
        model = models.Concession

    application = factory.SubFactory(ApplicationFactory)
    until = factory.LazyFunction(lambda: timezone.now() + timedelta(days=2))
    reason = "The campus system was down on the last evening."
    granted_by = factory.SubFactory(CoordinatorFactory)


# -- the desk --------------------------------------------------------------------------------------


class ReviewRunFactory(PortalFactory):
    class Meta:
        model = models.ReviewRun

    call = factory.SubFactory(CallFactory, closed=True)


class SubmissionReviewFactory(PortalFactory):
    """A finished review with its `findings` as they are stored."""

    class Meta:
        model = models.SubmissionReview

    submission = factory.SubFactory(SubmissionFactory)
    run = factory.LazyAttribute(
        lambda row: (
            models.ReviewRun.objects.filter(call=row.submission.application.call).first()
            or ReviewRunFactory.create(call=row.submission.application.call, state="done")
        )
    )
    state = models.SubmissionReview.State.DONE
    reviewed_at = factory.LazyFunction(timezone.now)
    attempts = 1
    findings = factory.LazyFunction(list)
    codes = factory.LazyAttribute(lambda row: sorted({each["code"] for each in row.findings}))
    blocking = factory.LazyAttribute(
        lambda row: sum(each["severity"] == "blocking" for each in row.findings)
    )


class AssignmentFactory(PortalFactory):
    class Meta:
        model = models.Assignment

    application = factory.SubFactory(ApplicationFactory)
    reader = factory.SubFactory(CoordinatorFactory)
    assigned_by = factory.SelfAttribute("reader")


class CommentFactory(PortalFactory):
    class Meta:
        model = models.Comment

    application = factory.SubFactory(ApplicationFactory)
    author = factory.SubFactory(CoordinatorFactory)
    text = "The letter names the courses; the transcript is from October."


class ViewingFactory(PortalFactory):
    class Meta:
        model = models.Viewing

    application = factory.SubFactory(ApplicationFactory)
    person = factory.SubFactory(CoordinatorFactory)
    what = models.Viewing.What.FILE


class AuditEntryFactory(PortalFactory):
    class Meta:
        model = models.AuditEntry

    person = factory.SubFactory(CoordinatorFactory)
    action = models.AuditEntry.Action.LOOKED
    place = "admin:applications_application_file"
    status = 200


class ReasonTemplateFactory(PortalFactory):
    class Meta:
        model = models.ReasonTemplate

    faculty = factory.SubFactory(FacultyFactory)
    name_en = factory.Sequence(lambda n: f"Reason {n}")
    name_de = factory.Sequence(lambda n: f"Begründung {n}")
    text_en = "A document the call asks for is missing."
    text_de = "Eine geforderte Unterlage fehlt."


# -- selection and nomination ----------------------------------------------------------------------


class RankingFactory(PortalFactory):
    class Meta:
        model = models.Ranking

    call = factory.SubFactory(CallFactory, closed=True)
    number = factory.LazyAttribute(lambda row: row.call.rankings.count() + 1)
    rule_version = "test"
    seed = "seed"


class AllocationRunFactory(PortalFactory):
    class Meta:
        model = models.AllocationRun

    ranking = factory.SubFactory(RankingFactory)
    call = factory.SelfAttribute("ranking.call")
    number = factory.LazyAttribute(lambda row: row.call.allocation_runs.count() + 1)
    engine_version = "test"
    instance = "{}"
    instance_sha256 = hashlib.sha256(b"{}").hexdigest()
    result = "{}"
    result_sha256 = hashlib.sha256(b"{}").hexdigest()
    certificate = factory.LazyFunction(lambda: {"ok": True})


class PlacementFactory(PortalFactory):
    """A live offer of a winter seat, to be answered within a week."""

    class Meta:
        model = models.Placement

    application = factory.SubFactory(ApplicationFactory, state=State.OFFERED.value)
    run = factory.LazyAttribute(
        lambda row: AllocationRunFactory.create(ranking__call=row.application.call)
    )
    host = factory.LazyAttribute(lambda row: CallHostFactory.create(call=row.application.call))
    semester = Semester.WINTER.value
    pool = factory.LazyAttribute(
        lambda row: None if row.extra_seat else row.host.agreement.pools.first()
    )
    extra_seat = False
    offered_at = factory.LazyFunction(timezone.now)
    answer_by = factory.LazyAttribute(lambda row: row.offered_at + timedelta(days=7))


class BetterOfferFactory(PortalFactory):
    """An open offer of a place elsewhere, beside the live one of `placement`."""

    class Meta:
        model = models.BetterOffer

    class Params:
        placement = factory.SubFactory(PlacementFactory)

    application = factory.SelfAttribute("placement.application")
    run = factory.SelfAttribute("placement.run")
    host = factory.LazyAttribute(lambda row: CallHostFactory.create(call=row.application.call))
    semester = Semester.WINTER.value
    pool = factory.LazyAttribute(lambda row: row.host.agreement.pools.first())
    offered_at = factory.SelfAttribute("placement.offered_at")
    answer_by = factory.SelfAttribute("placement.answer_by")


class PreferenceOutcomeFactory(PortalFactory):
    class Meta:
        model = models.PreferenceOutcome

    run = factory.SubFactory(AllocationRunFactory)
    application = factory.LazyAttribute(
        lambda row: ApplicationFactory.create(call=row.run.call, state=State.NOT_PLACED.value)
    )
    host = factory.LazyAttribute(lambda row: CallHostFactory.create(call=row.run.call))
    semester = Semester.WINTER.value
    rank = 1
    reason = "PLACED"


class NominationFactory(PortalFactory):
    class Meta:
        model = models.Nomination

    placement = factory.SubFactory(PlacementFactory, application__state=State.NOMINATED.value)
    application = factory.SelfAttribute("placement.application")
    enrolment_confirmed = True
    nominated_by = factory.SubFactory(CoordinatorFactory)


class PaymentListFactory(PortalFactory):
    """A list of which only its head is there: payments belong to awards."""

    class Meta:
        model = PaymentList

    project = factory.LazyAttribute(lambda _row: GrantProject.objects.get(code="KA131-2025"))
    made_by = factory.SubFactory(OfficeFactory)
    total = Decimal("100.00")
    count = 1
