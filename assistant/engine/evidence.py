"""What claims are held against, and what is found of them."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.llm import Receipt

ACTS = ("booked", "cancelled", "rescheduled", "sent", "done")


@dataclass(frozen=True)
class Evidence:
    """What claims are held against. `effects` names acts, "any" backs everything; `receipts` are those of them that have a
    reference or a time; `said` are the texts from which a reference may be repeated: a visitor's, a tool's, ours.

    `idle`: methods that act are on offer, and none has run.
    """

    effects: frozenset[str] = frozenset()
    receipts: tuple[Receipt, ...] = ()
    said: tuple[str, ...] = ()
    idle: bool = False

    def knows(self, code: str) -> bool:
        plain = code.replace("-", "").replace(" ", "").upper()
        references = (receipt.reference.replace("-", "") for receipt in self.receipts)
        return plain in references or any(plain in text.replace("-", "").upper() for text in self.said)

    def backs(self) -> frozenset[str]:
        """The acts that may be spoken of: any act backs a vague "done"."""
        if not self.effects:
            return self.effects
        backed = {*self.effects, "done"}
        if backed & {"booked", "rescheduled"}:
            backed |= {"booked", "rescheduled", "sent"}  # its confirmation is in the outbox, by the same transaction
        if "cancelled" in backed:
            backed.add("sent")
        return frozenset(backed)


@dataclass(frozen=True)
class Verdict:
    """`unbacked`: acts that are claimed without a receipt, "reference" among them; `doubtful`: no pattern can tell."""

    unbacked: frozenset[str] = frozenset()
    doubtful: bool = False


NOTHING = Evidence()
