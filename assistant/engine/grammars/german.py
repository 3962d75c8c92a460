"""How German says that something has been done."""

from .grammar import Grammar, Lexicon, words

GRAMMAR = Grammar(
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
    thing=r"\b(?:(?:beide|alle|zwei|ihre|deine)(?: beiden| zwei)? (?:termine|buchungen|reservierungen)|(?:ihr|dein"
    r"|euer|eure)(?:e[mnrs]?)? [\w-]+|(?:der|die|das|eine?n?|diese[rs]?)(?: \S+){0,2}? "
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
    later=r"\b(?:(?:letztes|voriges|vergangenes) jahr|für (?:patienten|kunden|gäste)|jemand anderes|nach (?:der|dem"
    r"|ihrer|ihrem|deiner|deinem|jeder) \w+|sobald|falls|ob|bevor sie"
    r"|bevor du|nachdem sie|nachdem du|wenn (?:sie|du)|erst|nach (?:der|ihrer"
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
        "booked": (
            r"\b(?:ihr|dein|der|die|ihre|deine) [\w-]*(?:termin|buchung|reservierung) (?:steht|ist fix|ist sicher"
            r"|geht klar)|\A\W*(?:super|perfekt|prima|gut|alles klar)?\W*(?:bis|wir sehen uns"
            "|wir freuen uns auf sie) (?:am |dann |nächsten |kommenden )*(?:montag|dienstag|mittwoch|donnerstag"
            r"|freitag|samstag|sonntag|dann|morgen)\b(?! (?:müssen|können|sollten|muss|haben|ist|sind|wird|bleibt"
            r"|geben))|\b(?:steht|stehen) (?:jetzt |nun |fest |bereits )*(?:im kalender|fest)\b"
            r"|\bgehört (?:jetzt |nun )?(?:ihnen|dir)\b"
        ),
        "sent": (
            r"\b(?:(?:sie|du) (?:erhalten|erhältst|bekommen|bekommst)|(?:erhalten|bekommen) sie|erhältst du"
            r"|bekommst du)(?: [\w-]+){0,5}? (?:\w*bestätigung\S*|e-?mail\S*|mail|nachricht)"
            r"|\b(?:\w*bestätigung\S*|nachricht|e-?mail)(?: \S+){0,2}? (?:ist|sind)(?: \S+){0,3}? unterwegs\b"
            r"|\b(?:weiß|wissen)(?: \w+)? (?:jetzt |nun )?bescheid\b"
        ),
    },
    alone=r"(?:alles )?(?:erledigt|geschafft)|fertig|ist erledigt",
    inverted=True,
    hints=words(
        "steht fix sicher klar bis sehen freuen buchungsnummer buchungsbestätigung reservierungsnummer "
        "referenznummer terminnummer stehen gehört erhalten erhältst bekommen bekommst unterwegs bescheid "
        "bestellnummer ticketnummer auftragsnummer vorgangsnummer konnte konnten gelungen geschafft fertig"
    ),
    perfect_future=r"{form} worden sein\b",
    weak=(
        r"\b(?:ist|sind) (?:jetzt |nun )?(?:ihre?r?s?|deine?r?s?)\W*\Z|\b(?:konnte|konnten|geschafft|gelungen)\b"
        r"|\b(?:haben?|hab) (?:ich|wir)(?: \S+){0,9}? (?!(?:ge(?:funden|sehen|prüft|lesen|hört|schaut|öffnet"
        r"|schlossen)|verstanden|notiert)\b)\w*ge\w{2,}(?:t|en)(?!\w)|\b(?:nachricht|bestätigung|anfrage"
        r"|mail)(?: \S+){0,4}? (?:angekommen|eingegangen|da)\b|"
        r"\b(?:ihre?[nrms]?|deine?[nrms]?|eure?|der|die|das|den|ein|eine)(?: [\w.-]+){0,2}? [\w-]*(?:termin"
        "|buchung|reservierung|platz|tisch|anfrage|nachricht|bestätigung|mail|stornierung|zimmer|anmeldung"
        r"|einladung|erstattung|bestellung|absage|slot|verschiebung|auftrag)(?: \S+){0,6}? (?:ist|sind|steht"
        r"|stehen|liegt|wurden?|hat|haben|entfällt|ging|gehört|gilt|läuft|kommt|geht|klappt|passt)(?!\w)"
        r"|\b(?:ist|sind|steht|liegt|wurden?|haben?|hab|geht|entfällt)(?: (?:hiermit|damit|jetzt|nun|ja|also"
        "|bereits|schon|für sie|für dich|sie|dich|ihnen|dir|ich|wir))* (?:ihre?|dein|deine|der|die"
        r"|das)? ?[\w-]*(?:termin|buchung|reservierung|platz|tisch|anfrage|nachricht|bestätigung)\b|\b(?:ich"
        r"|wir) (?:haben?|hab)(?: \S+){0,10}? (?!(?:ge(?:funden|sehen|prüft|lesen|hört|schaut|öffnet"
        "|schlossen|sagt)|verstanden|nachgesehen|nachgeschaut|notiert|erhalten|bekommen|überprüft"
        r"|aufgenommen|vergeben)\b)(?:\w*ge\w{2,}(?:t|en)|\w+iert|(?:be|ver|er|über|unter|hinter)\w+(?:t"
        r"|en))(?!\w)|\bhabe? (?:ich )?(?:sie|dich|ihnen|dir|ihren?|deinen?)\b|\b(?:sie|du|ihr) (?:sind|bist"
        r"|seid|stehen|stehst|haben|hast)(?: \S+){0,7}? (?:dabei|drin|eingetragen|im kalender|auf der liste"
        r"|angemeldet|[\w-]*termin|einen platz|einen tisch|vorgemerkt|im system)\b|\b(?:geht klar"
        "|hat geklappt|gebongt|abgemacht|geritzt|passt|ist gebucht|ist raus|ist durch|ist fix|rausgegangen"
        "|unterwegs|im kasten|unter dach und fach|im kalender|steht fest|alles (?:erledigt|geregelt|klar"
        "|fertig|in ordnung)|weiß bescheid|wissen bescheid|sehen uns|erwarten (?:sie|dich)|freuen uns auf"
        r"|beim team|liegt bereit|zugesagt)\b|\A\W*(?:(?:dann|also|super|prima|ja|ok"
        r"|alles klar) )?bis (?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|morgen)\b"
    ),
    gone=r"\b(?:termin|buchung|reservierung)(?: \S+){0,3}? (?:entfällt|fällt aus|besteht nicht mehr"
    r"|ist gelöscht)\b",
    others=r"\w*(?:termin|kalender|team|kollegen|platz|slot|mail|besuch|anliegen|erstattung|absage|behandlung|praxis)",
)

