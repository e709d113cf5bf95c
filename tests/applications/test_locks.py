"""The locks of a call and of an application: held by a transaction, or not given at all."""

import pytest
from django.db import transaction
from django.db.transaction import TransactionManagementError
from django.http import Http404

from applications import lifecycle
from applications.models import Call
from tests import factories


@pytest.mark.django_db(transaction=True)
def test_no_lock_without_a_transaction_that_holds_it():
    call = factories.CallFactory.create()
    with pytest.raises(TransactionManagementError, match="transaction that holds it"):
        lifecycle.lock_call(call.pk)
    with transaction.atomic():
        assert lifecycle.lock_call(call.pk) == call


@pytest.mark.django_db
def test_what_is_gone_meanwhile_is_not_there():
    application = factories.ApplicationFactory.create()
    factories.ApplicationFactory.create(call=application.call)
    type(application).objects.filter(pk=application.pk).delete()
    with pytest.raises(Http404):
        lifecycle.lock_application(application)
    with pytest.raises(Call.DoesNotExist):
        lifecycle.lock_call(0)
