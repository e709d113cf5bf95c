"""The application form of one call: keeps whatever is typed, and says what is wrong with it."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications import lifecycle, texts
from applications.forms.about import PersonAndStudies
from applications.forms.choices import (
    CallChoices,
    Wanted,
    choices_of,
    country_choices,
    host_label,
    isced_choices,
    seats_sentence,
    step,
    wanted_of,
    why_closed,
)
from applications.forms.fields import (
    DraftBoxesField,
    DraftChoiceField,
    Entries,
    HostField,
    HostSelect,
    LaterEntries,
    choices_with_blank,
)
from applications.forms.typed import has_university_address, known_from_login
from applications.models import stays_beside
from applications.models.submission import LanguageProof, Submission
from partners.directory.spelling import in_name_order
from partners.models import CefrLevel, Language

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django import forms

    from applications.eligibility import EarlierStay
    from applications.models import Application, DegreeProgramme, Document, DocumentSlot

LANGUAGE_ROWS = 6
GENDERS = [(str(code), words) for code, words in Submission._meta.get_field("gender").choices or ()]
# Codes of errors that say that an answer is not there yet, not that it is wrong.
MISSING = frozenset({"required", "missing", "preference_missing", "semester_missing"})
_PREFERENCE = re.compile(r"preference_([1-9][0-9]?)")


class ApplicationForm(PersonAndStudies):
    """All answers of one application, as they were typed; its documents are no part of it.

    `errors` holds every problem of the answers, those that are merely missing too: see
    `keep_errors`. A valid form gives its `answers()` to `lifecycle.submit`. What the login
    knows (mail, matriculation number, European Student Identifier) is never taken from `typed`.
    """

    def __init__(
        self,
        typed: Mapping[str, Any],
        *,
        application: Application,
        handed_in: DegreeProgramme | None = None,
    ) -> None:
        super().__init__(typed)
        self.application = application
        ranks = range(1, application.call.programme.max_preferences + 1)
        self.choices: CallChoices = choices_of(
            application.call,
            wished=(typed.get(f"preference_{rank}") for rank in ranks),
            handed_in=handed_in,
        )
        self.known = known_from_login(application)
        for name in self.known:
            self.fields.pop(name, None)
        if application.call.programme.months_per_cycle is None:
            del self.fields["earlier_months"]
        self._offer_choices()
        self._add_languages()
        self._add_preferences()
        # The error summary follows the order of the pages.
        self.fields["remarks"] = self.fields.pop("remarks")

    def _offer_choices(self) -> None:
        countries = country_choices()
        lists: dict[str, list[tuple[Any, Any]]] = {
            "gender": GENDERS,
            "nationality": countries,
            "country": countries,
            "degree_programme": [(str(row.pk), str(row)) for row in self.choices.degree_programmes],
            "level_now": self.choices.levels_now,
            "level_departure": self.choices.levels_departure,
        }
        for name, choices in lists.items():
            self._choice(name).choices = choices_with_blank(choices)
        self._choice("isced_f").choices = Entries(isced_choices(self.choices.degree_programmes))

    def also_offer(self, submission: Submission) -> None:
        """Let a submission be read that chose what the call does not offer any more."""
        field = self._choice("degree_programme")
        offered_pks = {row.pk for row in self.choices.degree_programmes}
        if submission.degree_programme_id not in offered_pks:
            degree = submission.degree_programme
            offered = cast("Entries", field.choices)
            field.choices = Entries([*offered, (str(degree.pk), str(degree))])

    @cached_property
    def stays(self) -> tuple[EarlierStay, ...]:
        """The places the student holds from other calls, read once."""
        return stays_beside(self.application.call, self.application.student)

    @cached_property
    def slots(self) -> list[DocumentSlot]:
        """The documents asked of anybody in this call, read once."""
        return lifecycle.slots_for(self.application.call, "")

    @cached_property
    def held(self) -> dict[str, Document]:
        """The draft's files by the key of their slot, read once."""
        return lifecycle.current_documents(self.application)

    def _choice(self, name: str) -> forms.ChoiceField:
        return cast("forms.ChoiceField", self.fields[name])

    def _add_languages(self) -> None:
        parts: dict[str, tuple[Any, list[tuple[Any, Any]]]] = {
            "": (_("Language"), in_name_order(Language.choices)),
            "_level": (_("Level (CEFR)"), CefrLevel.choices),
            "_proof": (_("Shown by"), LanguageProof.choices),
        }
        entries = {
            suffix: choices_with_blank(choices) for suffix, (_label, choices) in parts.items()
        }
        for row in range(1, LANGUAGE_ROWS + 1):
            for suffix, (label, _choices) in parts.items():
                self.fields[f"language_{row}{suffix}"] = DraftChoiceField(
                    # Needed within a row that is begun: "(optional)" 18 times would say nothing.
                    needed=True,
                    label=label,
                    choices=entries[suffix],
                    error_messages={"invalid_choice": _("Choose an entry of the list.")},
                )

    @cached_property
    def _wanted(self) -> Wanted:
        return wanted_of(self.data, self.choices.degree_programmes)

    @cached_property
    def closed(self) -> dict[str, str]:
        """Why each host that is not for this student is not, as far as it is known."""
        reasons = {str(host.pk): why_closed(host, self._wanted) for host in self.choices.hosts}
        return {pk: reason for pk, reason in reasons.items() if reason}

    def _why_closed(self, pk: str) -> str:
        host = self.choices.host(pk)
        return why_closed(host, self._wanted) if host is not None else ""

    def _host_choices(self) -> list[tuple[Any, Any]]:
        offered: list[tuple[str, str]] = []
        closed: list[tuple[str, str]] = []
        for host in self.choices.hosts:
            reason = self.closed.get(str(host.pk))
            what = reason or seats_sentence(host)
            entry = (str(host.pk), f"{host_label(host)} · {what}")
            (closed if reason else offered).append(entry)
        return [
            ("", _("No host chosen")),
            *offered,
            *([(_("Not open to you"), closed)] if closed else []),
        ]

    def _add_preferences(self) -> None:
        hosts = LaterEntries(self._host_choices)
        ranks = range(1, self.application.call.programme.max_preferences + 1)
        # A browser does not send a disabled option: what was chosen before must not get lost.
        chosen = {str(self.data.get(f"preference_{rank}")) for rank in ranks}
        for rank in ranks:
            widget = HostSelect()
            widget.find_closed = lambda: self.closed.keys() - chosen
            self.fields[f"preference_{rank}"] = HostField(
                find=self.choices.host,
                needed=rank == 1,
                label=_("Host university"),
                widget=widget,
                choices=hosts,
                error_messages={
                    "invalid_choice": _("This host is not part of this call. Choose another one.")
                },
            )
            if len(self.choices.semesters) > 1:
                self.fields[f"preference_{rank}_semesters"] = DraftBoxesField(
                    label=_("Semesters that fit"), choices=self.choices.semesters, required=False
                )

    # -- judging it --------------------------------------------------------------------------------

    def keep_errors(self, names: Iterable[str], *, missing: bool, general: bool) -> None:
        """Keep the errors of these fields only, for a page that shows a part of the form.

        Without `missing`, gaps are forgiven, as a draft may have them. `general` errors belong
        to no field.
        """
        kept = {*names, *([NON_FIELD_ERRORS] if general else [])}
        for name, errors in list(self.errors.items()):
            # Two rules may say the same in the same words: one sentence is enough.
            shown = list(
                {
                    one.messages[0]: one
                    for one in errors.as_data()
                    if missing or one.code not in MISSING
                }.values()
            )
            if name in kept and shown:
                self.errors[name] = self.error_class(shown, renderer=self.renderer)
            else:
                del self.errors[name]

    def clean(self) -> dict[str, Any]:
        """Judge what needs more than one field: levels, languages, preferences, the address."""
        now, departure = (
            self.cleaned_data.get(f"level_{when}", "") for when in ("now", "departure")
        )
        if now and departure and step(departure) < step(now):
            self.add_error(
                "level_departure",
                gettext("You can't leave at a lower level than the one you study at now."),
            )
        if not has_university_address(self.application.student.email):
            self.add_error(
                None,
                gettext(
                    "Your login gives us no address of the university (%(domains)s), and only such "
                    "an address can be used. Ask the IT service to correct your account."
                )
                % {"domains": ", ".join(settings.UNIVERSITY_MAIL_DOMAINS)},
            )
        self.cleaned_data["languages"] = self._clean_languages()
        self.cleaned_data["preferences"] = self._clean_preferences(departure)
        return self.cleaned_data

    def _clean_languages(self) -> tuple[lifecycle.LanguageAnswer, ...]:
        answers = []
        seen: set[str] = set()
        missing = {
            "": gettext("Choose the language, or empty this row."),
            "_level": gettext("Choose the level of this language."),
            "_proof": gettext("Choose how you show this language."),
        }
        for row in range(1, LANGUAGE_ROWS + 1):
            names = {suffix: f"language_{row}{suffix}" for suffix in missing}
            values = {suffix: self.cleaned_data.get(name, "") for suffix, name in names.items()}
            if not any(values.values()):
                continue
            for suffix, value in values.items():
                if not value and names[suffix] not in self.errors:
                    self.add_error(names[suffix], ValidationError(missing[suffix], "missing"))
            if values[""] and values[""] in seen:
                self.add_error(
                    names[""], gettext("This language stands above already. Empty one of the rows.")
                )
            seen.add(values[""])
            answers.append(lifecycle.LanguageAnswer(values[""], values["_level"], values["_proof"]))
        return tuple(answers)

    def _clean_preferences(self, departure: str) -> tuple[lifecycle.PreferenceAnswer, ...]:
        most = self.application.call.programme.max_preferences
        rows: list[int] = []
        wishes: list[lifecycle.PreferenceAnswer] = []
        only = [key for key, _label in self.choices.semesters]
        refused = False
        for rank in range(1, most + 1):
            refused = refused or f"preference_{rank}" in self.errors
            host = self.cleaned_data.get(f"preference_{rank}")
            if not host:
                continue
            semesters = (
                only
                if len(only) == 1
                else self.cleaned_data.get(f"preference_{rank}_semesters", [])
            )
            if reason := self._why_closed(host):
                self.add_error(f"preference_{rank}", reason)
                refused = True
            rows.append(rank)
            wishes.append(lifecycle.PreferenceAnswer(int(host), tuple(semesters)))
        self._refuse_further_preferences(most)
        problems = lifecycle.preference_problems(
            self.application.call,
            departure,
            wishes,
            known=[wish.host_id for wish in wishes if self.choices.host(wish.host_id)],
        )
        for problem in problems:
            if not (refused and problem.code == "preference_missing"):
                self.add_problem(problem, rows)
        return tuple(wishes)

    def _refuse_further_preferences(self, most: int) -> None:
        further = [
            name
            for name in self.data
            if (match := _PREFERENCE.fullmatch(name)) and int(match[1]) > most and self.data[name]
        ]
        if further:
            self.add_problem(
                lifecycle.Problem("too_many_preferences", f"preference_{most}", {"most": most})
            )

    def add_problem(self, problem: lifecycle.Problem, rows: Sequence[int] = ()) -> None:
        """Show a problem that `lifecycle` found at the field it belongs to.

        `rows` are the rows of the form that the ranks of the list of wishes came from: a row left
        empty in between is no gap.
        """
        name = problem.field
        if (match := _PREFERENCE.fullmatch(name)) and int(match[1]) <= len(rows):
            name = f"preference_{rows[int(match[1]) - 1]}"
        if problem.code == "semester_missing" and f"{name}_semesters" in self.fields:
            name = f"{name}_semesters"
        sentence = texts.problem_sentence(problem.code, problem.params)
        if sentence not in self.errors.get(name, []):
            field = name if name in self.fields else None
            self.add_error(field, ValidationError(sentence, problem.code))

    def answers(self) -> lifecycle.Answers:
        """Return the checked answers. Only after `is_valid()` said so."""
        cleaned = self.cleaned_data
        columns = {field.name for field in Submission._meta.concrete_fields}
        values = {name: value for name, value in cleaned.items() if name in columns}
        chosen = {str(row.pk): row for row in self.choices.degree_programmes}
        values["degree_programme"] = chosen[cleaned["degree_programme"]]
        values["gender"] = int(cleaned["gender"])
        return lifecycle.Answers(
            values={**values, **self.known},
            languages=cleaned["languages"],
            preferences=cleaned["preferences"],
        )
