"""The database's own backend: plans are kept for marked questions, dead connections are noticed."""

import pgtrigger
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.models import CharField, Q
from psycopg import ClientCursor

from exchange_portal.database.base import DatabaseWrapper, PlanKeepingCursor
from partners.models import HostUniversity
from partners.prepared import KEPT_PLAN, Given, Prepared
from tests import factories


def kept_plans() -> list[str]:
    """Return what this connection keeps plans of."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements ORDER BY prepare_time")
        return [statement for (statement,) in cursor.fetchall()]


def question() -> Prepared[HostUniversity]:
    """Return one that no connection was asked before; it has a percent sign and quotes."""
    another = factories.HostUniversityFactory.build().key
    return Prepared(
        lambda: HostUniversity.objects.filter(
            ~Q(key__startswith="50 % of 'all'"),
            ~Q(key=another),
            is_home=False,
            country=Given("country", CharField()),
        ).order_by("key")
    )


@pytest.mark.django_db
def test_a_marked_question_is_planned_once_and_then_executed_by_name():
    spanish = factories.HostUniversityFactory.create(key="a", country="XA")
    asked, before = question(), len(kept_plans())
    assert asked(country="XA") == [spanish]
    assert len(kept_plans()) == before
    assert asked(country="XB") == []
    assert asked(country="XA") == [spanish]
    later = factories.HostUniversityFactory.create(key="b", country="XB")
    assert asked(country="XB") == [later]
    (plan,) = kept_plans()[before:]
    # What stays the same stands in it, what does not is a place.
    assert "$1" in plan
    assert "$2" not in plan
    assert KEPT_PLAN in plan
    factories.HostUniversityFactory.create(key="50 % of 'all' of them", country="XB")
    assert asked(country="XB") == [later]


@pytest.mark.django_db
def test_others_see_and_count_the_question_itself(django_assert_num_queries):
    asked = question()
    for _time in range(3):
        with django_assert_num_queries(1) as seen:
            asked(country="XA")
        assert seen.captured_queries[0]["sql"].startswith("SELECT ")


@pytest.mark.django_db
def test_with_another_statement_in_front_it_is_sent_as_it_stands():
    """As pgtrigger puts one there while triggers are ignored."""
    host = factories.HostUniversityFactory.create(country="XA")
    asked, before = question(), len(kept_plans())
    with pgtrigger.ignore("partners.HostUniversity:insert_insert"):
        for _time in range(3):
            assert asked(country="XA") == [host]
    assert len(kept_plans()) == before


@pytest.mark.django_db
def test_a_plan_survives_what_is_rolled_back():
    asked = question()
    asked(country="XA")
    with transaction.atomic():
        asked(country="XA")
        transaction.set_rollback(True)
    host = factories.HostUniversityFactory.create(country="XA")
    assert asked(country="XA") == [host]


@pytest.fixture
def another():
    """Return what makes further connections to the test's database."""
    made = []

    def make(**options: object) -> DatabaseWrapper:
        given = {**connection.settings_dict, "OPTIONS": options}
        made.append(DatabaseWrapper(given, alias="default"))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.mark.django_db
def test_behind_a_pool_no_plan_is_kept(another):
    with another(keep_plans=False).cursor() as cursor:
        assert type(cursor.cursor).__mro__[2] is ClientCursor
        assert not isinstance(cursor.cursor, PlanKeepingCursor)
    with another(keep_plans=True).cursor() as cursor:
        assert isinstance(cursor.cursor, PlanKeepingCursor)
    assert settings.DATABASES["default"]["OPTIONS"]["keep_plans"] is True


@pytest.mark.django_db
def test_a_connection_that_was_ended_is_noticed_and_one_that_stands_is_not_asked(another):
    one = another()
    assert not one.is_usable()
    with one.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        ((pid,),) = cursor.fetchall()
    with connection.cursor() as cursor:
        cursor.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [pid])
        assert one.is_usable()
        cursor.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [pid])
        assert cursor.fetchall() == [("SELECT pg_backend_pid()",)]
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        assert cursor.fetchall() == [(True,)]
    assert not one.is_usable()
