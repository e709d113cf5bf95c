"""The pages of the coordinators' desk as tests ask for them."""

from __future__ import annotations

from django.urls import reverse


def page(call, name, *args):
    return reverse(f"admin:applications_call_{name}", args=[call.pk, *args])


def file_page(row, name="file"):
    return reverse(f"admin:applications_application_{name}", args=[row.code])


def said(response) -> list[str]:
    """Return the sentences the next page shows."""
    return [str(message) for message in response.context["messages"]]


def post(client, url, **data):
    return client.post(url, data, follow=True)
