"""The demonstration in German, French, Spanish and Arabic: greetings, a person, opening hours, and appointments.

A wish in one of them is put into the few English words that the rules know; what they answer is said in the visitor's
language. Anything else stays English.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from interworky.demo.model import words
from interworky.demo.model.dialogue import Dialogue


@dataclass(frozen=True)
class Language:
    """`words` tell it from others; the next four are what a visitor wants, as patterns; `english` are days and times.
    The rest are the demonstration's sentences, by the name of the English one."""

    words: str
    greeting: str
    person: str
    hours: str
    booking: str
    english: dict[str, str]
    says: dict[str, str]
    joints: str = ""  # where a word is two, such as Dienstag|nachmittag


GERMAN = Language(
    words="ich|möchte|mit|einen?|einem|nicht|bitte|wann|haben|ihr|sie|guten|hallo|moin|servus|grüezi|termin|danke|und|der|die|"
    "um|uhr|öffnungszeiten|geöffnet|morgen|vormittag|nachmittag|ja|nein",
    greeting=r"hallo|guten (?:tag|morgen|abend)|moin|servus|grüezi|grüß gott",
    person=r"(?:mit|zu) (?:\w+ )?(?:\w+ )?(?:menschen|person|mitarbeiter(?:in)?|jemand(?:em)?)|echten? menschen?|rückruf",
    hours=r"öffnungszeiten|geöffnet|offen|wann (?:haben|sind|öffnen|schließen)|geschlossen",
    booking=r"termine?|vorbeikommen|buchen|reservieren",
    english={
        "übermorgen": "day after tomorrow", "heute": "today", "montag": "monday", "dienstag": "tuesday",
        "mittwoch": "wednesday", "donnerstag": "thursday", "freitag": "friday", "samstag": "saturday",
        "sonnabend": "saturday", "sonntag": "sunday", "vormittags?|früh": "morning", "nachmittags?": "afternoon",
        "abends?": "evening", "morgen": "tomorrow",
    },
    says={
        "hello": "Hallo! Ich bin eine Demonstration. Wie kann ich Ihnen helfen?",
        "hours": "Hier sind unsere Öffnungszeiten:",
        "reach": "Ich kann selbst niemanden holen. So erreichen Sie das Team:",
        "alone": "Ich kann selbst niemanden holen.",
        "told": "Eine Nachricht an das Team ist unterwegs. Auf der Karte können Sie Ihre E-Mail-Adresse hinterlassen.",
        "not_told": "Gerade konnte niemand aus dem Team benachrichtigt werden. Was Sie auf der Karte schreiben, "
        "bleibt hier.",
        "kept": "Als Demonstration verschicke ich keine E-Mails. Was Sie schreiben, bleibt hier für das Team gespeichert.",
        "free": "Diese Zeiten sind frei: {times}. Welche passt Ihnen?",
        "none": "Dort habe ich keine freie Zeit gefunden. Soll ich an einem anderen Tag suchen?",
        "waiting": "Bitte prüfen Sie die Angaben auf der Karte und bestätigen Sie dort. Vorher geschieht nichts.",
        "unknown": "Das weiß ich leider nicht. Als Demonstration kenne ich die Öffnungszeiten, suche Termine und hole "
        "das Team.",
    },
    joints="(?<=tag|och|end)(?=(?:vor|nach)mittag|abend|früh)",
)  # fmt: skip
FRENCH = Language(
    words="je|voudrais|veux|avec|une?|pas|quand|vous|êtes|bonjour|bonsoir|salut|rendez-vous|merci|les|des|ouverts?|horaires|"
    "demain|matin|après-midi|oui|non|parler|quelqu'un",
    greeting=r"bonjour|bonsoir|salut",
    person=r"(?:parler|discuter) (?:à|avec) (?:\w+ )?(?:\w+ )?(?:personne|humain|quelqu['’]un|conseiller|employé)\w*"
    r"|vraie personne",
    hours=r"horaires|ouverts?|ouvrez|fermez|fermés?",
    booking=r"rendez-vous|réserver|passer vous voir",
    english={
        "après-demain": "day after tomorrow", "aujourd['’]hui": "today", "lundi": "monday", "mardi": "tuesday",
        "mercredi": "wednesday", "jeudi": "thursday", "vendredi": "friday", "samedi": "saturday", "dimanche": "sunday",
        "après-midi": "afternoon", "matin": "morning", "soir": "evening", "demain": "tomorrow",
    },
    says={
        "hello": "Bonjour ! Je suis une démonstration. Comment puis-je vous aider ?",
        "hours": "Voici nos horaires :",
        "reach": "Je ne peux faire venir personne moi-même. Voici comment joindre l'équipe :",
        "alone": "Je ne peux faire venir personne moi-même.",
        "told": "Un message à l'équipe est en route. Vous pouvez laisser votre adresse e-mail sur la carte.",
        "not_told": "Personne de l'équipe n'a pu être prévenu pour l'instant. Ce que vous écrivez sur la carte reste ici.",
        "kept": "Cette démonstration n'envoie aucun e-mail. Ce que vous écrivez est conservé ici pour l'équipe.",
        "free": "Ces horaires sont libres : {times}. Lequel vous convient ?",
        "none": "Je n'ai pas trouvé d'horaire libre. Voulez-vous que je cherche un autre jour ?",
        "waiting": "Vérifiez les informations sur la carte et confirmez-les là. Rien ne se passe avant.",
        "unknown": "Je ne le sais pas, désolé. Cette démonstration connaît les horaires, cherche des rendez-vous et "
        "appelle l'équipe.",
    },
)  # fmt: skip
SPANISH = Language(
    words="quiero|quisiera|querría|con|una?|cuándo|hola|buen[oa]s|gracias|cita|horarios?|abren|cierran|está|están|el|los|"
    "mañana|tarde|hablar|alguien|sí",
    greeting=r"hola|buen(?:os|as) (?:d[ií]as|tardes|noches)",
    person=r"hablar con (?:\w+ )?(?:\w+ )?(?:persona|humano|alguien|agente|empleado)\w*|persona (?:real|de verdad)",
    hours=r"horarios?|abiert[oa]s?|abren|abrís|cierran|cerrad[oa]s?",
    booking=r"citas?|reservar|turno",
    english={
        "pasado mañana": "day after tomorrow", "hoy": "today", "lunes": "monday", "martes": "tuesday",
        "mi[ée]rcoles": "wednesday", "jueves": "thursday", "viernes": "friday", "s[áa]bado": "saturday",
        "domingo": "sunday", "por la mañana": "morning", "por la tarde": "afternoon", "por la noche": "evening",
        "mañana": "tomorrow",
    },
    says={
        "hello": "¡Hola! Soy una demostración. ¿En qué puedo ayudarle?",
        "hours": "Estos son nuestros horarios:",
        "reach": "No puedo llamar a nadie yo misma. Así puede contactar con el equipo:",
        "alone": "No puedo llamar a nadie yo misma.",
        "told": "Un aviso para el equipo está en camino. Puede dejar su correo en la tarjeta.",
        "not_told": "Ahora no se ha podido avisar a nadie del equipo. Lo que escriba en la tarjeta se queda aquí.",
        "kept": "Esta demostración no envía correos. Lo que escriba se guarda aquí para el equipo.",
        "free": "Estas horas están libres: {times}. ¿Cuál le conviene?",
        "none": "No he encontrado ninguna hora libre. ¿Busco otro día?",
        "waiting": "Compruebe los datos en la tarjeta y confirme allí. Antes de eso no ocurre nada.",
        "unknown": "Lo siento, eso no lo sé. Como demostración conozco los horarios, busco citas y aviso al equipo.",
    },
)  # fmt: skip
ARABIC = Language(
    words=r"\w*[\u0621-\u064a]\w*",
    greeting=r"مرحبا|مرحبًا|أهلا|أهلًا|السلام عليكم|صباح الخير|مساء الخير",
    person=r"(?:التحدث|أتحدث|التكلم|أتكلم|الحديث) (?:مع|إلى) (?:\w+ )?(?:شخص|إنسان|موظف|أحد|بشر)\w*",
    hours=r"ساعات|أوقات (?:العمل|الدوام)|متى (?:تفتح|تغلق)\w*|مفتوح\w*|الدوام",
    booking=r"موعد\w*|مواعيد|حجز|أحجز",
    english={
        "بعد غد": "day after tomorrow", "اليوم": "today", r"(?:يوم )?ال[إا]ثنين": "monday", "الثلاثاء": "tuesday",
        "ال[أا]ربعاء": "wednesday", "الخميس": "thursday", "الجمعة": "friday", "السبت": "saturday", "ال[أا]حد": "sunday",
        "صباح\\w*": "morning", "بعد الظهر": "afternoon", "مساء\\w*": "evening", "غد[اًا]*": "tomorrow",
    },
    says={
        "hello": "مرحبًا! أنا نسخة توضيحية. كيف يمكنني مساعدتك؟",
        "hours": "هذه ساعات عملنا:",
        "reach": "لا أستطيع استدعاء أحد بنفسي. يمكنك التواصل مع الفريق هكذا:",
        "alone": "لا أستطيع استدعاء أحد بنفسي.",
        "told": "إشعار الفريق في الطريق. يمكنك ترك بريدك الإلكتروني في البطاقة.",
        "not_told": "تعذّر إشعار أحد من الفريق الآن. ما تكتبه في البطاقة يبقى هنا.",
        "kept": "لا تُرسل هذه النسخة التوضيحية أي بريد إلكتروني. ما تكتبه يُحفظ هنا للفريق.",
        "free": "هذه الأوقات متاحة: {times}. أيّها يناسبك؟",
        "none": "لم أجد وقتًا متاحًا هناك. هل أبحث في يوم آخر؟",
        "waiting": "يرجى مراجعة البيانات في البطاقة والتأكيد فيها. لن يحدث شيء قبل ذلك.",
        "unknown": "عذرًا، لا أعرف ذلك. هذه نسخة توضيحية تعرف ساعات العمل وتبحث عن المواعيد وتستدعي الفريق.",
    },
)  # fmt: skip
LANGUAGES = (GERMAN, FRENCH, SPANISH, ARABIC)
ENGLISH = r"i|you|your|my|the|is|are|do|does|can|could|what|when|please|would|like|to|with|want|have|and|it|of|for|yes|me"


