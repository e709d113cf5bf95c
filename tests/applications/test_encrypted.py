"""Text only the portal can read: what stands in the column, and what happens without the key."""

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError, ImproperlyConfigured

from applications.models.encrypted import decrypt, encrypt
from grants.models import GrantDeclaration

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def test_same_text_never_gives_the_same_token(settings):
    settings.FIELD_KEYS = [NEW]
    tokens = {encrypt("DE89370400440532013000") for _ in range(3)}
    assert (len(tokens), {decrypt(token) for token in tokens}) == (3, {"DE89370400440532013000"})
    assert not any("DE89" in token for token in tokens)
    assert (encrypt(""), decrypt("")) == ("", "")


def test_newest_key_writes_and_all_read(settings):
    settings.FIELD_KEYS = [OLD]
    before = encrypt("Ümit Çelik")
    settings.FIELD_KEYS = [NEW, OLD]
    assert decrypt(before) == "Ümit Çelik"
    after = encrypt("Ümit Çelik")
    settings.FIELD_KEYS = [NEW]
    assert decrypt(after) == "Ümit Çelik"
    with pytest.raises(ImproperlyConfigured, match="lacks the key"):
        decrypt(before)


@pytest.mark.parametrize(
    ("keys", "sentence"), [([], "is not set"), (["short"], "must list keys of 32 bytes")]
)
def test_without_a_key_nothing_is_stored_in_the_clear(settings, keys, sentence):
    settings.FIELD_KEYS = keys
    with pytest.raises(ImproperlyConfigured, match=sentence):
        encrypt("DE89370400440532013000")


def test_changed_token_is_not_read(settings):
    settings.FIELD_KEYS = [NEW]
    token = encrypt("DE89370400440532013000")
    with pytest.raises(ImproperlyConfigured):
        decrypt(token[:-4] + "AAA=")


def test_rows_can_not_be_searched_by_an_encrypted_text():
    with pytest.raises(FieldError, match="Unsupported lookup"):
        GrantDeclaration.objects.filter(iban__contains="DE")
