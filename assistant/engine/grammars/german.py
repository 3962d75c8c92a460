"""How German says that something has been done."""

from .grammar import Grammar, Lexicon, Statements, words

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
    denied=(
        r"\b(?:niemand\w*|nicht|kein\w*|nie|nichts|noch|würde\w*|könnte\w*|kann|können|soll\w*|möchte\w*|werde"
        r"|werden|wird"
        r"|muss|müssen|bitte|lassen|gerne|leider|haben sie|hast du|immer|meist(?:ens|en|e)?|normalerweise"
        r"|üblicherweise|erst"
        r"|jede\w*|warum|wie|laut|damit ich|gesagt|geschrieben|erwähnt|falls|ob|wenn|ausgebucht|automatisch|wurden sie"
        r"|sind sie sicher)\b|\bnoch nicht\b"
    ),
    later=(
        r"\b(?:mit (?:einer|der) anzahlung|(?:letztes|voriges|vergangenes) jahr|für (?:patienten|kunden|gäste)"
        r"|jemand anderes|nach (?:der|dem"
        r"|ihrer|ihrem|deiner|deinem|jeder) \w+|sobald|falls|ob|bevor sie"
        r"|bevor du|nachdem sie|nachdem du|wenn (?:sie|du)|erst|nach (?:der|ihrer"
        r"|deiner) (?:bestätigung|zahlung|buchung)|(?:dieser|der|die|das|diese[rs]?) [\w-]+ (?:ist|wurde) (?:leider "
        r"|bereits |schon )+(?:gebucht|reserviert|vergeben|belegt)|wir (?:sind|haben) (?:unser\w*|im|seit)|keine?n?|noch "
        r"nichts?)\b"
    ),
    condition=(
        r"\bbei (?:regen|sturm|schnee|unwetter|schlechtem|bedarf|verspätung|krankheit|nichterscheinen|absage"
        r"|stornierung|verlust|fragen|interesse)\b|\A\W*sollten? (?!ich\b|wir\b)"
        r"|\b(?:sobald|solange|wenn(?! (?:sie|du) (?:\w+ )?(?:(?:an)?komm|eintreff|da (?:sind|bist)|hier (?:sind"
        r"|bist))\w*)|falls(?! (?:sie|du) (?:sich|dich) (?:wunder|frag))|nachdem (?:sie|du|ihr|die|der|das)|bevor|ob"
        r"|nach (?:eingang|erhalt|abschluss) (?:der|des|ihre[rs]|deine[rs]) \w+(?= (?:erh[aä]lt|bekomm))"
        r"|bitte (?:\w+ )?(?:bestätigen|klicken|geben)|bestätigen sie)\b"
    ),
    reach=14,
    managed=r"\b(?:ich konnte|wir konnten|konnte ich|konnten wir|es ist mir gelungen|ich bin dabei)",
    infinitives={
        "booked": words("buchen reservieren vereinbaren eintragen sichern einplanen einbuchen bestätigen"),
        "cancelled": words("stornieren absagen kündigen streichen"),
        "rescheduled": words("verschieben verlegen umbuchen ändern"),
        "sent": words("senden schicken weiterleiten verschicken informieren benachrichtigen übermitteln weitergeben"),
        "done": words("aktualisieren anlegen bestellen erstatten hinzufügen speichern löschen erstellen"),
    },
    negations=r"\b(?:nicht(?! nur)|nie|niemals|keine?[nmr]?)\b",
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
        "|hat geklappt|gebongt|abgemacht|geritzt|(?<!tag )(?<!zeit )(?<!termin )(?<!was )passt(?! ihnen| dir| es)"
        "|ist gebucht|ist raus|ist durch|ist fix|rausgegangen"
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
        "montag|mo(?=[.,]| \\d)",
        "dienstag|di(?=[.,]| \\d)",
        "mittwoch|mi(?=[.,]| \\d)",
        "donnerstag|do(?=[.,]| \\d)",
        "freitag|fr(?=[.,]| \\d)",
        "samstag|sonnabend|sa(?=[.,]| \\d)",
        "sonntag|so(?=[.,]| \\d)",
    ),
    soon="heute|morgen|übermorgen|nächste woche",
    at="um|gegen|ab|auf|für",
    free=(
        r"frei(?!tag)\w*|verfügbar\w*|offen|geöffnet|öffn\w+|schließ\w+|geschlossen|anbiet\w*|angebot\w*|soll|möcht\w*"
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
        r"(?:buchung|reservierung|termin|bestellung|auftrag|vorgang) (?:nr\.?|nummer|n°)|(?:ihre "
        r"|deine )?(?:(?:buchungs|reservierungs|bestätigungs|referenz|termin|vorgangs|auftrags|ticket"
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
        "beim seit habe hab bin bist seid euch ihm worden deine meine worden mich sehr wieder gibt liegt steht "
        "etwa minuten stunden tage tagen eine einer eines unter über dauert kostet diese dieser dieses jede alle"
        " mehr neue zwei drei "
        "der die das ein eine einen ist sind sie ihr ihre ihren ich wir es zu für von am um im in und oder mit"
        " nicht kann können haben hat wird werden wenn unser unsere mein mir mich als bei aus so nein ja bitte"
        " was welche wie wann da hier war wurde würde gern gerne den dem des auf auch noch nur alles guten tag"
        " hallo an ab ob sich dass weil damit dazu dort hatte wäre sein seine man kein keine denn doch ganz heute gestern"
        " etwas ihrem ihres wollen sollen soll muss müssen is ned net nit scho des dei mia woaß nen hab hast eh"
        " danke vielen dank leider dann schon jetzt du dein dich uns ihnen durch nach bis zum zur"
    ),
)

