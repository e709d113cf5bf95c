"""Whatever is not of the schema is refused with one sentence that names the place."""

from copy import deepcopy

import pytest

from applications.allocation import MalformedInstance, allocate

GOOD = {
    "schema": "alloc/1",
    "call": {"seed": "s", "tie_breakers": ["gpa"], "max_preferences": 3},
    "hosts": [
        {
            "id": "LUND",
            "min_score": None,
            "pools": [
                {
                    "id": "all",
                    "seats": 1,
                    "semester": None,
                    "levels": ["B"],
                    "subjects": None,
                    "fallback": False,
                }
            ],
        }
    ],
    "applicants": [
        {
            "id": "Ana",
            "level": None,
            "subject": "CS",
            "score": 1,
            "host_scores": {"LUND": 2},
            "ties": {"gpa": None},
            "prefs": [{"host": "LUND", "semesters": None}, {"host": "GRAZ", "semesters": ["W"]}],
            "not_eligible": ["PISA"],
            "status": "active",
            "current": {"host": "LUND", "semester": "W", "mode": "hold"},
        }
    ],
    "pins": [{"applicant": "Bo", "host": "LUND", "semester": "S", "extra": True}],
    "forbids": [{"applicant": "Ana", "host": "LUND", "semester": None}],
}
MISSING = object()
CASES = [
    (("schema",), "alloc/2", "schema must be \"alloc/1\", not 'alloc/2'."),
    (("schema",), MISSING, 'The instance lacks "schema".'),
    (("more",), 1, "The instance has the unknown key 'more'."),
    (("call",), [], "call must be an object, not an array."),
    (("call", "seed"), 5, "call.seed must be a string, not an integer."),
    (("call", "seed"), "\ud800", "call.seed holds half a character (a lone surrogate)."),
    (("call", "tie_breakers"), None, "call.tie_breakers must be an array, not null."),
    (("call", "max_preferences"), 0, "call.max_preferences must be at least 1, not 0."),
    (("call", "max_preferences"), "3", "call.max_preferences must be an integer, not a string."),
    (("hosts",), {}, "hosts must be an array, not an object."),
    (("hosts", 0, "id"), MISSING, 'hosts[0] lacks "id".'),
    (("hosts", 0, "country"), "SE", "hosts[0] has the unknown key 'country'."),
    (("hosts", 0, "min_score"), 1.5, "hosts[0].min_score must be an integer, not a fraction."),
    (
        ("hosts", 0, "pools", 0, "seats"),
        True,
        "hosts[0].pools[0].seats must be an integer, not true or false.",
    ),
    (
        ("hosts", 0, "pools", 0, "semester"),
        "X",
        'hosts[0].pools[0].semester must be "W" or "S" or null, not \'X\'.',
    ),
    (
        ("hosts", 0, "pools", 0, "levels"),
        "B",
        "hosts[0].pools[0].levels must be an array, not a string.",
    ),
    (
        ("hosts", 0, "pools", 0, "levels", 0),
        None,
        "hosts[0].pools[0].levels[0] must be a string, not null.",
    ),
    (
        ("hosts", 0, "pools", 0, "fallback"),
        1,
        "hosts[0].pools[0].fallback must be true or false, not an integer.",
    ),
    (("applicants",), None, "applicants must be an array, not null."),
    (("applicants", 0), 7, "applicants[0] must be an object, not an integer."),
    (("applicants", 0, "id"), MISSING, 'applicants[0] lacks "id".'),
    (("applicants", 0, "id"), None, "applicants[0].id must be a string, not null."),
    (
        ("applicants", 0, "id"),
        "x\udfff",
        "applicants[0].id holds half a character (a lone surrogate).",
    ),
    (("applicants", 0, "name"), "A", "applicants[0] has the unknown key 'name'."),
    (("applicants", 0, "level"), 1, "applicants[0].level must be a string, not an integer."),
    (("applicants", 0, "subject"), [], "applicants[0].subject must be a string, not an array."),
    (("applicants", 0, "score"), 1.0, "applicants[0].score must be an integer, not a fraction."),
    (("applicants", 0, "score"), "1", "applicants[0].score must be an integer, not a string."),
    (
        ("applicants", 0, "host_scores"),
        None,
        "applicants[0].host_scores must be an object, not null.",
    ),
    (
        ("applicants", 0, "host_scores", "LUND"),
        None,
        "applicants[0].host_scores['LUND'] must be an integer, not null.",
    ),
    (("applicants", 0, "ties"), [], "applicants[0].ties must be an object, not an array."),
    (
        ("applicants", 0, "ties", "gpa"),
        False,
        "applicants[0].ties['gpa'] must be an integer, not true or false.",
    ),
    (("applicants", 0, "prefs"), MISSING, 'applicants[0] lacks "prefs".'),
    (("applicants", 0, "prefs"), None, "applicants[0].prefs must be an array, not null."),
    (
        ("applicants", 0, "prefs", 1),
        "LUND",
        "applicants[0].prefs[1] must be an object, not a string.",
    ),
    (("applicants", 0, "prefs", 1, "host"), MISSING, 'applicants[0].prefs[1] lacks "host".'),
    (
        ("applicants", 0, "prefs", 1, "host"),
        ["LUND"],
        "applicants[0].prefs[1].host must be a string, not an array.",
    ),
    (
        ("applicants", 0, "prefs", 1, "rank"),
        1,
        "applicants[0].prefs[1] has the unknown key 'rank'.",
    ),
    (
        ("applicants", 0, "prefs", 1, "semesters"),
        "W",
        "applicants[0].prefs[1].semesters must be an array, not a string.",
    ),
    (
        ("applicants", 0, "prefs", 1, "semesters"),
        False,
        "applicants[0].prefs[1].semesters must be an array, not true or false.",
    ),
    (
        ("applicants", 0, "prefs", 1, "semesters", 0),
        "WS",
        'applicants[0].prefs[1].semesters[0] must be "W" or "S", not \'WS\'.',
    ),
    (
        ("applicants", 0, "prefs", 1, "semesters", 0),
        ["W"],
        'applicants[0].prefs[1].semesters[0] must be "W" or "S", not an array.',
    ),
    (
        ("applicants", 0, "not_eligible"),
        {},
        "applicants[0].not_eligible must be an array, not an object.",
    ),
    (
        ("applicants", 0, "not_eligible", 0),
        3,
        "applicants[0].not_eligible[0] must be a string, not an integer.",
    ),
    (
        ("applicants", 0, "status"),
        "late",
        'applicants[0].status must be "active" or "withdrawn", not \'late\'.',
    ),
    (
        ("applicants", 0, "status"),
        None,
        'applicants[0].status must be "active" or "withdrawn", not null.',
    ),
    (("applicants", 0, "current"), None, "applicants[0].current must be an object, not null."),
    (("applicants", 0, "current", "host"), MISSING, 'applicants[0].current lacks "host".'),
    (
        ("applicants", 0, "current", "host"),
        1,
        "applicants[0].current.host must be a string, not an integer.",
    ),
    (
        ("applicants", 0, "current", "semester"),
        None,
        'applicants[0].current.semester must be "W" or "S", not null.',
    ),
    (
        ("applicants", 0, "current", "mode"),
        "maybe",
        'applicants[0].current.mode must be "hold" or "final", not \'maybe\'.',
    ),
    (
        ("applicants", 0, "current", "since"),
        1,
        "applicants[0].current has the unknown key 'since'.",
    ),
    (("pins",), None, "pins must be an array, not null."),
    (("pins", 0, "semester"), MISSING, 'pins[0] lacks "semester".'),
    (("pins", 0, "extra"), None, "pins[0].extra must be true or false, not null."),
    (("forbids", 0, "host"), MISSING, 'forbids[0] lacks "host".'),
    (
        ("forbids", 0, "semester"),
        1,
        'forbids[0].semester must be "W" or "S" or null, not an integer.',
    ),
]


