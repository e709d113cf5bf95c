"""Kill -9 of the web server in the middle of an upload, and a disk that is full.

No row is ever without its file, and a file without a row is removed a day later.
"""

import errno
import http.client
import io
import os
import shutil
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.middleware.csrf import get_token
from django.test import RequestFactory, override_settings
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse
from django.utils import timezone

from applications import lifecycle
from applications.models import Document
from exchange_portal import processes, tasks
from tests import factories, pdfs, real_workers
from tests.applications.test_lifecycle import answers
from tests.real_workers import eventually

pytestmark = pytest.mark.django_db(transaction=True)

SLOT = "cv"
SAVED = 302
CONTENT = pdfs.cv()


def upload_request(application):
    """Return the address and the fields of an upload into the slot."""
    return reverse("applications:slot", args=[application.code, SLOT]), {
        "file": SimpleUploadedFile("cv.pdf", CONTENT, "application/pdf"),
    }


@pytest.fixture
def application(student):
    """A draft whose slot holds a file already."""
    row = factories.ApplicationFactory.create(call__hosts=1, student=student)
    factories.DocumentFactory.create(application=row, slot=row.call.programme.slots.get(key=SLOT))
    return row


def rows(application):
    """Return (content of the file, whether it is current) of each row, in order."""
    return [
        (lifecycle.stored_path(document.stored_name).read_bytes(), document.current)
        for document in application.documents.filter(slot__key=SLOT).order_by("pk")
    ]


def files():
    """Return every file on the disk that no row names."""
    named = set(Document.objects.values_list("stored_name", flat=True))
    found = Path(django_settings.PORTAL_FILES).glob("**/*")
    return [path for path in found if path.is_file() and path.name not in named]


def sweep_a_day_later():
    """Run the sweep, which must touch nothing yet, and run it again as of a day later."""
    before = files()
    tasks.purge_expired()
    assert files() == before
    old = (timezone.now() - timedelta(hours=25)).timestamp()
    for path in before:
        os.utime(path, (old, old))
    tasks.purge_expired()


# -- a web server of our own -----------------------------------------------------------------------


@dataclass(frozen=True)
class Server:
    port: int
    holds: Path
    supervisor: processes.Supervisor

    def post(self, application, client):
        """Send an upload with the client's cookies; return the status, None if it broke off."""
        return self._send(*upload_request(application), client.cookies["portal_session"].value)

    def post_and_kill(self, point, application, client):
        """Send an upload and kill the process that has it, there."""
        reached = self.holds / f"{point}.pid"
        (self.holds / point).touch()
        session = client.cookies["portal_session"].value
        with ThreadPoolExecutor(1) as pool:
            sent = pool.submit(self._send, *upload_request(application), session)
            try:
                eventually(lambda: reached.exists() or sent.done(), point, self.supervisor)
            finally:
                (self.holds / point).unlink(missing_ok=True)
                if reached.exists():
                    os.kill(int(reached.read_text()), signal.SIGKILL)
                    reached.unlink()
            assert sent.result() is None

    def _send(self, path, fields, session):
        request = RequestFactory().get("/")
        token = get_token(request)
        cookies = f"portal_session={session}; portal_csrf={request.META['CSRF_COOKIE']}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(
                "POST",
                path,
                encode_multipart(BOUNDARY, {**fields, "csrfmiddlewaretoken": token}),
                {"Content-Type": MULTIPART_CONTENT, "Cookie": cookies},
            )
            return connection.getresponse().status
        except (http.client.RemoteDisconnected, ConnectionResetError):
            return None
        finally:
            connection.close()


@pytest.fixture(scope="module")
def _running(django_db_setup, tmp_path_factory):  # noqa: ARG001 - the database must be there
    """Start the web server as the launcher does, except that it can be held."""
    folder = tmp_path_factory.mktemp("server")
    holds = folder / "holds"
    holds.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with override_settings(PORTAL_PORT=port):
        web = processes.web()
    env = {
        **real_workers.environment(folder / "files", queue=0),
        "DJANGO_SECRET_KEY": django_settings.SECRET_KEY,
        "HOLD_FOLDER": str(holds),
    }
    argv = [word.replace("exchange_portal.wsgi", "tests.held_wsgi") for word in web.argv]
    assert argv != [*web.argv]
    # Loaded once: a new process stands in for a killed one without delay.
    web = replace(web, argv=(*argv, "--preload"), env=env)
    with processes.Supervisor([web], logs=folder / "logs") as running:
        yield Server(port, holds, running), folder / "files"


@pytest.fixture
def server(_running, settings):
    server, settings.PORTAL_FILES = _running
    shutil.rmtree(settings.PORTAL_FILES, ignore_errors=True)
    return server


