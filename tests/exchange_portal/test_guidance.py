"""Texts the office writes: harmless Markdown, the help page, ways abroad."""

from __future__ import annotations

import re

import pytest
from django.template import Context, Template
from django.urls import reverse

from applications.models import HelpTopic
from exchange_portal.templatetags.markdown import markdown
from partners.models import Network
from tests import factories

HELP = reverse("help")
WAYS = reverse("ways_abroad")


# -- Markdown --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**a** and *b*", "<p><strong>a</strong> and <em>b</em></p>\n"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
        ("<b onclick=x>a</b>", "<p>&lt;b onclick=x&gt;a&lt;/b&gt;</p>\n"),
        ('a "<" & b', "<p>a &quot;&lt;&quot; &amp; b</p>\n"),
        ("[a](https://rub.de/x)", '<p><a href="https://rub.de/x">a</a></p>\n'),
        ("[a](HTTP://rub.de)", '<p><a href="HTTP://rub.de">a</a></p>\n'),
        ("[a](mailto:office@rub.de)", '<p><a href="mailto:office@rub.de">a</a></p>\n'),
        ("[a](/help/#money)", '<p><a href="/help/#money">a</a></p>\n'),
        ("[a](#money)", '<p><a href="#money">a</a></p>\n'),
        (
            '[a](/x "t\\"><script>")',
            '<p><a href="/x" title="t&quot;&gt;&lt;script&gt;">a</a></p>\n',
        ),
        ("<https://rub.de>", '<p><a href="https://rub.de">https://rub.de</a></p>\n'),
        # A picture is a link with a mark before it: nothing is fetched from elsewhere.
        ("![a](https://elsewhere.example/x.png)", None),
    ],
)
def test_markdown_becomes_html(text, html):
    assert markdown(text) == (html or '<p>!<a href="https://elsewhere.example/x.png">a</a></p>\n')


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "javascript&#58;alert(1)",
        "&#106;avascript:alert(1)",
        "data:text/html;base64,PHNjcmlwdD4=",
        "data:image/png;base64,AAAA",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://rub.de/",
        "//elsewhere.example/",
    ],
)
def test_link_to_anything_else_stays_text(address):
    for text in (f"[a]({address})", f"<{address}>", f"[a]\n\n[a]: {address}"):
        assert "<a" not in markdown(text)


@pytest.mark.parametrize(
    ("text", "headings"),
    [
        ("### A\n\n### B", ["h3 A", "h3 B"]),
        ("# A\n\n## B\n\n# C", ["h3 A", "h4 B", "h3 C"]),
        ("#### A\n\n### B\n\n##### C", ["h3 A", "h3 B", "h4 C"]),
        ("A\n=\n\nB\n-", ["h3 A", "h4 B"]),
        ("# A\n## B\n### C\n#### D\n##### E", ["h3 A", "h4 B", "h5 C", "h6 D", "h6 E"]),
    ],
)
def test_headings_begin_below_those_of_the_page_and_skip_none(text, headings):
    found = re.findall(r"<(h\d)>(.*?)</(h\d)>", markdown(text))

    assert [f"{opened} {title}" for opened, title, _closed in found] == headings
    assert all(opened == closed for opened, _title, closed in found)


def test_filter_takes_the_level_of_the_first_heading():
    template = Template("{% load markdown %}{{ text|markdown:4 }}")

    assert template.render(Context({"text": "# A"})) == "<h4>A</h4>\n"


# -- the help page ---------------------------------------------------------------------------------


@pytest.mark.django_db
def test_help_shows_the_topics_in_order_with_their_navigation(student_client):
    HelpTopic.objects.all().delete()
    factories.HelpTopicFactory.create(key="second", position=2, title_en="Second")
    factories.HelpTopicFactory.create(
        key="first", position=1, title_en="First <1>", text_en="### Why?\n\nBecause."
    )

    text = student_client.get(HELP).text

    navigation = re.findall(r'<a class="jump" href="#([^"]*)">([^<]*)</a>', text)
    sections = re.findall(r'<h2 id="([^"]*)">([^<]*)</h2>', text)
    expected = [("first", "First &lt;1&gt;"), ("second", "Second")]
    assert navigation == expected
    assert sections == [*expected, ("further", "Not found what you need?")]
    assert "<h3>Why?</h3>\n<p>Because.</p>" in text
    assert f'href="{WAYS}"' in text


@pytest.mark.django_db
def test_help_as_it_was_loaded_answers_what_students_ask(student_client):
    text = student_client.get(HELP).text

    assert re.findall(r'<h2 id="([^"]*)">', text) == [
        "applying",
        "languages",
        "result",
        "courses",
        "money",
        "changes",
        "after",
        "other",
        "further",
    ]
    for domain in ("ruhr-uni-bochum.de", "rub.de", "edu.ruhr-uni-bochum.de"):
        assert f"<code>@{domain}</code>" in text
    assert '<a href="/grants/">Estimate your grant</a>' in text
    assert "{mail_domains}" not in text


