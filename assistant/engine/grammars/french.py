"""How French says that something has been done."""

from .grammar import Grammar, Lexicon, Statements, inflected, words

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
    later=(
        r"\A\W*(?:une?|tout\w*|chaque) [^?]*\b(?:en|sous) \w+ (?:jours|semaines|heures|mois)\b"
        r"|\b(?:l['’]an(?:née)? (?:dernier|dernière|passée?)|après (?:avoir|les?|la|l)|aux patients|aux clients|si"
        r"|dès (?:que|la|votre)|quand|lorsque|une fois"
        r"|avant (?:que|de)|après (?:que|votre|la|chaque)|déjà "
        r"(?:réservé|pris|complet)\w*|nous (?:avons|sommes) (?:\w+ )?(?:nos|notre|déménagé\w*|au|en)|avez-vous)\b"
        r"|\blorsqu['’]"
    ),
    condition=(
        r"\b(?:pourvu que|à condition|en cas d(?:e|'|’)|pour que|afin que|lors (?:de (?:votre|la|l['’]|chaque)|du)"
        r"|si(?! vous vous (?:posez|demand))|dès (?:que|(?:la |votre )(?:confirmation|validation|réception|réponse"
        r"|paiement|inscription"
        r"|commande))|quand(?! (?:vous|tu) (?:arriv|viendr|ser))|lorsque|une fois|après (?:que|(?:la "
        r"|votre )(?:confirmation|validation|réception|réponse"
        r"|paiement|inscription|réservation|achat|commande|visite))|avant (?:que|de)|(?:merci "
        r"de|veuillez) (?:confirm|cliqu|indiqu)\w*)\b|\bs['’]il\b(?! (?:vous|te) pla)"
    ),
    mine=r"\bj['’]ai\b|\bje (?:vous |te |les? |la |t['’]|l['’])ai\b",
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
    negations=r"\b(?:pas(?! seulement)|jamais|aucune?)\b",
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
        "attendu attendue attendus attendues attendons réjouissons lundi mardi mercredi jeudi vendredi samedi dimanche "
        "demain numéro référence code recevoir recevrez recevras route chemin viens venons pu permis fait bon réglé"
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
    days=tuple(
        f"{day}|{day[:3]}(?=\\. ?\\d)" for day in ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
    ),
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
        "(?:réservation|rendez-vous|commande|dossier|demande) n[°o]\\.?|(?:votre |la |ta )?(?:(?:numéro|code|n°|no"
        "|num) (?:de |d')?(?:la |votre )?(?:réservation|confirmation"
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
        "se font mes ses ton ta tes tu te lui eux chez sous vers puis fait faire être avoir peut peuvent derrière devant "
        "comme moins sans jour cet cela ça bon qu'il n'est s'est d'un ans gens mieux "
        "environ minutes heures jours trente deux trois dure coûte chaque entre avant après depuis leur leurs "
        "le la les un une des est sont vous votre vos je nous il elle à pour de du sur en dans et ou avec ce"
        " cette ne pas peux pouvez avez avons ai a sera si notre nos mon ma me par non oui quel quelle comment"
        " quand où ici été bonjour merci au aux que qui c'est j'ai d'une l'on plus bien très tout tous on se y"
        " mais donc car"
    ),
)

