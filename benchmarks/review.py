"""What the review of a call costs beside a bare pool of pypdf that reads the same files.

Run `python3 portal.py bench review`; benchmarks/README.md says how to read the figures. The
environment says how much: `BENCH_APPLICATIONS=100 BENCH_ROUNDS=1 python3 portal.py bench review`.
"""

import hashlib
import multiprocessing
import os
import time
from io import BytesIO
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import _measuring
import _portal  # noqa: F401 - sets Django up
from django.db import connection
from fpdf import FPDF
from PIL import Image
from pypdf import PdfReader
from ttf_opensans import OPENSANS_REGULAR

from applications.lifecycle import expectation, stored_path
from applications.models import Call, Document, DocumentSlot, ReviewRun, SubmissionReview
from applications.pdf_inspection import language
from applications.pdf_inspection.examination import examine
from applications.pdf_inspection.report import Expectation
from exchange_portal import processes
from tests import factories

APPLICATIONS = int(os.environ.get("BENCH_APPLICATIONS", "1000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
DIFFERENT = 20  # sets of papers, handed in by turns
WORDS = (
    *("I", "would", "like", "to", "study", "abroad", "because", "the", "courses", "on", "markets"),
    *("and", "public", "policy", "suit", "my", "degree", "a", "semester", "there", "teaches", "me"),
    *("how", "people", "of", "another", "country", "work", "learn", "together"),
)
PROCESSES = 2
AIM = 1.25


def papers_of(number: int) -> dict[str, bytes]:
    """Return what one student hands in, as word processors write it: with fonts of their own."""
    chance = Random(number)
    text = [" ".join(chance.choices(WORDS, k=90)) + "." for _paragraph in range(5)]
    rows = [f"{' '.join(chance.choices(WORDS, k=4))}   2,0   5 CP" for _row in range(60)]
    checkable = ["Dieses Datenblatt wurde überprüfbar erzeugt.", f"Passwort: k7Tq-{number:04}"]
    return {
        "cv": written(rows[:30], photo=number),
        "letter": written([f"Dear committee, I am student {number}.", *text]),
        "transcript": written(["Datenblatt / Transcript of Records", *rows, *checkable]),
        "abitur": written(["Zeugnis der allgemeinen Hochschulreife", *rows[:15]]),
    }


def written(lines: list[str], *, photo: int | None = None) -> bytes:
    pdf = FPDF(format="A4")
    pdf.add_page()
    pdf.add_font("OpenSans", fname=OPENSANS_REGULAR.path)
    pdf.set_font("OpenSans", size=11)
    if photo is not None:
        picture = Image.effect_noise((300, 400), 40 + photo).convert("RGB")
        pdf.image(picture, x=160, y=10, w=35)
    for line in lines:
        pdf.multi_cell(0, 6, line, new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


def fill() -> Call:
    """Make a closed call of APPLICATIONS with four papers each."""
    call = factories.CallFactory.create(code="bench", closed=True, hosts=30)
    hosts = list(call.hosts.all())
    degree = factories.DegreeProgrammeFactory.create()
    slots = list(DocumentSlot.objects.filter(programme=call.programme))
    sets = [papers_of(number) for number in range(min(DIFFERENT, APPLICATIONS))]
    for number in range(APPLICATIONS):
        application = factories.ApplicationFactory.create(call=call, state="under_review")
        for slot in slots:
            if slot.key in sets[0]:
                # A comment at the end makes each file another one.
                content = sets[number % len(sets)][slot.key] + b"%% %d\n" % number
                factories.DocumentFactory.create(
                    application=application,
                    slot=slot,
                    content=content,
                    inspection={"text_sha256": hashlib.sha256(content).hexdigest()},
                )
        factories.SubmissionFactory.create(
            application=application,
            degree_programme=degree,
            preferences=[hosts[(number + step) % len(hosts)] for step in range(5)],
            languages={"en": "C1"},
            documents=True,
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return call


# -- the bare pools --------------------------------------------------------------------------------


def read_with_pypdf(task: tuple[str, Expectation]) -> int:
    """Open the file, read the text of every page and, of a letter, its language: nothing more."""
    path, expected = task
    reader = PdfReader(BytesIO(Path(path).read_bytes()))
    text = "\n".join(page.extract_text() for page in reader.pages)
    if expected.language:
        language.language_of(text, len(text.split()))
    return len(text)


def read_as_the_review(task: tuple[str, Expectation]) -> int:
    """Do the review's own reading: also every object, active content, pictures, blank pages."""
    path, expected = task
    return len(examine(Path(path).read_bytes(), expected))


def seconds_of_pool(read: object, tasks: list[tuple[str, Expectation]]) -> float:
    """Time the reading alone: the processes are there, pypdf and the language model loaded."""
    with multiprocessing.get_context("spawn").Pool(PROCESSES, initializer=language.model) as pool:
        pool.map(read, tasks[:PROCESSES], chunksize=1)
        began = time.perf_counter()
        pool.map(read, tasks, chunksize=4)
        return time.perf_counter() - began


# -- the review ------------------------------------------------------------------------------------


def seconds_of_review(call: Call, folder: Path) -> tuple[float, float]:
    """Have the call reviewed by the demonstration's worker and beat: seconds, peak MB of memory.

    From the beginning of the run to its end, as its row says: what the visitor of the page sees.
    """
    ReviewRun.objects.filter(call=call).delete()
    peak = 0.0
    with processes.Supervisor([processes.worker(concurrency=PROCESSES)], logs=folder) as worker:
        tree = worker.pid_of("worker")
        with processes.Supervisor([processes.beat()], logs=folder) as beat:
            while not ReviewRun.objects.filter(call=call, state=ReviewRun.State.DONE).exists():
                worker.check()
                beat.check()
                peak = max(peak, _measuring.memory_of(tree))
                time.sleep(0.5)
    run = ReviewRun.objects.get(call=call)
    written = SubmissionReview.objects.filter(run=run, state=SubmissionReview.State.DONE).count()
    if written != APPLICATIONS or run.finished_at is None:
        raise SystemExit(f"{written} of {APPLICATIONS} submissions were reviewed.")
    return (run.finished_at - run.started_at).total_seconds(), peak


def main() -> None:
    _measuring.introduce("The review of a call beside bare pools that read the same files")
    began = time.perf_counter()
    call = fill()
    documents = Document.objects.select_related("slot").order_by("application", "slot")
    tasks = [(str(stored_path(row.stored_name)), expectation(row.slot)) for row in documents]
    size = sum(row.size for row in documents) / 1e6
    print(
        f"{APPLICATIONS:,} applications, {len(tasks):,} files, {size:.0f} MB,"
        f" made in {time.perf_counter() - began:.0f} s; {PROCESSES} processes each"
    )
    review, same, bare, memory = [], [], [], []
    with TemporaryDirectory() as folder:
        for _round in range(ROUNDS):
            same.append(seconds_of_pool(read_as_the_review, tasks))
            taken, peak = seconds_of_review(call, Path(folder))
            review.append(taken)
            memory.append(peak)
            bare.append(seconds_of_pool(read_with_pypdf, tasks))
    same_reading = [one / other for one, other in zip(review, same, strict=True)]
    text_alone = [one / other for one, other in zip(review, bare, strict=True)]
    for name, figures, aim in (
        ("the same reading", same_reading, f"   aim {AIM}x"),
        ("text and language", text_alone, ""),
    ):
        words = f"review / bare pool, {name}"
        print(f"{words:<40} {_measuring.spread(figures, 'x')}{aim}")
    for name, values in (
        ("review", review),
        ("bare pool, the same reading", same),
        ("bare pool, text and language", bare),
    ):
        per_thousand = [1000 * value / APPLICATIONS for value in values]
        print(f"{f'  {name}, 1,000 applications':<40} {_measuring.spread(per_thousand, ' s')}")
    print(f"{'  worker and children, memory at most':<40} {_measuring.spread(memory, ' MB')}")


if __name__ == "__main__":
    main()
