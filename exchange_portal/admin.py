"""The tables whose pages need every app."""

from exchange_portal.privacy import admin

__all__ = ["admin"]
