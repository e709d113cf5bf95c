"""An application somebody has begun, and what belongs into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests import factories
from tests.applications.filling_in import complete_answers

if TYPE_CHECKING:
    from applications.models import Application, User


@pytest.fixture
def application(student: User) -> Application:
    """The draft of `student`, in a call with three hosts; nothing is typed yet."""
    call = factories.CallFactory.create(hosts=3)
    factories.DegreeProgrammeFactory.create(faculty=call.programme.faculty)
    return factories.ApplicationFactory.create(call=call, student=student)


@pytest.fixture
def answers(application: Application) -> dict[str, Any]:
    """What makes it complete, as typed; the files are missing."""
    return complete_answers(application)
