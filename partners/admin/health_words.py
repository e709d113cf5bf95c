"""The findings of the data health page as words: a short name of each kind, and its sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext
from django_countries import countries

from partners import academic_year
from partners.health import HealthCode, HealthSeverity
from partners.models import Semester

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from partners.health import HealthFinding

SEVERITIES: dict[HealthSeverity, _StrPromise] = {
    HealthSeverity.BLOCKS: _("blocks nominations"),
    HealthSeverity.INFORMATION: _("information"),
}
TONES: dict[HealthSeverity, str] = {
    HealthSeverity.BLOCKS: "danger",
    HealthSeverity.INFORMATION: "info",
}
KINDS: dict[HealthCode, _StrPromise] = {
    HealthCode.NO_ERASMUS_CODE: _("no Erasmus code"),
    HealthCode.ERASMUS_CODE_MALFORMED: _("Erasmus code malformed"),
    HealthCode.ERASMUS_CODE_OTHER_COUNTRY: _("Erasmus code of another country"),
    HealthCode.NO_SCHAC_ID: _("no SCHAC id"),
    HealthCode.SUBJECT_MISSING: _("agreement without subject"),
    HealthCode.SUBJECT_INVALID: _("subject of the agreement invalid"),
    HealthCode.AGREEMENT_ENDED: _("agreement ended"),
    HealthCode.NO_SEATS: _("no seats"),
    HealthCode.NO_DEADLINE: _("no nomination deadline"),
    HealthCode.DEADLINE_PAST: _("nomination deadline in the past"),
    HealthCode.NO_MAILBOX: _("nomination by mail without mailbox"),
    HealthCode.EWP_WITHOUT_SCHAC: _("nomination by EWP without SCHAC id"),
    HealthCode.AGREEMENT_ENDING: _("agreement in its last year"),
    HealthCode.NO_PIC_OR_OID: _("no PIC or no OID"),
    HealthCode.NO_TERMS: _("no terms"),
    HealthCode.NO_COORDINATES: _("no coordinates"),
    HealthCode.NO_LANGUAGE_LEVEL: _("no language level"),
    HealthCode.TEACHING_WITHOUT_SUBJECT: _("teaching agreement without subject"),
}
SENTENCES: dict[HealthCode, _StrPromise] = {
    HealthCode.NO_ERASMUS_CODE: _(
        "The Erasmus code is missing; nominations within ERASMUS name it."
    ),
    HealthCode.ERASMUS_CODE_MALFORMED: _(
        "“%(code)s” has not the form of an Erasmus code such as “D  BOCHUM01”."
    ),
    HealthCode.ERASMUS_CODE_OTHER_COUNTRY: _(
        "The Erasmus code %(code)s belongs to %(country)s, the host lies elsewhere."
    ),
    HealthCode.NO_SCHAC_ID: _(
        "The SCHAC id is missing; partners and EWP know the institution by it."
    ),
    HealthCode.SUBJECT_MISSING: _(
        "The agreement names no subject (ISCED-F); within ERASMUS a nomination needs one."
    ),
    HealthCode.SUBJECT_INVALID: _("There is no field of study %(code)s (ISCED-F, four digits)."),
    HealthCode.AGREEMENT_ENDED: _(
        "The agreement ended with %(year)s and no other one goes on with it."
    ),
    HealthCode.NO_SEATS: _("There are no seats for %(year)s."),
    HealthCode.NO_DEADLINE: _(
        "There are seats, but no nomination deadline for the %(semester)s of %(year)s."
    ),
    HealthCode.DEADLINE_PAST: _(
        "The nomination deadline for the %(semester)s of %(year)s was on %(deadline)s: whoever is "
        "nominated now is late."
    ),
    HealthCode.NO_MAILBOX: _(
        "Nominations for the %(semester)s of %(year)s go by mail, but no mailbox is named."
    ),
    HealthCode.EWP_WITHOUT_SCHAC: _(
        "Nominations for the %(semester)s of %(year)s go by EWP, which needs the SCHAC id."
    ),
    HealthCode.AGREEMENT_ENDING: _("%(year)s is the last year of the agreement."),
    HealthCode.NO_PIC_OR_OID: _("The PIC or the OID is missing."),
    HealthCode.NO_TERMS: _("No term of %(year)s is known; students can’t compare semester times."),
    HealthCode.NO_COORDINATES: _(
        "The coordinates are missing; the travel grant is computed from the distance."
    ),
    HealthCode.NO_LANGUAGE_LEVEL: _(
        "No language level is named; students do not learn which one they need."
    ),
    HealthCode.TEACHING_WITHOUT_SUBJECT: _("The agreement names no subject (ISCED-F)."),
}


def sentence(finding: HealthFinding) -> str:
    """Say a finding in the reader's language."""
    words: dict[str, object] = dict(finding.params)
    if isinstance(year := words.get("year"), int):
        words["year"] = academic_year.label(year)
    if "semester" in words:
        words["semester"] = Semester(str(words["semester"])).label
    if "deadline" in words:
        # Django's own English format is American.
        form = pgettext("date format", "j F Y")
        words["deadline"] = date_format(words["deadline"], form, use_l10n=False)  # type: ignore[arg-type]  # a date
    if "country" in words:
        words["country"] = countries.name(str(words["country"]))
    return str(SENTENCES[finding.code]) % words
