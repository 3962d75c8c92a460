"""The treatments of Bright Smile Dental: one table for its pages, its API and its assistant's knowledge."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Treatment:
    name: str
    price: str
    duration: str
    text: str

    @property
    def summary(self) -> str:
        return f"{self.name}: {self.price}, {self.duration}."


TREATMENTS = {
    "check-up": Treatment(
        "Check-up with X-rays", "£55", "30 minutes", "A careful look at every tooth, X-rays if they help, and a plan."
    ),
    "cleaning": Treatment(
        "Cleaning by the hygienist", "£70", "45 minutes", "Tartar and stains gone, gums looked after, tips for home."
    ),
    "white-filling": Treatment(
        "White filling", "from £120", "45 minutes", "Matched to the colour of your tooth, so that only you know it is there."
    ),
    "root-canal": Treatment(
        "Root canal treatment", "from £380", "90 minutes", "Under the microscope and without pain, to save your own tooth."
    ),
    "crown": Treatment(
        "Porcelain crown", "£650", "two visits of 60 minutes", "Milled to fit, polished by hand, and made to last."
    ),
    "implant": Treatment(
        "Implant with crown", "from £2,400", "several visits", "A new root and a new tooth, planned in 3D."
    ),
    "whitening": Treatment(
        "Whitening at home",
        "£290",
        "30 minutes to fit the trays",
        "Custom-made trays and gel for two weeks.",
    ),
    "aligners": Treatment(
        "Clear aligners (braces)",
        "from £2,900",
        "all visits included",
        "Straight teeth without wires, for all ages.",
    ),
    "children": Treatment(
        "Check-up for children under 12", "free", "20 minutes", "A ride in the chair, a look at every tooth, and a sticker."
    ),
}
