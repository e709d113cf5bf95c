"""The picture of page 1: for the owner alone, and drawn where no file can do harm."""

import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path
from threading import Event, Thread

import pytest
from django.urls import reverse

from applications.pdf_inspection import preview
from applications.pdf_inspection.preview import (
    NoPreview,
    TooBusy,
    first_page,
    page_picture,
    page_texts,
)
from tests import factories, pdfs

ROOT = Path(__file__).resolve().parents[2]


def script(code):
    """An impostor in the child's place."""
    return (sys.executable, "-c", code)


def size_of(picture):
    """Return width and height of a PNG, its whole content checked against its sums."""
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    place, pixels = 8, b""
    while place < len(picture):
        (length,) = struct.unpack(">I", picture[place : place + 4])
        kind, data = picture[place + 4 : place + 8], picture[place + 8 : place + 8 + length]
        (told,) = struct.unpack(">I", picture[place + 8 + length : place + 12 + length])
        assert told == zlib.crc32(kind + data)
        pixels += data if kind == b"IDAT" else b""
        place += 12 + length
    width, height = struct.unpack(">II", picture[16:24])
    assert len(zlib.decompress(pixels)) == height * (1 + 3 * width)
    return width, height


@pytest.fixture
def stored(tmp_path):
    def store(data):
        path = tmp_path / "stored.pdf"
        path.write_bytes(data)
        return path

    return store


# -- the view --------------------------------------------------------------------------------------


def url_of(document):
    return reverse("applications:preview", args=[document.application.code, document.pk])


@pytest.fixture
def document(student):
    return factories.DocumentFactory.create(application__student=student, content=pdfs.cv())


def test_owner_gets_the_first_page(student_client, document):
    response = student_client.get(url_of(document))

    assert response.status_code == 200
    assert response["Content-Type"] == "image/png"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]
    assert size_of(response.content) == (900, 1273)


@pytest.mark.parametrize("who", ["other_student", "coordinator", "foreign_coordinator", "office"])
@pytest.mark.usefixtures("faculty")
def test_nobody_else_gets_a_preview_even_of_what_was_submitted(request, document, who):
    submission = factories.SubmissionFactory.create(application=document.application)
    submission.documents.create(document=document)

    assert request.getfixturevalue(f"{who}_client").get(url_of(document)).status_code == 404


def test_document_of_another_application_is_not_found(student_client, student, document):
    other = factories.ApplicationFactory.create(student=student)
    url = reverse("applications:preview", args=[other.code, document.pk])

    assert student_client.get(url).status_code == 404


def test_row_without_its_file_is_not_found_and_reported(student_client, student, error_records):
    document = factories.DocumentFactory.create(application__student=student, file=False)

    assert student_client.get(url_of(document)).status_code == 404
    assert error_records.messages == [f"document {document.pk} has no file"]
    error_records.clear()


def test_file_that_cannot_be_drawn_is_answered_in_words(student_client, student):
    document = factories.DocumentFactory.create(
        application__student=student, content=pdfs.encrypted()
    )

    response = student_client.get(url_of(document))

    assert (response.status_code, response["Content-Type"]) == (422, "text/plain; charset=utf-8")
    assert response.text == "No preview can be made of this file."


def test_busy_portal_says_to_come_again(student_client, document, monkeypatch):
    def busy(_path):
        raise TooBusy

    monkeypatch.setattr("applications.views.form.preview.first_page", busy)

    response = student_client.get(url_of(document))

    assert (response.status_code, response["Retry-After"]) == (429, "5")
    assert response.text == "Many pages are being drawn just now. Please try again in a moment."


@pytest.mark.parametrize("seeds", [1, 3])
def test_preview_keeps_its_number_of_queries(
    student_client, document, django_assert_num_queries, seeds
):
    for _ in range(seeds - 1):
        factories.DocumentFactory.create(application=document.application, current=False)

    # session, person, application, document
    with django_assert_num_queries(4):
        student_client.get(url_of(document))


# -- drawing ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("box", "size"),
    [
        (b"[0 0 595 842]", (900, 1274)),
        (b"[0 0 842 595]", (900, 636)),
        (b"[0 0 100 1000]", (160, 1600)),
        (b"[0 0 14000 10]", (900, 1)),
    ],
)
def test_picture_keeps_the_shape_of_the_page_within_its_bounds(stored, box, size):
    data = pdfs.raw(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox " + box + b" >>",
    )

    assert size_of(first_page(stored(data))) == size


def test_only_the_first_page_is_drawn(stored):
    one, many = (first_page(stored(pdfs.letter(pages=pages))) for pages in (1, 60))

    assert size_of(one) == size_of(many)


@pytest.mark.parametrize(
    "make",
    [
        pdfs.encrypted,
        pdfs.no_pages,
        pdfs.not_a_pdf,
        pdfs.page_tree_cycle,
        pdfs.bomb,
        pdfs.form_explosion,
        pdfs.truncated,
        lambda: b"",
    ],
)
def test_hostile_file_has_no_preview_and_ends_soon(stored, make):
    started = time.monotonic()
    with pytest.raises(NoPreview):
        first_page(stored(make()))

    assert time.monotonic() - started < preview.WALL_SECONDS


