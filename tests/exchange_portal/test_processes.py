"""The supervisor: starting, restarting, stopping in order, and leaving nothing behind."""

import itertools
import os
import signal
import subprocess
import sys
import time

import pytest
from django.conf import settings

from exchange_portal import processes
from exchange_portal.launcher import messages
from exchange_portal.processes import Program, ProgramFailed, Supervisor

# Writes its name and process id when it starts, its name alone when SIGTERM ends it.
POLITE = """
import os, signal, sys, time
def note(text):
    with open(sys.argv[1], "a") as file:
        file.write(text + "\\n")
def end(*_):
    note("-" + sys.argv[2])
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
note("+" + sys.argv[2] + " " + str(os.getpid()))
time.sleep(60)
"""
STUBBORN = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(sys.argv[1], "w").close()
time.sleep(60)
"""


def python(name, code, *arguments, **options):
    argv = (sys.executable, "-c", code, *map(str, arguments))
    return Program(name=name, argv=argv, **options)


def polite(name, diary):
    def ready():
        return diary.exists() and f"+{name} " in diary.read_text()

    return python(name, POLITE, diary, name, ready=ready)


def eventually(condition, seconds=15):
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.02)


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_programs_start_are_known_by_name_and_stop_in_reverse(tmp_path):
    diary = tmp_path / "diary"
    with Supervisor([polite("web", diary), polite("worker", diary)], logs=tmp_path) as supervisor:
        pids = {name: supervisor.pid_of(name) for name in ("web", "worker")}
        started = set(diary.read_text().splitlines())
        assert started == {f"+{name} {pid}" for name, pid in pids.items()}
        assert {os.getpgid(pid) for pid in pids.values()} == {os.getpgid(0)}
    assert diary.read_text().splitlines()[2:] == ["-worker", "-web"]
    assert not any(map(is_running, pids.values()))


def test_environment_and_output_of_a_program(tmp_path):
    code = "import os; print(os.environ['WHO'], os.environ['HOME_TOWN'], flush=True)"
    log = tmp_path / "logs" / "once.log"
    program = python("once", code, env={"WHO": "worker"}, ready=log.exists)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME_TOWN", "Bochum")
        with Supervisor([program], logs=log.parent):
            eventually(lambda: log.read_text() == "worker Bochum\n")


def test_killed_program_is_started_again(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "BACK_OFF", (0.05, 0.05))
    diary = tmp_path / "diary"
    with Supervisor([polite("worker", diary)], logs=tmp_path) as supervisor:
        first = supervisor.pid_of("worker")
        os.kill(first, signal.SIGKILL)
        eventually(lambda: len(diary.read_text().splitlines()) == 2)
        second = supervisor.pid_of("worker")
        supervisor.check()
    assert diary.read_text().splitlines() == [f"+worker {first}", f"+worker {second}", "-worker"]


def test_pauses_between_restarts_grow(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "BACK_OFF", (0.1, 0.8))
    starts = tmp_path / "starts"
    code = "import sys, time; print(time.monotonic(), file=open(sys.argv[1], 'a'))"
    with Supervisor([python("beat", code, starts)], logs=tmp_path) as supervisor:
        eventually(lambda: starts.exists() and len(starts.read_text().splitlines()) == 3)
        one, two, three = map(float, starts.read_text().split())
        # Time between two starts also holds the start of an interpreter, hence no upper bound.
        assert (two - one >= 0.1, three - two >= 0.8) == (True, True)
        eventually(lambda: supervisor._failure is not None)


def test_program_that_keeps_ending_is_given_up_and_the_others_stop(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "BACK_OFF", (0.01, 0.01))
    diary = tmp_path / "diary"
    broken = python("worker", "print('no broker', flush=True); raise SystemExit(3)")
    with (
        pytest.raises(ProgramFailed) as failed,
        Supervisor([polite("web", diary), broken], logs=tmp_path) as supervisor,
    ):
        supervisor.serve()
    assert failed.value.program is broken
    assert str(failed.value) == (
        f"worker ended 3 times in a row. The last lines of {tmp_path}/worker.log:\n"
        "no broker\nno broker\nno broker"
    )
    assert diary.read_text().splitlines()[1:] == ["-web"]


def test_program_that_does_not_start_stops_those_before_it(tmp_path):
    diary = tmp_path / "diary"
    broken = python("web", "print('port taken'); raise SystemExit(1)", ready=lambda: False)
    with (
        pytest.raises(ProgramFailed) as failed,
        Supervisor([polite("logins", diary), broken], logs=tmp_path),
    ):
        pytest.fail("entered although a program had ended")
    assert str(failed.value) == (
        f"web ended with code 1 while starting. The last lines of {tmp_path}/web.log:\nport taken"
    )
    assert diary.read_text().splitlines()[1:] == ["-logins"]


def test_program_that_is_never_ready_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "LONGEST_START", 0.3)
    sleeper = python("web", "import time; time.sleep(60)", ready=lambda: False)
    with pytest.raises(ProgramFailed, match="web was not ready after 0 seconds"):
        Supervisor([sleeper], logs=tmp_path).__enter__()


def test_stubborn_program_is_killed_after_its_grace(tmp_path):
    mark = tmp_path / "mark"
    stubborn = python("worker", STUBBORN, mark, ready=mark.exists, grace=0.3)
    with Supervisor([stubborn], logs=tmp_path) as supervisor:
        pid = supervisor.pid_of("worker")
        began = time.monotonic()
    assert 0.3 <= time.monotonic() - began < 5
    assert not is_running(pid)


def test_large_log_is_put_aside_at_the_next_start(tmp_path, monkeypatch):
    monkeypatch.setattr(messages, "LARGEST_LOG", 4)
    log = tmp_path / "web.log"
    log.write_text("yesterday")
    program = python("web", "import time; time.sleep(60)")
    with Supervisor([program], logs=tmp_path):
        pass
    assert ((tmp_path / "web.old.log").read_text(), log.read_text()) == ("yesterday", "")


def test_signal_handlers_are_put_back(tmp_path):
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    with Supervisor([], logs=tmp_path):
        assert signal.getsignal(signal.SIGTERM) not in before
    assert [signal.getsignal(number) for number in numbers] == before


# A process that does nothing but supervise, to be ended in every possible way.
SERVES = f"""
import os, sys
from pathlib import Path
import django
from django.conf import settings
settings.configure(BASE_DIR=Path(sys.argv[1]))
from exchange_portal.processes import Program, Supervisor
diary = Path(sys.argv[1], "diary")
def program(name):
    argv = (sys.executable, "-c", {POLITE!r}, str(diary), name)
    return Program(name=name, argv=argv,
                   ready=lambda: diary.exists() and f"+{{name}} " in diary.read_text())
