"""What data protection asks for, as rows the office keeps: record, periods, requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pghistory
import pgtrigger
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications.models.people import User
from partners.models import in_reader_language

if TYPE_CHECKING:
    from datetime import datetime

# Kinds that prove something to others: the shortest period anybody may set, in months.
SHORTEST = {"audit": 12, "going": 36}


@pghistory.track(append_only=True)
class ProcessingActivity(models.Model):
    """One entry of the record of processing activities (GDPR Article 30). Texts are Markdown."""

    key = models.SlugField(_("key"), unique=True)
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    title_en = models.CharField(_("title (English)"), max_length=200)
    title_de = models.CharField(_("title (German)"), max_length=200)
    purpose_en = models.TextField(_("purpose (English)"))
    purpose_de = models.TextField(_("purpose (German)"))
    legal_basis = models.CharField(_("legal basis"), max_length=300)
    people_en = models.CharField(_("whose data (English)"), max_length=300)
    people_de = models.CharField(_("whose data (German)"), max_length=300)
    data_en = models.TextField(_("which data (English)"))
    data_de = models.TextField(_("which data (German)"))
    recipients_en = models.TextField(_("recipients (English)"))
    recipients_de = models.TextField(_("recipients (German)"))
    third_countries_en = models.TextField(_("outside the EU (English)"), blank=True)
    third_countries_de = models.TextField(_("outside the EU (German)"), blank=True)
    measures_en = models.TextField(_("protection (English)"))
    measures_de = models.TextField(_("protection (German)"))

    class Meta:
        verbose_name = _("processing activity")
        verbose_name_plural = _("record of processing")
        ordering: ClassVar = ["position", "key"]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return in_reader_language(self.title_en, self.title_de)

    @property
    def purpose(self) -> str:
        return in_reader_language(self.purpose_en, self.purpose_de)

    @property
    def people(self) -> str:
        return in_reader_language(self.people_en, self.people_de)

    @property
    def data(self) -> str:
        return in_reader_language(self.data_en, self.data_de)

    @property
    def recipients(self) -> str:
        return in_reader_language(self.recipients_en, self.recipients_de)

    @property
    def third_countries(self) -> str:
        return in_reader_language(self.third_countries_en, self.third_countries_de)

    @property
    def measures(self) -> str:
        return in_reader_language(self.measures_en, self.measures_de)


@pghistory.track(append_only=True)
class RetentionRule(models.Model):
    """How long one kind of data is kept, and what is done then. The code knows the kinds.

    `months` is what the office wants; `months_in_force` what it confirmed last, and all that counts
    (None: nothing is removed by the rule). Who changed the months never confirms them.
    """

    class Kind(models.TextChoices):
        DRAFTS = "drafts", _("drafts that were never submitted")
        NOT_GOING = "not_going", _("applications without a stay")
        GOING = "going", _("applications with a stay, and their grants")
        MAILS = "mails", _("mails to students")
        DOCUMENTS_REPLACED = "documents_replaced", _("documents of a stay that were replaced")
        AUDIT = "audit", _("audit log and histories")
        PEOPLE = "people", _("people without application and role")

    class Then(models.TextChoices):
        DELETE = "delete", _("deleted")
        ANONYMISE = "anonymise", _("made anonymous")

    kind = models.CharField(_("kind"), max_length=20, choices=Kind, unique=True)
    months = models.PositiveSmallIntegerField(
        _("months"), validators=[MinValueValidator(1), MaxValueValidator(240)]
    )
    then = models.CharField(_("then they are"), max_length=10, choices=Then, editable=False)
    counted_from_en = models.CharField(_("counted from (English)"), max_length=300)
    counted_from_de = models.CharField(_("counted from (German)"), max_length=300)
    reason_en = models.TextField(_("reason (English)"))
    reason_de = models.TextField(_("reason (German)"))
    source = models.CharField(_("source"), max_length=300, blank=True)
    months_in_force = models.PositiveSmallIntegerField(
        _("months in force"), null=True, blank=True, editable=False
    )
    changed_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("changed by"),
    )
    confirmed_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("confirmed by"),
    )
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("retention rule")
        verbose_name_plural = _("retention rules")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="retention_months_sensible", condition=Q(months__gte=1, months__lte=240)
            ),
            models.CheckConstraint(
                name="retention_then_known", condition=Q(then__in=["delete", "anonymise"])
            ),
            models.CheckConstraint(
                name="retention_in_force_long_enough",
                condition=Q(months_in_force=None)
                | Q(months_in_force__gte=36, months_in_force__lte=240)
                | Q(~Q(kind="going"), months_in_force__gte=12, months_in_force__lte=240)
                | Q(~Q(kind__in=["audit", "going"]), months_in_force__gte=1),
            ),
            models.CheckConstraint(
                name="retention_confirmed_by_another",
                condition=Q(confirmed_by=None, confirmed_at=None)
                | Q(
                    Q(changed_by=None) | ~Q(changed_by=F("confirmed_by")),
                    confirmed_by__isnull=False,
                    confirmed_at__isnull=False,
                    months_in_force=F("months"),
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()

    def clean(self) -> None:
        shortest = SHORTEST.get(self.kind, 1)
        if self.months is not None and self.months < shortest:
            text = gettext("These are kept for at least %(months)d months.")
            raise ValidationError({"months": text % {"months": shortest}})

    @property
    def waits(self) -> bool:
        """Whether the months are to be confirmed before they count."""
        return self.confirmed_at is None

    def may_be_confirmed_by(self, person: User) -> bool:
        return self.waits and self.changed_by_id != person.pk

    def change(self, *, by: User) -> None:
        """Note, before it is saved, who changed the months: somebody else confirms them."""
        self.changed_by, self.confirmed_by, self.confirmed_at = by, None, None

    def confirm(self, *, by: User, now: datetime) -> None:
        """Put the months in force. IntegrityError for who changed them."""
        self.months_in_force, self.confirmed_by, self.confirmed_at = self.months, by, now
        self.save(update_fields=["months_in_force", "confirmed_by", "confirmed_at"])

    @property
    def counted_from(self) -> str:
        return in_reader_language(self.counted_from_en, self.counted_from_de)

    @property
    def reason(self) -> str:
        return in_reader_language(self.reason_en, self.reason_de)


class PurgeRun(models.Model):
    """What was deleted or made anonymous, when and by which rule: numbers, nobody's name."""

    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    counts = models.JSONField(_("how many"), default=dict)

    class Meta:
        verbose_name = _("deletion run")
        verbose_name_plural = _("deletion runs")
        ordering: ClassVar = ["-at", "-pk"]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


