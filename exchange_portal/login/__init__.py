"""Signing in by the university's login service; the names the settings use."""

from exchange_portal.login.adapters import AccountAdapter, SocialAccountAdapter
from exchange_portal.login.openid import UniversityProvider
from exchange_portal.login.signed_in import SignedIn

__all__ = ["AccountAdapter", "SignedIn", "SocialAccountAdapter", "UniversityProvider"]
