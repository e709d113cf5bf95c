"""The project as an app: its templates, commands and checks."""

from django.apps import AppConfig
from django.db.models.signals import pre_migrate


class ExchangePortalConfig(AppConfig):
    name = "exchange_portal"

    def ready(self) -> None:
        # Registers what `manage.py check --deploy` looks at.
        from exchange_portal import checks, migrating  # noqa: F401, PLC0415 - only once the apps are loaded

        pre_migrate.connect(migrating.speed_up)
