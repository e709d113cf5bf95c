"""Turns the codes of the rules into sentences, in the reader's language.

Pure modules report codes; what people read stands here, once, for page, mail, PDF and admin. A
test checks that no code is without its sentence.
"""

from applications.texts.countdown import until, until_day
from applications.texts.ewp import _EWP, ewp_sentence
from applications.texts.finding_labels import (
    _LABELS,
    _PLACES,
    finding_label,
    finding_place,
    is_finding,
)
from applications.texts.findings import (
    _DOCUMENTS,
    _ELIGIBILITY,
    _PROBLEMS,
    _REFUSALS,
    _REVIEW,
    finding_sentence,
    problem_sentence,
    refusal_sentence,
)
from applications.texts.formulas import (
    _FORMULAS,
    _GENERAL,
    formula_in_general,
    formula_sentence,
    percent_word,
    weighed,
)
from applications.texts.results import (
    _ALLOCATION_ERRORS,
    _DECIDED_BY,
    _DECIDERS,
    _NOT_PUBLISHABLE,
    _OUTCOMES,
    _STATES,
    allocation_error_sentence,
    decider,
    not_publishable_sentence,
    outcome_sentences,
    outcomes,
    state_sentence,
)
from applications.texts.runs import (
    _COUNTED,
    _DIFFERENCES,
    _FAULTS,
    _TURNS,
    difference_sentence,
    differences_counted,
    fault_sentence,
    in_points,
    note_of_run,
    turn_sentence,
)
from applications.texts.second_round import no_second_round_sentence
from applications.texts.steps import _STEPS, _TENSES, _WHO, step_sentence, tense_word, who_acts
from applications.texts.words import day, file_size, instant, size

__all__ = [
    "_ALLOCATION_ERRORS",
    "_COUNTED",
    "_DECIDED_BY",
    "_DECIDERS",
    "_DIFFERENCES",
    "_DOCUMENTS",
    "_ELIGIBILITY",
    "_EWP",
    "_FAULTS",
    "_FORMULAS",
    "_GENERAL",
    "_LABELS",
    "_NOT_PUBLISHABLE",
    "_OUTCOMES",
    "_PLACES",
    "_PROBLEMS",
    "_REFUSALS",
    "_REVIEW",
    "_STATES",
    "_STEPS",
    "_TENSES",
    "_TURNS",
    "_WHO",
    "allocation_error_sentence",
    "day",
    "decider",
    "difference_sentence",
    "differences_counted",
    "ewp_sentence",
    "fault_sentence",
    "file_size",
    "finding_label",
    "finding_place",
    "finding_sentence",
    "formula_in_general",
    "formula_sentence",
    "in_points",
    "instant",
    "is_finding",
    "no_second_round_sentence",
    "not_publishable_sentence",
    "note_of_run",
    "outcome_sentences",
    "outcomes",
    "percent_word",
    "problem_sentence",
    "refusal_sentence",
    "size",
    "state_sentence",
    "step_sentence",
    "tense_word",
    "turn_sentence",
    "until",
    "until_day",
    "weighed",
    "who_acts",
]
