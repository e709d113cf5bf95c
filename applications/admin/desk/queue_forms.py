"""The filters above the queue, and the form that shares the reading out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import F, Func
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from applications import access, selection, texts
from applications.admin.desk import queue as desk_queue
from applications.models import SubmissionReview, User
from partners.models import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from applications.admin.desk.queue import Queue
    from applications.models import Call

ANY = ("", _("any"))
OUTCOMES = [
    (desk_queue.BLOCKING, _("blocking findings")),
    (desk_queue.REMARKS, _("remarks only")),
    (desk_queue.NONE, _("no findings")),
    (desk_queue.NOT_REVIEWED, _("not reviewed yet")),
]
READERS = [(desk_queue.MINE, _("assigned to me")), (desk_queue.NOBODY, _("assigned to nobody"))]
READ = [
    (desk_queue.NOT_BY_ME, _("not by me yet")),
    (desk_queue.NOT_BY_ANYONE, _("not by anyone yet")),
]
SHEETS = [
    (desk_queue.TOO_FEW, _("fewer complete than needed")),
    (desk_queue.FAR_APART, _("readers far apart, of those you scored")),
]


class QueueForm(forms.Form):
    """What a queue is narrowed to, to be looked at and changed; `Wanted.of` reads what is sent."""

    finding = forms.ChoiceField(label=_("Findings"))
    level = forms.ChoiceField(label=_("Level at departure"))
    host = forms.ChoiceField(label=_("Host wished for"))
    reader = forms.ChoiceField(label=_("Reader"), choices=[ANY, *READERS])
    read = forms.ChoiceField(label=_("Read so far"), choices=[ANY, *READ])
    sheets = forms.ChoiceField(label=_("Score sheets"), choices=[ANY, *SHEETS])
    q = forms.CharField(label=_("Code or name"), max_length=desk_queue.LONGEST_SEARCH)

    def __init__(self, queue: Queue) -> None:
        super().__init__(
            initial=queue.wanted.parameters(), use_required_attribute=False, label_suffix=""
        )
        self.queue = queue
        call = queue.call
        codes = [(code, texts.finding_label(code)) for code in _codes_found_in(queue)]
        codes.sort(key=lambda choice: choice[1])
        levels = [(row.value, row.label) for row in Level if row.value in call.programme.levels]
        hosts = [(str(row.pk), str(row)) for row in call.hosts.select_related("agreement__host")]
        self._offer("finding", [*OUTCOMES, *([(_("One of these"), codes)] if codes else [])])
        self._offer("level", levels)
        self._offer("host", hosts)

    def _offer(self, name: str, choices: Iterable[Any]) -> None:
        self.fields[name].widget.choices = [ANY, *choices]

    def active(self) -> Iterator[tuple[str, str, str]]:
        """Name each filter in force: its label, what it asks for, and the query without it."""
        for name, value in self.queue.wanted.parameters().items():
            if name in self.fields:
                widget = self.fields[name].widget
                words = dict(_flat(getattr(widget, "choices", ())))
                label = str(self.fields[name].label)
                yield label, str(words.get(value, value)), self.queue.asking(**{name: ""})


def _codes_found_in(queue: Queue) -> set[str]:
    """Return the codes the call's reviews found, and the one that is asked for."""
    found = (
        SubmissionReview.objects.filter(run__call=queue.call)
        .order_by()
        .values_list(Func(F("codes"), function="unnest"), flat=True)
        .distinct()
    )
    asked = {queue.wanted.finding} if texts.is_finding(queue.wanted.finding) else set()
    return {code for code in found if texts.is_finding(code)} | asked


def _flat(choices: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    for value, word in choices:
        if isinstance(word, list):
            yield from word
        else:
            yield value, word


class ReadersForm(forms.Form):
    """Who is to read the chosen applications, and how many of them each."""

    readers = forms.ModelMultipleChoiceField(
        label=_("Readers"),
        queryset=User.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Please tick at least one reader.")},
    )
    each = forms.IntegerField(
        label=_("Readers for each application"),
        min_value=1,
        initial=1,
        help_text=_("Who has the fewest to read gets the next one."),
    )

    def __init__(self, *args: Any, call: Call, **kwargs: Any) -> None:  # noqa: ANN401 - Django's signature
        super().__init__(*args, **kwargs)
        readers = self.fields["readers"]
        readers.queryset = access.coordinators_of(call, timezone.localdate())  # type: ignore[attr-defined]  # a model choice
        load = selection.assigned_in(call)
        readers.label_from_instance = lambda row: _with_load(row, load.get(row.pk, 0))  # type: ignore[attr-defined]  # Django's hook

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        readers, each = given.get("readers"), given.get("each")
        if readers is not None and each is not None and each > len(readers):
            most = len(readers)
            self.add_error(
                "each",
                ngettext(
                    "You ticked %(most)s reader: at most %(most)s can read each application.",
                    "You ticked %(most)s readers: at most %(most)s can read each application.",
                    most,
                )
                % {"most": most},
            )
        return given


def _with_load(reader: User, count: int) -> str:
    if not count:
        return gettext("%(name)s (nothing to read so far)") % {"name": reader}
    return ngettext(
        "%(name)s (has %(count)s to read)", "%(name)s (has %(count)s to read)", count
    ) % {"name": reader, "count": count}
