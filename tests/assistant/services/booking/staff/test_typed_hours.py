"""Hours and days as staff type them, on every keyboard and out of other programs."""

from __future__ import annotations

from datetime import date, time

import pytest

from assistant.services.booking.staff import typed_hours


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("9", time(9)),
        ("9:05", time(9, 5)),
        ("18.30", time(18, 30)),
        ("6pm", time(18)),
        ("12 a.m.", time()),
        ("18h", time(18)),
        ("24", time()),
    ],
)
def test_a_time_of_day_is_read_however_it_is_typed(text, at):
    assert typed_hours.parse_time(text) == at


@pytest.mark.parametrize("text", ["", "noonish", "13pm", "24:01", "9:60", "-1", "9:0", "99999"])
def test_text_that_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match="is not a time"):
        typed_hours.parse_time(text)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("2–6pm", ["14:00–18:00"]),
        ("2:30 – 6 p.m.", ["14:30–18:00"]),
        ("11-2pm", ["11:00–14:00"]),
        ("9–12:15pm", ["9:00–12:15"]),
        ("10 to 12pm, 1 to 4pm", ["10:00–12:00", "13:00–16:00"]),
        ("8–11am", ["8:00–11:00"]),
        ("7–1am", ["19:00–1:00"]),
        ("6–12am", ["18:00–24:00"]),
        ("9am–4", ["9:00–16:00"]),
        ("2pm–5:30", ["14:00–17:30"]),
        ("8pm-2", ["20:00–2:00"]),
        ("01:00–5pm", ["1:00–17:00"]),
        ("3am–5am", ["3:00–5:00"]),
        ("0–4, 9–12", ["0:00–4:00", "9:00–12:00"]),
    ],
)
def test_one_am_or_pm_speaks_for_both_ends(typed, kept):
    assert [typed_hours.write_interval(one) for one in typed_hours.parse_intervals(typed)] == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("8‑12 / 14−18", ["8:00–12:00", "14:00–18:00"]),
        ("８：３０～１２：００、１４：００～１８：００", ["8:30–12:00", "14:00–18:00"]),
        ("٨–١٢، ١٤–١٨", ["8:00–12:00", "14:00–18:00"]),
        ("from 8 until noon & 2pm till 6pm", ["8:00–12:00", "14:00–18:00"]),
        ("von 8 bis Mittag und 14 bis 18 Uhr", ["8:00–12:00", "14:00–18:00"]),
        ("8:00\u202fAM – 12:00\u202fPM", ["8:00–12:00"]),
        ("18–midnight", ["18:00–24:00"]),
        ("24 h", ["0:00–24:00"]),
        ("Open 24 hours", ["0:00–24:00"]),
        ("—", []),
        ("Geschlossen", []),
    ],
)
def test_hours_are_read_as_keyboards_and_other_programs_write_them(typed, kept):
    assert [typed_hours.write_interval(one) for one in typed_hours.parse_intervals(typed)] == kept


@pytest.mark.parametrize("typed", ["8–12 noonish", "24 hours, 9–12", "from 8", "until 12", "8 & 12"])
def test_hours_that_are_only_nearly_right_are_refused(typed):
    with pytest.raises(ValueError, match="Enter"):
        typed_hours.parse_intervals(typed)


@pytest.mark.parametrize(
    "text",
    ["2030/12/24", "2030.12.24", "24-12-2030", "12-24-2030", "Tue, 24 Dec 2030", "Di. 24.12.2030", "２０３０-１２-２４"],
)
def test_a_day_is_read_in_the_orders_that_people_write(text):
    assert typed_hours.parse_day(text) == date(2030, 12, 24)


@pytest.mark.parametrize("text", ["3-4-2030", "3–4–2030"])
def test_a_day_that_could_be_two_is_asked_about_with_any_sign_between(text):
    with pytest.raises(ValueError, match="two different days"):
        typed_hours.parse_day(text)


@pytest.mark.parametrize("typed", ["8–12, 2–6", "8:30-12:30 and 1-5", "9–12; 1:30–5"])
def test_an_afternoon_that_is_written_as_a_night_is_asked_about(typed):
    with pytest.raises(ValueError, match="for the afternoon, or .*am if that is meant"):
        typed_hours.parse_intervals(typed)


@pytest.mark.parametrize(
    "text",
    [
        "24 Dec 2030", "24. Dez. 2030", "24. Dezember 2030", "24 December 2030", "24th of Dec 2030", "24-Dec-2030",
        "Dec 24, 2030", "December 24th, 2030", "2030 Dec 24", "2030-dez-24", "24 dec. 2030",
    ],
)  # fmt: skip
def test_a_month_is_read_by_its_names_in_english_and_german(text):
    assert typed_hours.parse_day(text) == date(2030, 12, 24)


@pytest.mark.parametrize(
    ("text", "month"), [("3. März 2030", 3), ("3 Mai 2030", 5), ("3. Jänner 2030", 1), ("3 Sept 2030", 9)]
)
def test_a_month_has_several_names(text, month):
    assert typed_hours.parse_day(text) == date(2030, month, 3)


@pytest.mark.parametrize("text", ["4 Junk 2030", "24 Marvellous 2030", "1 Decade 2030", "Augustus 4, 2030", "4 5 2030"])
def test_a_word_that_only_begins_like_a_month_is_no_day(text):
    with pytest.raises(ValueError, match="is not a day"):
        typed_hours.parse_day(text)
