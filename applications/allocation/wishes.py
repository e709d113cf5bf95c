"""From preferences to options (rule R2).

An option is one host in one semester, written as one number: 2 * host + (0 winter, 1 summer).
"""

from collections.abc import Mapping
from itertools import accumulate, chain, pairwise

from applications.allocation.instance import SEMESTERS, Instance

Options = tuple[int, ...]
Finding = dict[str, str | None]


def read_wishes(
    instance: Instance, host_numbers: Mapping[str, int], warnings: list[Finding]
) -> list[Options]:
    """Give the options of every applicant in input order; withdrawn ones have none.

    Appends a warning for each preference that is skipped.
    """
    people, limit = instance.applicants, instance.max_preferences
    names = people.wish_hosts
    tables = {word: _table(word, host_numbers) for word in set(people.wish_semesters)}
    wished = [
        tables[word].get(name, ()) for word, name in zip(people.wish_semesters, names, strict=True)
    ]
    unknown = set(names).difference(host_numbers)
    most = max(people.wish_counts, default=0) if limit is None else limit
    ends = accumulate(people.wish_counts, initial=0)
    options: list[Options] = []
    for position, (start, end) in enumerate(pairwise(ends)):
        if people.withdrawn[position]:
            options.append(())
            continue
        entries = wished[start:end]
        listed = names[start:end]
        distinct = set(listed)
        if len(distinct) < end - start or end - start > most or not unknown.isdisjoint(distinct):
            skipped = _skipped(listed, unknown, limit)
            warnings.extend(
                {"code": code, "host": listed[entry], "applicant": people.ids[position]}
                for entry, code in skipped.items()
            )
            entries = [wishes for entry, wishes in enumerate(entries) if entry not in skipped]
        options.append(tuple(chain.from_iterable(entries)))
    warnings.sort(key=lambda row: (row["code"], row["applicant"], row["host"]))
    return options


def _table(word: str, host_numbers: Mapping[str, int]) -> dict[str, Options]:
    """List the options at every host for one way of wishing semesters, once for everybody."""
    return {
        name: tuple(2 * host + SEMESTERS.index(letter) for letter in word or SEMESTERS)
        for name, host in host_numbers.items()
    }


def _skipped(listed: list[str], unknown: set[str], limit: int | None) -> dict[int, str]:
    """Which entries are left out and why: the checks in the order of R2."""
    kept: set[str] = set()
    skipped = {}
    for entry, host in enumerate(listed):
        if host in unknown:
            skipped[entry] = "UNKNOWN_HOST"
        elif host in kept:
            skipped[entry] = "DUPLICATE_PREF"
        elif limit is not None and len(kept) >= limit:
            skipped[entry] = "TOO_MANY_PREFS"
        else:
            kept.add(host)
    return skipped
