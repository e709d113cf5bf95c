"""Signing in by the university's login service; the names the settings use."""

from exchange_portal.login.adapters import AccountAdapter, SocialAccountAdapter
from exchange_portal.login.openid import UniversityProvider

__all__ = ["AccountAdapter", "SocialAccountAdapter", "UniversityProvider"]