def _count(pattern: str, text: str) -> int:
    return len(re.findall(rf"(?<!\w)(?:{pattern})(?!\w)", text, re.I))


def spoken(dialogue: Dialogue) -> Language | None:
    """The language of the visitor's last words that tell one; None for English, and where nothing does."""
    for message in reversed(dialogue.heard):
        if message.role != "user":
            continue
        english = _count(ENGLISH, message.text)
        best = max(LANGUAGES, key=lambda language: _count(language.words, message.text))
        if _count(best.words, message.text) > english:
            return best
        if english:
            return None
    return None


def wants(dialogue: Dialogue, pattern: str) -> bool:
    return _count(pattern, dialogue.said) > 0


def in_english(language: Language, dialogue: Dialogue) -> Dialogue:
    """The dialogue with the visitor's wish for an appointment in English words; clocks stay as they are."""
    text = re.sub(language.joints, " ", dialogue.said, flags=re.I) if language.joints else dialogue.said
    for pattern, word in language.english.items():
        text = re.sub(rf"(?<!\w)(?:{pattern})(?!\w)", f" {word} ", text, flags=re.I)
    kept = re.findall(
        rf"day after tomorrow|tomorrow|today|morning|afternoon|evening|{'|'.join(words.WEEKDAYS)}|\d{{1,2}}[:.]\d\d", text
    )
    at = max(
        place for place, message in enumerate(dialogue.messages) if message.role == "user" and dialogue.said in message.text
    )
    wish = replace(dialogue.messages[at], text=f"an appointment {' '.join(kept)}")
    return Dialogue([*dialogue.messages[:at], wish, *dialogue.messages[at + 1 :]], dialogue.tools)
