"""The project as an app: its templates, commands and checks."""

from django.apps import AppConfig


class ExchangePortalConfig(AppConfig):
    name = "exchange_portal"

    def ready(self) -> None:
        # Registers what `manage.py check --deploy` looks at.
        from exchange_portal import checks  # noqa: F401, PLC0415 - only once the apps are loaded
