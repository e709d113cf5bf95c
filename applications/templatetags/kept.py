"""The seal a form carries so that what is typed in it may be kept while nobody is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.utils.html import format_html

from applications.views.form.kept_text import SEAL, seal_of

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from applications.models import Application

register = template.Library()


@register.simple_tag
def kept_seal(application: Application) -> SafeString:
    """Render the hidden field; for the owner's own pages only."""
    return format_html('<input type="hidden" name="{}" value="{}">', SEAL, seal_of(application))
