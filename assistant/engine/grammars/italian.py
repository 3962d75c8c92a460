"""How Italian says that something has been done."""

from .grammar import Grammar, Lexicon, inflected, words

GRAMMAR = Grammar(
    acts={
        "booked": inflected(
            "o a i e",
            "prenotat fissat programmat confermat riservat segnat registrat iscritt pianificat inserit effettuat "
            "bloccat assegnat",
        ),
        "cancelled": inflected("o a i e", "cancellat annullat disdett"),
        "rescheduled": inflected("o a i e", "spostat riprogrammat rinviat modificat cambiat anticipat posticipat rimandat"),
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
    later=r"\b(?:l'anno scorso|per i (?:pazienti|clienti)|dopo (?:le|l|lo|ogni|\w+re)\b|dopo aver\w*|se|quando"
    r"|una volta|appena (?:sar\w+|conferm\w+|avr\w+)|dopo (?:che|la|il"
    r"|aver conferm\w+)|prima "
    r"(?:che|di)|finché|già (?:prenotat|occupat|riservat)[oa]|ci siamo trasferit\w|abbiamo (?:\w+ )?(?:i nostri|la "
    r"nostra|il nostro|le nostre))\b",
    condition=r"\b(?:se|quando|una volta|non appena|dopo (?:che|la|il)|prima (?:che|di)|clicchi"
    r"|(?<!di )(?<!la )(?<!una )(?<!sua )(?<!tua )conferm[ai]|(?<=\w )dopo aver (?:scelto|selezionato|compilato|pagato))\b",
    mine=r"\b(?:ho|l['’]ho)\b",
    reach=6,
    managed=r"\b(?:sono riuscit[oa] a|siamo riusciti a|ho potuto|ho provveduto a|abbiamo provveduto a)",
    infinitives={
        "booked": inflected("e la le lo ti", "prenotar fissar programmar confermar riservar inserir iscriver"),
        "cancelled": words("cancellare annullare disdire"),
        "rescheduled": words("spostare riprogrammare rinviare modificare anticipare"),
        "sent": inflected("e la le lo ti", "inviar mandar inoltrar informar avvisar contattar trasmetter"),
        "done": words("aggiornare creare aggiungere rimborsare ordinare eliminare effettuare"),
    },
    negations=r"\b(?:non(?! (?:solo|soltanto))|mai|nessun\w*)\b(?: (?:mi|ti|le|gli|vi|la|lo|ci)\b)?",
    phrases={
        "booked": (
            r"\b(?:ci vediamo|la aspettiamo|ti aspettiamo|a) (?:lunedì|martedì|mercoledì|giovedì|venerdì|sabato"
            r"|domani)\W*\Z"
        ),
        "sent": (
            r"\b(?:ricever(?:à|ai|ete)|dovrebbe ricevere|dovresti ricevere|le arriverà"
            r"|ti arriverà)(?: \S+){0,4}?(?: |['’])(?:e-?mail|conferma|messaggio|mail)|\b(?:e-?mail|conferma"
            "|messaggio)(?: di conferma)? è (?:già )?in arrivo"
        ),
    },
    alone=r"(?:tutto )?(?:fatto|a posto)|ecco fatto",
    inverted=True,
    hints=words(
        "vediamo aspettiamo lunedì martedì mercoledì giovedì venerdì sabato domani numero codice riceverà riceverai "
        "riceverete ricevere arriverà arrivo riuscito riuscita riusciti potuto provveduto fatto posto più"
    ),
    perfect_future=r"\b(?:sarà|saranno|avrò)(?: già)? stat[oaie](?: \w+)? {form}",
    weak=(
        r"\bè (?:suo|sua|tuo|tua)\b|\b(?:riuscit\w|mi sono permess\w)\b|\b(?:l['’]ho|gliel['’]ho|ho"
        r"|abbiamo)(?: \S+){0,2}? (?!(?:visto|letto|capito)\b)\w+(?:at|ut|it|ss|st|tt|rt|lt|nt|es|is|os)[oaie]\b"
        r"|(?<!\w)(?:è|sono)(?: già| ora)? (?:in|nel|sul) (?:agenda|calendario|registro|lista)\b|\b(?:messaggio"
        r"|conferma|richiesta|e-?mail)(?: \S+){0,4}? (?:arrivat\w|partit\w)\b|"
        r"(?:\b(?:il|la|lo|un|una|suo|sua|tuo|tua)|\b(?:l|un)['’])\s?(?:\S+ ){0,2}?(?:appuntamento"
        "|prenotazione|posto|tavolo|messaggio|e-?mail|mail|conferma|richiesta|ordine|rimborso|team|camera"
        r"|visita|cancellazione|iscrizione|consulenza)(?: \S+){0,6}? (?:è|ha|sono|va|risulta|resta"
        r"|passa)(?!\w)|\b(?:ho|abbiamo|l['’]ho|gliel['’]ho|le ho|ti ho|la ho)(?: già| appena| anche"
        "| provveduto a)* (?!(?:trovato|visto|controllato|capito|letto|verificato|ricevuto|cercato|bisogno"
        r"|rinnovato)\b)\w+(?:ato|uto|ito|sso|sto|tto|rto)[aie]?\b|\b(?:ha|hai)(?: già| un| una"
        r"| il suo)* (?:appuntamento|prenotazione|tavolo|posto|visita)\b|\bci vediamo\b|\b(?:la|ti"
        r"|vi) aspettiamo\b|\b(?:tutto|è) (?:a posto|fatto|in ordine|pronto|sistemato|in agenda|confermato"
        r"|fissato|partit[ao]|segnat\w)\b|\b(?:già|stat[oa]) (?:avvisat|informat)\w\b"
        r"|\A\W*(?:allora )?a (?:lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica|domani)\b"
        r"|\bnon (?:c['’]è|esiste) più\b|\bal corrente\b"
    ),
    gone=r"\b(?:appuntamento|prenotazione)(?: \S+){0,3}? non (?:c['’]è|esiste|risulta) più\b",
    others=r"posto|agenda|team|collegh\w|calendario|visita|rimborso|orario|seduta|pulizia|copia|mail",
)

LEXICON = Lexicon(
    days=("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"),
    soon="oggi|domani|dopodomani|stasera",
    at="alle|all'|per le|verso le",
    free=(
        r"liber[oaie]|disponibil\w+|apert[oaie]|apre|chius[oaie]|chiud\w+|offr\w+|propo\w+|potre\w+|posso|può"
        r"|vuole|vuoi|vorre\w+|o|tra|fino|dalle|dal|inizia|comincia|dura|costa|corso|lezione|laboratorio|completo"
        r"|tengo|controllo|ultim[oa]|prim[oa]|ogni|se|va bene|ancora|riepilogo|prefer\w+|sarà|riceve"
    ),
    done="(?:prenotat|confermat|riservat|fissat|annullat|cancellat|spostat|registrat|completat)[oaie]|fatto",
    status="stato|esito|appuntamento|prenotazione",
    reference=(
        r"(?:(?:il |la )?(?:suo|sua|tuo|tua) )?(?:(?:numero|codice|n\.?|id) (?:di |della |d')?(?:prenotazione"
        "|conferma|ordine|riferimento|appuntamento)|riferimento|rif|codice|numero)"
    ),
    details=("data|giorno|ora|orario|quando|dove|luogo|servizio|trattamento|con|nome|persone|durata|prezzo|tavolo|camera"),
    confirmation=(
        "conferma(?: (?:di |della |dell')?(?:prenotazione|appuntamento|ordine))?|(?:appuntamento"
        "|prenotazione) confermat[oa]|dettagli della prenotazione"
    ),
    again="anche|second[oa]|altr[oa]|inoltre|entramb[ie]|due|pure",
    words=words(
        "l un dell all nell sull dall coi agli ai dalla dalle dai sui sulla nella nei fino anche già ora oggi domani"
        " stasera stamattina adesso solo senza ogni mattina sera mezza niente nessun nessuna qualcosa loro vostro vostra"
        " vostri tuo tua tuoi te vi li le lui sta stai vuole vuoi serve ancora prossima prossimo però quindi così circa"
        " minuti ore giorni trenta due tre dura costa tra prima dopo il lo la i gli una è sono lei suo sua io noi a per di"
        " del della in e o con questo questa non posso può ha ho hanno se nostro mio mi da sì no che quale come quando"
        " dove qui stato grazie buongiorno ciao al alle dei si più tutto ma ci ti c'è dal nel sul molto"
    ),
)
