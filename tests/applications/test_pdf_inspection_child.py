"""The limits: no file, however made, stops or fools the one that asks."""

import ast
import json
import os
import resource
import subprocess
import sys
import time
from multiprocessing import get_context
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from applications.pdf_inspection import (
    DocumentKind,
    Expectation,
    Finding,
    FindingCode,
    Inspector,
    Report,
    bounds,
)
from applications.pdf_inspection.examination import TimeUp, examine
from tests import pdfs

ROOT = Path(__file__).resolve().parents[2]
CRASHED = (Finding(FindingCode.NOT_INSPECTABLE, {"reason": "crash"}),)
OUT_OF_TIME = (Finding(FindingCode.NOT_INSPECTABLE, {"reason": "time"}),)


def script(code):
    """An impostor in the child's place."""
    return (sys.executable, "-c", code)


READ = (
    "import sys, json; request = json.loads(sys.stdin.buffer.readline());"
    "sys.stdin.buffer.read(request['size']);"
)


@pytest.mark.parametrize(
    "code",
    [
        "pass",
        "import os; os.kill(os.getpid(), 9)",
        "import os; os.kill(os.getpid(), 11)",
        READ + "print('no answer')",
        READ + "print('[]')",
        READ + "print('{}')",
        READ + "print(json.dumps({'findings': [{'code': 'made_up'}]}))",
        READ + "print('x' * 1_000_000)",
    ],
)
def test_child_that_dies_or_talks_nonsense_is_a_finding(code):
    data = pdfs.letter()
    with Inspector(command=script(code)) as inspector:
        report = inspector.inspect(data)
    assert report.findings == CRASHED
    assert (report.bytes, report.pages, report.ok) == (len(data), None, False)


@pytest.mark.parametrize(
    "code",
    [
        "import time; time.sleep(60)",  # reads nothing
        READ + "import time; time.sleep(60)",
        READ + "\nwhile True: pass",
        READ
        + "\nwhile True: sys.stdout.write('x'); sys.stdout.flush(); import time; time.sleep(.1)",
    ],
)
def test_child_that_never_answers_is_ended(code):
    with Inspector(command=script(code), wall_seconds=1.5) as inspector:
        started = time.monotonic()
        report = inspector.inspect(pdfs.of_size(1_000_000))
        assert time.monotonic() - started < 8
        assert inspector._child is None
    assert report.findings == OUT_OF_TIME


def test_command_that_cannot_start_is_a_finding():
    with Inspector(command=("/nonexistent/python",)) as inspector:
        assert inspector.inspect(pdfs.letter()).findings == CRASHED


def test_child_killed_between_files_is_replaced():
    with Inspector() as inspector:
        assert inspector.inspect(pdfs.letter()).ok
        first = inspector._child.pid
        inspector._child.kill()
        time.sleep(0.05)
        assert inspector.inspect(pdfs.launch()).codes == (FindingCode.LAUNCH_ACTION,)
        assert inspector._child.pid != first


def test_one_warm_child_serves_file_after_file():
    with Inspector() as inspector:
        assert inspector.inspect(pdfs.letter()).ok
        first = inspector._child.pid
        assert inspector.inspect(pdfs.javascript()).codes == (FindingCode.JAVASCRIPT,)
        assert inspector.inspect(pdfs.letter()).findings == ()
        assert inspector._child.pid == first


def test_child_stays_however_large_the_process_that_asks():
    """The kernel adds the asking process's peak to what a child counts as its own."""
    ballast = b"x" * 260_000_000
    with Inspector() as inspector:
        assert inspector.inspect(pdfs.letter()).ok
        assert inspector._child is not None
    assert len(ballast) == 260_000_000


def test_child_is_replaced_after_a_file_that_broke_off():
    with Inspector() as inspector:
        assert not inspector.inspect(pdfs.deep_nesting()).ok
        assert inspector._child is None
        assert inspector.inspect(pdfs.letter()).findings == ()


def test_child_is_gone_after_use():
    with Inspector() as inspector:
        inspector.inspect(pdfs.letter())
        child = inspector._child
    assert child.returncode == -9


