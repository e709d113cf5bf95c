"""Signing in by SAML 2.0: only imported where SAML is set up and its packages are installed."""
