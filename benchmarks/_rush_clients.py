"""All browsers of a run in one process of their own, which knows no Django: `... PLAN RESULTS`.

The plan and the results are JSON (`benchmarks/rush.py` writes and reads them). Each student is a
thread, which nearly always sleeps; in a closed loop each of them is followed by the next.
"""

import http.client
import json
import resource
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from _rush_browser import Browser
from _rush_forms import Failed
from _rush_student import SLOTS, Student

STACK = 512 * 1024  # bytes for each thread


class Clients:
    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.papers = {
            slot: [path.read_bytes() for path in sorted(Path(plan["papers"]).glob(f"{slot}-*.pdf"))]
            for slot in SLOTS
        }
        self.results: list[dict[str, Any]] = []
        self.samples: list[tuple[str, float, float, int]] = []
        self.costs: list[tuple[str, dict[str, float]]] = []

    def run(self) -> None:
        students = self.plan["students"]
        if self.plan["users"]:
            waiting = iter(students)
            lock = threading.Lock()
            lines = [Line(waiting, lock) for _user in range(self.plan["users"])]
        else:
            lines = [[student] for student in students]
        threads = [threading.Thread(target=self.go, args=(line,)) for line in lines]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def go(self, line: Iterable[dict[str, Any]]) -> None:
        for student in line:
            time.sleep(max(0.0, student["at"] - time.time()))
            self.apply(student)

    def apply(self, student: dict[str, Any]) -> None:
        browser = Browser(
            self.plan["portal"],
            student["address"],
            self.samples,
            self.plan["charged"],
            self.costs,
        )
        one = Student(browser, student["login"], pace=student["pace"])
        try:
            one.apply(self.plan["call"], self.papers, Path(self.plan["receipts"]))
        except (Failed, OSError, http.client.HTTPException) as problem:
            one.result.error = f"{type(problem).__name__}: {problem}"
        finally:
            browser.close()
        # Whoever ends with another exception leaves no result, and is missed in the end.
        self.results.append(asdict(one.result))


class Line:
    """What is left of the students, handed out one by one to whoever is ready."""

    def __init__(self, waiting: Iterable[dict[str, Any]], lock: threading.Lock) -> None:
        self.waiting, self.lock = iter(waiting), lock

    def __iter__(self) -> "Line":
        return self

    def __next__(self) -> dict[str, Any]:
        with self.lock:
            return next(self.waiting)


def main() -> None:
    source, target = map(Path, sys.argv[1:3])
    threading.stack_size(STACK)
    clients = Clients(json.loads(source.read_text()))
    began = time.time()
    clients.run()
    used = resource.getrusage(resource.RUSAGE_SELF)
    target.write_text(
        json.dumps(
            {
                "seconds": time.time() - began,
                "processor": used.ru_utime + used.ru_stime,
                "results": clients.results,
                "samples": clients.samples,
                "costs": clients.costs,
            }
        )
    )


if __name__ == "__main__":
    main()
