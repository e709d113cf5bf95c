"""Small made-up instances with every feature, drawn from a seeded random source."""

from collections.abc import Sequence
from random import Random

LEVELS = ("B", "B", "M", "M", None)
SUBJECTS = ("CS", "CS", "Bio", None)
HOSTS = ("LUND", "GRAZ", "PISA")
NAMES = ("Ana", "Ben", "Cem", "Dia", "Eva", "Fay", "Ğül")


def made_up(random: Random, *, soft: bool = True, decisions: bool = True) -> dict:
    hosts = [made_up_host(random, name, soft=soft) for name in HOSTS[: random.randint(1, 3)]]
    names = NAMES[: min(random.randint(1, 11), len(NAMES))]
    applicants = [made_up_applicant(random, name, decisions=decisions) for name in names]
    instance = {
        "schema": "alloc/1",
        "call": {"seed": f"seed {random.randrange(1000)}"},
        "hosts": hosts,
        "applicants": applicants,
    }
    if random.random() < 0.7:
        instance["call"]["tie_breakers"] = random.choice([["gpa"], ["gpa", "age"], []])
    if random.random() < 0.3:
        instance["call"]["max_preferences"] = random.randint(1, 3)
    if decisions:
        instance["pins"] = [
            {
                "applicant": random.choice(names) if random.random() < 0.97 else "Nobody",
                "host": random.choice(hosts)["id"] if random.random() < 0.97 else "NOWHERE",
                "semester": random.choice("WS"),
                "extra": random.random() < 0.3,
            }
            for _ in range(random.choice([0, 0, 0, 0, 1, 1, 2]))
        ]
        instance["forbids"] = [
            {
                "applicant": random.choice(NAMES),
                "host": random.choice(HOSTS),
                "semester": random.choice(["W", "S", None]),
            }
            for _ in range(random.choice([0, 0, 1, 2]))
        ]
    random.shuffle(hosts)
    random.shuffle(applicants)
    return instance


def made_up_host(random: Random, name: str, *, soft: bool) -> dict:
    soft = soft and random.random() < 0.5
    semesters = [None, "W", "S"]
    if soft and random.random() < 0.97:
        semesters = random.choice([[None], ["W", "S"]])
    pools = [
        {
            "id": f"pool {number}",
            "seats": random.choice([0, *[1] * 12, *[2] * 6, -1]) if random.random() < 0.2 else 1,
            "semester": random.choice(semesters),
            "levels": random.choice([None, None, ["B"], ["M"], ["M"], ["B", "M"], []]),
            "subjects": random.choice([None, None, None, ["CS"], ["Bio"]]),
            "fallback": soft and random.random() < 0.6,
        }
        for number in range(random.choice([0, 1, 1, 2, 2, 3]))
    ]
    if random.random() < 0.3:
        pools = [{"id": "all", "seats": random.randint(0, 3)}]
    return {"id": name, "pools": pools, "min_score": random.choice([*[None] * 8, 0, 1, 99])}


def made_up_applicant(random: Random, name: str, *, decisions: bool) -> dict:
    row = {"id": name, "prefs": [made_up_wish(random) for _ in range(random.randint(0, 4))]}
    optional = {
        "level": random.choice(LEVELS),
        "subject": random.choice(SUBJECTS),
        "score": random.choice([-3, *[0, 1, 2, 3] * 4, None]),
        "host_scores": {host: random.randint(-3, 4) for host in HOSTS if random.random() < 0.2},
        "ties": {
            tie: random.choice([None, 1, 2]) for tie in ("gpa", "age") if random.random() < 0.7
        },
        "not_eligible": [host for host in HOSTS if random.random() < 0.05],
        "status": "withdrawn" if random.random() < 0.08 else "active",
    }
    row |= {key: value for key, value in optional.items() if random.random() < 0.95}
    if decisions and random.random() < 0.15:
        row["current"] = {
            "host": random.choice(HOSTS),
            "semester": random.choice("WS"),
            "mode": random.choice(["hold", "hold", "final"]),
        }
    return row


def made_up_wish(random: Random, hosts: Sequence[str] = HOSTS) -> dict:
    host = random.choice(hosts) if random.random() < 0.95 else "ATLANTIS"
    semesters = random.choice([None, [], ["W"], ["S"], ["W", "S"], ["S", "W"]])
    if random.random() < 0.03:
        semesters = ["W", "W"]
    return {"host": host} if semesters is None else {"host": host, "semesters": semesters}


def made_up_crowd(random: Random, *, soft: bool = True) -> dict:
    """Many for few seats: almost every seat is contested and people move between pools."""
    hosts = []
    for name in HOSTS[: random.randint(1, 3)]:
        is_soft = soft and random.random() < 0.7
        semesters = random.choice([[None], ["W", "S"]]) if is_soft else [None, "W", "S"]
        hosts.append(
            {
                "id": name,
                "pools": [
                    {
                        "id": f"pool {number}",
                        "seats": random.choice([1, 1, 2]),
                        "semester": random.choice(semesters),
                        "levels": random.choice([None, ["B"], ["M"], ["D"], ["B", "M"]]),
                        "subjects": random.choice([None, None, ["CS"], ["Bio"]]),
                        "fallback": is_soft and random.random() < 0.6,
                    }
                    for number in range(random.randint(1, 4))
                ],
            }
        )
    applicants = []
    for number in range(random.randint(4, 10)):
        wanted = random.sample(hosts, random.randint(1, len(hosts)))
        applicants.append(
            {
                "id": f"person {number}",
                "level": random.choice("BMD"),
                "subject": random.choice(["CS", "Bio"]),
                "score": random.randint(0, 9),
                "host_scores": {
                    host["id"]: random.randint(0, 9) for host in hosts if random.random() < 0.3
                },
                "prefs": [
                    {
                        "host": host["id"],
                        "semesters": random.choice([None, ["W"], ["S"], ["S", "W"]]),
                    }
                    for host in wanted
                ],
            }
        )
        if random.random() < 0.12:
            applicants[-1]["current"] = {
                "host": random.choice(hosts)["id"],
                "semester": random.choice("WS"),
            }
    pins = [{"applicant": "person 0", "host": hosts[0]["id"], "semester": "W"}]
    return {
        "schema": "alloc/1",
        "call": {"seed": f"seed {random.randrange(1000)}"},
        "hosts": hosts,
        "applicants": applicants,
        "pins": pins if random.random() < 0.2 else [],
    }
