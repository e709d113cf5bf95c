"""The private calendar addresses of people."""

from __future__ import annotations

import secrets
from functools import partial

from django.core.signing import BadSignature, Signer
from django.db import models
from django.utils.translation import gettext_lazy as _

from applications.models.people import User

# 256 bits of the installation's key over person and nonce. Nothing that could be read is stored.
_signer = partial(Signer, salt="applications.calendar", algorithm="sha256")


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

    @property
    def token(self) -> str:
        """What stands in the address: the person's number and its signature, 43 letters."""
        return f"{self.user_id}-{_signer().signature(self._signed)}"

    def is_signed_by(self, signature: str) -> bool:
        """Tell in constant time whether this is the signature of the living address."""
        try:
            _signer().unsign(f"{self._signed}:{signature}")
        except BadSignature:
            return False
        return True

    @property
    def _signed(self) -> str:
        return f"{self.user_id}.{self.nonce}"
