"""Text that only the portal can read: encrypted in the database and in every backup of it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.expressions import Expression
    from django.db.models.lookups import Lookup, Transform

    _TextField = models.TextField[Any, Any]
else:
    _TextField = models.TextField


def encrypt(text: str) -> str:
    """Encrypt with the first of PORTAL_FIELD_KEYS; the empty text stays empty.

    Raises ImproperlyConfigured without a key: nothing is ever stored in the clear instead.
    """
    return _cipher(tuple(settings.FIELD_KEYS)).encrypt(text.encode()).decode() if text else ""


def decrypt(token: str) -> str:
    """Return the text. Raises ImproperlyConfigured when none of the keys has written it."""
    if not token:
        return ""
    try:
        return _cipher(tuple(settings.FIELD_KEYS)).decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise ImproperlyConfigured(
            "A stored value can't be decrypted: PORTAL_FIELD_KEYS lacks the key that wrote it."
        ) from error


@lru_cache
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    if not keys:
        raise ImproperlyConfigured(
            "PORTAL_FIELD_KEYS is not set: bank details and reasons can't be stored."
        )
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        raise ImproperlyConfigured(
            "PORTAL_FIELD_KEYS must list keys of 32 bytes in URL-safe base64."
        ) from error


class EncryptedTextField(_TextField):
    """A text field whose column holds a Fernet token (AES-128-CBC with HMAC-SHA256).

    The same text never gives the same token, so no row can be found by it: only whether there is
    a text can be asked (`field=""`).
    """

    def get_prep_value(self, value: Any) -> Any:  # noqa: ANN401 - Django's signature
        text = super().get_prep_value(value)
        return encrypt(text) if isinstance(text, str) else text

    def from_db_value(
        self, value: str | None, _expression: Expression, _connection: BaseDatabaseWrapper
    ) -> str | None:
        return None if value is None else decrypt(value)

    def get_lookup(self, lookup_name: str) -> type[Lookup[Any]] | None:
        return super().get_lookup(lookup_name) if lookup_name in {"exact", "isnull"} else None

    def get_transform(self, lookup_name: str) -> type[Transform] | None:
        return None
