"""What a visitor reads, by code and language: D18's second answer. Staff and logs read the code and the details."""

from __future__ import annotations

_SENTENCES: dict[str, dict[str, str]] = {
    "bad_input": {
        "en": "That could not be understood.",
        "de": "Das konnte nicht verstanden werden.",
        "fr": "Cela n'a pas pu être compris.",
        "es": "No se ha podido entender.",
    },
    "conflict": {
        "en": "That was already done differently. Please reload the page.",
        "de": "Das wurde schon anders erledigt. Bitte laden Sie die Seite neu.",
        "fr": "Cela a déjà été fait autrement. Veuillez recharger la page.",
        "es": "Eso ya se hizo de otra manera. Recargue la página, por favor.",
    },
    "message_too_long": {
        "en": "That message is too long. Please shorten it.",
        "de": "Diese Nachricht ist zu lang. Bitte kürzen Sie sie.",
        "fr": "Ce message est trop long. Veuillez le raccourcir.",
        "es": "Ese mensaje es demasiado largo. Acórtelo, por favor.",
    },
    "too_much": {
        "en": "That was a bit fast. Please wait a moment and try again.",
        "de": "Das war etwas schnell. Bitte warten Sie einen Moment.",
        "fr": "C'était un peu rapide. Veuillez patienter un instant.",
        "es": "Ha ido un poco rápido. Espere un momento, por favor.",
    },
    "not_allowed": {
        "en": "This chat is not available here.",
        "de": "Dieser Chat ist hier nicht verfügbar.",
        "fr": "Ce chat n'est pas disponible ici.",
        "es": "Este chat no está disponible aquí.",
    },
    "not_found": {
        "en": "That is no longer there.",
        "de": "Das gibt es nicht mehr.",
        "fr": "Cela n'existe plus.",
        "es": "Eso ya no existe.",
    },
    "not_available": {
        "en": "The assistant cannot answer just now. Please try again in a moment.",
        "de": "Der Assistent kann gerade nicht antworten. Bitte versuchen Sie es gleich noch einmal.",
        "fr": "L'assistant ne peut pas répondre pour le moment. Veuillez réessayer dans un instant.",
        "es": "El asistente no puede responder ahora mismo. Inténtelo de nuevo en un momento.",
    },
    "no_answer": {
        "en": "No answer came. Please try again.",
        "de": "Es kam keine Antwort. Bitte versuchen Sie es noch einmal.",
        "fr": "Aucune réponse n'est arrivée. Veuillez réessayer.",
        "es": "No llegó ninguna respuesta. Inténtelo de nuevo.",
    },
    "incomplete": {
        "en": "The answer was cut off. You can try again.",
        "de": "Die Antwort wurde unterbrochen. Sie können es noch einmal versuchen.",
        "fr": "La réponse a été interrompue. Vous pouvez réessayer.",
        "es": "La respuesta se interrumpió. Puede intentarlo de nuevo.",
    },
    "budget_exceeded": {
        "en": "The assistant has reached its limit for now. Please come back later, or contact us directly.",
        "de": "Der Assistent hat sein Limit erreicht. Bitte kommen Sie später wieder oder melden Sie sich direkt.",
        "fr": "L'assistant a atteint sa limite. Revenez plus tard ou contactez-nous directement.",
        "es": "El asistente ha alcanzado su límite. Vuelva más tarde o contáctenos directamente.",
    },
    "refused": {
        "en": "I can't help with that.",
        "de": "Dabei kann ich nicht helfen.",
        "fr": "Je ne peux pas vous aider pour cela.",
        "es": "No puedo ayudar con eso.",
    },
    "human_request": {
        "en": "I would like to talk to a person.",
        "de": "Ich möchte mit einem Menschen sprechen.",
        "fr": "Je voudrais parler à quelqu'un.",
        "es": "Me gustaría hablar con una persona.",
    },
    "not_done": {
        "en": "To be clear: that has not been done yet.",
        "de": "Um es klar zu sagen: Das ist noch nicht geschehen.",
        "fr": "Pour être clair : cela n'a pas encore été fait.",
        "es": "Para que quede claro: eso todavía no se ha hecho.",
    },
    "unavailable": {
        "en": "That could not be saved just now. Nothing is lost; please try again in a moment.",
        "de": "Das konnte gerade nicht gespeichert werden. Nichts ist verloren; bitte versuchen Sie es gleich noch einmal.",
        "fr": "Impossible d'enregistrer pour le moment. Rien n'est perdu ; veuillez réessayer dans un instant.",
        "es": "No se ha podido guardar ahora mismo. No se ha perdido nada; inténtelo de nuevo en un momento.",
    },
    "internal": {
        "en": "Something went wrong on our side. Please try again.",
        "de": "Bei uns ist etwas schiefgegangen. Bitte versuchen Sie es noch einmal.",
        "fr": "Une erreur s'est produite de notre côté. Veuillez réessayer.",
        "es": "Algo ha fallado por nuestra parte. Inténtelo de nuevo.",
    },
}
_SENTENCES |= dict.fromkeys(("token_required", "token_invalid", "token_expired"), _SENTENCES["not_allowed"])

CODES = frozenset(_SENTENCES)


def sentence(code: str, locale: str = "") -> str:
    """The sentence for `code` in the language of `locale` ("de-AT"), in English where there is none."""
    by_language = _SENTENCES.get(code, _SENTENCES["internal"])
    return by_language.get(locale.split("-")[0].lower(), by_language["en"])