def test_missing_file_is_no_lack_of_a_preview(tmp_path):
    with pytest.raises(FileNotFoundError):
        first_page(tmp_path / "missing.pdf")


# -- the child -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        "pass",
        "print('no picture')",
        "import os; os.kill(os.getpid(), 11)",
        "import sys; sys.stdout.buffer.write(b'\\x89PNG\\r\\n\\x1a\\n'); sys.exit(1)",
        "import sys; sys.stdout.buffer.write(b'\\x89PNG\\r\\n\\x1a\\n' + b'x' * 8_000_000)",
    ],
)
def test_child_that_dies_or_talks_nonsense_means_no_preview(stored, code):
    with pytest.raises(NoPreview):
        first_page(stored(pdfs.cv()), command=script(code))


def test_command_that_cannot_start_means_no_preview(stored):
    with pytest.raises(NoPreview):
        first_page(stored(pdfs.cv()), command=("/nonexistent/python",))


def test_child_that_never_ends_is_ended(stored):
    started = time.monotonic()
    with pytest.raises(NoPreview):
        first_page(stored(pdfs.cv()), command=script("import time; time.sleep(60)"), wall_seconds=1)

    assert time.monotonic() - started < 8


@pytest.mark.parametrize(
    ("answer", "ended_by"),
    [
        ("lambda *_: bytes(400 * 1024 * 1024)", {1}),  # MemoryError
        ("lambda *_: bytes(child.MAX_ANSWER + 1)", {1}),  # the write is refused
        ("lambda *_: next(iter(int, 1), time.sleep(60))", {-14}),  # SIGALRM
    ],
    ids=["memory", "written bytes", "time"],
)
def test_child_bounds_itself(tmp_path, answer, ended_by):
    """Its own limits end it, without whoever asked."""
    code = (
        "import time; from applications.pdf_inspection import preview_child as child;"
        f"child.SECONDS = 0.5; child.answer = {answer}; child.main()"
    )
    with (tmp_path / "answer").open("wb") as file:
        ended = subprocess.run(
            script(code),
            cwd=ROOT,
            input=b"{}\n",
            stdout=file,
            stderr=subprocess.DEVNULL,
            check=False,
        )

    assert ended.returncode in ended_by
    assert (tmp_path / "answer").stat().st_size <= preview.MAX_ANSWER


def test_child_sees_no_secret(stored, monkeypatch):
    monkeypatch.setenv("DJANGO_SECRET_KEY", "must stay here")
    code = (
        "import os, sys; seen = [k for k in os.environ if 'DJANGO' in k or 'DATABASE' in k];"
        "sys.stdout.buffer.write(b'\\x89PNG\\r\\n\\x1a\\n' + str(seen).encode())"
    )

    assert first_page(stored(pdfs.cv()), command=script(code))[8:] == b"[]"


def test_asking_side_loads_no_library_that_draws():
    code = (
        "import sys, applications.pdf_inspection.preview;"
        "print([m for m in ('pypdfium2', 'pypdf', 'django', 'PIL') if m in sys.modules])"
    )
    ended = subprocess.run(
        script(code),
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )

    assert ended.stdout == "[]\n"


# -- a flood ---------------------------------------------------------------------------------------


def desk_picture(path):
    return page_picture(path, 1)


def test_flood_is_drawn_one_by_one_and_the_rest_turned_away_at_once(stored, monkeypatch):
    """Two owners' previews, and one place more for the desk."""
    path, go_on, at_once, drawn = stored(pdfs.cv()), Event(), [], []

    def slow(*_):
        at_once.append(len(at_once) - len(drawn))
        go_on.wait(20)
        drawn.append(1)
        return preview._SIGNATURE

    monkeypatch.setattr(preview, "_answer", slow)
    threads = [Thread(target=draw, args=(path,)) for draw in (first_page, first_page, desk_picture)]
    for thread in threads[:2]:
        thread.start()
    while preview._places_of_owners._value:
        time.sleep(0.01)
    with pytest.raises(TooBusy):
        first_page(path)
    threads[2].start()
    while preview._places._value:
        time.sleep(0.01)
    for draw in (first_page, desk_picture, page_texts):
        with pytest.raises(TooBusy):
            draw(path)
    go_on.set()
    for thread in threads:
        thread.join(20)

    assert (at_once, len(drawn)) == ([0, 0, 0], 3)
    assert first_page(path) == desk_picture(path) == preview._SIGNATURE


@pytest.mark.parametrize(
    ("patience", "draw"),
    [
        ("PATIENCE_SECONDS", first_page),
        ("DESK_PATIENCE_SECONDS", desk_picture),
        ("DESK_PATIENCE_SECONDS", page_texts),
    ],
)
def test_whoever_waits_too_long_is_turned_away(stored, monkeypatch, patience, draw):
    monkeypatch.setattr(preview, patience, 0.05)
    path = stored(pdfs.letter())

    with preview._turn, pytest.raises(TooBusy):
        draw(path)

    assert draw(path)
