"""Children that stay for the next upload."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

from applications.pdf_inspection import FindingCode, WarmInspectors
from tests import pdfs


def children() -> set[int]:
    """Return the processes this one has started and not seen the end of."""
    return {
        int(pid)
        for task in Path("/proc/self/task").iterdir()
        for pid in (task / "children").read_text().split()
    }


def test_files_one_after_the_other_share_a_child_until_it_is_closed():
    before = children()
    warm = WarmInspectors()

    assert warm.inspect(pdfs.letter()).codes == ()
    first = children() - before
    assert len(first) == 1
    assert warm.inspect(pdfs.launch()).codes == (FindingCode.LAUNCH_ACTION,)
    assert children() - before == first

    warm.close()
    assert children() == before
    assert warm.inspect(pdfs.letter()).codes == ()
    warm.close()
    assert children() == before


def test_file_that_takes_long_holds_up_no_other_and_the_process_stays_small():
    before = children()
    warm = WarmInspectors(kept=1, patience=0.01)
    held = warm._taken()  # as by a file that takes its eight seconds
    held.inspect(pdfs.letter())
    codes: list[tuple[FindingCode, ...]] = []
    threads = [
        Thread(target=lambda: codes.append(warm.inspect(pdfs.launch()).codes)) for _each in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert codes == [(FindingCode.LAUNCH_ACTION,)] * 2
    warm._give_back(held)
    assert len(children() - before) == 1
    warm.close()
    assert children() == before