def test_interrupted_exchange_leaves_no_answer_for_the_next_file():
    """A worker's own time limit may strike in the middle of a file."""

    class WorkerTimeLimit(BaseException):
        pass

    with Inspector() as inspector:
        exchange = inspector._exchange

        def struck(request, deadline):
            exchange(request, deadline)
            raise WorkerTimeLimit

        inspector._exchange = struck
        with pytest.raises(WorkerTimeLimit):
            inspector.inspect(pdfs.javascript())
        inspector._exchange = exchange
        assert inspector.inspect(pdfs.letter()).findings == ()


def test_threads_may_share_an_inspector():
    reports = {}
    with Inspector() as inspector:

        def ask(number):
            made = pdfs.letter() if number % 2 else pdfs.launch()
            reports[number] = inspector.inspect(made).codes

        threads = [Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    expected = {n: () if n % 2 else (FindingCode.LAUNCH_ACTION,) for n in range(8)}
    assert reports == expected


def _ask_in_daemon(inspector, pipe):
    pipe.send(inspector.inspect(pdfs.launch()).codes)
    inspector.close()


def test_daemonic_process_may_inspect_with_an_inherited_inspector():
    """Celery's workers are daemonic forks: they may not use multiprocessing themselves."""
    context = get_context("fork")
    with Inspector() as inspector:
        inspector.inspect(pdfs.letter())
        ours, theirs = context.Pipe()
        daemon = context.Process(target=_ask_in_daemon, args=(inspector, theirs), daemon=True)
        daemon.start()
        assert ours.poll(20)
        assert ours.recv() == (FindingCode.LAUNCH_ACTION,)
        daemon.join(10)
        assert inspector.inspect(pdfs.letter()).findings == ()


def test_child_sees_no_secret_and_no_django(monkeypatch):
    monkeypatch.setenv("DJANGO_SECRET_KEY", "must stay here")
    code = (
        READ
        + "import os; seen = sorted(k for k in os.environ if 'DJANGO' in k or 'DATABASE' in k);"
        + "print(json.dumps({'findings': [], 'pages': len(seen), 'encrypted': False,"
        + "'text_sha256': '', 'language': '', 'words': 0, 'retires': False}), flush=True)"
    )
    with Inspector(command=script(code)) as inspector:
        assert inspector.inspect(pdfs.letter()).pages == 0
    run = "runpy.run_module('applications.pdf_inspection.child', run_name='__main__')"
    modules = ("django", "celery", "numpy", "PIL.Image")
    assert _loaded(f"import runpy; {run}", modules) == []


def test_asking_side_does_not_load_the_parser():
    assert _loaded("import applications.pdf_inspection", ("pypdf", "django", "numpy")) == []


def _loaded(code, modules):
    """Run the code in a fresh interpreter and return which of the modules it has loaded."""
    ended = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}; print([*filter(sys.modules.get, {modules})])"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        text=True,
    )
    return ast.literal_eval(ended.stdout)


