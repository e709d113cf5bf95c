"""Questions that are put into SQL once: each asking gets its own values, and today's rows."""

import pytest
from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, CharField

from partners.models import Agreement, HostUniversity
from partners.prepared import Given, IsOneOf, Prepared, keep_related
from tests import factories

pytestmark = pytest.mark.django_db

IN_COUNTRY = Prepared(
    lambda: HostUniversity.objects.filter(country=Given("country", CharField())).order_by("key")
)
OF_HOSTS = Prepared(
    lambda: Agreement.objects.filter(
        IsOneOf("host", Given("hosts", ArrayField(BigIntegerField())))
    ).select_related("host")
)


def test_each_asking_has_its_own_values_and_sees_new_rows():
    spanish = factories.HostUniversityFactory.create(key="a", country="XA")
    assert (IN_COUNTRY(country="XA"), IN_COUNTRY(country="XB")) == ([spanish], [])
    later = factories.HostUniversityFactory.create(key="b", country="XB")
    assert (IN_COUNTRY(country="XA"), IN_COUNTRY(country="XB")) == ([spanish], [later])


def test_lists_of_any_length_and_joined_rows_in_one_query(django_assert_num_queries):
    agreements = factories.AgreementFactory.create_batch(3)
    hosts = [row.host for row in agreements]
    for count in (0, 1, 3):
        with django_assert_num_queries(1):
            found = OF_HOSTS(hosts=[host.pk for host in hosts[:count]])
            assert {row.host for row in found} == set(hosts[:count])


def test_a_value_that_is_not_given_is_no_question():
    with pytest.raises(KeyError):
        IN_COUNTRY()


def test_kept_rows_are_not_asked_for(django_assert_num_queries):
    host = factories.HostUniversityFactory.create()
    keep_related(host, "agreements", [Agreement(pk=7)], Agreement)
    with django_assert_num_queries(0):
        assert [row.pk for row in host.agreements.all()] == [7]
