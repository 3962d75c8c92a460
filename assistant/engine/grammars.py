"""How languages say that something has been done: the data of `claims`, one grammar per language.

Every field is a regular expression's body, matched without regard to case in text whose white space is single spaces.
Repeats are bounded wherever these are put together, so that matching is linear in the sentence.
"""

from __future__ import annotations

from dataclasses import dataclass, field


def words(text: str) -> tuple[str, ...]:
    """What a list written as prose names; "_" stands for a space within one."""
    return tuple(word.replace("_", " ") for word in text.split())


def inflected(endings: str, text: str) -> tuple[str, ...]:
    """`words`, each with every one of `endings`, of which "-" is none."""
    return tuple(word + ending.strip("-") for word in words(text) for ending in endings.split())


@dataclass(frozen=True)
class Grammar:
    acts: dict[str, tuple[str, ...]]  # forms of a verb that say it happened: "booked"
    doer: str  # who says that he did it: "I've"
    thing: str  # what a visitor asked for, as the subject of a passive: "your appointment"
    pronoun: str  # what stands for it, right before `became`
    became: str  # "is", "has been"
    you: str  # the visitor as the subject: "you are"
    noun: tuple[str, ...]  # what makes a claim of a bare heading: "Appointment confirmed"
    denied: str  # ahead of the verb, takes the assertion back: negations, wishes, offers, questions, reports of others
    later: str  # wherever it stands in a clause, makes it a condition or a fact about somebody else
    condition: str  # begins a condition of all that follows it
    reach: int  # words that may stand between a verb and its other half
    managed: str = ""  # "I was able to", before an infinitive
    infinitives: dict[str, tuple[str, ...]] = field(default_factory=dict)
    phrases: dict[str, str] = field(default_factory=dict)  # whole phrases that claim without such a form
    alone: str = ""  # claims as a clause of its own: "All set!"
    inverted: bool = False  # the verb may come first: "Damit ist Ihr Termin gebucht", "Ha sido enviado un correo"
    hints: tuple[str, ...] = ()  # single words without which no phrase is complete: at one of them, a sentence waits


