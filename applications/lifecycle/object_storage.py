"""Uploaded files in an S3-compatible store, where several web machines share them.

Through django-storages (the extra `s3`), by the storage called "uploads" in settings.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.files.base import ContentFile
from django.core.files.storage import storages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django.core.files.storage import Storage

logger = logging.getLogger(__name__)


def _key(stored_name: str) -> str:
    return f"{stored_name[:2]}/{stored_name}"


def _uploads() -> Storage:
    return storages["uploads"]


def _bucket() -> Any:  # noqa: ANN401 - boto3 makes its classes at run time
    return getattr(_uploads(), "bucket")  # noqa: B009 - only the S3 storage has one


def put(stored_name: str, data: bytes) -> None:
    """Store the bytes; when this returns they are there in full, for every machine."""
    _uploads().save(_key(stored_name), ContentFile(data))


@contextmanager
def fetched(stored_name: str) -> Iterator[Path]:
    """Bring a file here for as long as the block lasts. Raises FileNotFoundError."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as here:
        with _uploads().open(_key(stored_name)) as there:
            shutil.copyfileobj(there, here)
        here.flush()
        yield Path(here.name)


def stored_before(moment: datetime) -> Iterator[str]:
    """Yield the names of the files written before then."""
    for stored in _bucket().objects.all():
        if stored.last_modified < moment:
            yield stored.key.rpartition("/")[2]


def is_older(stored_name: str, moment: datetime) -> bool:
    try:
        return _uploads().get_modified_time(_key(stored_name)) < moment
    except FileNotFoundError:
        return False


def remove(stored_name: str) -> None:
    _uploads().delete(_key(stored_name))


def answers() -> bool:
    """Tell whether the store is there and lets us in."""
    # Only installations with an object store have the package.
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see above

    bucket = _bucket()
    try:
        bucket.meta.client.head_bucket(Bucket=bucket.name)
    except (BotoCoreError, ClientError) as error:
        logger.warning("the object store does not answer: %s", type(error).__name__)
        return False
    return True
