"""Why a nomination cannot be handed on by Erasmus Without Paper, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from applications.texts.words import Sentence

_EWP: dict[str, Sentence] = {
    "ewp_not_studies": gettext_lazy(
        "Only ERASMUS studies can be nominated by EWP. Send the list another way."
    ),
    "ewp_sender_id_missing": gettext_lazy(
        "The SCHAC id of our own university is missing. The office enters it with our university."
    ),
    "ewp_host_id_missing": gettext_lazy(
        "The SCHAC id of the host university is missing. Ask the partner for it, then enter it with"
        " the host university."
    ),
    "ewp_name_empty": gettext_lazy(
        "Family name or given names are empty. Correct the nomination as in the passport."
    ),
    "ewp_control_character": gettext_lazy(
        "A name, an address or the comment contains a character nobody can see and no EWP file may"
        " hold. Type it anew in the correction of the nomination."
    ),
    "ewp_esi_missing": gettext_lazy(
        "There is no European Student Identifier. It comes with the student's login; the campus"
        " system has to issue it."
    ),
    "ewp_esi_form": gettext_lazy(
        "The European Student Identifier has not the form of one. Compare it with the campus"
        " system, then correct the nomination."
    ),
    "ewp_country_unknown": gettext_lazy(
        "The nationality is not a country of ISO 3166. Correct the nomination."
    ),
    "ewp_gender_unknown": gettext_lazy(
        "The gender is not one of the codes 0, 1, 2 and 9. Correct the nomination."
    ),
    "ewp_email_form": gettext_lazy(
        "The e-mail address is not complete. It comes with the student's login."
    ),
    "ewp_term_impossible": gettext_lazy(
        "The term does not exist: its number is higher than the number of terms in the year."
    ),
    "ewp_years_apart": gettext_lazy(
        "The academic year does not consist of one year or of two that follow each other."
    ),
    "ewp_agreement_field_missing": gettext_lazy(
        "The agreement names no subject (ISCED-F), and EWP asks for one. Enter the code of the"
        " agreement."
    ),
    "ewp_agreement_field_unknown": gettext_lazy(
        "The subject of the agreement is not a four-digit code of ISCED-F 2013. Correct it with the"
        " agreement."
    ),
    "ewp_degree_field_unknown": gettext_lazy(
        "The student's field of study is not a four-digit code of ISCED-F 2013. Correct the"
        " nomination."
    ),
    "ewp_level_unknown": gettext_lazy(
        "The level at departure is not Bachelor, Master or Doctorate."
    ),
}


def ewp_sentence(code: str) -> str:
    """Say what keeps a nomination out of an EWP file (`exports.ewp.EwpProblem`)."""
    return str(_EWP[code])
