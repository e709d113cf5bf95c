"""The words of the catalogue: study cycles, semesters, languages and their levels."""

from __future__ import annotations

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class Level(models.TextChoices):
    """Study cycle. EQF 6, 7 and 8; staff only for teaching mobility."""

    BACHELOR = "bachelor", _("Bachelor")
    MASTER = "master", _("Master")
    DOCTORAL = "doctoral", _("Doctorate")
    STAFF = "staff", _("Staff")


class Semester(models.TextChoices):
    WINTER = "W", _("Winter semester")
    SUMMER = "S", _("Summer semester")


class CefrLevel(models.TextChoices):
    """Common European Framework of Reference; NS is EWP's code for native speakers."""

    A1 = "A1", "A1"
    A2 = "A2", "A2"
    B1 = "B1", "B1"
    B2 = "B2", "B2"
    C1 = "C1", "C1"
    C2 = "C2", "C2"
    NATIVE = "NS", _("native speaker")


class Language(models.TextChoices):
    """Languages of instruction among our partners, as BCP 47 tags."""

    CS = "cs", _("Czech")
    DA = "da", _("Danish")
    DE = "de", _("German")
    EL = "el", _("Greek")
    EN = "en", _("English")
    ES = "es", _("Spanish")
    FI = "fi", _("Finnish")
    FR = "fr", _("French")
    HR = "hr", _("Croatian")
    HU = "hu", _("Hungarian")
    IT = "it", _("Italian")
    NL = "nl", _("Dutch")
    NO = "no", _("Norwegian")
    PL = "pl", _("Polish")
    PT = "pt", _("Portuguese")
    RO = "ro", _("Romanian")
    SL = "sl", _("Slovenian")
    SV = "sv", _("Swedish")
    TR = "tr", _("Turkish")
    ZH = "zh", _("Chinese")


def in_reader_language(english: str, german: str) -> str:
    """Return the text in the language of the request; English where German is missing."""
    return german if german and (get_language() or "en").startswith("de") else english
