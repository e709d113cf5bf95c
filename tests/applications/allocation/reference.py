"""The rules R1-R15 read aloud: slow, naive, sharing no line with the engine.

Every host choice starts from nothing, every seating is tried out exhaustively, every round lets
all unheld applicants propose at once. Only good for a handful of applicants.
"""

import hashlib
from dataclasses import dataclass, field

SEMESTERS = ("W", "S")


@dataclass(frozen=True)
class Contract:
    applicant: str
    host: str
    semester: str
    position: int = field(compare=False, default=0)


def reference(instance):
    return Reference(instance).result()


def fail(status, errors, warnings):
    return {
        "status": status,
        "errors": sorted(errors, key=str),
        "warnings": warnings,
        **dict.fromkeys(("assignment", "seating", "explanations", "waitlists", "lottery", "stats")),
    }


def error(code, host=None, applicant=None):
    return {"code": code, "host": host, "applicant": applicant}


class Reference:
    def __init__(self, instance):
        self.instance = instance
        self.call = instance["call"]
        self.hosts = {host["id"]: host for host in instance["hosts"]}
        self.people = {row["id"]: row for row in instance["applicants"]}
        self.active = [
            name for name, row in self.people.items() if row.get("status", "active") == "active"
        ]
        self.pins = {}
        self.extra = set()
        self.held = {}
        self.final = set()

    # R4
    def invalid(self):
        errors = []
        names = [host["id"] for host in self.instance["hosts"]]
        errors += [
            error("DUPLICATE_ID", host=name)
            for place, name in enumerate(names)
            if name in names[:place]
        ]
        names = [row["id"] for row in self.instance["applicants"]]
        errors += [
            error("DUPLICATE_ID", applicant=name)
            for place, name in enumerate(names)
            if name in names[:place]
        ]
        for host in self.instance["hosts"]:
            pools = host["pools"]
            names = [pool["id"] for pool in pools]
            for place, pool in enumerate(pools):
                if names[place] in names[:place]:
                    errors.append(error("DUPLICATE_ID", host=host["id"]))
                if pool["seats"] < 0:
                    errors.append(error("NEGATIVE_SEATS", host=host["id"]))
            fixed = {pool.get("semester") is None for pool in pools}
            if len(fixed) == 2 and any(pool.get("fallback", False) for pool in pools):
                errors.append(error("SOFT_MIXED_SEMESTER", host=host["id"]))
        return errors

    # R2
    def options_and_warnings(self):
        warnings = []
        limit = self.call.get("max_preferences", 10**9)
        self.options, self.kept_hosts = {}, {}
        for name in self.active:
            kept, options = [], []
            for wish in self.people[name]["prefs"]:
                if wish["host"] not in self.hosts:
                    warnings.append(error("UNKNOWN_HOST", wish["host"], name))
                elif wish["host"] in kept:
                    warnings.append(error("DUPLICATE_PREF", wish["host"], name))
                elif len(kept) >= limit:
                    warnings.append(error("TOO_MANY_PREFS", wish["host"], name))
                else:
                    kept.append(wish["host"])
                    for semester in wish.get("semesters") or SEMESTERS:
                        options.append(Contract(name, wish["host"], semester, len(options)))
            self.options[name], self.kept_hosts[name] = options, kept
        return sorted(warnings, key=lambda row: (row["code"], row["applicant"], row["host"]))

    # R3
    def may_claim(self, pool, contract):
        row = self.people[contract.applicant]
        return (
            pool["seats"] > 0
            and pool.get("semester") in (None, contract.semester)
            and (pool.get("levels") is None or row.get("level") in pool["levels"])
            and (pool.get("subjects") is None or row.get("subject") in pool["subjects"])
        )

    def may_use(self, pool, contract):
        return self.may_claim(pool, contract) or (
            pool.get("fallback", False)
            and pool["seats"] > 0
            and pool.get("semester") in (None, contract.semester)
        )

    def seatable(self, host, contracts, may):
        """Try every way of seating the contracts."""
        contracts = [contract for contract in contracts if contract.applicant not in self.extra]
        pools = self.hosts[host]["pools"]

        def seat(rest, free):
            if not rest:
                return True
            return any(
                free[place] > 0
                and may(pool, rest[0])
                and seat(rest[1:], [*free[:place], free[place] - 1, *free[place + 1 :]])
                for place, pool in enumerate(pools)
            )

        return seat(contracts, [pool["seats"] for pool in pools])

    def usable(self, host, contracts):
        return self.seatable(host, contracts, self.may_use)

    def rank_class(self, contract):
        if self.pins.get(contract.applicant) == contract:
            return 0
        return 1 if self.held.get(contract.applicant) == contract else 2

    # R8 and R9
    def lottery(self, name):
        return hashlib.sha256(f"{self.call['seed']}:{name}".encode()).hexdigest()

    def score(self, name, host):
        row = self.people[name]
        return row.get("host_scores", {}).get(host, row.get("score"))

    def order(self, contract, rank_class=None):
        ties = self.people[contract.applicant].get("ties", {})
        values = [
            self.score(contract.applicant, contract.host),
            *(ties.get(name) for name in self.call.get("tie_breakers", [])),
        ]
        return (
            self.rank_class(contract) if rank_class is None else rank_class,
            *((value is None, -(value or 0)) for value in values),
            self.lottery(contract.applicant),
            contract.applicant,
            contract.position,
        )

    # R5
    def removal(self, contract):
        row = self.people[contract.applicant]
        host = self.hosts[contract.host]
        score = self.score(contract.applicant, contract.host)
        if self.is_forbidden(contract):
            return "FORBIDDEN"
        if contract.host in row.get("not_eligible", []):
            return "INELIGIBLE"
        if score is None:
            return "UNSCORED"
        if host.get("min_score") is not None and score < host["min_score"]:
            return "BELOW_MIN"
        if not any(self.may_use(pool, contract) for pool in host["pools"]):
            return "NO_SEAT_TYPE"
        return None

    def is_forbidden(self, contract):
        return any(
            forbid["applicant"] == contract.applicant
            and forbid["host"] == contract.host
            and forbid.get("semester") in (None, contract.semester)
            for forbid in self.instance.get("forbids", [])
        )

    # R6 and R7
    def infeasible(self):
        errors = self.pin_errors()
        self.read_offers()
        if errors:
            return errors
        for code, decided in (
            ("PIN_CAPACITY", [*self.pins.values()]),
            ("GUARANTEE_CAPACITY", [*self.pins.values(), *self.held.values()]),
        ):
            errors = [
                error(code, host=host)
                for host in self.hosts
                if not self.usable(host, [entry for entry in decided if entry.host == host])
            ]
            if errors:
                return errors
        return []

    def pin_errors(self):
        errors, pinned = [], []
        for pin in self.instance.get("pins", []):
            name, host = pin["applicant"], pin["host"]
            if name not in self.people or host not in self.hosts:
                errors.append(error("PIN_UNKNOWN", host, name))
                continue
            if name not in self.active:
                errors.append(error("PIN_WITHDRAWN", host, name))
                continue
            contract = Contract(name, host, pin["semester"])
            if self.is_forbidden(contract):
                errors.append(error("PIN_FORBIDDEN", host, name))
            if pinned.count(name) == 1:
                errors.append(error("PIN_CONFLICT", applicant=name))
            pinned.append(name)
            self.pins[name] = contract
            if pin.get("extra", False):
                self.extra.add(name)
        return errors

    def read_offers(self):
        for name in self.active:
            current = self.people[name].get("current")
            if current is None or name in self.pins or current["host"] not in self.hosts:
                continue
            contract = Contract(name, current["host"], current["semester"])
            if not self.is_forbidden(contract):
                self.held[name] = contract
                if current.get("mode", "hold") == "final":
                    self.final.add(name)

    def proposals(self, name):
        if name in self.pins:
            return [self.pins[name]]
        if name in self.final:
            return [self.held[name]]
        options = self.options[name]
        current = self.held.get(name)
        if current is not None:
            if current in options:
                options = options[: options.index(current) + 1]
            else:
                options = [*options, current]
        return [entry for entry in options if entry == current or self.removal(entry) is None]

    # R10
    def choose(self, host, contracts):
        def may_claim(pool, contract):
            if self.rank_class(contract) < 2:
                return self.may_use(pool, contract)
            return self.may_claim(pool, contract)

        kept = []
        contracts = sorted(contracts, key=self.order)
        for may in (may_claim, self.may_use):
            for contract in contracts:
                if not any(contract is other for other in kept) and self.seatable(
                    host, [*kept, contract], may
                ):
                    kept.append(contract)
        return kept

    # R11
    def rounds(self):
        lists = {name: self.proposals(name) for name in self.active}
        following = dict.fromkeys(self.active, 0)
        held = {host: [] for host in self.hosts}
        while True:
            busy = {entry.applicant for contracts in held.values() for entry in contracts}
            offers = {}
            for name in self.active:
                if name not in busy and following[name] < len(lists[name]):
                    contract = lists[name][following[name]]
                    following[name] += 1
                    offers.setdefault(contract.host, []).append(contract)
            if not offers:
                return held
            for host, contracts in offers.items():
                held[host] = self.choose(host, [*held[host], *contracts])

    # R12
    def row(self, contract, held):
        name, host = contract.applicant, contract.host
        row = {"host": host, "semester": contract.semester}
        if name in self.pins:
            return row | {"reason": "PINNED"}
        if name in self.final:
            return row | {"reason": "FINAL"}
        removal = self.removal(contract)
        if removal:
            return row | {"reason": removal}
        blockers = [
            other
            for other in held[host]
            if other.applicant != name
            and self.usable(host, [*(entry for entry in held[host] if entry != other), contract])
        ]
        mine = self.order(contract, 2)
        above = [other for other in blockers if self.order(other) < mine]
        below = sorted(other.applicant for other in blockers if self.order(other) > mine)
        cutoff = None
        if above:
            last = max(above, key=self.order)
            cutoff = {
                "applicant": last.applicant,
                "score": self.score(last.applicant, host),
                "decided_by": self.decided_by(contract, last),
            }
        return row | {
            "reason": "OUTRANKED" if above else "RESERVED",
            "cutoff": cutoff,
            "reserved_below": below,
        }

    def decided_by(self, contract, last):
        if self.rank_class(last) < 2:
            return ("pin", "guarantee")[self.rank_class(last)]
        if self.score(contract.applicant, contract.host) != self.score(last.applicant, last.host):
            return "score"
        for name in self.call.get("tie_breakers", []):
            mine, theirs = (
                self.people[entry.applicant].get("ties", {}).get(name) for entry in (contract, last)
            )
            if mine != theirs:
                return name
        return "lottery"

    def result(self):
        errors = self.invalid()
        if errors:
            return fail("invalid", errors, [])
        warnings = self.options_and_warnings()
        errors = self.infeasible()
        if errors:
            return fail("infeasible", errors, warnings)
        held = self.rounds()
        place = {entry.applicant: entry for contracts in held.values() for entry in contracts}
        explanations, queues, ranks = {}, {}, {}
        for name in self.active:
            options = self.options[name]
            if name in place and place[name] in options:
                options = options[: options.index(place[name])]
            explanations[name] = [self.row(entry, held) for entry in options]
            for entry, row in zip(options, explanations[name], strict=True):
                if row["reason"] in {"OUTRANKED", "RESERVED"}:
                    queue = queues.setdefault(f"{entry.host}/{entry.semester}", {})
                    queue.setdefault(name, self.order(entry, 2))
            if name in place:
                kept = self.kept_hosts[name]
                host = place[name].host
                rank = str(kept.index(host) + 1) if host in kept else "off-list"
                ranks[rank] = ranks.get(rank, 0) + 1
        return {
            "status": "ok",
            "errors": [],
            "warnings": warnings,
            "assignment": {
                name: {"host": place[name].host, "semester": place[name].semester}
                if name in place
                else None
                for name in self.people
            },
            "explanations": explanations,
            "waitlists": {key: sorted(queue, key=queue.get) for key, queue in queues.items()},
            "lottery": {name: self.lottery(name)[:16] for name in self.people},
            "stats": {
                "placed": len(place),
                "unplaced": len(self.active) - len(place),
                "rank_counts": ranks,
            },
        }