class Telling(Supervisor):
    def tell(self):
        print(self.pid_of("web"), self.pid_of("worker"), flush=True)
    def check(self):
        super().check()
        if sys._getframe(1).f_code.co_name == "serve":
            self.tell()  # only now: a signal before is not one to a server
with Telling([program("web"), program("worker")], logs=Path(sys.argv[1])) as supervisor:
    if sys.argv[2] == "serve":
        supervisor.serve()
    else:
        supervisor.tell()
        sys.stdin.read()
print("done", flush=True)
"""


def supervise(tmp_path, mode, number):
    """Start a supervisor, send it a signal; exit code, output after it, diary of the programs."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVES, str(tmp_path), mode],
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    pids = [int(pid) for pid in process.stdout.readline().split()]
    assert len(pids) == 2
    process.send_signal(number)
    process.wait(timeout=30)
    eventually(lambda: not any(map(is_running, pids)))
    output = process.stdout.read().rpartition(f"{pids[0]} {pids[1]}\n")[2]
    process.stdin.close()
    process.stdout.close()
    return process.returncode, output, (tmp_path / "diary").read_text().splitlines()[2:]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_serving_ends_by_signal_in_good_order(tmp_path, number):
    assert supervise(tmp_path, "serve", number) == (0, "done\n", ["-worker", "-web"])


def test_work_beside_the_programs_ends_by_sigterm_and_they_are_stopped(tmp_path):
    ended = supervise(tmp_path, "work", signal.SIGTERM)
    assert ended == (128 + signal.SIGTERM, "", ["-worker", "-web"])


def test_kill_9_of_the_supervisor_leaves_nothing(tmp_path):
    code, output, diary = supervise(tmp_path, "serve", signal.SIGKILL)
    assert (code, output, sorted(diary)) == (-signal.SIGKILL, "", ["-web", "-worker"])


# -- the portal's own programs -------------------------------------------------------------------


def test_web_and_logins_listen_on_loopback_only(settings):
    settings.PORTAL_PORT, settings.PORTAL_IDP_PORT = 8123, 8124
    web = processes.web().argv
    assert web[:6] == (
        *(sys.executable, "-m", "gunicorn", "exchange_portal.wsgi:application"),
        *("--bind", "127.0.0.1:8123"),
    )
    assert processes.demo_logins().argv[1:] == ("-m", "exchange_portal.demo_idp", "--port", "8124")


def test_web_has_two_processes_of_four_threads_and_no_file_in_the_home_directory():
    argv = processes.web().argv
    options = dict(itertools.pairwise(argv))
    assert [options[name] for name in ("--worker-class", "--workers", "--threads")] == [
        "gthread",
        "2",
        "4",
    ]
    assert "--no-control-socket" in argv


def test_web_processes_add_up_their_figures_in_a_folder_that_is_empty(settings, tmp_path):
    settings.PORTAL_FILES = tmp_path / "files"
    left = tmp_path / "run" / "metrics" / "counter_1.db"
    left.parent.mkdir(parents=True)
    left.touch()
    folder = processes.web().env["PROMETHEUS_MULTIPROC_DIR"]
    assert folder == str(left.parent)
    assert (left.parent.is_dir(), left.exists()) == (True, False)


def test_worker_schedules_nothing_and_gives_running_tasks_time():
    worker = processes.worker(concurrency=3)
    assert {"-B", "--beat"} & set(worker.argv) == set()
    assert worker.argv[worker.argv.index("--concurrency") + 1] == "3"
    assert worker.env == {"REMAP_SIGTERM": "SIGQUIT"}
    assert worker.grace > settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT


def test_beat_keeps_its_schedule_beside_the_uploads(settings, tmp_path):
    settings.PORTAL_FILES = tmp_path / "files"
    argv = processes.beat().argv
    assert argv[argv.index("--schedule") + 1] == str(tmp_path / "run" / "beat-schedule")
    assert (tmp_path / "run").is_dir()


def test_worker_does_not_answer_without_a_broker(monkeypatch):
    def refuse(**_options):
        raise processes.OperationalError

    monkeypatch.setattr(processes.celery_app.control, "ping", refuse)
    assert processes._worker_answers("worker@nowhere") is False
