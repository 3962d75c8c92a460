"""The watch over models that end."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from assistant.providers import retirements
from assistant.providers.configuration import ProviderSettings
from assistant.providers.presets import MODELS_AS_OF, OPENAI_REALTIME, PRESETS
from assistant.providers.retirements import due

TODAY = date(2030, 1, 1)
SERVER = ProviderSettings("acme", "https://llm.acme.example/v1", smart="m")


def said(days: int) -> dict[str, str]:
    return {"m": (TODAY + timedelta(days=days)).isoformat()}


@pytest.mark.parametrize(
    ("days", "stage"),
    [(91, None), (90, 90), (31, 90), (30, 30), (8, 30), (7, 7), (1, 7), (0, 7), (-1, 0), (-400, 0)],
)
def test_staff_are_warned_90_30_and_7_days_ahead_and_after(days: int, stage: int | None):
    assert [one.stage for one in due(SERVER, ["m"], said(days), today=TODAY)] == ([] if stage is None else [stage])


def test_what_the_provider_says_of_itself_comes_before_the_shipped_list():
    openai = ProviderSettings("openai", "https://api.openai.com/v1", smart="gpt-4o", preset="openai")
    (listed,) = due(openai, ["gpt-4o"], today=date(2027, 1, 1))
    assert listed.ends_on == date(2027, 1, 14)
    (told,) = due(openai, ["gpt-4o"], {"gpt-4o": "2027-02-01"}, today=date(2027, 1, 1))
    assert told.ends_on == date(2027, 2, 1)


def test_a_model_of_the_same_name_elsewhere_is_not_meant():
    assert due(SERVER, ["gpt-4o"], today=date(2027, 1, 1)) == []


@pytest.mark.parametrize("text", ["", "soon", "2027", "null", "2027-13-01"])
def test_an_invalid_date_is_ignored(text: str):
    assert due(SERVER, ["m"], {"m": text}, today=TODAY) == []


def test_a_retirement_reads_as_a_sentence():
    (retirement,) = due(SERVER, ["m"], said(5), today=TODAY)
    assert str(retirement) == "The model m ends on 2030-01-06, in 5 days."
    (retirement,) = due(SERVER, ["m"], said(-5), today=TODAY)
    assert "ended on 2029-12-27" in str(retirement)


def test_an_ended_voice_model_is_replaced_by_the_default_for_voice():
    openai = ProviderSettings("openai", "https://api.openai.com/v1", preset="openai")
    (retirement,) = due(openai, ["gpt-4o-realtime-preview-2024-12-17"], today=date(2026, 11, 21))
    assert retirement.stage == 0 and retirement.replacement == OPENAI_REALTIME


def test_every_entry_of_the_shipped_list_is_valid():
    for preset, models in retirements.shipped().items():
        assert preset in PRESETS
        for model, entry in models.items():
            assert date.fromisoformat(entry["ends_on"])
            assert entry["replacement"] not in models, f"{model} is replaced by what ends too"


def test_no_preset_assumes_a_model_that_has_an_end():
    for key, row in PRESETS.items():
        assert not {row.smart, row.fast, row.realtime} & retirements.shipped().get(key, {}).keys(), key


def test_the_list_is_no_older_than_the_presets():
    shipped = json.loads(Path(retirements.__file__).with_name("retirements.json").read_text())
    assert date.fromisoformat(shipped["as_of"]) >= MODELS_AS_OF
