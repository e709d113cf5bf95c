"""Questions that are put into SQL once: each asking gets its own values, and today's rows."""

import pghistory
import pgtrigger
import pytest
from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, CharField, Count, F

from partners.models import Agreement, HostUniversity, SeatPool
from partners.prepared import Given, IsOneOf, Prepared, keep_related, together
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


def test_rows_are_those_of_the_queryset_with_all_that_was_asked_of_them():
    """Joined rows, some of them missing, what is left out, what is added, what is converted."""
    pool = factories.SeatPoolFactory.create(agreement__host__country="DE")
    factories.SeatPoolFactory.create(agreement__host=pool.agreement.host, agreement__isced_f="0410")

    def asked(host):
        return (
            SeatPool.objects.filter(agreement__host=host)
            .select_related("agreement__host", "agreement__faculty")
            .defer("agreement__host__notes")
            .annotate(twice=F("seats") * 2, among=Count("agreement__host__agreements"))
            .order_by("-pk")
        )

    found = Prepared(lambda: asked(Given("host")))(host=pool.agreement.host_id)
    rows = list(asked(pool.agreement.host_id))
    assert found == rows
    for one, other in zip(found, rows, strict=True):
        for had, has in (
            (one, other),
            (one.agreement, other.agreement),
            (one.agreement.host, other.agreement.host),
            (one.agreement.faculty, other.agreement.faculty),
        ):
            assert plain(had) == plain(has)
    host = found[0].agreement.host
    assert host.get_deferred_fields() == {"notes"}
    assert host.country.name == "Germany"


def plain(row):
    """Return everything a row holds, joined rows left out; None where there is none."""
    if row is None:
        return None
    held = {key: value for key, value in vars(row).items() if key != "_state"}
    return type(row), held, row._state.db, row._state.adding


def test_columns_alone_come_as_tuples():
    host = factories.HostUniversityFactory.create(country="FR")
    columns = Prepared(
        lambda: HostUniversity.objects.filter(pk=Given("pk")).values_list("key", "country")
    )
    (row,) = columns(pk=host.pk)
    assert (type(row), row) == (tuple, (host.key, "FR"))


@pytest.mark.parametrize(
    "build",
    [
        lambda: HostUniversity.objects.prefetch_related("agreements"),
        lambda: HostUniversity.objects.values("key"),
        lambda: HostUniversity.objects.values_list("key", flat=True),
    ],
)
def test_what_gives_neither_rows_nor_tuples_is_refused(build):
    with pytest.raises(TypeError, match="prepared question"):
        Prepared(build)()


def test_several_are_asked_at_once_and_each_has_its_own_answer(django_assert_num_queries):
    spanish = factories.HostUniversityFactory.create(key="a", country="XA")
    agreements = [
        factories.AgreementFactory.create(host=spanish, isced_f=field) for field in ("0410", "0311")
    ]
    keys = Prepared(
        lambda: HostUniversity.objects.filter(pk=Given("pk")).values_list("key", "notes")
    )
    for _time in range(3):  # the third time by the names of their plans
        with django_assert_num_queries(1):
            found = together(
                IN_COUNTRY.asked(country="XA"),
                OF_HOSTS.asked(hosts=[spanish.pk]),
                IN_COUNTRY.asked(country="XB"),
                keys.asked(pk=spanish.pk),
            )
        of_country, of_host, none, columns = found
        assert (of_country, none, columns) == ([spanish], [], [("a", spanish.notes)])
        assert sorted(row.pk for row in of_host) == sorted(row.pk for row in agreements)


def test_of_several_those_that_no_row_can_fit_are_not_asked(django_assert_num_queries):
    host = factories.HostUniversityFactory.create()
    of_key = Prepared(lambda: HostUniversity.objects.filter(pk=Given("pk")))
    with django_assert_num_queries(1):
        found = together(of_key.asked(pk=10**30), of_key.asked(pk=host.pk))
    assert found == ([], [host])
    with django_assert_num_queries(0):
        assert together(of_key.asked(pk=10**30), of_key.asked(pk=-(10**30))) == ([], [])


@pytest.mark.parametrize("around", [pghistory.context, pgtrigger.ignore])
def test_several_with_another_statement_in_front(around):
    host = factories.HostUniversityFactory.create(country="XA")
    for _time in range(3):
        with around():
            found = together(IN_COUNTRY.asked(country="XB"), IN_COUNTRY.asked(country="XA"))
        assert found == ([], [host])


def test_a_number_no_column_can_hold_is_that_of_no_row(django_assert_num_queries):
    of_key = Prepared(lambda: HostUniversity.objects.filter(pk=Given("pk")))
    assert of_key(pk=2**63 - 1) == []
    with django_assert_num_queries(0):
        assert (of_key(pk=2**63), of_key(pk=-(10**30))) == ([], [])


def test_a_value_that_is_not_given_is_no_question():
    with pytest.raises(KeyError):
        IN_COUNTRY()


def test_kept_rows_are_not_asked_for(django_assert_num_queries):
    host = factories.HostUniversityFactory.create()
    keep_related(host, "agreements", [Agreement(pk=7)], Agreement)
    with django_assert_num_queries(0):
        assert [row.pk for row in host.agreements.all()] == [7]