def test_killed_while_it_writes_the_file(server, application, student_client):
    before = rows(application)
    server.post_and_kill("writing", application, student_client)

    assert rows(application) == before
    (half,) = files()
    assert half.name.startswith("incoming-")
    assert half.read_bytes() == CONTENT[: len(CONTENT) // 2]
    sweep_a_day_later()
    assert files() == []
    assert server.post(application, student_client) == SAVED
    assert rows(application) == [(before[0][0], False), (CONTENT, True)]
    assert files() == []


@pytest.mark.parametrize("swept", [True, False], ids=["swept before", "not yet swept"])
def test_killed_between_file_and_row(server, application, student_client, swept):
    before = rows(application)
    server.post_and_kill("written", application, student_client)

    assert rows(application) == before
    (orphan,) = files()
    assert orphan.read_bytes() == CONTENT
    if swept:
        sweep_a_day_later()
        assert files() == []
    assert server.post(application, student_client) == SAVED
    assert rows(application) == [(before[0][0], False), (CONTENT, True)]
    sweep_a_day_later()
    assert rows(application) == [(before[0][0], False), (CONTENT, True)]
    assert files() == []


def test_killed_before_it_answers(server, application, student_client):
    """The student sees an error, though the file is there, and sends it once more."""
    before = rows(application)
    server.post_and_kill("committed", application, student_client)

    assert rows(application) == [(before[0][0], False), (CONTENT, True)]
    assert server.post(application, student_client) == SAVED
    assert rows(application) == [(before[0][0], False), (CONTENT, False), (CONTENT, True)]
    sweep_a_day_later()
    assert [content for content, current in rows(application) if current] == [CONTENT]
    assert files() == []


# -- a disk that is full ---------------------------------------------------------------------------


class SmallFile(io.FileIO):
    """A file on a disk that takes no more than a kilobyte of it."""

    def write(self, data):
        if self.tell() >= 1024:
            raise no_space()
        return super().write(bytes(data[:1024]))


class FullDisk:
    """The module `os` for those who store, on a disk that is full at one of the steps."""

    def __init__(self, step):
        self.step = step

    def __getattr__(self, name):
        return getattr(os, name)

    def fdopen(self, handle, mode):
        if self.step == "write":
            return io.BufferedWriter(SmallFile(handle, mode))
        return os.fdopen(handle, mode)

    def fsync(self, handle):
        if self.step == "fsync":
            raise no_space()
        os.fsync(handle)


def no_space():
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("step", ["write", "fsync"])
def test_full_disk_changes_nothing_and_says_so(
    application, student_client, monkeypatch, error_records, step
):
    before = rows(application)
    path, fields = upload_request(application)
    student_client.raise_request_exception = False
    with monkeypatch.context() as full:
        full.setattr(lifecycle.storing, "os", FullDisk(step))
        response = student_client.post(path, fields)

    assert response.status_code == 507
    assert "Its disk is full. Nothing of this was stored" in response.text
    assert error_records.messages == [f"Insufficient Storage: {path}"]
    assert error_records.records[0].exc_info[1].errno == errno.ENOSPC
    error_records.clear()
    assert (rows(application), files()) == (before, [])
    assert student_client.post(*upload_request(application)).status_code == SAVED
    assert rows(application) == [(before[0][0], False), (CONTENT, True)]


# -- without any fault -----------------------------------------------------------------------------


def test_four_files_are_written_once_each(student, monkeypatch):
    """Submitting names the files that are there: it neither copies nor writes any."""
    row = factories.ApplicationFactory.create(call__hosts=1, student=student)
    store, written = lifecycle.documents.store, []

    def count(data):
        written.append(store(data))
        return written[-1]

    monkeypatch.setattr(lifecycle.documents, "store", count)
    contents = {
        "cv": pdfs.cv(),
        "letter": pdfs.letter(),
        "transcript": pdfs.transcript(),
        "abitur": pdfs.certificate(),
    }
    for key, content in contents.items():
        upload = SimpleUploadedFile(f"{key}.pdf", content, "application/pdf")
        slot = row.call.programme.slots.get(key=key)
        lifecycle.attach_document(row, slot, upload, now=timezone.now())
    on_disk = as_written()
    for city in ("Bochum", "Essen"):
        given = answers(row, city=city)
        lifecycle.submit(row, given, by=student, now=timezone.now())

    assert len(written) == len(set(written)) == len(on_disk) == 4
    assert as_written() == on_disk
    assert {
        held.document.slot.key: lifecycle.stored_path(held.document.stored_name).read_bytes()
        for held in row.submissions.get(number=2).documents.all()
    } == contents


def as_written():
    """Return the files on the disk: each one's name, inode and instant of its last change."""
    found = [path for path in Path(django_settings.PORTAL_FILES).glob("**/*") if path.is_file()]
    return {(path.name, path.stat().st_ino, path.stat().st_ctime_ns) for path in found}
