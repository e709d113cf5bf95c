"""By which rules places were given: the call, its criteria, its hosts and seats, the draw."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from applications import scoring, texts
from applications.exports.protocol.parts import Part
from applications.models.call import TieBreaker
from applications.states import State
from partners.models import Level, Semester

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from applications.exports.protocol.parts import Value
    from applications.exports.protocol.round import Round
    from applications.models import CallHost, Criterion


# A host without seats of its own has its line all the same.
_NO_SEATS: tuple[None] = (None,)


def the_call(round_: Round, *, now: datetime) -> Part:
    call = round_.call
    moments = (
        (_("Opened"), call.opens_at),
        (_("Last minute that counted"), call.last_minute),
        (_("Closed"), call.closed_at),
        (_("Published"), call.published_at),
        (_("State of this protocol"), now),
    )
    return Part(
        title=_("The call"),
        facts=[
            (_("Call"), f"{call.title} ({call.code})"),
            (_("Programme"), call.programme.name),
            (_("Faculty"), str(call.programme.faculty)),
            (_("Academic year"), call.academic_year_label),
            *((label, texts.instant(moment)) for label, moment in moments if moment is not None),
            (_("Published by"), str(round_.first.published_by or "")),
            (_("Readers needed"), str(call.readers_needed)),
            (_("Reading without names"), _("yes") if call.blind_reading else _("no")),
            *_counted(round_),
        ],
    )


def _counted(round_: Round) -> Iterator[tuple[str, str]]:
    submitted = round_.call.applications.filter(submissions__isnull=False).distinct()
    ranking = round_.first.ranking
    yield _("Applications submitted"), str(submitted.count())
    yield _("Found not eligible"), str(submitted.filter(state=State.INELIGIBLE).count())
    yield _("Ranked"), str(ranking.entries.count())
    yield _("Places offered with the results"), str(len(round_.given(round_.first)))


def the_criteria(round_: Round) -> Part:
    criteria = list(round_.call.criteria.order_by("position", "pk"))
    counted = _percentages(round_)
    return Part(
        title=_("Criteria and weights"),
        intro=_(
            "Each criterion gives points from 0 to the highest; these become points out of 100 and"
            " are weighed. A host with weights of its own goes by those alone."
        ),
        facts=[
            (str(host), _weights(host)) for host in round_.hosts.values() if host.own_weights.all()
        ],
        head=(_("Criterion"), _("Weight in percent"), _("Highest points"), _("What is scored")),
        rows=[
            (row.name, counted.get(row.key, Decimal(0)), row.scale_max, _explained(row))
            for row in criteria
        ],
        widths=(38, 20, 29, 83),
    )


def _percentages(round_: Round) -> Mapping[str, Decimal]:
    """Return what each criterion weighed in the published ranking, in percent."""
    line = round_.first.ranking.entries.order_by("position").first()
    return {
        row["key"]: Decimal(row["weight"]).quantize(scoring.TOTAL_STEP)
        for row in (line.breakdown if line else ())
    }


def _weights(host: CallHost) -> str:
    rows = sorted(host.own_weights.all(), key=lambda row: (row.criterion.position, row.pk))
    return ", ".join(f"{row.criterion}: {row.weight.normalize():f}" for row in rows)


def _explained(criterion: Criterion) -> str:
    """Say what is scored, and what the points mean."""
    lines = (str(criterion.get_kind_display()), criterion.about, *criterion.anchors)
    return "\n".join(line for line in lines if line)


def the_seats(round_: Round) -> Part:
    pools = round_.pools()
    return Part(
        title=_("Hosts and seats"),
        intro=_("As they were when the results were published."),
        head=(
            _("Host university"),
            _("Seats"),
            _("Levels"),
            _("Semester"),
            _("Others may use what is left"),
            _("Fewest points"),
        ),
        rows=[
            (str(host), *_seats(pool), host.min_score)
            for pk, host in round_.hosts.items()
            for pool in pools.get(pk) or _NO_SEATS
        ],
        widths=(51, 13, 28, 29, 21, 28),
    )


def _seats(pool: Mapping[str, Any] | None) -> Sequence[Value]:
    if pool is None:
        return (0, "", "", "")
    levels = ", ".join(str(Level(level).label) for level in pool["levels"] or ())
    return (
        pool["seats"],
        levels or _("any level"),
        str(Semester(pool["semester"]).label) if pool["semester"] else _("either semester"),
        _("yes") if pool["fallback"] else _("no"),
    )


def the_draw(round_: Round) -> Part:
    call = round_.call
    chain = [str(TieBreaker(key).label) for key in call.tie_breakers]
    return Part(
        title=_("Equal points and the draw"),
        intro=_(
            "Who has equal points is put in order by the tie-breakers, one after the other, and at"
            " last by the draw. The time of submission never counts."
        ),
        facts=[
            (_("Tie-breakers in their order"), ", ".join(chain) or _("none")),
            (_("SHA-256 of the secret, shown from the start"), call.lottery_commitment),
            (_("Secret"), call.lottery_secret),
            (_("SHA-256 of the list of applications at the deadline"), call.applications_sha256),
            (_("Seed"), call.lottery_seed),
            (
                _("How to recompute it"),
                _(
                    "The SHA-256 of the secret is the one shown from the start. The seed is the"
                    " secret, a colon and the SHA-256 of the list: the codes of all applications at"
                    " the deadline, sorted, a line each. The draw of an application is the SHA-256"
                    " of seed, colon and code; the smaller one goes first."
                ),
            ),
        ],
    )
