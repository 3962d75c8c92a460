"""How languages say that something has been done: the data of `claims`, one grammar per language.

Every field is a regular expression's body; `acts` are the forms of a verb that say it happened. Repeats are bounded
wherever these are put together, so that matching is linear in the sentence.
"""

from __future__ import annotations

from dataclasses import dataclass, field


def words(text: str) -> str:
    """Alternatives from a list written as prose; "_" stands for a space within one."""
    return "|".join(sorted((word.replace("_", r"\s+") for word in text.split()), key=len, reverse=True))


@dataclass(frozen=True)
class Grammar:
    acts: dict[str, str]
    doer: str  # who says that he did it: "I've"
    thing: str  # what a visitor asked for, as the subject of a passive: "your appointment"
    became: str  # "is", "has been"
    you: str  # the visitor as the subject: "you are"
    not_yet: str  # negations, conditions, wishes, offers, questions: what takes an assertion back
    reach: int  # words that may stand between a verb and its other half
    phrases: dict[str, str] = field(default_factory=dict)  # whole phrases that claim without such a form
    alone: str = ""  # forms that claim as a clause of their own: "Booked!"


GRAMMARS = {
    "en": Grammar(
        acts={
            "booked": words("booked scheduled reserved arranged confirmed set_up penciled_in pencilled_in slotted secured"),
            "cancelled": words("cancelled canceled called_off"),
            "rescheduled": words("rescheduled moved rebooked postponed shifted pushed_back brought_forward"),
            "sent": words(
                "sent emailed e-mailed forwarded notified informed alerted submitted messaged delivered relayed passed "
                "told texted contacted filed"
            ),
            "done": words(
                "updated registered placed processed refunded recorded created added saved ordered removed deleted applied "
                "completed issued subscribed unsubscribed changed logged noted_down signed_you_up activated enrolled "
                "credited paid purchased upgraded made entered"
            ),
        },
        doer=r"\b(?:i|we)(?:['’]ve|\s+have|\s+had)?(?:\s+(?:just|now|also|already|successfully|gone\s+ahead\s+and"
        r"|went\s+ahead\s+and|been\s+able\s+to\s+get))*",
        thing=r"\b(?:(?:your|his|her|their|this|that)\s+[\w'’-]+|it|everything|(?:the|an?|my)\s+(?:\w+\s+)?(?:appointments?"
        r"|bookings?|reservations?|slot|time|table|visit|meeting|call|consultation|session|check-?up|cleaning|message|e-?mail"
        r"|mail|confirmation|invitation|invite|request|order|refund|ticket|cancellation|note|reminder|form|payment|return"
        r"|enquiry|inquiry|change|team|details?|account|subscription|delivery))",
        became=r"\b(?:is|are|was|were|(?:has|have)\s+(?:\w+\s+)?been|['’]s\s+been|got)|['’]s(?=\s)",
        you=r"\byou(?:\s+are|['’]re|\s+have\s+been|['’]ve\s+been)",
        not_yet=r"\b(?:not|cannot|unable|never|no_longer|nothing|none|once|after|when|whenever|if|whether|until|unless|before"
        r"|as\s+soon\s+as|would|could|should|shall|may|might|can|will|to\s+(?:be|get|have)|yet\s+to|please|want|wants|like|need"
        r"|needs|let\s+me|let['’]s|going\s+to|about\s+to|ready\s+to|try|trying|tried|failed|sorry|how|why|(?:have|did|do|were"
        r"|are|had)\s+you|has\s+anyone|told\s+me|been\s+told|usually|normally|always|typically|often|every|must|required|only"
        r"|without|waiting|pending|awaiting)\b|n['’]t\b|['’]ll\s+(?:be|get|have)\b",
        reach=4,
        phrases={
            "booked": r"\byou(?:['’]re|\s+are)\s+(?:now\s+)?(?:all\s+set|good\s+to\s+go"
            r"|(?:down|in|on\s+the\s+schedule)\s+for)\b"
            r"|\b(?:got|put|have|added|entered)\s+you\s+(?:down|in|to\s+the)\b|\bconsider\s+it\s+(?:booked|done)\b"
            r"|\b(?:booking|appointment|reservation)\s+(?:is\s+)?(?:all\s+)?(?:complete|successful|set)\b"
            r"|\byour\s+(?:booking|confirmation|reference)\s+(?:number|code|reference|id)\s*(?:is|:)"
            r"|\A\W*(?:(?:great|perfect|excellent|wonderful|ok|okay|alright)\W+)?(?:see\s+you|we(?:['’]ll|\s+will)\s+see\s+you"
            r"|we\s+look\s+forward\s+to\s+seeing\s+you)\s+(?:on|at|tomorrow|next|then|in|this|there)\b",
            "sent": r"\b(?:i|we)(?:['’]ve|\s+have)?\s+(?:just\s+|also\s+)?let\s+(?:\w+\s+){1,3}know\b"
            r"|\byou(?:['’]ll|\s+will|\s+should)\s+(?:\w+\s+)?(?:receive|get|find)\s+(?:a|an|the|your)\s+(?:\w+\s+){0,2}"
            r"(?:confirmation|e-?mail|invitation|receipt)\b"
            r"|\b(?:e-?mail|message|confirmation|invitation|request|note)\s+(?:is\s+|has\s+|['’]s\s+)?(?:now\s+|already\s+)?"
            r"(?:on\s+(?:its|the)\s+way|gone\s+(?:out|through|off))\b",
        },
        alone=words(
            "booked scheduled confirmed sent cancelled canceled rescheduled reserved done all_set submitted all_done"
        ),
    ),
    "de": Grammar(
        acts={
            "booked": words("gebucht reserviert eingetragen vereinbart bestätigt vorgemerkt eingebucht fixiert gesichert"),
            "cancelled": words("storniert abgesagt gestrichen abgemeldet gekündigt"),
            "rescheduled": words("verschoben umgebucht verlegt geändert vorgezogen"),
            "sent": words(
                "gesendet geschickt verschickt versandt weitergeleitet weitergegeben informiert benachrichtigt übermittelt "
                "zugeschickt gemailt abgeschickt zugesandt bescheid_gegeben eingereicht kontaktiert ausgerichtet"
            ),
            "done": words(
                "aktualisiert registriert aufgegeben erstattet gespeichert angelegt hinzugefügt bestellt gelöscht "
                "angemeldet erledigt ausgeführt erfasst vermerkt notiert erstellt durchgeführt"
            ),
        },
        doer=r"\b(?:ich\s+habe|wir\s+haben|habe\s+ich|haben\s+wir)",
        thing=r"\b(?:ihr\w*|dein\w*|euer|eure|der|die|das|eine?|es|alles)\s*(?:termin\w*|buchung|reservierung|nachricht|e-?mail"
        r"|mail|bestätigung|anfrage|bestellung|anliegen|team|praxis|rückerstattung|stornierung|absage|änderung|adresse|daten"
        r"|tisch|zimmer|platz|konto|abo|einladung|formular|zahlung|besuch|beratung|\w+termin|\w+nummer)?",
        became=r"\b(?:ist|sind|wurden?|worden)",
        you=r"\b(?:sie\s+sind|du\s+bist|sie\s+wurden|du\s+wurdest)",
        not_yet=r"\b(?:nicht|kein\w*|nie|nichts|noch|sobald|wenn|falls|ob|bevor|bis|nachdem|würde\w*|könnte\w*|kann|können|soll\w*"
        r"|möchte\w*|werde|werden|wird|muss|müssen|bitte|lassen|gerne|leider|haben\s+sie|hast\s+du|immer|meist\w*|normalerweise"
        r"|üblicherweise|erst|jede\w*|ausgebucht|warum|wie)\b",
        reach=10,
        phrases={
            "booked": r"\bihr\w*\s+(?:termin|buchung|reservierung)\s+(?:steht|ist\s+fix)\b|\A\W*(?:super|perfekt|prima)?\W*"
            r"(?:bis|wir\s+sehen\s+uns)\s+(?:am\s+|dann|nächsten\s+)?(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|dann)\b",
            "sent": r"\b(?:sie|du)\s+(?:erhalten|erhältst|bekommen|bekommst)\s+(?:\w+\s+){0,3}(?:bestätigung\w*|e-?mail)\b"
            r"|\b(?:bestätigung|nachricht|e-?mail)\s+ist\s+unterwegs\b",
        },
        alone=words("gebucht erledigt bestätigt storniert verschickt gesendet reserviert abgeschickt verschoben"),
    ),
    "fr": Grammar(
        acts={
            "booked": words(
                "réservé réservée réservés réservées programmé programmée planifié planifiée fixé fixée confirmé confirmée "
                "confirmés enregistré enregistrée pris noté bloqué"
            ),
            "cancelled": words("annulé annulée annulés annulées"),
            "rescheduled": words("reporté reportée déplacé déplacée décalé décalée modifié modifiée reprogrammé avancé"),
            "sent": words(
                "envoyé envoyée envoyés transmis transmise transféré transférée informé informée prévenu prévenue averti "
                "avertie expédié expédiée notifié notifiée contacté contactée soumis soumise parti partie"
            ),
            "done": words(
                "mis_à_jour mise_à_jour créé créée ajouté ajoutée remboursé remboursée commandé commandée supprimé "
                "supprimée effectué effectuée inscrit inscrite traité traitée"
            ),
        },
        doer=r"(?:\bj['’]ai|\bnous\s+avons|\bje\s+viens\s+de|\bje\s+vous\s+ai)",
        thing=r"(?:\b(?:votre|ton|ta|le|la|un|une|ce|cette|vos)\s+(?:rendez-vous|réservation|consultation|message|e-?mail|mail"
        r"|courriel|confirmation|demande|commande|équipe|remboursement|créneau|table|annulation|invitation|visite|adresse"
        r"|inscription|compte|paiement|dossier)|\bl['’]équipe|\b(?:tout|cela|ça|c['’]))",
        became=r"\b(?:est|sont|a\s+(?:bien\s+)?été|ont\s+(?:bien\s+)?été)",
        you=r"\bvous\s+(?:êtes|avez\s+été)",
        not_yet=r"\b(?:pas|ne|n|jamais|rien|si|dès|quand|lorsque|une\s+fois|avant|après|sera|seront|serait|pourrai\w*|peux|peut"
        r"|pouvez|voulez|souhaitez|dois|doit|faut|avez-vous|voudriez|aimeriez|toujours|généralement|désolée?|encore|comment)\b",
        reach=6,
        phrases={
            "booked": r"\bc['’]est\s+(?:réservé|confirmé|fait|noté|bon)\b"
            r"|\A\W*à\s+(?:mardi|lundi|mercredi|jeudi|vendredi|samedi)\b",
            "sent": r"\bvous\s+(?:allez\s+recevoir|recevrez)\s+(?:un|une)\s+(?:e-?mail|confirmation|message|courriel|mail)",
        },
        alone=words("réservé confirmé envoyé annulé fait"),
    ),
    "es": Grammar(
        acts={
            "booked": words(
                "reservado reservada reservados programado programada agendado agendada confirmado confirmada concertado "
                "concertada apuntado apuntada fijado fijada reservé agendé programé confirmé"
            ),
            "cancelled": words("cancelado cancelada anulado anulada cancelé anulé"),
            "rescheduled": words("reprogramado reprogramada cambiado cambiada movido movida aplazado aplazada moví cambié"),
            "sent": words(
                "enviado enviada enviados mandado mandada reenviado reenviada transmitido informado informada avisado "
                "avisada notificado notificada contactado envié mandé avisé notifiqué informé"
            ),
            "done": words(
                "actualizado actualizada registrado registrada creado creada añadido añadida reembolsado reembolsada pedido "
                "eliminado eliminada guardado guardada inscrito inscrita realizado realizada tramitado tramitada"
            ),
        },
        doer=r"(?:\b(?:he|hemos|ya\s+he|le\s+he|te\s+he|ya|le|te|lo|la)|\A\W*)",
        thing=r"\b(?:su|tu|la|el|un|una|todo|ya)\s*(?:cita|reserva|mensaje|correo|e-?mail|confirmación|solicitud|pedido|equipo"
        r"|reembolso|mesa|cancelación|consulta|visita|invitación|dirección|cuenta|pago|hora)?",
        became=r"\b(?:está|están|es|ha\s+sido|han\s+sido|quedó|queda|ha\s+quedado|se\s+ha|fue|ha)",
        you=r"\b(?:estás|usted\s+está)",
        not_yet=r"\b(?:no|nunca|nada|si|cuando|una\s+vez|antes|después|hasta|será|serán|sería|podría\w*|puedo|puede|quiere\w*|desea"
        r"|debe|haya|hayas|gustaría|aún|todavía|siempre|normalmente|lamento|siento|cómo)\b|¿",
        reach=5,
        phrases={
            "sent": r"\b(?:recibir[áa]s?|le\s+llegará)\s+(?:un|una)\s+(?:correo|confirmación|mensaje|e-?mail)",
            "booked": r"\b(?:nos\s+vemos|hasta)\s+(?:el\s+)?(?:lunes|martes|miércoles|jueves|viernes)\b",
        },
        alone=words("reservado confirmado enviado cancelado hecho listo"),
    ),
    "it": Grammar(
        acts={
            "booked": words(
                "prenotato prenotata fissato fissata programmato programmata confermato confermata riservato riservata"
            ),
            "cancelled": words("cancellato cancellata annullato annullata disdetto disdetta"),
            "rescheduled": words("spostato spostata riprogrammato riprogrammata rinviato rinviata"),
            "sent": words(
                "inviato inviata mandato mandata spedito inoltrato inoltrata informato informata avvisato trasmesso"
            ),
            "done": words(
                "aggiornato aggiornata registrato registrata creato aggiunto rimborsato ordinato eliminato salvato"
            ),
        },
        doer=r"\b(?:ho|abbiamo|l['’]ho|le\s+ho|ti\s+ho)",
        thing=r"(?:\b(?:il|la|un|una)\s+(?:suo|sua|tuo|tua)?\s*(?:appuntamento|prenotazione|messaggio|e-?mail|mail|conferma"
        r"|richiesta|ordine|rimborso|tavolo|visita|team)|\bl['’](?:appuntamento|ordine|e-?mail))",
        became=r"(?:\bè\s+stat[oa]|\bsono\s+stat[ie]|\bè|\brisulta)",
        you=r"\bè\s+(?=prenotat|registrat)",
        not_yet=r"\b(?:non|mai|niente|nulla|se|quando|una\s+volta|appena|prima|dopo|sarà|saranno|sarebbe|potrei|posso|può|vuole"
        r"|vorrei|desidera|deve|ha\s+già|ancora|sempre|purtroppo)\b",
        reach=5,
        alone=words("prenotato confermato inviato fatto"),
    ),
    "pt": Grammar(
        acts={
            "booked": words(
                "reservado reservada agendado agendada marcado marcada confirmado confirmada marquei agendei reservei"
            ),
            "cancelled": words("cancelado cancelada desmarcado desmarcada cancelei desmarquei"),
            "rescheduled": words("remarcado remarcada reagendado reagendada adiado adiada remarquei reagendei"),
            "sent": words(
                "enviado enviada encaminhado encaminhada mandado informado avisado notificado enviei encaminhei avisei"
            ),
            "done": words(
                "atualizado atualizada registrado registrada criado adicionado reembolsado removido atualizei criei"
            ),
        },
        doer=r"(?:\b(?:eu|já|nós|acabei\s+de)|\A\W*)",
        thing=r"\b(?:a|o|uma?|tudo)\s*(?:sua|seu|tua|teu)?\s*(?:consulta|marcação|reserva|agendamento|mensagem|e-?mail|confirmação"
        r"|pedido|equipe|equipa|reembolso|mesa|visita|horário)?",
        became=r"\b(?:está|estão|foi|foram|ficou|fica)",
        you=r"\bvocê\s+(?:está|foi)",
        not_yet=r"\b(?:não|nunca|nada|se|quando|assim\s+que|antes|depois|até|será|serão|seria|poderia|posso|pode|quer|gostaria"
        r"|deseja|deve|ainda|sempre|infelizmente)\b",
        reach=4,
        alone=words("marcado agendado confirmado enviado feito"),
    ),
    "nl": Grammar(
        acts={
            "booked": words("geboekt gereserveerd ingepland vastgelegd bevestigd ingeboekt gepland"),
            "cancelled": words("geannuleerd afgezegd"),
            "rescheduled": words("verzet verplaatst verschoven"),
            "sent": words("verzonden verstuurd gestuurd doorgestuurd gemaild doorgegeven geïnformeerd ingelicht"),
            "done": words(
                "bijgewerkt geregistreerd aangemaakt toegevoegd terugbetaald besteld verwijderd opgeslagen aangepast"
            ),
        },
        doer=r"\b(?:ik\s+heb|we\s+hebben|wij\s+hebben|heb\s+ik)",
        thing=r"\b(?:uw|je|jouw|de|het|een)\s+(?:afspraak|boeking|reservering|bericht|e-?mail|mail|bevestiging|aanvraag|verzoek"
        r"|bestelling|team|terugbetaling|tafel|plek)",
        became=r"\b(?:is|zijn|werd)",
        you=r"\b(?:u\s+bent|je\s+bent)",
        not_yet=r"\b(?:niet|geen|nooit|niets|nog|zodra|als|wanneer|of|voordat|nadat|tot|zal|zullen|zou|kan|kunnen|wil\w*|moet"
        r"|wordt|worden|heeft\s+u|heb\s+je|graag|altijd|meestal|helaas)\b",
        reach=8,
        alone=words("geboekt bevestigd verzonden gelukt"),
    ),
}