def changed(path, value):
    instance = deepcopy(GOOD)
    *way, last = path
    target = instance
    for step in way:
        target = target[step]
    if value is MISSING:
        del target[last]
    else:
        target[last] = value
    return instance


def test_complete_instance_is_accepted():
    assert allocate(deepcopy(GOOD))["status"] == "infeasible"
    assert allocate(deepcopy(GOOD) | {"pins": []})["status"] == "ok"


@pytest.mark.parametrize(("path", "value", "sentence"), CASES)
def test_departure_from_the_schema_is_named(path, value, sentence):
    with pytest.raises(MalformedInstance) as refused:
        allocate(changed(path, value))
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (None, "The instance must be an object, not null."),
        ([], "The instance must be an object, not an array."),
        ("alloc/1", "The instance must be an object, not a string."),
        (3, "The instance must be an object, not an integer."),
    ],
)
def test_something_else_than_an_object_is_refused(data, sentence):
    with pytest.raises(MalformedInstance) as refused:
        allocate(data)
    assert str(refused.value) == sentence


def test_fault_behind_many_good_rows_is_found():
    instance = deepcopy(GOOD) | {"pins": []}
    instance["applicants"] = [
        deepcopy(GOOD["applicants"][0]) | {"id": f"A{number}"} for number in range(600)
    ]
    instance["applicants"][599]["score"] = "9"
    with pytest.raises(MalformedInstance) as refused:
        allocate(instance)
    assert str(refused.value) == "applicants[599].score must be an integer, not a string."