def _limited(code):
    """Run code in a process that has limited itself as the child does."""
    return subprocess.run(
        [sys.executable, "-c", f"from applications.pdf_inspection import bounds; {code}"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )


def test_child_cannot_take_more_memory_than_allowed():
    within = _limited(
        "bounds.bound_process(max_written=0); x = bytearray(100_000_000); print(len(x))"
    )
    assert within.stdout == "100000000\n"
    beyond = _limited("bounds.bound_process(max_written=0); x = bytearray(bounds.MAX_MEMORY)")
    assert "MemoryError" in beyond.stderr
    assert bounds.MAX_MEMORY + 110 * 1024 * 1024 < 512 * 1024 * 1024


def test_code_that_hears_no_alarm_is_ended_by_the_kernel():
    deaf = "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])"
    ended = _limited(
        f"{deaf}; bounds.bound_process(max_written=0); bounds.start_clock(0.1)\nwhile True: pass"
    )
    assert ended.returncode in {-24, -9}  # SIGXCPU


def test_time_running_out_keeps_what_was_found(monkeypatch):
    def never_ends(*_):
        raise TimeUp

    monkeypatch.setattr("applications.pdf_inspection.examination.read_pages", never_ends)
    codes = [found["code"] for found in examine(pdfs.launch())["findings"]]
    assert codes == ["launch_action", "not_inspectable"]


def test_memory_running_out_is_a_finding(monkeypatch):
    def too_big(*_):
        raise MemoryError

    monkeypatch.setattr("applications.pdf_inspection.examination.read_pages", too_big)
    found = examine(pdfs.letter())["findings"]
    assert found == [Finding(FindingCode.NOT_INSPECTABLE, {"reason": "memory"}).to_dict()]


def test_slow_file_is_given_up_by_the_child_itself(monkeypatch):
    """The alarm rings in the parser and the answer still comes, from the same child."""
    monkeypatch.setattr("applications.pdf_inspection.inspector.EXAMINATION_SECONDS", 1.0)
    code = (
        "import applications.pdf_inspection.examination as e, time;"
        "e.read_pages = lambda *_: time.sleep(60);"
        "import applications.pdf_inspection.child as c; c.main()"
    )
    with Inspector(command=script(code)) as inspector:
        report = inspector.inspect(pdfs.launch())
    assert report.codes == (FindingCode.LAUNCH_ACTION, FindingCode.NOT_INSPECTABLE)
    assert report.findings[1].params == {"reason": "time"}


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda directory: directory / "missing.pdf", "missing"),
        (lambda directory: directory, "directory"),
        (lambda _: "/dev/zero", "special"),
        (lambda directory: os.mkfifo(directory / "pipe") or directory / "pipe", "special"),
        (lambda _: "a\0b", "missing"),
    ],
)
def test_path_that_is_no_file_is_a_finding(tmp_path, make, reason):
    with Inspector() as inspector:
        report = inspector.inspect(make(tmp_path))
    assert report.findings == (Finding(FindingCode.NOT_READABLE, {"reason": reason}),)


def test_huge_file_is_refused_without_reading_it(tmp_path):
    path = tmp_path / "huge.pdf"
    with path.open("wb") as sparse:
        sparse.write(b"%PDF-1.7")
        sparse.truncate(50_000_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Inspector() as inspector:
        report = inspector.inspect(path)
        assert inspector._child is None
    expected = Finding(FindingCode.TOO_LARGE, {"size": 50_000_000_000, "limit": 1_048_576})
    assert report.findings == (expected,)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10_000  # KiB


SEEDS = [
    pdfs.letter(),
    pdfs.cv(link="https://example.org/"),
    pdfs.packed_letter(),
    pdfs.owner_locked(),
    pdfs.javascript_in_update(),
]
TOKENS = [b"/Kids", b"0 R", b"<<", b">>", b"[", b"/Length 99999999", b"/Prev 9", b"-1", b"obj"]
TOKENS += [b"/Encrypt 1 0 R", b"/Filter /LZWDecode", b"1e999", b"(", b"stream", b"/Contents 3 0 R"]


@pytest.fixture(scope="module")
def fuzzed_inspector():
    with Inspector() as warm:
        yield warm


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    seed=st.sampled_from(SEEDS),
    changes=st.lists(
        st.tuples(
            st.floats(0, 1),
            st.sampled_from(["flip", "cut", "insert"]),
            st.one_of(st.binary(min_size=1, max_size=6), st.sampled_from(TOKENS)),
        ),
        min_size=1,
        max_size=8,
    ),
)
def test_whatever_happened_to_a_file_there_is_a_report(fuzzed_inspector, seed, changes):
    data = bytearray(seed)
    for place, change, piece in changes:
        at = int(place * len(data))
        if change == "flip":
            data[at : at + len(piece)] = piece
        elif change == "cut":
            del data[at : at + 7 * len(piece)]
        else:
            data[at:at] = piece
    report = fuzzed_inspector.inspect(bytes(data), Expectation(DocumentKind.LETTER, 1, 2))
    assert report.bytes == len(data)
    assert Finding(FindingCode.NOT_INSPECTABLE, {"reason": "crash"}) not in report.findings
    stored = json.loads(json.dumps(report.to_dict()))
    assert Report.from_dict(stored) == report
