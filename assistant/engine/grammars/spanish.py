"""How Spanish says that something has been done."""

from .grammar import Grammar, Lexicon, Statements, inflected, words

GRAMMAR = Grammar(
    acts={
        "booked": inflected(
            "o a os as",
            "reservad programad agendad confirmad concertad apuntad fijad inscrit registrad asignad apartad anotad separad",
        ),
        "cancelled": inflected("o a os as", "cancelad anulad"),
        "rescheduled": inflected("o a os as", "reprogramad cambiad movid aplazad pospuest trasladad modificad adelantad"),
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
    thing=r"\b(?:(?:ambas|las dos|sus dos|tus dos|sus|las) (?:citas|reservas)|(?:su|tu|sus|tus) \S+|(?:la|el|un|una"
    r"|esta|este)(?: \S+){0,2}? (?:cita|reserva|mensaje|correo"
    r"|e-?mail|confirmación|solicitud|pedido|equipo|reembolso|mesa|cancelación|consulta|visita|invitación|dirección"
    r"|cuenta|pago|turno|habitación|plaza|factura|ticket)|(?:la|el|un|una) (?:cita|reserva|mesa|mensaje|correo"
    r"|pedido|turno|pago|equipo|solicitud))",
    pronoun=r"\b(?:todo|ya)",
    became=r"\b(?:está|están|(?:ha|han) sido|(?:ya )?qued[aó]|ha quedado|se ha|se han|fue|fueron)(?: ya)?",
    you=r"\b(?:estás|usted está|está usted|quedas|has sido|ha sido|ha quedado|has quedado)",
    noun=words("cita reserva mensaje correo confirmación solicitud pedido mesa cancelación consulta turno pago"),
    denied=(
        r"\b(?:encantar\w*|no|nunca|nada|ningun\w*|será|serán|sería|podría\w*|puedo|puede|pueden|puedes|quiere\w*"
        r"|desea\w*"
        r"|debe\w*|haya|hayas|gustaría|aún|todavía|siempre|normalmente|lamento|siento|cómo|según|dijo|dijiste|mencion\w+"
        r"|cada|has (?:recibido|reservado|cancelado|enviado)|ha (?:recibido|reservado usted)|lamentablemente"
        r"|desafortunadamente|automáticamente)\b|¿"
    ),
    later=r"\b(?:el año pasado|después del? \w+|después de \w+|para (?:pacientes|clientes)|en (?:19|20)\d\d|si"
    r"|cuando|una vez|después de (?:que|su"
    r"|tu|la|cada)|antes de (?:que|\w+[aei]r)|hasta que|en cuanto|solo (?:si|cuando)"
    r"|(?:esta|este|esa|ese) \S+ (?:ya )?está|todo reservado|nos (?:hemos )?mud\w+|hemos \w+ nuestr\w+)\b",
    condition=(
        r"\btras (?:la|el|su|cada|tu)\b|\b(?:(?<!por )si|(?<!para )cuando(?! (?:lleg|veng|vuelv|regres)\w*)"
        r"|(?<!otra )una vez(?! (?:más|al|por))"
        r"|(?:al|después de|luego de) (?:reservar|pagar|inscribir|registrar|comprar)(?:se|l[ao])?"
        r"(?=,? (?:usted )?(?:recibir|(?:le|te) llegará|va a|vas a))|después de (?:que|su|tu|la)|en cuanto|tan pronto"
        r"|antes de (?:que|\w+[aei]r)"
        r"|(?<!se )confirm[ea]|haga "
        r"clic|haz clic)\b"
    ),
    mine=r"\b(?:he|\w+é)\b",
    reach=6,
    managed=r"\b(?:acabo de|acabamos de|he podido|hemos podido|pude|logré|conseguí|he conseguido|he logrado)",
    infinitives={
        "booked": inflected("- le te lo la", "reservar programar agendar confirmar concertar apuntar inscribir"),
        "cancelled": inflected("- le te lo la", "cancelar anular"),
        "rescheduled": inflected("- le te lo la", "reprogramar cambiar mover aplazar trasladar"),
        "sent": inflected("- le te lo la", "enviar mandar reenviar avisar notificar informar transmitir"),
        "done": inflected("- le te lo la", "actualizar crear añadir reembolsar eliminar realizar tramitar procesar"),
    },
    negations=(
        r"\b(?:no(?! (?:sólo|solo|solamente))|nunca|jamás|tampoco|ningún|ninguna)\b"
        r"(?: (?:me|te|le|lo|la|se|nos|os|les|los|las)\b){0,2}"
    ),
    phrases={
        "booked": (
            r"\b(?:reservé|agendé|programé|confirmé|apunté|anoté|inscribí|reservamos|agendamos)\b|\b(?:nos vemos"
            "|te esperamos|le esperamos|lo esperamos|la esperamos|hasta) (?:el )?(?:lunes|martes|miércoles"
            r"|jueves|viernes|sábado|domingo|mañana)\b|\b(?:cita|reserva|hora) (?:ya )?es (?:suya|tuya)\b"
        ),
        "cancelled": (r"\b(?:cancelé|anulé|cancelamos)\b"),
        "rescheduled": (r"\b(?:moví|cambié|reprogramé|pospuse|aplacé)\b"),
        "sent": (
            r"\b(?:envié|mandé|avisé|notifiqué|informé|reenvié)\b|\b(?:recibir(?:á|ás|án|éis)|le llegará"
            r"|te llegará|va a recibir|vas a recibir|deberías? recibir)(?: \S+){0,3}? (?:correo|confirmación"
            r"|mensaje|e-?mail)|\b(?:correo|confirmación|mensaje|e-?mail)(?: de confirmación)? (?:ya )?(?:está"
            r"|va) (?:ya )?en camino\b"
        ),
        "done": (r"\b(?:actualicé|añadí|agregué|creé|registré|eliminé|procesé)\b"),
    },
    alone=r"(?:ya )?(?:está )?(?:hecho|listo)|todo listo|ya está",
    inverted=True,
    hints=words(
        "reservé agendé programé confirmé apunté anoté inscribí reservamos agendamos vemos esperamos hasta suya tuya "
        "número código cancelé anulé cancelamos moví cambié reprogramé pospuse aplacé envié mandé avisé notifiqué "
        "informé reenvié recibirá recibirás recibirán recibiréis llegará recibir camino actualicé añadí agregué creé "
        "registré eliminé procesé acabo acabamos podido pude logré conseguí conseguido logrado hecho listo está"
    ),
    perfect_future=r"\bhabrá[ns]? (?:sido|quedado)(?: \w+)? {form}",
    weak=(
        r"\bes (?:suy|tuy)[oa]s?\b|\b(?:conseguí|logré|pude|he conseguido|he logrado)\b|\b(?:mensaje|confirmación"
        r"|correo|solicitud)(?: \S+){0,4}? (?:llegó|llegado|ha llegado)\b|"
        r"\b(?:su|tu|la|el|un|una)(?: \S+){0,2}? (?:cita|reserva|plaza|mesa|turno|mensaje|correo|confirmación"
        "|equipo|solicitud|pedido|reembolso|cambio|lugar|sitio|habitación|consulta|cancelación"
        r"|inscripción)(?: \S+){0,6}? (?:está|es|ha|pasa|queda|quedó|va|salió|llegó|fue|figura|consta|tiene"
        r"|ya)(?!\w)|\b(?:he|hemos|acabo de|acabamos de)(?: (?:ya|le|te|lo|la|les|usted|podido"
        "|dejado))* (?!(?:encontrado|visto|comprobado|entendido|revisado|leído|recibido|mirado|buscado"
        r"|renovado|ampliado)\b)\w+(?:ado|ido|cho|sto|rto|ito)[as]?\b|\b(?:te|le|lo|la|los|se lo|se la"
        "|ya)? ?(?:puse|dejé|hice|metí|pasé|dejamos|hicimos|pusimos|(?!(?:entend|encontr|mir|comprob|revis"
        r"|recib|qu|caf|porqu|olvid|expres|equivoqu|confund|refer|imagin)[éí])\w+[^aeiour\W]é)(?!\w) "
        r"|\b(?:ya )?(?:tiene|tienes|tenéis)(?: ya| usted"
        r"| su| tu| una?)* (?:cita|hora|reserva|mesa|turno|plaza)\b|\b(?:está|queda|quedas"
        r"|estás)(?: usted)?(?: ya)? (?:en la agenda|en agenda|inscrit\w|apuntad\w|anotad\w|dentro|en lista"
        r"|anulad\w|reservad\w)\b|\b(?:nos vemos|quedamos|le esperamos|te esperamos|la esperamos|lo esperamos"
        r"|os esperamos)\b|\btodo (?:en orden|listo|hecho|arreglado|confirmado)\b|\bya (?:está|lo sabe|quedó"
        r"|salió|tiene|está avisad\w|es suy\w|va)\b|\b(?:de camino|en camino|en manos de|a su nombre"
        r"|a tu nombre|al tanto)\b|\A\W*(?:(?:pues|entonces) )?hasta (?:el )?(?:lunes|martes|miércoles|jueves"
        r"|viernes|sábado|domingo|mañana)\b"
    ),
    gone=r"\b(?:cita|reserva|turno)(?: \S+){0,4}? ya no (?:existe|está)\b",
    others=r"hueco|plaza|agenda|equipo|compañer\ws|calendario|visita|reembolso|hora|sesión|lugar|bandeja|copia",
)

LEXICON = Lexicon(
    days=tuple(
        f"{day}|{day[:3]}(?=\\.? \\d)" for day in ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
    ),
    soon="hoy|mañana|pasado mañana|esta (?:tarde|noche)|la próxima semana",
    at="a las?|sobre las|para las",
    free=(
        r"libres?|disponib\w+|abiert\w+|abr\w+|cerr\w+|cierr\w+|ofrec\w+|horas libres|podría\w*|puedo|puede"
        r"|quer\w+|quier\w+|o|entre|hasta|de|desde|empieza|comienza|dura|cuesta|clase|curso|taller|complet[oa]s?"
        "|llen[oa]|guardo|miro|compruebo|últim[oa]|primer[oa]?|cada|si|conviene|viene bien|todavía|resumen"
        r"|prefier\w+|será|atiende"
    ),
    done=(
        "(?:reservad|confirmad|agendad|cancelad|anulad|programad|cambiad|hech|inscrit|registrad|completad)[oa]s?|listo|lista"
    ),
    status="estado|estatus|situación|resultado|cita|reserva",
    reference=(
        r"(?:reserva|cita|pedido|expediente|solicitud|orden) n\.?[oº°ú]\w*\.?|(?:su |tu |el )?(?:(?:número|código"
        r"|n[úu]m|nº|no|id) de (?:la |su |tu )?(?:reserva|confirmación|cita"
        "|pedido|referencia|reservación|seguimiento)|referencia|ref|código|número"
        "|localizador)(?: de (?:la )?(?:reserva|confirmación|cita))?"
    ),
    details=(
        "fecha|día|hora|cuándo|dónde|lugar|servicio|tratamiento|con|nombre|personas|duración|asunto|precio|mesa|habitación"
    ),
    confirmation=(
        "confirmación(?: de (?:la |su |tu )?(?:cita|reserva|reservación|pedido))?|(?:cita|reserva) confirmada"
        "|detalles de (?:la |su |tu )?(?:reserva|cita)|comprobante"
    ),
    again="también|segund[oa]|otr[oa]|además|ambas|ambos|las dos|los dos|dos",
    words=words(
        "mis tus te ti día vez hacer han sido fueron sin como cuando donde detrás porque también solo sólo esto eso esa ese "
        "nuestra nuestros nuestras allí así bien les está he ha has hoy mañana "
        "unos unas minutos horas días treinta dos tres dura cuesta cada entre desde sobre hasta antes después "
        "el la los las un una es son está están usted su sus tu yo nosotros a para de del en y o con este esta no"
        " puedo puede tiene tenemos he ha hay si nuestro mi me por sí qué cuál cómo cuándo dónde aquí fue ser"
        " gracias hola buenos buenas lo le se que al más muy todo ya pero como nos te les"
    ),
)

_PAST = (
    r"(?!(?:encontrad|vist|comprobad|entendid|revisad|leíd|recibid|mirad|buscad|renovad|ampliad|incluid|complet"
    r"|permitid|limitad|cerrad"
    r"|abiert|situad|ubicad|recomendad|necesitad|obligad|titulad|encantad|interesad|adecuad|reconocid|pasad|mercad"
    r"|estad|lad|cuidad|demasiad"
    r"|privad|sábad|grad|helad|pescad|cad|tod|nad|mitad|edad|ciudad|segurid|calidad|posibilidad|cantidad|usted"
    r"|pedido|partid|comid|bebid"
    r"|salid|entrad|medid|vid|unid|debid|parecid|mudad|pensad|querid|bienvenid|avanzad|aliad|"
    r"especializad|formad|entrenad|dedicad|sid)[oa]s?\b)"
    r"\w*(?:[ai]d[oa]s?|hech[oa]s?|puest[oa]s?|dich[oa]|escrit[oa]s?|(?:en|des)?cubiert[oa]s?|absuelt[oa]s?"
    r"|envuelt[oa]s?|vuelt[oa]s?|rot[oa]s?|provist[oa]s?|sujet[oa]s?|satisfech[oa]s?|resuelt[oa]s?|devuelt[oa]s?"
    r"|inscrit[oa]s?"
    r"|impres[oa]s?)(?!\w)"
)
_HERE = r"\A\W*(?:(?:ok|vale|listo|perfecto|genial|bien|bueno|entonces|y|claro|pues|así que|hecho|ya) )?"
# What is over, in an idiom: "asunto zanjado", "fuera la cita del martes".
_ENDED = (
    r"\b(?:al|a la|a los|a las) \w+ (?:lo|la|los|las|le|les) (?:esperan?|tienen?|recogen?|llevan?|han)\b|"
    r"\btienen? (?:ya )?(?:el|la|su|tu) (?:recado|mensaje|aviso|nota|encargo|solicitud|petición|orden|pedido)\b"
    r"|\bes (?:ya )?historia\b|\A\W*(?:más que )?(?:asegurad|garantizad|reservad|confirmad)[oa]s?\b|"
    r"\A\W*(?:el|la|los|las|un|una|nuestr[oa]|mi|su|tu) \w+(?: (?:de|del|jef[ea]) \w+)? (?:sube|baja|quita|pone|retira"
    r"|prepara|trae|deja|cuelga|pasa|añade|cambia|obra|obran|lleva|recoge|sale|entra|mete)"
    r" (?:el|la|los|las|con|su|sus|tu|tus|en (?:poder|manos)|una?|hoy|ahora|ya|a (?:verl|recog)\w+)\b|\b(?:va|van"
    r"|pasará|pasa|sube|subirá|irá|acudirá|viene|vendrá) (?:a )?\w+(?:ar|er|ir)(?:lo|la|los|las|le|les|te|se)\b"
    r"|\b(?:un|una|mi) \w+ (?:lo|la|los|las|le|les) (?!más|que|mejor)\w{3,}(?:a|e|an|en|rá|rán)\b|\b(?:el|la|los|las"
    r"|un|una|su|tu|nuestr[oa]) \w+(?: de \w+)? (?:va|van) a \w+r\b"
    r"|\ben (?:vez|lugar) de(?! \w+r\b)|\b(?:parte|ticket|incidencia|expediente|caso"
    r"|orden)(?: \S+){0,2}? abiert[oa]s?\b|\b(?:te|t|lo) e \w+d[oa]\b|\b(?:ya )?(?:sta|stas|tas) \w+d[oa]\b"
    r"|\b(?:borrón y cuenta nueva|a otra cosa|visto y hecho|dicho y hecho|en el (?:bote|saco|bolsillo|horno)"
    r"|atado y bien atado|asunto \w+d[oa]|misión cumplida|pan comido"
    r"|tema (?:cerrado|zanjado|resuelto|listo)|trato hecho|viento en popa|sobre ruedas|cerrad[oa] el trato|sin falta"
    r"|en (?:curso|trámite|marcha|proceso|preparación|firme)"
    r"|(?:fuera|adiós|dentro|arriba|listo|lista|listos|listas|marchando|marchand[oa]|va) (?:la|el|los|las|una?|a la|al"
    r"|tu|su)\b"
    r"|al bote|a buen recaudo|zanjad[oa]|finiquitad[oa]|tachad[oa]|solventad[oa]|despachad[oa]|cubiert[oa]s)(?!\w)"
)
_CLITIC = r"(?:(?:ya )?(?:se |te |le |les |os |lo |la |los |las |me )*)"
STATEMENTS = Statements(
    own=(
        r"\b(?:pasas|tienes|estás|quedas|entras|vas|sales|empiezas|recibes|pagas|formas|apareces|figuras|viajas"
        r"|duermes|usted|ustedes|su|sus|tu|tus|te|ti|le|les|contigo|vos|os|vuestr\w+|tuy[oa]s?|suy[oa]s?"
        r"|(?-i:[a-záéíóú])\w{2,}(?:arte|erte|irte|arle|erle|irle))\b"
    ),
    bids=(
        r"\balegrar[ií]a\b|\bencantaría\b|\bsabrá (?:decir|explic|inform)\w*|\A\W*(?:a fin de|para|con el fin de|al"
        r"|antes de|en vez de) (?:\w+ )?\w+(?:ar|er|ir)(?:le|la|lo|te|se|les)?\b(?![^,]*\bya\b)"
        r"|\A\W*(?:las |los |sus |nuestras )?(?:opciones|horarios|huecos|horas|posibilidades|alternativas)\b"
        r"|\bhay (?:sitio|huecos?|plazas?|mesas?|lugar\w*|disponib\w+)\b"
        r"|\b(?:precisamos|necesitamos|requerimos|solicitamos|rogamos|agradecemos|lamentamos|sentimos)\b|\b(?:correo"
        r"|mensaje|formulario|contrato|recibo) dice que\b"
        r"|\A\W*(?:(?:y|o|luego|después|entonces|también|simplemente|solo|ahí|aquí) )*(?:marqu?[ea]|enseñ[ae]"
        r"|muestr[ae]|baj[ae]|sub[ae]|esper[ae]|firm[ae]|pag(?:a|ue)"
        r"|imprim[ae]|descargu?[ae]|evit[ae]|recog[ae]|recoja|devuelv[ae]|sig(?:a|ue)|introduc\w+|aparc[ae]|aparque"
        r"|solicit[ae]|gestion[ae]|acuda|acude|diríj\w+|tráig\w+|comuníqu\w+|ponga\w*)(?!\w)"
        r"|\b(?:encuentras|encontramos)\b"
        r"|\A\W*(?:(?:y|o|luego|después|entonces|también|simplemente|solo) )*(?:entr[ae]|puls[ae]|elij[ae]|elige"
        r"|tra[ei]g?a?|env[ií][ae]|llam[ae]|escrib[ae]|visit[ae]|revis[ae]|consult[ae]|us[ae]"
        r"|v[ea]|vaya|haz|haga|d[ií]|dime|dígame|d[ae]me|déme|indíc?[ae]\w*|facilít\w+|confirm[ae]|avís[ae]\w*"
        r"|avis[ae]|deja|deje|dej[ae]\w+|rellen[ae]|complet[ae]|acced[ae]|selecciona|seleccione|mir[ae]|ten|tenga"
        r"|recuerd[ae]"
        r"|pregunt[ae]|contact[ae]|pon|ponga|toma|tome|lleva|lleve|lava|lave|añad[ae]|abr[ae]|busca|busque"
        r"|verific[ae]|pid[ae]|compart[ae]|cuént\w+|cuent[ae]me|ponte|póngase|manda|mande|mándame|escríb\w+|llám\w+"
        r"|asegúr\w+|consulta|presenta|presente)(?!\w)"
        r"|\b(?:gracias|bienvenid\w+|de nada|encantad\w|con (?:mucho )?gusto|un placer|buenos días|buenas)\b|\b(?:te"
        r"|le|os|les) (?:ayud\w+|ofre\w+|atend\w+|atiend\w+|conv\w+|recom\w+|sugier\w+|sugerimos|interes\w+|viene"
        r"|guardo|parece|invit\w+"
        r"|acompañ\w+|orient\w+|explico|cuento|gusta|apetece|agrad\w+)(?!\w)|\b(?:encontrará\w*|encuentra"
        r"|encontrarás|tardas|buscas|busca)(?!\w)|\bsoy (?:tu|su|el|la)\b"
        r"|\b(?:según|depende de|dependiendo de|en función de) (?:su|tu)|\ba (?:tu|su) (?:disposición|elección"
        r"|servicio)\b|\A\W*(?:su|tu) (?:nombre|correo|teléfono|número|fecha|email|dirección)(?: de \w+)?\W*\Z"
        r"|\bpor (?:tu|su) seguridad\b"
        r"|\bestamos (?:aquí|para)\b"
        r"|\b(?:incluyen?|contienen?|cubren?|cuestan?|sirven?|funcionan?|significa|pregunta es|se guardan?|libres?"
        r"|disponibles?|abiert\w*|cerrad\w*|abr\w{1,4}|cierra\w*|(?:clase|curso|taller|sesión"
        r"|temporada)(?: \S+){0,4} (?:empieza|comienza)|dura|basta|gratis|quedan?(?: \w+)? (?:plazas|sitios|huecos"
        r"|lugares)"
        r"|lo mejor|(?<!está )en línea|agradece|corresponde|huecos|horas libres|señal del?)\b"
    ),
    episode=(
        r"\b(?:ahora(?: mismo)?|enseguida|ya|hoy|mañana|esta (?:tarde|noche|mañana|semana)|en (?:unos )?\d+ minutos"
        r"|calcul[ae] \d+|recién|a primera hora|desde hoy|a partir de ya|de inmediato|como (?:deseaba|querías|pidió"
        r"|pediste)"
        r"|(?:está|están|va|van|sigue) \w+(?:ando|iendo|yendo)|a nombre de|(?:en la|en el|en su|al|en) (?:lista"
        r"|ficha|sistema|agenda|orden|expediente|plan|cocina|calendario|perfil)|sabe|saben|conocen?|enterad[oa]"
        r"|informad[oa]"
        r"|al tanto|queda para|constan?|figuran?|(?:lo|la|le|los) (?:llama|lleva|tiene|recoge|cubre|recibe|espera"
        r"|atiende)|se (?:ocupa|encarga|adelanta|está)|entran en|va al|va a la|perfecto|se acabó|excepción)\b"
    ),
    always=(
        rf"{_ENDED}|\bcon es[oe] (?:qued|ya|est|tien)\w*|\b(?:te|lo|la|os) (?:apunt|anot|agend|reserv|inscrib|cambi"
        rf"|mand|guard|apart|met|pus)[eéií]\b(?! (?:la mesa|sitio) hasta)"
        rf"|\b(?:habrá|habrán|habré|habremos)(?: ya)?(?: sido| quedado)? (?:ya )?{_PAST}|\bestar(?:á"
        rf"|án)(?: ya)? {_PAST}|\bse (?:lo|la|los|las) \w+[éí]\b"
        r"|\b(?:puede|puedes|podéis|pueden) (?:dar(?:lo|la)? por|considerar|olvidarse|olvidarte|despreocuparse"
        r"|despreocuparte|estar tranquil\w+|tachar|contar (?:ya )?con)\b"
        r"|\b(?:me complace|nos complace|le informamos|les informamos|le comunicamos|le comunico|le informo|te informo"
        r"|te confirmo|le confirmo|le confirmamos|te confirmamos|cúmpleme)\b"
        r"|(?:\A|\d)\W*(?:nuev[oa]|antes|después|ahora|anterior)(?: \w+)?\W*\Z|\b(?:en vez|en lugar) del? (?:las? )?\d"
        r"|\bya no (?:tiene|tienes|hace|hay) (?:que|falta)\b"
        r"|\A\W*(?:confirmación|justificante|comprobante|resguardo) de (?:la |su |tu )?\w+ (?:para|de|a nombre|del)\b"
        rf"|\bcon esto\b|\A\W*(?:ya )?(?:lo|la|los|las|le|les|te) \w+[ai]mos\b(?! (?:un|una|si|que|ayud))"
        rf"|\A\W*(?:ya )?\w+[ai]mos al |\A\W*(?:ya )?(?:se )?(?:lo|la|los|las) \w+é(?!\w)|\A\W*(?:ya |le "
        rf"|te |les )*(?!(?:acept|abr|cerr|trabaj|ofrec|necesit|recomend|envi|est|som|viv|mand|respond|agradec|invit"
        rf"|guard|borr|elimin\w* sus|us|entreg|cobr)\w*mos)\w+[ai]mos (?:el|la|su|tu|ese|esa)\b"
        rf"|\bhay \w+ (?:ya )?{_PAST}|\b(?:número|n\.º) [1-9]\d{{2,6}}(?![\d ]*\d)|\bpara allá\b|\btodo (?:cerrado"
        rf"|listo|hecho|arreglado|atado)\b|\b(?:está|están)(?: ya| todo)? {_PAST}|\b(?:ha|han){_CLITIC} ?{_PAST}"
        rf"|\b(?!(?:fund|naci|gan|abri|empez|estren|inaugur|mencion|coment|indic|pregunt)ó)\w{{2,}}(?:ó|[^g]aron"
        rf"|ieron)(?!\w)|\b(?:dio|hizo"
        rf"|puso)\b"
        rf"|\b(?:he|hemos)(?: ya| también)? {_PAST}|\b(?:acab[oa]|acaban|acabamos) de (?!(?:ver|comprobar|revisar"
        rf"|mirar|leer)\w*\b)\w+r"
        r"|\b(?!(?:entend|encontr|mir|comprob|revis|recib|qu|caf|porqu|olvid|beb|pur|t|s|d|cre|pens|busc|le|consult"
        r"|imagin|trabaj|dud|"
        r"est|cuánt|aqu|as|ah|all|m|o|v)[éí](?!\w))\w+(?:[^aei\W]r|[^r\W])é (?=\w)"
        r"|\b(?:lo|la|los|las|te|le|les|se lo|se la|ya) \w+é(?= y\b|\W*\Z)|\bestar(?:á|án) (?:list|el|en el|en la"
        r"|disponible)|\b(?:puse|hice|dije|di|pedí|añadí|inscribí|conseguí|traje|quité|metí|escribí|abrí|transmití"
        r"|remití|subí)\b"
        rf"|\bse (?:ha|han|le ha|te ha|le han|te han|les ha){_CLITIC} ?{_PAST}|\b(?:ha|han) sido (?:ya )?{_PAST}"
        rf"|\bfue(?:ron)? {_PAST}"
        rf"|\bqued(?:ó|a|an|aste|as|aron|amos)(?: ya| usted| todo)? {_PAST}|\bha(?:n|s)? quedado {_PAST}"
        rf"|{_HERE}{_PAST}(?: (?:para|a|al|en|con|por|de parte|como|y)(?!\w)|\W*\Z)"
        rf"|{_HERE}(?!(?:no|nunca|si|sin|las|los|nuestr\w+|son|está|es"
        rf"|muy)\b)(?:[\w-]+ ){{1,4}}(?<!no )(?<!está )(?<!están )(?<!es )(?<!son )"
        rf"(?<!ser )(?<!muy )(?<!más )(?<!ha )(?<!han )(?<!de )(?<!el )(?<!la )(?<!un )(?<!una )(?<!del )(?<!por )"
        rf"(?<!en )(?<!s ){_PAST}(?: y (?:\w+ )?{_PAST})?(?: (?:a"
        rf"|al|para|hasta|en|de|con|por|desde)(?!\w)|\W*\Z)"
        r"|\b(?:al tanto|(?:sabe|saben) que|(?:sabe|saben) lo|tienen? todo|ya (?:lo )?saben?|avisad[oa]s?)\b"
        r"|\bya está\b|\ben camino\b|\bde camino\b"
    ),
    theirs=(
        rf"\b(?:ha|han|he|hemos|hay|había){_CLITIC} ?(?:ya )?{_PAST}|\b(?:está|están|estás|es|son|quedan?|fue|fueron"
        rf"|sigue)(?: ya| usted| todo| también)? {_PAST}"
        r"|\b(?:te|le|les|os|lo|la|se) (?:esperan?|guardan?|aguardan?|llam\w{1,4}|escrib\w{1,4}|contact\w{2,5}"
        r"|respond\w{1,4}|contest\w{1,4}|marc\w{2,4}"
        r"|atend\w{2,4}|recog\w{2,4}|pondr\w{1,3}|va a \w+r|van a \w+r|llegar\w{1,3}|mandar[áé]n?|enviar[áé]n?"
        r"|abonar[áé]n?|devolver[áé]n?|devuelven?|cobrar[áé]n?|llev\w{2,4}"
        r"|acompañ\w{2,4}|ver[áé]n?|recibir[áé]n?)(?!\w)"
        r"|\b\w{2,}(?:ó|aron|ieron)(?!\w)|\b(?:dio|dijo|hizo|puso|tuvo|vino)\b"
        r"|\b(?:verá|verás|pasa|pasará|llega|llegará|sale|saldrá|tendrá|tendrás|recibirá|recibirás|revisará|estará"
        r"|estarán|podrá contar)(?= )"
        r"|\b(?:usted |ustedes |ya |tú )?(?:estás|quedas|tienes|tiene)(?: usted)? (?:ya|ahora|plaza|cita|lugar|sitio"
        r"|mesa|turno|hora|reserva|todo|asegurad\w+|la plaza|tu|su)\b"
        r"|"
        + _HERE
        + r"(?:su|sus|tu|tus)(?: [\w.'’-]+){1,7}? (?:está|están|es|son|ha|han|fue|queda|quedan|quedó|pasa|empieza"
        r"|comienza|termina|figura|consta|sale"
        r"|sigue|tiene|va|ya|cambia|corre|vence|llegó|cuenta)(?! (?:importantes?|gratis|gratuit\w*|válid\w+"
        r"|obligatori\w*|necesari\w*|un|una|el|la|los|nuestr\w+"
        r"|bienvenid\w*|siempre|\d)\b)"
    ),
    now=(
        r"\b(?:ya|ahora|desde (?:hoy|ya|ahora|este)|a partir de (?:hoy|ahora|mañana|este|ya)|tal (?:y )?como"
        r"|como (?:pidió|pediste|solicitó|solicitaste|acordamos"
        r"|quería|querías)|hace un (?:momento|instante|rato|minuto)|hace unos|recién|actualmente|a su nombre"
        r"|a tu nombre|con efecto|dal[eo] por"
        r"|todo (?:listo|en orden|arreglado|hecho|asegurado)|en mano[s]?|es tuy[oa]|es suy[oa])\b"
    ),
    excused=(
        r"\b(?:(?<!ya )no(?! se (?:le|te) cobrar)|nunca|nada|ningun\w*|ningún|sin|tampoco|aún|todavía"
        r"|pued\w*(?! (?:dar(?:lo|la)? por|considerar|olvidar|despreocupar|estar tranquil|tachar|contar (?:ya )?con))"
        r"|podr\w*|pod(?:r\w*|emos|éis|er)|pudi\w*|quier\w*|quis\w*|quer\w*|dese\w*|gustar\w*"
        r"|encantar\w*|deb\w*|neces\w*|hay que|para (?:no )?\w+(?:ar|er|ir)(?:me|te|le|lo|la|los|las|se|nos|les"
        r"|selo)?(?!\w)|para que(?! lo sepa)|entiendo que|quizás|tal vez|probablemente|seguramente|a lo mejor|veo que"
        r"|parece|(?:con|a|de) (?:la|el|los|las) que|si|cuando(?! (?:lleg|veng|vuelv|regres)\w*)|en cuanto"
        r"|una vez|antes de (?:que|\w+[aei]r)|hasta que|lamentablemente|por favor|me dices|me dice que (?:usted|tú)"
        r"|dices que|dice que usted"
        r"|dijiste|cuál\w*|cómo|ojalá|quizá\w*|lo siento|tendrías|tendría|recomiendo|prefier\w*|en caso|haya|hayas"
        r"|hubier\w*|asegúr\w*|qué|quién|solo|sólo|falta)\b|¿"
    ),
    house=(
        r"\b(?:sigue|queda|está) (?:igual|tal cual|como estaba)\b|\bno (?:he|hemos) \w+ nada\b|\b(?:usted (?:escribe"
        r"|dice|menciona|señala|cuenta)|(?:escribe|dice|menciona) usted|escribes|dices|mencionas|cuentas) que\b"
        r"|\A\W*(?:ya veo|entiendo|comprendo)\b"
        r"|\b(?:sala|pista|clase|habitación|hora|fecha|hotel)s?(?: \w+){0,2} (?:ya )?(?:está|están"
        r"|voló)\b(?![^?]*\b(?:su|tu|le|te|list[oa])\b)|\bse (?:hace|realiza|gestiona)n? (?:con|por|en|mediante|desde)\b"
        r"|\bes (?:en firme|obligatori[oa]|gratuit[oa]|necesari[oa]|posible|vinculante)\b|\b(?:está"
        r"|están) (?:certificad|vigilad|climatizad|equipad|gestionad|dirigid|ubicad|situad)\w+"
        r"|\b(?:siento|lamento|lamentamos|sentimos) (?:mucho )?que\b|\A\W*(?:tras|después de|antes de) (?:la|el|su"
        r"|cada) \w+ (?:recib|se |lleg|tend|podr)\w*"
        r"|\A\W*(?:toda|todo|cada|un|una) \w+ \w+ se \w+|\bse guarda \w+ minutos\b"
        r"|\A\W*de(?:l| las?| los?) \w+ se (?:encarga|ocupa)n?\b|\b(?:aún|todavía) (?:quedan?|hay|tenemos)\b"
        r"|\bsegún (?:lo que )?(?:cuentas?|dices?|me \w+|comentas?|indica\w*|escribe\w*|explica\w*)\b"
        r"|\A\W*¿[^?]*\?\W*\Z|\b(?:totalmente|completamente|todo) (?:reservad|complet|ocupad|vendid)\w+|\ben (?:enero"
        r"|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre"
        r"|octubre|noviembre|diciembre|primavera|verano|otoño|invierno)\b(?=[^?]*\b(?:nuestr\w+|nos|\w{3,}mos)\b)"
        r"|\b(?:primavera|otoño|semana) pasad[oa]\b|\bse factura\b"
        r"|\bnuestr[oa]s (?:tarifas|precios|horarios|instalaciones|condiciones)\b"
        r"|\b(?:la|el) (?:última?|último|primer\w*|próxim\w) \w+ (?:es|empieza|sería) |\bestá incluid|\bes posible\b"
        r"|\A\W*(?:las|los) \w+ (?:cancel|reserv|confirm|anul|compr|abon)ad[oa]s |\b(?:en|desde) (?:19|20)\d\d\b"
        r"|\b(?:el (?:año|mes|verano|invierno) pasado|siempre|normalmente|generalmente|en general|a menudo"
        r"|automáticamente|cada|en la carta|(?<!quedamos )(?<!estamos )(?<!quedo )a (?:su|tu) disposición|de lunes a"
        r"|los (?:lunes|martes|miércoles|jueves"
        r"|viernes|sábados|domingos)|suele\w*"
        r"|(?:nuestros|los|muchos|nuevos) (?:clientes|pacientes|huéspedes|visitantes|socios)|habitualmente"
        r"|por (?:noche|persona|día|mes|hora)|la mayoría|cualquier\w*|desde hace|por lo general)\b"
        r"|\A\W*(?:(?:las|los)(?! dos)|nuestr[oa]s)(?: [\w-]+){1,5}? (?:se|son|tienen|deben|pueden|incluyen"
        r"|han)\b(?! (?:han|le|te|sido))"
        r"|\A\W*nuestr[oa]s? |\bsus datos\b|\b(?:su|tu) (?:pregunta|privacidad)\b|\A\W*(?:había|habías|quería"
        r"|querías) |\A\W*entonces (?:tiene|tienes|quiere|quieres)\b[^?]*\?|\b(?:su|tu) asunto\b"
    ),
)
