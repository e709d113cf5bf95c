"""How the portal talks to an S3-compatible store. Read by settings: no Django models here."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

CONNECT_SECONDS = 3
ANSWER_SECONDS = 20


def uploads_in_s3(
    *, bucket: str, endpoint: str, region: str, key: str, secret: str
) -> dict[str, object]:
    """Return the options of the storage "uploads". An empty endpoint means Amazon's own.

    Raises ImproperlyConfigured where the package is not installed.
    """
    try:
        from botocore.config import Config  # noqa: PLC0415 - of the extra s3
    except ImportError as error:
        raise ImproperlyConfigured(
            'STORAGE="s3" needs the packages of requirements-s3.txt: build the image with '
            "STORAGE_EXTRA=s3."
        ) from error
    return {
        "bucket_name": bucket,
        "endpoint_url": endpoint or None,
        "region_name": region or None,
        "access_key": key,
        "secret_key": secret,
        "default_acl": None,
        # Files are named by their content: the same name holds the same bytes.
        "file_overwrite": True,
        "client_config": Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            connect_timeout=CONNECT_SECONDS,
            read_timeout=ANSWER_SECONDS,
            retries={"total_max_attempts": 2},
            # Many stores that speak S3 don't know the newer checksums.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    }
