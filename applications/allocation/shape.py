"""The exact shape of an alloc/1 instance, and a sentence for the first place that departs from it.

This is the patient check: it visits every value and knows where it stands. `instance` first
compares whole columns at once and comes here only when something looks wrong.
"""

from collections.abc import Callable
from typing import NoReturn

SCHEMA = "alloc/1"
SEMESTERS = ("W", "S")

_TYPE_NAMES: dict[type, str] = {
    dict: "an object",
    list: "an array",
    str: "a string",
    int: "an integer",
    float: "a fraction",
    bool: "true or false",
    type(None): "null",
}
Check = Callable[[object, str], None]


class MalformedInstance(ValueError):  # noqa: N818 - names what it is, like TransitionRefused
    """The instance has not the shape of the schema; the message is one sentence with the path."""


def _name(value: object) -> str:
    return _TYPE_NAMES.get(type(value), type(value).__name__)


def _refuse(path: str, wanted: str, value: object) -> NoReturn:
    raise MalformedInstance(f"{path or 'The instance'} must be {wanted}, not {_name(value)}.")


def text(value: object, path: str) -> None:
    if type(value) is not str:
        _refuse(path, "a string", value)
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise MalformedInstance(f"{path} holds half a character (a lone surrogate).") from error


def whole(value: object, path: str) -> None:
    # bool is an int for Python, but not for JSON; floats would make results depend on rounding.
    if type(value) is not int:
        _refuse(path, "an integer", value)


def flag(value: object, path: str) -> None:
    if type(value) is not bool:
        _refuse(path, "true or false", value)


def positive(value: object, path: str) -> None:
    if type(value) is not int:
        _refuse(path, "an integer", value)
    if value < 1:
        raise MalformedInstance(f"{path} must be at least 1, not {value}.")


def one_of(*allowed: str | None) -> Check:
    wanted = " or ".join("null" if entry is None else f'"{entry}"' for entry in allowed)

    def check(value: object, path: str) -> None:
        if type(value) is str and value not in allowed:
            raise MalformedInstance(f"{path} must be {wanted}, not {value[:40]!a}.")
        if type(value) is not str and not (value is None and None in allowed):
            _refuse(path, wanted, value)

    return check


def nullable(inner: Check) -> Check:
    def check(value: object, path: str) -> None:
        if value is not None:
            inner(value, path)

    return check


def array(inner: Check) -> Check:
    def check(value: object, path: str) -> None:
        if type(value) is not list:
            _refuse(path, "an array", value)
        for position, entry in enumerate(value):
            inner(entry, f"{path}[{position}]")

    return check


def mapping(inner: Check) -> Check:
    def check(value: object, path: str) -> None:
        if type(value) is not dict:
            _refuse(path, "an object", value)
        for key, entry in value.items():
            text(key, f"A key of {path}")
            inner(entry, f"{path}[{key[:40]!a}]")

    return check


def record(required: dict[str, Check], optional: dict[str, Check]) -> Check:
    known = required | optional

    def check(value: object, path: str) -> None:
        if type(value) is not dict:
            _refuse(path, "an object", value)
        for key in required:
            if key not in value:
                raise MalformedInstance(f'{path or "The instance"} lacks "{key}".')
        for key, entry in value.items():
            if key not in known:
                named = repr(key)[:40] if type(key) is not str else ascii(key[:40])
                raise MalformedInstance(f"{path or 'The instance'} has the unknown key {named}.")
            known[key](entry, f"{path}.{key}" if path else key)

    return check


semester = one_of(*SEMESTERS)
check_call = record({"seed": text}, {"tie_breakers": array(text), "max_preferences": positive})
check_pool = record(
    {"id": text, "seats": whole},
    {
        "semester": one_of(*SEMESTERS, None),
        "levels": nullable(array(text)),
        "subjects": nullable(array(text)),
        "fallback": flag,
    },
)
check_host = record({"id": text, "pools": array(check_pool)}, {"min_score": nullable(whole)})
check_preference = record({"host": text}, {"semesters": nullable(array(semester))})
check_applicant = record(
    {"id": text, "prefs": array(check_preference)},
    {
        "level": nullable(text),
        "subject": nullable(text),
        "score": nullable(whole),
        "host_scores": mapping(whole),
        "ties": mapping(nullable(whole)),
        "not_eligible": array(text),
        "status": one_of("active", "withdrawn"),
        "current": record({"host": text, "semester": semester}, {"mode": one_of("hold", "final")}),
    },
)
check_applicants = array(check_applicant)
check_pins = array(record({"applicant": text, "host": text, "semester": semester}, {"extra": flag}))
check_forbids = array(
    record({"applicant": text, "host": text}, {"semester": one_of(*SEMESTERS, None)})
)


def _leave(_value: object, _path: str) -> None:
    """Applicants are many: `instance` checks them by columns first."""


check_frame = record(
    {
        "schema": one_of(SCHEMA),
        "call": check_call,
        "hosts": array(check_host),
        "applicants": _leave,
    },
    {"pins": check_pins, "forbids": check_forbids},
)