@pghistory.track(append_only=True, exclude=["note"])
class ErasureRequest(models.Model):
    """That a person asked for their data to be erased (GDPR Article 17), and what came of it.

    `kept` names as codes what the law makes the university keep, and until when.
    """

    class State(models.TextChoices):
        OPEN = "open", _("waits for the office")
        DONE = "done", _("erased")
        PARTLY = "partly", _("erased as far as the law allows")
        WITHDRAWN = "withdrawn", _("taken back")

    student = models.ForeignKey(
        User, models.PROTECT, related_name="erasure_requests", verbose_name=_("person")
    )
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    note = models.TextField(_("what the person wrote"), max_length=2000, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    kept = models.JSONField(_("what is kept"), default=list, blank=True)

    class Meta:
        verbose_name = _("request for erasure")
        verbose_name_plural = _("requests for erasure")
        ordering: ClassVar = ["-asked_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["student"], condition=Q(state="open"), name="erasure_request_open_once"
            ),
            models.CheckConstraint(
                name="erasure_state_known",
                condition=Q(state__in=["open", "done", "partly", "withdrawn"]),
            ),
            models.CheckConstraint(
                name="erasure_decided_by_somebody",
                condition=Q(state__in=["open", "withdrawn"], decided_by=None)
                | Q(
                    state__in=["done", "partly"], decided_by__isnull=False, decided_at__isnull=False
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.student} · {self.asked_at:%Y-%m-%d}"
