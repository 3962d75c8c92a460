"""Prices of models: what staff have entered, and a list for those that nobody has."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from assistant.models import Organization, Price

# US dollars per million tokens (prompt, completion), by the beginning of a model's id without its maker's prefix; the
# longest fits. Prices change, so a cost from here is called estimated; a row that staff entered goes before it. For short
# prompts, without caching, at the dearest hours. Looked up on 2026-11-26 from
#   https://developers.openai.com/api/docs/pricing and /models   https://platform.claude.com/docs/en/about-claude/models/overview
#   https://ai.google.dev/gemini-api/docs/pricing (as read on 2026-10-07)   https://api-docs.deepseek.com/quick_start/pricing
#   https://console.groq.com/docs/models (gpt-oss)   https://docs.x.ai/developers/models (as others quote it)
# Not verified at the source: Mistral (what a gateway lists), o4-mini and the older ones, which end or have ended.
LIST_PRICES: dict[str, tuple[str, str]] = {
    "gpt-4o-mini": ("0.15", "0.60"),
    "gpt-4o": ("2.50", "10"),
    "gpt-4.1-nano": ("0.10", "0.40"),
    "gpt-4.1-mini": ("0.40", "1.60"),
    "gpt-4.1": ("2", "8"),
    "gpt-5-nano": ("0.05", "0.40"),
    "gpt-5-mini": ("0.25", "2"),
    "gpt-5": ("1.25", "10"),
    "gpt-5.4-nano": ("0.20", "1.25"),
    "gpt-5.4-mini": ("0.75", "4.50"),
    "gpt-5.4": ("2.50", "15"),
    "gpt-5.5": ("5", "30"),
    "gpt-5.6-luna": ("0.20", "1.20"),
    "gpt-5.6-terra": ("2", "12"),
    "gpt-5.6-sol": ("4", "20"),
    "gpt-6-luna": ("0.10", "0.50"),
    "gpt-6-sol": ("2", "10"),
    "gpt-6-astra": ("10", "50"),
    "gpt-6.1-terra": ("1", "5"),
    "gpt-6.1-sol": ("2", "10"),
    "gpt-6.2-sol": ("2", "10"),
    "gpt-6.2-astra": ("8", "40"),
    "o4-mini": ("1.10", "4.40"),
    "claude-haiku-4": ("1", "5"),
    "claude-haiku-5": ("0.10", "0.50"),
    "claude-sonnet-4": ("3", "15"),
    "claude-sonnet-5": ("2", "10"),
    "claude-opus-4": ("15", "75"),
    "claude-opus-4-5": ("5", "25"),
    "claude-opus-4-6": ("5", "25"),
    "claude-opus-4-7": ("5", "25"),
    "claude-opus-5": ("5", "25"),
    "claude-opus-5-5": ("4", "20"),
    "claude-fable-5": ("10", "50"),
    "gemini-2.5-flash": ("0.30", "2.50"),
    "gemini-2.5-flash-lite": ("0.10", "0.40"),
    "gemini-2.5-pro": ("1.25", "10"),
    "gemini-3.5-flash": ("1.50", "9"),
    "gemini-3.5-flash-lite": ("0.30", "2.50"),
    "gemini-3.8-flash": ("0.75", "3.75"),  # until 2026-12-31, then 1.50 and 7.50
    "deepseek-chat": ("0.28", "0.42"),  # until it ended
    "deepseek-flash": ("0.30", "1.20"),  # at peak hours; half of it at others
    "grok-4.3": ("1.25", "2.50"),
    "mistral-large": ("0.70", "2.10"),
    "gpt-oss-120b": ("0.15", "0.60"),
    "gpt-oss-20b": ("0.10", "0.50"),
    "text-embedding-3-small": ("0.02", "0"),
    "text-embedding-3-large": ("0.13", "0"),
    "text-embedding-ada-002": ("0.10", "0"),
}


@dataclass(frozen=True)
class Rate:
    """Dollars per million tokens, which is millionths of a dollar per token. None: unknown."""

    prompt: Decimal | None = None
    completion: Decimal | None = None
    known: bool = False  # somebody here entered it, rather than us

    def micros(self, prompt_tokens: int, completion_tokens: int) -> int | None:
        if self.prompt is None or self.completion is None:
            return None
        return round(self.prompt * prompt_tokens + self.completion * completion_tokens)


FREE = Rate(Decimal(0), Decimal(0), known=True)


def rate_of(organization: Organization, model: str) -> Rate:
    """The organization's price of `model`, else everybody's, else the list's; the longest match of each."""
    snapshot = organization.snapshot
    rows = snapshot.prices if snapshot else Price.objects.filter(Q(organization=organization) | Q(organization=None))
    fits = [row for row in rows if row.model == model or (row.model[-1:] == "*" and model.startswith(row.model[:-1]))]
    if fits:
        row = max(fits, key=lambda row: (row.organization_id is not None, row.model == model, len(row.model)))
        return Rate(row.prompt, row.completion, known=True)
    plain = model.rpartition("/")[2].lower()
    if listed := max((name for name in LIST_PRICES if plain.startswith(name)), key=len, default=""):
        prompt, completion = LIST_PRICES[listed]
        return Rate(Decimal(prompt), Decimal(completion))
    return Rate()
