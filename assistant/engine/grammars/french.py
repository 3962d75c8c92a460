"""How French says that something has been done."""

from .grammar import Grammar, Lexicon, inflected, words

GRAMMAR = Grammar(
    acts={
        "booked": inflected(
            "- e s es",
            "réservé programmé planifié fixé confirmé enregistré pris bloqué retenu validé inscrit prévu noté placé calé",
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
    thing=r"(?:\b(?:les|vos) (?:deux )?(?:rendez-vous|réservations)|\b(?:votre|ton|ta|vos|tes) \S+|\b(?:le|la|un|une"
    r"|ce|cette)(?: \S+){0,2}? (?:rendez-vous|rdv"
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
    denied=r"\b(?:ce que|pas|ne|jamais|rien|aucune?|ser(?:a|ont|ait)|pourr\w+|peux|peut|peuvent|pouvez|voulez|souhaitez"
    r"|dois|doit|doivent|faut|avez-vous|voudriez|aimeriez|toujours|généralement|habituellement|chaque|comment"
    r"|pourquoi|selon|dit|mentionné|indiqué|écrit|malheureusement|automatiquement|désolée? que|as-tu|est-ce)\b"
    r"|\bn['’]",
    later=r"\b(?:l['’]an(?:née)? (?:dernier|dernière|passée?)|après (?:avoir|les?|la|l)|aux patients|aux clients|si"
    r"|dès (?:que|la|votre)|quand|lorsque|une fois"
    r"|avant (?:que|de)|après (?:que|votre|la|chaque)|déjà "
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
        "booked": (
            r"\bc['’]est (?:bien )?(?:réservé|confirmé|noté|enregistré|calé)(?: pour|\W*\Z)"
            r"|\bvous êtes attendue?s?\b|\A\W*(?:parfait|super|très bien)?\W*(?:à|rendez-vous) (?:lundi|mardi"
            r"|mercredi|jeudi|vendredi|samedi|dimanche|demain)\b|\bnous (?:vous attendons"
            "|nous réjouissons de vous (?:voir|accueillir)) (?:le|mardi|lundi|mercredi|jeudi|vendredi|demain)"
        ),
        "sent": (
            r"\b(?:vous (?:allez (?:bientôt )?recevoir|recevrez|devriez recevoir)|tu (?:vas recevoir"
            r"|recevras))(?: \S+){0,4}? (?:e-?mail|confirmation|message|courriel|mail|sms)|\b(?:e-?mail"
            "|confirmation|message|courriel|mail)(?: de confirmation)? est (?:déjà )?en (?:route|chemin)"
        ),
    },
    alone=r"c['’]est (?:fait|bon|réglé)|voilà qui est fait|(?:tout est )?réglé",
    inverted=True,
    hints=words(
        "attendu attendue attendus attendons réjouissons lundi mardi mercredi jeudi vendredi samedi dimanche demain "
        "numéro référence code recevoir recevrez recevras route chemin viens venons pu permis fait bon réglé"
    ),
    perfect_future=r"\b(?:aura|auront|aurai|aurons)(?: \w+)?(?: été)?(?: \w+)? {form}",
    weak=(
        r"\b(?:est|sont) à (?:vous|toi)\b|\b(?:réussi à|pu vous|arrivée? (?:chez|à)|s['’]est libérée? pour vous)\b"
        r"|\b(?:message|confirmation|demande|e-?mail)(?: \S+){0,4}? (?:arrivée?|parvenue?)\b|"
        r"(?:\b(?:votre|ton|ta|le|la|un|une)|\bl['’])\s?(?:\S+ ){0,2}?(?:rendez-vous|rdv|réservation|place"
        "|créneau|table|confirmation|message|équipe|demande|e-?mail|mail|courriel|annulation|inscription"
        r"|remboursement|commande|séance|visite|chambre|consultation|ticket|dossier)(?: \S+){0,6}? (?:est"
        r"|sont|a|ont|passe|vient|reste|part|figure|tient|se trouve)(?!\w)|(?:\bj['’]ai|\bje (?:vous|l['’]|te"
        r"|t['’]|le|la|les|lui) ?ai|\bnous (?:vous |l['’])?avons|\bon (?:vous )?a)(?: bien| déjà| aussi"
        "| également| donc)* (?!(?:trouvé|vu|vérifié|compris|lu|regardé|reçu|cherché|consulté|besoin|hâte"
        r"|pas|plus|deux|trois|des|un|une|le|la|les|déménagé|rénové|ouvert|l['’])(?!\w))\w+(?:é|i|u|is|it|ert"
        r"|ait)e?s?(?!\w)|\bvous (?:êtes|avez|voilà)(?: \S+){0,3}? (?:agenda|inscrite?s?|attendue?s?"
        r"|rendez-vous|une table|une place|confirmée?s?|enregistrée?s?|sur la liste|planning)\b"
        r"|\bon se voit\b|\bnous vous attendons\b|\bc['’]est (?:bon|noté|fait|réglé|en ordre|dans la boîte"
        r"|validé|calé|parti|réservé|annulé|confirmé|tout bon|entendu|ok)\b|\btout est (?:en ordre|bon|prêt"
        r"|réglé|fait|ok)\b|\best (?:au courant|prévenue?|avertie?|informée?|en route|partie?|entre les mains"
        r"|à vous|à votre nom)\b|\A\W*(?:(?:alors|donc|parfait) )?à (?:lundi|mardi|mercredi|jeudi|vendredi"
        r"|samedi|dimanche|demain|bientôt le)\b|\bdésormais (?:effective?|confirmée?)\b|\brendez-vous (?:pris"
        r"|fixé|est pris)\b|\bbien (?:enregistré|reçu votre réservation)e?\b"
    ),
    gone=r"\b(?:rendez-vous|réservation|rdv)(?: \S+){0,4}? n['’](?:existe|est) plus\b",
    others=r"place|créneau|agenda|équipe|collègues?|planning|visite|remboursement|séance|dossier|boîte|courriel"
    r"|consultation|copie",
)

LEXICON = Lexicon(
    days=("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    soon="aujourd'hui|demain|après-demain|ce soir|la semaine prochaine",
    at="à|vers|pour|dès",
    free=(
        r"libres?|disponib\w+|ouver\w+|ouvr\w+|ferm\w+|propos\w+|créneaux|convien\w+|pourr\w+|peux|peut|souhait\w+"
        r"|voul\w+|ou|entre|jusqu\w*|de|commence|débute|dure|coûte|cours|atelier|complet\w*|garde|regarde|vérifie"
        r"|dernier|première?|chaque|si|encore|pris|résumé|merci de|veuillez|préfér\w+|sera|aura lieu|reçoit"
    ),
    done=(
        "réservée?s?|confirmée?s?|validée?s?|annulée?s?|déplacée?s?|reportée?s?|fait|enregistrée?s?|effectuée?|programmée?"
    ),
    status="statut|état|résultat|rendez-vous|réservation",
    reference=(
        "(?:votre |la |ta )?(?:(?:numéro|code|n°|no|num) (?:de |d')?(?:la |votre )?(?:réservation|confirmation"
        "|rendez-vous|commande|dossier|référence|suivi)|référence|réf|code|numéro)(?: de (?:réservation"
        "|confirmation))?"
    ),
    details=(
        "date|jour|heure|horaire|quand|où|lieu|prestation|service|soin|avec|nom|personnes|durée|objet|prix|table|chambre"
    ),
    confirmation=(
        "confirmation(?: (?:de|d'|du) ?(?:votre |la |le )?(?:rendez-vous|réservation|rdv|commande))?"
        "|(?:rendez-vous|réservation) confirmée?|détails de (?:votre |la )?réservation|récapitulatif de (?:votre "
        "|la )?réservation"
    ),
    again="aussi|également|deuxième|second[e]?|autre|en plus|les deux|deux",
    words=words(
        "environ minutes heures jours trente deux trois dure coûte chaque entre avant après depuis leur leurs "
        "le la les un une des est sont vous votre vos je nous il elle à pour de du sur en dans et ou avec ce"
        " cette ne pas peux pouvez avez avons ai a sera si notre nos mon ma me par non oui quel quelle comment"
        " quand où ici été bonjour merci au aux que qui c'est j'ai d'une l'on plus bien très tout tous on se y"
        " mais donc car"
    ),
)
