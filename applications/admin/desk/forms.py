"""The small forms on an application's page in the admin."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications import lifecycle, texts
from applications.admin.inputs import BerlinTimeField
from applications.models import CallHost, Directive, DocumentSlot, ReasonTemplate
from partners.models import Semester

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from applications.models import Application

REASON_ROWS = {"rows": 2}
# What a template leaves to be said: "[which one]".
TO_FILL_IN = re.compile(r"\[[^\[\]\n]{1,80}\]")


class DeskForm(forms.Form):
    """A form beside others on one page: the ids of its inputs carry its own name."""

    own_name = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's signature
        kwargs["auto_id"] = f"{self.own_name}-%s"
        super().__init__(*args, **kwargs)


class TemplateSelect(forms.Select):
    """Carries each template's text, so that a script can put it into the field for the reason."""

    def __init__(self) -> None:
        super().__init__(attrs={"data-fills": "decision-reason"})
        self.texts: dict[str, str] = {}

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 - Django's signature
        option = super().create_option(*args, **kwargs)
        option["attrs"]["data-text"] = self.texts.get(str(option["value"]), "")
        return option


class DecisionForm(DeskForm):
    """Takes part or not. A reason can be chosen instead of typed: the student reads its text."""

    own_name = "decision"
    # What the person had before their eyes: "under_review 2", state and submission.
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)
    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[("eligible", _("takes part")), ("ineligible", _("can't take part"))],
        widget=forms.RadioSelect,
    )
    template = forms.ModelChoiceField(
        ReasonTemplate.objects.none(),
        label=_("Reason to choose from"),
        required=False,
        empty_label=_("own words"),
        widget=TemplateSelect,
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Needed for a no; the student reads it. Empty: the chosen text."),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - Django's signature
        templates: QuerySet[ReasonTemplate],
        language: str,
        **kwargs: Any,  # noqa: ANN401 - Django's signature
    ) -> None:
        """Offer these templates. `language` is that of the student's mails, "de" or "en"."""
        super().__init__(*args, **kwargs)
        self._language = language
        offered = self.fields["template"]
        if isinstance(offered, forms.ModelChoiceField):
            offered.queryset = templates
            offered.widget.texts = {str(row.pk): row.text_in(language) for row in templates}

    def clean_seen(self) -> lifecycle.Seen | None:
        state, _, number = self.cleaned_data["seen"].partition(" ")
        return lifecycle.Seen(state, int(number)) if number.isdecimal() else None

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        template = given.get("template")
        if given.get("decision") == "ineligible":
            if template is not None and not given.get("reason", "").strip():
                given["reason"] = template.text_in(self._language)
            if "template" in given and not given.get("reason", "x").strip():
                missing = texts.refusal_sentence(lifecycle.Refusal.REASON_MISSING, {})
                self.add_error("reason", missing)
            left = TO_FILL_IN.search(given.get("reason", ""))
            if left:
                words = _("Please put your own words in the place of %(words)s.")
                self.add_error("reason", words % {"words": left[0]})
        return given


def _slots_of(application: Application) -> QuerySet[DocumentSlot]:
    """Return the slots that the student has to do with, by the level of the newest submission."""
    newest = application.submissions.order_by("-number").first()
    slots = lifecycle.slots_for(application.call, newest.level_departure if newest else "")
    asked_for = DocumentSlot.objects.filter(pk__in=[slot.pk for slot in slots])
    return asked_for.order_by("position")


class ConcessionForm(DeskForm):
    own_name = "concession"
    slot = forms.ModelChoiceField(
        DocumentSlot.objects.none(),
        label=_("Document"),
        required=False,
        empty_label=_("the whole application (only before the review)"),
    )
    until = BerlinTimeField(label=_("Until"), help_text=_("The first instant that is too late."))
    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs=REASON_ROWS))

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - Django's signature
        application: Application,
        now: datetime,
        **kwargs: Any,  # noqa: ANN401 - Django's signature
    ) -> None:
        super().__init__(*args, **kwargs)
        self._now = now
        slots = self.fields["slot"]
        if isinstance(slots, forms.ModelChoiceField):
            slots.queryset = application.call.programme.slots.order_by("position")
            if lifecycle.is_being_read(application):
                slots.required = True
                slots.empty_label = gettext("choose a document")
                slots.queryset = _slots_of(application)

    def clean_until(self) -> datetime:
        until: datetime = self.cleaned_data["until"]
        if until <= self._now:
            raise forms.ValidationError(_("Please give a time in the future."))
        return until


class DirectiveForm(DeskForm):
    own_name = "directive"
    kind = forms.ChoiceField(label=_("Kind"), choices=Directive.Kind.choices)
    host = forms.ModelChoiceField(CallHost.objects.none(), label=_("Host university"))
    semester = forms.ChoiceField(
        label=_("Semester"), choices=[("", _("both")), *Semester.choices], required=False
    )
    extra_seat = forms.BooleanField(
        label=_("on an extra seat"),
        help_text=_("Beyond the agreed seats: only if the partner agreed in writing."),
        required=False,
    )
    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs=REASON_ROWS))

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - Django's signature
        application: Application,
        **kwargs: Any,  # noqa: ANN401 - Django's signature
    ) -> None:
        super().__init__(*args, **kwargs)
        self._application = application
        hosts = self.fields["host"]
        if isinstance(hosts, forms.ModelChoiceField):
            hosts.queryset = application.call.hosts.select_related("agreement__host")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("kind") == Directive.Kind.PIN:
            if not given.get("semester"):
                self.add_error("semester", _("A pin needs its semester."))
            if self._application.directives.filter(kind=Directive.Kind.PIN).exists():
                self.add_error("kind", _("There is a pin already; take it back first."))
        elif given.get("extra_seat"):
            self.add_error("extra_seat", _("Only a pin can bring an extra seat."))
        return given


class CommentForm(DeskForm):
    own_name = "comment"
    text = forms.CharField(
        label=_("Comment for colleagues"),
        help_text=_("The student doesn't see it. It can't be changed afterwards."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
