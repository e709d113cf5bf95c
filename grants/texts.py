"""What the codes of a grant calculation say to people, in English and (by translation) German."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from grants.calculation import (
    CountryGroup,
    Fund,
    FundingStatus,
    LineCode,
    MobilityType,
    RateUnit,
    Reason,
    StayLength,
    TopUpCode,
    TopUpUnit,
    TravelAudience,
    Warn,
)
from grants.errors import AwardRefusal, DeclarationRefusal, PaymentRefusal
from grants.states import AwardState, Occasion, PaymentKind

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from grants.calculation import Estimate
    from grants.errors import AwardRefused

MOBILITIES: dict[MobilityType, _StrPromise] = {
    MobilityType.STUDY: _("Study abroad (SMS)"),
    MobilityType.INTERNSHIP: _("Internship (SMP)"),
    MobilityType.SHORT_TERM: _("Short-term stay"),
}

GROUPS: dict[CountryGroup, _StrPromise] = {
    CountryGroup.ONE: _("Group 1"),
    CountryGroup.TWO: _("Group 2"),
    CountryGroup.THREE: _("Group 3"),
    CountryGroup.INTERNATIONAL: _("Partner countries, regions 1-12"),
}

STATUSES: dict[FundingStatus, _StrPromise] = {
    FundingStatus.FUNDED: _("funded by its country group"),
    FundingStatus.INTERNATIONAL_SHARE: _("funded from the international share, not guaranteed"),
    FundingStatus.OTHER_FUND: _("funded by another fund"),
    FundingStatus.NOT_FUNDED: _("not funded"),
}

FUNDS: dict[Fund, _StrPromise] = {
    Fund.SEMP: _("SEMP: the Swiss host pays"),
    Fund.PROMOS: _("PROMOS and others, worldwide"),
}

RATE_UNITS: dict[RateUnit, _StrPromise] = {
    RateUnit.MONTH: _("per month"),
    RateUnit.DAY: _("per day"),
}

TOP_UP_UNITS: dict[TopUpUnit, _StrPromise] = {
    TopUpUnit.MONTH: _("per month, prorated by day"),
    TopUpUnit.STAY: _("once per stay"),
    TopUpUnit.DAY_AT_RATE: _("days at the rate of the stay"),
    TopUpUnit.SEMESTER_LIMIT: _("real costs, at most per semester"),
    TopUpUnit.STAY_LIMIT: _("real costs, at most per stay"),
}

STAY_LENGTHS: dict[StayLength, _StrPromise] = {
    StayLength.LONG: _("long-term"),
    StayLength.SHORT: _("short-term"),
}

AUDIENCES: dict[TravelAudience, _StrPromise] = {
    TravelAudience.EVERYONE: _("everyone"),
    TravelAudience.PARTNER_COUNTRIES_OR_SHORT_TERM: _("partner countries, short-term stays"),
    TravelAudience.PARTNER_COUNTRIES_OR_FEWER_OPPORTUNITIES: _(
        "partner countries, short-term stays with fewer opportunities"
    ),
}

LINES: dict[LineCode, _StrPromise] = {
    LineCode.INDIVIDUAL_SUPPORT: _("Grant by the month, counted in days"),
    LineCode.SHORT_TERM_SUPPORT: _("Grant by the day"),
    LineCode.ZERO_GRANT: _("Days without a grant (zero grant)"),
    LineCode.SOCIAL_TOP_UP: _("Social top-up"),
    LineCode.REAL_COSTS: _("Approved real costs"),
    LineCode.GREEN_TRAVEL: _("Green travel, paid once"),
    LineCode.TRAVEL_GRANT: _("Travel grant by distance"),
    LineCode.TRAVEL_GRANT_GREEN: _("Travel grant by distance, green travel"),
    LineCode.TRAVEL_DAYS: _("Travel days"),
}

TOP_UPS: dict[TopUpCode, _StrPromise] = {
    TopUpCode.SOCIAL_DISABILITY: _("Disability of degree 20 or more"),
    TopUpCode.SOCIAL_CHRONIC_ILLNESS: _("Chronic illness with extra cost abroad"),
    TopUpCode.SOCIAL_CHILD: _("Child taken along for the whole stay"),
    TopUpCode.SOCIAL_FIRST_GENERATION: _("First in the family at a university"),
    TopUpCode.SOCIAL_EMPLOYED: _("Job given up for the stay"),
    TopUpCode.GREEN_TRAVEL: _("Green travel, paid once"),
    TopUpCode.TRAVEL_DAYS_STANDARD: _("Travel days"),
    TopUpCode.TRAVEL_DAYS_GREEN: _("Travel days for green travel"),
    TopUpCode.REAL_COSTS: _("Real costs in place of the social top-up"),
}

WARNINGS: dict[Warn, _StrPromise] = {
    Warn.PROVISIONAL_RATES: _(
        "Provisional: the rates of project %(project)s are not established yet. "
        "These are the figures of %(basis)s."
    ),
    Warn.NOT_GUARANTEED: _(
        "Stays in %(country)s are paid from a limited share of the budget and are not guaranteed."
    ),
    Warn.DATES_OUTSIDE_PROJECT: _(
        "The stay starts outside the academic years project %(project)s usually pays."
    ),
    Warn.FEBRUARY_END: _(
        "The stay ends with February, which counts only 28 or 29 days; with a full month of 30 it "
        "would reach the minimum. The International Office decides."
    ),
    Warn.MINIMUM_WAIVED: _(
        "The stay is shorter than the minimum; the International Office has accepted it."
    ),
    Warn.OVER_MAXIMUM_DAYS: _(
        "The stay is longer than the days that are left to fund in this study cycle. The last "
        "days bring no grant."
    ),
    Warn.DAYS_CAPPED: _(
        "The university funds only part of the days of this stay; the rest is without a grant "
        "(zero grant)."
    ),
    Warn.TOP_UP_NOT_AVAILABLE: _(
        "Not every reason for the social top-up that was given counts for this stay in project "
        "%(project)s."
    ),
    Warn.GREEN_NOT_AVAILABLE: _("Project %(project)s pays nothing extra for green travel."),
    Warn.TRAVEL_NOT_INCLUDED: _(
        "There is a travel grant too, but it is not included: it goes by the distance to the host "
        "university, which is not known here."
    ),
    Warn.TRAVEL_DAYS_NOT_INCLUDED: _(
        "Days of travel can be paid in addition. They are not included: the International Office "
        "grants them by need."
    ),
    Warn.TRAVEL_DAYS_LIMITED: _(
        "More travel days were asked for than project %(project)s pays; only those are included."
    ),
    Warn.NEAR_BAND_EDGE: _(
        "The distance lies within 5 km of the edge of a travel band. The distance calculator of "
        "the EU is decisive and may come to the band beside it."
    ),
    Warn.EXTRA_DAYS_NOT_PAID: _(
        "The stay is longer than approved. The extra days are not paid: no extension was asked for."
    ),
    Warn.EXTENSION_ASKED_LATE: _(
        "The extension was asked for later than 30 days before the approved end. The extra days "
        "are not paid."
    ),
    Warn.REAL_COSTS_LIMITED: _(
        "The approved real costs are higher than the most project %(project)s pays; only that is "
        "included."
    ),
    Warn.REAL_COSTS_NOT_AVAILABLE: _(
        "Project %(project)s pays no real costs for this kind of stay or this reason; they are not "
        "included."
    ),
    Warn.ECTS_BELOW_EXPECTED: _(
        "Fewer ECTS were earned than the learning agreement expects. A statement of the student "
        "is needed."
    ),
    Warn.ECTS_BELOW_MINIMUM: _(
        "So few ECTS were earned that the grant may be reclaimed. The International Office "
        "decides; hardship is excepted."
    ),
}

REASONS: dict[Reason, _StrPromise] = {
    Reason.PROJECT_UNKNOWN: _("There is no grant data for project %(project)s."),
    Reason.ACADEMIC_YEAR_UNKNOWN: _(
        "There is no grant data for this academic year: no project that pays it is known."
    ),
    Reason.RATES_NOT_ESTABLISHED: _(
        "The rates of project %(project)s are not established yet, and there are none before it "
        "to estimate by."
    ),
    Reason.COUNTRY_UNKNOWN: _(
        "There is no grant data for %(country)s in project %(project)s. Stays outside the "
        "ERASMUS countries may be funded by PROMOS: ask the International Office."
    ),
    Reason.RATE_UNKNOWN: _(
        "There is no rate for this kind of stay in %(country)s in project %(project)s."
    ),
    Reason.RATES_OVERLAP: _(
        "Project %(project)s has two rates for the same days of such a stay. The International "
        "Office has to correct its tables first."
    ),
    Reason.OTHER_FUND: _("Stays in %(country)s are not paid by ERASMUS but by another fund."),
    Reason.OTHER_FUND_SEMP: _(
        "ERASMUS does not pay for stays in %(country)s: the Swiss host does (SEMP)."
    ),
    Reason.OTHER_FUND_PROMOS: _(
        "ERASMUS does not pay for stays in %(country)s. PROMOS and other funds may."
    ),
    Reason.NOT_FUNDED: _("Stays in %(country)s are not funded in project %(project)s."),
    Reason.INTERNATIONAL_SHARE_CLOSED: _(
        "Project %(project)s pays nothing for stays in %(country)s: they could only be paid from "
        "the international share, which it does not use."
    ),
    Reason.END_BEFORE_START: _("The end of a stay or interruption lies before its start."),
    Reason.INTERRUPTION_OUTSIDE_STAY: _("An interruption lies outside the stay."),
    Reason.INTERRUPTIONS_OVERLAP: _("Two interruptions overlap."),
    Reason.BELOW_MINIMUM_STAY: _(
        "The stay counts %(days)s days and is shorter than the minimum that can be funded."
    ),
    Reason.ABOVE_SHORT_TERM_MAXIMUM: _(
        "The stay counts %(days)s days and is too long for a short-term stay."
    ),
    Reason.MAXIMUM_USED_UP: _(
        "Earlier stays have used up all days that can be funded in this study cycle."
    ),
    Reason.ECTS_RECLAIMED: _(
        "Too few ECTS were earned and the grant is reclaimed, as the International Office decided."
    ),
}


STATES: dict[AwardState, _StrPromise] = {
    AwardState.DRAFT: _("draft"),
    AwardState.PROPOSED: _("proposed, to be approved"),
    AwardState.APPROVED: pgettext_lazy("grant award", "approved"),
    AwardState.SETTLED: _("settled"),
    AwardState.CANCELLED: _("cancelled"),
}

OCCASIONS: dict[Occasion, _StrPromise] = {
    Occasion.FIRST: _("first award"),
    Occasion.CORRECTION: _("correction"),
    Occasion.RECALCULATION: _("calculated again by newer tables"),
    Occasion.EXTENSION: _("extension"),
    Occasion.EARLY_RETURN: _("early return"),
    Occasion.INTERRUPTION: _("interruption"),
    Occasion.CONFIRMED_STAY: _("confirmed stay"),
}

PAYMENTS: dict[PaymentKind, _StrPromise] = {
    PaymentKind.FIRST: _("first instalment"),
    PaymentKind.BALANCE: _("second instalment"),
    PaymentKind.REPAYMENT: _("repayment by the student"),
}

AWARDS: dict[AwardRefusal, _StrPromise] = {
    AwardRefusal.NOMINATION_ENDED: _("The nomination was cancelled or rejected by the host."),
    AwardRefusal.ALREADY_AWARDED: _("This nomination already has a grant award."),
    AwardRefusal.NO_GRANT: _("There is no grant for this stay."),
    AwardRefusal.DAY_IN_FUTURE: _("The day lies in the future."),
    AwardRefusal.DAY_BEFORE_STAY: _("The day lies before the first day of the stay."),
    AwardRefusal.CANCELLED: _("The award was cancelled."),
    AwardRefusal.CHANGED_MEANWHILE: _(
        "Somebody changed this award meanwhile: look at its newest version first."
    ),
    AwardRefusal.TABLES_CHANGED: _(
        "The tables have changed since this was calculated: calculate it again first."
    ),
    AwardRefusal.PROVISIONAL: _(
        "The rates of this project are not established yet: the award can be calculated, "
        "but not proposed."
    ),
    AwardRefusal.REASON_MISSING: _("Please give the reason."),
    AwardRefusal.NOT_A_DRAFT: _("There is no draft: change the award first."),
    AwardRefusal.NOT_PROPOSED: _("This version was not proposed."),
    AwardRefusal.FOUR_EYES: _(
        "A second person must approve it: you calculated or proposed this version."
    ),
    AwardRefusal.ALREADY_SETTLED: _("The stay is settled: enter changes as a confirmed stay."),
    AwardRefusal.PROJECT_PAID: _(
        "A payment of this award was listed from its project: the project can't be changed any "
        "more."
    ),
    AwardRefusal.FIRST_APPROVE: _("The first version must be approved before the stay changes."),
    AwardRefusal.NOTHING_DIFFERS: _("Nothing differs from the newest version: nothing was stored."),
    AwardRefusal.RETURN_NOT_EARLIER: _(
        "An early return ends before the approved last day. For a later end choose the extension."
    ),
    AwardRefusal.EXTENSION_NOT_LATER: _(
        "An extension ends after the approved last day. For an earlier end choose the early return."
    ),
    AwardRefusal.NOTHING_TO_TAKE_BACK: _("There is no draft or proposal to take back."),
    AwardRefusal.STAY_NOT_OVER: _(
        "The stay is not over yet: it can be settled from the day after its last day."
    ),
    AwardRefusal.CONFIRMED_TOO_EARLY: _(
        "A stay can't be confirmed before its last day. If it ended earlier, enter that day as "
        "a change of the award first."
    ),
    AwardRefusal.CONFIRMATION_MISSING: _(
        "The confirmation of stay is missing: note the day it was received."
    ),
    AwardRefusal.TRANSCRIPT_MISSING: _("The transcript is missing: note the day it was received."),
    AwardRefusal.REPORT_MISSING: _(
        "The participant report is missing: note the day it was received."
    ),
    AwardRefusal.STATEMENT_MISSING: _(
        "Too few ECTS were earned: enter the student's statement or the hardship, or reclaim "
        "the grant."
    ),
    AwardRefusal.PROJECT_UNCLEAR: _(
        "Several projects or none can pay this academic year: choose the project."
    ),
    AwardRefusal.DECLARATION_MISSING: _(
        "The student has not declared the stay yet: enter its days by hand or wait."
    ),
}

DECLARATIONS: dict[DeclarationRefusal, _StrPromise] = {
    DeclarationRefusal.NOMINATION_ENDED: _("The nomination has ended: there is no grant for it."),
    DeclarationRefusal.NOT_DECLARED: _("You have not declared your stay yet."),
    DeclarationRefusal.AWARD_PROPOSED: _(
        "The grant has been calculated from what you declared. Please write to the International "
        "Office if something is different now."
    ),
    DeclarationRefusal.SETTLED: _("The grant is settled: nothing can be changed any more."),
    DeclarationRefusal.STAY_NOT_BEGUN: _(
        "Documents of the stay can be uploaded once the grant is approved and the stay has begun."
    ),
    DeclarationRefusal.DOCUMENT_ACCEPTED: _(
        "The International Office has accepted this document; it can't be replaced any more."
    ),
}

PAYMENT_REFUSALS: dict[PaymentRefusal, _StrPromise] = {
    PaymentRefusal.NOTHING_DUE: _("There is nothing due in this project."),
    PaymentRefusal.ACCOUNT_MISSING: _(
        "The bank account is missing for: %(awards)s. Nothing was listed."
    ),
    PaymentRefusal.NOMINATION_ENDED: _(
        "The nomination has ended of: %(awards)s. Nothing was listed; cancel these awards."
    ),
    PaymentRefusal.SHARE_UNKNOWN: _(
        "The share of the first instalment is not set in this project: set it first."
    ),
    PaymentRefusal.ALREADY_PAID: _("This was noted before."),
    PaymentRefusal.NOT_A_REPAYMENT: _("This is no open repayment."),
    PaymentRefusal.DAY_IN_FUTURE: _("The day lies in the future."),
}


def warning_texts(answer: Estimate, country: str) -> list[str]:
    """Return a sentence for each warning, in the reader's language."""
    values = {"project": answer.project, "basis": answer.basis, "country": country}
    return [str(WARNINGS[warning]) % values for warning in answer.warnings]


def reason_text(answer: Estimate, country: str) -> str:
    """Return why there is no grant; empty when there is one."""
    if answer.reason is None:
        return ""
    values = {"project": answer.project, "country": country, "days": answer.days}
    return str(REASONS[answer.reason]) % values


def refusal_text(refused: AwardRefused, country: str) -> str:
    """Return why an award was refused; where the calculation knows the reason, that one."""
    if refused.answer is not None:
        return reason_text(refused.answer, country)
    return str(AWARDS[refused.code])
