"""What every test may ask for: people who are signed in, a clock that stands still, own files.

Two things happen without asking: uploads go to a folder of the test's own, and a test in which
anything was logged as an error fails, unless it looked at the record and cleared `error_records`.
"""

from __future__ import annotations

import fcntl
import gc
import logging
import os
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as portal_settings
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone
from hypothesis import settings as hypothesis_settings
from xdist.scheduler import LoadScopeScheduling

from applications import pdf_inspection
from applications.lifecycle import documents
from tests import factories, tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from applications.models import User
    from partners.models import Faculty

tables.install()
# How long an example takes is measured in benchmarks/, never by a test on a loaded machine.
hypothesis_settings.register_profile("portal", deadline=None)
hypothesis_settings.load_profile("portal")

BERLIN = ZoneInfo("Europe/Berlin")
# Any of the two would do; named so that a test does not depend on their order in settings.
SIGNED_IN_BY = "exchange_portal.login.signed_in.SignedIn"
TEN_YEARS = 10 * 366 * 24 * 3600
# Their tests share something dear: servers, a demonstration, an identity provider.
TOGETHER = ("test_demo.py", "test_demo_idp.py", "test_nginx.py", "test_oidc_provider.py")
# All of them break the same servers.
FAULTS = "tests/faults/"
# One worker should be through with these before the other has nothing left to do.
LONGEST = {"test_pages.py", "test_round.py", "test_demo_start.py"}


class OneByOne(LoadScopeScheduling):
    """Gives each worker the next test, so that none is left with all the long ones at the end.

    Modules in TOGETHER, and all faults, come first and go to one worker each.
    """

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        if module.startswith(FAULTS):
            return FAULTS
        return module if module.endswith(TOGETHER) else nodeid


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Look for no garbage while millions of objects are made that stay: modules, models, tests.

    Looking them through again and again takes a quarter of the time of the collection.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log) -> OneByOne:
    return OneByOne(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what needs no database, so that one worker can make it meanwhile.

    Tests that empty the tables stay behind those that rely on what the migrations loaded, as
    pytest-django had them; among them the longest come first, whatever the random order was.
    """

    def turn(item: pytest.Item) -> int:
        marker = item.get_closest_marker("django_db")
        if "transactional_db" in item.fixturenames or (marker and marker.kwargs.get("transaction")):
            return 2 if item.path.name in LONGEST else 3
        return 1 if marker or "db" in item.fixturenames else 0

    items.sort(key=turn)


@pytest.fixture(scope="session")
def django_db_setup(
    request,
    django_db_modify_db_settings,  # noqa: ARG001 - it names each worker's database
    django_db_blocker,
    tmp_path_factory,
) -> Iterator[None]:
    """Run the migrations once: the first of several workers makes a copy for the others."""
    if int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) == 1:
        request.getfixturevalue("django_db_setup")
        with django_db_blocker.unblock():
            tables.remember(tables.MIGRATED)
        yield
        return
    test = connection.settings_dict["TEST"]
    copy = connection.ops.quote_name(f"test_{connection.settings_dict['NAME']}_migrated")
    made = tmp_path_factory.getbasetemp().parent / "migrated"  # the workers' common folder
    # Held to the end of the block, or of the worker.
    with made.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        is_first = not made.exists()
        if not is_first:
            test["TEMPLATE"] = copy
        request.getfixturevalue("django_db_setup")
        if is_first:
            source = connection.ops.quote_name(connection.settings_dict["NAME"])
            with django_db_blocker.unblock():
                tables.remember(tables.MIGRATED)
                connection.close()  # nobody may use what is being copied
                _at_the_server(
                    f"DROP DATABASE IF EXISTS {copy}", f"CREATE DATABASE {copy} TEMPLATE {source}"
                )
            made.touch()
    yield
    with made.with_suffix(".lock").open("w") as lock, django_db_blocker.unblock():
        fcntl.flock(lock, fcntl.LOCK_EX)
        made.unlink(missing_ok=True)
        _at_the_server(f"DROP DATABASE IF EXISTS {copy}")


def _at_the_server(*statements: str) -> None:
    with connection._nodb_cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


class ErrorRecords(logging.Handler):
    """Keeps what was logged as an error while a test ran."""

    def __init__(self) -> None:
        super().__init__(level=logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def messages(self) -> list[str]:
        return [record.getMessage() for record in self.records]

    def clear(self) -> None:
        """Accept what was logged so far: the test has looked at it."""
        self.records.clear()


@pytest.fixture(autouse=True)
def error_records() -> Iterator[ErrorRecords]:
    """Fail the test if something was logged as an error that it did not expect."""
    handler = ErrorRecords()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)
    if handler.records:
        pytest.fail(f"logged as errors: {handler.messages}")


@pytest.fixture(scope="session")
def _static_root(tmp_path_factory) -> Path:
    """An empty folder: the static files' server warns of one that is missing."""
    return tmp_path_factory.mktemp("static")


@pytest.fixture(scope="session", autouse=True)
def _own_installation(django_test_environment, _static_root) -> Iterator[None]:  # noqa: ARG001 - Django's own changes come first
    """Let plain http requests reach the views: the same for all tests, so it is set once."""
    with override_settings(
        STATIC_ROOT=_static_root,
        SECURE_SSL_REDIRECT=False,
        SESSION_COOKIE_SECURE=False,
        CSRF_COOKIE_SECURE=False,
        # A frozen clock may stand years after the sign-in.
        SESSION_COOKIE_AGE=TEN_YEARS,
        # Nobody clicks as fast as a test; how requests are counted is tested in
        # exchange_portal/gate.
        CACHES={
            **portal_settings.CACHES,
            "pace": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},
        },
    ):
        yield