_KNOWN = (
    "gefunden|gesehen|geprüft|gelesen|gehört|geschaut|nachgesehen|nachgeschaut|verstanden|überprüft|geöffnet|geschlossen"
    "|geeignet|erlaubt|gestattet|enthalten|begrenzt|beschränkt|gedacht|gemeint|bekannt|betroffen|berechtigt|geboten"
    "|verboten|erwünscht|gegen|genügend|gelegen|verbunden|beheizt|bestimmt|getrennt|gewünscht|ausgebildet|renoviert"
    "|umgezogen"
    "|gegründet|erweitert|umgebaut|modernisiert|ausgezeichnet|spezialisiert|interessiert|verpflichtet|empfohlen|benötigt"
    "|verhindert|versucht|gefreut|gewesen|geworden|besetzt|vergeben|überfordert|verfügt|besteht|bietet|erhalten sie"
    "|beträgt|bereit|gut|gern|gerechnet|inbegriffen|gefragt|geht|gibt|gilt|verbessert|bittet|beachten|berechnet|entsteht"
    "|eröffnet|aufgepasst|entstanden|arbeitet|beginnt|funktioniert|bedeutet|verlangt|erfordert|verkehrt|gelernt"
    "|gesammelt|erforderlich|betreut|gewonnen"
)
_PAST = (
    rf"(?!(?:\w{{0,4}}(?:{_KNOWN}))(?!\w))(?-i:(?=[a-zäöüß]))"
    r"(?:\w*ge\w{2,}(?:t|en)|\w{3,}iert|(?:\w{0,5}(?:be|ver|er|ent|zer)|über|unter|hinter|voll|durch"
    r"|wieder)\w{2,}(?:t|en))(?!\w)"
)
_FEW = r"(?: [^\s!?;]+){0,12}?"
# What is over, in the words of no verb: "steht!", "unter Dach und Fach", "Haken dran".
_ENDED = (
    r"\A\W*(?:(?:zurück|ab|um|ein|aus|vor|nach|weiter|fest|frei|los|hin|an(?!gebot))ge\w{3,}t|\w{3,}iert)\W*\Z|"
    r"\bim bilde?\b(?! zu)|\b(?:ist|sind)[^?]{0,50} (?:die|der|das) (?:ihren?|deinen?)\W*\Z|\b(?:betracht|anseh|gilt"
    r"|gelten)\w*(?: \S+){0,7}? als (?:nicht )?\w+t\b"
    r"|\b(?:der|die|das|unsere?r?|herr|frau) [\w-]+(?: [\w-]+)? (?:nimmt|bringt|holt|legt|stellt|tauscht|wechselt"
    r"|räumt|setzt|schickt|schaut|sieht|ruft|packt|hängt|trägt)"
    r"(?: \S+){1,8}? (?:(?:raus|rein|hoch|runter|vorbei|weg|zurück|bereit|drauf|dazu)(?!\w)|(?:ab|mit|aus|um|auf|ein"
    r"|an|nach|vor)\W*\Z)"
    r"|\b(?:schaut|sieht|kümmert|meldet|ruft|holt|fährt|begleitet|bringt)(?: sich)?(?: \S+){0,5}? (?:ihn|ihm|ihnen"
    r"|ihr)\b(?! \w+(?:t|en)\b)"
    r"|\b(?:gibt es|existiert|besteht|gilt) nicht mehr\b|\b(?:liegt|liegen|hängt|wartet|warten) (?:(?:jetzt|nun|schon"
    r"|ab \S+(?: uhr)?) )+(?:am|beim|an|in|bei|im|auf|für)\b|\b(?:unter dach und fach|in trockenen tüchern"
    r"|in sack und tüten|im kasten|in der tasche|vom tisch|haken (?:dran|dahinter|hinter)"
    r"|abgehakt|eingetütet|geritzt|gebongt|geschaukelt|gelaufen|amtlich|auf dem schirm|geht (?:das |alles )?klar"
    r"|(?:alles|das|schon|die sache) (?:erledigt|geregelt|paletti|geklärt|fix|im lot))\b"
    r"|\b(?:steht|sitzt|passt|läuft|fix)(?: jetzt| nun| fest| also| schon| so| damit)* ?(?:[!.✅👍🎉😊🐩]|\Z)(?<!wo)"
    r"|\bhätten wir (?:das |die |den |es |alles )?(?:damit|also|dann|jetzt|nun|somit|schon mal|auch|erledigt|geschafft"
    r"|geregelt)\b"
    r"|\b(?:das|die|der|den)(?: [\w-]+){0,4} hätten wir\b(?! (?:gern|noch (?:ein|zwei|frei)))"
    r"|\b(?:das )?wären? (?:damit|hiermit|dann|somit|jetzt) (?:\S+ )?(?:erledigt|geschafft|geregelt|fertig|durch"
    r"|gebucht|\w*ge\w+t)\b"
    r"|\bdas wär[es]?(?: \w+)? (?:\w*ge\w+(?:t|en)|erledigt|fix|durch|fertig|storniert|bestellt|ver\w+t)\b"
)
_DIALECT = (  # Bavarian, Austrian, Swabian, Swiss, Berlin and chat: the auxiliary and the visitor, whatever the participle
    r"\b(?:i|ick|ik|mia|mir|ma|me) (?:hab|ham|ha|han|hob|hom|hann|hend)\b|\b(?:hab|hob|ham|hom|han|ha|hend) (?:i|ick"
    r"|ik|da|di|dia|dir|dich"
    r"|eich|enk|eng|ihna|eana|euch|mi)\b|\b(?:is|isch|san|sin|sind)(?: \S+){0,6}? (?:ei|ab|o|a|um|vo|furt"
    r"|weida)?(?:g(?=[bcdfhkmnpstvwz])|je)\w{2,}(?:t|n|cht)(?!\w)"
    r"|\b(?:bist|bisch|seids?|sads) (?:schon |scho |jetzt |jetz |etz |nun |eh |auch )*(?:drin|dabei|drauf|dran|drinnen"
    r"|drinna|mit dabei|eitrogn"
    r"|am start|vorgemerkt|auf der liste)\b|\b(?:basst|passt|geht|lafft|laft|steht)(?: scho| schon| ois| alles|['’]s)\b"
)
_FEW_WORDS = (
    rf"\A\W*(?!(?:wird|werden|bitte|noch|kein\w*|nicht|der|die|das|ein\w*|diese\w*|wer|wir|ich|er|sie|es|ihre?|dort"
    rf"|hier|man)\b)(?:[\w-]+ ){{1,3}}(?:{_PAST})(?: (?:an|für|auf|bei|zum|zur|von|in|mit|am|bis|nach|ab)(?!\w))"
)
_HERE = r"\A\W*(?:(?:ok|okay|gut|super|perfekt|prima|also|und|dann|damit|alles klar|passt) )?"
STATEMENTS = Statements(
    own=(  # "Sie" is the visitor, "sie" somebody else, unless all is written small
        r"(?-i:\b(?:Sie|Ihnen|Ihr\w{0,2})\b|\A[^A-ZÄÖÜ]*\b(?:sie|ihnen|ihr\w{0,2})\b)|\b\w+t ihr\b|\bihr \w+t\b"
        r"|\b(?:du|dich|dir|dein\w{0,2}|euch|euer|eure\w?|eich|enk|dia)\b"
    ),
    bids=(
        r"\bfehl(?:t|en) (?:mir|uns|noch)\b|(?<!wir )\b(?:sehen|erkennen|erfahren|lesen) sie\W*\Z|\A\W*(?:ihren?"
        r"|deinen?) [\w-]+(?: [\w-]+)?\W*\Z(?<!en\Z)(?<!t\Z)|\A\W*(?:so|wie) \w+en sie\b|\bhaben (?:sie )?das recht\b"
        r"|\A\W*dass\b|\bzu \w+n\W*\Z|\berst (?:nach|wenn)\b|\bfreut sich über\b|(?<!ist )\bonline\b|\blässt sich\b"
        r"|\banliegen (?:gehört|betrifft)|\A\W*(?:(?:und|oder|dann|einfach|am besten|sonst|alternativ|dazu|dafür"
        r"|hierfür|zum \w+|zur \w+) )*(?!haben|sind|werden|stehen|wurden)\w{3,}(?:en|rn|ln) sie\b"
        r"|\A\W*(?:bring|schick|schreib|ruf|nimm|gib|komm|klick|wähl|schau|sag|frag|mach|nutz|melde|füll|geh|öffne"
        r"|bestätig|teil|prüf|warte|trag)e? (?!ich)"
        r"|\bfinden sie(?! in ihrem (?:postfach|e-mail|posteingang))|\b(?:erreichen|brauchen|benötigen|bezahlen"
        r"|zahlen|parken|wählen|sparen) sie\b|\bsie (?:finden(?! (?:jetzt|nun))|erreichen|brauchen|benötigen|zahlen"
        r"|bezahlen|parken|wählen"
        r"|sparen|möchten|wollen|suchen|fragen|kennen|können|müssen|dürfen|sollten)\b|\bdu (?:findest|erreichst"
        r"|brauchst|zahlst|möchtest|willst|suchst|kannst)\b"
        r"|\b(?:danke|vielen dank|gern geschehen|willkommen|freut mich|guten tag|hallo)\b|\b(?:brauche?"
        r"|benötigen?) (?:ich|wir)\b|\b(?:ich|wir) (?:brauche?n?|benötigen?|bieten|empfehlen|helfe)\b"
        r"|\bhalte\b(?: [^\s]+){0,6} frei\b|\bfür (?:sie|dich) frei\b|\b(?:für|bei) ihre[mnr]? (?:besuch|anfahrt"
        r"|sicherheit|termin) (?:gilt|gelten)\b|\bkomm\w* drauf an|\bhängt von\b"
        r"|\bje nach\b|\bihrer wahl\b|\bwünsch\w+ (?:ich|wir)?\b|\bich bin (?:ihr|der|die|dein)\b"
        r"|\bunterstütz\w* (?:sie|dich)\b|\bhelfe? (?:ich|wir)? ?(?:ihnen|dir)\b"
        r"|\b(?!(?:erwarten|sehen|begrüßen|rufen|holen|melden|bringen|kontaktieren|haben wir|finden|sitzen|stehen"
        r"|sind|haben|bekommen|erhalten|wohnen|laufen|liegen|fahren) )\w{3,}(?:en|ln"
        r"|rn) sie (?:\w+ )?(?:über|im|in|auf|unter|an|bei|mit|beim|am|zum)\b|\b(?:enthält|umfasst|beinhaltet|kostet"
        r"|funktioniert|deckt|gilt|bedeutet|geht es um|betrifft|gespeichert|offen|geöffnet|geschlossen|frei|freie"
        r"|verfügbar|plätze|öffnet|schließt|(?:kurs|workshop|training|saison|unterricht|führung|termin|behandlung"
        r"|stunde)\w*(?: \S+){0,4} (?:beginnt|startet)|dauert|reicht"
        r"|werktags|montags|dienstags|mittwochs|donnerstags|freitags|samstags|sonntags|anzahlung von)\b"
    ),
    episode=(
        r"\b(?:gleich|gerade|soeben|jetzt|nun|bereits|schon|heute|morgen|in (?:etwa |rund |ca. )?\d+ minuten"
        r"|ab (?:sofort|jetzt|heute)|vorhin|momentan|unterwegs|in (?:der )?(?:zustellung|bearbeitung|arbeit|mache)"
        r"|wie (?:gewünscht|vereinbart|besprochen|abgesprochen)|wunschgemäß"
        r"|auf dem weg|(?:auf der|im|in der|in den|ins|im|beim) (?:warte)?(?:liste|auftrag|akte|system|kalender"
        r"|kartei|plan|profil|team|unterlagen|terminbuch)|bekannt|dabei|weiß|wissen|kennt|hat (?:alles|es|den|die"
        r"|das)"
        r"|(?:er|sie|es) (?:kümmert|meldet|kommt|bringt|holt|übernimmt|schickt|ruft|sieht|schaut|plant)|kümmert sich"
        r"|(?:gibt es|da kommt) (?:nun|jetzt|nichts mehr)|läuft(?! (?:alle|täglich|montags))|auf \d+ uhr (?:gelegt"
        r"|verlegt|gesetzt))\b"
    ),
    always=(
        rf"{_ENDED}|{_DIALECT}|{_FEW_WORDS}"
        rf"|\b(?:habe?|haben|hat)(?<!haben sie)(?<!hast du)(?: [^\s!?;]+){{1,12}}? \w{{3,}}(?:en|ern|eln) (?:lassen"
        rf"|können|dürfen)(?!\w)"
        r"|\b(?:(?:mitteilen|bestätigen|verkünden|sagen|ausrichten) zu (?:können|dürfen)|teile? ihnen (?:gern "
        r"|hiermit )?mit|(?:hiermit|gern\w?) (?:bestätige|bestätigen)\b)"
        r"|(?:\A|\d)\W*(?:neu|jetzt neu|neue[rs]? \w+|bisher|vorher|nachher)\W*\Z"
        r"|\b(?:hiermit|damit) (?:ist|sind|wären?|hat|habe|gilt|steht|haben)\b(?! (?:gemeint|nicht|kein))"
        rf"|\b(?:hat|haben|ist|sind|wurden?|war"
        rf"|waren)(?<!haben sie)(?<!hast du)(?: [^\s!?;]+){{0,12}}? {_PAST}(?= *(?:\W|\Z|und|oder|worden))"
        rf"|\b(?:habe?|hatte|hab['’]s) ich{_FEW} {_PAST}|\bich (?:habe?|hab['’]s|hatte|bin){_FEW} {_PAST}"
        rf"|{_HERE}(?:habe?|hab['’]s){_FEW} {_PAST}"
        r"|\bbescheid (?:gesagt|gegeben)\b|\b(?:weiß|wissen|weiss)(?: \w+)? (?:darüber |davon )?(?:bescheid|dass|davon)\b"
        rf"|{_HERE}{_PAST}(?:\W*\Z| (?:für|auf|in|im|an|bei|bis|mit|am|ist|sind|wurde)(?!\w))"
        rf"|{_HERE}(?!(?:nicht|kein\w*|ist|sind|noch|wird|werden"
        rf"|nur)(?!\w))(?:[\w-]+ ){{1,4}}(?<!nicht )(?<!ist )(?<!sind )(?<!wird )"
        rf"(?<!werden ){_PAST}\W*\Z"
        rf"|\b(?:wurde|ist)(?: \S+){{0,4}} (?:gebeten|beauftragt|verständigt|informiert|instruiert|unterrichtet"
        rf"|angewiesen)(?!\w)"
        r"|\b(?:nummer|aktenzeichen|vorgang) [1-9]\d{2,6}(?![\d ]*\d)|\bauf den weg\b|\bhält\b[^?]*\b(?:frei|zurück"
        r"|bereit)\b|\bauf den namen\b|\b(?:liegt|liegen|steht|stehen)(?: \S+){0,9} (?:vor|bereit)(?!\w)"
        r"|\bist (?:schon |bereits |nun |jetzt )?(?:raus|durch|aus|weg|geregelt|unterwegs)\b"
    ),
    theirs=(
        rf"\b(?:ist|sind|wurden?|war|hat|haben (?:wir|die)|wir haben|die \w+ haben)(?: [^\s!?;]+){{0,12}}? {_PAST}"
        rf"|\b(?:du bist|bist du|sie sind|sind sie|ihr seid|seid ihr|sie wurden|du wurdest|du hast"
        rf"|sie haben)(?: [^\s!?;]+){{0,12}}?"
        rf" (?:{_PAST}|bekommen|erhalten)"
        r"|\b(?:sie|du|ihr) (?:stehen|stehst|steht|sind|bist|seid|wohnen|wohnst)(?! (?:willkommen|herzlich"
        r"|hier richtig|richtig"
        r"|bei uns (?:richtig|willkommen|in)|interessiert|unsicher|krank|zufrieden|verpflichtet|berechtigt"
        r"|verhindert|auf der suche"
        r"|sich|nicht|noch|am besten|neu|dann|schwanger|mitglied|einverstanden|jederzeit)\b)"
        r"|\b(?:meldet|melden|ruft|rufen|kontaktiert|kontaktieren|kommt|kommen|schreibt|antwortet|erwartet|erwarten"
        r"|wartet|holt"
        r"|bringt|schaut|kümmert|kümmern|sieht|erreicht)(?: sich)?(?: [^\s!?;]+){0,8}?"
        r" (?:sie|ihnen|dich|dir|an|zurück|darum|vorbei|rein|euch|ihren?|deinen?)\b"
        r"|\b(?:wird|werden|sollten?|müssten?)(?: [^\s!?;]+){0,9}? (?:melden|anrufen|zurückrufen|kontaktieren|sein"
        r"|eintreffen"
        r"|erreichen|schreiben|antworten|kümmern|vorbeikommen|abholen|ankommen|warten|begrüßen|empfangen"
        r"|zurückmelden|abgebucht"
        r"|erscheinen|eingehen)\b|\bhat(?: [^\s!?;]+){0,6}? (?:bekommen|erhalten|vorliegen)\b"
        r"|"
        + _HERE
        + r"(?:ihre?|dein|deine|euer|eure)(?: [\w.'’-]+){1,6}? (?:ist|sind|wurden?|hat|haben|ruht|läuft|liegt|liegen"
        r"|steht"
        r"|stehen|endet|beginnt|startet|geht|ging|bleibt|wartet|war|entfällt|befindet|gehört|pausiert|kommt|gilt|lautet)"
        r"(?! (?:uns |immer |stets |natürlich |selbstverständlich )?(?:wichtig|kostenlos|willkommen|gültig"
        r"|erforderlich|nötig|möglich"
        r"|frei|ein|eine|der|die|das|sicher bei|\d)\b)"
        r"|"
        + _HERE
        + r"(?:der|die|das) (?:[\w.'’-]+ ){1,5}?(?:ist|sind|wurden?) (?:[^\s!?;]+ ){0,5}?(?:für sie|für dich|für ihn"
        r"|auf ihren"
        r"|auf den namen|unter ihrem|auf deinen)\b"
    ),
    now=(
        r"\b(?:jetzt|nun|ab sofort|soeben|eben|gerade|hiermit|bereits|schon|wie (?:gewünscht|besprochen|vereinbart"
        r"|erbeten)"
        r"|auf ihren wunsch|auf deinen wunsch|vor \w+ (?:minuten?|augenblicken)|inzwischen|mittlerweile|ab heute"
        r"|derzeit|aktuell"
        r"|momentan|nicht mehr|ab dem (?:nächsten|kommenden)|zurzeit)\b"
    ),
    excused=(
        r"\b(?:nicht(?! mehr)|kein\w*|nie|nichts|weder|ohne|würd\w*|(?<!zu )k[öa]nn\w*(?![^,;]* (?:als |abhaken"
        r"|vergessen|streichen|entspannen|sich freuen|beruhigt))|möcht\w*|soll(?:te)? ich"
        r"|sollten?|niemand\w*|darf|(?<!zu )dürfen|muss|müssen|müssten (?:sie|wir)|müsstest|müsste (?:ich|man)"
        r"|bitte|falls|ob|wenn|sobald|solange|bevor|leider|lassen (?:sich|sie)|lasse?n? ihnen|gerne?|verstehe|klingt"
        r"|scheint|(?:der|die|dem|den"
        r"|das) (?:sie|du)|sagten|schrieben|erwähnt\w*|wollt\w*"
        r"|wie(?! (?:gewünscht|besprochen|vereinbart))|welche\w*|was|wann|warum|wo|hätten?(?! wir\b(?! gern"
        r"| ein\w* frage))|(?<!damit )(?<!somit )(?<!hiermit )(?<!dann )wären?(?! (?:damit|hiermit|dann|somit|das"
        r"|jetzt)\b)(?<!das wäre)|bräuchte|möglicherweise|vielleicht|vermutlich|eventuell|wer|lässt"
        r"|am besten"
        r"|sie (?:schrieben|sagten|meinten|fragten)|du (?:sagtest|schriebst|meintest))\b|\A\W*(?:ist|sind) (?:der"
        r"|die|das|ihr\w*)\b|\A\W*(?:zum|zur|nach|damit ihr\w*|damit sie|haben sie|hast du|habt ihr)\b"
    ),
    house=(
        rf"\b(?:ich|wir) nichts\b|\bnichts (?!mehr)(?:\w+ )?{_PAST}|\bnoch (?:ist|wurde|habe ich|haben wir)? ?nichts\b"
        rf"|\bunverändert\b|\bwie gehabt\b"
        r"|\bminuten (?:lang )?(?:frei|reserviert|ge)\w*|\A\W*(?:ja, |ok, )?(?:sie|du) (?:schreiben|schreibst|sagen"
        r"|sagst|meinen|meinst|berichten|erwähnen|fragen|fragst)\b"
        r"|\A\W*(?:ich )?verstehe\W+(?:sie|du)\b|\b(?:tut (?:mir|uns)[^,]{0,12} leid|bedauer\w+"
        r"|entschuldig\w+)\b[^?]*\bdass\b|\bleider (?:schon|bereits|nicht)\b"
        r"|\A\W*unsere?r? [\w-]+(?: [\w-]+)? (?:ist|sind|hat|haben|wird|werden|kommt|kommen)\b(?![^?]*\b(?:jetzt|nun"
        r"|gerade|soeben|schon|bereits|heute|morgen"
        r"|gleich|unterwegs|informiert|bescheid|sie|ihnen|ihre?[nms]?|du|dich|dir|dein\w*|um \d|am \w+tag|notiert"
        r"|wissen|damit)\b)"
        r"|\b(?:saal|raum|halle|platz|kurs|zimmer|hotel|stunde|uhrzeit)\b[^?]*\b(?:belegt|besetzt|vergeben|voll)\b"
        r"|\b(?:läuft|erfolgt|geht|funktioniert) (?:\w+ )?(?:über|per)\b"
        r"|\berst (?:bei|nach|mit|ab|vor)\b|\b(?:ist|sind|bleibt) (?:\w+ )?(?:verbindlich|unverbindlich|erforderlich"
        r"|nötig|notwendig|kostenlos|kostenfrei|möglich|pflicht|inklusive)\b"
        r"|\bist (?:nach|videoüberwacht|beheizt|klimatisiert) |\A\W*nach (?:der|dem|jeder|ihrer) \w+ (?:erhalten"
        r"|bekommen|wird|werden|ist|bekommst)\b|\bsie haben (?:\S+ ){0,5}?(?:angerufen"
        r"|geschrieben|erwähnt|gesagt|gefragt|gebeten|verloren|vergessen|versucht|gewählt|angegeben|berichtet"
        r"|beschrieben)\b"
        r"|\A\W*(?:ist|sind|hat|haben|wird|werden|wurden?) (?!damit|hiermit|jetzt|nun|ich\b|wir\b"
        r"|alles)[^?!;:]{3,90}, (?:so |dann )?(?:können"
        r"|kannst|lässt|lassen|muss|müssen|gilt|melden|rufen|geben|schreiben|reicht|ist|sind|wird|werden|erhalten"
        r"|hilft|helfen|genügt)\b"
        r"|\b(?:19|20)\d\d\b|\A\W*(?:wer|was|wann|wie|wo\w*|warum|welche\w*|ist|sind|hat|haben|hast|wird|werden"
        r"|wurden?|soll\w*|möchte\w*)\b"
        r"(?![^?]*\b(?:ich|wir|i) (?:hab|konnt|bin))[^?]*\?\W*\Z|\b(?:mit einer|nach der|gegen) (?:an)?zahlung\b"
        r"|\b(?:anzahlung|kaution) von\b|\b(?<!\d )(?<!\d\. )(?<!ersten )(?:im|seit) (?:januar|februar|märz|april|mai"
        r"|juni|juli|august|september|oktober|november"
        r"|dezember|frühjahr|frühling|sommer|herbst|winter)\b(?=[^?]*\b(?:wir|unser\w*|uns)\b)|\bausgebucht\b"
        r"|\b(?:zuständig|verantwortlich)\b(?<!jetzt zuständig)|\bverlängert sich\b(?! (?:bis|um|damit))"
        r"|\bläuft (?:\w+ )?(?:monate?|jahre?|wochen?)\b|\bkomplett\b[^?]*\breserviert\b"
        r"|\A\W*in ein\w+ \w+ (?:wird|werden)\b|\A\W*(?:der|die|das) [\w-]+ (?:fährt|verkehrt|läuft) (?:alle|täglich"
        r"|stündlich)\b"
        r"|\A\W*(?:hat|wird|haben|hast|habt|soll|sollten?|möchten|wünschen|brauchen|ist|sind"
        r"|wurde) (?:sie|du|ihr\w*|der|die|das|es)\b[^?]*,"
        r"|\b(?:wurde|ist) (?:bisher |noch )nichts\b|\b(?:der|die) (?:letzte|erste|nächste|früheste)\w* \w+ (?:ist"
        r"|beginnt|wäre|startet)\b|\b(?:seit|letzte[snm] (?:jahr|monat|woche|sommer|winter)|immer|meist(?:ens|en|e)?"
        r"|normalerweise|in der regel|automatisch"
        r"|jede[rsnm]?|viele|(?:unsere|viele|meisten|neue|unseren|vielen) (?:kunden|gäste\w?|patienten|mitglieder)"
        r"|üblicherweise|gewöhnlich|häufig|oft|auf der (?:speise)?karte|jeweils|zur verfügung|von \w+ bis \w+tags?"
        r"|pro (?:nacht|person|tag|monat|stunde)"
        r"|grundsätzlich|generell|stets|wöchentlich|täglich|renoviert|umgezogen)\b"
        r"|\A\W*(?!(?:sie|wir|ihre|deine|die|beide|alle|zwei|drei)\b)(?:\w+e )?\w+(?:en|n|s|er|e)(?: \w+)? (?:werden"
        r"|erfolgen|lassen|sind)\b(?![^?]*\bauf den namen)(?! (?:auf|unterwegs|für|jetzt|nun|bereits|schon|bei|im))"
        r"|\bihre (?:daten|frage|privatsphäre|angaben)\b|\A\W*(?:sie haben|du hast|sie möchten) also\b|\A\W*(?:sie"
        r"|du) (?:hatten|hattest|schrieben|sagten|wollten|wolltest|meinten)\b"
    ),
)