GRAMMARS = {
    "en": Grammar(
        acts={
            "booked": words(
                "booked scheduled reserved arranged confirmed set_up set_aside penciled_in pencilled_in slotted secured "
                "registered enrolled enroled signed_you_up signed_up locked_in blocked_off blocked_out set"
            ),
            "cancelled": words("cancelled canceled called_off"),
            "rescheduled": words(
                "rescheduled moved rebooked re-booked postponed shifted pushed_back brought_forward switched changed swapped"
            ),
            "sent": words(
                "sent emailed e-mailed mailed forwarded notified informed alerted submitted messaged delivered relayed "
                "passed told texted contacted filed dispatched escalated handed transferred dropped shared reported "
                "raised flagged resent pinged called"
            ),
            "done": words(
                "updated placed processed refunded recorded created added saved ordered removed deleted applied "
                "completed issued subscribed unsubscribed logged noted_down activated deactivated credited paid "
                "purchased upgraded downgraded made entered reset opened closed registered generated extended renewed "
                "corrected adjusted finalized finalised fixed linked unlocked verified approved paused uploaded charged "
                "redeemed transferred reactivated resolved"
            ),
        },
        doer=r"\b(?:i|we)(?:['’]ve| have| had)?(?: (?:just|now|also|already|successfully|gone ahead and|went ahead and"
        r"|been able to get|then|quickly))*",
        thing=r"\b(?:(?:your|his|her|their) [\w'’-]+|(?:the|an?|my|this|that)(?: [\w:'’.-]+){0,3}? (?:appointments?"
        r"|bookings?|reservations?|slot|time|table|room|visit|meeting|call|consultation|session|check-?up|cleaning"
        r"|message|e-?mail|mail|confirmation|invitation|invite|request|order|refund|ticket|case|cancellation|note"
        r"|reminder|form|payment|return|enquiry|inquiry|change|team|details?|account|subscription|delivery|quote|offer"
        r"|invoice|seat|spot|link|copy|discount|code|address|complaint|report))",
        pronoun=r"\b(?:it|this|that|everything|all)",
        became=r"\b(?:is|are|was|were|(?:has|have)(?: \w+)? been|got|gets)|['’]s(?: been)?",
        you=r"\byou(?: are|['’]re| were| have been|['’]ve been| got)",
        noun=words(
            "appointment booking reservation e-mail email message confirmation order refund request cancellation payment "
            "ticket meeting consultation session table invitation registration call slot visit"
        ),
        denied=r"\b(?:not|no|cannot|unable|never|nothing|none|nobody|would|could|should|shall|may|might|can|will|to "
        r"(?:be|get|have)|yet to|please|wants?|wanted|like|needs?|let me|let['’]s|going to|about to|ready to|try|trying"
        r"|tried|failed|sorry (?:that )?(?:your|the|it)|how|why|which|what|(?:have|did|do|were|are|had|has) (?:you"
        r"|anyone|the|your)|told me|been told|usually|normally|always|typically|often|every|each|must|required?|requires"
        r"|pending|awaiting|said|says|saying|claim\w*|mentioned|according to|system (?:says|shows)|shows? that|see that"
        r"|seems?|status|unfortunately|sure|ensure|checking|whether|get|helped?|(?:an?|each|the|every) [\w-]+(?: "
        r"[\w-]+)? (?:is|are) (?:automatically |then )?(?=sent|e-?mailed|mailed|processed|issued|refunded|charged|paid"
        r"|made|delivered|shipped))\b|n['’]t\b|['’]ll (?:be|get|have)\b|\b(?:customers?|patients|guests|people"
        r"|visitors)\b",
        later=r"\b(?:once|until|unless|as soon as|if|when(?:ever)? (?:you|i|we|it|your|the)|after (?:you|your|each"
        r"|every)|(?:after|upon|on) (?:confirmation|payment|receipt)|before (?:you|i|we|it|anything)|only (?:when|after"
        r"|once|if)|fully booked|booked (?:out|up|solid)|(?:that|this|the)(?: \S+){1,3} (?:is|was|has been|got) "
        r"(?:already|just) (?:booked|taken|reserved)|(?:sent|booked|changed|cancelled|canceled|moved|made|added|placed) "
        r"(?:no|nothing|none)|we(?:['’]ve| have)?(?: recently| just)? (?:moved|changed|updated|added|made|extended"
        r"|completed|opened|closed|upgraded|arranged|set up|created|reserved|paid|called|registered|raised) (?:to \d+|to "
        r"a|our|new|a new|in|on|from|over|at|some|more|the (?:office|practice|shop|clinic|business))|(?:order|parcel"
        r"|package|shipment|item)s?(?: \S+){0,3} (?:sent|delivered|shipped|dispatched|paid) (?:on|yesterday|last|at"
        r"|from))\b",
        condition=r"\b(?:once|when(?:ever)?|if|until|unless|as soon as|after (?:you|your|the|each|every)|please "
        r"(?:confirm|click|press|fill|enter|provide|tell|give|choose|pick|select|complete))\b",
        reach=5,
        managed=r"\b(?:i|we) (?:was|were|am|are|managed|have been|['’]ve been)(?: now| also| just)?(?: able)? to(?: go "
        r"ahead and)?|\b(?:i|we)(?:['’]ve| have)? (?:went|gone|go) ahead (?:and|to)|\b(?:i|we) took the liberty of",
        infinitives={
            "booked": words("book booking schedule scheduling reserve reserving confirm arrange secure"),
            "cancelled": words("cancel cancelling canceling"),
            "rescheduled": words("reschedule move change rescheduling moving"),
            "sent": words("send sending e-mail email forward notify submit pass inform"),
            "done": words("update place process refund create add apply delete order register remove issue reset"),
        },
        phrases={
            "booked": r"\byou(?:['’]re| are) (?:now )?(?:all set|good to go|(?:confirmed )?(?:down|in|on the (?:schedule"
            r"|list|books)) for)\b|\b(?:got|put|have|added|entered|squeezed|fit|fitted|penciled|signed) you (?:down|in"
            r"|up|to the|on the)\b|\bconsider it (?:booked|done)\b|\b(?:booking|appointment|reservation) (?:is )?(?:now "
            r")?(?:all )?(?:complete|successful|set|official|good to go)\b|\b(?:booking|appointment|reservation|it) "
            r"(?:just )?went through\b|\byour (?:booking|confirmation|reference|reservation) (?:number|code|reference"
            r"|id)\s*(?:is|:)|\b(?:slot|spot|seat|table|time|room|appointment|place)(?: \S+){0,3} (?:is|are) (?:now |all "
            r")?yours\b|\A\W*(?:(?:great|perfect|excellent|wonderful|ok|okay|alright|thanks|thank you)\W+)?(?:see you"
            r"|we(?:['’]ll| will) see you|we look forward to (?:seeing|welcoming) you) (?:on|at|tomorrow|next|then|in"
            r"|this|there|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b|\blooks? forward to (?:seeing"
            r"|welcoming) you (?:on|at|tomorrow)\b",
            "sent": r"\b(?:i|we)(?:['’]ve| have)?(?: just| also)? let (?:[\w.]+ ){1,4}know\b|\byou(?:['’]ll| will| "
            r"should)(?: \w+)? (?:receive|get|find|see|have) (?:a|an|the|your|our)(?: [\w-]+){0,2}? (?:confirmation"
            r"|e-?mail|invitation|receipt|text message|sms)\b|\b(?:e-?mail|message|confirmation|invitation|request|note"
            r"|receipt|invoice)(?: is| has|['’]s| are)?(?: now| already)? (?:on (?:its|the) way|gone (?:out|through|off)"
            r"|headed)\b|\bkeep an eye on your inbox for\b|\b(?:check|look in) your inbox for the\b",
            "done": r"\byour (?:order|ticket|case) (?:number|id|reference)\s*(?:is|:)|\b(?:order|payment) went through\b",
        },
        alone=r"all set|all done|done|that['’]s (?:it|done|settled|sorted)|all sorted|sorted|taken care of",
        hints=words(
            "good down got put squeezed fit fitted consider complete successful official went number code reference id "
            "yours see seeing welcoming know receive email e-mail confirmation invitation receipt sms way gone headed "
            "inbox able managed ahead liberty done sorted care settled"
        ),
    ),
    "de": Grammar(
        acts={
            "booked": words(
                "gebucht reserviert eingetragen vereinbart bestätigt vorgemerkt eingebucht fixiert gesichert eingeplant "
                "angesetzt festgelegt angemeldet belegt ausgemacht terminiert"
            ),
            "cancelled": words("storniert abgesagt gestrichen abgemeldet gekündigt gecancelt annulliert"),
            "rescheduled": words("verschoben umgebucht verlegt geändert vorgezogen umgelegt getauscht"),
            "sent": words(
                "gesendet geschickt verschickt versandt versendet weitergeleitet weitergegeben informiert benachrichtigt "
                "übermittelt zugeschickt gemailt abgeschickt zugesandt bescheid_gegeben eingereicht kontaktiert "
                "ausgerichtet gemeldet mitgeteilt weitergereicht zugestellt gegeben"
            ),
            "done": words(
                "aktualisiert registriert aufgegeben erstattet gespeichert angelegt hinzugefügt bestellt gelöscht "
                "erledigt ausgeführt erfasst hinterlegt notiert erstellt durchgeführt eingerichtet freigeschaltet "
                "zurückgesetzt entfernt veranlasst zurückerstattet gutgeschrieben abgeschlossen ausgelöst verlängert "
                "aktiviert deaktiviert angepasst korrigiert vermerkt"
            ),
        },
        doer=r"\b(?:ich habe|wir haben|habe ich|haben wir|hab ich|ich hab)",
        thing=r"\b(?:(?:ihr|dein|euer|eure)(?:e[mnrs]?)? [\w-]+|(?:der|die|das|eine?n?|diese[rs]?)(?: \S+){0,2}? "
        r"\w*(?:termin|buchung|reservierung|nachricht|mail|bestätigung|anfrage|bestellung|anliegen|team|praxis"
        r"|erstattung|stornierung|absage|änderung|adresse|daten|tisch|zimmer|platz|konto|abo|einladung|formular|zahlung"
        r"|besuch|beratung|nummer|rechnung|ticket|gespräch|behandlung|anmeldung|kündigung))",
        pronoun=r"\b(?:alles|es|das|dies)",
        became=r"\b(?:ist|sind|wurden?|steht|gilt)",
        you=r"\b(?:sie sind|du bist|sie wurden|du wurdest|sind sie|bist du|ihr seid)",
        noun=words(
            "termin buchung reservierung nachricht e-mail mail bestätigung anfrage bestellung tisch zimmer platz "
            "stornierung zahlung anmeldung"
        ),
        denied=r"\b(?:nicht|kein\w*|nie|nichts|noch|würde\w*|könnte\w*|kann|können|soll\w*|möchte\w*|werde|werden|wird"
        r"|muss|müssen|bitte|lassen|gerne|leider|haben sie|hast du|immer|meist\w*|normalerweise|üblicherweise|erst"
        r"|jede\w*|warum|wie|laut|damit ich|gesagt|geschrieben|erwähnt|falls|ob|wenn|ausgebucht|automatisch|wurden sie"
        r"|sind sie sicher)\b|\bnoch nicht\b",
        later=r"\b(?:sobald|falls|ob|bevor sie|bevor du|nachdem sie|nachdem du|wenn (?:sie|du)|erst|nach (?:der|ihrer"
        r"|deiner) (?:bestätigung|zahlung|buchung)|(?:dieser|der|die|das|diese[rs]?) [\w-]+ (?:ist|wurde) (?:leider "
        r"|bereits |schon )+(?:gebucht|reserviert|vergeben|belegt)|wir (?:sind|haben) (?:unser\w*|im|seit)|keine?n?|noch "
        r"nichts?)\b",
        condition=r"\b(?:sobald|wenn|falls|nachdem (?:sie|du|ihr|die|der|das)|bevor|ob|bitte (?:\w+ )?(?:bestätigen"
        r"|klicken|geben)|bestätigen sie)\b",
        reach=14,
        managed=r"\b(?:ich konnte|wir konnten|konnte ich|konnten wir|es ist mir gelungen|ich bin dabei)",
        infinitives={
            "booked": words("buchen reservieren vereinbaren eintragen sichern einplanen einbuchen bestätigen"),
            "cancelled": words("stornieren absagen kündigen streichen"),
            "rescheduled": words("verschieben verlegen umbuchen ändern"),
            "sent": words("senden schicken weiterleiten verschicken informieren benachrichtigen übermitteln weitergeben"),
            "done": words("aktualisieren anlegen bestellen erstatten hinzufügen speichern löschen erstellen"),
        },
        phrases={
            "booked": r"\b(?:ihr|dein|der|die|ihre|deine) [\w-]*(?:termin|buchung|reservierung) (?:steht|ist fix|ist "
            r"sicher|geht klar)|\A\W*(?:super|perfekt|prima|gut|alles klar)?\W*(?:bis|wir sehen uns|wir freuen uns auf "
            r"sie) (?:am |dann |nächsten |kommenden )*(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag"
            r"|dann|morgen)\b|\b(?:ihre|deine) (?:buchungsnummer|buchungsbestätigung|reservierungsnummer|referenznummer"
            r"|terminnummer)\s*(?:ist|lautet|:)|\b(?:steht|stehen) (?:jetzt |nun |fest |bereits )*(?:im kalender|fest)\b"
            r"|\bgehört (?:jetzt |nun )?(?:ihnen|dir)\b",
            "sent": r"\b(?:(?:sie|du) (?:erhalten|erhältst|bekommen|bekommst)|(?:erhalten|bekommen) sie|erhältst du"
            r"|bekommst du)(?: [\w-]+){0,5}? (?:\w*bestätigung\S*|e-?mail\S*|mail|nachricht)|\b(?:\w*bestätigung\S*"
            r"|nachricht|e-?mail)(?: \S+){0,2}? (?:ist|sind)(?: \S+){0,3}? unterwegs\b|\b(?:weiß|wissen)(?: \w+)? "
            r"(?:jetzt |nun )?bescheid\b",
            "done": r"\b(?:ihre|deine|die) (?:bestellnummer|ticketnummer|auftragsnummer|vorgangsnummer)\s*(?:ist|lautet"
            r"|:)",
        },
        alone=r"(?:alles )?(?:erledigt|geschafft)|fertig|ist erledigt",
        inverted=True,
        hints=words(
            "steht fix sicher klar bis sehen freuen buchungsnummer buchungsbestätigung reservierungsnummer "
            "referenznummer terminnummer stehen gehört erhalten erhältst bekommen bekommst unterwegs bescheid "
            "bestellnummer ticketnummer auftragsnummer vorgangsnummer konnte konnten gelungen geschafft fertig"
        ),
    ),
    "fr": Grammar(
        acts={
            "booked": inflected(
                "- e s es",
                "réservé programmé planifié fixé confirmé enregistré pris bloqué retenu validé inscrit prévu noté placé "
                "calé",
            ),
            "cancelled": inflected("- e s es", "annulé résilié supprimé décommandé"),
            "rescheduled": inflected("- e s es", "reporté déplacé décalé modifié reprogrammé avancé changé replanifié"),
            "sent": inflected(
                "- e s es",
                "envoyé transmis transféré informé prévenu averti expédié notifié contacté soumis parti adressé renvoyé "
                "signalé communiqué relayé remonté",
            ),
            "done": inflected(
                "- e s es",
                "mis_à_jour mise_à_jour créé ajouté remboursé commandé effectué traité actualisé passé émis ouvert "
                "réinitialisé appliqué activé désactivé désinscrit abonné désabonné enregistré corrigé finalisé "
                "désinscrit",
            ),
        },
        doer=r"(?:\bj['’](?:ai|avais)|\bnous avons|\bje (?:vous|l['’]|te|t['’]|le|la|les)\s?ai|\bon a|\bnous (?:vous"
        r"|l['’])\s?avons)",
        thing=r"(?:\b(?:votre|ton|ta|vos|tes) \S+|\b(?:le|la|un|une|ce|cette)(?: \S+){0,2}? (?:rendez-vous|rdv"
        r"|réservation|consultation|message|e-?mail|mail|courriel|confirmation|demande|commande|équipe|remboursement"
        r"|créneau|table|annulation|invitation|visite|adresse|inscription|compte|paiement|dossier|place|chambre|ticket"
        r"|facture|devis|séance)|\b(?:le|la|un|une) (?:rendez-vous|rdv|réservation|message|e-?mail|mail|courriel"
        r"|confirmation|demande|commande|table|créneau|chambre|place|ticket)|\bl['’](?:équipe|e-?mail|adresse|annulation"
        r"|inscription))",
        pronoun=r"\b(?:tout|cela|ça|c['’])",
        became=r"(?:\b(?:est|sont|vient de(?: vous| lui| t['’])?|vient d['’])(?: bien| maintenant| désormais)?(?: être)?"
        r"|\b(?:a|ont)(?: \S+){0,2}? été|(?<=c['’])est|\bs['’]est)",
        you=r"\b(?:vous (?:êtes|avez été)|tu es|tu as été)",
        noun=words(
            "rendez-vous rdv réservation e-mail mail message confirmation demande commande table créneau annulation "
            "inscription paiement"
        ),
        denied=r"\b(?:pas|ne|jamais|rien|aucune?|ser(?:a|ont|ait)|pourr\w+|peux|peut|peuvent|pouvez|voulez|souhaitez"
        r"|dois|doit|doivent|faut|avez-vous|voudriez|aimeriez|toujours|généralement|habituellement|chaque|comment"
        r"|pourquoi|selon|dit|mentionné|indiqué|écrit|malheureusement|automatiquement|désolée? que|as-tu|est-ce)\b"
        r"|\bn['’]",
        later=r"\b(?:si|dès (?:que|la|votre)|quand|lorsque|une fois|avant (?:que|de)|après (?:que|votre|la|chaque)|déjà "
        r"(?:réservé|pris|complet)\w*|nous (?:avons|sommes) (?:\w+ )?(?:nos|notre|déménagé\w*|au|en)|avez-vous)\b"
        r"|\blorsqu['’]",
        condition=r"\b(?:si|dès (?:que|la|votre)|quand|lorsque|une fois|après (?:que|votre|la)|avant (?:que|de)|(?:merci "
        r"de|veuillez) (?:confirm|cliqu|indiqu)\w*)\b|\bs['’]il\b(?! (?:vous|te) pla)",
        reach=7,
        managed=r"(?:\bje viens (?:de|d['’])|\bnous venons (?:de|d['’])|\bj['’]ai (?:bien )?pu|\bnous avons pu|\bje me "
        r"suis permis)",
        infinitives={
            "booked": words("réserver programmer planifier fixer confirmer enregistrer inscrire bloquer prendre"),
            "cancelled": words("annuler résilier"),
            "rescheduled": words("reporter déplacer décaler modifier avancer"),
            "sent": words("envoyer transmettre transférer informer prévenir notifier contacter"),
            "done": words("mettre_à_jour créer ajouter rembourser commander supprimer effectuer passer"),
        },
        phrases={
            "booked": r"\bc['’]est (?:bien )?(?:réservé|confirmé|noté|enregistré|calé)(?: pour|\W*\Z)|\bvous êtes "
            r"attendue?s?\b|\A\W*(?:parfait|super|très bien)?\W*(?:à|rendez-vous) (?:lundi|mardi|mercredi|jeudi|vendredi"
            r"|samedi|dimanche|demain)\b|\bvotre (?:numéro|référence|code) de (?:réservation|confirmation)\s*(?:est|:)"
            r"|\bnous (?:vous attendons|nous réjouissons de vous (?:voir|accueillir)) (?:le|mardi|lundi|mercredi|jeudi"
            r"|vendredi|demain)",
            "sent": r"\b(?:vous (?:allez (?:bientôt )?recevoir|recevrez|devriez recevoir)|tu (?:vas recevoir"
            r"|recevras))(?: \S+){0,4}? (?:e-?mail|confirmation|message|courriel|mail|sms)|\b(?:e-?mail|confirmation"
            r"|message|courriel|mail)(?: de confirmation)? est (?:déjà )?en (?:route|chemin)",
            "done": r"\bvotre numéro de (?:commande|ticket|dossier)\s*(?:est|:)",
        },
        alone=r"c['’]est (?:fait|bon|réglé)|voilà qui est fait|(?:tout est )?réglé",
        inverted=True,
        hints=words(
            "attendu attendue attendus attendons réjouissons lundi mardi mercredi jeudi vendredi samedi dimanche demain "
            "numéro référence code recevoir recevrez recevras route chemin viens venons pu permis fait bon réglé"
        ),
    ),
    "es": Grammar(
        acts={
            "booked": inflected(
                "o a os as",
                "reservad programad agendad confirmad concertad apuntad fijad inscrit registrad asignad apartad anotad "
                "separad",
            ),
            "cancelled": inflected("o a os as", "cancelad anulad"),
            "rescheduled": inflected(
                "o a os as", "reprogramad cambiad movid aplazad pospuest trasladad modificad adelantad"
            ),
            "sent": inflected(
                "o a os as",
                "enviad mandad reenviad transmitid informad avisad notificad contactad remitid comunicad trasladad "
                "derivad pasad",
            ),
            "done": inflected(
                "o a os as",
                "actualizad registrad cread añadid reembolsad pedid eliminad guardad realizad tramitad procesad hech "
                "agregad emitid abiert restablecid activad borrad completad aplicad dad suscrit efectuad",
            ),
        },
        doer=r"\b(?:he|hemos|acabo de haber)(?: \w+)?",
        thing=r"\b(?:(?:su|tu|sus|tus) \S+|(?:la|el|un|una|esta|este)(?: \S+){0,2}? (?:cita|reserva|mensaje|correo"
        r"|e-?mail|confirmación|solicitud|pedido|equipo|reembolso|mesa|cancelación|consulta|visita|invitación|dirección"
        r"|cuenta|pago|turno|habitación|plaza|factura|ticket)|(?:la|el|un|una) (?:cita|reserva|mesa|mensaje|correo"
        r"|pedido|turno|pago|equipo|solicitud))",
        pronoun=r"\b(?:todo|ya)",
        became=r"\b(?:está|están|(?:ha|han) sido|(?:ya )?qued[aó]|ha quedado|se ha|se han|fue|fueron)(?: ya)?",
        you=r"\b(?:estás|usted está|está usted|quedas|has sido|ha sido|ha quedado|has quedado)",
        noun=words("cita reserva mensaje correo confirmación solicitud pedido mesa cancelación consulta turno pago"),
        denied=r"\b(?:no|nunca|nada|ningun\w*|será|serán|sería|podría\w*|puedo|puede|pueden|puedes|quiere\w*|desea\w*"
        r"|debe\w*|haya|hayas|gustaría|aún|todavía|siempre|normalmente|lamento|siento|cómo|según|dijo|dijiste|mencion\w+"
        r"|cada|has (?:recibido|reservado|cancelado|enviado)|ha (?:recibido|reservado usted)|lamentablemente"
        r"|desafortunadamente|automáticamente)\b|¿",
        later=r"\b(?:si|cuando|una vez|después de (?:que|su|tu|la|cada)|antes de|hasta que|en cuanto|solo (?:si|cuando)"
        r"|(?:esta|este|esa|ese) \S+ (?:ya )?está|todo reservado|nos (?:hemos )?mud\w+|hemos \w+ nuestr\w+)\b",
        condition=r"\b(?:si|cuando|una vez|después de (?:que|su|tu|la)|en cuanto|tan pronto|antes de|confirm[ea]|haga "
        r"clic|haz clic)\b",
        reach=6,
        managed=r"\b(?:acabo de|acabamos de|he podido|hemos podido|pude|logré|conseguí|he conseguido|he logrado)",
        infinitives={
            "booked": inflected("- le te lo la", "reservar programar agendar confirmar concertar apuntar inscribir"),
            "cancelled": inflected("- le te lo la", "cancelar anular"),
            "rescheduled": inflected("- le te lo la", "reprogramar cambiar mover aplazar trasladar"),
            "sent": inflected("- le te lo la", "enviar mandar reenviar avisar notificar informar transmitir"),
            "done": inflected("- le te lo la", "actualizar crear añadir reembolsar eliminar realizar tramitar procesar"),
        },
        phrases={
            "booked": r"\b(?:reservé|agendé|programé|confirmé|apunté|anoté|inscribí|reservamos|agendamos)\b|\b(?:nos "
            r"vemos|te esperamos|le esperamos|lo esperamos|la esperamos|hasta) (?:el )?(?:lunes|martes|miércoles|jueves"
            r"|viernes|sábado|domingo|mañana)\b|\b(?:su|tu) (?:número|código) de (?:reserva|confirmación)\s*(?:es|:)"
            r"|\b(?:cita|reserva|hora) (?:ya )?es (?:suya|tuya)\b",
            "cancelled": r"\b(?:cancelé|anulé|cancelamos)\b",
            "rescheduled": r"\b(?:moví|cambié|reprogramé|pospuse|aplacé)\b",
            "sent": r"\b(?:envié|mandé|avisé|notifiqué|informé|reenvié)\b|\b(?:recibir(?:á|ás|án|éis)|le llegará|te "
            r"llegará|va a recibir|vas a recibir|deberías? recibir)(?: \S+){0,3}? (?:correo|confirmación|mensaje"
            r"|e-?mail)|\b(?:correo|confirmación|mensaje|e-?mail)(?: de confirmación)? (?:ya )?(?:está|va) (?:ya )?en "
            r"camino\b",
            "done": r"\b(?:actualicé|añadí|agregué|creé|registré|eliminé|procesé)\b|\b(?:su|tu) número de pedido\s*(?:es"
            r"|:)",
        },
        alone=r"(?:ya )?(?:está )?(?:hecho|listo)|todo listo|ya está",
        inverted=True,
        hints=words(
            "reservé agendé programé confirmé apunté anoté inscribí reservamos agendamos vemos esperamos hasta suya tuya "
            "número código cancelé anulé cancelamos moví cambié reprogramé pospuse aplacé envié mandé avisé notifiqué "
            "informé reenvié recibirá recibirás recibirán recibiréis llegará recibir camino actualicé añadí agregué creé "
            "registré eliminé procesé acabo acabamos podido pude logré conseguí conseguido logrado hecho listo está"
        ),
    ),
    "it": Grammar(
        acts={
            "booked": inflected(
                "o a i e",
                "prenotat fissat programmat confermat riservat segnat registrat iscritt pianificat inserit effettuat "
                "bloccat assegnat",
            ),
            "cancelled": inflected("o a i e", "cancellat annullat disdett"),
            "rescheduled": inflected(
                "o a i e", "spostat riprogrammat rinviat modificat cambiat anticipat posticipat rimandat"
            ),
            "sent": inflected(
                "o a i e",
                "inviat mandat spedit inoltrat informat avvisat trasmess contattat notificat comunicat girat segnalat",
            ),
            "done": inflected(
                "o a i e",
                "aggiornat registrat creat aggiunt rimborsat ordinat eliminat salvat effettuat completat elaborat emess "
                "apert reimpostat applicat attivat rimoss evas inserit",
            ),
        },
        doer=r"(?:\b(?:ho|abbiamo)|\bl['’](?:ho|abbiamo)|\bgliel['’]ho)(?: appena| già)?",
        thing=r"(?:\b(?:(?:il|la|i|le) )?(?:suo|sua|tuo|tua|vostr[oa]|suoi|sue|tuoi|tue) \S+|\b(?:il|la|un|una|lo|questo"
        r"|questa)(?: \S+)? (?:prenotazione|messaggio|mail|conferma|richiesta|ordine|rimborso|tavolo|visita|team|camera"
        r"|posto|numero|pagamento|ticket)|\b(?:il|la|un|una) (?:prenotazione|messaggio|e-?mail|mail|conferma|richiesta"
        r"|ordine|rimborso|tavolo|visita|appuntamento|consulenza|cancellazione|camera|posto|pagamento)|(?:\bl"
        r"|\bun)['’](?:appuntamento|ordine|e-?mail|account|indirizzo|iscrizione))",
        pronoun=r"\btutto",
        became=r"(?<!\w)(?:è(?: stat[oa])?|sono stat[ie]|risulta|sono)(?: già| ora| appena)?",
        you=r"(?<!\w)(?:è|sei|sei stat[oa]|è stat[oa])(?= (?:prenotat|registrat|iscritt|inserit|segnat|confermat))",
        noun=words("appuntamento prenotazione messaggio e-mail conferma richiesta ordine tavolo cancellazione pagamento"),
        denied=r"(?<!\w)(?:non|mai|niente|nulla|nessun\w*|sarà|saranno|sarebbe|potrei|posso|può|possono|vuole|vuoi"
        r"|vorrebbe|desidera|deve|devono|ancora|sempre|di solito|normalmente|purtroppo|secondo|detto|scritto|ogni"
        r"|automaticamente|(?:ha|hai) (?:ricevuto|già|prenotato|annullato))\b",
        later=r"\b(?:se|quando|una volta|appena (?:sar\w+|conferm\w+|avr\w+)|dopo (?:che|la|il|aver conferm\w+)|prima "
        r"(?:che|di)|finché|già (?:prenotat|occupat|riservat)[oa]|ci siamo trasferit\w|abbiamo (?:\w+ )?(?:i nostri|la "
        r"nostra|il nostro|le nostre))\b",
        condition=r"\b(?:se|quando|una volta|non appena|dopo (?:che|la|il)|prima (?:che|di)|conferm[ai]|clicchi)\b",
        reach=6,
        managed=r"\b(?:sono riuscit[oa] a|siamo riusciti a|ho potuto|ho provveduto a|abbiamo provveduto a)",
        infinitives={
            "booked": inflected("e la le lo ti", "prenotar fissar programmar confermar riservar inserir iscriver"),
            "cancelled": words("cancellare annullare disdire"),
            "rescheduled": words("spostare riprogrammare rinviare modificare anticipare"),
            "sent": inflected("e la le lo ti", "inviar mandar inoltrar informar avvisar contattar trasmetter"),
            "done": words("aggiornare creare aggiungere rimborsare ordinare eliminare effettuare"),
        },
        phrases={
            "booked": r"\b(?:ci vediamo|la aspettiamo|ti aspettiamo|a) (?:lunedì|martedì|mercoledì|giovedì|venerdì"
            r"|sabato|domani)\W*\Z|\b(?:suo|tuo|il) (?:numero|codice) di (?:prenotazione|conferma)\s*(?:è|:)",
            "sent": r"\b(?:ricever(?:à|ai|ete)|dovrebbe ricevere|dovresti ricevere|le arriverà|ti arriverà)(?: "
            r"\S+){0,4}?(?: |['’])(?:e-?mail|conferma|messaggio|mail)|\b(?:e-?mail|conferma|messaggio)(?: di conferma)? "
            r"è (?:già )?in arrivo",
            "done": r"\bnumero d(?:i|ell['’]) ?ordine\s*(?:è|:)",
        },
        alone=r"(?:tutto )?(?:fatto|a posto)|ecco fatto",
        inverted=True,
        hints=words(
            "vediamo aspettiamo lunedì martedì mercoledì giovedì venerdì sabato domani numero codice riceverà riceverai "
            "riceverete ricevere arriverà arrivo riuscito riuscita riusciti potuto provveduto fatto posto"
        ),
    ),
    "pt": Grammar(
        acts={
            "booked": inflected(
                "o a os as",
                "reservad agendad marcad confirmad inscrit registrad registad programad feit efetuad garantid realizad",
            ),
            "cancelled": inflected("o a os as", "cancelad desmarcad anulad"),
            "rescheduled": inflected("o a os as", "remarcad reagendad adiad alterad transferid mudad antecipad"),
            "sent": inflected(
                "o a os as",
                "enviad encaminhad mandad informad avisad notificad transmitid reencaminhad contactad contatad repassad "
                "comunicad passad",
            ),
            "done": inflected(
                "o a os as",
                "atualizad actualizad registrad criad adicionad reembolsad removid realizad processad concluíd feit "
                "abert emitid excluíd ativad aplicad efetuad finalizad",
            ),
        },
        doer=r"\b(?:tenho|temos|já tenho)",
        thing=r"\b(?:(?:a|o|as|os)? ?(?:sua|seu|tua|teu|suas|seus) \S+|(?:a|o|uma?|esta|este)(?: \S+)? (?:consulta"
        r"|marcação|reserva|agendamento|mensagem|e-?mail|confirmação|pedido|equipe|equipa|reembolso|mesa|visita|horário"
        r"|quarto|pagamento|ticket)|(?:a|o|uma?) (?:consulta|marcação|reserva|agendamento|mensagem|e-?mail|confirmação"
        r"|pedido|mesa|visita|pagamento))",
        pronoun=r"\btudo",
        became=r"\b(?:está|estão|foi|foram|ficou|fica)(?: já| agora)?",
        you=r"\b(?:você (?:já )?(?:está|foi|ficou)|ficou|está) (?:já )?(?=inscrit|registrad|agendad|marcad|confirmad)",
        noun=words("consulta marcação reserva agendamento mensagem e-mail confirmação pedido mesa cancelamento pagamento"),
        denied=r"\b(?:não|nunca|nada|nenhum\w*|será|serão|seria|poderia|posso|pode|podem|quer|queres|gostaria|deseja"
        r"|deve|devem|ainda|sempre|normalmente|geralmente|infelizmente|segundo|disse|cada|automaticamente|já recebeu)\b",
        later=r"\b(?:se (?:você|o|a|já|quiser|precisar)|quando|assim que|depois (?:que|de|da)|após|antes (?:de|que)|até "
        r"que|caso|só (?:depois|quando)|tudo reservado|(?:este|esse|esta|essa) \S+ já (?:está|foi)|mud[aá]mo-nos|nos "
        r"mudamos|os nossos|nossos|nossas)\b",
        condition=r"\b(?:se|quando|assim que|depois (?:que|da)|após (?:a|o|você)|antes (?:de|que)|caso|uma vez|confirme"
        r"|clique)\b",
        reach=6,
        managed=r"\b(?:acabei de|acabámos de|acabamos de|consegui|conseguimos|pude)(?: \w+)?",
        infinitives={
            "booked": words("reservar agendar marcar confirmar inscrever garantir"),
            "cancelled": words("cancelar desmarcar anular"),
            "rescheduled": words("remarcar reagendar adiar alterar mudar"),
            "sent": words("enviar encaminhar mandar avisar notificar informar"),
            "done": words("atualizar criar adicionar reembolsar remover processar registrar"),
        },
        phrases={
            "booked": r"\b(?:marquei|agendei|reservei|confirmei|inscrevi|registrei|reservámos|agendámos)\b|\b(?:nos "
            r"vemos|vemo-nos|até|esperamos você) (?:na |no )?(?:segunda|terça|quarta|quinta|sexta|sábado|amanhã)\S*\W*\Z"
            r"|\b(?:número|código) d[ae] (?:sua |seu )?(?:reserva|confirmação|agendamento)\s*(?:é|:)",
            "cancelled": r"\b(?:cancelei|desmarquei|anulei)\b",
            "rescheduled": r"\b(?:remarquei|reagendei|adiei|alterei|mudei|transferi|antecipei)\b",
            "sent": r"\b(?:enviei|mandei|encaminhei|avisei|notifiquei|informei|reencaminhei|repassei)\b|\b(?:receberá"
            r"|receberás|vai receber|deve receber|irá receber)(?: \S+){0,4}? (?:e-?mail|confirmação|mensagem)\b"
            r"|\b(?:e-?mail|confirmação|mensagem)(?: de confirmação)? (?:já )?(?:está|vai) a caminho\b",
            "done": r"\b(?:atualizei|criei|adicionei|removi|processei|registei|apliquei|alterei|abri)\b|\bnúmero do "
            r"(?:seu )?pedido\s*(?:é|:)",
        },
        alone=r"(?:tudo )?(?:feito|pronto|certo)|está feito",
        inverted=True,
        hints=words(
            "marquei agendei reservei confirmei inscrevi registrei reservámos agendámos vemos vemo-nos até esperamos "
            "número código cancelei desmarquei anulei remarquei reagendei adiei alterei mudei transferi antecipei enviei "
            "mandei encaminhei avisei notifiquei informei reencaminhei repassei receberá receberás receber caminho "
            "atualizei criei adicionei removi processei registei apliquei abri acabei acabámos acabamos consegui "
            "conseguimos pude feito pronto certo"
        ),
    ),
    "nl": Grammar(
        acts={
            "booked": words(
                "geboekt gereserveerd ingepland vastgelegd bevestigd ingeboekt gepland ingeschreven aangemeld vastgezet "
                "genoteerd gemaakt ingeroosterd"
            ),
            "cancelled": words("geannuleerd afgezegd opgezegd geschrapt"),
            "rescheduled": words("verzet verplaatst verschoven gewijzigd omgeboekt uitgesteld vervroegd"),
            "sent": words(
                "verzonden verstuurd gestuurd doorgestuurd gemaild doorgegeven geïnformeerd ingelicht toegestuurd "
                "ingediend gemeld laten_weten opgestuurd overgedragen"
            ),
            "done": words(
                "bijgewerkt geregistreerd aangemaakt toegevoegd terugbetaald besteld verwijderd opgeslagen aangepast "
                "geplaatst gedaan verwerkt geregeld afgerond gereset hersteld uitgevoerd gecorrigeerd geactiveerd"
            ),
        },
        doer=r"\b(?:ik heb|we hebben|wij hebben|heb ik|hebben we|hebben wij)",
        thing=r"\b(?:(?:uw|je|jouw|jullie) [\w-]+|(?:de|het|een|deze|dit)(?: \S+){0,2}? \w*(?:afspraak|boeking"
        r"|reservering|bericht|mail|bevestiging|aanvraag|verzoek|bestelling|team|terugbetaling|tafel|plek|kamer|plaats"
        r"|betaling|ticket|annulering|factuur))",
        pronoun=r"\b(?:alles|het|dit|dat)",
        became=r"\b(?:is|zijn|werd|werden|staat|staan)",
        you=r"\b(?:u bent|je bent|bent u|ben je|u staat|je staat)",
        noun=words("afspraak boeking reservering bericht e-mail bevestiging aanvraag bestelling tafel annulering betaling"),
        denied=r"\b(?:niet|geen|nooit|niets|nog|zal|zullen|zou|kan|kunnen|kon|wil\w*|moet|moeten|wordt|worden|heeft u"
        r"|graag|heb je al|altijd|meestal|helaas|volgens|zei|gezegd|elke|ieder\w*|automatisch|als|hoe|waarom)\b",
        later=r"\b(?:zodra|als (?:u|je)|wanneer|voordat|nadat|totdat|pas|na (?:uw|je|de) (?:bevestiging|betaling"
        r"|boeking)|(?:deze|die|dat|dit) \S+ is (?:helaas |al )+(?:geboekt|gereserveerd|bezet)|we (?:zijn|hebben) "
        r"(?:onze|in|sinds))\b",
        condition=r"\b(?:zodra|als|wanneer|nadat|voordat|indien|bevestig|klik)\b",
        reach=12,
        managed=r"\b(?:het is (?:me )?gelukt om|ik kon|het lukte om)",
        infinitives={
            "booked": words("boeken reserveren inplannen bevestigen"),
            "cancelled": words("annuleren afzeggen"),
            "rescheduled": words("verplaatsen verzetten verschuiven wijzigen"),
            "sent": words("sturen mailen doorsturen verzenden versturen doorgeven"),
            "done": words("bijwerken toevoegen aanmaken bestellen verwijderen"),
        },
        phrases={
            "booked": r"\b(?:uw|je|de|jouw) (?:afspraak|boeking|reservering) staat(?: vast| in de agenda|\W*\Z)"
            r"|\A\W*(?:prima|perfect|mooi|top)?\W*tot (?:ziens op )?(?:maandag|dinsdag|woensdag|donderdag|vrijdag"
            r"|zaterdag|dan|morgen)\b|\b(?:uw|je) (?:boekings|reserverings|bevestigings)nummer\s*(?:is|:)",
            "sent": r"\b(?:(?:je|u) (?:ontvangt|krijgt)|(?:ontvang|krijg) je|(?:ontvangt|krijgt) u)(?: [\w-]+){0,5}? "
            r"(?:\w*bevestiging\S*|e-?mail\S*|mail|bericht)\b|\b(?:bevestiging\S*|e-?mail|mail|bericht)(?: \S+){0,2}? "
            r"(?:is|komt)(?: al| nu)? (?:onderweg|eraan)\b",
            "done": r"\b(?:uw|je) (?:bestel|ticket|order)nummer\s*(?:is|:)",
        },
        alone=r"(?:het is )?(?:gelukt|geregeld|klaar)|alles (?:is )?geregeld",
        inverted=True,
        hints=words(
            "staat vast tot boekingsnummer reserveringsnummer bevestigingsnummer ontvangt krijgt ontvang krijg onderweg "
            "eraan bestelnummer ticketnummer ordernummer kon gelukt lukte geregeld klaar"
        ),
    ),
}
