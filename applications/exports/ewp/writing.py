"""Writes mobilities as an `omobilities-get-response` of version 3.0.0. Pure."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from applications.exports.ewp.mobility import Mobility

NAMESPACE = (
    "https://github.com/erasmus-without-paper/ewp-specs-api-omobilities/blob/stable-v3"
    "/endpoints/get-response.xsd"
)


def written(mobilities: Iterable[Mobility]) -> bytes:
    """Return the file; the same mobilities give the same bytes."""
    root = ET.Element("omobilities-get-response", {"xmlns": NAMESPACE})
    for mobility in mobilities:
        _add_mobility(root, mobility)
    ET.indent(root)
    declared: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return declared + b"\n"


def proposal_id(mobility: Mobility) -> str:
    """Return the id of what is proposed: another one if and only if its content is another.

    The content is that of the `nomination` element, as the network's rule has it: a student's
    corrected name or address is no new proposal, and the status neither.
    """
    said = "\n".join(f"{name}={text}" for name, text in _proposed(mobility))
    return hashlib.sha256(f"{mobility.omobility_id}\n{said}".encode()).hexdigest()


def _add_mobility(root: ET.Element, mobility: Mobility) -> None:
    element = ET.SubElement(root, "student-mobility")
    _add(element, "omobility-id", mobility.omobility_id)
    student = ET.SubElement(element, "student")
    _add(student, "given-names", mobility.given_names)
    _add(student, "family-name", mobility.family_name)
    _add(student, "global-id", mobility.esi)
    _add(student, "birth-date", mobility.birth_date.isoformat())
    _add(student, "nationality", mobility.nationality)
    _add(student, "gender", str(mobility.gender))
    _add(student, "email", mobility.email)
    nomination = ET.SubElement(element, "nomination", {"proposal-id": proposal_id(mobility)})
    for name, text in _proposed(mobility):
        if name.endswith("-hei"):
            _add(ET.SubElement(nomination, name), "hei-id", text)
        else:
            _add(nomination, name, text)
    _add(element, "status", mobility.status)


def _proposed(mobility: Mobility) -> Iterator[tuple[str, str]]:
    """Yield the content of the `nomination` element, in its order."""
    yield "sending-hei", mobility.sending_hei
    yield "receiving-hei", mobility.receiving_hei
    if mobility.sending_term:
        yield "sending-academic-term-ewp-id", mobility.sending_term
    else:
        yield "non-standard-mobility-period", ""
    yield "receiving-academic-year-id", mobility.receiving_year
    yield "activity-type", mobility.activity_type
    yield "activity-attributes", mobility.activity_attributes
    yield "agreement-isced-f-code", mobility.agreement_isced_f
    yield "eqf-level-studied-at-departure", mobility.eqf_level
    yield "nominee-isced-f-code", mobility.nominee_isced_f
    if mobility.comment:
        yield "comment", mobility.comment


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text