@pytest.fixture(scope="session")
def _folders(tmp_path_factory) -> Iterator[Path]:
    """Names of folders in one that lasts: `tmp_path` takes longer than many a test."""
    place = tmp_path_factory.mktemp("installations")
    return (place / str(number) for number in count())


@pytest.fixture(autouse=True)
def _own_folders(_folders, _own_installation) -> Iterator[None]:
    """Keep files apart, and begin in English: to set the language ends the last request's."""
    folder = next(_folders)
    folder.mkdir()
    with override_settings(
        PORTAL_FILES=folder / "files", PORTAL_EXPORT_DIR=folder / "export", LANGUAGE_CODE="en"
    ):
        yield


@pytest.fixture(scope="session", autouse=True)
def _warm_inspector() -> Iterator[None]:
    """Have uploads inspected by one child that stays: to start one takes longer than all it does.

    Tests of the inspection itself hold the function that starts a child for each file.
    """
    with pdf_inspection.Inspector() as inspector, pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf_inspection, "inspect", inspector.inspect)
        patch.setattr(documents.inspectors, "inspect", inspector.inspect)
        yield


def berlin(text: str) -> datetime:
    """Return the instant a clock in Bochum shows: "2027-01-10 23:59:59.999999"."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


@pytest.fixture
def at(monkeypatch) -> Callable[[datetime | str], datetime]:
    """Stop the portal's clock: `at("2027-01-10 23:59")` (Europe/Berlin) or an aware datetime.

    Everything that asks `timezone.now()` gets this instant, defaults of models included, until
    the next call or the end of the test. Returns the instant.
    """

    def stop(instant: datetime | str) -> datetime:
        moment = berlin(instant) if isinstance(instant, str) else instant.astimezone(UTC)

        class StoppedClock(datetime):
            @classmethod
            def now(cls, tz=None):
                return moment.astimezone(tz) if tz else moment.replace(tzinfo=None)

        # Replacing `timezone.now` would miss the models' defaults, which hold the function itself.
        monkeypatch.setattr(timezone, "datetime", StoppedClock)
        return moment

    return stop


@pytest.fixture
def signed_in(db) -> Callable[..., Client]:  # noqa: ARG001 - asks for the database
    """Return a client signed in as the given person; extra arguments go to `Client`."""

    def sign_in(person: User, **kwargs: object) -> Client:
        client = Client(**kwargs)
        client.force_login(person, backend=SIGNED_IN_BY)
        return client

    return sign_in


@pytest.fixture
def faculty(db) -> Faculty:  # noqa: ARG001 - asks for the database
    return factories.FacultyFactory.create(key="economics")


@pytest.fixture
def student(db) -> User:  # noqa: ARG001 - asks for the database
    return factories.StudentFactory.create()


@pytest.fixture
def other_student(db) -> User:  # noqa: ARG001 - asks for the database
    return factories.StudentFactory.create()


@pytest.fixture
def coordinator(faculty) -> User:
    """A coordinator of `faculty`."""
    return factories.CoordinatorFactory.create(faculty=faculty)


@pytest.fixture
def foreign_coordinator(db) -> User:  # noqa: ARG001 - asks for the database
    """A coordinator of another faculty."""
    return factories.CoordinatorFactory.create()


@pytest.fixture
def office(db) -> User:  # noqa: ARG001 - asks for the database
    return factories.OfficeFactory.create()


@pytest.fixture
def student_client(signed_in, student) -> Client:
    return signed_in(student)


@pytest.fixture
def other_student_client(signed_in, other_student) -> Client:
    return signed_in(other_student)


@pytest.fixture
def coordinator_client(signed_in, coordinator) -> Client:
    return signed_in(coordinator)


@pytest.fixture
def foreign_coordinator_client(signed_in, foreign_coordinator) -> Client:
    return signed_in(foreign_coordinator)


@pytest.fixture
def office_client(signed_in, office) -> Client:
    return signed_in(office)
