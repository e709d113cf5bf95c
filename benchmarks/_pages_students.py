"""The students whose pages are measured, and the addresses of those pages."""

from typing import Any

from django.urls import reverse
from django.utils import timezone

from applications import lifecycle
from applications.forms.application import ApplicationForm
from applications.forms.typed import typed_so_far
from applications.models import (
    Application,
    Call,
    DegreeProgramme,
    OutgoingMail,
    Placement,
    Preference,
    User,
)
from exchange_portal.demo.building import build
from grants.models import GrantAward
from tests import factories

# As the demonstration names them.
DRAFT, SUBMITTED, OFFERED, NOMINATED = "brandlea", "celiknur", "okafodav", "lindnmar"
WISHES = 3


def fill(students: int) -> None:
    """Build the demonstration, and let two students fill in the open call; one hands in."""
    build(lambda _text: None, students=students)
    call = Call.objects.filter(opens_at__lte=timezone.now(), closed_at=None).get(
        programme__key="erasmus-studies"
    )
    for login_id in (DRAFT, SUBMITTED):
        student = User.objects.get(username=login_id)
        application = Application.objects.filter(call=call, student=student).first()
        if application is None:
            application = lifecycle.start_application(student, call, now=timezone.now())
        if application.state == "submitted":
            continue
        _fill_in(application)
        application.refresh_from_db()
        if login_id == SUBMITTED:
            form = ApplicationForm(typed_so_far(application), application=application)
            if not form.is_valid():
                raise SystemExit(f"The application is not complete: {form.errors.as_text()}")
            lifecycle.submit(application, form.answers(), by=student, now=timezone.now())


def _fill_in(application: Application) -> None:
    call = application.call
    degree = DegreeProgramme.objects.filter(
        faculty=call.programme.faculty, level="bachelor", isced_f__contains=["0410"]
    ).first()
    if degree is None:
        raise SystemExit("The demonstration has no degree programme to study.")
    answers: dict[str, Any] = {
        "family_name": "Nowak",
        "given_names": "Ada",
        "birth_date": "17.05.2004",
        "gender": "2",
        "nationality": "PL",
        "phone": "+49 234 3228000",
        "street": "Universitätsstraße 150",
        "postal_code": "44801",
        "city": "Bochum",
        "country": "DE",
        "degree_programme": str(degree.pk),
        "isced_f": "0410",
        "level_now": "bachelor",
        "level_departure": "bachelor",
        "semester_now": "3",
        "ects_earned": "62,5",
        "average_grade": "1,7",
        "earlier_months": "0",
        "language_1": "en",
        "language_1_level": "C1",
        "language_1_proof": "school",
        "language_2": "es",
        "language_2_level": "B2",
        "language_2_proof": "school",
    }
    closed = ApplicationForm(answers, application=application).closed
    hosts = call.hosts.exclude(pk__in=closed).exclude(agreement__host__terms=None)
    for rank, host in enumerate(hosts.order_by("agreement__host__key", "pk")[:WISHES], start=1):
        answers[f"preference_{rank}"] = str(host.pk)
        answers[f"preference_{rank}_semesters"] = ["W", "S"]
    lifecycle.save_draft(application, answers, now=timezone.now())
    held = lifecycle.current_documents(application)
    for slot in lifecycle.slots_for(call, "bachelor"):
        if slot.key not in held:
            factories.DocumentFactory.create(application=application, slot=slot)


def addresses() -> dict[str, tuple[str, str]]:
    """Return the address of each page and whose page it is, by its name."""
    code = {
        login_id: Application.objects.filter(student__username=login_id).latest("pk").code
        for login_id in (DRAFT, SUBMITTED)
    }
    held = Placement.objects.filter(live=True, application__student__username=OFFERED).latest("pk")
    code[OFFERED] = held.application.code
    award = GrantAward.objects.get(nomination__application__student__username=NOMINATED)
    code[NOMINATED] = award.nomination.application.code
    call = Application.objects.get(code=code[DRAFT]).call
    wished = Preference.objects.filter(submission__application__code=code[SUBMITTED], rank=1)
    host = wished.latest("pk").host.agreement.host

    def of(login_id: str, name: str, *more: object) -> tuple[str, str]:
        return reverse(name, args=[code[login_id], *more]), login_id

    pages = {
        "home, with a draft": (reverse("home"), DRAFT),
        "home, submitted": (reverse("home"), SUBMITTED),
        "home, with an offer": (reverse("home"), OFFERED),
        "home, nominated": (reverse("home"), NOMINATED),
        "calls": (reverse("applications:calls"), DRAFT),
        "a call": (reverse("applications:call", args=[call.code]), DRAFT),
        "a programme": (reverse("applications:programme", args=[call.programme.key]), DRAFT),
        "deadlines": (reverse("applications:deadlines"), DRAFT),
        "application, a draft": of(DRAFT, "applications:application"),
        "application, submitted": of(SUBMITTED, "applications:application"),
        "application, with an offer": of(OFFERED, "applications:application"),
        "application, nominated": of(NOMINATED, "applications:application"),
        **{
            f"form: {page}": of(DRAFT, "applications:form_page", page)
            for page in ("about", "studies", "languages", "preferences", "documents", "check")
        },
        "receipt": of(SUBMITTED, "applications:receipt", 1),
        "withdraw": of(SUBMITTED, "applications:withdraw"),
        "answer an offer": of(OFFERED, "applications:answer"),
        "form after the deadline": of(OFFERED, "applications:form_page", "about"),
        "messages": (reverse("applications:messages"), NOMINATED),
        "own grant": of(NOMINATED, "grants:mine"),
        "host universities": (reverse("partners:hosts"), DRAFT),
        "a host, with its semesters": (reverse("partners:host", args=[host.key]), DRAFT),
        "map": (reverse("partners:map"), DRAFT),
        "grant estimate": (reverse("grants:estimate"), DRAFT),
        "grant estimate, answered": (
            f"{reverse('grants:estimate')}?host={host.key}&year={call.academic_year}",
            DRAFT,
        ),
        "help": (reverse("help"), DRAFT),
        "ways abroad": (reverse("ways_abroad"), DRAFT),
        "imprint": (reverse("imprint"), DRAFT),
        "privacy": (reverse("privacy"), DRAFT),
        "own data": (reverse("privacy:own_data"), DRAFT),
        "accessibility": (reverse("accessibility"), DRAFT),
    }
    message = OutgoingMail.objects.filter(person__username=NOMINATED).latest("pk")
    pages["a message"] = (reverse("applications:message", args=[message.pk]), NOMINATED)
    return pages