@pytest.mark.django_db
def test_only_known_placeholders_are_filled_in(student_client, settings):
    settings.UNIVERSITY_MAIL_DOMAINS = ["rub.example"]
    factories.HelpTopicFactory.create(
        text_en="{mail_domains} {unknown} {settings.SECRET_KEY} {0} {} {mail_domains!r}"
    )

    assert (
        "<code>@rub.example</code> {unknown} {settings.SECRET_KEY} {0} {} {mail_domains!r}"
        in student_client.get(HELP).text
    )


@pytest.mark.django_db
def test_help_runs_nothing_of_what_was_typed(student_client):
    factories.HelpTopicFactory.create(
        title_en="<script>alert(1)</script>",
        text_en="<img src=x onerror=alert(2)>\n\n[a](javascript:alert(3)) ![b](//x.example/y.png)",
    )

    text = student_client.get(HELP).text

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "&lt;img src=x onerror=alert(2)&gt;" in text
    assert 'href="javascript' not in text
    assert "<img" not in text.partition("<main")[2]


@pytest.mark.django_db
def test_missing_german_is_shown_in_english(student_client):
    factories.HelpTopicFactory.create(title_de="", text_de="", title_en="New", text_en="Words.")

    text = student_client.get(HELP, headers={"accept-language": "de"}).text

    assert ">New</h2>" in text
    assert "<p>Words.</p>" in text
    assert "Hilft es, sich früh zu bewerben?" in text


@pytest.mark.django_db
def test_help_without_topics_is_still_a_page(student_client):
    HelpTopic.objects.all().delete()

    response = student_client.get(HELP)

    assert response.status_code == 200
    assert "The answers are being written." in response.text


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 3])
def test_help_keeps_its_number_of_queries(student_client, django_assert_num_queries, count):
    factories.HelpTopicFactory.create_batch(count)

    # session, person, topics
    with django_assert_num_queries(3):
        student_client.get(HELP)


def topic_form(topic, **changes) -> dict[str, object]:
    fields = ("key", "position", "title_en", "title_de", "text_en", "text_de")
    return {**{field: getattr(topic, field) for field in fields}, **changes}


@pytest.mark.django_db
def test_office_edits_both_languages_and_the_page_shows_it(office_client, student_client):
    topic = HelpTopic.objects.get(key="languages")
    page = reverse("admin:applications_helptopic_change", args=[topic.pk])
    data = topic_form(topic, text_en="### New?\n\nYes.", text_de="### Neu?\n\nJa.")

    assert f'href="{HELP}#languages"' in office_client.get(page).text
    assert office_client.post(page, data).status_code == 302

    assert "<h3>New?</h3>\n<p>Yes.</p>" in student_client.get(HELP).text
    german = student_client.get(HELP, headers={"accept-language": "de"}).text
    assert "<h3>Neu?</h3>\n<p>Ja.</p>" in german


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["content", "further"])
def test_topic_takes_no_address_the_page_needs(key, office_client):
    topic = HelpTopic.objects.get(key="languages")
    page = reverse("admin:applications_helptopic_change", args=[topic.pk])

    answer = office_client.post(page, topic_form(topic, key=key))

    assert answer.context["adminform"].errors == {
        "key": ["The page uses this key itself. Please choose another."]
    }


# -- ways abroad -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_ways_abroad_shows_networks_and_what_the_office_handles(student_client):
    response = student_client.get(WAYS)

    shown = [row["network"].key for row in response.context["networks"]]
    assert shown == [
        "unic",
        "utrecht-network",
        "maui",
        "aen",
        "wun",
        "campus-in-campus",
        "ua-ruhr",
        "university-wide",
    ]
    text = " ".join(response.text.split())
    for said in (
        "<strong>You apply at the International Office</strong>",
        "<li>Cork</li>",
        '<a href="/programmes/internship/">Internship abroad</a>',
        '<a href="/programmes/free-mover/">Free mover</a>',
    ):
        assert said in text, said


@pytest.mark.django_db
def test_network_is_shown_with_members_and_website_unless_hidden(student_client):
    Network.objects.all().delete()
    factories.NetworkFactory.create(name_en="Hidden", shown=False)
    factories.NetworkFactory.create(
        key="ring",
        name_en="Ring <1>",
        about_en="# Big\n\n<b>one</b>",
        members="Bochum\r\n\r\n Oulu ",
        website="https://ring.example/",
    )

    text = " ".join(student_client.get(WAYS).text.split())

    assert "Hidden" not in text
    assert '<h3 id="network-ring">Ring &lt;1&gt;</h3> <h4>Big</h4>' in text
    assert "&lt;b&gt;one&lt;/b&gt;" in text
    assert "<ul><li>Bochum</li><li>Oulu</li></ul>" in text
    assert '<a href="https://ring.example/">Website' in text


@pytest.mark.django_db
def test_ways_abroad_without_networks_is_still_a_page(student_client):
    Network.objects.all().delete()

    assert "No networks are listed at the moment." in student_client.get(WAYS).text


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 3])
def test_ways_abroad_keeps_its_number_of_queries(student_client, django_assert_num_queries, count):
    factories.NetworkFactory.create_batch(count, members="Bochum")
    factories.ProgrammeFactory.create_batch(count, handled_by="office")

    # session, person, networks, programmes
    with django_assert_num_queries(4):
        student_client.get(WAYS)
