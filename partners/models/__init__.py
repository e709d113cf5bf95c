"""Where students can go: host universities, agreements with them, and the seats these give.

Lowest app in the import order: nothing here knows of calls, students or grants.
"""

from partners.models.agreement import Agreement, AgreementKind, SeatPool, hosts_agreed_by
from partners.models.catalogue_upload import CatalogueUpload
from partners.models.host import Faculty, HostTerm, HostUniversity
from partners.models.network import Network
from partners.models.nomination import Channel, NominationDeadline
from partners.models.testimonial import Testimonial
from partners.models.words import CefrLevel, Language, Level, Semester, in_reader_language

__all__ = [
    "Agreement",
    "AgreementKind",
    "CatalogueUpload",
    "CefrLevel",
    "Channel",
    "Faculty",
    "HostTerm",
    "HostUniversity",
    "Language",
    "Level",
    "Network",
    "NominationDeadline",
    "SeatPool",
    "Semester",
    "Testimonial",
    "hosts_agreed_by",
    "in_reader_language",
]
