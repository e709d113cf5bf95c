"""One door to stored files: the same behaviour below PORTAL_FILES and in an object store."""

import io
import os
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError
from django.urls import reverse
from django.utils import timezone

from applications import lifecycle
from applications.lifecycle import storing
from applications.models import Document
from exchange_portal.health import checks
from exchange_portal.s3_options import uploads_in_s3
from tests import factories, pdfs
from tests.applications.object_store import BUCKET, object_store
from tests.applications.uploads import pdf, slot_url

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
DATA = b"%PDF-1.7 something"


class Local:
    """Files below PORTAL_FILES, seen from behind."""

    def __init__(self, folder):
        self._folder = folder

    def files(self):
        return {path.name: path.read_bytes() for path in self._folder.glob("??/*")}

    def age(self, name, by):
        long_ago = (timezone.now() - by).timestamp()
        os.utime(lifecycle.stored_path(name), (long_ago, long_ago))


class Elsewhere:
    """Files in an object store, seen from behind."""

    def __init__(self, store):
        self._store = store

    def files(self):
        return {key[3:]: data for key, (data, _at) in self._store.objects.items()}

    def age(self, name, by):
        key = f"{name[:2]}/{name}"
        data, _at = self._store.objects[key]
        self._store.objects[key] = (data, datetime.now(UTC).replace(microsecond=0) - by)


@pytest.fixture(scope="module")
def store():
    with object_store() as store:
        yield store


@pytest.fixture
def in_the_store(settings, store):
    store.objects.clear()
    store.broken = False
    settings.STORAGE = "s3"
    settings.STORAGES = {
        **settings.STORAGES,
        "uploads": {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": uploads_in_s3(
                bucket=BUCKET,
                endpoint=store.address,
                region="eu-central-1",
                key="key",
                secret="secret",
            ),
        },
    }
    return store


@pytest.fixture(params=["local", "s3"])
def place(request, settings):
    if request.param == "local":
        return Local(settings.PORTAL_FILES)
    return Elsewhere(request.getfixturevalue("in_the_store"))


def read(name):
    with lifecycle.at_hand(name) as path:
        return path.read_bytes()


def test_what_is_stored_is_found_by_its_sum(place):
    name = lifecycle.store(DATA)
    assert lifecycle.store(DATA) == name == storing.name_of(DATA)
    assert (place.files(), read(name)) == ({name: DATA}, DATA)


@pytest.mark.usefixtures("place")
def test_file_opened_at_hand_is_read_to_its_end_afterwards():
    data = DATA * 100_000
    with lifecycle.at_hand(lifecycle.store(data)) as path:
        file = path.open("rb")
    with file:
        assert file.read() == data


@pytest.mark.usefixtures("place")
def test_file_that_is_not_there():
    with pytest.raises(FileNotFoundError), lifecycle.at_hand(storing.name_of(b"nothing")):
        pytest.fail("there was one")


def test_old_files_without_a_row_are_removed_others_stay(place):
    orphan, young, named = (lifecycle.store(DATA + bytes([n])) for n in range(3))
    factories.DocumentFactory.create(stored_name=named, file=False)
    for name in (orphan, named):
        place.age(name, 2 * DAY)
    now = timezone.now()
    assert lifecycle.purge_files(now=now) == 1
    assert set(place.files()) == {young, named}
    assert orphan not in place.files()


def test_upload_and_download_by_the_page(place, student, student_client):
    row = factories.ApplicationFactory.create(call__hosts=1, student=student)
    content = pdfs.cv()
    sent = {"file": pdf(content), "shown": ""}
    assert student_client.post(slot_url(row, "cv"), sent).status_code in {200, 302}
    document = Document.objects.get()
    assert place.files() == {document.stored_name: content}

    address = reverse("applications:document", args=[row.code, document.pk])
    answer = student_client.get(address)
    assert b"".join(answer.streaming_content) == content
    assert answer["Content-Disposition"].startswith("attachment")


def test_proxy_hands_out_local_files_alone(place, settings, student, student_client):
    settings.PORTAL_X_ACCEL_REDIRECT = "/protected-files/"
    name = lifecycle.store(DATA)
    document = factories.DocumentFactory.create(
        application__student=student, stored_name=name, file=False
    )
    address = reverse("applications:document", args=[document.application.code, document.pk])
    answer = student_client.get(address)
    if isinstance(place, Local):
        assert answer["X-Accel-Redirect"] == f"/protected-files/{name[:2]}/{name}"
    else:
        assert "X-Accel-Redirect" not in answer
        assert b"".join(answer.streaming_content) == DATA


def test_store_that_refuses_leaves_no_row(in_the_store, student):
    row = factories.ApplicationFactory.create(call__hosts=1, student=student)
    slot = row.call.programme.slots.get(key="cv")
    in_the_store.broken = True
    upload = io.BytesIO(pdfs.cv())
    upload.name, upload.size = "cv.pdf", len(upload.getvalue())
    with pytest.raises(ClientError):
        lifecycle.attach_document(row, slot, upload, now=timezone.now())
    assert Document.objects.count() == 0


@pytest.mark.parametrize(("broken", "status"), [(False, "ok"), (True, "failing")])
def test_health_asks_the_store(in_the_store, broken, status):
    in_the_store.broken = broken
    (found,) = (check for check in checks._storage() if check.part == checks.Part.STORAGE)
    assert found.status == status