LEXICON = Lexicon(
    days=(
        "montag|mo[.,]",
        "dienstag|di[.,]",
        "mittwoch|mi[.,]",
        "donnerstag|do[.,]",
        "freitag|fr[.,]",
        "samstag|sonnabend|sa[.,]",
        "sonntag|so[.,]",
    ),
    soon="heute|morgen|übermorgen|nächste woche",
    at="um|gegen|ab|auf|für",
    free=(
        r"frei\w*|verfügbar\w*|offen|geöffnet|öffn\w+|schließ\w+|geschlossen|anbiet\w*|angebot\w*|soll|möcht\w*"
        r"|würd\w*|könn\w*|kann|wollt\w*|oder|zwischen|bis \S+ uhr|von|ab|beginnt|startet|dauert|kostet|kurs\w*"
        r"|workshop|voll|ausgebucht|halte|bitte|prüfe|schaue|letzte\w*|früheste\w*|erst|jeden?|passt|passen|wenn"
        r"|ob|noch|wäre\w*|vergeben|belegt|zusammenfassung|frist|wird|werde|entscheiden"
    ),
    done=(
        "gebucht|bestätigt|reserviert|vereinbart|storniert|abgesagt|verschoben|erledigt|fix|fest|erfolgreich"
        "|angemeldet|eingetragen|abgeschlossen"
    ),
    status="(?:buchungs|termin|reservierungs)?status|stand|zustand|ergebnis|termin|buchung|reservierung",
    reference=(
        "(?:ihre |deine )?(?:(?:buchungs|reservierungs|bestätigungs|referenz|termin|vorgangs|auftrags|ticket"
        "|bestell)-?(?:nummer|nr|code|id|referenz)|referenz|buchungsreferenz|code|nummer|nr|aktenzeichen)"
    ),
    details=(
        "datum|tag|zeit|uhrzeit|wann|wo|leistung|behandlung|service|bei|mit|name|personen|gäste|dauer|ort|was"
        "|preis|tisch|zimmer|termin"
    ),
    confirmation=(
        "(?:termin|buchungs|reservierungs|auftrags)?-?bestätigung|(?:termin|buchung|reservierung) bestätigt"
        "|ihre buchung|ihr termin|buchungsdetails|termindetails"
    ),
    again="auch|ebenfalls|zweite[nrs]?|weitere[nrs]?|beide|zwei|zusätzlich|außerdem|noch einen|noch eine",
    words=words(
        "etwa minuten stunden tage tagen eine einer eines unter über dauert kostet diese dieser dieses jede alle"
        " mehr neue zwei drei "
        "der die das ein eine einen ist sind sie ihr ihre ihren ich wir es zu für von am um im in und oder mit"
        " nicht kann können haben hat wird werden wenn unser unsere mein mir mich als bei aus so nein ja bitte"
        " was welche wie wann da hier war wurde würde gern gerne den dem des auf auch noch nur alles guten tag"
        " hallo danke vielen dank leider dann schon jetzt du dein dich uns ihnen durch nach bis zum zur"
    ),
)
