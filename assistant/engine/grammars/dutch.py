"""How Dutch says that something has been done."""

from .grammar import Grammar, Lexicon, words

GRAMMAR = Grammar(
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
    later=r"\b(?:vorig jaar|voor (?:patiënten|klanten)|na (?:het|de|uw|je) \w+|iemand anders|zodra|als (?:u|je)"
    r"|wanneer|voordat|nadat|totdat|pas|na (?:uw"
    r"|je|de) (?:bevestiging|betaling"
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
    negations=r"\b(?:niet(?! alleen)|nooit|geen)\b",
    phrases={
        "booked": (
            r"\b(?:uw|je|de|jouw) (?:afspraak|boeking|reservering) staat(?: vast| in de agenda|\W*\Z)"
            r"|\A\W*(?:prima|perfect|mooi|top)?\W*tot (?:ziens op )?(?:maandag|dinsdag|woensdag|donderdag|vrijdag"
            r"|zaterdag|dan|morgen)\b"
        ),
        "sent": (
            r"\b(?:(?:je|u) (?:ontvangt|krijgt)|(?:ontvang|krijg) je|(?:ontvangt"
            r"|krijgt) u)(?: [\w-]+){0,5}? (?:\w*bevestiging\S*|e-?mail\S*|mail|bericht)\b|\b(?:bevestiging\S*"
            r"|e-?mail|mail|bericht)(?: \S+){0,2}? (?:is|komt)(?: al| nu)? (?:onderweg|eraan)\b"
        ),
    },
    alone=r"(?:het is )?(?:gelukt|geregeld|klaar)|alles (?:is )?geregeld",
    inverted=True,
    hints=words(
        "staat vast tot boekingsnummer reserveringsnummer bevestigingsnummer ontvangt krijgt ontvang krijg onderweg "
        "eraan bestelnummer ticketnummer ordernummer kon gelukt lukte geregeld klaar"
    ),
    perfect_future=r"\bzal(?: \S+){0,6}? {form} zijn\b",
    weak=(
        r"\bis (?:nu )?van (?:u|jou)\b|\b(?:zo vrij|gelukt|kon(?:den)?)\b|\b(?:bericht|bevestiging|mail"
        r"|aanvraag)(?: \S+){0,4}? (?:aangekomen|binnen|vertrokken)\b|"
        r"\b(?:uw|je|jouw|de|het|een)(?: \S+){0,2}? \w*(?:afspraak|boeking|reservering|plek|plaats|tafel"
        "|bericht|mail|bevestiging|aanvraag|bestelling|team|kamer|terugbetaling|annulering|behandeling"
        r"|sessie)(?: \S+){0,6}? (?:is|zijn|staat|staan|werd|ligt|heeft|gaat|vervalt|komt)(?!\w)|\b(?:staat"
        r"|is|ligt)(?: nu| dan| hiermee| bij deze)* (?:uw|je|de) \w*(?:afspraak|boeking|reservering|tafel"
        r"|plek)\b|\b(?:ik heb|we hebben|wij hebben|heb ik)(?: \S+){0,9}? (?!(?:gevonden|gezien|gelezen"
        r"|gekeken|begrepen|ontvangen|gecontroleerd|gehoord|nodig)\b)\w*ge\w{2,}(?:t|d|en)(?!\w)|\b(?:u|je"
        r"|jij) (?:staat|bent|heeft|hebt)(?: \S+){0,7}? (?:in de agenda|op de lijst|ingeschreven|afspraak"
        r"|een tafel|een plek|erbij|aangemeld)\b|\A\W*(?:dan )?tot (?:maandag|dinsdag|woensdag|donderdag"
        r"|vrijdag|zaterdag|zondag|morgen|dan)|\b(?:we zien (?:u|je)|wij? verwachten (?:u|je)"
        "|staat in de agenda|op de hoogte|de deur uit|is van (?:u|jou)|onderweg|alles (?:geregeld|in orde"
        r"|klaar)|is rond|in orde|komt goed|afgesproken)\b"
    ),
    others=r"plek|plaats|agenda|team|collega\w*|kalender|bezoek|terugbetaling|tijd|sessie|kopie|mail",
)

LEXICON = Lexicon(
    days=("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"),
    soon="vandaag|morgen|overmorgen|vanavond",
    at="om|rond|voor",
    free=(
        "vrije?|beschikbaar|beschikbare|open|opent|sluit|gesloten|aanbieden|bied|zal|zou|kunt|kan|wilt?|wil|of"
        "|tussen|tot|van|begint|start|duurt|kost|les|cursus|workshop|vol|volgeboekt|houd|kijk|controleer|laatste"
        "|eerste|elke|als|past|schikt|nog|bezet|samenvatting|graag|wordt|behandelt"
    ),
    done=("geboekt|bevestigd|gereserveerd|ingepland|geannuleerd|verzet|verplaatst|afgerond|geregeld|gelukt|vastgelegd"),
    status="status|staat|resultaat|afspraak|boeking|reservering",
    reference=(
        "(?:uw |je |jouw )?(?:(?:boekings|reserverings|bevestigings|bestel|afspraak|ticket|referentie"
        "|order)-?(?:nummer|code|nr|id)|referentie|ref|code|nummer)"
    ),
    details=("datum|dag|tijd|tijdstip|wanneer|waar|dienst|behandeling|bij|met|naam|personen|duur|locatie|prijs|tafel|kamer"),
    confirmation=(
        "(?:afspraak|boekings|reserverings|bestel)?-?bevestiging|(?:afspraak|boeking|reservering) bevestigd|boekingsgegevens"
    ),
    again="ook|tweede|andere|beide|twee|eveneens|daarnaast|nog een",
    words=words(
        "die dat hij zij ze hem haar hun jullie jou jouw mij zich men iets niets geen alleen al nu net vanaf vanavond"
        " vanmiddag vanmorgen vandaag morgen gisteren straks pas weer nog bij tegen onder zonder na sinds tijdens om half"
        " kwart eerst want maar zal zou wil wilt moet mag staat ligt zit gaat komt doet blijft krijgt gaan komen eens elk"
        " beide maandag dinsdag woensdag donderdag vrijdag zaterdag zondag ongeveer minuten uur dagen dertig twee drie"
        " duurt kost elke tussen voor de het een is zijn u uw je jij ik we wij van op in en of met dit deze niet kan kunt"
        " heb heeft hebben wordt als ons onze mijn me door ja nee wat welke hoe wanneer waar hier was er aan te naar ook"
        " dan hallo dank goed graag alles zo tot uit over"
    ),
)
