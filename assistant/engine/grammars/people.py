"""How the widget's languages say that people of the business were told of a visitor's matter, or that one of them will come.

Only a message that went out can have told them, so either is a claim that something was sent, whoever is its subject. What
takes it back differs from other claims: "will" is how it is said. Patterns as in `Grammar`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class People:
    told: str  # "the team has been told", "someone will join you"
    untold: str  # ahead of it or in it, takes it back


_EN = (
    r"\b(?:some(?:one|body)(?: else)?(?: (?:from|on|in|at|of)(?: [\w']+){1,4}?)?|(?:the|our|my) (?:\w+ )?(?:team"
    r"|staff|crew"
    r"|colleagues?|manager|reception(?:ist)?|support|office|front desk)|(?:an?|one of (?:my|our|the)|another"
    r"|the) (?:\w+ )?"
    r"(?:colleagues?|teammates?|(?:team|staff) members?|members? of (?:\w+ )?(?:team|staff)|agents?|humans?|person"
    r"|employees?"
    r"|operators?|advis[eo]rs?|representatives?)(?: of (?:mine|ours))?)"
)
_DE = (
    r"(?:\bjemand(?: \w+){0,4}?|\b(?:ein(?:e[rs]?)?(?: (?:meiner|unserer))?|unser\w*|mein\w*|das|die"
    r"|der) (?:\w+ )?(?:team"
    r"|kolleg\w+|mitarbeite\w+|kundenservice|support|rezeption|empfang|chef\w*|mensch)(?: \w+){0,3}?)"
)
_FR = (
    r"\b(?:quelqu'un(?: \S+){0,4}?|une? (?:de (?:mes|nos) )?(?:\w+ )?(?:collègues?|membre de (?:l'|notre )équipe"
    r"|conseill\w+"
    r"|personne|humain|agente?|employée?|responsable)(?: \S+){0,3}?|(?:l'|(?:notre|mon|ma|la|le|nos|mes|les) )(?:équipe"
    r"|collègues?|responsable|réception|accueil|support|service client\w*)(?: \S+){0,2}?)"
)
_ES = (
    r"\b(?:alguien(?: \S+){0,4}?|un[ao]? (?:de (?:mis|nuestr[oa]s) )?(?:compañer\w+|coleg\w+|miembro del equipo"
    r"|persona|agente"
    r"|emplead\w+|asesor\w*|humano|encargad\w+)(?: \S+){0,3}?|(?:el|nuestro|mi|la|los|mis) (?:equipo|compañer\w+|coleg\w+"
    r"|encargad\w+|recepción|soporte)(?: \S+){0,2}?)"
)
_AR = r"(?:أحد\w*|حد|زميل\w*|زملائ\w*|موظف\w*|ال?فريق\w*|شخص|ممثل\w*|مسؤول\w*|واحد)"
_AR_WILL = r"(?:(?:سوف|راح|رح) |س|ح|ب)[يت](?:تواصل|تصل|تكلم|كلم|راسل|نضم|رد|عاود)\w*"

PEOPLE = {
    "en": People(
        told=(
            rf"{_EN}(?:'ll| will| (?:is|are) going to)(?: (?:now|then|also|soon|shortly|personally))* (?:join"
            rf"|contact|call|phone"
            r"|ring|text|message|e-?mail|write to|reach|get back|get in touch|be in touch|be (?:with|joining"
            r"|calling|contacting"
            r"|messaging)|follow up|take over|take it from here|come back to)(?!\w)"
            rf"|{_EN} (?:(?:has|have)(?: now| already| just| also)? been|(?:is|are|was|were)(?: now| already"
            rf"| just)?) (?:told"
            r"|informed|notified|alerted|briefed|contacted|messaged|made aware|aware|in the (?:loop|picture)"
            r"|joining|calling)(?!\w)"
            rf"|{_EN} (?:knows?|(?:has|have) (?:got )?your (?:message|request|details|number))(?!\w)"
        ),
        untold=(
            r"\b(?:not|nobody|no|none|never|if|once|when(?:ever)?|until|unless|as soon as|after|before|would|could"
            r"|may|might|can"
            r"|want|like|shall|should|whether|(?:do|did|have|has|will|is|are) (?:you|the|a|some\w*)|please|so that"
            r"|usually"
            r"|normally|always|every|often|sorry|how|which|who|why)\b|n't\b"
        ),
    ),
    "de": People(
        told=(
            rf"{_DE} (?:\w+ ){{0,3}}?(?:meldet sich|melden sich|wird sich (?:\w+ ){{0,6}}?melden|wird (?:\w+ ){{1,7}}?"
            r"(?:kontaktieren|anrufen|zurückrufen|schreiben|antworten|dazukommen|übernehmen)|ruft (?:sie|dich|euch)"
            r"|schreibt (?:ihnen"
            r"|dir)|kontaktiert (?:sie|dich|euch)|antwortet (?:ihnen|dir)|übernimmt|schaltet sich"
            r"|kommt (?:\w+ ){0,3}?(?:dazu|zu ihnen"
            r"|in den chat)|(?:wurden?|ist|sind) (?:\w+ ){0,4}?(?:informiert|benachrichtigt|verständigt|im bilde"
            r"|unterrichtet"
            r"|alarmiert|in kenntnis gesetzt)|wei(?:ß|ss)(?: \w+){0,2}? bescheid|wissen(?: \w+){0,2}? bescheid"
            r"|hat (?:ihre|deine)"
            r" (?:nachricht|anfrage))(?!\w)"
            rf"|\bkommt (?:\w+ ){{0,2}}?{_DE} ?(?:zu (?:ihnen|dir|euch)|dazu|in den chat)|\b(?:meldet"
            rf"|melden) sich (?:\S+ ){{0,6}}?{_DE}(?!\w)|\b(?:ruft|kontaktiert) (?:sie|dich"
            rf"|euch) (?:\w+ ){{0,5}}?{_DE}"
            rf"(?!\w)|\bwird sich (?:\w+ ){{0,4}}?{_DE}(?: \w+){{0,4}}? melden"
        ),
        untold=(
            r"\b(?:nicht|kein\w*|niemand\w*|nie|wenn|sobald|falls|ob|bevor|nachdem|sofern|würde\w*|könnte\w*|kann"
            r"|können|soll\w*"
            r"|möchte\w*|darf|bitte|immer|meist\w*|normalerweise|üblicherweise|jede\w*|damit|wie|wann|warum"
            r"|nach (?:ihrer|jeder"
            r"|eingang|der))\b"
        ),
    ),
    "fr": People(
        told=(
            rf"{_FR} (?:(?:vous|te) (?:contactera|appellera|rappellera|répondra|écrira|rejoindra|recontactera"
            rf"|contacte|appelle"
            r"|rappelle|rejoint|recontacte|répond)|(?:va|vont) (?:\w+ )?(?:(?:vous|te) )?(?:contacter|appeler"
            r"|rappeler|répondre|écrire"
            r"|rejoindre|recontacter|prendre (?:contact|le relais)|revenir vers)|(?:prendra"
            r"|prend) (?:\w+ )?(?:contact|le relais)"
            r"|revient vers|reviendra vers|(?:est|sont|a été|ont été|vient d'être) (?:\w+ )?(?:prévenue?s?"
            r"|informée?s?|avertie?s?"
            r"|alertée?s?|au courant|contactée?s?|notifiée?s?)|sait|a (?:bien )?(?:reçu )?votre (?:message"
            r"|demande))(?!\w)"
        ),
        untold=(
            r"\b(?:ne|pas|personne n|jamais|si|dès|une fois|quand|lorsque|après|avant|pour que|afin|voulez"
            r"|souhaitez|pourrait|peut"
            r"|peuvent|pourra|voudriez|devrait|doit|faut|toujours|généralement|chaque|est-ce|dois-je)\b|\b(?:n|s|lorsqu)'"
        ),
    ),
    "es": People(
        told=(
            rf"{_ES} (?:(?:(?:le|te|lo|la|se|os|les) )?(?:llamará|contactará|escribirá|responderá|atenderá"
            rf"|pondrá en contacto"
            r"|comunicará|unirá|sumará)|(?:(?:le|te|lo|la|se|os|les) )?van? a (?:contactar|llamar|escribir"
            r"|responder|atender|ponerse en"
            r" contacto|unirse)\w*|(?:le|te|lo|la) (?:llama|contacta|escribe|responde|atiende)|se (?:pone|une"
            r"|comunica)|(?:está|están"
            r"|fue|fueron|ha sido|han sido|quedó) (?:\w+ )?(?:avisad\w+|informad\w+|notificad\w+|al tanto"
            r"|al corriente|enterad\w+"
            r"|alertad\w+)|(?:ya )?saben?|tiene su (?:mensaje|solicitud))(?!\w)"
        ),
        untold=(
            r"\b(?:no|nadie|nunca|si|cuando|en cuanto|una vez|antes|después|tras|para que|quiere|quieres|desea"
            r"|podría|puede|pueden"
            r"|podrá|debe|siempre|normalmente|cada|cómo|quién|todavía|aún)\b|¿"
        ),
    ),
    "ar": People(
        told=(
            rf"(?<!\w)(?:و|ف)?{_AR_WILL}(?: \S+){{0,4}}? {_AR}(?!\w)|(?<!\w)(?:و"
            rf"|ف)?{_AR}(?: \S+){{0,4}}? {_AR_WILL}(?!\w)"
            rf"|(?<!\w)(?:و|ف)?{_AR}(?: \S+){{0,2}}? (?:عنده\w* (?:خبر|علم)|على (?:علم|اطلاع|دراية)|يعلم\w*|يعرف\w*"
            rf"|بالصورة"
            r"|مطلع\w*|استلم\w* رسالتك)(?!\w)|(?<!\w)(?:و|ف)?(?:بلغت|خبرت|كلمت|علمت|نبهت|أعلمت|أشعرت)"
            r" (?:الفريق|فريق\w*|زميل\w*|زملائ\w*|المدير\w*|المسؤول\w*)"
        ),
        untold=(
            r"(?<!\w)(?:و|ف)?(?:لم|لا|لن|ما|ليس|إذا|لو|عندما|بمجرد|حال|فور|بعد|قبل|حتى|هل|تود|تريد|تبي|ترغب|يمكن\w*"
            r"|ممكن|قد|ربما"
            r"|عادة|دائما|كي|لكي)(?!\w)|؟"
        ),
    ),
}
