"""Time zones by the names that their places have today.

Browsers report many zones under names that were given up decades ago, since CLDR never changes the name that it uses:
Chrome says Asia/Calcutta and Europe/Kiev. As zones those are the same, but nobody there would write them.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

# Another spelling or name of the same place: the section "Alternate names for the same location" of tzdata's `backward`, and
# CLDR's `iana` attributes. Not taken from the links themselves: most of those say that two places have the same clock.
RENAMED = {
    "Africa/Asmera": "Africa/Asmara",
    "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
    "America/Catamarca": "America/Argentina/Catamarca",
    "America/Coral_Harbour": "America/Atikokan",
    "America/Cordoba": "America/Argentina/Cordoba",
    "America/Fort_Wayne": "America/Indiana/Indianapolis",
    "America/Godthab": "America/Nuuk",
    "America/Indianapolis": "America/Indiana/Indianapolis",
    "America/Jujuy": "America/Argentina/Jujuy",
    "America/Louisville": "America/Kentucky/Louisville",
    "America/Mendoza": "America/Argentina/Mendoza",
    "America/Porto_Acre": "America/Rio_Branco",
    "Asia/Ashkhabad": "Asia/Ashgabat",
    "Asia/Calcutta": "Asia/Kolkata",
    "Asia/Chungking": "Asia/Chongqing",
    "Asia/Dacca": "Asia/Dhaka",
    "Asia/Istanbul": "Europe/Istanbul",
    "Asia/Katmandu": "Asia/Kathmandu",
    "Asia/Macao": "Asia/Macau",
    "Asia/Rangoon": "Asia/Yangon",
    "Asia/Saigon": "Asia/Ho_Chi_Minh",
    "Asia/Thimbu": "Asia/Thimphu",
    "Asia/Ujung_Pandang": "Asia/Makassar",
    "Asia/Ulan_Bator": "Asia/Ulaanbaatar",
    "Atlantic/Faeroe": "Atlantic/Faroe",
    "Europe/Kiev": "Europe/Kyiv",
    "Europe/Nicosia": "Asia/Nicosia",
    "Pacific/Enderbury": "Pacific/Kanton",
    "Pacific/Ponape": "Pacific/Pohnpei",
    "Pacific/Samoa": "Pacific/Pago_Pago",
    "Pacific/Truk": "Pacific/Chuuk",
}
# Named for a part of a country, of which "Eastern" or "West" alone says nothing.
COUNTRIES = (
    "Australia/ACT", "Australia/NSW", "Australia/North", "Australia/South", "Australia/West", "Brazil/", "Canada/", "Chile/",
    "Mexico/", "US/",
)  # fmt: skip


@lru_cache(maxsize=1024)
def current(name: str) -> str:
    """ "Asia/Kolkata" of Asia/Calcutta, "America/New_York" of US/Eastern; any other name as it is."""
    return RENAMED.get(name) or (_targets().get(name, name) if name.startswith(COUNTRIES) else name)


@lru_cache(maxsize=1)
def _targets() -> dict[str, str]:
    """The links of tzdata's own list: of each name the zone whose clock it has."""
    lines = (files("tzdata.zoneinfo") / "tzdata.zi").read_text().splitlines()
    return {alias: target for _, target, alias in (line.split() for line in lines if line.startswith("L "))}
