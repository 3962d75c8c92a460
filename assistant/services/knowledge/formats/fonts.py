"""Characters of fonts whose letters are pictures: Symbol, Wingdings and their like."""

from __future__ import annotations

# Of Wingdings, what forms and lists are ticked with; of Symbol, Greek letters and what figures are written with.
_WINGDINGS = {0xFE: "☒", 0xFD: "☒", 0x78: "☒", 0x52: "☑", 0xA8: "☐", 0x6F: "☐", 0xFC: "✓", 0x50: "✓", 0xFB: "✗"}
_WINGDINGS |= {0xE0: "→", 0xB7: "•", 0xA7: "▪", 0x28: "☎", 0x2A: "✉"}
_SYMBOL = dict(zip(range(0x61, 0x7B), "αβχδεφγηιϕκλμνοπθρστυϖωξψζ", strict=True))
_SYMBOL |= dict(zip(range(0x41, 0x5B), "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ", strict=True))
_SYMBOL |= {0xA0: "€", 0xA3: "≤", 0xA5: "∞", 0xAE: "→", 0xB0: "°", 0xB1: "±", 0xB3: "≥", 0xB4: "×", 0xB7: "•", 0xB9: "≠"}
_SYMBOL |= {0xBB: "≈", 0xBC: "…", 0xB8: "÷", 0xD6: "√"} | {
    code: chr(code) for code in (*range(0x20, 0x22), *range(0x28, 0x40))
}
_FONTS = {"wingdings": _WINGDINGS, "wingdings 2": _WINGDINGS, "wingdings 3": _WINGDINGS, "webdings": {}, "symbol": _SYMBOL}


def is_of_pictures(font: str) -> bool:
    return font.lower() in _FONTS


def sign(font: str, number: int) -> str | None:
    """What the character of that number shows in `font`, None where that is not known. Word counts such characters from
    U+F000 on."""
    signs = _FONTS.get(font.lower())
    if signs is not None and (number < 0x100 or 0xF000 <= number < 0xF100):
        return signs.get(number & 0xFF)
    return None if 0xE000 <= number <= 0xF8FF else chr(number)
