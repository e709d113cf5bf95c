"""What the rules say about one small instance, in words of their own.

Shares no line with the engine, the certificate or `reference`: whether contracts can be seated is
counted by Hall's theorem instead of being tried out.
"""

import hashlib
from typing import NamedTuple


class Contract(NamedTuple):
    applicant: str
    host: str
    semester: str


class Market:
    """Asks nothing of instances that are invalid or infeasible."""

    def __init__(self, instance):
        self.call = instance["call"]
        self.hosts = {row["id"]: row for row in instance["hosts"]}
        self.people = {row["id"]: row for row in instance["applicants"]}
        self.active = [
            name for name, row in self.people.items() if row.get("status") != "withdrawn"
        ]
        self.forbidden = {
            Contract(row["applicant"], row["host"], semester)
            for row in instance.get("forbids", [])
            for semester in row.get("semester") or "WS"
        }
        pins = instance.get("pins", [])
        self.pins = {
            row["applicant"]: Contract(row["applicant"], row["host"], row["semester"])
            for row in pins
        }
        self.extra = {row["applicant"] for row in pins if row.get("extra")}
        self.offers = {name: offer for name in self.active if (offer := self._offer(name))}
        self.lists = {name: self._list(name) for name in self.active}

    def _offer(self, name):
        current = self.people[name].get("current")
        if current is None or name in self.pins or current["host"] not in self.hosts:
            return None
        offer = Contract(name, current["host"], current["semester"])
        return None if offer in self.forbidden else offer

    def wishes(self, name):
        """Every option of the list, best first, each once."""
        wishes, hosts = [], []
        for wish in self.people[name]["prefs"]:
            host = wish["host"]
            room = len(hosts) < self.call.get("max_preferences", 99)
            if host in self.hosts and host not in hosts and room:
                hosts.append(host)
                wishes += [Contract(name, host, one) for one in wish.get("semesters") or "WS"]
        return list(dict.fromkeys(wishes))

    def _list(self, name):
        """What somebody may get, best first; who is sure of a place has it at the end."""
        offer = self.offers.get(name)
        if name in self.pins:
            return [self.pins[name]]
        if offer is None:
            return [wish for wish in self.wishes(name) if self.may_have(wish)]
        if self.people[name]["current"].get("mode") == "final":
            return [offer]
        wishes = self.wishes(name)
        better = wishes[: wishes.index(offer)] if offer in wishes else wishes
        return [*(wish for wish in better if self.may_have(wish)), offer]

    def may_have(self, wish):
        score, least = self.score(wish), self.hosts[wish.host].get("min_score")
        return (
            wish not in self.forbidden
            and wish.host not in self.people[wish.applicant].get("not_eligible", [])
            and score is not None
            and (least is None or score >= least)
            and self.uses(wish) != set()
        )

    def score(self, contract):
        row = self.people[contract.applicant]
        return row.get("host_scores", {}).get(contract.host, row.get("score"))

    def rank_class(self, contract):
        if contract == self.pins.get(contract.applicant):
            return 0
        return 1 if contract == self.offers.get(contract.applicant) else 2

    def order(self, contract):
        """Smaller goes first; a missing value goes after every other."""
        ties = self.people[contract.applicant].get("ties", {})
        values = [self.score(contract), *map(ties.get, self.call.get("tie_breakers", []))]
        draw = hashlib.sha256(f"{self.call['seed']}:{contract.applicant}".encode()).hexdigest()
        falling = [(value is None, -(value or 0)) for value in values]
        position = self.lists[contract.applicant].index(contract)
        return (self.rank_class(contract), falling, draw, position)

    def claims(self, contract):
        """Ids of the pools that are there for somebody like this."""
        row = self.people[contract.applicant]
        return {
            pool["id"]
            for pool in self._open(contract)
            if all(
                pool.get(filters) is None or row.get(value) in pool[filters]
                for filters, value in (("levels", "level"), ("subjects", "subject"))
            )
        }

    def uses(self, contract):
        soft = {pool["id"] for pool in self._open(contract) if pool.get("fallback")}
        return self.claims(contract) | soft

    def _open(self, contract):
        for pool in self.hosts[contract.host]["pools"]:
            if pool["seats"] > 0 and pool.get("semester") in {None, contract.semester}:
                yield pool

    def seatable(self, host, contracts, pools_of):
        """Hall: of any choice of pools, no more people depend on it than it has seats."""
        needs = [pools_of(contract) for contract in contracts]
        choices = [(set(), 0)]
        for pool in self.hosts[host]["pools"]:
            choices += [(ids | {pool["id"]}, seats + pool["seats"]) for ids, seats in choices]
        return all(sum(need <= ids for need in needs) <= seats for ids, seats in choices)

    def present(self, places, host):
        """Who takes a seat from the host's pools."""
        return [
            place
            for name, place in places.items()
            if place is not None and place.host == host and name not in self.extra
        ]

    def better(self, name, place):
        """Return what somebody would rather have than this place."""
        wanted = self.lists[name]
        return wanted if place is None else wanted[: wanted.index(place)]

    def is_owed(self, wish, places):
        """Whether a host without soft pools has a seat for it: empty, or of somebody ranked lower.

        A seat of one's own that ranks lower (the same host in another semester) counts too.
        """
        present = self.present(places, wish.host)
        lower = [
            [other for other in present if other != loser]
            for loser in present
            if self.order(loser) > self.order(wish)
        ]
        return any(self.seatable(wish.host, [*rest, wish], self.uses) for rest in (present, *lower))

    def is_fair(self, places):
        """Nobody has what is not on the list, sits on nobody's seat, or is owed something better.

        `places` names every active applicant. For hosts without soft pools.
        """
        for name, place in places.items():
            sure = name in self.pins or name in self.offers
            if place is None if sure else place is not None and place not in self.lists[name]:
                return False
        if not all(
            self.seatable(host, self.present(places, host), self.uses) for host in self.hosts
        ):
            return False
        return not any(
            self.is_owed(wish, places)
            for name, place in places.items()
            for wish in self.better(name, place)
        )


def places_of(result):
    """The places of a result as contracts, withdrawn applicants included."""
    return {
        name: None if place is None else Contract(name, place["host"], place["semester"])
        for name, place in result["assignment"].items()
    }
