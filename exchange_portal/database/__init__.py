"""Django's PostgreSQL backend with two savings of ours: the ENGINE of the settings (ADR 0021)."""
