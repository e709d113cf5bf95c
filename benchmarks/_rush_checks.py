"""What has to be true in the end: nobody lost or doubled, every file and receipt as it was sent."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import _portal  # noqa: F401 - sets Django up
from pypdf import PdfReader

from applications.lifecycle import stored_path
from applications.models import Application, Call, OutgoingMail, Submission

SUM = re.compile(r"\b[0-9a-f]{64}\b")


def wrong_in(call: Call, logins: Sequence[str], results: Sequence[dict[str, Any]]) -> list[str]:
    """Return what is not as it has to be, a sentence each."""
    told = {result["login"]: result for result in results}
    rows = Application.objects.filter(call=call).select_related("student")
    found = {row.student.username: row for row in rows}
    problems = []
    if len(found) != len(rows):
        problems.append(f"{len(rows)} applications belong to {len(found)} students.")
    if sorted(found) != sorted(logins):
        problems.append(f"{len(found)} students applied, {len(logins)} were sent.")
    if sorted(told) != sorted(logins) or len(results) != len(logins):
        problems.append(f"{len(results)} of {len(logins)} students came to an end.")
    for login, result in told.items():
        if result["error"]:
            problems.append(f"{login}: {result['error']}")
        elif login not in found:
            problems.append(f"{login} submitted, and there is no application.")
        else:
            problems += [f"{login}: {sentence}" for sentence in _wrong_with(found[login], result)]
    return problems


def _wrong_with(application: Application, result: dict[str, Any]) -> Iterator[str]:
    submissions = list(Submission.objects.filter(application=application))
    if [row.number for row in submissions] != [1]:
        yield f"there are {len(submissions)} submissions, not number 1 alone."
        return
    sent = {slot: tuple(facts) for slot, facts in result["sent"].items()}
    documents = [row.document for row in submissions[0].documents.select_related("document__slot")]
    stored = {}
    for row in documents:
        content = stored_path(row.stored_name).read_bytes()
        stored[row.slot.key] = (hashlib.sha256(content).hexdigest(), len(content))
    if stored != sent or len(documents) != len(sent):
        yield "the files on the disk are not those that were sent."
    if {row.slot.key: (row.sha256, row.size) for row in documents} != stored:
        yield "the rows of the files say something else than the disk."
    sums = sorted(checksum for checksum, _size in stored.values())
    if sorted(result["receipt"]) != sums:
        yield "the receipt's page names other checksums than the files have."
    if sorted(_sums_in_pdf(Path(result["pdf"]))) != sums:
        yield "the receipt as PDF names other checksums than the files have."
    mails = OutgoingMail.objects.filter(application=application)
    if [mail.key for mail in mails] != [f"receipt:{application.code}:1"]:
        yield f"{len(mails)} mails were written, not the receipt alone."
    elif sorted(SUM.findall(mails[0].body)) != sums:
        yield "the receipt's mail names other checksums than the files have."


def _sums_in_pdf(path: Path) -> list[str]:
    text = "\n".join(page.extract_text() for page in PdfReader(path).pages)
    return SUM.findall(text)
