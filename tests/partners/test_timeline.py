from datetime import date

from partners.semesters.timeline import Bar, Stretch, stretch_over


def test_stretch_holds_whole_months_over_the_turn_of_the_year():
    spans = [(date(2027, 7, 12), date(2027, 11, 30)), (date(2027, 10, 1), date(2028, 12, 2))]

    assert stretch_over(spans) == Stretch(date(2027, 7, 1), date(2028, 12, 31))


def test_bars_are_parts_of_the_stretch_and_cut_at_its_ends():
    year = Stretch(date(2026, 1, 1), date(2026, 12, 31))

    assert year.bar(date(2026, 1, 1), date(2026, 12, 31), "all") == Bar("0.00%", "100.00%", "all")
    assert year.bar(date(2026, 1, 1), date(2026, 1, 1)) == Bar("0.00%", "0.27%")
    assert year.bar(date(2025, 5, 1), date(2026, 3, 14)) == Bar("0.00%", "20.00%")
    assert year.bar(date(2026, 12, 31), date(2027, 2, 1)) == Bar("99.73%", "0.27%")
    assert year.bar(date(2027, 1, 1), date(2027, 2, 1)) is None


def test_quarters_begin_in_january_april_july_and_october():
    assert Stretch(date(2027, 2, 1), date(2028, 1, 31)).quarters() == [
        ("16.16%", date(2027, 4, 1)),
        ("41.10%", date(2027, 7, 1)),
        ("66.30%", date(2027, 10, 1)),
        ("91.51%", date(2028, 1, 1)),
    ]
