"""Reading request bodies: what is kept, and what is only counted."""

import tempfile
from io import BytesIO

import pytest
from django.test import RequestFactory

from applications.forms import uploads
from applications.forms.uploads import is_too_large

LIMIT = 1_048_576


class Named(BytesIO):
    def __init__(self, content, name):
        super().__init__(content)
        self.name = name


@pytest.fixture
def posted():
    """Return a request with these fields; it is closed after the test, as the server does."""
    requests = []

    def post(data):
        requests.append(RequestFactory().post("/", data))
        return requests[-1]

    yield post
    for request in requests:
        request.close()


@pytest.mark.parametrize(
    ("size", "kept"), [(0, 0), (1, 1), (LIMIT, LIMIT), (LIMIT + 1, 0), (3_500_000, 0)]
)
def test_file_is_kept_up_to_the_limit_and_counted_beyond(posted, size, kept):
    request = posted({"file": Named(b"x" * size, "a.pdf"), "text": "stays"})

    file = request.FILES["file"]
    assert (file.size, len(file.read()), is_too_large(file)) == (size, kept, size > LIMIT)
    assert request.POST["text"] == "stays"


def test_other_files_of_the_request_are_untouched(posted):
    request = posted(
        {
            "first": Named(b"a" * 10, "a.pdf"),
            "second": Named(b"b" * (LIMIT + 1), "b.pdf"),
            "third": Named(b"c" * 20, "c.pdf"),
        }
    )

    assert {name: (file.size, file.read()) for name, file in request.FILES.items()} == {
        "first": (10, b"a" * 10),
        "second": (LIMIT + 1, b""),
        "third": (20, b"c" * 20),
    }


def test_disk_never_holds_more_than_the_limit_of_a_file(posted, monkeypatch):
    sizes = []

    class Watched(uploads.CappedUploadHandler):
        def receive_data_chunk(self, raw_data, start):
            super().receive_data_chunk(raw_data, start)
            sizes.append((start + len(raw_data), self.file.tell()))

    monkeypatch.setattr(uploads, "CappedUploadHandler", Watched)
    request = posted({"file": Named(b"x" * 5 * LIMIT, "a.pdf")})

    assert request.FILES["file"].size == 5 * LIMIT
    read, on_disk = zip(*sizes, strict=True)
    assert max(read) == 5 * LIMIT
    assert LIMIT - 65_536 < max(on_disk) <= LIMIT


def test_request_leaves_no_temporary_file(posted, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    request = posted({"file": Named(b"x" * (LIMIT + 5), "a.pdf")})
    assert request.FILES["file"].size == LIMIT + 5

    request.close()

    assert list(tmp_path.iterdir()) == []
