"""Whether the memory of a web worker stays flat over 10,000 uploads.

Run `python3 portal.py bench uploads`; benchmarks/README.md says how to read the figures.
`BENCH_UPLOADS=1000` makes it shorter.
"""

import hashlib
import http.client
import os
import re
import secrets
import socket
import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

import _portal
from _measuring import introduce, memory_of, percentile, table
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone
from fpdf import FPDF
from PIL import Image

from applications import lifecycle
from applications.lifecycle.storing import HALF_WRITTEN
from applications.models import Document, DocumentSlot
from exchange_portal import processes
from tests import factories

UPLOADS = int(os.environ.get("BENCH_UPLOADS", "10000"))
SAMPLE_EVERY = max(1, min(250, UPLOADS // 10))
SHOWN_AT = (0, 250, 500, 1_000, 2_500, 5_000, 7_500, 10_000)
AT_ONCE = 4
# Far below what the gate lets one person send, so that it turns nobody away.
EACH = 50
SWEEP_EVERY = 1_000
# Until then caches fill and the allocator finds its size; of short runs, the first fifth.
SETTLED = min(1_000, UPLOADS // 5)
BYTES = 1_048_000  # of the 1,048,576 that are taken
SLOTS = ("cv", "letter", "transcript", "abitur")
SIGNED_IN_BY = "exchange_portal.login.signed_in.SignedIn"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
HELD = re.compile(r'data-held="(\d*)"')


# -- what is sent ----------------------------------------------------------------------------------


def paper() -> bytes:
    """Return a PDF of nearly a megabyte as students scan them: text, and pictures that fill it."""
    pdf = FPDF(format="A4")
    for page in range(3):
        pdf.add_page()
        pdf.set_font("Helvetica", size=11)
        for line in range(30):
            text = f"Line {line} of page {page}: I would like to study abroad."
            pdf.cell(0, 6, text, new_x="LMARGIN", new_y="NEXT")
        picture = BytesIO()
        Image.effect_noise((560, 560), 90).save(picture, "JPEG", quality=95)
        pdf.image(picture, x=20, y=200, w=60)
    return bytes(pdf.output())


def another(content: bytes, number: int) -> bytes:
    """Return the same paper as another file of BYTES bytes, by a comment before its last lines."""
    before, mark, after = content.rpartition(b"startxref")
    comment = b"%% %d " % number
    room = BYTES - len(content) - len(comment) - 1
    return b"".join([before, comment, b"." * room, b"\n", mark, after])


@dataclass(slots=True)
class Student:
    """A browser signed in: its cookies, its token and what each slot shows."""

    code: str
    cookies: str
    token: str
    held: dict[str, str] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)


@dataclass(frozen=True, slots=True)
class Sent:
    """One upload that was answered as expected."""

    code: str
    slot: str
    sha256: str
    milliseconds: float


class Browser:
    """Sends what the page's script sends, over connections that stay open as browsers' do."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(
        self, method: str, path: str, cookies: str, body: bytes = b"", kind: str = ""
    ) -> tuple[int, str, list[str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Cookie": cookies, "Accept-Language": "en"}
        if kind:
            headers |= {"Content-Type": kind, "X-Requested-With": "fetch"}
        try:
            connection.request(method, path, body or None, headers)
            response = connection.getresponse()
            text = response.read().decode()
            return response.status, text, response.msg.get_all("Set-Cookie") or []
        finally:
            connection.close()

    def opens(self, code: str, session: str) -> Student:
        cookies = f"{settings.SESSION_COOKIE_NAME}={session}"
        page = f"/applications/{code}/form/documents/"
        status, text, set_cookies = self.ask("GET", page, cookies)
        token = TOKEN.search(text)
        if status != http.HTTPStatus.OK or token is None:
            raise SystemExit(f"The page of documents answered {status}.")
        own = [one.partition(";")[0] for one in set_cookies]
        return Student(code, "; ".join([cookies, *own]), token[1])

    def sends(self, student: Student, slot: str, content: bytes) -> Sent:
        sha256 = hashlib.sha256(content).hexdigest()
        fields = {"csrfmiddlewaretoken": student.token, "held": student.held.get(slot, "")}
        mark = secrets.token_hex(16)
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in fields.items()
        ]
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{slot}.pdf"\r\n'
        parts += [head.encode(), b"Content-Type: application/pdf\r\n\r\n", content]
        body = b"".join([*parts, f"\r\n--{mark}--\r\n".encode()])
        path = f"/applications/{student.code}/form/documents/{slot}/"
        began = time.perf_counter()
        status, text, _cookies = self.ask(
            "POST", path, student.cookies, body, f"multipart/form-data; boundary={mark}"
        )
        taken = 1000 * (time.perf_counter() - began)
        held = HELD.search(text)
        if status != http.HTTPStatus.OK or held is None or not held[1]:
            raise SystemExit(f"An upload was answered with {status}: {text[:600]}")
        if held[1] == student.held.get(slot):
            raise SystemExit("An upload was answered with the file before it.")
        student.held[slot] = held[1]
        return Sent(student.code, slot, sha256, taken)


def check(sent: Sequence[Sent]) -> None:
    """Compare what was sent with the rows and the files; the newest of a slot is current."""
    newest = {(one.code, one.slot): one.sha256 for one in sent}
    rows = Document.objects.filter(sha256__in=[one.sha256 for one in sent])
    stored = {row.sha256: row for row in rows.select_related("application", "slot")}
    if len(rows) != len(sent) or len(stored) != len(sent):
        raise SystemExit(f"{len(sent)} files were sent, {len(rows)} rows name them.")
    for one in sent:
        row = stored[one.sha256]
        if (row.application.code, row.slot.key) != (one.code, one.slot):
            raise SystemExit("A file lies in another slot than it was sent to.")
        if row.current != (newest[one.code, one.slot] == one.sha256):
            raise SystemExit("A file that was replaced is current still, or the newest is not.")
        content = lifecycle.stored_path(row.stored_name).read_bytes()
        if hashlib.sha256(content).hexdigest() != one.sha256:
            raise SystemExit("A stored file differs from what was sent.")


# -- the worker ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sample:
    """The worker at rest after so many uploads: KiB it has for itself and its parts of shared."""

    uploads: int
    rss: int
    pss: float
    peak: int
    files: int
    children: int


@dataclass(frozen=True, slots=True)
class Worker:
    """gunicorn's only worker, by its process id."""

    pid: int

    @classmethod
    def of(cls, master: int) -> "Worker":
        pids = _children(master)
        if len(pids) != 1:
            raise SystemExit(f"gunicorn has {len(pids)} workers; one was asked for.")
        return cls(pids[0])

    def sample(self, uploads: int) -> Sample:
        status = Path(f"/proc/{self.pid}/status").read_text()
        figures = dict(re.findall(r"^(VmRSS|VmHWM):\s*(\d+) kB$", status, re.MULTILINE))
        return Sample(
            uploads,
            int(figures["VmRSS"]),
            1024 * memory_of(self.pid),
            int(figures["VmHWM"]),
            len(list(Path(f"/proc/{self.pid}/fd").iterdir())),
            len(_children(self.pid)),
        )


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(one) for task in tasks for one in (task / "children").read_text().split()]


@contextmanager
def serving(folder: Path) -> Iterator[tuple[Browser, Worker]]:
    """Run the portal's own web server with one worker process that is never replaced."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with override_settings(PORTAL_PORT=port):
        program = processes.web()
    argv = list(program.argv)
    argv[argv.index("--workers") + 1] = "1"
    program = replace(program, argv=tuple(argv), env={**program.env, "TMPDIR": str(folder)})
    with processes.portal_supervisor(program) as supervisor:
        yield Browser(port), Worker.of(supervisor.pid_of("web"))
        supervisor.check()


def slope(samples: Sequence[Sample]) -> float:
    """Return by how many KiB the worker grew for every 1,000 uploads, by least squares."""
    settled = [sample for sample in samples if sample.uploads >= SETTLED]
    line = statistics.linear_regression(
        [sample.uploads / 1000 for sample in settled], [sample.rss for sample in settled]
    )
    return line.slope


# -- all of it -------------------------------------------------------------------------------------


def fill() -> dict[str, str]:
    """Make as many drafts as are needed; returns the session of each by its code."""
    call = factories.CallFactory.create(code="bench", hosts=30)
    factories.DegreeProgrammeFactory.create()
    sessions = {}
    for _student in range(max(2 * AT_ONCE, -(-UPLOADS // EACH))):
        application = factories.ApplicationFactory.create(call=call)
        client = Client()
        client.force_login(application.student, backend=SIGNED_IN_BY)
        sessions[application.code] = client.cookies[settings.SESSION_COOKIE_NAME].value
    found = set(DocumentSlot.objects.filter(programme=call.programme).values_list("key", flat=True))
    if not found.issuperset(SLOTS):
        raise SystemExit(f"The programme asks for {sorted(found)}.")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return sessions


def main() -> None:
    sessions = fill()
    content = paper()
    with TemporaryDirectory() as folder, serving(Path(folder)) as (browser, worker):
        students = [browser.opens(code, session) for code, session in sessions.items()]

        def send(number: int) -> Sent:
            student = students[number % len(students)]
            slot = SLOTS[number // len(students) % len(SLOTS)]
            with student.lock:
                return browser.sends(student, slot, another(content, number))

        samples, milliseconds, seconds = [worker.sample(0)], [], 0.0
        with ThreadPoolExecutor(AT_ONCE) as people:
            for start in range(0, UPLOADS, SAMPLE_EVERY):
                numbers = range(start, min(start + SAMPLE_EVERY, UPLOADS))
                began = time.perf_counter()
                sent = list(people.map(send, numbers))
                seconds += time.perf_counter() - began
                samples.append(worker.sample(numbers.stop))
                milliseconds += [one.milliseconds for one in sent]
                check(sent)
                if numbers.stop % SWEEP_EVERY == 0:
                    _sweep()
        left = [path for path in Path(folder).rglob("*") if path.is_file()]
        half = list(settings.PORTAL_FILES.rglob(f"{HALF_WRITTEN}*"))
    kept = Document.objects.filter(current=True).count()
    if kept != len(students) * min(len(SLOTS), -(-UPLOADS // len(students))):
        raise SystemExit(f"{kept} slots hold a file.")
    show(samples, milliseconds, seconds)
    print(f"Files left behind: {len(left)} uploads, {len(half)} half written.")


def _sweep() -> None:
    """Remove what was replaced, as the worker does every hour with what is a day old."""
    lifecycle.purge_files(now=timezone.now() + timedelta(days=2))


def show(samples: Sequence[Sample], milliseconds: Sequence[float], seconds: float) -> None:
    introduce(f"Memory of a web worker over {UPLOADS:,} uploads")
    few = len(samples) <= len(SHOWN_AT) + 3
    chosen = [one for one in samples if few or one.uploads in SHOWN_AT or one is samples[-1]]
    table(
        ("uploads", "RSS", "PSS", "RSS at most", "open files", "children"),
        [
            (
                f"{one.uploads:,}",
                f"{one.rss / 1024:.1f} MiB",
                f"{one.pss / 1024:.1f} MiB",
                f"{one.peak / 1024:.1f} MiB",
                str(one.files),
                str(one.children),
            )
            for one in chosen
        ],
    )
    print(
        f"Growth after the first {SETTLED:,}: {slope(samples):+.0f} KiB per 1,000 uploads.  \n"
        f"{len(milliseconds) / seconds:.1f} uploads/s of {BYTES:,} bytes, {AT_ONCE} at a time; "
        f"{percentile(milliseconds, 0.5):.0f} ms (p50), {percentile(milliseconds, 0.95):.0f} ms "
        "(p95) each, clients on the same cores."
    )


if __name__ == "__main__":
    with _portal.for_the_test_client():
        main()
