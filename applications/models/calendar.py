"""The private calendar addresses of people."""

from __future__ import annotations

import secrets
from functools import partial

from django.db import models
from django.utils.translation import gettext_lazy as _

from applications.models.people import User


class CalendarFeed(models.Model):
    """The one living calendar address of a person; a new `nonce` ends the old address."""

    user = models.OneToOneField(
        User, models.CASCADE, related_name="calendar_feed", verbose_name=_("person")
    )
    nonce = models.CharField(max_length=32, default=partial(secrets.token_hex, 16), editable=False)
    created_at = models.DateTimeField(_("made"))

    class Meta:
        verbose_name = _("calendar address")
        verbose_name_plural = _("calendar addresses")

    def __str__(self) -> str:
        return f"calendar of {self.user_id}"
