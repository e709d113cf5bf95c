"""A stored version read back as the answer it was calculated to."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from grants.calculation import CountryGroup, Estimate, Line, LineCode, Reason, Warn

if TYPE_CHECKING:
    from grants.models import AwardVersion


def answer_of(version: AwardVersion) -> Estimate:
    """Return what the calculation said when the version was made; nothing is calculated again.

    The rate of the stay stands in its lines; the project whose figures stood in, in their sources.
    """
    lines = tuple(
        Line(
            code=LineCode(line["code"]),
            quantity=line["quantity"],
            rate=Decimal(line["rate"]),
            amount=Decimal(line["amount"]),
            source=line["source"],
        )
        for line in version.lines
    )
    basis = lines[0].source.partition(":")[0] if lines else version.project.code
    return Estimate(
        project=version.project.code,
        days=version.days,
        basis=basis,
        provisional=version.provisional,
        funded_days=version.funded_days,
        country_group=CountryGroup(version.country_group) if version.country_group else None,
        lines=lines,
        warnings=tuple(Warn(code) for code in version.warnings),
        reason=Reason(version.reason) if version.reason else None,
    )
