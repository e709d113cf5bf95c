"""The crispy pack: labels, hints and errors are tied to their control; nothing depends on sight."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Fieldset, Layout, Row, Submit
from crispy_forms.utils import render_crispy_form
from django import forms
from django.template import Context, Template

ONE_FIELD = "{% load crispy_forms_tags %}{{ field|as_crispy_field }}"
SUMMARY = "{% load portal %}{% error_summary form problems=problems saved=saved %}"


class Page(HTMLParser):
    """All elements of a piece of HTML, in order, as (tag, attributes); text by element id."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        if data.strip():
            self.words.append(data.strip())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def ids(self) -> list[str]:
        return [attributes["id"] or "" for _, attributes in self.elements if "id" in attributes]

    def references(self) -> list[str]:
        """Every id that some element points to."""
        found = []
        for _, attributes in self.elements:
            for name in ("for", "aria-describedby", "aria-labelledby"):
                found += (attributes.get(name) or "").split()
            if (attributes.get("href") or "").startswith("#"):
                found.append((attributes["href"] or "")[1:])
        return found


class Wishes(forms.Form):
    family_name = forms.CharField(label="Family name", help_text="As in the passport.")
    phone = forms.CharField(label="Phone", required=False)
    level = forms.ChoiceField(
        label="Level",
        help_text="Seats go by it.",
        choices=[("bachelor", "Bachelor"), ("master", "Master")],
        widget=forms.RadioSelect,
    )
    semesters = forms.MultipleChoiceField(
        label="Semesters",
        choices=[("W", "Winter semester"), ("S", "Summer semester")],
        widget=forms.CheckboxSelectMultiple,
    )
    letter = forms.FileField(label="Letter", help_text="PDF, at most 1 MB.")
    agreed = forms.BooleanField(label="I agree.")
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.layout = Layout(
            Fieldset("Person", Row("family_name", "phone"), css_id="person"),
            "level",
            "semesters",
            "letter",
            "agreed",
            "version",
        )


def rendered(form: forms.Form) -> Page:
    return Page(render_crispy_form(form))


def field_page(form: forms.Form, name: str) -> Page:
    return Page(Template(ONE_FIELD).render(Context({"field": form[name]})))


def summary(form, problems=(), *, saved=False) -> str:
    context = {"form": form, "problems": problems, "saved": saved}
    return Template(SUMMARY).render(Context(context))


@pytest.mark.parametrize("data", [None, {}], ids=["empty form", "wrong form"])
def test_every_reference_meets_exactly_one_element(data):
    page = rendered(Wishes(data))

    assert sorted(page.ids) == sorted(set(page.ids))
    assert set(page.references()) - set(page.ids) == set()


def test_control_is_described_by_hint_then_error():
    page = field_page(Wishes({}), "family_name")

    (control,) = page.all("input")
    assert control["aria-describedby"] == "id_family_name_helptext id_family_name_error"
    assert control["aria-invalid"] == "true"
    assert page.words == [
        "Family name",
        "As in the passport.",
        "Error:",
        "This field is required.",
    ]


def test_control_without_error_is_described_by_its_hint_only():
    (control,) = field_page(Wishes(), "family_name").all("input")

    assert control["aria-describedby"] == "id_family_name_helptext"
    assert "aria-invalid" not in control


@pytest.mark.parametrize("name", ["level", "semesters"])
def test_choices_are_a_group_with_a_legend(name):
    page = field_page(Wishes({}), name)

    (group,) = page.all("fieldset")
    assert set((group["aria-describedby"] or "").split()) <= set(page.ids)
    assert f"id_{name}_error" in (group["aria-describedby"] or "")
    assert len(page.all("legend")) == 1
    choices = [attributes["id"] for attributes in page.all("input")]
    assert choices == [f"id_{name}_0", f"id_{name}_1"]
    assert [attributes["for"] for attributes in page.all("label")] == choices


def test_single_checkbox_stands_in_its_label():
    page = field_page(Wishes(), "agreed")

    assert [attributes["for"] for attributes in page.all("label")] == ["id_agreed"]
    assert page.words == ["I agree."]


def test_fields_that_may_stay_empty_say_so_in_words():
    form = Wishes()

    assert field_page(form, "phone").words == ["Phone", "(optional)"]
    assert field_page(form, "family_name").words == ["Family name", "As in the passport."]


def test_field_needed_at_the_end_is_not_called_optional():
    form = Wishes()
    form.fields["phone"].needed = True

    assert field_page(form, "phone").words == ["Phone"]


def test_what_was_typed_is_shown_again_as_text():
    html = render_crispy_form(Wishes({"family_name": '"><script>alert(1)</script>'}))

    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_group_of_fields_has_a_legend_and_its_id():
    page = rendered(Wishes())

    assert page.all("fieldset")[0] == {"class": "fieldset", "id": "person"}
    assert page.words[0] == "Person"


def test_whole_form_carries_method_encoding_and_buttons():
    form = Wishes()
    form.helper.form_tag = True
    form.helper.form_action = "/hand-in/"
    form.helper.attrs = {"data-guard": ""}
    form.helper.add_input(Submit("save", "Save the draft"))
    page = Page(render_crispy_form(form))

    (tag,) = page.all("form")
    assert tag == {
        "class": "form",
        "method": "post",
        "action": "/hand-in/",
        "enctype": "multipart/form-data",
        "novalidate": None,
        "data-guard": "",
    }
    (button,) = [attributes for attributes in page.all("input") if attributes["type"] == "submit"]
    assert (button["name"], button["value"]) == ("save", "Save the draft")


def test_summary_links_to_each_wrong_field():
    form = Wishes({"version": "x"})
    form.add_error(None, "Two wishes name the same host.")
    page = Page(render_crispy_form(form) + summary(form))

    links = [attributes["href"] for attributes in page.all("a")]
    assert links == [
        "#id_family_name",
        "#id_level_0",
        "#id_semesters_0",
        "#id_letter",
        "#id_agreed",
    ]
    assert set(page.references()) - set(page.ids) == set()
    text = page.words[page.words.index("7 entries need your attention") :]
    assert text == [
        "7 entries need your attention",
        "Two wishes name the same host.",
        "Family name: This field is required.",
        "Level: This field is required.",
        "Semesters: This field is required.",
        "Letter: This field is required.",
        "I agree: This field is required.",
        "Version: Enter a whole number.",
    ]


def test_summary_takes_the_focus_and_says_what_is_saved():
    page = Page(summary(Wishes({}), saved=True))

    (section,) = page.all("section")
    assert (section["role"], section["tabindex"]) == ("alert", "-1")
    assert "data-error-summary" in section
    assert "Everything you typed is saved as a draft." in page.words


def test_summary_lists_further_problems_and_formsets():
    formset = forms.formset_factory(Wishes, min_num=1, extra=0)(
        {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0"}
    )
    page = Page(summary(formset, [("slot-cv", "The curriculum vitae is missing.")]))

    assert page.all("a")[0]["href"] == "#id_form-0-family_name"
    assert page.all("a")[-1]["href"] == "#slot-cv"
    assert page.words[-1] == "The curriculum vitae is missing."


@pytest.mark.parametrize("form", [None, Wishes()], ids=["no form", "nothing sent yet"])
def test_summary_is_silent_when_nothing_is_wrong(form):
    assert summary(form).strip() == ""
