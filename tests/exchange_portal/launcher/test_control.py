"""Programs that are run to their end, and what they leave behind."""

import os
import subprocess
import sys

import pytest

from exchange_portal.launcher.places import ROOT

ORPHAN_MAKER = f"""
import os, subprocess
child = subprocess.Popen([{sys.executable!r}, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
os._exit(7)
"""
RUN_IT = """
import sys
from exchange_portal.launcher import control
control.listen_for_signals()
control.GROUP_PATIENCE = 0.2
print(control.run([sys.executable, "-c", sys.argv[1]], {}), flush=True)
"""


SEES_ITS_ORPHAN_DIE = """
import os, subprocess, sys, time
script = "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', '']).pid)"
orphan = int(subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE).stdout)
print(0)
limit = time.monotonic() + 5
while time.monotonic() < limit:
    try:
        os.kill(orphan, 0)
    except ProcessLookupError:
        sys.exit(3)
    time.sleep(0.02)
"""


def test_run_buries_orphans_while_the_program_runs():
    ran = subprocess.run(
        [sys.executable, "-c", RUN_IT, SEES_ITS_ORPHAN_DIE],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert ran.stdout.split() == ["0", "3"]


def test_run_leaves_no_orphan_of_what_it_ran():
    ran = subprocess.run(
        [sys.executable, "-c", RUN_IT, ORPHAN_MAKER],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    orphan, code = map(int, ran.stdout.split())
    assert code == 7
    with pytest.raises(ProcessLookupError):
        os.kill(orphan, 0)
