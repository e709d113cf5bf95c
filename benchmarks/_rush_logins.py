"""The demonstration's identity provider with students of ours added: `... PORT STUDENTS`.

Run, it prepares the provider's database and becomes its web server, which loads this module anew
and asks it for `application`. The page to choose a person shows those of the demonstration only:
a login page does not grow with the number of people either.
"""

import os
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "exchange_portal.demo_idp.settings"

import django
from _rush_student import login_of

from exchange_portal.demo_idp import persons
from exchange_portal.demo_idp import settings as provider

# A university's provider is another machine. Of this one only the answers count, not how safely its
# small file is kept, and not the third of a second it takes to check the portal's password.
provider.DATABASES["default"]["OPTIONS"] |= {
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF"
}
provider.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
COUNT = "RUSH_STUDENTS"


def students() -> list[persons.DemoPerson]:
    like = next(person for person in persons.PERSONS if person.matriculation_number)
    return [
        replace(
            like,
            login_id=login_of(number),
            given_names="Kim",
            family_name=f"Student {number}",
            matriculation_number=f"10809{number:07d}",
        )
        for number in range(int(os.environ[COUNT]))
    ]


def main() -> None:
    port, os.environ[COUNT] = sys.argv[1:3]
    django.setup()
    from django.contrib.auth import get_user_model  # noqa: PLC0415 - after django.setup()

    from exchange_portal.demo_idp.__main__ import server_command  # noqa: PLC0415 - the same
    from exchange_portal.demo_idp.preparation import prepare  # noqa: PLC0415 - the same

    prepare()
    people = get_user_model()
    people.objects.bulk_create(people(username=one.login_id, password="!") for one in students())  # noqa: S106 - Django's mark of an unusable password
    here = Path(__file__)
    command = [
        f"{here.stem}:application" if word.endswith(":application") else word
        for word in server_command(f"127.0.0.1:{port}")
    ]
    os.execv(sys.executable, [*command, "--pythonpath", str(here.parent)])  # noqa: S606 - our own interpreter


if __name__ == "__main__":
    main()
else:
    from allauth.core.internal import jwkkit

    from exchange_portal.demo_idp.wsgi import application as application  # noqa: PLC0414 - gunicorn asks for it

    persons.BY_LOGIN_ID.update({one.login_id: one for one in students()})
    persons.BY_SUBJECT.update({one.subject: one for one in students()})
    # Nor how often it loads its own key: to check one takes longer than all else of a login.
    jwkkit.load_pem = cache(jwkkit.load_pem)