_PAST = (
    r"(?!(?:trouv|vérifi|regard|cherch|consult|oubli|pens|essay|situ|ferm|limit|recommand|conseill|autoris|accept"
    r"|précis|déménag"
    r"|rénov|form|fond|équip|qualifi|diplôm|désol|navr|couvert|intéress|calcul|march|cong|ét|caf|santé|clé|journ|ann"
    r"|dur|entr"
    r"|soir|matin|id|th"
    r"|remport|gagn|ouvr|arriv|facilit|qualit|beaut|soci|sécurit|variét|quantit|possibilit|disponibilit|activit"
    r"|côt)ée?s?(?!\w))"
    r"(?!(?:plus?|couverts?|admis\w*|permis|absolus?|menus?|revenus?|parties?|continus?|comprise?s?|connue?s?)(?!\w))"
    r"(?:[\w-]{2,}é(?:e|s|es)?|(?:\w{0,3}(?:mis|pris|dit|écrit|inscrit|fait|ouvert|offert|joint|refait|soumis|promis"
    r"|traduit)"
    r"|choisi|averti|fini|rempli|parti|établi|fourni|garanti|réuni|saisi|servi|converti|abouti|\w{0,6}(?:duit|struit"
    r"|cuit|peint|teint|joint|quis|cis|clos|ssis|paru|couru|pourvu|cousu|battu|rompu|vaincu|perdu|pendu|élu|lu|cru|connu)"
    r"|\w{0,4}(?:reçu|vu"
    r"|prévu|tenu|rendu"
    r"|attendu|résolu|convenu|répondu|vendu|perçu|voulu|obtenu|venu|conclu|exclu|entendu))(?:e|s|es)?)(?!\w)"
)
_HERE = r"\A\W*(?:(?:ok|okay|bon|parfait|super|entendu|alors|donc|et|voilà|d'accord|très bien) )?"
# What is over, in an idiom: "dans la poche", "l'affaire est faite".
_ENDED = (
    r"\b(?:le|la|l['’]|un|une|notre|votre|mon|ma) ?[\w'’ -]{2,30} (?:va|vont|vient|viennent) (?:[\w'’]+ )?\w+(?:er|ir"
    r"|re|oir)\b|\b(?:va|vient|passe|passera|monte|descend) (?:le|la|les|lui) \w+r\b"
    r"|\A\W*(?:le|la|l['’]|votre|un|une|notre) ?[\w'’ -]{2,40} ser(?:a|ont) (?:devant|dans|sur|chez|au|là|prêt\w*"
    r"|à (?:votre|la|l['’]))(?!\w)"
    r"|\A\W*(?:le|la|l['’]|un|une|notre|votre) ?[\w'’ -]{2,30} (?:retire|monte|apporte|enlève|dépose|pose|met|ramène"
    r"|descend|ajoute|change|prend|part|envoie|garde|appelle|rappelle|passe|arrive|s['’]en \w+)"
    r" (?:le|la(?! veille)|les|l['’]|votre|vos|avec|chez|vous|dans l['’]heure|ce|cet|cette|demain|tout|une?|des|du)\b"
    r"|\btout est (?!à|en|compris)\w+(?:é|i|t|u)(?!\w)|\bà la place d|\bj['’](?:y|en|l['’]) ?ai\b"
    r"|\b(?:demande|ticket|incident|dossier)(?: \S+){0,2}? ouverte?\b"
    r"|\bsous les yeux\b|\bsur (?:son|le) bureau\b|\bde l['’]histoire ancienne\b|\A\W*(?:bien )?(?:assurée?|garantie?"
    r"|acquise?|réservée?|réglée?|confirmée?)s?(?: depuis| d['’]office|\W*\Z)|\b(?:dans (?:la poche|la boîte|le sac"
    r"|les tuyaux)|en boîte|l['’]affaire est (?:faite|dans|réglée)|le tour est joué|affaire (?:classée|réglée|conclue)"
    r"|(?:c['’]est|tout est|voilà|et voilà|cest|c) (?:plié|bouclé|acté|carré|nickel|dans|emballé|calé|géré|validé"
    r"|signé|chose faite|en ordre|sur les rails|fait)"
    r"|chose faite|sur les rails|à (?:votre|ton) nom|aux petits oignons|mission accomplie|vendu|adjugé|on est bons?"
    r"|vous pouvez (?:dormir|être) tranquilles?"
    r"|rayée?s? (?:de|du)|(?:a|ont) (?:disparu|sauté|dégagé|basculé|migré|changé de)|(?:tombe|saute|dégage|bascule"
    r"|glisse|passe|atterrit)(?:nt)? (?:à l['’]eau|au|à|dans|sur|chez)"
    r"|(?:ne (?:court|figure|compte|vaut|tient|bouge)|n['’](?:existe|est|a)) plus|je m['’]en suis)(?!\w)"
)
_CHAT = (  # without apostrophes and accents, as on a telephone
    r"\b(?:cest|c|sa y est|ca y est|ça y est|cé)(?: (?:bon|fait|ok|regle|réglé|note|noté|cale|calé|reserve|réservé"
    r"|annule|annulé|parti|envoye|envoyé|top|good|dans)\b|(?<=y est))"
    r"|\b(?:t|tes|té|tè|t es|vs etes|vous etes|tu es|t'es) (?:bien |deja |déjà |bon |maintenant )?(?:inscri\w+"
    r"|not[ée]e?|reserv[ée]e?|réservée?|cal[ée]e?|mise?|dessus|dedans|prise?|ajout[ée]e?|sur la liste|in|bon)\b"
    r"|\b(?:jai|j ai|g|jé|jviens|jte|jt['’]?ai|jvs ai|jlai|jvous|jvs|j t|on ta|on t a)(?: (?:bien|deja|déjà|tout|mis"
    r"|ai|ta|vs|vous|te|le|la|les))* \w{2,}(?:é|ée|e|er|i|u|it|is|ait)\b"
)
_ADV = (
    r"(?: (?:bien|déjà|aussi|également|donc|désormais|maintenant|tout|juste|immédiatement|aussitôt|directement|même"
    r"|vite|également))*"
)
STATEMENTS = Statements(
    own=r"(?<!-)\b(?:vous|votre|vos|vôtre|tu|te|ton|ta|tes|toi)\b|\bt['’]",
    bids=(
        r"\bvous (?:voyez|verrez) (?:si|quand|où)\b|\A\W*(?:dans|sur|depuis|via) (?:votre|vos|ton|ta) [\w -]+\W*\Z"
        r"|\b(?:serions|serais) ravi\w*|\bsaur(?:a|ont) (?:vous|te)\b|\bvous (?:en dire plus|renseign\w+)\b"
        r"|\bc['’]est (?:à |au |le |la |l['’]|les |un |une |notre )[\w'’ -]{2,40} (?:qui|que|de)\b(?! a\b)"
        r"|\bqui (?:vous|te) (?:arrange|convient|va)\b"
        r"|\b(?:exigée?s?|requise?s?|obligatoires?)\b"
        r"|\A\W*(?:(?:et|ou|puis|ensuite|sinon|inutile|pour \w+|alors|simplement|donc) )*(?!avez|êtes|aurez|chez"
        r"|assez|rendez-vous)\w{2,}ez(?:-\w+)*(?! (?:que|qu['’]))(?!\w)"
        r"|\A\W*(?:(?:et|ou|puis) )?(?:clique|choisis|envoie|appelle|apporte|écris|va|viens|prends|donne|dis|regarde"
        r"|vérifie|utilise|contacte|passe|remplis|indique|garde|pense|fais|laisse|attends)\b"
        r"|\bvous (?:trouverez|voulez|pouvez|devez|souhaitez|cherchez|aimez|préférez|aurez besoin|bénéficiez|payez"
        r"|choisissez|disposez)\b|\btu (?:veux|peux|dois|cherches|préfères|trouveras)\b"
        r"|\b(?:merci|bienvenue?s?|bonjour|je vous en prie|avec plaisir|bonne question|enchantée?|ravie?)\b"
        r"|\bj['’]ai (?:encore )?besoin\b|\bil (?:me|nous) (?:faut|faudra|faudrait|manque)\b"
        r"|\bje suis (?:votre|l['’]|ton|le|la|là)|\b(?:vous|te|t['’]) ?(?:aide\w*|conviendrai\w*|convient|propose\w*"
        r"|invit\w+|recommand\w+|conseill\w+|suggèr\w+|accompagn\w+|orient\w+|rappelle que)\b"
        r"|\A\W*(?:(?:votre|vos|ton|ta) (?:e-?mail|nom|prénom|numéro|adresse|date|téléphone)(?: de téléphone)?)\W*\Z"
        r"|\bselon (?:votre|vos)\b|\bà votre (?:disposition|écoute|service)\b|\bde votre choix\b"
        r"|\bje vous souhaite\b"
        r"|\bje (?:vous|te) garde\b|\b(?:comprend|comprennent|inclut|incluent|contient|couvre|coûte|fonctionne\w*"
        r"|concerne|signifie|donne accès|stockées?|libres?|disponibles?|ouvert\w*|fermé\w*|ouvre|ferme|(?:cours"
        r"|stage|atelier|séance|saison)(?: \S+){0,4} (?:commence|débute)|dure|suffit|suffisent"
        r"|gratuit\w*|réservent|il reste|acompte de|le mieux|(?<!est )en ligne|parvient la veille|relève|sera ravie?)\b"
    ),
    episode=(
        r"\b(?:en cours(?= ?(?:[:.,;!]|de |d['’]|\Z))|en (?:marche|préparation|traitement)|tout de suite|en ce moment"
        r"|en train de|déjà|demain|ce soir|aujourd['’]hui|ce matin|cet après-midi"
        r"|dans (?:environ )?\d+ minutes|d['’]ici|désormais|maintenant|à présent|à l['’]instant|immédiatement"
        r"|(?:sur la|dans le|dans la|au|à la|en) (?:liste|dossier|système|planning|agenda|fiche|cuisine|profil)|sait"
        r"|savent|connaît|connue?s?|s['’]en (?:charge|occupe)\w*|ça marche|(?:il|elle|on) (?:envoie|prend"
        r"|s['’]adapte|passe|rappelle|arrive|apporte)"
        r"|est chez|sont chez|part (?:au|à|chez|pour)|de côté|au nom de|monte|en route|ser(?:a|ont) (?:prêt\w*"
        r"|à l['’]|chez|au )|bascule\w*|s['’]en réjouit|prend (?:donc )?fin|est à la (?!maison|disposition)\w+)\b"
    ),
    always=(
        rf"{_ENDED}|{_CHAT}"
        r"|\bplus besoin d|\bau lieu d[eu]\b|\bet voilà\b|\b(?:considér\w+|comptez|tenez)(?: \S+){0,6}? (?:comme"
        r"|pour) \w+(?:é|i|u|is|it)e?s?\b|(?:\A|\d)\W*(?:nouveau|nouvelle|nouvel|ancien|ancienne|avant"
        r"|après)(?: \w+)?\W*\Z"
        rf"|\b(?:aura|auront|aurai|aurons)(?: déjà| bien)?(?: été)? (?:déjà )?{_PAST}(?= (?:quand|avant|à votre"
        rf"|d['’]ici|dès)|\W*\Z)"
        rf"|\best (?:déjà |désormais |bien )?(?:effecti|acti)(?:f|ve)\b|\b(?:porte"
        rf"|sous) le numéro [1-9]\d{{2,6}}(?![\d ]*\d)|\bquelqu['’]un (?:est|s['’]en|va|vient|passe)\b"
        rf"|\b(?:les|vos) [\w.'’ -]{{2,40}} sont{_ADV} {_PAST}\W*\Z|\b(?:les deux|tous les|toutes les|ces"
        rf"|vos) [\w.'’-]+ sont{_ADV} {_PAST}|\b(?:a|ont|avait){_ADV} (?:été )?{_PAST}|\b(?:s['’]est"
        rf"|se sont){_ADV} {_PAST}|\b(?:le|la|l['’]|votre|ce|cette) ?(?:[\w.'’-]+ ){{1,5}}?est{_ADV} {_PAST}"
        rf"|(?:\bj['’] ?ai|\bjai|\bje (?:vous |te |t['’]|l['’]|le |la |les |lui |leur |me |m['’]|vous l['’]"
        rf"|y ?)?(?:ai|suis)){_ADV} {_PAST}"
        r"|\bje viens (?:de|d['’])|\bnous venons (?:de|d['’])|\bvient d['’]être|\bviennent d['’]être"
        r"|\bj['’]ai (?:bien )?(?:dit à|pris|mis|fait|vu avec|parlé|demandé|laissé)"
        rf"|\b(?:nous avons|on a|nous vous avons|on vous a|nous l['’]avons|on l['’]a"
        rf"|on t['’]a){_ADV} {_PAST}(?= (?:votre|vos|vous|ton|ta|tes|la|le|les|l['’]|de|à)\b|\W*\Z)"
        rf"|(?:\bs['’]en est|on s['’]en est) occupée?|\bc['’]est{_ADV} (?:{_PAST}|bon|ok|fait|tout bon|dans la boîte)"
        rf"|{_HERE}{_PAST}(?: (?:pour|à|au|dans|sur|en|par|chez|le|la|sous|et)(?!\w)|\W*\Z)"
        rf"|{_HERE}(?!(?:pas|non|ne|je|il|elle|est|sont|si|la plupart|aucune?"
        rf"|sans)\b)(?:[\w'’-]+ ){{1,4}}(?<!pas )(?<!est )(?<!sont )"
        rf"(?<!plus )(?<!non )(?<!sera )(?<!seront )(?<!être )(?<!à )(?<!le )(?<!la )(?<!de )(?<!du )(?<!les )"
        rf"(?<!un )(?<!une ){_PAST}(?: (?:à"
        rf"|au|aux|pour|chez|dans|sur|jusqu['’]\w+|par|en|le|la|dès)(?!\w)|\W*\Z)"
        r"|\b(?:a|ont)(?: bien)? été (?:chargée?s?|prévenue?s?|informée?s?|avertie?s?|sollicitée?s?|saisie?s?"
        r"|mandatée?s?)\b"
        r"|\bfigure(?:nt)? (?:désormais|maintenant|à présent|bien|au|dans)|\best (?:au courant|en route|en chemin)\b"
    ),
    theirs=(
        rf"\b(?:a|ont|avait){_ADV} (?:été|reçu|eu|noté|pris|vu|trouvé|accepté|confirmé|validé|appris|donné|promis|dit"
        rf"|réussi|bloqué|mis)\b"
        rf"|\b(?:est|sont|es|êtes){_ADV} {_PAST}|\bt['’]es{_ADV} {_PAST}"
        rf"|\b(?:vous|tu|t['’]|l['’]) ?(?:a|ont|est|sont|êtes|es|avez|as){_ADV} (?:été )?(?:\w+ )?{_PAST}(?! \?)"
        r"|\b(?:vous|te|t['’]|lui) ?(?:attend|attendent|(?:r?app|cont|répon|recev|écri|atten|accueil|ver|regard"
        r"|joind|rejoind|téléphon"
        r"|livr|prend|recontact|envoi|tiend|transmett|donn)\w*r(?:a|ont)|rappelle\w*|contacte\w*|recontacte|écrit"
        r"|va \w+r|vont \w+r)(?!\w)"
        r"|\b(?:passera|arrivera|regardera|verra|devrait être|devrait arriver|devraient|apparaîtra|cesser(?:a|ont)"
        r"|interviendra|viendra"
        r"|prendra|s['’]en occupe\w*|sait que|savent que|est prêt\w*|est au nom|est en route|reviendra)\b"
        r"|\b(?:vous êtes|tu es|t['’]es|vous voilà|te voilà)(?! (?:bienvenue?s?|libres?|les? bienvenue?s?"
        r"|intéressée?s?|à la recherche"
        r"|sûre?s?|en retard|pas|au bon|nouve\w+|d['’]accord|déjà client\w*|toujours|malade|enceinte|nombreux|ici)\b)"
        r"|"
        + _HERE
        + r"(?:votre|vos|ton|ta|tes)(?: [\w.'’-]+){1,7}? (?:est|sont|a|ont|figure|passe|commence|se termine|tient|reste"
        r"|part|prend|débute|démarre|était|vous attend|t['’]attend|compte|court|entre|se trouve(?= (?:désormais"
        r"|à présent|maintenant|chez|entre))"
        r"|bénéficie)(?! (?:gratuit\w*|importante?s?|valables?|obligatoires?|possibles?|une?|le|la|les|toujours|\d"
        r"|de \d|requis\w*"
        r"|nécessaires?|bienvenue?)\b)"
    ),
    now=(
        r"\b(?:désormais|maintenant|à présent|dès (?:aujourd['’]hui|maintenant|lundi|demain)|à compter"
        r"|comme (?:demandé|souhaité|convenu"
        r"|prévu)|déjà|à l['’]instant|il y a (?:un instant|quelques|une minute)|d['’]ores et déjà|tout juste"
        r"|à votre nom|à ton nom"
        r"|actuellement|dorénavant|avec effet|n['’](?:avez|as|êtes|es|est|existe) plus|ne \w+(?: \w+)? plus"
        r"|en (?:route|chemin)|mis de côté)\b"
    ),
    excused=(
        r"\b(?:pas|jamais|rien|aucune?|sans|pourr\w*|peux(?! considér)|peut|pouv\w*(?! (?:considérer|dormir|oublier"
        r"|rayer|être tranq|compter))|peuvent|voul\w*|voudr\w*|souhait\w*|aimer\w*"
        r"|dois|doit|doivent|devez"
        r"|faut|faudr\w*|si|lorsque|quand|dès que|tant que|une fois|avant (?:que|de)|après (?:que|avoir)"
        r"|malheureusement|désolée?|navrée?|regrett\w+|excus\w+|peut-être|sans doute|probablement|pourquoi|qui vous a"
        r"|veuillez"
        r"|merci (?:de|d['’])|comment|quel(?:le)?s?|disiez|dites|dit que vous|avez-vous|as-tu|est-ce|ni|serai\w*|avoir"
        r"|pour (?:(?!janvier|février|hier|hiver|dîner|déjeuner)\w+er|que)|pensez"
        r"|n['’]hésitez|voici ce|ce que|auriez|cliquez|comprends que|vois que|on dirait|il semble|(?:qui|que"
        r"|dont) vous (?:avez|aviez)|avez (?:le )?droit|vous (?:avez|aviez) (?:dit|mentionné"
        r"|écrit|demandé)|voulez|préfér\w*|a-t-\w+|sont-\w+|est-\w+|s['’]il)\b"
        r"|\bn['’](?!(?:avez|as|aurez|êtes|es|est|existe|en aurez) plus)|\bne\b(?! (?:vous|\w+(?: \w+)? plus))|\bs['’]il"
    ),
    house=(
        r"\bn['’]ai rien\b|\btels? quels?\b|\btelles? quelles?\b|\binchangée?s?\b"
        r"|\bgardée?s? (?:pendant )?(?:\w+ )?minutes\b|\A\W*(?:après|avant|lors de|pendant) (?:la|le|l['’]|chaque"
        r"|votre|une?) ?[\w ]+, "
        r"|\bvous (?:écrivez|dites|indiquez|expliquez|signalez|racontez|mentionnez|précisez)\b|\A\W*(?:je vois"
        r"|je comprends|ah|entendu)\W+vous (?:avez|aviez)\b|\bvous avez (?:déjà )?(?:appelé|écrit"
        r"|payé|essayé|perdu|oublié|choisi|raconté)\b|\b(?:salle|chambre|cours|créneau|place|horaire|date|piste|studio"
        r"|heure|hôtel)s?(?: [\w'’]+){0,4} (?:est|sont) (?:déjà |malheureusement )*(?:prise?s?|compl\w+"
        r"|occupée?s?|pleine?|partie?s?)(?! en)\b|\b(?:réservation|inscription|annulation|demande|commande)s? (?:passe"
        r"|se fait|s['’]effectue) (?:par|en|sur|via|au)\b|\bmalheureusement (?:parti|pris|complet|plus)\w*"
        r"|\best (?:surveillée?|chauffée?|climatisée?|certifiée?|équipée?|accessible|dirigée?|tenue?|gérée?|animée?"
        r"|desservie?|cuisinée?|fabriquée?|ferme)s?(?: (?:par|en|selon|de|depuis)\b|\W*\Z)"
        r"|\b(?:désolée?|navrée?|regrett\w+)\b[^?]*\bque\b|\A\W*notre [\w-]+(?: [\w-]+)? (?:est|a"
        r"|vient)\b(?![^?]*\b(?:vous|votre|vos|déjà|maintenant|bien|demain|aujourd|ce|prévenue?|informée?|averti|été"
        r"|de)\b)"
        r"|\A\W*(?:une?|tout\w*|chaque) [^?]*\b(?:en|sous) \w+ (?:jours|semaines|heures|mois)\b"
        r"|\b(?:printemps|été|automne|hiver|mois|semaine|année|an) (?:dernier|dernière|passée?)\b|\b(?:entièrement"
        r"|intégralement|au) (?:réservée?|complet|prise?|loué)"
        r"|\ben (?:janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre"
        r"|décembre)\b(?=[^?]*\b(?:nous|nos|notre)\b)|\bnos (?:tarifs|prix|horaires"
        r"|locaux|conditions|menus)\b(?! (?:vous|te))|\best facturée?s?\b|\bdémarre à\b|\A\W*(?:une?|tout\w* (?!est"
        r"|sont|va|a|les)) ?[^?]*\best \w+ (?:contre|sur demande|en cas|à partir|dès|après|sous)\b"
        r"|\A\W*(?:qui|que|quoi|quand|comment|où|pourquoi|combien|quel\w*|est-ce|avez-vous|as-tu|êtes-vous|es-tu"
        r"|votre [^?]*-(?:il|elle))\b(?![^?]*\b(?:j['’]ai|je vous ai))[^?]*\?\W*\Z"
        r"|\b(?:les?|la) (?:derni|premi|prochain)\w+ \S+ (?:est|commence|débute|serait) |\A\W*(?:l['’]|la "
        r"|le )\w+ est (?:gratuite?|possible|obligatoire|inclus|compris)|\b(?:en|depuis) (?:19|20)\d\d\b"
        r"|\b(?:depuis (?:\d|des |plus |toujours|(?:un|une|deux|trois|cinq|dix|vingt|trente|janvier|mars|avril|mai"
        r"|juin|septembre)\b|les? (?:début|printemps|mois|rachat)|l['’](?:an|été|automne|hiver|ouverture))"
        r"|l['’]an(?:née)? (?:dernier|dernière|passée?)|le mois dernier|toujours|généralement|en général"
        r"|habituellement|souvent|parfois|automatiquement|chaque|la plupart|(?:nos|les|aux|certains"
        r"|nouveaux) (?:clients|patients|visiteurs|membres)|d['’]habitude|normalement|par (?:nuit"
        r"|personne|jour|mois|heure)|systématiquement|en principe|rénové\w*)\b|\A\W*(?:les(?! deux)|des"
        r"|nos) (?:[\w'’-]+ ){1,4}?(?:sont|ont|se|doivent|reçoivent)\b"
        r"(?![^?]*\bau nom d)(?! (?:été|bien|maintenant|sur|déjà|en route|chez|pour vous|\w+\W*\Z))"
        r"|\bvos (?:données|informations)\b|\bvotre (?:question|vie privée)\b|à votre disposition|(?:indiqu"
        r"|signal)\w+ (?:à|sur) la carte|\A\W*(?!votre)[^?]*\b(?:reçoit|livre|travaille|consulte|absent|ouvert"
        r"|fermé) \S*\s?le (?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)(?! (?:\d|prochain|matin \d))\b"
        r"|\bvous avez donc\b[^?]*\?|\bdu lundi au\b|\bvous (?:me )?(?:disiez|aviez|vouliez|souhaitiez)\b"
        r"|\bcartes? .{0,20}fonctionne|\best (?:comprise?|(?:ouvert|fermé|servi|assuré)e? (?:de|du|le|à|tous|toute"
        r"|jusqu\S+|au"
        r"|en))(?!\w)"
        r"|\A\W*(?:une?) (?:[\w'’-]+ ){1,3}?est (?:\w+ )?(?:gratuit|envoy|cré|remis|nécessair|obligatoir"
        r"|demand)\w*(?! pour vous)"
    ),
)
