"""Terms abroad beside the semesters here: what overlaps, for how long, and in which words."""

from datetime import date

import pytest
from django.utils.translation import override

from partners.semesters.comparing import Finding, Fit, Term, compare
from partners.semesters.sentences import semester_name, sentence

SUMMER_2027 = Term(date(2027, 4, 1), date(2027, 9, 30))
WINTER = Term(date(2027, 10, 1), date(2028, 3, 31))
SUMMER = Term(date(2028, 4, 1), date(2028, 9, 30))
NEXT_WINTER = Term(date(2028, 10, 1), date(2029, 3, 31))
# Lectures to the end of January, exams to 18 February.
WINTER_WITH_EXAMS = Term(date(2027, 10, 11), date(2028, 2, 18), exams_from=date(2028, 1, 31))


def in_winter(first, last, **changes):
    semesters = {"before": SUMMER_2027, "own": WINTER, "after": SUMMER} | changes
    return compare(Term(date.fromisoformat(first), date.fromisoformat(last)), **semesters)


def in_summer(first, last, **changes):
    semesters = {"before": WINTER, "own": SUMMER, "after": NEXT_WINTER} | changes
    return compare(Term(date.fromisoformat(first), date.fromisoformat(last)), **semesters)


def day(text):
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (in_winter("2027-10-01", "2028-03-31"), (Finding(Fit.FITS),)),
        (
            in_winter("2027-09-30", "2028-02-28"),
            (Finding(Fit.EXAMS_MAY_FALL_IN, 1, (day("2027-09-30"), day("2027-09-30"))),),
        ),
        # Tongji, PHBS: September to January, February to July.
        (
            in_winter("2027-09-01", "2028-01-31"),
            (Finding(Fit.EXAMS_MAY_FALL_IN, 30, (day("2027-09-01"), day("2027-09-30"))),),
        ),
        (
            in_summer("2028-02-01", "2028-07-31"),
            (Finding(Fit.EXAMS_MAY_FALL_IN, 60, (day("2028-02-01"), day("2028-03-31"))),),
        ),
        # Wollongong: Spring stands for winter and begins in the middle of our summer semester.
        (
            in_winter("2027-07-01", "2027-11-30"),
            (Finding(Fit.LECTURES_MAY_RUN, 92, (day("2027-07-01"), day("2027-09-30"))),),
        ),
        (
            in_winter("2027-07-17", "2027-11-30"),
            (Finding(Fit.EXAMS_MAY_FALL_IN, 76, (day("2027-07-17"), day("2027-09-30"))),),
        ),
        (
            in_winter("2027-10-01", "2028-04-01"),
            (Finding(Fit.ENDS_LATE, 1, (day("2028-04-01"), day("2028-04-01"))),),
        ),
        (
            in_winter("2027-09-15", "2028-05-31"),
            (
                Finding(Fit.EXAMS_MAY_FALL_IN, 16, (day("2027-09-15"), day("2027-09-30"))),
                Finding(Fit.ENDS_LATE, 61, (day("2028-04-01"), day("2028-05-31"))),
            ),
        ),
        # With the exam days of the winter semester known.
        (
            in_summer("2028-02-19", "2028-07-31", before=WINTER_WITH_EXAMS),
            (Finding(Fit.FITS),),
        ),
        (
            in_summer("2028-02-18", "2028-07-31", before=WINTER_WITH_EXAMS),
            (Finding(Fit.EXAMS_FALL_IN, 43, (day("2028-02-18"), day("2028-02-18"))),),
        ),
        (
            in_summer("2028-01-31", "2028-07-31", before=WINTER_WITH_EXAMS),
            (Finding(Fit.EXAMS_FALL_IN, 61, (day("2028-01-31"), day("2028-02-18"))),),
        ),
        (
            in_summer("2028-01-30", "2028-07-31", before=WINTER_WITH_EXAMS),
            (Finding(Fit.LECTURES_RUN, 62, (day("2028-01-30"), day("2028-02-18"))),),
        ),
        (
            in_winter("2027-10-05", "2028-02-01", own=WINTER_WITH_EXAMS),
            (Finding(Fit.FITS),),
        ),
    ],
)
def test_overlaps_with_the_semesters_here(found, expected):
    assert found == expected


def said(finding, *, months_only=False, home=WINTER):
    return sentence(
        finding,
        before=semester_name(2027, "W"),
        own=semester_name(2027, "S"),
        after=semester_name(2028, "W"),
        home=home,
        months_only=months_only,
    )


@pytest.mark.parametrize(
    ("finding", "options", "expected"),
    [
        (Finding(Fit.FITS), {}, "Fits between our semesters."),
        (
            Finding(Fit.EXAMS_MAY_FALL_IN, 60),
            {},
            (
                "Begins 60 days before our summer semester 2028: exams of the winter "
                "semester 2027/28 may fall into the term."
            ),
        ),
        (
            Finding(Fit.EXAMS_MAY_FALL_IN, 60),
            {"months_only": True},
            (
                "Begins about 2 months before our summer semester 2028: exams of the winter "
                "semester 2027/28 may fall into the term."
            ),
        ),
        (
            Finding(Fit.LECTURES_MAY_RUN, 92),
            {"months_only": True},
            (
                "Begins about 3 months before our summer semester 2028: lectures of the winter "
                "semester 2027/28 may still be running, and its exams fall into the term."
            ),
        ),
        (
            Finding(Fit.EXAMS_FALL_IN, 43),
            {"home": WINTER_WITH_EXAMS},
            (
                "Begins 43 days before our summer semester 2028: exams of the winter semester "
                "2027/28 (31 January 2028 to 18 February 2028) fall into the term."
            ),
        ),
        (
            Finding(Fit.LECTURES_RUN, 62),
            {"home": WINTER_WITH_EXAMS},
            (
                "Begins 62 days before our summer semester 2028: lectures of the winter semester "
                "2027/28 are not over, and its exams (31 January 2028 to 18 February 2028) fall "
                "into the term."
            ),
        ),
        (
            Finding(Fit.ENDS_LATE, 1),
            {},
            "Ends 1 day after our winter semester 2028/29 has begun.",
        ),
        (
            Finding(Fit.ENDS_LATE, 9),
            {"months_only": True},
            "Ends a few days after our winter semester 2028/29 has begun.",
        ),
    ],
)
def test_findings_in_words(finding, options, expected):
    with override("en"):
        assert said(finding, **options) == expected


def test_every_finding_has_words():
    assert all(said(Finding(fit, 20), home=WINTER_WITH_EXAMS) for fit in Fit)
