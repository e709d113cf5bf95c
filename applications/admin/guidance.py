"""The help page and the legal pages, kept by the office in both languages."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from applications.admin.base import ScopedAdmin
from applications.models import HelpTopic, LegalPage

# Addresses within the page that are its own: the main part, and the section below the topics.
OWN_ANCHORS = frozenset({"content", "further"})


class HelpTopicForm(forms.ModelForm[HelpTopic]):
    class Meta:
        model = HelpTopic
        fields = "__all__"  # noqa: DJ007 - the admin names the fields it shows

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        if key in OWN_ANCHORS:
            raise forms.ValidationError(_("The page uses this key itself. Please choose another."))
        return key


@admin.register(HelpTopic)
class HelpTopicAdmin(ScopedAdmin[HelpTopic]):
    form = HelpTopicForm
    list_display = ["title_en", "title_de", "position", "key"]
    search_fields = ["key", "title_en", "title_de", "text_en", "text_de"]
    fieldsets = [
        (None, {"fields": ["key", "position"]}),
        (
            _("English"),
            {
                "fields": ["title_en", "text_en"],
                "description": _(
                    "Markdown: “### ” begins a question, “- ” a line of a list, "
                    "[words](https://…) is a link. {mail_domains} becomes the university's "
                    "mail domains."
                ),
            },
        ),
        (_("German"), {"fields": ["title_de", "text_de"]}),
    ]

    def view_on_site(self, topic: HelpTopic) -> str:
        return f"{reverse('help')}#{topic.key}"


@admin.register(LegalPage)
class LegalPageAdmin(ScopedAdmin[LegalPage]):
    """There are these three; the database knows no others."""

    list_display = ["key"]
    fieldsets = [
        (
            _("English"),
            {
                "fields": ["text_en"],
                "description": _(
                    "Markdown: “## ” begins a part, “- ” a line of a list, [words](https://…) is "
                    "a link. {contact} becomes the portal's mail address. A line {periods} on the "
                    "privacy page, or {tests} on the accessibility page, is where the portal puts "
                    "what it knows itself."
                ),
            },
        ),
        (_("German"), {"fields": ["text_de"]}),
    ]

    def view_on_site(self, page: LegalPage) -> str:
        return reverse(page.key)
