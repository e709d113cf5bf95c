"""The German catalogue: whole, in step with the sources, and free of what breaks at run time.

When a text was added or changed: `python -m tests.messages`, then translate what it lists.
"""

import re
from collections import Counter

import polib
import pytest
from django.apps import apps
from django.utils import translation
from django.utils.functional import Promise
from django_countries.fields import CountryField

from tests import messages
from tests.messages import Fault, Message

OWN_APPS = ("partners", "applications", "grants")
TAG = re.compile(r"</?\w+[^>]*>")
# Words that are the same in both languages; everything else must read differently.
SAME_IN_BOTH = re.compile(
    r"(?:%\(\w+\)[sd]|\{\w+\}|Administration|Administrator|Bachelor|Code|Cookies|ECTS|EUR|"
    r"Erasmus Without Paper|European Student Identifier|Export|Format|ISO/IEC 5218|"
    r"International Office|Master|Name|OID|PIC|Position|Semester|Status|Version|Website|"
    r"[\s%().,:–-]|km|kB|MB|byte)*",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def extraction() -> messages.Extraction:
    return messages.extract()


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    return messages.read_catalogue()


def pairs(catalogue):
    """Yield each English text with its German one, plural forms apart."""
    for entry in catalogue:
        if entry.msgid_plural:
            yield entry.msgid, entry.msgstr_plural[0]
            yield entry.msgid_plural, entry.msgstr_plural[1]
        else:
            yield entry.msgid, entry.msgstr


# -- the catalogue ---------------------------------------------------------------------------------


def test_every_text_in_the_sources_can_be_translated(extraction):
    assert extraction.faults == ()


def test_catalogue_holds_the_messages_of_the_sources_and_no_others(extraction, catalogue):
    held = {messages.message_of(entry) for entry in catalogue}

    assert sorted(set(extraction.messages) - held) == []
    assert sorted(held - set(extraction.messages)) == []


def test_every_message_is_translated(catalogue):
    untranslated = [entry.msgid for entry in catalogue if not messages.is_translated(entry)]

    assert untranslated == []
    assert [entry.msgid for entry in catalogue if entry.fuzzy or entry.obsolete] == []


def test_both_files_are_as_the_command_writes_them(extraction, catalogue):
    assert messages.COMPILED.read_bytes() == catalogue.to_binary()
    assert messages.CATALOGUE.read_text("utf-8") == messages.written(
        messages.updated(catalogue, extraction.messages)
    )


def test_placeholders_are_the_same_on_both_sides(catalogue):
    differing = [
        (english, german)
        for english, german in pairs(catalogue)
        if Counter(messages.placeholders(english)) != Counter(messages.placeholders(german))
    ]

    assert differing == []


def test_no_per_cent_sign_stands_alone(catalogue):
    """Beside a placeholder it breaks the formatting; templates need it doubled anyway."""
    alone = [
        text
        for pair in pairs(catalogue)
        for text in pair
        if "%" in messages.PLACEHOLDER.sub("", text)
    ]

    assert alone == []


def test_markup_edges_and_last_sign_are_the_same_on_both_sides(catalogue):
    differing = [
        (english, german)
        for english, german in pairs(catalogue)
        if outline(english) != outline(german)
    ]

    assert differing == []


def outline(text):
    sign = text[-1:] if text[-1:] in set(".:?!,…") else ""
    return sign, sorted(TAG.findall(text)), text != text.strip(), text.count("\n")


def test_german_quotation_marks_are_used_and_closed(catalogue):
    wrong = [
        german
        for english, german in pairs(catalogue)
        if german.count("„") != german.count("“")
        or english.count("“") != english.count("”")
        or re.search("[\"”']", TAG.sub("", german))
    ]

    assert wrong == []


def test_nothing_was_left_in_english(catalogue):
    left = [
        english
        for english, german in pairs(catalogue)
        if english == german and not SAME_IN_BOTH.fullmatch(english)
    ]

    assert left == []


def test_compiled_catalogue_is_the_one_pages_read():
    with translation.override("de"):
        assert translation.gettext("Host universities") == "Gasthochschulen"
        assert translation.ngettext("%(count)d seat", "%(count)d seats", 1) == "%(count)d Platz"
        assert translation.ngettext("%(count)d seat", "%(count)d seats", 0) == "%(count)d Plätze"


# -- texts outside the catalogue -------------------------------------------------------------------

# Names and codes that are the same in every language, and class names given by a block.
NOT_WORDS = {"PDF", "OID", "PIC", "Europe", "Berlin", "Ruhr", "Universität", "Bochum"}
NOT_WORDS |= {"Universitätsstraße", "EUR"}
NOT_SHOWN = re.compile(
    r"{#.*?#}|{% comment .*?endcomment %}|{% blocktranslate .*?{% endblocktranslate %}|"
    r"{% block (?:main_class|bodyclass|coltype) %}.*?{% endblock %}|{%.*?%}|{{.*?}}|"
    r"<(script|style)\b.*?</\1>|<pre class=\"code.*?</pre>",  # what is typed into a shell
    re.DOTALL,
)
READ_ALOUD = re.compile(r'(?:aria-label|alt|title|placeholder|data-label)="([^"]*)"')


@pytest.mark.parametrize("path", messages.template_files(messages.ROOT), ids=lambda path: path.name)
def test_template_shows_no_word_that_is_not_translated(path):
    rest = NOT_SHOWN.sub("", path.read_text("utf-8"))
    shown = " ".join([*READ_ALOUD.findall(rest), re.sub(r"<[^>]*>|&\w+;", " ", rest)])

    assert set(re.findall(r"[^\W\d_]{2,}", shown)) - NOT_WORDS == set()


# -- the models ------------------------------------------------------------------------------------


def model_texts():
    """Yield what forms and the admin show of a model, each with its place."""
    for app in OWN_APPS:
        for model in apps.get_app_config(app).get_models():
            if hasattr(model, "pgh_tracked_model"):  # the audit's copies are never shown
                continue
            options = model._meta
            yield options.label, options.verbose_name
            yield options.label, options.verbose_name_plural
            for field in options.get_fields():
                if field.concrete and field.editable and not field.auto_created:
                    place = f"{options.label}.{field.name}"
                    yield place, field.verbose_name
                    yield place, field.help_text
                    if not isinstance(field, CountryField):  # translated by its package
                        yield from ((place, label) for _value, label in field.flatchoices)


def test_names_hints_and_choices_of_models_can_be_translated():
    fixed = [
        (place, text)
        for place, text in model_texts()
        if not isinstance(text, Promise) and text and not re.fullmatch(r"[ABC][12]|-+", text)
    ]

    assert fixed == []


# -- reading the sources ---------------------------------------------------------------------------


def test_read_python_follows_the_names_a_file_imports():
    source = """
from django.utils import translation
from django.utils.translation import gettext_lazy as _, npgettext, pgettext as named

_("one " "text")
named("month", "May")
npgettext("seat", "%(n)d place", "%(n)d places", 2)
translation.ngettext("day", "days", 2)
gettext("not imported")
mailbox, _x, domain = "a@b".partition("@")
"""

    assert sorted(messages.read_python(source, "x.py")) == [
        Message("%(n)d place", "seat", "%(n)d places"),
        Message("May", "month"),
        Message("day", "", "days"),
        Message("one text"),
    ]


@pytest.mark.parametrize(
    "call", ['_(f"{n} seats")', "_(name)", '_("a" + "b")', '_("%s" % name)', "_()", "_(1)"]
)
def test_read_python_reports_a_text_that_is_no_constant(call):
    source = f"from django.utils.translation import gettext as _\n{call}"

    (fault,) = messages.read_python(source, "x.py")
    assert (fault.place, fault.what.split(":")[0]) == ("x.py:2", "not a constant")


def test_read_template_finds_tags_filters_and_plurals():
    source = """{% load i18n %}{# _("a remark") #}
{% comment %}{% translate "away" %}{% endcomment %}
<p title="{% translate 'Say “it”' %}">{{ _("Now")|default:_("Later") }}</p>
{% translate "May" context "month" as month %}{% include "x.html" with text=_("Passed on") %}
{% blocktranslate trimmed with name=host.name %}
  To {{ name }},
  100 % free
{% endblocktranslate %}
{% blocktranslate count n=seats %}{{ n }} seat{% plural %}{{ n }} seats{% endblocktranslate %}
{% blocktranslate trimmed context "seat" count n=seats %}one{% plural %}many{% endblocktranslate %}
"""

    assert sorted(messages.read_template(source, "x.html")) == [
        Message("%(n)s seat", "", "%(n)s seats"),
        Message("Later"),
        Message("May", "month"),
        Message("Now"),
        Message("Passed on"),
        Message("Say “it”"),
        Message("To %(name)s, 100 %% free"),
        Message("one", "seat", "many"),
    ]


def test_read_template_reports_a_variable():
    found = list(messages.read_template("{% load i18n %}\n{% translate title %}", "x.html"))

    assert found == [Fault("x.html:2", "not a constant: translate title")]


@pytest.fixture
def sources(tmp_path):
    """A made-up project: one text in Python and templates, and things that are not read."""
    for name, text in {
        "partners/views.py": "from django.utils.translation import gettext as _\n_('Seats')",
        "partners/migrations/0001_initial.py": (
            "from django.utils.translation import gettext as _\n_('Old')"
        ),
        "partners/templates/partners/host.html": '{% translate "Host" %}',
        "partners/data/README.html": '{% translate "No template" %}',
        "templates/mail.txt": '{% translate "Seats" %}{% translate "Dear you," %}',
        "tests/test_x.py": "from django.utils.translation import gettext as _\n_('Test')",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path


def test_extract_reads_our_packages_and_templates_alone(sources):
    assert messages.extract(sources) == messages.Extraction(
        (Message("Dear you,"), Message("Host"), Message("Seats")), ()
    )


def test_extract_reports_two_plurals_of_one_text(sources):
    imported = "from django.utils.translation import ngettext\n"
    (sources / "partners" / "a.py").write_text(f"{imported}ngettext('seat', 'seats', 2)")
    (sources / "partners" / "b.py").write_text(f"{imported}ngettext('seat', 'chairs', 2)")

    assert messages.extract(sources).faults == (
        Fault("partners/b.py", "another plural elsewhere: seat"),
    )


# -- keeping the catalogue -------------------------------------------------------------------------


def entry(msgid, **fields):
    return polib.POEntry(msgid=msgid, **fields)


def test_updated_keeps_translations_adds_new_messages_and_drops_old_ones():
    before = polib.POFile()
    before.append(entry("seat", msgstr="Platz", flags=["fuzzy"]))
    before.append(entry("gone", msgstr="weg"))
    before.append(
        entry("%(n)d day", msgid_plural="%(n)d days", msgstr_plural={0: "%(n)d Tag", 1: "x"})
    )
    wanted = (
        Message("%(n)d day", "", "%(n)d days"),
        Message("new"),
        Message("seat"),
        Message("seat", "chair"),
    )

    after = messages.updated(before, wanted)

    assert [messages.message_of(one) for one in after] == list(wanted)
    assert [one.msgstr_plural or one.msgstr for one in after] == [
        {0: "%(n)d Tag", 1: "x"},
        "",
        "Platz",
        "",
    ]
    assert [one.flags for one in after] == [["python-format"], [], [], []]


def test_updated_forgets_the_translation_of_another_plural():
    before = polib.POFile()
    before.append(entry("day", msgid_plural="days", msgstr_plural={0: "Tag", 1: "Tage"}))

    (after,) = messages.updated(before, (Message("day", "", "all days"),))

    assert after.msgstr_plural == {0: "", 1: ""}
    assert not messages.is_translated(after)
